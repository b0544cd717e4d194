"""Finds the picture of a case that is shown outside, blurred unless the settings say otherwise.

It is the first panorama, or, where a case is posted because the camera saw that it is not solved, the one of that look.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np

from cases.case_event import CaseEvent
from cases.closing import LOOK
from cases.disk import way_out
from cases.errors import CasesError
from cases.evidence import EvidenceStore
from cases.packs import PartRole
from cases.records import Case, CaseFile
from cases.store import CaseStore
from pipeline.errors import ReceiverAwayError, ReceiverRefusesError

Blur = Callable[[Case, CaseFile], bytes]
"""Returns the JPEG of an evidence file with bystanders made unrecognisable."""


@dataclass(frozen=True, slots=True)
class OutPicture:
    """A picture that leaves the house: JPEG, when it was taken (aware UTC), and its size in pixels."""

    jpeg: bytes
    captured_at: datetime
    size_wh: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Pictures:
    """Hands out pictures of cases.

    Attributes:
        cases, evidence: where they are.
        blur: makes a copy fit to be shown; None where nothing here can.
    """

    cases: CaseStore
    evidence: EvidenceStore
    blur: Blur | None = None

    def panorama(self, target: str, event: CaseEvent, *, as_taken: bool) -> OutPicture:
        """Return the panorama of an event: that of the look it tells of, else the first one of its case.

        Args:
            target: who is to have it, for errors.
            event: of the case.
            as_taken: the original, with everybody who is in it.

        Raises:
            ReceiverRefusesError: the case has none, or it may not leave as it is.
            ReceiverAwayError: it cannot be read now.
        """
        try:
            case = self.cases.get(event.case.case_id)
            file = _panorama(case, event)
            if file is None:
                raise ReceiverRefusesError(target, "the case has no panorama")
            if not as_taken and self.blur is None:
                told = "pictures cannot be blurred here; originals = true sends them as taken, where the law allows it"
                raise ReceiverAwayError(target, told)
            jpeg = self._original(file) if as_taken or self.blur is None else self.blur(case, file)
        except (CasesError, OSError) as err:
            told = str(err) if isinstance(err, CasesError) else way_out(err)
            raise ReceiverAwayError(target, f"the panorama cannot be read: {told}") from None
        return OutPicture(jpeg, file.captured_at, _size_wh(target, jpeg))

    def _original(self, file: CaseFile) -> bytes:
        return self.evidence.path_of(file.path).read_bytes()


def _panorama(case: Case, event: CaseEvent) -> CaseFile | None:
    pack = event.change.detail.get("pack") if event.change.action == LOOK else None
    wanted = (file for file in case.files if file.role is PartRole.PANORAMA and pack in (None, file.pack))
    return next(wanted, None)


def _size_wh(target: str, jpeg: bytes) -> tuple[int, int]:
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise ReceiverRefusesError(target, "the panorama is no picture")
    height, width = decoded.shape[:2]
    return width, height
