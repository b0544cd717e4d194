"""Writes sets in YOLO format as ultralytics reads them: `images/SPLIT`, `labels/SPLIT`, `data.yaml`, and our notes.

Pictures keep their bytes where nothing changed them. Every picture gets a label file, also one that shows nothing.
Things without a class have no row; they become regions that say nothing, in the notes.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from cases.disk import Disk
from datasets.errors import PictureError
from datasets.labelled import TRAINED_CLASSES, ClipMoment, LabelledPicture
from datasets.picture_files import clip_frames, jpeg_of
from datasets.picture_notes import NOTES_NAME, PictureNote, notes_bytes
from datasets.set_folder import SetFolder
from datasets.yolo_rows import format_rows
from vision.classes import StreetClass

logger = logging.getLogger(__name__)

DATA_NAME = "data.yaml"


class YoloFolder:
    """A set in YOLO format being written into a `SetFolder`; one thread."""

    def __init__(self, folder: SetFolder, classes: Sequence[StreetClass] = TRAINED_CLASSES) -> None:
        """Write labels of `classes`, numbered in this order; things of other classes get none."""
        self._folder = folder
        self._classes = tuple(classes)
        self._row_of = {int(kind): row for row, kind in enumerate(self._classes)}
        self._notes: dict[str, PictureNote] = {}
        self._splits: list[str] = []
        self._nameless = 0

    def add(self, split: str, picture: LabelledPicture, content: bytes | Path) -> None:
        """Write a picture with its labels.

        Args:
            split: `train`, `val` or `test`.
            picture: its labels; a name counts once over all splits.
            content: the picture's bytes, or its file.

        Raises:
            ValueError: a picture of this name was written before.
            SetWriteError: the disk refuses.
        """
        if picture.name in self._notes:
            raise ValueError(f"two pictures are called {picture.name}")
        picture = self._without_nameless(picture)
        self._notes[picture.name] = PictureNote.of(picture)
        if split not in self._splits:
            self._splits.append(split)
        ending = content.suffix.lower() if isinstance(content, Path) else ".jpg"
        rows = format_rows(picture.labels, picture.size_wh, self._row_of)
        self._folder.write(f"images/{split}/{picture.name}{ending}", content)
        self._folder.write(f"labels/{split}/{picture.name}.txt", rows.encode())

    def finish(self) -> Path:
        """Write `data.yaml` and the notes; return where `data.yaml` will lie."""
        # Without a line `path` ultralytics counts from the file itself, so that the set may be moved.
        places = "".join(f"{split}: images/{split}\n" for split in self._splits)
        names = "".join(f"  {row}: {kind.label}\n" for row, kind in enumerate(self._classes))
        self._folder.write(DATA_NAME, f"{places}names:\n{names}".encode())
        self._folder.write(NOTES_NAME, notes_bytes(self._notes))
        if self._nameless:
            logger.warning("set %s: %d things without a class became dead regions", self._folder.final, self._nameless)
        return self._folder.final / DATA_NAME

    def _without_nameless(self, picture: LabelledPicture) -> LabelledPicture:
        is_nameless = picture.labels.class_ids == StreetClass.UNKNOWN
        if not is_nameless.any():
            return picture
        self._nameless += int(is_nameless.sum())
        ignored = np.concatenate([picture.ignored, picture.labels.boxes[is_nameless]])
        return replace(picture, labels=picture.labels[~is_nameless], ignored=ignored)


def write_yolo(
    out: Path,
    splits: Mapping[str, Sequence[LabelledPicture]],
    *,
    classes: Sequence[StreetClass] = TRAINED_CLASSES,
    disk: Disk | None = None,
) -> Path:
    """Write pictures as a set and return the path of its `data.yaml`.

    Args:
        out: the folder; must not be there yet, or be empty.
        splits: name of a split → its pictures.
        classes: that get labels, in the order of their rows.
        disk: what writes; tests hand in one that is full.

    Raises:
        SetWriteError: the disk refuses; nothing was kept.
        PictureError: a picture cannot be read; nothing was kept.
    """
    with SetFolder(out, disk=disk) as folder:
        yolo = YoloFolder(folder, classes)
        for split, pictures in splits.items():
            for picture, content in contents(pictures):
                yolo.add(split, picture, content)
        return yolo.finish()


def contents(pictures: Iterable[LabelledPicture]) -> Iterator[tuple[LabelledPicture, bytes | Path]]:
    """Yield each picture with its file or its bytes; the frames of a clip last, each clip read once.

    Raises:
        PictureError: a clip cannot be read, or has no frame of a moment.
    """
    clips: dict[Path, dict[float, list[LabelledPicture]]] = {}
    for picture in pictures:
        if isinstance(picture.source, ClipMoment):
            clips.setdefault(picture.source.path, {}).setdefault(picture.source.t_s, []).append(picture)
        else:
            yield picture, picture.source
    for path, wanted in clips.items():
        for t_s, frame in clip_frames(path, list(wanted)):
            data = jpeg_of(frame.bgr())
            for picture in wanted.pop(t_s):
                yield picture, data
        if wanted:
            raise PictureError(f"{path} has no frame at {min(wanted):.3f} s, of which there are labels")
