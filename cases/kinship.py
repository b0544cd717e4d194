"""Says what a new case is to earlier ones: the same offence seen anew, a recurrence, or something new.

A city wants one case for one offence: a stall that two cameras see, a car whose track was lost, a vendor who steps
aside and returns are one. Where each thing is a case of its own, two things that one camera sees at the same time, or
that do not look alike, are two however near they stand. It is a proposal with its reason; people decide.

Belongs here: the judgement, without database and clock. Does not: finding the earlier cases (nearby).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from cases.coordinates import Position, distance_m
from cases.place_settings import KinLimits, KinSettings
from cases.spots import Kinship
from vision.boxes import iou_matrix

SAME_PLACE_IOU = 0.3
"""Boxes of one view that overlap by this much stand at one place: half of a box shifted along has a third."""

NO_OFFENCE = frozenset({"dismissed", "not_accepted", "merged"})
"""States of cases that are nobody's kin: nothing was there, or another case stands for them."""

DONE = frozenset({"resolved", "closed", "force_closed"})
"""States of cases that are over: what comes after them is a recurrence."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What of a case tells whether it is kin of another; fields as in `cases.records.Case`."""

    case_id: str
    number: str
    code: str
    kind: str
    state: str
    camera_id: str
    zone_id: str
    position: Position | None
    box: tuple[float, float, float, float]
    class_label: str
    started_at: datetime
    raised_at: datetime
    ended_at: datetime | None

    @property
    def over_at(self) -> datetime | None:
        """When it was over, None while it stands; of a case that was closed without a look, when it was raised."""
        return self.ended_at or (self.raised_at if self.state in DONE else None)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a new case is.

    Attributes:
        kinship: what it is to `kin`.
        why: one of `REASONS`; the page words it.
        kin: the earlier case; None where it is new.
        distance_m: between the two; None where one has no position.
        is_sure: whether the error of the two positions leaves no doubt that they are near enough.
    """

    kinship: Kinship
    why: str
    kin: Sighting | None = None
    distance_m: float | None = None
    is_sure: bool = False


_RANKS = ("still_there", "two_cameras", "came_back", "another", "returned", "done", "long_ago")
"""Reasons for kinship, the closest first."""

CAME_BACK = frozenset({"came_back", "returned"})
"""Reasons that say: it left, and is back within hours; before or after the earlier case was done."""

REASONS = (*_RANKS, "seen_at_once", "looks_different", "nothing_near")
"""Why a case is kin of another, and why not."""


def judge(new: Sighting, earlier: Iterable[Sighting], settings: KinSettings) -> Verdict:
    """Return what a new case is to earlier ones.

    Of several that are kin the closest counts: the one that is still there, then the nearest, then the newest.

    Args:
        new: the case that is being opened.
        earlier: cases of any kind that were raised before it; those that cannot be kin are left out here.
        settings: distances and times, for all codes and for single ones.
    """
    limits = settings.limits(new.code, new.kind)
    found = [_compared(new, each, limits, settings.recurrence_days) for each in earlier if _may_be_kin(new, each)]
    kin = [verdict for verdict in found if verdict is not None and verdict.kin is not None]
    if kin:
        return min(kin, key=_closeness)
    unrelated = [verdict for verdict in found if verdict is not None]
    return unrelated[0] if unrelated else Verdict(Kinship.NEW, "nothing_near")


def is_same_place(a: Sighting, b: Sighting, most_m: float) -> bool:
    """Return whether two cases lie within a distance, or where one has no position, in one zone of a camera.

    Boxes of one view that overlap stand at one place, whatever the positions say.
    """
    away_m = _away_m(a, b)
    same_zone = (a.camera_id, a.zone_id) == (b.camera_id, b.zone_id)
    return _overlaps(a, b) or (same_zone if away_m is None else away_m <= most_m)


def _may_be_kin(new: Sighting, other: Sighting) -> bool:
    is_other = other.case_id != new.case_id and other.code == new.code
    return is_other and other.state not in NO_OFFENCE and other.raised_at <= new.raised_at


def _compared(new: Sighting, old: Sighting, limits: KinLimits, recurrence_days: int) -> Verdict | None:
    """Return what one earlier case makes of a new one; None where it lies elsewhere or too long ago."""
    same_view, overlaps = old.camera_id == new.camera_id, _overlaps(old, new)
    if not is_same_place(new, old, limits.distance_m):
        return None
    away_m = _away_m(old, new)
    is_sure = overlaps or (away_m is not None and away_m + _error_m(old, new) <= limits.distance_m)
    still_stood = old.over_at is None or old.over_at >= new.started_at
    gap = timedelta() if old.over_at is None else new.started_at - old.over_at
    if gap > timedelta(days=recurrence_days):
        return None
    if limits.each and not overlaps:
        if same_view and still_stood:
            return Verdict(Kinship.NEW, "seen_at_once")
        if old.class_label != new.class_label:
            return Verdict(Kinship.NEW, "looks_different")
    kinship, why = _kind(new, old, gap, limits)
    return Verdict(kinship, why, old, away_m, is_sure)


def _kind(new: Sighting, old: Sighting, gap: timedelta, limits: KinLimits) -> tuple[Kinship, str]:
    if gap > timedelta(hours=limits.hours):
        return Kinship.RECURRENCE, "long_ago"
    if old.state in DONE:
        is_back = limits.each and limits.returns and old.ended_at is not None
        return Kinship.RECURRENCE, "returned" if is_back else "done"
    if gap > timedelta():
        return (Kinship.SAME, "came_back") if limits.returns else (Kinship.RECURRENCE, "another")
    return Kinship.SAME, "still_there" if old.camera_id == new.camera_id else "two_cameras"


def _closeness(verdict: Verdict) -> tuple[int, bool, float, float]:
    raised_s = verdict.kin.raised_at.timestamp() if verdict.kin else 0.0
    away_m = verdict.distance_m or 0.0
    return _RANKS.index(verdict.why), not verdict.is_sure, away_m, -raised_s


def _overlaps(a: Sighting, b: Sighting) -> bool:
    if a.camera_id != b.camera_id:
        return False
    return float(iou_matrix(np.array([a.box], np.float32), np.array([b.box], np.float32))[0, 0]) >= SAME_PLACE_IOU


def _away_m(a: Sighting, b: Sighting) -> float | None:
    return distance_m(a.position, b.position) if a.position and b.position else None


def _error_m(a: Sighting, b: Sighting) -> float:
    return math.hypot(*(each.position.error_m for each in (a, b) if each.position))
