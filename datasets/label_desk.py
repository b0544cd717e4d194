"""Lets several people correct sheets at once: a change names the state it was made on, and an older one is refused.

The sheet is written first and is what counts. The YOLO label file of the picture follows it, for programs that read
nothing else; should only that fail, it is logged, and the next change of the picture mends it. What a person did last
to a picture can be taken back for as long as the service runs.

Belongs here: order, taking back, files. Does not: what a change means (corrections), which sets there are (label_sets).
"""

import hashlib
import logging
import threading
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from cases.disk import Disk
from datasets.corrections import Cause, Change, Undo
from datasets.errors import (
    BrokenSheetError,
    CorrectionError,
    LabelFileError,
    PictureError,
    SetWriteError,
    StaleSheetError,
    UnknownLabelsError,
)
from datasets.label_sets import IMAGES, LabelSets
from datasets.labelled import TRAINED_CLASSES
from datasets.picture_files import shrunk_jpeg
from datasets.set_folder import appearing_whole
from datasets.sheets import Sheet, parsed_sheet, sheet_bytes, write_sheet
from datasets.yolo import label_path
from datasets.yolo_rows import format_rows

logger = logging.getLogger(__name__)

REMEMBERED_STEPS = 500
"""Changes that can be taken back, over all pictures: some hours of one person's work, some megabytes."""

BROWSER_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp"})

LONGEST_PX = 4096
"""A larger picture is handed out smaller: no screen shows more, and tablets give up."""

MOST_BYTES = 8 * 2**20
"""Likewise for the length of the file."""

ROW_OF = {int(kind): row for row, kind in enumerate(TRAINED_CLASSES)}


@dataclass(frozen=True, slots=True)
class OpenSheet:
    """A sheet, and the revision that a change of it has to name: it differs whenever the file does."""

    sheet: Sheet
    revision: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A change that a person asks for: on which revision, by whom, and when (aware)."""

    change: Change
    revision: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Step:
    """A change that was made: of which sheet, what it was before, who made it, and the revision that it led to."""

    path: Path
    before: Sheet
    by: str
    revision: str


@dataclass(frozen=True, slots=True)
class _Steps:
    """Changes of all pictures in the order in which they were made; those of one picture lead from one to the next."""

    made: tuple[_Step, ...] = ()

    def last(self, path: Path, revision: str) -> _Step | None:
        """Return what led to the state that a sheet is in; None where nobody did here, or it is forgotten."""
        step = next((step for step in reversed(self.made) if step.path == path), None)
        return step if step is not None and step.revision == revision else None

    def with_one_more(self, step: _Step, from_revision: str) -> "_Steps":
        """Return the steps after one was made; a sheet that was written by somebody else before it begins anew."""
        goes_on = self.last(step.path, from_revision) is not None
        kept = self.made if goes_on else tuple(each for each in self.made if each.path != step.path)
        return _Steps((*kept, step)[-REMEMBERED_STEPS:])

    def without_last(self, path: Path, revision: str) -> "_Steps":
        """Return the steps after a sheet's last one was taken back, which led to a revision of its own."""
        *earlier, last = (place for place, step in enumerate(self.made) if step.path == path)
        made = list(self.made)
        if earlier:  # taking back tells who and when, so that the sheet is not always the very same
            made[earlier[-1]] = replace(made[earlier[-1]], revision=revision)
        return _Steps((*made[:last], *made[last + 1 :]))


class LabelDesk:
    """Opens and changes sheets; any thread may call it, one change is made at a time."""

    def __init__(self, sets: LabelSets, *, disk: Disk | None = None) -> None:
        """Work on `sets`; `disk` is what writes: tests hand in one that is full."""
        self.sets = sets
        self._disk = disk
        self._lock = threading.Lock()
        self._shrinking = threading.Lock()  # lists of pictures must not take the cores that watch
        self._steps = _Steps()

    def open(self, set_name: str, picture: str) -> OpenSheet:
        """Return the sheet of a picture as it is now.

        Raises:
            UnknownLabelsError: there is no such set or picture.
            BrokenSheetError: the sheet is damaged.
        """
        path = self.sets.sheet_path(set_name, picture)
        try:
            content = path.read_bytes()
            return OpenSheet(parsed_sheet(content, path), _revision(content))
        except FileNotFoundError:
            raise UnknownLabelsError(set_name, picture) from None
        except OSError as err:
            raise BrokenSheetError(set_name, picture, err.strerror or type(err).__name__) from None
        except LabelFileError as err:
            raise BrokenSheetError(set_name, picture, str(err).removeprefix(f"{path}: ")) from None

    def change(self, set_name: str, picture: str, edit: Edit) -> OpenSheet:
        """Change a sheet and return it.

        Raises:
            UnknownLabelsError, BrokenSheetError: as from `open`.
            StaleSheetError: the sheet is not the one that the change was made on; nothing was written.
            CorrectionError: the change cannot be made; nothing was written.
            SetWriteError: the disk refuses the sheet, which is the old or the new one.
        """
        with self._lock:
            path = self.sets.sheet_path(set_name, picture)
            before = self.open(set_name, picture)
            if before.revision != edit.revision:
                raise StaleSheetError(set_name, picture)
            after, steps = self._changed(path, before, edit)
            if after is before:
                self._steps = steps
            else:
                self._keep(set_name, picture, after, steps)
            return after

    def picture(self, set_name: str, picture: str, longest_px: int | None = None) -> Path | bytes:
        """Return a picture to be shown: its file where a browser can take it as it is, else the bytes of a JPEG.

        Args:
            set_name: of the set.
            picture: of the set.
            longest_px: no side of it shall be longer; None leaves it at what a screen can use.

        Raises:
            UnknownLabelsError, BrokenSheetError: as from `open`.
            PictureError: it is missing or broken.
        """
        sheet = self.open(set_name, picture).sheet
        path = self.sets.picture_path(set_name, sheet)
        is_shown_by_browsers = path.suffix.lower() in BROWSER_ENDINGS and max(sheet.size_wh) <= LONGEST_PX
        if longest_px is None and is_shown_by_browsers and path.stat().st_size <= MOST_BYTES:
            return path
        try:
            with self._shrinking:
                return shrunk_jpeg(path, min(longest_px or LONGEST_PX, LONGEST_PX))
        except PictureError as err:
            raise PictureError(str(err).replace(str(path), sheet.picture)) from err

    def _changed(self, path: Path, before: OpenSheet, edit: Edit) -> tuple[OpenSheet, _Steps]:
        """Return a changed sheet, the same one where nothing changes, and the steps that can be taken back then."""
        if isinstance(edit.change, Undo):
            step = self._steps.last(path, before.revision)
            after = _opened(_taken_back(before.sheet, step, edit), before)
            return after, self._steps.without_last(path, after.revision)
        after = _opened(edit.change.made(before.sheet, edit.by, edit.at), before)
        if after is before:
            return before, self._steps
        step = _Step(path, before.sheet, edit.by, after.revision)
        return after, self._steps.with_one_more(step, before.revision)

    def _keep(self, set_name: str, picture: str, after: OpenSheet, steps: _Steps) -> None:
        """Write a changed sheet, and remember its step just when the sheet is what it shall be."""
        path = self.sets.sheet_path(set_name, picture)
        before, self._steps = self._steps, steps
        try:
            write_sheet(path, after.sheet, disk=self._disk)
        except SetWriteError as err:  # where the folder lies is not for the page
            if self.open(set_name, picture).revision != after.revision:  # it is, if only its name was not made durable
                self._steps = before
            raise SetWriteError(str(err).replace(f"{self.sets.root}/", "")) from err
        self._let_rows_follow(path, after.sheet)

    def _let_rows_follow(self, path: Path, sheet: Sheet) -> None:
        if PurePosixPath(sheet.picture).parts[0] != IMAGES:
            return
        try:
            with appearing_whole(label_path(path.parent.parent / sheet.picture), disk=self._disk) as part:
                part.write_text(format_rows(sheet.labels(), sheet.size_wh, ROW_OF), encoding="utf-8")
        except SetWriteError as err:
            logger.warning("sheet %s: is changed, but its label file only follows with the next change: %s", path, err)


def _opened(sheet: Sheet, before: OpenSheet) -> OpenSheet:
    return before if sheet == before.sheet else OpenSheet(sheet, _revision(sheet_bytes(sheet)))


def _taken_back(now: Sheet, step: _Step | None, edit: Edit) -> Sheet:
    if step is None or step.by != edit.by:
        raise CorrectionError(Cause.NOTHING_TO_UNDO, f"{edit.by} changed nothing here that could be taken back")
    return now.restored(step.before, by=edit.by, at=edit.at)


def _revision(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
