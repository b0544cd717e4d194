"""What an examiner is: the protocol, what it is handed, and the ways in which it fails.

Belongs here: the form that examiners share. Does not: when they are asked (examining), what each of them does
(false_alarms, larger_model, language_model).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cases.before_after import decoded
from cases.deeds import Order
from cases.evidence import EvidenceStore
from cases.evidence_errors import EvidenceError
from cases.examining import Examination
from cases.packs import PackPurpose, PartRole, sha256_hex
from cases.records import Case, CaseFile
from detectors.events import Event
from pipeline.errors import PipelineError
from vision.arrays import Picture

Box = tuple[float, float, float, float]


class ExaminerError(PipelineError):
    """An examiner could not say anything; the message holds no secret.

    Attributes:
        cause: why, worded by the page as `examined.<cause>`.
    """

    def __init__(self, cause: str, problem: str) -> None:
        self.cause = cause
        super().__init__(problem)


@dataclass(frozen=True, slots=True, eq=False)
class OpeningPicture:
    """A panorama that opened a case.

    Attributes:
        bgr: (H, W, 3) uint8 at full size, read-only.
        box: (x1, y1, x2, y2) of what the case is about, in its pixels.
        captured_at: when it was taken, aware UTC.
    """

    bgr: Picture
    box: Box
    captured_at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What an examiner is to judge.

    Attributes:
        case: as it was when the examination began.
        event: what opened it.
        pictures: panoramas of the opening, oldest first, at least one; the last one is nearest to the event.
    """

    case: Case
    event: Event
    pictures: tuple[OpeningPicture, ...]


class Examiner(Protocol):
    """Says one thing about a new case. Each has a thread of its own, on which `examine` is called."""

    @property
    def name(self) -> str:
        """One word, as `memory`; the page words it as `examiner.<name>`."""

    @property
    def judges(self) -> bool:
        """Whether it may doubt: a case waits for it. What merely reads is not waited for."""

    def examines(self, kind: str) -> bool:
        """Return whether it can judge offences of a kind; any thread may ask."""

    def examine(self, subject: Subject) -> Examination | None:
        """Judge a case within the examiner's own time limit; None where there is nothing that it could judge by.

        Raises:
            ExaminerError: it should say something and cannot; the case goes on without it.
        """


class Learner(Examiner, Protocol):
    """An examiner that goes by what people decided."""

    def learn(self, case: Case, order: Order) -> None:
        """Take note of what a person decided, on the examiner's thread; a failure is said in the log."""

    def forget(self, camera_id: str) -> None:
        """Drop what is remembered of a camera that was removed, on the examiner's thread."""


def opening_pictures(evidence: EvidenceStore, case: Case) -> tuple[OpeningPicture, ...]:
    """Return the panoramas that opened a case, as they were written.

    Raises:
        ExaminerError: there is none, or none that is as it was written.
    """
    files = [
        f for pack in case.packs if pack.purpose is PackPurpose.OPENING and not pack.deleted_at for f in pack.files
    ]
    panoramas = [file for file in files if file.role is PartRole.PANORAMA]
    if not panoramas:
        raise ExaminerError("no_picture", f"case {case.number} has no panorama of its opening")
    try:
        return tuple(_picture(evidence, case, file) for file in panoramas)
    except (EvidenceError, OSError, ValueError) as err:
        raise ExaminerError("no_picture", f"case {case.number}: its panorama cannot be used: {err}") from err


def _picture(evidence: EvidenceStore, case: Case, file: CaseFile) -> OpeningPicture:
    original = evidence.path_of(file.path).read_bytes()
    if sha256_hex(original) != file.sha256:
        raise ValueError(f"{file.path} is not as it was written")
    bgr = decoded(original)
    bgr.setflags(write=False)
    return OpeningPicture(bgr, case.box, file.captured_at)
