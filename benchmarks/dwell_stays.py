"""Makes up stays of vehicles, with all that goes wrong while a camera watches one, and has the service watch them.

A stay is known exactly; what is looked at are boxes at moments on the camera's time line (`streams.timeline`), which
sees wrong stamps and late packets. Of the pixels there is only what the service makes of them: how much the picture of
a place is still that of before (`Proofs`). The rule is judged, not the model.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from detectors.catalog import ZoneSettings
from detectors.events import Event, Phase
from pipeline.watch import GAP_AFTER_S, CameraWatch
from streams.timeline import Clocks, TimeLine
from vision.boxes import iou_matrix
from vision.classes import StreetClass
from vision.detections import Detections
from vision.observations import Observation, Proofs
from vision.scenes import Place

SIZE_WH = (1280, 720)
BEGAN = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
FOOT = (640.0, 420.0)
"""Where the vehicle stands, in pixels."""

BEFORE_S, AFTER_S = 12.0, 45.0
"""How long the street is watched before and after a stay; the end of one that is hidden is known late."""

SPEED_PX_S = 160.0
BUS_WH = (460.0, 260.0)
LIMIT_S = 12.0

SAME_PIXELS, OTHER_PIXELS = 0.95, 0.1
"""How alike the picture of a place is while the same thing stands there, and when another or none does."""

SAME_IOU = 0.4
"""An event of the vehicle overlaps it by this much; that of a bus that stands before it twice does not."""

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stay:
    """A vehicle that comes, stands and goes, and what goes wrong meanwhile; times in seconds from when it stands.

    Attributes:
        stands_s: how long it stands.
        hz: pictures a second that the camera sends.
        rate_ratio: the frame rate that it declares, by the true one.
        dropped: share of its pictures that are lost.
        width_px: of the box.
        jitter: of the box's sides, in shares of it.
        missed: share of the pictures in which the model does not find it.
        hidden: when a bus stands before it.
        passers: when others drive by behind it, half hidden.
        away: when the camera was away; None if it was there throughout.
        restart_s: when the program was restarted; None if it was not.
        renamed_s: from when on it is called a truck, as another track; None if it is not.
        seed: of what is left to chance.
    """

    stands_s: float
    hz: float = 4.0
    rate_ratio: float = 1.0
    dropped: float = 0.0
    width_px: float = 120.0
    jitter: float = 0.02
    missed: float = 0.0
    hidden: tuple[Span, ...] = ()
    passers: tuple[float, ...] = ()
    away: Span | None = None
    restart_s: float | None = None
    renamed_s: float | None = None
    seed: int = 0

    @property
    def watched_s(self) -> float:
        """How long it stood while the camera was there; it is away for longer than counts as watched."""
        return self.stands_s - (0.0 if self.away is None else self.away[1] - self.away[0])


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of a stay.

    Attributes:
        events: offences that were raised.
        dwell_error_s: how long it was said to have stood watched, less how long it did; None where nothing ended.
        began_error_s: the same of the wall time of its beginning; None where nothing was raised.
    """

    events: int
    dwell_error_s: float | None
    began_error_s: float | None


HARD = Stay(
    stands_s=300.0,
    hz=8.0,
    rate_ratio=1.2,
    dropped=0.5,
    hidden=((60.0, 68.0), (150.0, 158.0)),
    away=(200.0, 230.0),
    restart_s=110.0,
    renamed_s=90.0,
)
"""Five minutes with half the frames lost, a declared rate 20 % wrong, two buses of 8 s, another track, 30 s without the
camera, and a restart."""


def random_stay(seed: int) -> Stay:
    """Return a stay of 20 to 300 s with mishaps by chance, the same for the same seed."""
    rng = np.random.default_rng(seed)
    stands_s = float(np.exp(rng.uniform(np.log(20), np.log(300))))
    has = rng.random(5) < (0.5, 0.5, 0.3, 0.3, 0.3)
    hidden = [_span(rng, stands_s, 8.0) for _ in range(int(rng.integers(1, 3)))] if has[0] else []
    return Stay(
        stands_s=stands_s,
        hz=float(rng.uniform(1.5, 8.0)),
        rate_ratio=float(rng.uniform(0.8, 1.2)) if has[1] else 1.0,
        dropped=float(rng.uniform(0, 0.5)),
        width_px=float(np.exp(rng.uniform(np.log(30), np.log(220)))),
        jitter=float(rng.uniform(0.005, 0.04)),
        missed=float(rng.uniform(0, 0.3)),
        hidden=tuple(sorted(hidden)),
        passers=tuple(rng.uniform(0, stands_s, int(rng.integers(0, 4))).tolist()),
        away=_span(rng, stands_s, 30.0, least_s=GAP_AFTER_S + 3) if has[2] and stands_s > 60 else None,
        restart_s=float(rng.uniform(0, stands_s)) if has[3] else None,
        renamed_s=float(rng.uniform(0, stands_s)) if has[4] else None,
        seed=seed,
    )


def _span(rng: np.random.Generator, stands_s: float, longest_s: float, least_s: float = 2.0) -> Span:
    """Return a span that lies wholly within a stay and neither begins nor ends with it."""
    length_s = float(rng.uniform(least_s, max(least_s, min(longest_s, stands_s / 2))))
    begin_s = float(rng.uniform(4.0, max(4.1, stands_s - length_s - 4.0)))
    return begin_s, begin_s + length_s


def told_of(stay: Stay) -> Told:
    """Let the parking rule watch a stay, and return what it told."""
    own = np.array([_standing(*FOOT, (stay.width_px, 0.6 * stay.width_px))], np.float32)
    events = [e for e in _events(stay) if iou_matrix(np.array([e.box], np.float32), own)[0, 0] >= SAME_IOU]
    raised = [event for event in events if event.phase is Phase.RAISED]
    ended = [event for event in events if event.phase is Phase.ENDED and event.event_id in {e.event_id for e in raised}]
    dwell = [reason.value for event in ended for reason in event.reasons if reason.key == "dwell"]
    began_s = (raised[0].started_at - BEGAN).total_seconds() if raised else None
    return Told(len(raised), dwell[0] - stay.watched_s if dwell else None, began_s)


class _Hands:
    """Clocks that stand at the moment that is simulated."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def monotonic(self) -> float:
        return self.now_s

    def wall(self) -> float:
        return BEGAN.timestamp() + self.now_s


def _events(stay: Stay) -> Iterator[Event]:
    hands = _Hands()
    clocks = Clocks(monotonic=hands.monotonic, wall=hands.wall)
    line, watch = TimeLine(clocks=clocks), _new_watch()
    restarts = [stay.restart_s] if stay.restart_s is not None else []
    returns = [stay.away[1]] if stay.away is not None else []
    last_t_s: float | None = None
    places: tuple[Place, ...] = ()
    for now_s, media_s, found in _pictures(stay):
        if restarts and now_s >= restarts[0]:
            restarts.pop()
            kept = watch.checkpoint()
            line, watch = TimeLine(after_t_s=last_t_s, clocks=clocks), _new_watch()
            watch.restore(kept)
        if returns and now_s >= returns[0]:
            returns.pop()
            line.connected()
        hands.now_s = now_s
        stamp = line.stamp(media_s, media_s, 1 / stay.hz)
        gap_s = 0.0 if last_t_s is None or stamp.t_s - last_t_s <= GAP_AFTER_S else stamp.t_s - last_t_s
        last_t_s = stamp.t_s
        at = BEGAN + timedelta(seconds=stamp.unix_s - BEGAN.timestamp())
        proofs = _proofs(stay, now_s, places)
        looked = watch.replay(Observation("gate", stamp.t_s, at, SIZE_WH, gap_s=gap_s, detections=found, proofs=proofs))
        places = looked.scene.places
        yield from looked.events


def _new_watch() -> CameraWatch:
    corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    rule = {"kind": "parking", "limit_s": LIMIT_S}
    return CameraWatch("gate", [ZoneSettings.model_validate({"id": "kerb", "polygon": corners, "rule": rule})])


def _pictures(stay: Stay) -> Iterator[tuple[float, float, Detections]]:
    """Yield when each picture arrives, what its stamp says, and what a model finds in it."""
    rng = np.random.default_rng((stay.seed, 1))
    count = int((BEFORE_S + stay.stands_s + AFTER_S) * stay.hz)
    for number in range(count):
        now_s = number / stay.hz - BEFORE_S
        is_lost = rng.random() < stay.dropped or (stay.away is not None and stay.away[0] <= now_s < stay.away[1])
        found = _found(stay, now_s, rng)
        if not is_lost:
            yield now_s + float(rng.uniform(0, 0.1)), number / (stay.hz * stay.rate_ratio), found


def _found(stay: Stay, now_s: float, rng: np.random.Generator) -> Detections:
    rows = []
    is_hidden = any(begin <= now_s < end for begin, end in stay.hidden)
    x = FOOT[0] + SPEED_PX_S * (min(now_s, 0.0) + max(now_s - stay.stands_s, 0.0))
    kind = StreetClass.CAR
    if stay.renamed_s is not None and now_s >= stay.renamed_s:
        kind = StreetClass.TRUCK
    is_between = stay.renamed_s is not None and 0 <= now_s - stay.renamed_s < 1.0  # the old track is lost
    noise = rng.normal(0, stay.jitter, 4)
    if not is_hidden and not is_between and rng.random() >= stay.missed and -200 < x < SIZE_WH[0] + 200:
        width = stay.width_px
        box = np.array(_standing(x, FOOT[1], (width, 0.6 * width))) + noise * np.array([width, 0.6 * width] * 2)
        rows.append((tuple(box.tolist()), 0.8, kind.value))
    if is_hidden:
        rows.append((BUS_BOX, 0.9, StreetClass.BUS.value))
    for begin_s in stay.passers:
        where = FOOT[0] - 700 + 250 * (now_s - begin_s)
        if 0 < where < SIZE_WH[0] and not is_hidden:
            size = (stay.width_px, 0.6 * stay.width_px)
            rows.append((_standing(where, FOOT[1] - 0.4 * size[1], size), 0.7, StreetClass.CAR.value))
    return Detections.of(rows)


def _proofs(stay: Stay, now_s: float, places: tuple[Place, ...]) -> Proofs:
    """Return what comparing pixels tells of each place: whether the thing that stood there still shows."""
    is_hidden = any(begin <= now_s < end for begin, end in stay.hidden)
    shown = _standing(*FOOT, (stay.width_px, 0.6 * stay.width_px)) if 0 <= now_s < stay.stands_s else None
    if is_hidden:
        shown = BUS_BOX
    alike = [
        SAME_PIXELS if shown is not None and _overlap(place.box, shown) >= SAME_IOU else OTHER_PIXELS
        for place in places
    ]
    ids = np.array([place.place_id for place in places], np.int64)
    return Proofs(ids, np.array(alike, np.float32))


def _overlap(box: tuple[float, ...], other: tuple[float, ...]) -> float:
    return float(iou_matrix(np.array([box], np.float32), np.array([other], np.float32))[0, 0])


def _standing(x: float, y: float, size_wh: tuple[float, float]) -> tuple[float, float, float, float]:
    return x - size_wh[0] / 2, y - size_wh[1], x + size_wh[0] / 2, y


BUS_BOX = _standing(FOOT[0] + 30, FOOT[1] + 40, BUS_WH)


def plain(stay: Stay) -> Stay:
    """Return the same stay without any mishap."""
    return replace(Stay(stay.stands_s), hz=stay.hz, width_px=stay.width_px, seed=stay.seed)
