"""Reads and writes sets in COCO JSON.

Boxes are written as the shortest decimals that give the same double back, and left, top, width and height are exact in
double precision, so that nothing is lost. What COCO has no place for (camera, licence, complete classes, scores, track
ids) stands in keys of ours, which other readers skip. A crowd (`iscrowd`) becomes a region that says nothing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cases.disk import Disk
from datasets.box_checks import checked_boxes, from_ltwh, to_ltwh
from datasets.class_map import class_ids_of, classes_in
from datasets.errors import LabelFileError, PictureError
from datasets.findings import Finding, FindingKind, LabelledSet, LeftOutError, finished_set
from datasets.labelled import TRAINED_CLASSES, LabelledPicture, Labels
from datasets.picture_files import read_size
from datasets.picture_notes import PictureNote, PictureNotes
from datasets.reading import SetFacts, plain_names
from datasets.set_folder import SetFolder
from datasets.yolo_folder import contents
from models.class_names import DROPPED
from vision.arrays import Boxes
from vision.classes import StreetClass
from vision.wording import sentence_of

ANNOTATIONS_NAME = "annotations.json"


class _Lenient(BaseModel):
    """COCO files hold more than we read, and every program adds its own keys."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class CocoImage(_Lenient):
    """A picture; `note` is ours."""

    id: int | str
    file_name: str = Field(min_length=1)
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    note: PictureNote | None = None


class CocoAnnotation(_Lenient):
    """A box; `score`, `track_id` and `visible_ratio` are ours."""

    id: int | str | None = None
    image_id: int | str
    category_id: int
    bbox: tuple[float, float, float, float] | None = None
    iscrowd: bool = False
    score: float = Field(default=1.0, ge=0, le=1)
    track_id: int = Field(default=0, ge=0, lt=2**63)
    visible_ratio: float = Field(default=1.0, ge=0, le=1)


class CocoCategory(_Lenient):
    """A class."""

    id: int
    name: str


class CocoFile(_Lenient):
    """The file."""

    images: tuple[CocoImage, ...]
    annotations: tuple[CocoAnnotation, ...] = ()
    categories: tuple[CocoCategory, ...]


def read_coco(path: Path, pictures: Path, facts: SetFacts) -> LabelledSet:
    """Read a set.

    Args:
        path: the JSON.
        pictures: the folder that `file_name` counts from.
        facts: what the file does not say.

    Raises:
        LabelFileError: the file is no COCO JSON, an id of a picture or class is used twice, or an annotation names a
            class that the file does not.
        UnknownClassError: a class has no meaning.
        SetEmptyError: no picture can be used.
    """
    coco = parse_coco(path)
    names = {category.id: category.name for category in coco.categories}
    mapped = class_ids_of([category.name for category in coco.categories], facts.class_map, str(path))
    reader = _Reader(pictures, facts, dict(zip(names, mapped.tolist(), strict=True)), classes_in(mapped), [])
    return finished_set(facts.name, reader.pictures(coco), reader.findings)


def parse_coco(path: Path) -> CocoFile:
    """Read the file and check that its ids hold together.

    Raises:
        LabelFileError: see `read_coco`.
    """
    try:
        coco = CocoFile.model_validate_json(path.read_bytes())
    except OSError as err:
        raise LabelFileError(f"{path} cannot be read: {err.strerror}") from None
    except ValidationError as err:
        first = err.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise LabelFileError(f"{path} is no COCO JSON: {where}: {sentence_of(first)}") from None
    for what, ids in (
        ("pictures", [image.id for image in coco.images]),
        ("categories", [category.id for category in coco.categories]),
    ):
        doubles = _doubles(ids)
        if doubles:
            raise LabelFileError(f"{path}: two {what} have the id {doubles[0]!r}; nobody can tell which one is meant")
    known = {category.id for category in coco.categories}
    missing = sorted({annotation.category_id for annotation in coco.annotations} - known)
    if missing:
        raise LabelFileError(f"{path}: there are annotations of category {missing[0]}, which the file does not name")
    return coco


@dataclass(frozen=True, slots=True)
class _Reader:
    folder: Path
    facts: SetFacts
    class_of: Mapping[int, int]
    classes: frozenset[StreetClass]
    findings: list[Finding]

    def pictures(self, coco: CocoFile) -> list[LabelledPicture]:
        by_picture: dict[int | str, list[CocoAnnotation]] = {image.id: [] for image in coco.images}
        for annotation in coco.annotations:
            if annotation.image_id in by_picture:
                by_picture[annotation.image_id].append(annotation)
            else:
                self._found(FindingKind.NO_PICTURE, f"annotation {annotation.id} of picture {annotation.image_id}")
        ids = [annotation.id for annotation in coco.annotations if annotation.id is not None]
        for double in _doubles(ids):
            self._found(FindingKind.DOUBLE_ID, f"annotation {double}")
        files = [image.file_name for image in coco.images]
        named = zip(coco.images, plain_names(files), self.facts.cameras(files), strict=True)
        read = []
        for image, name, camera in named:
            try:
                read.append(self._picture(image, by_picture[image.id], name, camera))
            except LeftOutError as err:
                self.findings.append(err.finding)
        return read

    def _picture(
        self, image: CocoImage, annotations: Sequence[CocoAnnotation], name: str, camera: str
    ) -> LabelledPicture:
        path = self.folder / image.file_name
        try:
            size_wh = read_size(path)
        except PictureError as err:
            raise LeftOutError(FindingKind.BROKEN_PICTURE, str(err)) from None
        if size_wh != (image.width, image.height):
            raise LeftOutError(FindingKind.OTHER_SIZE, f"{path} is {size_wh}, not {(image.width, image.height)}")
        rows = np.array([a.bbox if a.bbox is not None else (np.nan,) * 4 for a in annotations], np.float64)
        rows = rows.reshape(-1, 4)
        if not np.isfinite(from_ltwh(rows)).all():
            raise LeftOutError(FindingKind.BAD_ROW, f"{path}: an annotation has no box of numbers")
        boxes, is_usable, wrong = checked_boxes(from_ltwh(rows), size_wh, str(path))
        self.findings.extend(wrong)
        labels = self._labels(annotations, boxes, str(path))
        is_crowd = np.array([a.iscrowd for a in annotations], bool)
        is_wanted = is_usable & ~is_crowd & (labels.class_ids != DROPPED)
        complete = self.classes if self.facts.complete is None else self.facts.complete
        picture = LabelledPicture(
            name, path, size_wh, camera, labels[is_wanted], complete, self.facts.origin, boxes[is_usable & is_crowd]
        )
        notes = PictureNotes(pictures={name: image.note} if image.note is not None else {})
        return notes.applied(picture)

    def _labels(self, annotations: Sequence[CocoAnnotation], boxes: Boxes, place: str) -> Labels:
        class_ids = np.array([self.class_of[a.category_id] for a in annotations], np.int64)
        for _ in range(int((class_ids == DROPPED).sum())):
            self._found(FindingKind.LEFT_OUT_CLASS, place)
        return Labels(
            boxes,
            class_ids,
            np.array([a.score for a in annotations], np.float32),
            np.array([a.track_id for a in annotations], np.int64),
            np.array([a.visible_ratio for a in annotations], np.float32),
        )

    def _found(self, kind: FindingKind, place: str) -> None:
        self.findings.append(Finding(kind, place))


def write_coco(out: Path, pictures: Sequence[LabelledPicture], *, disk: Disk | None = None) -> Path:
    """Write pictures as a set, `images/` and `annotations.json`, and return the path of the JSON.

    Args:
        out: the folder; must not be there yet, or be empty.
        pictures: their labels may hold UNKNOWN.
        disk: what writes; tests hand in one that is full.

    Raises:
        SetWriteError: the disk refuses; nothing was kept.
        PictureError: a picture cannot be read; nothing was kept.
    """
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    with SetFolder(out, disk=disk) as folder:
        for picture, content in contents(pictures):
            ending = content.suffix.lower() if isinstance(content, Path) else ".jpg"
            folder.write(f"images/{picture.name}{ending}", content)
            images.append(_image(picture, len(images) + 1, ending))
            annotations.extend(_annotations(picture, len(images), len(annotations)))
        categories = [{"id": int(kind), "name": kind.label} for kind in (*TRAINED_CLASSES, StreetClass.UNKNOWN)]
        coco = {"images": images, "annotations": annotations, "categories": categories}
        folder.write(ANNOTATIONS_NAME, json.dumps(coco, allow_nan=False).encode())
    return folder.final / ANNOTATIONS_NAME


def _image(picture: LabelledPicture, number: int, ending: str) -> dict[str, Any]:
    width, height = picture.size_wh
    note = PictureNote.of(picture).model_dump(mode="json")
    return {"id": number, "file_name": f"{picture.name}{ending}", "width": width, "height": height, "note": note}


def _annotations(picture: LabelledPicture, image_id: int, before: int) -> list[dict[str, Any]]:
    labels = picture.labels
    boxes = to_ltwh(labels.boxes).tolist()
    return [
        {
            "id": before + row + 1,
            "image_id": image_id,
            "category_id": int(labels.class_ids[row]),
            "bbox": boxes[row],
            "area": boxes[row][2] * boxes[row][3],
            "iscrowd": 0,
            "score": float(labels.scores[row]),
            "track_id": int(labels.object_ids[row]),
            "visible_ratio": float(labels.visible_ratios[row]),
        }
        for row in range(len(labels))
    ]


def _doubles(ids: Sequence[int | str]) -> list[int | str]:
    seen: set[int | str] = set()
    return [each for each in ids if each in seen or seen.add(each)]  # type: ignore[func-returns-value]
