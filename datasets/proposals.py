"""Writes what a model proposes for pictures into a folder that a person can correct, and reads the folder as a set.

The folder is a set in YOLO format for whoever wants to look at it at once, with scores in `sheets/NAME.json` (the form
is in `sheets`). Corrections go into the sheets, and the sheets are what counts from then on; the label files follow
(`label_desk`), for programs that read nothing else.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from cases.disk import Disk
from datasets.errors import LabelFileError, PictureError
from datasets.findings import Finding, FindingKind, LabelledSet, finished_set
from datasets.labelled import NO_CLASS, TRAINED_CLASSES, ClipMoment, LabelledPicture, Labels, Origin
from datasets.labelling import FrameLabels, Looker
from datasets.merging import merge
from datasets.picture_files import read_bgr, read_size
from datasets.set_folder import SetFolder
from datasets.sheets import How, Review, Sheet, SheetBox, read_sheet, reviewer_of, sheet_bytes
from datasets.yolo_folder import YoloFolder, contents
from streams.recorded import UNKNOWN_START
from vision.arrays import Mask
from vision.classes import StreetClass
from vision.frames import Frame, Planes

SHEETS = "sheets"
SPLIT = "train"
"""A folder of proposals is one heap; how it is split is decided when it is corrected."""


@dataclass(frozen=True, slots=True)
class Proposer:
    """The model that proposed (name and hash of its weights, as its card has them), and when, aware."""

    name: str
    sha256: str
    at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A picture with what a model proposes for it, over what was marked before.

    Attributes:
        picture: its labels are what the model adds.
        is_filled: (N,) bool, by row of these labels: filled in from other frames of a clip.
        marked: what people had marked already.
    """

    picture: LabelledPicture
    is_filled: Mask
    marked: Labels


def proposals_of_clip(clip: Path, frames: Sequence[FrameLabels], camera: str, origin: Origin) -> list[Proposal]:
    """Return the proposals for the frames of a clip."""
    return [
        Proposal(
            LabelledPicture(
                name=f"{clip.stem}-{frame.t_s:09.3f}",
                source=ClipMoment(clip, frame.t_s),
                size_wh=frame.size_wh,
                camera=camera,
                labels=frame.labels,
                complete=NO_CLASS,
                origin=origin,
                ignored=frame.doubtful,
            ),
            frame.is_filled,
            Labels.none(),
        )
        for frame in frames
    ]


def proposals_of_pictures(
    model: Looker,
    pictures: Iterable[LabelledPicture],
    on_broken: Callable[[Finding], None],
    *,
    batch: int = 4,
) -> Iterator[Proposal]:
    """Yield what a model sees in single pictures, each judged by itself; what is marked in them stays.

    Args:
        model: sees.
        pictures: those that cannot be read are skipped.
        on_broken: called with a finding for each picture that cannot be read.
        batch: pictures that go through the model together.
    """
    held: list[tuple[LabelledPicture, Frame]] = []
    for picture in pictures:
        try:
            held.append((picture, _frame_of(picture, len(held))))
        except PictureError as err:
            on_broken(Finding(FindingKind.BROKEN_PICTURE, str(err)))
        if len(held) == batch:
            yield from _judged(model, held)
            held = []
    yield from _judged(model, held)


def write_proposals(out: Path, proposals: Sequence[Proposal], proposer: Proposer, *, disk: Disk | None = None) -> Path:
    """Write pictures, labels and sheets into a folder and return it.

    Args:
        out: the folder; must not be there yet, or be empty.
        proposals: names differ.
        proposer: who proposed.
        disk: what writes; tests hand in one that is full.

    Raises:
        SetWriteError: the disk refuses; nothing was kept.
        PictureError: a picture cannot be read; nothing was kept.
    """
    by_name = {proposal.picture.name: proposal for proposal in proposals}
    with SetFolder(out, disk=disk) as folder:
        yolo = YoloFolder(folder)
        for picture, content in contents(proposal.picture for proposal in proposals):
            proposal = by_name[picture.name]
            shown = replace(picture, labels=proposal.marked.joined(picture.labels))
            yolo.add(SPLIT, shown, content)
            ending = content.suffix.lower() if isinstance(content, Path) else ".jpg"
            sheet = sheet_of(proposal, f"images/{SPLIT}/{picture.name}{ending}", proposer)
            folder.write(f"{SHEETS}/{picture.name}.json", sheet_bytes(sheet))
        yolo.finish()
    return folder.final


def sheet_of(proposal: Proposal, file: str, proposer: Proposer) -> Sheet:
    """Return the sheet of a picture: first what was marked, then what the model saw, then what was filled in.

    What its set marks completely counts as reviewed by the set.
    """
    picture = proposal.picture
    classes = tuple(sorted(kind.label for kind in picture.complete))
    reviews = (Review(by=reviewer_of(picture.origin.set_name), at=proposer.at, classes=classes),) if classes else ()
    marked = [_box(proposal.marked, row, row + 1, "marked") for row in range(len(proposal.marked))]
    seen = [
        _box(picture.labels, row, len(marked) + row + 1, "filled" if proposal.is_filled[row] else "seen")
        for row in range(len(picture.labels))
    ]
    return Sheet(
        picture=file,
        size_wh=picture.size_wh,
        camera=picture.camera,
        set_name=picture.origin.set_name,
        licence=picture.origin.licence,
        domain=picture.origin.domain,
        t_s=picture.source.t_s if isinstance(picture.source, ClipMoment) else None,
        model=proposer.name,
        model_sha256=proposer.sha256,
        proposed_at=proposer.at,
        boxes=tuple(marked + seen),
        ignored=tuple((x1, y1, x2, y2) for x1, y1, x2, y2 in picture.ignored.tolist()),
        reviews=reviews,
    )


def read_proposals(folder: Path, set_name: str) -> LabelledSet:
    """Read a folder of proposals, corrected or not, as a set; classes are complete where a review says so.

    Raises:
        LabelFileError: there are no sheets, or one of them is none.
        SetEmptyError: no picture can be used.
    """
    paths = sorted((folder / SHEETS).glob("*.json"))
    if not paths:
        raise LabelFileError(f"{folder / SHEETS} holds no sheet; streetwarden data label writes them")
    pictures, findings = [], []
    for path in paths:
        sheet = read_sheet(path)
        try:
            size_wh = read_size(folder / sheet.picture)
        except PictureError as err:
            findings.append(Finding(FindingKind.BROKEN_PICTURE, str(err)))
            continue
        if size_wh != sheet.size_wh:
            findings.append(Finding(FindingKind.OTHER_SIZE, f"{path}: {size_wh}, not {sheet.size_wh}"))
            continue
        pictures.append(_picture(path.stem, folder, sheet))
    return finished_set(set_name, pictures, findings)


def _picture(name: str, folder: Path, sheet: Sheet) -> LabelledPicture:
    return LabelledPicture(
        name=name,
        source=folder / sheet.picture,
        size_wh=sheet.size_wh,
        camera=sheet.camera,
        labels=sheet.labels(),
        complete=sheet.complete,
        origin=Origin(sheet.set_name, sheet.licence, sheet.domain),
        ignored=np.array(sheet.ignored, np.float32).reshape(-1, 4),
    )


def _judged(model: Looker, held: Sequence[tuple[LabelledPicture, Frame]]) -> Iterator[Proposal]:
    if not held:
        return
    for (picture, _), found in zip(held, model.detect([frame for _, frame in held]), strict=True):
        seen = Labels(found.boxes, found.class_ids, found.scores)
        merged = merge(picture.labels, seen, for_classes=frozenset(TRAINED_CLASSES))
        is_added = np.arange(len(merged)) >= len(picture.labels)
        added = merged[is_added]
        yield Proposal(replace(picture, labels=added), np.zeros(len(added), bool), merged[~is_added])


def _frame_of(picture: LabelledPicture, seq: int) -> Frame:
    bgr = read_bgr(picture.source)
    return Frame(picture.camera, seq, 0.0, UNKNOWN_START, 0.0, Planes.from_bgr(bgr))


def _box(labels: Labels, row: int, box_id: int, how: How) -> SheetBox:
    x1, y1, x2, y2 = (max(0.0, float(side)) for side in labels.boxes[row])
    return SheetBox(
        id=box_id,
        box=(x1, y1, x2, y2),
        class_name=StreetClass(int(labels.class_ids[row])).label,
        score=float(labels.scores[row]),
        track=int(labels.object_ids[row]),
        how=how,
    )
