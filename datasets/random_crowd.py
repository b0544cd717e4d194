"""Peoples a street of chance: each kind where it belongs, nothing inside one another, rare classes often enough.

Shares are chosen so that a model sees each rare class (bus, truck, motorcycle, tricycle, table, goods, umbrella) at
least once in four views; `tests/datasets/test_random_streets.py` counts them.
"""

import math

import numpy as np

from datasets.cast import CARS
from datasets.scenario import Actor, Journey, Path
from datasets.scenario_stalls import SETS
from datasets.street import Lane, Street

MOMENTS_S = 40.0
"""Pictures of a random street are taken between 0 and this time."""

DRIVEN = (*CARS, "bus", "midi_bus", "truck", "panel_van", "scooter", "motorbike", "delivery_bike")
DRIVEN_SHARES = (0.10, 0.06, 0.10, 0.08, 0.06, 0.12, 0.08, 0.13, 0.09, 0.06, 0.07, 0.05)
"""What drives in a lane; buses, trucks and motorcycles more often than on a street."""

PARKED = (*CARS, "truck", "panel_van", "midi_bus", "tricycle", "loaded_tricycle", "parcel_tricycle")
PARKED_SHARES = (0.13, 0.09, 0.10, 0.10, 0.05, 0.15, 0.12, 0.06, 0.06, 0.08, 0.06)

RIDERS = (
    "bicycle", "shared_bicycle", "scooter", "motorbike", "delivery_bike", "tricycle", "loaded_tricycle",
    "parcel_tricycle",
)  # fmt: skip
RIDER_SHARES = (0.28, 0.08, 0.14, 0.13, 0.12, 0.09, 0.11, 0.05)

WALKERS = ("person", "child", "umbrella_holder", "traveller", "porter")
WALKER_SHARES = (0.62, 0.10, 0.14, 0.07, 0.07)

STALLS = (
    "table",
    "cart",
    "food_cart",
    "cloth",
    "tricycle",
    "grill",
    "shoe_shine",
    "baskets",
    "crates",
    "clothes_rack",
    "tables",
)
STALL_SHARES = (0.24, 0.09, 0.11, 0.10, 0.09, 0.07, 0.05, 0.08, 0.06, 0.05, 0.06)
UMBRELLA_RATIO = {
    "table": 0.75,
    "cloth": 0.4,
    "tricycle": 0.5,
    "grill": 0.4,
    "baskets": 0.4,
    "crates": 0.5,
    "tables": 0.5,
}

LOOSE = ("umbrella", "table", "goods", "crates", "clothes_rack")
LOOSE_SHARES = (0.35, 0.18, 0.23, 0.14, 0.1)
"""What lies about and is no stall; nothing that is one by itself (baskets, table sets), as both would look alike."""

NAMELESS = (
    "pram", "wheelie_bin", "planter", "cabinet", "bench", "cone", "barrier", "banner", "hydrant", "suitcase", "stool",
)  # fmt: skip
"""Hard negatives: never labelled, and often where stalls are."""

HALF_LENGTH_M = {
    "bus": 5.8, "midi_bus": 4.4, "truck": 3.9, "panel_van": 3.0, "scooter": 1.0, "motorbike": 1.1, "delivery_bike": 1.0,
}  # fmt: skip
CAR_HALF_M = 2.4


class Crowd:
    """Puts actors onto a street, each where its kind belongs, without standing inside one another."""

    def __init__(self, street: Street, rng: np.random.Generator, *, mirrored: bool) -> None:
        self._street, self._rng = street, rng
        self._actors: list[Actor] = []
        self._reach = (-45.0, 6.0) if mirrored else (-6.0, 45.0)
        self._taken: list[tuple[float, float, float]] = []

    def actors(self) -> list[Actor]:
        """Return everybody and everything, in an order that stays the same for the same generator."""
        rng = self._rng
        busy = float(rng.uniform(0.4, 1.8))
        for lane in self._street.lanes:
            self._traffic(lane, busy / max(1.0, len(self._street.lanes) / 3))
        if self._street.strip_m:
            for _ in range(rng.poisson(2.5)):
                self._parked()
        for _ in range(rng.poisson(2.6)):
            self._stall()
        for add, mean in (
            (self._rider, 3.0 * busy + 1.0),
            (self._cycle_row, 0.5),
            (self._walker, 6 * busy + 1.5),
            (self._sitter, 0.8),
            (self._loose, 2.0),
            (self._nameless, 2.2),
        ):
            for _ in range(rng.poisson(mean)):
                add()
        return self._actors

    def _add(self, kind: str, path: Path, *, action: str = "stand", stall: int = 0, height_m: float = 0.0) -> None:
        look = int(self._rng.integers(1 << 20))
        self._actors.append(Actor(len(self._actors) + 1, kind, look, path, action, stall, height_m))

    def _put(self, kind: str, place: tuple[float, float], facing: float, *, action: str = "stand") -> None:
        """Add something that stands there all the time."""
        self._add(kind, _rests(place, facing), action=action)

    def _pick(self, kinds: tuple[str, ...], shares: tuple[float, ...]) -> str:
        return str(self._rng.choice(kinds, p=shares))

    def _free(self, x: float, y: float, radius: float) -> bool:
        if any(math.hypot(x - a, (y - b) * 1.6) < radius + r for a, b, r in self._taken):
            return False
        self._taken.append((x, y, radius))
        return True

    def _x(self) -> float:
        low, high = self._reach
        away = float(self._rng.uniform(0, 1)) ** 1.3
        return low + away * (high - low) if high > abs(low) else high - away * (high - low)

    def _pavement_y(self, margin: float) -> float:
        """A line on the far pavement; in narrow streets sometimes on the camera's side."""
        street = self._street
        if street.road_m < NARROW_M and self._rng.random() < 0.3:
            return float(self._rng.uniform(-1.6, -0.7))
        return street.road_m + float(self._rng.uniform(margin, max(margin + 0.1, street.far_pavement_m - margin)))

    def _traffic(self, lane: Lane, busy: float) -> None:
        """A lane full of vehicles, driving at one speed or standing in a queue."""
        rng = self._rng
        stands = bool(rng.random() < 0.3)
        speed = 0.0 if stands else lane.speed_m_s
        gap = float(rng.uniform(2, 9)) if stands else float(rng.uniform(8, 30)) / busy
        low, high = self._reach[0] - 10, self._reach[1] + 15
        travel = speed * MOMENTS_S
        x, end = (low - travel, high) if lane.direction > 0 else (low, high + travel)
        x += float(rng.uniform(0, 20))
        heading = 0.0 if lane.direction > 0 else math.pi
        while x < end:
            kind = self._pick(DRIVEN, DRIVEN_SHARES)
            half = HALF_LENGTH_M.get(kind, CAR_HALF_M)
            x += half
            y = lane.y + float(rng.normal(0, 0.15))
            if stands:
                self._put(kind, (x, y), heading)
            else:
                self._add(kind, Journey(0, x, y).go(x + travel * lane.direction, y, speed).path())
            x += half + 1.2 + float(rng.exponential(gap))

    def _parked(self) -> None:
        x, y = self._x(), self._street.road_m - self._street.strip_m / 2
        kind = self._pick(PARKED, PARKED_SHARES)
        if self._free(x, y, HALF_LENGTH_M.get(kind, CAR_HALF_M) + 0.4):
            west = self._rng.random() < 0.85
            heading = math.pi * west + float(self._rng.normal(0, 0.06))
            self._put(kind, (x, y), heading, action="parked")

    def _rider(self) -> None:
        rng = self._rng
        kind = self._pick(RIDERS, RIDER_SHARES)
        if rng.random() < 0.4:
            x, y = self._x(), self._pavement_y(0.6)
            if self._free(x, y, 0.9):
                self._put(kind, (x, y), float(rng.uniform(0, 6.3)), action="parked")
            return
        forward = bool(rng.random() < 0.5)
        y = float(rng.uniform(0.5, 1.0))
        if not forward:
            y = self._street.road_m - self._street.strip_m - float(rng.uniform(0.3, 0.9))
        speed, x = float(rng.uniform(2.5, 6)), self._x()
        span = speed * MOMENTS_S * (1 if forward else -1)
        for share in np.linspace(0, 1, 5):
            begin = x - span * float(share) + float(rng.uniform(-12, 12))
            self._add(kind, Journey(0, begin, y).go(begin + span, y, speed).path())

    def _cycle_row(self) -> None:
        """Bicycles or scooters parked side by side, most of one company."""
        rng = self._rng
        kind = str(rng.choice(["shared_bicycle", "bicycle", "scooter"], p=[0.6, 0.2, 0.2]))
        x, y, count = self._x(), self._pavement_y(0.9), int(rng.integers(3, 10))
        if not self._free(x + count * 0.3, y, 0.35 * count):
            return
        heading, look = float(rng.choice([math.pi / 2, -math.pi / 2])), int(rng.integers(1 << 20))
        for i in range(count):
            path = _rests((x + 0.62 * i, y), heading + float(rng.normal(0, 0.08)))
            number = len(self._actors) + 1
            self._actors.append(Actor(number, kind, look + i * (kind != "shared_bicycle"), path, "parked"))

    def _walker(self) -> None:
        """One to five people who walk together or stand together."""
        rng = self._rng
        kind = self._pick(WALKERS, WALKER_SHARES)
        x, y = self._x(), self._pavement_y(0.4)
        if rng.random() < 0.12:
            y = float(rng.uniform(-0.8, self._street.road_m))
        group = int(rng.choice([1, 1, 1, 2, 2, 3, 5]))
        speed, forward = float(rng.uniform(0.9, 1.6)), 1 if rng.random() < 0.5 else -1
        resting = rng.random() < 0.35
        for i in range(group):
            px, py = x + 0.75 * (i // 2) + float(rng.normal(0, 0.1)), y + 0.6 * (i % 2)
            who = kind if i == 0 else str(rng.choice(["person", "child"], p=[0.8, 0.2]))
            if resting:
                action = str(rng.choice(["stand", "serve", "reach", "squat"], p=[0.66, 0.14, 0.1, 0.1]))
                self._put(who, (px, py), float(rng.uniform(0, 6.3)), action=action)
            else:
                span = speed * MOMENTS_S * forward
                begin = px - span / 2
                self._add(who, Journey(0, begin, py).go(begin + span, py, speed).path())

    def _sitter(self) -> None:
        """Somebody who sits on a stool."""
        x, y = self._x(), self._pavement_y(0.6)
        if self._free(x, y, 0.5):
            low = bool(self._rng.random() < 0.4)
            self._seated((x, y), float(self._rng.uniform(0, 6.3)), low=low)

    def _seated(self, place: tuple[float, float], facing: float, *, low: bool) -> None:
        self._put("low_stool" if low else "stool", place, facing)
        self._put("person", place, facing, action="sit_low" if low else "sit")

    def _stall(self) -> None:
        """A stall of random composition with its vendor and perhaps customers."""
        rng = self._rng
        x, y = self._x(), self._pavement_y(1.0)
        if not self._free(x, y, 1.9):
            return
        back = 1 if y > self._street.road_m / 2 else -1
        kind = self._pick(STALLS, STALL_SHARES)
        stall = 900 + len(self._actors)
        facing = float(rng.choice([0.0, math.pi / 2, math.pi], p=[0.6, 0.15, 0.25])) + float(rng.normal(0, 0.15))
        if kind == "shoe_shine":
            self._shoe_shine((x, y), -math.pi / 2 * back, stall)
            return
        cos, sin = math.cos(facing), math.sin(facing)
        members = (("tricycle", 0.0, 0.0, 0.0),) if kind == "tricycle" else SETS[kind]
        for member, ahead, aside, height in members:
            place = x + ahead * cos - aside * sin, y + ahead * sin + aside * cos
            self._add(member, _rests(place, facing), action="parked", stall=stall, height_m=height)
        if rng.random() < UMBRELLA_RATIO.get(kind, 0.0):
            self._add("umbrella", _rests((x + 0.3, y + 0.4 * back), 0.0), stall=stall)
        if rng.random() < 0.85:
            if rng.random() < 0.25:
                self._seated((x - 0.2, y + 1.0 * back), -math.pi / 2 * back, low=bool(rng.random() < 0.5))
            else:
                self._put("person", (x + 0.1, y + 0.95 * back), -math.pi / 2 * back, action="serve")
        for i in range(int(rng.choice([0, 0, 1, 2]))):
            self._put("person", (x - 0.4 + 0.7 * i, y - 0.95 * back), math.pi / 2 * back)

    def _shoe_shine(self, place: tuple[float, float], facing: float, stall: int) -> None:
        self._add("shoe_chair", _rests(place, facing), stall=stall)
        if self._rng.random() < 0.6:
            self._put("person", place, facing, action="sit_chair")
        self._seated(
            (place[0] + 1.25 * math.cos(facing), place[1] + 1.25 * math.sin(facing)), facing + math.pi, low=True
        )

    def _loose(self) -> None:
        x, y = self._x(), self._pavement_y(0.6)
        if self._free(x, y, 1.2):
            self._put(self._pick(LOOSE, LOOSE_SHARES), (x, y), float(self._rng.uniform(0, 6.3)))

    def _nameless(self) -> None:
        x, y = self._x(), self._pavement_y(0.5)
        if self._free(x, y, 0.8):
            kind = str(self._rng.choice(NAMELESS))
            turned = float(self._rng.choice([0.0, math.pi / 2, -math.pi / 2]) + self._rng.normal(0, 0.2))
            for i in range(int(self._rng.choice([1, 1, 2, 3])) if kind in IN_ROWS else 1):
                self._put(kind, (x + IN_ROWS.get(kind, 0.0) * i, y), turned)


NARROW_M = 6.0
"""In streets narrower than this things stand on the camera's side too."""

IN_ROWS = {"wheelie_bin": 0.85, "cone": 1.6, "barrier": 1.65}
"""What stands in rows, and at which distance."""


def _rests(place: tuple[float, float], facing: float) -> Path:
    return Journey(0, *place).stay(MOMENTS_S, facing_rad=facing).path()
