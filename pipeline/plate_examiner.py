"""Reads the plate of a vehicle on the panoramas that opened its case; the second picture where the first gives nothing.

It judges no offence: a plate that was read shows that it is a vehicle, and its owner can be asked; one that was not
says nothing. The plate itself is personal: it goes into the readings, which go with the pictures, and never into the
history.

Belongs here: which part of which picture is read, and what is said of it. Does not: reading (models), rows (cases).
"""

from collections.abc import Callable, Sequence

from cases.examining import Examination, Verdict
from cases.readings import Reading, ReadingKind
from models.errors import ModelError
from models.number_plates import FoundPlate, plates_in
from models.reading import Reader
from pipeline.examiners import ExaminerError, OpeningPicture, Subject

NAME = "plates"

MARGIN_RATIO = 0.05
"""How much is read around a vehicle's box, which may cut a bumper off, as a share of its sides. The next car's plate is
further away."""

ASKED = "RapidOCR PP-OCRv6"
"""What the history tells of who read."""

Keep = Callable[[str, Sequence[Reading]], None]
"""Keeps what was read on a case, by its id."""


class PlateExaminer:
    """The examiner of parking cases that reads plates; see `pipeline.examiners.Examiner`."""

    name = NAME
    judges = False

    def __init__(self, reader: Reader, keep: Keep) -> None:
        self._reader, self._keep = reader, keep

    def examines(self, kind: str) -> bool:
        """Return whether it can judge offences of a kind."""
        return kind == "parking"

    def examine(self, subject: Subject) -> Examination:
        """Read the plate and keep it.

        Raises:
            ExaminerError: nothing can be read here.
        """
        best: FoundPlate | None = None
        for picture in reversed(subject.pictures):
            best = max(filter(None, (best, self._plate(picture))), key=_worth, default=None)
            if best is not None and best.is_sure:
                break
        if best is None:
            return Examination(NAME, Verdict.UNSURE, "no_plate", asked=ASKED)
        value = best.value if best.is_whole else ""  # half a plate is shown, and not looked for
        self._keep(subject.case.case_id, (Reading(ReadingKind.PLATE, best.value, value, best.score),))
        if not best.is_sure:
            return Examination(NAME, Verdict.UNSURE, "plate_unsure", best.score, asked=ASKED)
        return Examination(NAME, Verdict.CONFIRMS, "plate_read", best.score, asked=ASKED)

    def _plate(self, picture: OpeningPicture) -> FoundPlate | None:
        """Return the plate that is surest on the vehicle itself, or None."""
        x1, y1, x2, y2 = picture.box
        dx, dy = MARGIN_RATIO * (x2 - x1), MARGIN_RATIO * (y2 - y1)
        crop = picture.bgr[max(0, int(y1 - dy)) : int(y2 + dy) + 1, max(0, int(x1 - dx)) : int(x2 + dx) + 1]
        try:
            return max(plates_in(self._reader.read(crop)), key=_worth, default=None)
        except ModelError as err:
            raise ExaminerError("cannot_read", str(err)) from err


def _worth(plate: FoundPlate) -> tuple[bool, float]:
    return plate.is_whole, plate.score
