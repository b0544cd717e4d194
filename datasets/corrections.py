"""What a person may ask to be changed in a sheet: each change checks itself against the sheet and gives a new one.

A box that is moved, resized or called something else is deleted and drawn anew under a number of its own, with the
track of the old one, so that the sheet still tells what the model had said.

Belongs here: single changes. Does not: who was faster, taking back, files (label_desk).
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from datasets.errors import CorrectionError
from datasets.sheets import CLASSES, BoxSides, BoxState, Sheet, SheetBox
from vision.classes import StreetClass

LEAST_SIDE_PX = 1.0
"""A box with a smaller side is a slip of the hand."""

MOST_IDS = 2000
"""Boxes that one change may name: more than any picture holds."""


class Cause(StrEnum):
    """Why a sheet cannot be changed as asked."""

    UNKNOWN_BOX = "unknown_box"  # no such box, or it is deleted already
    UNKNOWN_REGION = "unknown_region"
    UNKNOWN_CLASS = "unknown_class"
    OUTSIDE = "outside"
    TOO_SMALL = "too_small"
    NOTHING_TO_UNDO = "nothing_to_undo"


Corner = Annotated[float, Field(allow_inf_nan=False)]
Corners = tuple[Corner, Corner, Corner, Corner]
BoxIds = Annotated[tuple[int, ...], Field(min_length=1, max_length=MOST_IDS)]


class _Change(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Confirm(_Change):
    """Boxes are right as they are."""

    kind: Literal["confirm"] = "confirm"
    ids: BoxIds

    def made(self, sheet: Sheet, by: str, at: datetime) -> Sheet:
        """Return the changed sheet.

        Raises:
            CorrectionError: a box is not there.
        """
        _standing(sheet, self.ids)
        return sheet.settled(dict.fromkeys(self.ids, BoxState.CONFIRMED), by=by, at=at)


class Delete(_Change):
    """Boxes are wrong: nothing is there, or nothing of a class that we have."""

    kind: Literal["delete"] = "delete"
    ids: BoxIds

    def made(self, sheet: Sheet, by: str, at: datetime) -> Sheet:
        """Return the changed sheet.

        Raises:
            CorrectionError: a box is not there.
        """
        _standing(sheet, self.ids)
        return sheet.settled(dict.fromkeys(self.ids, BoxState.DELETED), by=by, at=at)


class Move(_Change):
    """A box is at another place, or of another size."""

    kind: Literal["move"] = "move"
    id: int
    box: Corners

    def made(self, sheet: Sheet, by: str, at: datetime) -> Sheet:
        """Return the changed sheet.

        Raises:
            CorrectionError: the box is not there, or its new place cannot be.
        """
        (old,) = _standing(sheet, [self.id])
        place = _inside(sheet, self.box)
        left = sheet.settled({self.id: BoxState.DELETED}, by=by, at=at)
        return left.drawn(place, CLASSES[old.class_name], by=by, at=at, track=old.track)


class Rename(_Change):
    """A box shows a thing of another class."""

    kind: Literal["rename"] = "rename"
    id: int
    class_name: str

    def made(self, sheet: Sheet, by: str, at: datetime) -> Sheet:
        """Return the changed sheet.

        Raises:
            CorrectionError: the box is not there, or there is no such class.
        """
        (old,) = _standing(sheet, [self.id])
        kind = _class_of(self.class_name)
        left = sheet.settled({self.id: BoxState.DELETED}, by=by, at=at)
        return left.drawn(old.box, kind, by=by, at=at, track=old.track)


class Draw(_Change):
    """A thing was forgotten."""

    kind: Literal["draw"] = "draw"
    box: Corners
    class_name: str

    def made(self, sheet: Sheet, by: str, at: datetime) -> Sheet:
        """Return the changed sheet.

        Raises:
            CorrectionError: the box cannot be, or there is no such class.
        """
        return sheet.drawn(_inside(sheet, self.box), _class_of(self.class_name), by=by, at=at)


class Ignore(_Change):
    """A region says nothing: a crowd, a reflection, what nobody can make out."""

    kind: Literal["ignore"] = "ignore"
    box: Corners

    def made(self, sheet: Sheet, by: str, at: datetime) -> Sheet:
        """Return the changed sheet.

        Raises:
            CorrectionError: the region cannot be.
        """
        return sheet.ignoring([*sheet.ignored, _inside(sheet, self.box)])


class Clear(_Change):
    """A region does say something after all; `number` counts the sheet's regions from 0."""

    kind: Literal["clear"] = "clear"
    number: int

    def made(self, sheet: Sheet, by: str, at: datetime) -> Sheet:
        """Return the changed sheet.

        Raises:
            CorrectionError: there is no such region.
        """
        if not 0 <= self.number < len(sheet.ignored):
            raise CorrectionError(Cause.UNKNOWN_REGION, f"{sheet.picture} has no region {self.number}")
        return sheet.ignoring(sheet.ignored[: self.number] + sheet.ignored[self.number + 1 :])


class SeeTo(_Change):
    """All things of some classes are marked; what is still proposed of these classes is right."""

    kind: Literal["review"] = "review"
    classes: Annotated[tuple[str, ...], Field(min_length=1, max_length=len(CLASSES))]

    def made(self, sheet: Sheet, by: str, at: datetime) -> Sheet:
        """Return the changed sheet.

        Raises:
            CorrectionError: there is no such class, or it is the one for things that nobody could name.
        """
        classes = frozenset(_class_of(name) for name in self.classes)
        if StreetClass.UNKNOWN in classes:
            raise CorrectionError(Cause.UNKNOWN_CLASS, "unknown is no class of which all things could be marked")
        return sheet.reviewed(classes, by=by, at=at)


class Undo(_Change):
    """The last change of the picture is taken back, if the same person made it; made by `label_desk`."""

    kind: Literal["undo"] = "undo"


Correction = Confirm | Delete | Move | Rename | Draw | Ignore | Clear | SeeTo
"""A change that a sheet alone is enough for."""

Change = Annotated[Correction | Undo, Field(discriminator="kind")]


def _standing(sheet: Sheet, ids: Sequence[int]) -> list[SheetBox]:
    """Return the boxes of some ids, in their order."""
    there = {box.id: box for box in sheet.standing}
    missing = [box_id for box_id in ids if box_id not in there]
    if missing:
        raise CorrectionError(Cause.UNKNOWN_BOX, f"{sheet.picture} has no box {missing[0]}, or it is deleted")
    return [there[box_id] for box_id in ids]


def _inside(sheet: Sheet, box: Corners) -> BoxSides:
    """Return a box that lies in the picture and has an area."""
    x1, y1, x2, y2 = box
    width, height = sheet.size_wh
    if min(x1, y1) < 0 or x2 > width or y2 > height:
        raise CorrectionError(Cause.OUTSIDE, f"the box {box} leaves the picture of {width}x{height}")
    if min(x2 - x1, y2 - y1) < LEAST_SIDE_PX:
        raise CorrectionError(Cause.TOO_SMALL, f"the box {box} is less than {LEAST_SIDE_PX:g} pixel wide or high")
    return box


def _class_of(name: str) -> StreetClass:
    if name not in CLASSES:
        raise CorrectionError(Cause.UNKNOWN_CLASS, f"there is no class {name!r}; there are {', '.join(CLASSES)}")
    return CLASSES[name]
