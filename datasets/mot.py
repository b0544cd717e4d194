"""Reads and writes sequences in MOT format: `seqinfo.ini`, `img1/`, `gt/gt.txt` or `det/det.txt`.

Class numbers are those of `gt/labels.txt` (as CVAT writes it, from 1) where there is one, else those of MOT16. What the
truth says is not to be counted becomes a region that says nothing.
"""

import configparser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cases.disk import Disk
from datasets.box_checks import checked_boxes, from_ltwh, to_ltwh
from datasets.class_map import class_ids_of, classes_in
from datasets.errors import LabelFileError, PictureError
from datasets.findings import Finding, FindingKind, LabelledSet, LeftOutError, finished_set
from datasets.labelled import ClipMoment, LabelledPicture, Labels, PictureSource
from datasets.mot_rows import NOT_GIVEN, MotRows, format_mot, parse_mot
from datasets.picture_files import jpeg_of, read_bgr, read_size
from datasets.picture_notes import NOTES_NAME, PictureNote, notes_bytes, read_notes
from datasets.reading import SetFacts
from datasets.set_folder import SetFolder
from datasets.yolo_folder import contents
from models.class_names import DROPPED
from vision.arrays import Ids, Mask, SizeWH
from vision.classes import StreetClass
from vision.wording import sentence_of

Which = Literal["gt", "det"]

MOT16_NAMES: tuple[str, ...] = (
    *("pedestrian", "person on vehicle", "car", "bicycle", "motorbike", "non motorized vehicle", "static person"),
    *("distractor", "occluder", "occluder on the ground", "occluder full", "reflection", "crowd"),
)
"""Classes of MOT16 to MOT20 by number, from 1."""

MOT16_MAP: Mapping[str, str] = {
    "person on vehicle": "ignore",
    "non motorized vehicle": "ignore",
    "static person": "person",
    "distractor": "ignore",
    "occluder": "ignore",
    "occluder on the ground": "ignore",
    "occluder full": "ignore",
    "reflection": "ignore",
    "crowd": "ignore",
}

SAYS_NOTHING = frozenset({"person on vehicle", "non motorized vehicle", "distractor", "reflection", "crowd"})
"""Classes whose boxes are regions to leave aside: something is there that a model may well take for a thing of ours."""


class SequenceInfo(BaseModel):
    """`seqinfo.ini`; keys in lower case, as its reader makes them."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str = Field(pattern=r"^[^/\x00]+$")
    imdir: str = "img1"
    framerate: float = Field(gt=0, le=1000)
    seqlength: int = Field(ge=0, le=10_000_000)
    imwidth: int = Field(ge=1)
    imheight: int = Field(ge=1)
    imext: str = ".jpg"

    @property
    def size_wh(self) -> SizeWH:
        """Width and height of every frame in pixels."""
        return self.imwidth, self.imheight


def read_mot(folder: Path, facts: SetFacts, *, which: Which = "gt", clip: Path | None = None) -> LabelledSet:
    """Read a sequence; every frame is a picture, also one without rows, and all are of one camera.

    Args:
        folder: of the sequence.
        facts: what the files do not say; a sequence is a camera whatever the camera rule says.
        which: the truth or the detections.
        clip: the film that the frames are of, where there is no folder of pictures.

    Raises:
        LabelFileError: a file is missing, or a line in it is no row.
        UnknownClassError: a class has no meaning.
        SetEmptyError: no picture can be used.
    """
    info = read_sequence_info(folder)
    path = folder / which / f"{which}.txt"
    rows = _read_rows(path)
    names, own_map = _class_names(folder)
    by_number = class_ids_of(names, {**own_map, **facts.class_map}, f"set {facts.name}")
    class_ids, is_region = _meanings(rows, names, by_number, path)
    complete = classes_in(by_number) if facts.complete is None else facts.complete
    reader = _Reader(folder, facts, info, complete, [])
    odd = (rows.confidences < 0) | (rows.confidences > 1)
    reader.found(FindingKind.ODD_SCORE, str(path), int(odd.sum()))
    reader.found(FindingKind.NO_PICTURE, str(path), int((rows.frames > info.seqlength).sum()))
    notes = read_notes(folder)
    pictures = []
    for frame in range(1, info.seqlength + 1):
        is_here = rows.frames == frame
        try:
            source = reader.source(frame) if clip is None else ClipMoment(clip, (frame - 1) / info.framerate)
        except LeftOutError as err:
            reader.findings.append(err.finding)
            continue
        read = reader.picture(frame, source, rows.at(is_here), class_ids[is_here], is_region[is_here])
        pictures.append(notes.applied(read))
    return finished_set(facts.name, pictures, reader.findings)


def read_sequence_info(folder: Path) -> SequenceInfo:
    """Read `seqinfo.ini`.

    Raises:
        LabelFileError: it is missing or says what cannot be.
    """
    path = folder / "seqinfo.ini"
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
        return SequenceInfo.model_validate(dict(parser["Sequence"]))
    except OSError as err:
        raise LabelFileError(f"{path} cannot be read: {err.strerror}") from None
    except ValidationError as err:
        first = err.errors()[0]
        raise LabelFileError(f"{path}: {first['loc'][0]}: {sentence_of(first)}") from None
    except (configparser.Error, KeyError, ValueError) as err:
        reason = " ".join(str(err).split())[:200]
        raise LabelFileError(f"{path} is no description of a sequence: {reason}") from None


def write_mot(out: Path, pictures: Sequence[LabelledPicture], fps: float, *, disk: Disk | None = None) -> Path:
    """Write the pictures of one camera, in their order, as a sequence; return its folder.

    A row's confidence is the score of its box, and its id is -1 where nobody followed the thing.

    Args:
        out: the folder; must not be there yet, or be empty. Its name becomes that of the sequence.
        pictures: at least one, all of one size.
        fps: frames a second; MOT has no other times.
        disk: what writes; tests hand in one that is full.

    Raises:
        ValueError: there is no picture, sizes differ, or a score is 0, which says "do not count this" in this format.
        SetWriteError: the disk refuses; nothing was kept.
        PictureError: a picture cannot be read; nothing was kept.
    """
    sizes = {picture.size_wh for picture in pictures}
    if len(sizes) != 1:
        raise ValueError(f"the frames of a sequence have one size, not {sorted(sizes)}")
    if any((picture.labels.scores == 0).any() for picture in pictures):
        raise ValueError("a box with a score of 0 cannot be written in MOT, where it means: do not count this")
    named = [replace(picture, name=f"{out.name}-{frame:06d}") for frame, picture in enumerate(pictures, start=1)]
    frame_of = {picture.name: frame for frame, picture in enumerate(named, start=1)}
    with SetFolder(out, disk=disk) as folder:
        for picture, content in contents(named):
            folder.write(f"img1/{frame_of[picture.name]:06d}.jpg", _as_jpeg(content))
        rows = "".join(format_mot(_rows_of(picture, frame)) for frame, picture in enumerate(named, start=1))
        folder.write("gt/gt.txt", rows.encode())
        folder.write("gt/labels.txt", "".join(f"{kind.label}\n" for kind in StreetClass).encode())
        folder.write("seqinfo.ini", _sequence_info(out.name, fps, len(named), sizes.pop()).encode())
        folder.write(NOTES_NAME, notes_bytes({picture.name: PictureNote.of(picture) for picture in named}))
    return folder.final


@dataclass(frozen=True, slots=True)
class _Reader:
    folder: Path
    facts: SetFacts
    info: SequenceInfo
    complete: frozenset[StreetClass]
    findings: list[Finding]

    def found(self, kind: FindingKind, place: str, times: int = 1) -> None:
        self.findings.extend([Finding(kind, place)] * times)

    def source(self, frame: int) -> Path:
        path = self.folder / self.info.imdir / f"{frame:06d}{self.info.imext}"
        try:
            found_wh = read_size(path)
        except PictureError as err:
            raise LeftOutError(FindingKind.BROKEN_PICTURE, str(err)) from None
        if found_wh != self.info.size_wh:
            raise LeftOutError(FindingKind.OTHER_SIZE, f"{path} is {found_wh}, not {self.info.size_wh}")
        return path

    def picture(
        self, frame: int, source: PictureSource, rows: MotRows, class_ids: Ids, is_region: Mask
    ) -> LabelledPicture:
        name = f"{self.info.name}-{frame:06d}"
        boxes, is_usable, wrong = checked_boxes(from_ltwh(rows.ltwh), self.info.size_wh, name)
        self.findings.extend(wrong)
        is_dropped = ~is_region & (class_ids == DROPPED)
        self.found(FindingKind.LEFT_OUT_CLASS, name, int(is_dropped.sum()))
        labels = Labels(
            boxes,
            class_ids,
            np.clip(rows.confidences, 0, 1).astype(np.float32),
            np.maximum(rows.ids, 0),
            rows.visible_ratios.astype(np.float32),
        )
        return LabelledPicture(
            name=name,
            source=source,
            size_wh=self.info.size_wh,
            camera=f"{self.facts.name}/{self.info.name}",
            labels=labels[is_usable & ~is_region & ~is_dropped],
            complete=self.complete,
            origin=self.facts.origin,
            ignored=boxes[is_usable & is_region],
        )


def _meanings(rows: MotRows, names: Sequence[str], by_number: Ids, path: Path) -> tuple[Ids, Mask]:
    """Return (N,) class ids and (N,) which rows are regions that say nothing."""
    numbers = np.where(rows.classes == NOT_GIVEN, 1, rows.classes)
    is_uncounted = (rows.confidences == 0) & (path.stem == "gt")
    is_named = (numbers >= 1) & (numbers <= len(names))
    if not (is_named | is_uncounted).all():
        number = int(numbers[~(is_named | is_uncounted)][0])
        raise LabelFileError(f"{path} speaks of class {number}, but {len(names)} classes are named, from 1")
    says_nothing = np.array([name in SAYS_NOTHING for name in names], bool)
    index = np.where(is_named, numbers, 1) - 1
    return by_number[index], is_uncounted | says_nothing[index]


def _read_rows(path: Path) -> MotRows:
    try:
        return parse_mot(path.read_text(encoding="utf-8"))
    except OSError as err:
        raise LabelFileError(f"{path} cannot be read: {err.strerror}") from None
    except ValueError as err:
        raise LabelFileError(f"{path}: {err}") from None


def _class_names(folder: Path) -> tuple[tuple[str, ...], Mapping[str, str]]:
    path = folder / "gt" / "labels.txt"
    try:
        names = tuple(line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    except FileNotFoundError:
        return MOT16_NAMES, MOT16_MAP
    except (OSError, UnicodeDecodeError) as err:
        raise LabelFileError(f"{path} cannot be read: {err}") from None
    if not names:
        raise LabelFileError(f"{path} holds no class name; write one in each line")
    return names, {}


def _rows_of(picture: LabelledPicture, frame: int) -> MotRows:
    labels, regions = picture.labels, len(picture.ignored)
    nothing = np.full(regions, NOT_GIVEN, np.int64)
    ids = np.where(labels.object_ids == 0, NOT_GIVEN, labels.object_ids)
    return MotRows(
        frames=np.full(len(labels) + regions, frame, np.int64),
        ids=np.concatenate([ids, nothing]),
        ltwh=to_ltwh(np.concatenate([labels.boxes, picture.ignored])),
        confidences=np.concatenate([labels.scores.astype(np.float64), np.zeros(regions)]),
        classes=np.concatenate([labels.class_ids + 1, nothing]),
        visible_ratios=np.concatenate([labels.visible_ratios.astype(np.float64), np.ones(regions)]),
    )


def _sequence_info(name: str, fps: float, frames: int, size_wh: SizeWH) -> str:
    facts = {
        "name": name,
        "imDir": "img1",
        "frameRate": repr(float(fps)),
        "seqLength": frames,
        "imWidth": size_wh[0],
        "imHeight": size_wh[1],
        "imExt": ".jpg",
    }
    return "[Sequence]\n" + "".join(f"{key}={value}\n" for key, value in facts.items())


def _as_jpeg(content: bytes | Path) -> bytes | Path:
    is_jpeg = isinstance(content, bytes) or content.suffix.lower() in (".jpg", ".jpeg")
    return content if is_jpeg else jpeg_of(read_bgr(content))
