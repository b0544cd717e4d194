"""Finds the sets that people correct in one folder: each is a folder that `data label` wrote, known by its sheets.

Lists are made of what each sheet amounts to, which is remembered until its file changes, so that a set of ten thousand
pictures is read once. Names come from a browser: a set or picture is only ever one that lies in the folder, and no link
leads out of it.

Belongs here: which sets and pictures there are, and how far they are. Does not: changing sheets (label_desk).
"""

import logging
import os
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from datasets.errors import LabelFileError, PictureError, UnknownLabelsError
from datasets.picture_files import PICTURE_ENDINGS
from datasets.proposals import SHEETS
from datasets.sheets import BoxState, Sheet, read_sheet

logger = logging.getLogger(__name__)

IMAGES = "images"
"""Where the pictures of a set lie; nothing else of it is handed out."""

UNSHOWN = frozenset({"Cc", "Cs"})
"""Kinds of signs that no name has: control characters, and bytes that were no text. The full-width space is none."""


class Showing(StrEnum):
    """Which pictures a list shows."""

    ALL = "all"
    OPEN = "open"  # nobody has seen to them, or their sheet is damaged
    REVIEWED = "reviewed"
    DOUBTFUL = "doubtful"  # nobody has seen to them, and the model was unsure


@dataclass(frozen=True, slots=True)
class SheetSummary:
    """What a sheet amounts to.

    Attributes:
        boxes: that stand.
        open_boxes: that nobody decided about.
        doubtful: boxes in doubt, and of a picture that nobody has seen to the regions that say nothing.
        is_reviewed: whether a person has seen to it.
        classes: labels of the boxes that stand.
    """

    boxes: int
    open_boxes: int
    doubtful: int
    is_reviewed: bool
    classes: frozenset[str]

    @classmethod
    def of(cls, sheet: Sheet) -> "SheetSummary":
        """Return what a sheet amounts to."""
        standing = sheet.standing
        regions = 0 if sheet.is_reviewed else len(sheet.ignored)
        return cls(
            boxes=len(standing),
            open_boxes=sum(box.state is BoxState.PROPOSED for box in standing),
            doubtful=sum(box.is_doubtful for box in standing) + regions,
            is_reviewed=sheet.is_reviewed,
            classes=frozenset(box.class_name for box in standing),
        )


@dataclass(frozen=True, slots=True)
class PictureRow:
    """A picture of a set: its name, and what its sheet amounts to; None where the sheet is damaged."""

    name: str
    summary: SheetSummary | None


@dataclass(frozen=True, slots=True)
class SetProgress:
    """How far a set is: its pictures, those that a person has seen to, boxes to decide about, damaged sheets."""

    name: str
    pictures: int
    reviewed: int
    open_boxes: int
    broken: int

    @classmethod
    def of(cls, name: str, rows: Sequence[PictureRow]) -> "SetProgress":
        """Return how far the set with these pictures is."""
        known = [row.summary for row in rows if row.summary is not None]
        return cls(
            name=name,
            pictures=len(rows),
            reviewed=sum(summary.is_reviewed for summary in known),
            open_boxes=sum(summary.open_boxes for summary in known),
            broken=len(rows) - len(known),
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which pictures a list shows: in a state, and with a box of a class; any class where it is empty."""

    state: Showing = Showing.ALL
    class_name: str = ""

    def takes(self, row: PictureRow) -> bool:
        """Return whether a picture is shown."""
        summary = row.summary
        if summary is None:
            return self.state in (Showing.ALL, Showing.OPEN) and not self.class_name
        is_in_state = {
            Showing.ALL: True,
            Showing.OPEN: not summary.is_reviewed,
            Showing.REVIEWED: summary.is_reviewed,
            Showing.DOUBTFUL: not summary.is_reviewed and summary.doubtful > 0,
        }[self.state]
        return is_in_state and (not self.class_name or self.class_name in summary.classes)


_Stamp = tuple[int, int, int]
"""A file's number, time of change in ns and length: another one where it was written anew."""


class LabelSets:
    """The sets below a folder, which need not be there; any thread may ask."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self._remembered: dict[str, dict[str, tuple[_Stamp, SheetSummary | None]]] = {}

    def names(self) -> tuple[str, ...]:
        """Return the names of all sets, sorted."""
        try:
            found = sorted(self.root.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return ()
        return tuple(path.name for path in found if is_name(path.name) and _holds_sheets(path))

    def progress(self) -> list[SetProgress]:
        """Return how far each set is; one that cannot be read, or was moved away just now, is left out and logged."""
        found: list[SetProgress] = []
        for name in self.names():
            try:
                found.append(SetProgress.of(name, self.rows(name)))
            except (OSError, UnknownLabelsError) as err:
                logger.warning("labelled set %s: left out of the list: %s", name, err)
        return found

    def rows(self, set_name: str) -> list[PictureRow]:
        """Return all pictures of a set, sorted by name.

        Raises:
            UnknownLabelsError: there is no such set.
        """
        before = self._remembered.get(set_name, {})
        now: dict[str, tuple[_Stamp, SheetSummary | None]] = {}
        with os.scandir(self.folder(set_name) / SHEETS) as entries:
            for entry in entries:
                name = entry.name.removesuffix(".json")
                if name == entry.name or not is_name(name) or not entry.is_file(follow_symlinks=False):
                    continue
                stat = entry.stat(follow_symlinks=False)
                stamp = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
                known = before.get(name)
                now[name] = known if known is not None and known[0] == stamp else (stamp, _summary(Path(entry.path)))
        self._remembered[set_name] = now
        return [PictureRow(name, now[name][1]) for name in sorted(now)]

    def folder(self, set_name: str) -> Path:
        """Return the folder of a set.

        Raises:
            UnknownLabelsError: there is no such set.
        """
        if is_name(set_name) and _is_there(self.root / set_name / SHEETS, Path.is_dir):
            return self.root / set_name
        raise UnknownLabelsError(set_name)

    def sheet_path(self, set_name: str, picture: str) -> Path:
        """Return the sheet of a picture.

        Raises:
            UnknownLabelsError: there is no such set, or no such picture in it.
        """
        path = self.folder(set_name) / SHEETS / f"{picture}.json"
        if is_name(picture) and _is_there(path, Path.is_file) and not path.is_symlink():
            return path
        raise UnknownLabelsError(set_name, picture)

    def picture_path(self, set_name: str, sheet: Sheet) -> Path:
        """Return the file of a sheet's picture.

        Raises:
            UnknownLabelsError: there is no such set.
            PictureError: the file is not there, is no picture by its name, or lies outside of the set's pictures.
        """
        folder = self.folder(set_name).resolve()
        try:
            path = (folder / sheet.picture).resolve()
        except (OSError, ValueError, RuntimeError):  # what no path may hold; links in a circle
            path = folder
        if not path.is_relative_to(folder / IMAGES) or path.suffix.lower() not in PICTURE_ENDINGS:
            raise PictureError(f"{sheet.picture!r} is not among the pictures of the set {set_name}")
        if not _is_there(path, Path.is_file):
            raise PictureError(f"the picture {sheet.picture} of the set {set_name} is not there")
        return path


def is_name(name: str) -> bool:
    """Return whether a set or picture may be called so: a visible entry of a folder, in signs a page can show."""
    is_entry = bool(name) and not name.startswith(".") and "/" not in name
    return is_entry and not any(unicodedata.category(sign) in UNSHOWN for sign in name)


def neighbours(rows: Sequence[PictureRow], name: str) -> tuple[str | None, str | None]:
    """Return the names before and after a picture, which need not be among the rows; None at an end."""
    before = [row.name for row in rows if row.name < name]
    after = [row.name for row in rows if row.name > name]
    return before[-1] if before else None, after[0] if after else None


def _summary(path: Path) -> SheetSummary | None:
    try:
        return SheetSummary.of(read_sheet(path))
    except LabelFileError:
        return None


def _holds_sheets(folder: Path) -> bool:
    try:
        return (folder / SHEETS).is_dir()
    except OSError as err:
        logger.warning("labelled set %s: left out of the list: %s", folder.name, err)
        return False


def _is_there(path: Path, is_kind: Callable[[Path], bool]) -> bool:
    try:
        return is_kind(path)
    except (OSError, ValueError):  # a name that is too long for the disk
        return False
