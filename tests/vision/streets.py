"""Hand-made streets: boxes over time, looked at with jitter, drops, gaps, occlusion and class flicker."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from vision.classes import StreetClass
from vision.detections import Detections
from vision.memory import SceneMemory
from vision.observations import Observation
from vision.scenes import Scene

BEGAN_AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
SIZE_WH = (1280, 720)
Box = tuple[float, float, float, float]
Path = Callable[[float], Box | None]


def at(t_s: float) -> datetime:
    return BEGAN_AT + timedelta(seconds=t_s)


def observation(t_s: float, rows: Iterable[tuple[Box, float, int]] = (), **fields: object) -> Observation:
    made = Observation("gate", t_s, at(t_s), SIZE_WH, detections=Detections.of(list(rows)))
    return replace(made, **fields)  # type: ignore[arg-type]


@dataclass
class Thing:
    """Something on the street: where it is at a time (None: not there), what it is called then."""

    path: Path
    class_id: int = StreetClass.CAR.value
    score: float = 0.8
    flicker_to: int | None = None
    hidden: tuple[tuple[float, float], ...] = ()
    miss_ratio: float = 0.0


@dataclass
class Street:
    """Looks at things `hz` times a second; reproducible by seed."""

    things: list[Thing] = field(default_factory=list)
    hz: float = 5.0
    jitter: float = 0.02
    drop_ratio: float = 0.0
    gaps: tuple[tuple[float, float], ...] = ()
    seed: int = 0

    def observations(self, until_s: float, from_s: float = 0.0) -> Iterator[Observation]:
        rng = np.random.default_rng(self.seed)
        gap_s = 0.0
        last_s = from_s
        for index in range(round((until_s - from_s) * self.hz) + 1):
            t_s = from_s + index / self.hz
            if any(begin <= t_s < end for begin, end in self.gaps):
                gap_s += 1 / self.hz
                continue
            if rng.random() < self.drop_ratio:
                continue
            rows = [row for thing in self.things if (row := self._row(thing, t_s, rng)) is not None]
            yield observation(t_s, rows, gap_s=min(gap_s, t_s - last_s))
            gap_s, last_s = 0.0, t_s

    def _row(self, thing: Thing, t_s: float, rng: np.random.Generator) -> tuple[Box, float, int] | None:
        box = thing.path(t_s)
        noise = rng.normal(0, self.jitter, 4)
        missed, flickers = rng.random() < thing.miss_ratio, rng.random() < 0.4
        if box is None or missed or any(begin <= t_s < end for begin, end in thing.hidden):
            return None
        width, height = box[2] - box[0], box[3] - box[1]
        x1, y1, x2, y2 = (float(v) for v in np.array(box) + noise * np.array([width, height, width, height]))
        class_id = thing.flicker_to if thing.flicker_to is not None and flickers else thing.class_id
        return (x1, y1, x2, y2), thing.score, class_id


def box_at(x: float, y: float, width: float = 120, height: float = 70) -> Box:
    return x - width / 2, y - height, x + width / 2, y


def stay(x: float, y: float, arrive_s: float, leave_s: float, speed: float = 150, **shape: float) -> Path:
    """Drive in from the left, stand with the foot at (x, y) from `arrive_s` to `leave_s`, drive off to the right."""

    def path(t_s: float) -> Box | None:
        if t_s < arrive_s:
            where = x - speed * (arrive_s - t_s)
        elif t_s <= leave_s:
            where = x
        else:
            where = x + speed * (t_s - leave_s)
        return box_at(where, y, **shape) if -60 < where < SIZE_WH[0] + 60 else None

    return path


def drive(y: float, from_s: float, speed: float = 200, **shape: float) -> Path:
    """Cross the picture from the left without stopping."""

    def path(t_s: float) -> Box | None:
        where = -60 + speed * (t_s - from_s)
        return box_at(where, y, **shape) if t_s >= from_s and where < SIZE_WH[0] + 60 else None

    return path


def scenes(observations: Iterable[Observation], memory: SceneMemory | None = None) -> list[Scene]:
    memory = memory or SceneMemory("gate")
    return [memory.update(seen) for seen in observations]
