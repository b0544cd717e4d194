"""The form in which a picture's boxes are proposed by a model and corrected by a person: one JSON file per picture.

No box is ever taken out: it is proposed, confirmed or deleted, and the sheet says by whom and when. A box that a person
moves is deleted and drawn anew. When a person has seen to all things of some classes, a review says so; only then are
these classes complete in the picture. Deciding gives a new sheet and leaves the old one as it was.

Belongs here: the form and what may be done with it. Does not: what a person asks for (corrections), folders of sheets
(proposals, label_sets), the page (api).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from cases.disk import Disk
from datasets.errors import LabelFileError
from datasets.labelled import Domain, Labels
from datasets.set_folder import appearing_whole
from vision.classes import StreetClass
from vision.wording import sentence_of

Side = Annotated[float, Field(ge=0, allow_inf_nan=False)]
BoxSides = tuple[Side, Side, Side, Side]

CLASSES: Mapping[str, StreetClass] = MappingProxyType({kind.label: kind for kind in StreetClass})
"""Label → class."""

SURE_SCORE = 0.5
"""A proposal scored lower is in doubt, as where a stronger model fills in what is unmarked (`merging.FillSettings`)."""


def _known(name: str) -> str:
    if name not in CLASSES:
        raise ValueError(f"there is no class {name!r}; there are {', '.join(CLASSES)}")
    return name


def _below_its_set(path: str) -> str:
    parts = PurePosixPath(path).parts  # "." has none: it is the folder itself
    if not parts or PurePosixPath(path).is_absolute() or ".." in parts:
        raise ValueError(f"{path!r} is no path below the set's folder")
    return path


ClassName = Annotated[str, AfterValidator(_known)]
How = Literal["seen", "filled", "marked", "drawn"]


class BoxState(StrEnum):
    """What became of a box."""

    PROPOSED = "proposed"  # nobody looked at it yet
    CONFIRMED = "confirmed"
    DELETED = "deleted"


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SheetBox(_Form):
    """One box.

    Attributes:
        id: unique in its sheet, never used again.
        box: x1, y1, x2, y2 in pixels of the picture.
        class_name: `StreetClass.label`.
        score: the model's, in [0, 1]; 1 where a person drew it.
        track: the same for the same thing over a clip's pictures; 0 where nobody followed it.
        how: `seen` by the model in this picture, `filled` from others of the clip, `marked` in the set that it came
            with, or `drawn` by a person.
        state: what became of it.
        by: who decided last; empty when nobody did.
        at: when, aware.
    """

    id: Annotated[int, Field(ge=1)]
    box: BoxSides
    class_name: ClassName
    score: Annotated[float, Field(ge=0, le=1)]
    track: Annotated[int, Field(ge=0)] = 0
    how: How = "seen"
    state: BoxState = BoxState.PROPOSED
    by: str = ""
    at: AwareDatetime | None = None

    @property
    def is_doubtful(self) -> bool:
        """Whether a person should look twice: nobody has decided yet, and the model saw it badly or not at all."""
        return self.state is BoxState.PROPOSED and (self.how == "filled" or self.score < SURE_SCORE)

    @model_validator(mode="after")
    def _has_an_area(self) -> "SheetBox":
        if not (self.box[0] < self.box[2] and self.box[1] < self.box[3]):
            raise ValueError(f"box {self.id} has no area: {self.box}")
        return self


class Review(_Form):
    """A person has seen to all things of some classes: what stayed is right, what was missing is drawn."""

    by: Annotated[str, Field(min_length=1)]
    at: AwareDatetime
    classes: Annotated[tuple[ClassName, ...], Field(min_length=1)]


class Sheet(_Form):
    """One picture's boxes on their way from a model's proposal to labels.

    Attributes:
        picture: file name below the set's folder, with forward slashes.
        size_wh: of the picture.
        camera, set_name, licence, domain: as in `LabelledPicture`.
        t_s: time in the clip that it is from; None where it is from none.
        model: name of the model that proposed; empty where none did.
        model_sha256: hash of its weights.
        proposed_at: when, aware.
        boxes: all that ever were, by id.
        ignored: regions that say nothing: what showed once, crowds.
        reviews: in the order of time.
    """

    format: Literal["streetwarden-sheet"] = "streetwarden-sheet"
    version: Literal[1] = 1
    picture: Annotated[str, AfterValidator(_below_its_set)]
    size_wh: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
    camera: str
    set_name: str
    licence: str = "not stated"
    domain: Domain = Domain.STREET_CAMERA
    t_s: float | None = None
    model: str = ""
    model_sha256: str = ""
    proposed_at: AwareDatetime | None = None
    boxes: tuple[SheetBox, ...] = ()
    ignored: tuple[BoxSides, ...] = ()
    reviews: tuple[Review, ...] = ()

    @model_validator(mode="after")
    def _ids_differ(self) -> "Sheet":
        ids = [box.id for box in self.boxes]
        if len(set(ids)) != len(ids):
            raise ValueError("two boxes have one id")
        return self

    @property
    def complete(self) -> frozenset[StreetClass]:
        """Classes that a person has seen to."""
        return frozenset(CLASSES[name] for review in self.reviews for name in review.classes)

    @property
    def is_reviewed(self) -> bool:
        """Whether a person has seen to it; what its set said of itself does not count."""
        return any(review.by != reviewer_of(self.set_name) for review in self.reviews)

    @property
    def standing(self) -> tuple[SheetBox, ...]:
        """All boxes but the deleted ones."""
        return tuple(box for box in self.boxes if box.state is not BoxState.DELETED)

    def labels(self) -> Labels:
        """Return what stands: confirmed boxes with a score of 1, and those still proposed with the model's."""
        standing = self.standing
        confirmed = [box.state is BoxState.CONFIRMED for box in standing]
        return Labels(
            np.array([box.box for box in standing], np.float32).reshape(-1, 4),
            np.array([int(CLASSES[box.class_name]) for box in standing], np.int64),
            np.array([1.0 if c else box.score for box, c in zip(standing, confirmed, strict=True)], np.float32),
            np.array([box.track for box in standing], np.int64),
        )

    def settled(self, states: Mapping[int, BoxState], *, by: str, at: datetime) -> "Sheet":
        """Return the sheet with decisions about boxes by id; one that is made proposed again was decided by nobody.

        Raises:
            ValueError: there is no box of an id.
        """
        unknown = states.keys() - {box.id for box in self.boxes}
        if unknown:
            raise ValueError(f"{self.picture} has no box {min(unknown)}")

        def decided(box: SheetBox) -> SheetBox:
            state = states[box.id]
            who: dict[str, object] = {"by": "", "at": None} if state is BoxState.PROPOSED else {"by": by, "at": at}
            return box.model_copy(update={"state": state, **who})

        return self._with(boxes=[decided(box) if box.id in states else box for box in self.boxes])

    def drawn(self, box: BoxSides, kind: StreetClass, *, by: str, at: datetime, track: int = 0) -> "Sheet":
        """Return the sheet with a box that a person drew.

        Raises:
            ValueError: the box has no area.
        """
        next_id = max((each.id for each in self.boxes), default=0) + 1
        made = SheetBox(
            id=next_id,
            box=box,
            class_name=kind.label,
            score=1.0,
            track=track,
            how="drawn",
            state=BoxState.CONFIRMED,
            by=by,
            at=at,
        )
        return self._with(boxes=[*self.boxes, made])

    def reviewed(self, classes: frozenset[StreetClass], *, by: str, at: datetime) -> "Sheet":
        """Return the sheet after a person has seen to all things of some classes; what stayed proposed is confirmed."""
        names = tuple(sorted(kind.label for kind in classes))
        boxes = [
            box.model_copy(update={"state": BoxState.CONFIRMED, "by": by, "at": at})
            if box.state is BoxState.PROPOSED and box.class_name in names
            else box
            for box in self.boxes
        ]
        return self._with(boxes=boxes, reviews=[*self.reviews, Review(by=by, at=at, classes=names)])

    def ignoring(self, regions: Sequence[BoxSides]) -> "Sheet":
        """Return the sheet with these regions that say nothing, in place of those it had."""
        return self._with(ignored=tuple(regions))

    def restored(self, before: "Sheet", *, by: str, at: datetime) -> "Sheet":
        """Return the sheet as it was before: regions, reviews, states of boxes; a box that came since is deleted.

        Args:
            before: an earlier state of this sheet.
            by: who takes the changes back.
            at: when, aware.
        """
        was = {box.id: box.state for box in before.boxes}
        states = {box.id: was.get(box.id, BoxState.DELETED) for box in self.boxes}
        changed = {box.id: states[box.id] for box in self.boxes if box.state is not states[box.id]}
        return self.settled(changed, by=by, at=at)._with(ignored=before.ignored, reviews=before.reviews)

    def _with(self, **changes: object) -> "Sheet":
        return Sheet.model_validate(dict(self) | changes)


def reviewer_of(set_name: str) -> str:
    """Return by whom a set's own word that some classes are complete counts as a review."""
    return f"set {set_name}"


def read_sheet(path: Path) -> Sheet:
    """Read a sheet.

    Raises:
        LabelFileError: it cannot be read or is none.
    """
    try:
        return parsed_sheet(path.read_bytes(), path)
    except OSError as err:
        raise LabelFileError(f"{path} cannot be read: {err.strerror}") from None


def parsed_sheet(content: bytes, path: Path) -> Sheet:
    """Return what the file at a path holds; see `read_sheet`."""
    try:
        return Sheet.model_validate_json(content)
    except ValidationError as err:
        first = err.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise LabelFileError(f"{path}: {where + ': ' if where else ''}{sentence_of(first)}") from None


def write_sheet(path: Path, sheet: Sheet, *, disk: Disk | None = None) -> None:
    """Write a sheet in place of an older one; a crash leaves the one or the other.

    Raises:
        SetWriteError: the disk refuses; the older one stays.
    """
    with appearing_whole(path, disk=disk) as part:
        part.write_bytes(sheet_bytes(sheet))


def sheet_bytes(sheet: Sheet) -> bytes:
    """Return the file of a sheet."""
    return sheet.model_dump_json(indent=1).encode()
