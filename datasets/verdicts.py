"""Makes training rows of what operators decided about cases: confirmed things, and places where there is none.

A dismissed case is not always a false detection. "Permitted" says that a real thing stood there; "light or weather"
says that there was none. So only those rows are made that the decision answers for (see `lesson_of`), and the rest is
counted.

The picture of a confirmed case is the second panorama of its opening, in which the box was measured, else its close-up.
That of a false one is the close-up: elsewhere in the panorama a real stall may stand. Pictures are made unrecognisable
(`blurring`); the originals stay where they are. Nobody's name is taken along.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import numpy as np

from cases.audit import every_case
from cases.disk import digest_of
from cases.errors import EvidenceMissingError
from cases.evidence import EvidenceStore
from cases.packs import PackPurpose, PartRole
from cases.records import AuditRow, Case, CaseFile
from cases.states import Action
from cases.stills import close_up_box
from cases.store import SYSTEM, CaseStore
from datasets.blurring import Blurrer
from datasets.errors import PictureError
from datasets.findings import Finding, FindingKind, LeftOutError
from datasets.labelled import NO_CLASS, Domain, LabelledPicture, Labels, Origin, no_boxes
from datasets.picture_files import jpeg_of, read_bgr, read_size
from datasets.sheets import CLASSES
from vision.arrays import Boxes, FloatArray, SizeWH
from vision.classes import VEHICLES, StreetClass

ORIGIN = Origin("verdicts", "own evidence, made unrecognisable: inside only", Domain.STREET_CAMERA)

NOTHING_THERE = frozenset({"light_or_weather"})
"""Reasons of a dismissal, as the page stores them, that say that the model saw what was not there."""

THING_THERE = frozenset({"permitted", "waiting", "duplicate"})
"""Reasons that say that it was there, and right to be; nobody judged the box."""

NO_OFFENCE = "not_an_offence"

NAME_LENGTH = 20
"""Of a case's id, which is a hash, in a picture's name."""


class Lesson(StrEnum):
    """What a decision teaches."""

    THING = "thing"  # it is what the case says
    NOTHING = "nothing"  # nothing of the kind is in the box


@dataclass(frozen=True, slots=True)
class Verdict:
    """What people decided about a case last.

    Attributes:
        lesson: what it teaches.
        at: when, aware UTC.
        reason: the page's key of the reason; empty for a confirmation and for words of one's own.
    """

    lesson: Lesson
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class VerdictRow:
    """One training row.

    Attributes:
        case_id: the case.
        kind: `parking`, `vending`, `spillover` or `flyers`.
        verdict: what was decided.
        class_id: of the thing, or of what is not there; None for flyers, which no class stands for.
        picture: unrecognisable, as JPEG bytes; a thing has its box, nothing is complete for the class.
        blurred: by what it was made unrecognisable.
    """

    case_id: str
    kind: str
    verdict: Verdict
    class_id: StreetClass | None
    picture: LabelledPicture
    blurred: tuple[str, ...]


def verdict_rows(
    store: CaseStore, evidence: EvidenceStore, blurrer: Blurrer, findings: list[Finding]
) -> Iterator[VerdictRow]:
    """Yield a row for each case that was judged, newest case first.

    Args:
        store: the cases; the service may be running.
        evidence: their files, which are only read.
        blurrer: makes people unrecognisable.
        findings: receives what was left out.

    Raises:
        CasesError: the database refuses.
    """
    for case in every_case(store):
        verdict = lesson_of(case, store.history(case.case_id))
        if verdict is None:
            findings.append(Finding(FindingKind.NO_VERDICT, case.number))
            continue
        try:
            yield _row(case, verdict, evidence, blurrer)
        except LeftOutError as err:
            findings.append(err.finding)


def lesson_of(case: Case, history: Sequence[AuditRow]) -> Verdict | None:
    """Return what the last decision of a person teaches, or None where it teaches nothing of what is in the picture.

    Confirmed, or opened again: the thing is there. Dismissed for light or weather: nothing is. Dismissed as no offence:
    that is the stall or the paper itself, which are only called so because they offend; but a car stays a car, and a
    parasol that is no offence is still a parasol.
    """
    judging = (Action.CONFIRM, Action.DISMISS, Action.REOPEN)
    decisions = [row for row in history if row.actor != SYSTEM and row.decision in judging]
    if not decisions:
        return None
    last = decisions[-1]
    if last.decision is not Action.DISMISS:
        return Verdict(Lesson.THING, last.at, "")
    if last.reason in NOTHING_THERE:
        return Verdict(Lesson.NOTHING, last.at, last.reason)
    if last.reason in THING_THERE or _class_of(case) not in (StreetClass.STALL, None):
        return None
    return Verdict(Lesson.NOTHING, last.at, last.reason if last.reason == NO_OFFENCE else "")


def _class_of(case: Case) -> StreetClass | None:
    """Return the class that a case is about; what stands on a pavement and is nothing else is a stall."""
    if case.kind == "flyers":
        return None
    kind = CLASSES.get(case.class_label, StreetClass.UNKNOWN)
    return StreetClass.STALL if kind is StreetClass.UNKNOWN and case.kind == "vending" else kind


def _row(case: Case, verdict: Verdict, evidence: EvidenceStore, blurrer: Blurrer) -> VerdictRow:
    kind = _class_of(case)
    if kind is StreetClass.UNKNOWN:
        raise LeftOutError(FindingKind.NO_VERDICT, f"{case.number}: nobody says what it is")
    is_thing = verdict.lesson is Lesson.THING
    path, box = _still(case, evidence, is_thing=is_thing and kind is not None)
    try:
        bgr = read_bgr(path)
    except PictureError as err:
        raise LeftOutError(FindingKind.LOST_EVIDENCE, str(err)) from None
    size_wh = bgr.shape[1], bgr.shape[0]
    inside = np.clip(np.array([box], np.float32), 0, np.array([*size_wh, *size_wh], np.float32))
    if not (inside[0, 2] > inside[0, 0] and inside[0, 3] > inside[0, 1]):
        raise LeftOutError(FindingKind.LOST_EVIDENCE, f"{case.number}: its box does not lie in {path.name}")
    vehicles = [box] if is_thing and kind in VEHICLES else []
    labels = Labels(inside, np.array([int(kind)], np.int64)) if is_thing and kind is not None else Labels.none()
    picture = LabelledPicture(
        name=f"{case.case_id[:NAME_LENGTH]}-{path.stem}",
        source=jpeg_of(blurrer.blurred(bgr, vehicles)),
        size_wh=size_wh,
        camera=f"{ORIGIN.set_name}/{case.camera_id}",
        labels=labels,
        complete=NO_CLASS if is_thing or kind is None else frozenset({kind}),
        origin=ORIGIN,
        ignored=_around(inside[0], size_wh) if not is_thing and kind is not StreetClass.STALL else no_boxes(),
    )
    return VerdictRow(case.case_id, case.kind, verdict, kind, picture, blurrer.means)


def _around(box: FloatArray, size_wh: SizeWH) -> Boxes:
    """Return (4, 4) regions around a box: of what is judged not to be a car, the next car may be in the picture."""
    x1, y1, x2, y2 = (float(side) for side in box)
    width, height = size_wh
    return np.array([[0, 0, width, y1], [0, y2, width, height], [0, y1, x1, y2], [x2, y1, width, y2]], np.float32)


def _still(case: Case, evidence: EvidenceStore, *, is_thing: bool) -> tuple[Path, tuple[float, float, float, float]]:
    """Return the still to show, and the case's box in its pixels."""
    opening = [file for pack in case.packs if pack.purpose is PackPurpose.OPENING for file in pack.files]
    panoramas = [file for file in opening if file.role is PartRole.PANORAMA]
    if is_thing and len(panoramas) > 1:
        return _checked(case, panoramas[-1], evidence), case.box
    close_ups = [file for file in opening if file.role is PartRole.CLOSE_UP]
    if not close_ups or not panoramas:
        raise LeftOutError(FindingKind.LOST_EVIDENCE, f"{case.number} has no close-up")
    frame_wh = _size(_checked(case, panoramas[-1], evidence))
    x1, y1, _, _ = close_up_box(case.box, frame_wh)
    left, top = int(x1) // 2 * 2, int(y1) // 2 * 2  # as `Frame.crop_bgr` cuts
    box = case.box[0] - left, case.box[1] - top, case.box[2] - left, case.box[3] - top
    return _checked(case, close_ups[-1], evidence), box


def _checked(case: Case, file: CaseFile, evidence: EvidenceStore) -> Path:
    try:
        path = evidence.path_of(file.path)
        is_whole = digest_of(path).sha256 == file.sha256
    except (EvidenceMissingError, OSError) as err:
        raise LeftOutError(FindingKind.LOST_EVIDENCE, f"{case.number}: {err}") from None
    if not is_whole:
        raise LeftOutError(FindingKind.LOST_EVIDENCE, f"{case.number}: {file.name} is not as it was written")
    return path


def _size(path: Path) -> SizeWH:
    try:
        return read_size(path)
    except PictureError as err:
        raise LeftOutError(FindingKind.LOST_EVIDENCE, str(err)) from None
