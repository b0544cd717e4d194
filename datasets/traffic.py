"""Fills a street with lawful life that repeats with the period: vehicles that flow or queue at a crossing, walkers.

Vehicles of a lane without a light keep one speed, so that they never meet. Before a light they follow the intelligent
driver model. Stories over the end of the period simply go on into its next beginning.

Source of the model: Treiber, Hennecke, Helbing, Congested traffic states in empirical observations and microscopic
simulations, Phys. Rev. E 62, 2000.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from datasets.scenario import Actor, Journey, Leg, Path
from datasets.street import Lane, Street

VEHICLE_MIX: tuple[tuple[str, float], ...] = (
    ("sedan", 0.30), ("suv", 0.17), ("hatchback", 0.11), ("van", 0.09), ("taxi", 0.08), ("bus", 0.07),
    ("truck", 0.08), ("scooter", 0.10),
)  # fmt: skip
"""Share of each kind among what drives in a lane."""

LENGTH_M = {"bus": 11.0, "truck": 7.5, "scooter": 2.0}
CAR_LENGTH_M = 4.7


@dataclass(frozen=True, slots=True)
class Flow:
    """How busy something is.

    Attributes:
        gap_s: mean time between two arrivals.
        quiet: (from, to) seconds in which nobody may arrive in the picture's middle.
        period_s: the script's period.
        reach_m: x range that is travelled.
    """

    gap_s: float
    quiet: tuple[tuple[float, float], ...] = ()
    period_s: float = 300.0
    reach_m: tuple[float, float] = (-14.0, 95.0)


@dataclass(frozen=True, slots=True)
class Signal:
    """A light at a crossing: where vehicles stop, and when it is red within its cycle."""

    stop_x: float
    red_s: float = 22.0
    cycle_s: float = 60.0

    def is_red(self, t_s: float) -> bool:
        """Tell whether one has to stop."""
        return t_s % self.cycle_s < self.red_s


def flowing_lane(lane: Lane, flow: Flow, rng: np.random.Generator, first_id: int) -> list[Actor]:
    """Return vehicles that pass along a lane at its speed."""
    begin, end = flow.reach_m if lane.direction > 0 else flow.reach_m[::-1]
    actors: list[Actor] = []
    for entry_s in _entries(flow, rng, abs(end - begin) / lane.speed_m_s / 2):
        y = lane.y + float(rng.uniform(-0.25, 0.25))
        path = Journey(entry_s, begin, y).go(end, y, lane.speed_m_s).path()
        actors.append(Actor(first_id + len(actors), _pick(rng), int(rng.integers(1 << 20)), path))
    return actors


def queueing_lane(lane: Lane, flow: Flow, signal: Signal, rng: np.random.Generator, first_id: int) -> list[Actor]:
    """Return vehicles that stop and queue at a light on a lane towards +x."""
    entries = _entries(flow, rng, 0.0)
    kinds = [_pick(rng) for _ in entries]
    looks = [int(v) for v in rng.integers(1 << 20, size=len(entries))]
    period = flow.period_s
    schedule = sorted((entry + lap * period, i) for lap in (-1, 0, 1) for i, entry in enumerate(entries))
    paths = _drive(schedule, kinds, lane, (flow, signal))
    kept = [
        (i, paths[row]) for row, (entry, i) in enumerate(schedule) if 0 <= entry < period and paths[row] is not None
    ]
    return [Actor(first_id + n, kinds[i], looks[i], path) for n, (i, path) in enumerate(kept) if path is not None]


def cycle_lane(y: float, direction: int, flow: Flow, rng: np.random.Generator, first_id: int) -> list[Actor]:
    """Return bicycles, scooters and a few tricycles that ride along one line."""
    begin, end = flow.reach_m if direction > 0 else flow.reach_m[::-1]
    actors: list[Actor] = []
    for entry_s in _entries(flow, rng, 0.0):
        kind = str(rng.choice(["bicycle", "scooter", "tricycle"], p=[0.42, 0.45, 0.13]))
        path = Journey(entry_s, begin, y).go(end, y + float(rng.uniform(-0.1, 0.1)), 4.2).path()
        actors.append(Actor(first_id + len(actors), kind, int(rng.integers(1 << 20)), path))
    return actors


def walkers(street: Street, flow: Flow, rng: np.random.Generator, first_id: int, *, ys: Sequence[float]) -> list[Actor]:
    """Return people who walk along lines `ys`, alone or in twos; nobody walks into the house fronts."""
    actors: list[Actor] = []
    for entry_s in _entries(flow, rng, 0.0):
        forward = bool(rng.random() < 0.5)
        begin, end = flow.reach_m if forward else flow.reach_m[::-1]
        speed, y = float(rng.uniform(1.0, 1.6)), float(rng.choice(list(ys))) + float(rng.uniform(-0.15, 0.15))
        kind = "umbrella_holder" if rng.random() < 0.06 else "person"
        for i in range(2 if rng.random() < 0.25 else 1):
            path = Journey(entry_s + 0.3 * i, begin, y + 0.62 * i).go(end, y + 0.62 * i, speed).path()
            actors.append(Actor(first_id + len(actors), kind if i == 0 else "person", int(rng.integers(1 << 20)), path))
    lowest = min(street.road_m, min(ys) - 0.5)
    return [actor for actor in actors if lowest < actor.path.legs[0].start[1] < street.front_y - 0.3]


def _entries(flow: Flow, rng: np.random.Generator, halfway_s: float) -> list[float]:
    """Arrival times over one period, with a least distance and without quiet times."""
    times: list[float] = []
    t = float(rng.uniform(0, flow.gap_s))
    while t < flow.period_s - LEAST_GAP_S:
        middle = (t + halfway_s) % flow.period_s
        if not any(start <= middle <= stop for start, stop in flow.quiet):
            times.append(t)
        t += LEAST_GAP_S + float(rng.exponential(max(flow.gap_s - LEAST_GAP_S, 0.5)))
    return times


LEAST_GAP_S = 2.6
"""Nobody follows closer: a bus's length at city speed and a little air."""


def _pick(rng: np.random.Generator) -> str:
    kinds, shares = zip(*VEHICLE_MIX, strict=True)
    return str(rng.choice(list(kinds), p=list(shares)))


def _drive(
    schedule: list[tuple[float, int]], kinds: list[str], lane: Lane, setting: tuple[Flow, Signal]
) -> list[Path | None]:
    """Simulate vehicle after vehicle; each follows the finished track of the one before it."""
    flow, signal = setting
    paths: list[Path | None] = []
    ahead: tuple[float, np.ndarray, float] | None = None
    for entry_s, i in schedule:
        length = LENGTH_M.get(kinds[i], CAR_LENGTH_M)
        track = _follow(entry_s, ahead, (lane.speed_m_s, length), (flow.reach_m, signal))
        ahead = entry_s, track, length
        paths.append(_as_path(entry_s, track, lane.y))
    return paths


STEP_S = 0.2


def _follow(
    entry_s: float,
    ahead: tuple[float, np.ndarray, float] | None,
    own: tuple[float, float],
    world: tuple[tuple[float, float], Signal],
) -> np.ndarray:
    """Return (K, 2) places and speeds every `STEP_S`."""
    (free_speed, length), ((x, end), signal) = own, world
    rows: list[tuple[float, float]] = []
    speed, t = free_speed, entry_s
    while x < end and len(rows) < 2000:
        rows.append((x, speed))
        room, closing = math.inf, 0.0
        if ahead is not None:
            row = round((t - ahead[0]) / STEP_S)
            if row < len(ahead[1]):
                leader_x, leader_speed = ahead[1][row]
                room, closing = leader_x - x - (length + ahead[2]) / 2, speed - leader_speed
        to_line = signal.stop_x - length / 2 - x
        if signal.is_red(t) and to_line > -0.5 and to_line > speed**2 / 7 - 0.5 and to_line < room:
            room, closing = to_line + 1.2, speed
        wanted = 1.8 + max(0.0, speed * 1.1 + speed * closing / (2 * math.sqrt(1.6 * 2.2)))
        push = 1.6 * (1 - (speed / free_speed) ** 4 - (wanted / max(room, 0.3)) ** 2)
        speed = max(0.0, speed + max(-6.0, push) * STEP_S)
        if speed < 0.5 and room < 2.8 and closing > -0.4:
            speed, rows[-1] = (
                0.0,
                (x, 0.0),
            )  # a driver this near stops for good; the model alone would creep on for ever
        x += speed * STEP_S
        t += STEP_S
    return np.array(rows)


def _as_path(entry_s: float, track: np.ndarray, y: float) -> Path | None:
    if len(track) < 2:
        return None
    legs = []
    row = 0
    while row < len(track) - 1:
        after = row + 1
        if track[row][1] == 0.0:
            while after < len(track) - 1 and track[after + 1][1] == 0.0 and track[after + 1][0] == track[row][0]:
                after += 1
        else:
            while after < min(row + 3, len(track) - 1) and track[after][1] > 0.0:
                after += 1
        (x0, v0), (x1, v1) = track[row], track[after]
        legs.append(
            Leg(
                entry_s + row * STEP_S,
                entry_s + after * STEP_S,
                (float(x0), y),
                (float(x1), y),
                (float(v0), 0.0),
                (float(v1), 0.0),
                0.0,
            )
        )
        row = after
    return Path(tuple(legs))
