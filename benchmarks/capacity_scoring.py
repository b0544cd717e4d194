"""Judges what a side found against what was scripted: every violation that it could see, and when each began.

A violation counts where it began long enough after the side was ready and where its limit passed long enough before
the end, on the camera's own clock, so that all sides are asked for what they had the time to see.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.capacity_sides import Box, Found
from datasets.truth import Offence

LEAD_S = 15.0
"""Violations that begin sooner after the side was ready do not count: pictures of the empty street come first."""

SLACK_S = 15.0
"""Seconds after its limit within which a violation must be reported."""

SAME_S = 12.0
"""A report whose beginning lies farther from a violation's is about something else."""


NEAR_RATIO = 0.25
"""A box that misses the spot by less than this share of its size is still about it."""


@dataclass(frozen=True, slots=True)
class Deed:
    """An offence of a street and where in the picture it is: `spot` is (x, y) as fractions."""

    offence: Offence
    spot: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Watched:
    """What a camera showed while it was watched: the street's deeds and period, and from which moment to which."""

    camera: int
    deeds: Sequence[Deed]
    period_s: float
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class Violation:
    """A scripted violation that the side had the time to see; moments of the street in seconds."""

    camera: int
    kind: str
    started_s: float
    due_s: float
    ended_s: float
    spot: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a scripted violation.

    Attributes:
        violation: what was scripted.
        error_s: reported minus true beginning; None where it was not found.
        delay_s: from the passing of the limit to the report; None where it was not found.
    """

    violation: Violation
    error_s: float | None
    delay_s: float | None


def expected(watched: Watched, limits_s: dict[str, float]) -> list[Violation]:
    """Return the violations of a camera that its side had the time to see."""
    found = []
    for deed in watched.deeds:
        offence = deed.offence
        lap = int((watched.from_s - offence.started_s) // watched.period_s)
        for begin_s in (offence.started_s + (lap + step) * watched.period_s for step in range(4)):
            due_s = begin_s + limits_s[offence.kind]
            if begin_s >= watched.from_s + LEAD_S and due_s + SLACK_S <= watched.to_s:
                ended_s = begin_s + offence.ended_s - offence.started_s
                found.append(Violation(watched.camera, offence.kind, begin_s, due_s, ended_s, deed.spot))
    return found


def judge(violations: Sequence[Violation], found: Sequence[Found]) -> tuple[list[Verdict], list[Found]]:
    """Return a verdict for each violation, and the reports that belong to none of them.

    A report belongs to a violation of its camera and kind that began at about the same time at the same spot; of
    several the first counts.
    """
    left = sorted(found, key=lambda report: report.raised_s)
    verdicts = []
    for violation in violations:
        mine = next((report for report in left if _is_about(report, violation)), None)
        if mine is None:
            verdicts.append(Verdict(violation, None, None))
            continue
        left.remove(mine)
        error_s, delay_s = mine.started_s - violation.started_s, mine.raised_s - violation.due_s
        verdicts.append(Verdict(violation, error_s, delay_s))
    return verdicts, left


def false_reports(left: Sequence[Found], watched: Sequence[Watched]) -> list[Found]:
    """Return the reports that are about no deed of their camera at all, also none that did not count."""
    by_camera = {each.camera: each for each in watched}
    return [report for report in left if not _is_known(report, by_camera[report.camera])]


def _is_about(report: Found, violation: Violation) -> bool:
    return (
        (report.camera, report.kind) == (violation.camera, violation.kind)
        and abs(report.started_s - violation.started_s) <= SAME_S
        and report.raised_s <= violation.ended_s + SLACK_S
        and _holds(report.box, violation.spot)
    )


def _is_known(report: Found, watched: Watched) -> bool:
    """Whether the street has a deed of this kind at the report's time and spot, however late in it it begins."""
    for deed in watched.deeds:
        lasts_s = deed.offence.ended_s - deed.offence.started_s
        since_s = (report.started_s - deed.offence.started_s + SAME_S) % watched.period_s
        if report.kind == deed.offence.kind and since_s <= lasts_s + SAME_S and _holds(report.box, deed.spot):
            return True
    return False


def _holds(box: Box, spot: tuple[float, float]) -> bool:
    """Whether a spot lies in a box or near its border."""
    x1, y1, x2, y2 = box
    edge_x, edge_y = NEAR_RATIO * (x2 - x1), NEAR_RATIO * (y2 - y1)
    return x1 - edge_x <= spot[0] <= x2 + edge_x and y1 - edge_y <= spot[1] <= y2 + edge_y
