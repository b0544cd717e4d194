"""What goes over the wire about labels that people correct: request and response models."""

from collections.abc import Sequence
from urllib.parse import quote

from api.bodies import Body, ErrorBody
from datasets.corrections import Change
from datasets.label_desk import OpenSheet
from datasets.label_sets import PictureRow, SetProgress, neighbours
from datasets.sheets import Sheet


class ProgressBody(Body):
    """How far a set is; fields as in `datasets.label_sets.SetProgress`."""

    name: str
    pictures: int
    reviewed: int
    open_boxes: int
    broken: int

    @classmethod
    def of(cls, progress: SetProgress) -> "ProgressBody":
        """Return a set's progress as it goes over the wire."""
        return cls(**{name: getattr(progress, name) for name in cls.model_fields})


class SetsBody(Body):
    """All sets."""

    sets: tuple[ProgressBody, ...]


class PictureBody(Body):
    """One picture in a list; counts are 0 where its sheet is damaged."""

    name: str
    href: str
    is_broken: bool
    is_reviewed: bool
    boxes: int
    open_boxes: int
    doubtful: int

    @classmethod
    def of(cls, set_name: str, row: PictureRow) -> "PictureBody":
        """Return a row as it goes over the wire."""
        known = row.summary
        return cls(
            name=row.name,
            href=picture_href(set_name, row.name),
            is_broken=known is None,
            is_reviewed=known is not None and known.is_reviewed,
            boxes=known.boxes if known else 0,
            open_boxes=known.open_boxes if known else 0,
            doubtful=known.doubtful if known else 0,
        )


class PicturesBody(Body):
    """A page of a set's pictures; `total` is how many there are on all pages."""

    progress: ProgressBody
    pictures: tuple[PictureBody, ...]
    total: int
    page: int
    size: int


class SheetBody(Body):
    """One picture with its sheet.

    Attributes:
        name: of the picture in its set.
        href: serves the picture.
        revision: what a change must name.
        sheet: all its boxes, regions and reviews.
        doubtful: ids of the boxes to look twice at.
        is_reviewed: whether a person has seen to it.
        progress: of the set.
        previous: name of the picture before it among those that are shown, if there is one.
        next: likewise after it.
    """

    name: str
    href: str
    revision: str
    sheet: Sheet
    doubtful: tuple[int, ...]
    is_reviewed: bool
    progress: ProgressBody
    previous: str | None
    next: str | None

    @classmethod
    def of(cls, name: str, opened: OpenSheet, progress: SetProgress, shown: Sequence[PictureRow]) -> "SheetBody":
        """Return a sheet as it goes over the wire; `shown` are the pictures that one turns to from here."""
        previous, following = neighbours(shown, name)
        return cls(
            name=name,
            href=picture_href(progress.name, name),
            revision=opened.revision,
            sheet=opened.sheet,
            doubtful=tuple(box.id for box in opened.sheet.boxes if box.is_doubtful),
            is_reviewed=opened.sheet.is_reviewed,
            progress=ProgressBody.of(progress),
            previous=previous,
            next=following,
        )


class StaleBody(Body):
    """The answer to a change that was made on an older revision: why, and the sheet as it is now."""

    error: ErrorBody
    now: SheetBody


class ChangeBody(Body):
    """A change of a sheet, and the revision that it was made on."""

    revision: str
    change: Change


def picture_href(set_name: str, name: str) -> str:
    """Return the address that serves a picture."""
    return f"/api/labels/{quote(set_name, safe='')}/pictures/{quote(name, safe='')}/picture"
