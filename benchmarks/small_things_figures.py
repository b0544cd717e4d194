"""Counts which small things a way to look found, and sums up recall, false finds, time and goals."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from pydantic import JsonValue

from benchmarks.report import Goal, at_least, at_most, spread
from benchmarks.small_things_data import LEAST_PX, SIDE_PX, SMALL_PX, SmallSet, groups_of
from benchmarks.small_things_looks import Way
from vision.arrays import Mask, SizeWH
from vision.boxes import areas, iou_matrix
from vision.detections import Detections
from vision.tracker import assign

MATCH_IOU = 0.5

WORTH_COUNTING = 30
"""A set with fewer small things tells no ratio."""

RECALL_GOAL, COST_GOAL = 1.3, 0.6

DEFINITIONS = {
    "small": f"things of {LEAST_PX:g} to {SMALL_PX:g} px, as the side of a square of the box's area with the picture "
    f"fitted into {SIDE_PX} px ({SIDE_PX // 2} px where a set is judged at half scale)",
    "recall": "share of the marked small vehicles and people found at the card's threshold with an IoU of "
    f"{MATCH_IOU:g}; car, bus and truck count as one",
    "whole": "a look at the whole frame at 640",
    "closer": "the same and one sheet of parts at (nearly) full size, in turns where the plan has several, in one "
    "batch: what one look of the looking thread is where things are small",
    "round": "the same with all sheets: what a thing that stands gets over as many looks as the plan has sheets",
    "fine": "a look at 1280: with an input twice as large where the file takes any size, else four tiles of its input",
    "false": "small finds a picture that are no marked thing; told where everything is marked",
    "ms": "milliseconds a picture by the wall clock, from decoded frame to detections; `cpu_ms` of all threads",
    "closer_to_fine": "ms of `closer` by ms of `fine` in the same round",
}


@dataclass(slots=True)
class Count:
    """Small things of one set and model, as one way to look found them."""

    marked: int = 0
    found: int = 0
    false: int = 0

    @property
    def recall(self) -> float | None:
        """Share that was found; None where nothing was marked."""
        return self.found / self.marked if self.marked else None

    def add(self, found: Detections, marks: Detections, size_wh: SizeWH, data: SmallSet) -> None:
        """Count one picture: each marked thing is found by at most one box, and each box finds at most one."""
        scale = (SIDE_PX / 2 if data.is_half else SIDE_PX) / max(size_wh)
        finds, wanted = groups_of(found.class_ids), groups_of(marks.class_ids)
        overlap = iou_matrix(marks.boxes, found.boxes)
        same = (wanted[:, None] == finds[None, :]) & (wanted >= 0)[:, None] & (overlap >= MATCH_IOU)
        matched = assign(np.where(same, overlap, 0).astype(np.float32))
        small = _is_small(marks, scale) & (wanted >= 0)
        self.marked += int(small.sum())
        self.found += sum(bool(small[mark]) for mark in matched.values())
        if data.is_complete:
            spurious = _is_small(found, scale) & (finds >= 0)
            spurious[list(matched)] = False
            self.false += int(spurious.sum())


@dataclass(frozen=True, slots=True)
class Result:
    """What one model found on one set, way by way; and how many sheets the plans of its cameras have."""

    model: str
    data: SmallSet
    counts: Mapping[Way, Count]
    sheets: Sequence[int]

    @property
    def gain(self) -> float | None:
        """Recall of closer looks by that of whole ones; None where it cannot be told."""
        whole, closer = self.counts["whole"], self.counts["closer"]
        return closer.found / whole.found if whole.found and whole.marked >= WORTH_COUNTING else None

    def to_json(self) -> list[Mapping[str, JsonValue]]:
        """Return a row of the report for each way."""
        pictures = len(self.data.pictures)
        return [
            {
                "model": self.model,
                "data": self.data.name,
                "way": way,
                "marked": count.marked,
                "found": count.found,
                "recall": rounded(count.recall),
                "false": rounded(count.false / pictures) if self.data.is_complete else None,
            }
            for way, count in self.counts.items()
        ]


@dataclass(frozen=True, slots=True)
class Timing:
    """One round of one way: milliseconds a picture."""

    model: str
    round: int
    way: Way
    ms: float
    cpu_ms: float


def cost_ratios(timings: Sequence[Timing], model: str, way: Way, by: Way) -> list[float]:
    """Return one way's time by another's, round by round."""
    some = {(timing.round, timing.way): timing.ms for timing in timings if timing.model == model}
    return [some[number, way] / some[number, by] for number in sorted({number for number, _ in some})]


def goals(results: Sequence[Result], timings: Sequence[Timing]) -> list[Goal]:
    """Return what was wanted and what was reached, for each model and set with enough small things."""
    counted = [result for result in results if result.counts["whole"].marked >= WORTH_COUNTING]
    name = "recall of small things by closer looks, by that of whole ones"
    recalls = [at_least(f"{name}: {r.model}, {r.data.name}", RECALL_GOAL, rounded(r.gain)) for r in counted]
    name = "time of a look with a closer one, by that of one at 1280"
    costs = [
        at_most(f"{name}: {model}", COST_GOAL, rounded(float(np.median(cost_ratios(timings, model, "closer", "fine")))))
        for model in models_of(timings)
    ]
    return [*recalls, *costs]


def summary(results: Sequence[Result], timings: Sequence[Timing]) -> JsonValue:
    """Return medians and spreads of times by model and way, of their ratios, and of the sizes of plans."""
    times: dict[str, JsonValue] = {}
    for model in models_of(timings):
        mine = [timing for timing in timings if timing.model == model]
        ways: dict[str, JsonValue] = {
            way: {
                "ms": _spread([timing.ms for timing in mine if timing.way == way]),
                "cpu_ms": _spread([timing.cpu_ms for timing in mine if timing.way == way]),
            }
            for way in dict.fromkeys(timing.way for timing in mine)
        }
        pairs: tuple[tuple[Way, Way], ...] = (("closer", "fine"), ("closer", "whole"))
        ratios = {f"{way}_to_{by}": _spread(cost_ratios(timings, model, way, by)) for way, by in pairs}
        times[model] = {**ways, **ratios}
    plans: dict[str, JsonValue] = {f"{r.model}, {r.data.name}": _spread(list(map(float, r.sheets))) for r in results}
    return {"times": times, "sheets_of_a_plan": plans}


def models_of(timings: Sequence[Timing]) -> list[str]:
    """Return the names of the models that were timed."""
    return list(dict.fromkeys(timing.model for timing in timings))


def rounded(value: float | None) -> float | None:
    """Return a figure as it is written."""
    return None if value is None else round(value, 4)


def _spread(values: Sequence[float]) -> JsonValue:
    return {name: round(value, 4) for name, value in asdict(spread(values)).items()} if values else None


def _is_small(things: Detections, scale: float) -> Mask:
    sides = np.sqrt(areas(things.boxes)) * scale
    return np.asarray((sides >= LEAST_PX) & (sides <= SMALL_PX), bool)
