"""Writes a training set from drawn and real pictures, so that nothing in it teaches that a thing is background.

Ultralytics has no mask for what is not marked. So a picture in which a trained class may stand unmarked is not used
until a stronger model has filled it in (`merging`), and every region that says nothing is greyed. Roadside and close
views are added a second time as mosaics, as small as things are in a street camera's picture; large pictures are cut
into tiles; and people in real pictures are added as close views, which nearly all sets of streets lack and a model
forgets.

Belongs here: which picture goes into the set in which shape. Does not: reading sets, splitting, labelling.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cases.disk import Disk
from datasets.errors import PictureError, SetEmptyError
from datasets.findings import Finding, FindingKind, sentences
from datasets.labelled import TRAINED_CLASSES, ClipMoment, Domain, LabelledPicture, no_boxes
from datasets.merging import COCO_KINDS
from datasets.picture_files import jpeg_of, read_bgr
from datasets.reframing import Shown, closeup_windows, cut, greyed, mosaic, tile_windows
from datasets.set_folder import SetFolder
from datasets.splitting import key_of, named_for_all
from datasets.yolo_folder import YoloFolder, contents
from vision.arrays import SizeWH
from vision.classes import StreetClass

REPORT_NAME = "mixture.json"


@dataclass(frozen=True, slots=True)
class MixtureSettings:
    """How pictures are put into the set.

    Attributes:
        must_be_complete: a picture in which one of these is not marked completely is left out.
        tile_wh: pictures that are larger by half are cut into tiles of this size.
        shrunk: domains whose pictures also go into mosaics.
        mosaic_wh: size of a mosaic.
        columns: cells in a row and a column of a mosaic; one of these for each.
        mosaics_per_picture: mosaics for each picture of these domains; 0 for none.
        closeups: most close views of people from one picture.
        seed: of what meets in a mosaic, and of close views.
    """

    must_be_complete: frozenset[StreetClass] = COCO_KINDS
    tile_wh: SizeWH = (1280, 720)
    shrunk: frozenset[Domain] = frozenset({Domain.ROADSIDE, Domain.CLOSE})
    mosaic_wh: SizeWH = (960, 576)
    columns: tuple[int, ...] = (2, 3)
    mosaics_per_picture: float = 0.3
    closeups: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.columns or min(self.columns) < 1 or self.mosaics_per_picture < 0:
            raise ValueError(f"{self.columns=} and {self.mosaics_per_picture=} make no mosaic")
        if self.closeups < 0:
            raise ValueError(f"{self.closeups=} is less than none")


@dataclass(frozen=True, slots=True, eq=False)
class MixtureReport:
    """What went into a set.

    Attributes:
        data_yaml: what to train on.
        pictures: split → set → pictures; a mosaic counts under the sets that it is made of, joined by `+`.
        boxes: split → class → boxes.
        open_classes: set → class → pictures in which it may stand unmarked although it is trained; they were taken, as
            no model sees it.
        licences: of all pictures.
        findings: what was left out and greyed.
    """

    data_yaml: Path
    pictures: Mapping[str, Mapping[str, int]]
    boxes: Mapping[str, Mapping[str, int]]
    open_classes: Mapping[str, Mapping[str, int]]
    licences: tuple[str, ...]
    findings: tuple[Finding, ...]


def write_mixture(
    out: Path,
    splits: Mapping[str, Sequence[LabelledPicture]],
    settings: MixtureSettings,
    *,
    disk: Disk | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> MixtureReport:
    """Write the set.

    Args:
        out: the folder; must not be there yet, or be empty.
        splits: split → pictures; from `splitting`, filled in by `merging`. Mosaics are made for `train` alone.
        settings: how.
        disk: what writes; tests hand in one that is full.
        on_progress: called with (done, total) pictures.

    Raises:
        SetEmptyError: a split has no picture that may be used.
        SetWriteError: the disk refuses; nothing was kept.
    """
    usable, findings = _usable(splits, settings)
    for split, pictures in usable.items():
        if not pictures:
            raise SetEmptyError(
                f"of {len(splits[split])} pictures for {split} none is marked completely enough; "
                "let a stronger model fill them in (--teacher), or add pictures"
            )
    with SetFolder(out, disk=disk) as folder:
        mixing = _Mixing(YoloFolder(folder), settings, findings, on_progress)
        mixing.total = sum(map(len, usable.values()))
        for split, pictures in usable.items():
            mixing.add(split, pictures)
            if split == "train":
                mixing.add_mosaics(split, [each for each in pictures if each.origin.domain in settings.shrunk])
                mixing.add_closeups(split, [each for each in pictures if _is_photograph(each)])
        report = mixing.report()
        folder.write(REPORT_NAME, _as_json(report, settings))
    return report


class _Mixing:
    """A set on its way: writes pictures in their shapes and counts what goes in."""

    def __init__(
        self,
        yolo: YoloFolder,
        settings: MixtureSettings,
        findings: list[Finding],
        on_progress: Callable[[int, int], None] | None,
    ) -> None:
        self._yolo, self._settings, self._findings, self._tell = yolo, settings, findings, on_progress
        self._pictures: dict[str, Counter[str]] = {}
        self._boxes: dict[str, Counter[str]] = {}
        self._open: dict[str, Counter[str]] = {}
        self._licences: set[str] = set()
        self.done = self.total = 0

    def add(self, split: str, pictures: Sequence[LabelledPicture]) -> None:
        for picture, content in contents(pictures):
            (named,) = named_for_all([picture])
            if _is_plain(named, self._settings.tile_wh):
                self._write(split, named, content)
            else:
                self._add_changed(split, named, content)
            self.done += 1
            if self._tell is not None:
                self._tell(self.done, self.total)

    def add_mosaics(self, split: str, pictures: Sequence[LabelledPicture]) -> None:
        rng = np.random.default_rng(self._settings.seed)
        for number in range(round(len(pictures) * self._settings.mosaics_per_picture)):
            columns = int(rng.choice(self._settings.columns))
            rows = rng.choice(len(pictures), min(len(pictures), columns * columns), replace=False)
            tiles = [tile for row in rows if (tile := self._shown(pictures[row])) is not None]
            if tiles:
                self._write_shown(split, mosaic(tiles, self._settings.mosaic_wh, columns, f"mosaic-{number:05d}"))

    def add_closeups(self, split: str, pictures: Sequence[LabelledPicture]) -> None:
        rng = np.random.default_rng(self._settings.seed)
        for picture in pictures:
            windows = closeup_windows(picture, rng, most=self._settings.closeups)
            shown = self._shown(picture) if windows else None
            if shown is None:
                continue
            (named,) = named_for_all([picture])
            for number, window in enumerate(windows):
                self._write_shown(split, cut(shown, window, f"{named.name}-close{number:02d}"))

    def report(self) -> MixtureReport:
        """Finish the set and say what went in."""
        return MixtureReport(
            data_yaml=self._yolo.finish(),
            pictures=self._pictures,
            boxes=self._boxes,
            open_classes=self._open,
            licences=tuple(sorted(self._licences)),
            findings=tuple(self._findings),
        )

    def _add_changed(self, split: str, picture: LabelledPicture, content: bytes | Path) -> None:
        shown = self._shown(replace(picture, source=content))
        if shown is None:
            return
        self._write_shown(split, shown)
        windows = tile_windows(picture.size_wh, self._settings.tile_wh) if split == "train" else []
        for number, window in enumerate(windows if _is_large(picture.size_wh, self._settings.tile_wh) else []):
            self._write_shown(split, cut(shown, window, f"{picture.name}-tile{number:02d}"))

    def _shown(self, picture: LabelledPicture) -> Shown | None:
        try:
            return Shown(read_bgr(picture.source), picture)
        except (PictureError, ValueError) as err:
            self._findings.append(Finding(FindingKind.BROKEN_PICTURE, f"{key_of(picture)}: {err}"))
            return None

    def _write_shown(self, split: str, shown: Shown) -> None:
        """Write a picture with its dead regions grey; nameless things are such regions, too."""
        labels = shown.picture.labels
        is_nameless = labels.class_ids == StreetClass.UNKNOWN
        regions = np.concatenate([shown.picture.ignored, labels.boxes[is_nameless]])
        marked = labels[~is_nameless]
        bgr = greyed(shown.bgr, regions, marked.boxes) if len(regions) else shown.bgr
        self._findings.extend([Finding(FindingKind.GREYED, shown.picture.name)] * len(regions))
        self._write(split, replace(shown.picture, labels=marked, ignored=no_boxes()), jpeg_of(bgr))

    def _write(self, split: str, picture: LabelledPicture, content: bytes | Path) -> None:
        self._yolo.add(split, picture, content)
        name = picture.origin.set_name
        self._licences.add(picture.origin.licence)
        self._pictures.setdefault(split, Counter())[name] += 1
        names = (StreetClass(class_id).label for class_id in picture.labels.class_ids.tolist())
        self._boxes.setdefault(split, Counter()).update(names)
        open_classes = frozenset(TRAINED_CLASSES) - picture.complete
        self._open.setdefault(name, Counter()).update(kind.label for kind in open_classes)


def _usable(
    splits: Mapping[str, Sequence[LabelledPicture]], settings: MixtureSettings
) -> tuple[dict[str, list[LabelledPicture]], list[Finding]]:
    """Return the pictures in which no class that must be complete may stand unmarked, and a finding for each other."""
    usable: dict[str, list[LabelledPicture]] = {}
    findings: list[Finding] = []
    for split, pictures in splits.items():
        usable[split] = [each for each in pictures if settings.must_be_complete <= each.complete]
        open_ones = (each for each in pictures if not settings.must_be_complete <= each.complete)
        findings.extend(Finding(FindingKind.OPEN_CLASSES, key_of(each)) for each in open_ones)
    return usable, findings


def _is_photograph(picture: LabelledPicture) -> bool:
    return picture.origin.domain is not Domain.DRAWN and not isinstance(picture.source, ClipMoment)


def _is_plain(picture: LabelledPicture, tile_wh: SizeWH) -> bool:
    """Return whether a picture goes into the set byte for byte."""
    has_nameless = bool((picture.labels.class_ids == StreetClass.UNKNOWN).any())
    return not (has_nameless or len(picture.ignored) or _is_large(picture.size_wh, tile_wh))


def _is_large(size_wh: SizeWH, tile_wh: SizeWH) -> bool:
    return size_wh[0] > LARGER_RATIO * tile_wh[0] or size_wh[1] > LARGER_RATIO * tile_wh[1]


LARGER_RATIO = 1.5
"""A picture that is larger than a tile by this loses its small things when it is shrunk to the model's input."""


def _as_json(report: MixtureReport, settings: MixtureSettings) -> bytes:
    told = {
        "format": "streetwarden-mixture",
        "version": 1,
        "pictures": report.pictures,
        "boxes": report.boxes,
        "open_classes": report.open_classes,
        "licences": report.licences,
        "findings": sentences(report.findings),
        "settings": {
            "must_be_complete": sorted(kind.label for kind in settings.must_be_complete),
            "tile_wh": settings.tile_wh,
            "shrunk": sorted(settings.shrunk),
            "mosaic_wh": settings.mosaic_wh,
            "columns": settings.columns,
            "mosaics_per_picture": settings.mosaics_per_picture,
            "closeups": settings.closeups,
            "seed": settings.seed,
        },
    }
    return json.dumps(told, indent=1, sort_keys=True).encode()
