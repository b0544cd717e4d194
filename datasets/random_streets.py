"""Invents streets for training: any camera height, tilt and side, any layout and density, every kind of thing.

Nothing here tells a story; actors stand or move past one moment, at t = 0 to `MOMENTS_S`.
"""

import math

import numpy as np

from datasets.cast import CARS
from datasets.scenario import Actor, Journey, Paper, Path, Script, View
from datasets.street import Lane, Street, Wall

MOMENTS_S = 40.0
"""Pictures of a random street are taken between 0 and this time."""


def random_script(seed: int) -> tuple[Script, str]:
    """Return a street with its actors and the name of its light."""
    rng = np.random.default_rng(seed)
    mirrored = bool(rng.random() < 0.5)
    street = _street(rng, mirrored=mirrored)
    actors = _Crowd(street, rng, mirrored=mirrored).actors()
    light = str(rng.choice(["day", "overcast", "dusk", "night"], p=[0.42, 0.22, 0.16, 0.20]))
    field = float(rng.uniform(42, 74))
    view = _aimed(rng, street, (field, _yaw(rng, field, mirrored=mirrored)))
    papers = _papers(street, rng)
    return Script(f"random-{seed}", street, view, tuple(actors), papers=papers, period_s=10_000.0), light


def _aimed(rng: np.random.Generator, street: Street, angles: tuple[float, float]) -> View:
    """A camera whose picture's middle lies somewhere between the road's middle and the house fronts."""
    field_deg, yaw_deg = angles
    y, height = float(rng.uniform(-4.5, -1.5)), float(rng.uniform(3.6, 9.0))
    aim_y = float(rng.uniform(street.road_m * 0.5, street.front_y + 1.0))
    away = (aim_y - y) / math.sin(math.radians(yaw_deg))
    pitch = math.degrees(math.atan2(height, away)) + float(rng.normal(0, 2))
    return View(0.0, y, height, yaw_deg, float(np.clip(pitch, 8, 38)), field_deg)


def _yaw(rng: np.random.Generator, field_deg: float, *, mirrored: bool) -> float:
    """The direction of view; never so far along the street that the camera's own side comes into the picture."""
    yaw = float(rng.uniform(field_deg / 2 + 5, 86))
    return 180 - yaw if mirrored else yaw


def _street(rng: np.random.Generator, *, mirrored: bool) -> Street:
    lanes_each = int(rng.choice([1, 1, 2]))
    wide = float(rng.uniform(2.9, 3.5))
    near = [Lane(0.6 + wide * (i + 0.5), 1, float(rng.uniform(6, 10))) for i in range(lanes_each)]
    middle = 0.6 + wide * lanes_each
    far_lanes = int(rng.choice([0, 1, 1, 2]))
    far = [Lane(middle + wide * (i + 0.5), -1, float(rng.uniform(6, 10))) for i in range(far_lanes)]
    strip = float(rng.choice([0.0, 2.4, 2.6]))
    road = middle + wide * far_lanes + strip + 0.3
    start, end = (-90.0, 25.0) if mirrored else (-25.0, 90.0)
    wall_x = float(rng.uniform(4, 14)) * (-1 if mirrored else 1)
    spacing = float(rng.uniform(7, 16))
    return Street(
        look=int(rng.integers(1 << 20)),
        road_m=road,
        far_pavement_m=float(rng.uniform(2.8, 6.0)),
        lanes=(*near, *far),
        strip_m=strip,
        crossing_x=float(rng.uniform(start, end)) if rng.random() < 0.3 else None,
        wall=Wall(wall_x - 5, wall_x + 5, float(rng.uniform(2.6, 4.0))) if rng.random() < 0.25 else None,
        tree_xs=tuple(np.arange(start + rng.uniform(0, spacing), end, spacing)) if rng.random() < 0.6 else (),
        lamp_xs=tuple(np.arange(start + rng.uniform(0, 20), end, 24.0)),
        from_x=start,
        to_x=end,
    )


def _papers(street: Street, rng: np.random.Generator) -> tuple[Paper, ...]:
    if street.wall is None:
        return ()
    return tuple(
        Paper(
            i + 1,
            int(rng.integers(1 << 20)),
            float(rng.uniform(street.wall.left_x + 0.3, street.wall.right_x - 0.5)),
            float(rng.uniform(0.8, 1.8)),
            0.21,
            0.297,
            0,
            1e9,
        )
        for i in range(int(rng.integers(0, 9)))
    )


DRIVEN = (*CARS, "bus", "truck", "scooter")
DRIVEN_SHARES = (0.17, 0.12, 0.13, 0.12, 0.08, 0.14, 0.16, 0.08)
"""What drives in a lane; buses and trucks more often than on a street, so that a model sees enough of them."""


class _Crowd:
    """Puts actors onto a street, each where its kind belongs, without standing inside one another."""

    def __init__(self, street: Street, rng: np.random.Generator, *, mirrored: bool) -> None:
        self._street, self._rng = street, rng
        self._actors: list[Actor] = []
        self._reach = (-45.0, 6.0) if mirrored else (-6.0, 45.0)
        self._taken: list[tuple[float, float, float]] = []

    def actors(self) -> list[Actor]:
        rng = self._rng
        busy = float(rng.uniform(0.4, 1.8))
        for lane in self._street.lanes:
            self._traffic(lane, busy)
        if self._street.strip_m:
            for _ in range(rng.poisson(2.5)):
                self._parked()
        for _ in range(rng.poisson(3.0 * busy + 1.0)):
            self._rider()
        for _ in range(rng.poisson(2.4)):
            self._stall()
        for _ in range(rng.poisson(7 * busy + 1.5)):
            self._walker()
        for _ in range(rng.poisson(2.0)):
            self._loose()
        return self._actors

    def _add(self, kind: str, path: Path, *, action: str = "stand", stall: int = 0, height_m: float = 0.0) -> None:
        look = int(self._rng.integers(1 << 20))
        self._actors.append(Actor(len(self._actors) + 1, kind, look, path, action, stall, height_m))

    def _free(self, x: float, y: float, radius: float) -> bool:
        if any(math.hypot(x - a, (y - b) * 1.6) < radius + r for a, b, r in self._taken):
            return False
        self._taken.append((x, y, radius))
        return True

    def _x(self) -> float:
        low, high = self._reach
        away = float(self._rng.uniform(0, 1)) ** 1.3
        return low + away * (high - low) if high > abs(low) else high - away * (high - low)

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
            kind = str(rng.choice(DRIVEN, p=DRIVEN_SHARES))
            half = {"bus": 5.8, "truck": 3.9, "scooter": 1.0}.get(kind, 2.4)
            x += half
            y = lane.y + float(rng.normal(0, 0.15))
            if stands:
                self._add(kind, Journey(0, x, y).stay(MOMENTS_S, facing_rad=heading).path())
            else:
                self._add(kind, Journey(0, x, y).go(x + travel * lane.direction, y, speed).path())
            x += half + 1.2 + float(rng.exponential(gap))

    def _parked(self) -> None:
        x, y = self._x(), self._street.road_m - self._street.strip_m / 2
        kind = str(self._rng.choice([*CARS, "truck", "tricycle"], p=[0.2, 0.14, 0.14, 0.14, 0.06, 0.2, 0.12]))
        if self._free(x, y, 3.8 if kind == "truck" else 2.8):
            heading = (
                math.pi + float(self._rng.normal(0, 0.06))
                if self._rng.random() < 0.85
                else float(self._rng.normal(0, 0.05))
            )
            self._add(kind, Journey(0, x, y).stay(MOMENTS_S, facing_rad=heading).path(), action="parked")

    def _rider(self) -> None:
        rng = self._rng
        kind = str(rng.choice(["bicycle", "scooter", "tricycle"], p=[0.5, 0.22, 0.28]))
        if rng.random() < 0.4:
            x, y = self._x(), self._street.road_m + float(rng.uniform(0.6, max(0.7, self._street.far_pavement_m - 0.6)))
            if self._free(x, y, 0.9):
                self._add(
                    kind,
                    Journey(0, x, y).stay(MOMENTS_S, facing_rad=float(rng.uniform(0, 6.3))).path(),
                    action="parked",
                )
            return
        forward = bool(rng.random() < 0.5)
        y = float(rng.uniform(0.5, 1.0)) if forward else self._street.road_m - float(rng.uniform(0.5, 1.6))
        speed, x = float(rng.uniform(2.5, 6)), self._x()
        span = speed * MOMENTS_S * (1 if forward else -1)
        for share in np.linspace(0, 1, 5):
            begin = x - span * float(share) + float(rng.uniform(-12, 12))
            self._add(kind, Journey(0, begin, y).go(begin + span, y, speed).path())

    def _walker(self) -> None:
        rng = self._rng
        kind = "umbrella_holder" if rng.random() < 0.14 else "person"
        x = self._x()
        y = self._street.road_m + float(rng.uniform(0.4, self._street.far_pavement_m - 0.4))
        if rng.random() < 0.12:
            y = float(rng.uniform(-0.8, self._street.road_m))
        group = int(rng.choice([1, 1, 2, 3]))
        speed, forward = float(rng.uniform(0.9, 1.6)), 1 if rng.random() < 0.5 else -1
        resting = rng.random() < 0.35
        for i in range(group):
            px, py = x + 0.5 * (i % 2), y + 0.6 * i - 0.6 * (group > 2)
            if resting:
                action = str(rng.choice(["stand", "serve", "reach"], p=[0.75, 0.15, 0.1]))
                self._add(
                    kind,
                    Journey(0, px, py).stay(MOMENTS_S, facing_rad=float(rng.uniform(0, 6.3))).path(),
                    action=action,
                )
            else:
                span = speed * MOMENTS_S * forward
                begin = px - span / 2
                self._add(kind, Journey(0, begin, py).go(begin + span, py, speed).path())

    def _stall(self) -> None:
        """A stall of random composition with its vendor and perhaps customers."""
        rng = self._rng
        x, y = self._x(), self._street.road_m + float(rng.uniform(0.9, max(1.0, self._street.far_pavement_m - 1.4)))
        if not self._free(x, y, 1.8):
            return
        stall, facing = (
            900 + len(self._actors),
            float(rng.choice([0.0, math.pi / 2, math.pi])) + float(rng.normal(0, 0.15)),
        )
        here = Journey(0, x, y).stay(MOMENTS_S, facing_rad=facing).path()
        style = int(rng.choice(4, p=[0.5, 0.2, 0.15, 0.15]))
        if style == 0:
            self._add("table", here, stall=stall)
            if rng.random() < 0.9:
                self._add("goods", here, stall=stall, height_m=0.76)
        elif style == 1:
            self._add("cart", here, stall=stall)
        elif style == 2:
            self._add("ground_cloth", here, stall=stall)
        else:
            self._add("tricycle", here, action="parked", stall=stall)
        if rng.random() < (0.8, 0.0, 0.5, 0.5)[style]:
            self._add("umbrella", Journey(0, x + 0.3, y + 0.4).stay(MOMENTS_S).path(), stall=stall)
        if rng.random() < 0.85:
            self._add(
                "person", Journey(0, x + 0.1, y + 0.95).stay(MOMENTS_S, facing_rad=-math.pi / 2).path(), action="serve"
            )
        for i in range(int(rng.choice([0, 0, 1, 2]))):
            self._add("person", Journey(0, x - 0.4 + 0.7 * i, y - 0.95).stay(MOMENTS_S, facing_rad=math.pi / 2).path())

    def _loose(self) -> None:
        rng = self._rng
        x, y = self._x(), self._street.road_m + float(rng.uniform(0.6, self._street.far_pavement_m - 0.5))
        if self._free(x, y, 1.2):
            kind = str(rng.choice(["umbrella", "table", "goods", "pram"], p=[0.35, 0.25, 0.3, 0.1]))
            self._add(kind, Journey(0, x, y).stay(MOMENTS_S, facing_rad=float(rng.uniform(0, 6.3))).path())
