"""Reads what appeared on a surface and says what it is; doubts what is lawful, and what bears no print.

The region is read from the panorama at full size. Its text and numbers go into the readings of the case, by which
cases of the same poster find each other; the history tells only what it is and how much was read.

Belongs here: which part is read, and what follows. Does not: reading (models), judging (detectors.print_kinds), the
allow list (cases.lawful_notices).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cases.examining import Examination, Fact, Verdict
from cases.lawful_notices import LawfulNotices, plain_text
from cases.readings import Reading, ReadingKind, text_reading
from detectors.events import Event
from detectors.print_kinds import PrintJudgement, PrintKind, judge_print
from models.errors import ModelError
from models.phone_numbers import FoundNumber, NumberKind, numbers_in
from models.reading import Reader, TextLine
from pipeline.examiners import Box, ExaminerError, OpeningPicture, Subject
from pipeline.plate_examiner import ASKED, Keep
from vision.arrays import Picture
from vision.print_look import print_look
from vision.surface_scale import SurfaceScale

NAME = "posters"

MIN_LINE_SCORE = 0.6
"""Lines read with less are grain and bricks: of drawn notices' grey bars none was read with more than 0.5, and of their
words none with less than 0.9."""

READ_MARGIN_RATIO, LOOK_MARGIN_RATIO = 1.0, 0.4
"""How much around the region is read and measured. Where paper is as light as the wall only its letters differ, and the
region is one of them: the rest of the print is beside it."""

JOIN_RATIO = 1.2
"""Lines are of one print where less than so many times their height lies between them."""

LEAST_MARGIN_PX, LEAST_READ_MARGIN_PX = 6, 64
"""The same in pixels: a letter of 14 px stands in a number of 70."""

ScaleOf = Callable[[Event, tuple[int, int]], SurfaceScale | None]
"""Gives the scale of an event's surface in pictures of a width and height; None where its size is not known."""


@dataclass(frozen=True, slots=True)
class PosterParts:
    """What the examiner works with.

    Attributes:
        reader: reads.
        keep: keeps what was read.
        notices: what may hang.
        scale_of: how large things on the surface are.
    """

    reader: Reader
    keep: Keep
    notices: LawfulNotices
    scale_of: ScaleOf


class PosterExaminer:
    """The examiner of flyers; see `pipeline.examiners.Examiner`."""

    name = NAME
    judges = True

    def __init__(self, parts: PosterParts) -> None:
        self._parts = parts

    def examines(self, kind: str) -> bool:
        """Return whether it can judge offences of a kind."""
        return kind == "flyers"

    def examine(self, subject: Subject) -> Examination:
        """Read the region, keep what stands on it, and say what it is.

        Raises:
            ExaminerError: nothing can be read here.
        """
        said, readings = self.look(subject.pictures[-1], subject.event)
        if readings:
            self._parts.keep(subject.case.case_id, readings)
        return said

    def look(self, picture: OpeningPicture, event: Event) -> tuple[Examination, tuple[Reading, ...]]:
        """Return what the region of an event is, and what was read on it.

        Raises:
            ExaminerError: nothing can be read here.
        """
        lines, box = self._print(picture)
        numbers = numbers_in(lines)
        readings = tuple(_readings(lines, numbers))
        letters = sum(len(plain_text(line.text)) for line in lines)
        height, width = picture.bgr.shape[:2]
        scale = self._parts.scale_of(event, (width, height))
        size_m = scale.box_m(box) if scale is not None else None
        judged = judge_print(print_look(*region_of(picture.bgr, box, LOOK_MARGIN_RATIO)), letters, size_m)
        facts = tuple(_facts(judged, letters, size_m))
        mobiles = [number.value for number in numbers if number.kind is NumberKind.MOBILE]
        notice = self._parts.notices.match([line.text for line in lines], mobiles, (event.camera_id, event.zone_id))
        if notice is not None:
            facts = (*facts, Fact("notice", notice.shown))
            return Examination(NAME, Verdict.DOUBTS, "lawful_notice", asked=ASKED, facts=facts), readings
        verdict, reason = _said(judged)
        score = min((line.score for line in lines), default=None) if judged.kind.bears_print else None
        return Examination(NAME, verdict, reason, score, asked=ASKED, facts=facts), readings

    def _print(self, picture: OpeningPicture) -> tuple[tuple[TextLine, ...], Box]:
        """Return the lines of the print that the region is of, and where all of it is in the picture."""
        crop, box = region_of(picture.bgr, picture.box, READ_MARGIN_RATIO, LEAST_READ_MARGIN_PX)
        try:
            lines, whole = lines_of_print(self._parts.reader.read(crop), box)
        except ModelError as err:
            raise ExaminerError("cannot_read", str(err)) from err
        left, top = picture.box[0] - box[0], picture.box[1] - box[1]
        return lines, (whole[0] + left, whole[1] + top, whole[2] + left, whole[3] + top)


def lines_of_print(lines: Sequence[TextLine], box: Box) -> tuple[tuple[TextLine, ...], Box]:
    """Return the lines that belong to a region, as they touch it or one another, and the box around all of it."""
    whole, known = box, [False] * len(lines)
    found = True
    while found:
        found = False
        for number, line in enumerate(lines):
            bounds = _bounds(line)
            if (
                not known[number]
                and line.score >= MIN_LINE_SCORE
                and _is_near(bounds, whole, JOIN_RATIO * line.height_px)
            ):
                known[number] = found = True
                whole = (
                    min(whole[0], bounds[0]),
                    min(whole[1], bounds[1]),
                    max(whole[2], bounds[2]),
                    max(whole[3], bounds[3]),
                )
    return tuple(line for line, is_known in zip(lines, known, strict=True) if is_known), whole


def _bounds(line: TextLine) -> Box:
    xs, ys = zip(*line.corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _is_near(box: Box, other: Box, distance: float) -> bool:
    return (
        box[0] - distance <= other[2]
        and other[0] <= box[2] + distance
        and box[1] - distance <= other[3]
        and other[1] <= box[3] + distance
    )


def region_of(bgr: Picture, box: Box, margin_ratio: float, least_px: float = LEAST_MARGIN_PX) -> tuple[Picture, Box]:
    """Return a region of a picture with a margin, and its box in that part's pixels.

    Args:
        bgr: (H, W, 3) uint8.
        box: (x1, y1, x2, y2) of the region.
        margin_ratio: the margin as a share of the box's longer side.
        least_px: the margin in pixels at least.
    """
    x1, y1, x2, y2 = box
    margin = max(least_px, margin_ratio * max(x2 - x1, y2 - y1))
    left, top = max(0, int(x1 - margin)), max(0, int(y1 - margin))
    part = bgr[top : int(y2 + margin) + 1, left : int(x2 + margin) + 1]
    return part, (x1 - left, y1 - top, x2 - left, y2 - top)


def _readings(lines: Sequence[TextLine], numbers: Sequence[FoundNumber]) -> Iterator[Reading]:
    """Yield numbers, surest first, then the lines from the top."""
    for number in numbers:
        yield Reading(ReadingKind(number.kind.value), number.value, number.value, number.score)
    for line in lines:
        yield text_reading(line.text, min(line.scores))


def _facts(judged: PrintJudgement, letters: int, size_m: tuple[float, float] | None) -> Iterator[Fact]:
    yield Fact("print", judged.kind.value)
    if letters:
        yield Fact("letters", str(letters))
    if size_m is not None:
        yield Fact("size_m", f"{size_m[0]:.2f} x {size_m[1]:.2f}")


def _said(judged: PrintJudgement) -> tuple[Verdict, str]:
    if not judged.kind.bears_print:
        reasons = {PrintKind.SHADOW: "looks_like_shadow", PrintKind.DIRT: "looks_like_dirt"}
        return Verdict.DOUBTS, reasons.get(judged.kind, "no_print")
    return (Verdict.CONFIRMS, "print_read") if judged.is_sure else (Verdict.UNSURE, "print_unread")
