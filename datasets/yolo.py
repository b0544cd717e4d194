"""Reads sets in YOLO format, in every layout that we met.

The label file of a picture is found as ultralytics finds it: `images` in its path becomes `labels`, or it lies beside
the picture. So `images/`, `images/train/`, `train/images/` and a plain folder are all read. Class names come from
`data.yaml` or `classes.txt`. How a set was split by others is not kept: we split by camera. What a label file cannot
say (camera, licence, which classes are complete) our own sets have in `pictures.json`.

Belongs here: folders and names. Does not: the text of a label file (yolo_rows), writing (yolo_folder).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from datasets.box_checks import checked_boxes
from datasets.class_map import class_ids_of, classes_in
from datasets.errors import LabelFileError, PictureError
from datasets.findings import Finding, FindingKind, LabelledSet, LeftOutError, finished_set
from datasets.labelled import LabelledPicture, Labels
from datasets.picture_files import read_size
from datasets.picture_notes import read_notes
from datasets.reading import SetFacts, all_at, picture_paths, plain_names
from datasets.yolo_rows import YoloRows, parse_rows
from models.class_names import DROPPED
from vision.arrays import Ids, SizeWH

NAME_FILES = ("classes.txt", "obj.names", "_darknet.labels")
"""Files of class names, one a line, that programs for labelling write."""

NO_LABEL_FILES = frozenset({*NAME_FILES, "train.txt", "val.txt", "test.txt"})
"""Text files that may lie among labels and hold none."""


def read_yolo(
    place: Path, facts: SetFacts, *, part: str | None = None, class_names: Sequence[str] | None = None
) -> LabelledSet:
    """Read a set.

    Args:
        place: its folder, or its `data.yaml`.
        facts: what the files do not say.
        part: only pictures below a folder of this name, as `train`; all of them by default.
        class_names: in the order of the rows, for a set that has no file of them.

    Raises:
        LabelFileError: there is no such folder, or no readable list of names.
        UnknownClassError: a class has no meaning.
        SetEmptyError: no picture can be used.
    """
    folder = place.parent if place.is_file() else place
    if not folder.is_dir():
        raise LabelFileError(f"there is no folder {folder} with a set in it")
    names = tuple(class_names) if class_names is not None else _class_names(place, folder)
    reader = _Reader(folder, facts, class_ids_of(names, facts.class_map, f"set {facts.name}"), [])
    paths = [path for path in picture_paths(folder) if part is None or part in path.relative_to(folder).parts]
    notes = read_notes(folder)
    pictures = [notes.applied(picture) for picture in reader.pictures(paths)]
    lost = _labels_without_picture(paths)
    return finished_set(facts.name, pictures, reader.findings + all_at(FindingKind.NO_PICTURE, lost))


def names_its_classes(place: Path) -> bool:
    """Return whether a folder, or a `data.yaml`, is a set with class names; else it is a heap of pictures."""
    return place.is_file() or any((place / name).is_file() for name in ("data.yaml", *NAME_FILES))


def label_path(picture: Path) -> Path:
    """Return where the labels of a picture lie: the last `images` in its path becomes `labels`."""
    parts = list(picture.with_suffix(".txt").parts)
    for i in range(len(parts) - 2, -1, -1):
        if parts[i] == "images":
            parts[i] = "labels"
            break
    return Path(*parts)


@dataclass(frozen=True, slots=True)
class _Reader:
    folder: Path
    facts: SetFacts
    class_ids: Ids
    findings: list[Finding]

    def pictures(self, paths: Sequence[Path]) -> list[LabelledPicture]:
        relatives = [path.relative_to(self.folder).as_posix() for path in paths]
        cameras = self.facts.cameras(relatives)
        named = zip(paths, plain_names(relatives), cameras, strict=True)
        read = []
        for path, name, camera in named:
            try:
                read.append(self._picture(path, name, camera))
            except LeftOutError as err:
                self.findings.append(err.finding)
        return read

    def _picture(self, path: Path, name: str, camera: str) -> LabelledPicture:
        try:
            size_wh = read_size(path)
        except PictureError as err:
            raise LeftOutError(FindingKind.BROKEN_PICTURE, str(err)) from None
        labels_at = label_path(path)
        try:
            rows = parse_rows(labels_at.read_text(encoding="utf-8"))
        except FileNotFoundError:
            if not self.facts.unlabelled_are_empty:
                raise LeftOutError(FindingKind.NO_LABELS, str(path)) from None
            rows = parse_rows("")
        except (OSError, UnicodeDecodeError, ValueError) as err:
            raise LeftOutError(FindingKind.BAD_ROW, f"{labels_at}: {err}") from None
        complete = classes_in(self.class_ids) if self.facts.complete is None else self.facts.complete
        labels = self._labels(rows, size_wh, labels_at)
        return LabelledPicture(name, path, size_wh, camera, labels, complete, self.facts.origin)

    def _labels(self, rows: YoloRows, size_wh: SizeWH, place: Path) -> Labels:
        if not len(rows.rows):
            return Labels.none()
        if rows.rows.max() >= len(self.class_ids):
            row, count = int(rows.rows.max()), len(self.class_ids)
            raise LabelFileError(
                f"{place} speaks of class {row}, but the set names {count} classes, from 0 to {count - 1}"
            )
        class_ids = self.class_ids[rows.rows]
        pixels = rows.fractions * np.array([*size_wh, *size_wh], np.float64)
        boxes, is_usable, wrong = checked_boxes(pixels, size_wh, str(place))
        marked = np.column_stack([rows.rows, rows.fractions])
        is_first = np.zeros(len(marked), bool)
        is_first[np.unique(marked, axis=0, return_index=True)[1]] = True
        self.findings.extend(wrong)
        self.findings.extend([Finding(FindingKind.DOUBLE_ROW, str(place))] * int((~is_first).sum()))
        self.findings.extend([Finding(FindingKind.LEFT_OUT_CLASS, str(place))] * int((class_ids == DROPPED).sum()))
        return Labels(boxes, class_ids, rows.scores)[is_usable & is_first & (class_ids != DROPPED)]


def _labels_without_picture(pictures: Sequence[Path]) -> list[Path]:
    labels = {label_path(picture) for picture in pictures}
    folders = {path.parent for path in labels}
    there = (path for folder in folders if folder.is_dir() for path in folder.glob("*.txt"))
    return sorted(path for path in there if path not in labels and not _is_no_label_file(path))


def _is_no_label_file(path: Path) -> bool:
    return path.name in NO_LABEL_FILES or path.name.startswith("README")


def _class_names(place: Path, folder: Path) -> tuple[str, ...]:
    described = place if place.is_file() else folder / "data.yaml"
    if described.is_file():
        return _names_of_yaml(described)
    for name in NAME_FILES:
        if (folder / name).is_file():
            return _names_of_lines(folder / name)
    raise LabelFileError(f"{folder} names its classes nowhere; put a data.yaml with names, or a classes.txt, there")


def _names_of_lines(path: Path) -> tuple[str, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as err:
        raise LabelFileError(f"{path} cannot be read: {err}") from None
    names = tuple(line.strip() for line in lines if line.strip())
    if not names:
        raise LabelFileError(f"{path} holds no class name; write one in each line")
    return names


def _names_of_yaml(path: Path) -> tuple[str, ...]:
    described = _parsed_yaml(path)
    names = described.get("names")
    if isinstance(names, Mapping) and all(row in names for row in range(len(names))):
        names = [names[row] for row in range(len(names))]
    if not (isinstance(names, list) and names and all(isinstance(name, str | int | float) for name in names)):
        raise LabelFileError(f"{path}: names is no list of class names, nor numbered from 0 without a gap")
    count = described.get("nc", len(names))
    if count != len(names):
        raise LabelFileError(f"{path}: nc is {count}, but there are {len(names)} names")
    return tuple(str(name) for name in names)


def _parsed_yaml(path: Path) -> Mapping[str, Any]:
    try:
        described = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as err:
        raise LabelFileError(f"{path} cannot be read: {err}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as err:
        reason = " ".join(str(err).split())[:200]
        raise LabelFileError(f"{path} is no description of a set: {reason}") from None
    if not isinstance(described, Mapping):
        raise LabelFileError(f"{path} is no description of a set; it needs a line names: [...]")
    return described
