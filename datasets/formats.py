"""Opens a set in the format that its files show, or that is asked for, and writes one in any of them."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from datasets.catalogue import material_set, read_material_set
from datasets.coco import ANNOTATIONS_NAME, read_coco, write_coco
from datasets.errors import LabelFileError
from datasets.findings import LabelledSet
from datasets.labelled import LabelledPicture
from datasets.mot import read_mot, write_mot
from datasets.proposals import SHEETS, read_proposals
from datasets.reading import SetFacts
from datasets.recordings import read_recording, write_recording
from datasets.yolo import read_yolo
from datasets.yolo_folder import write_yolo

MATERIAL_PREFIX = "material:"
"""Before the name of a set of the catalogue, where else a path stands."""


DESCRIPTIONS = frozenset({".yaml", ".yml"})
"""Endings of the file that describes a set in YOLO format and stands for its folder."""


class Format(StrEnum):
    """How a set is written."""

    YOLO = "yolo"
    COCO = "coco"
    MOT = "mot"
    RECORDING = "recording"
    SHEETS = "sheets"


def read_set(
    place: str,
    facts: SetFacts,
    *,
    written_as: Format | None = None,
    clip: Path | None = None,
    material: Path | None = None,
) -> LabelledSet:
    """Read a set.

    Args:
        place: a folder or file, or `material:NAME`.
        facts: what its files do not say; a set of the catalogue has its own.
        written_as: its format; None for the one that its files show.
        clip: the film of a recording, or of a MOT sequence without pictures.
        material: the folder of the catalogue's sets.

    Raises:
        DatasetError: it cannot be read.
        ValueError: the catalogue has no such set, or the place of the material was not said.
    """
    if place.startswith(MATERIAL_PREFIX):
        if material is None:
            raise ValueError(f"{place}: say where the material lies")
        return read_material_set(material, material_set(place.removeprefix(MATERIAL_PREFIX)))
    path = Path(place)
    readers: Mapping[Format, Callable[[], LabelledSet]] = {
        Format.YOLO: lambda: read_yolo(path, facts),
        Format.COCO: lambda: read_coco(*_coco_places(path), facts),
        Format.MOT: lambda: read_mot(path, facts, clip=clip),
        Format.RECORDING: lambda: _read_recording(path, clip, facts),
        Format.SHEETS: lambda: read_proposals(path.parent if path.is_file() else path, facts.name),
    }
    return readers[written_as or format_of(path)]()


def write_set(out: Path, pictures: Sequence[LabelledPicture], written_as: Format, *, fps: float = 25.0) -> Path:
    """Write pictures as a set and return what to hand on: `data.yaml`, the JSON, the folder or the file.

    Args:
        out: the folder, or the file of a recording; must not be there yet.
        pictures: of any sets; names differ.
        written_as: the format; sheets are made by labelling only.
        fps: frames a second of a MOT sequence, which has no other times.

    Raises:
        DatasetError: a picture cannot be read, or the disk refuses.
        ValueError: the format cannot hold these pictures.
    """
    writers: Mapping[Format, Callable[[], Path]] = {
        Format.YOLO: lambda: write_yolo(out, {"train": pictures}),
        Format.COCO: lambda: write_coco(out, pictures),
        Format.MOT: lambda: write_mot(out, pictures, fps),
        Format.RECORDING: lambda: write_recording(out, pictures),
    }
    if written_as not in writers:
        raise ValueError("sheets are made by labelling: streetwarden data label")
    return writers[written_as]()


def format_of(path: Path) -> Format:
    """Return the format that a set's files show; where there are sheets they count, whatever lies beside them.

    Raises:
        LabelFileError: there is nothing of this name.
    """
    if not path.exists():
        raise LabelFileError(f"there is no set {path}")
    is_description = path.suffix.lower() in DESCRIPTIONS and path.is_file()
    if ((path.parent if is_description else path) / SHEETS).is_dir():
        return Format.SHEETS
    if path.is_file():
        return Format.YOLO if is_description else {".json": Format.COCO}.get(path.suffix.lower(), Format.RECORDING)
    if (path / "seqinfo.ini").is_file():
        return Format.MOT
    return Format.COCO if _coco_files(path) else Format.YOLO


def _coco_places(path: Path) -> tuple[Path, Path]:
    """Return where the JSON lies and where its pictures do: in `images`, or beside it."""
    if path.is_dir():
        found = _coco_files(path)
        if not found:
            raise LabelFileError(f"{path} holds no {ANNOTATIONS_NAME}")
        path = found[0]
    images = path.parent / "images"
    return path, images if images.is_dir() else path.parent


def _coco_files(folder: Path) -> list[Path]:
    return sorted(
        [*folder.glob(ANNOTATIONS_NAME), *folder.glob("*instances*.json"), *folder.glob("_annotations*.json")]
    )


def _read_recording(path: Path, clip: Path | None, facts: SetFacts) -> LabelledSet:
    if clip is None:
        raise LabelFileError(f"{path} is a recording without pictures; name the film that it was made from")
    return read_recording(path, clip, facts)
