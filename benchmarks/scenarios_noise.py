"""A perfect detector with a real one's noise: truth whose boxes jitter, are missed, cut, doubled and called otherwise.

So faults of the rules are told from faults of a model. Everything follows from the trial's seed, the thing's number and
the moment. What is done, in this order:

* The score of a thing is 0.88 x size x sight x light, and on it three normal draws are added: one for the thing (0.06:
  some are hard at every look), one for it and a span of 4 s (0.06: misses come in runs), one for the look (0.05).
  Size is 1 - exp(-side / 14 px), where side is the root of the box's area in a picture 640 wide; sight is the visible
  share up to 0.6, divided by 0.6; light is 1 by day, 0.92 at dusk, 0.88 by night, times what air leaves
  (0.6 at the visibility's distance). Scored below 0.25 it is missed.
* Where less than 0.85 of it is visible, the box is cut on the side of the nearest box before it to the visible share,
  but to no less than a third.
* Each edge moves by a normal draw of 2.5 % of the side plus half a pixel (at 640).
* One time in 25 spans of 4 s it is called by another name that such things are called by (car and truck, stall and
  table, tricycle and motorcycle).
* One look in 33 shows it twice: the second box is moved by a tenth of its sides, called by the other name, scored half.

It invents nothing where nothing is, and things without a class (prams, bins, luggage) are not seen.
"""

import math
from collections.abc import Callable

import numpy as np

from datasets.light import LIGHTS
from datasets.truth import Truth
from datasets.weather import WEATHERS
from vision.arrays import Boxes, FloatArray
from vision.classes import StreetClass
from vision.detections import Detections

BEST, LEAST = 0.88, 0.25
OF_THING, OF_SPAN, OF_LOOK = 0.06, 0.06, 0.05
SPAN_S = 4.0
SIZE_PX, SIGHT_RATIO = 14.0, 0.6
CUT_BELOW, CUT_TO = 0.85, 1 / 3
JITTER_RATIO, JITTER_PX = 0.025, 0.5
OTHER_NAME_RATIO, DOUBLE_RATIO = 1 / 25, 1 / 33
DOUBLE_SHIFT, DOUBLE_SCORE = 0.1, 0.5
LIGHT = {"dusk": 0.92, "night": 0.88, "headlights": 0.88}
NOMINAL_WIDTH_PX = 640
LEAST_SIDE_PX = 2.0

_Row = tuple[tuple[float, float, float, float], float, int]

OTHER_NAMES = {
    StreetClass.CAR: StreetClass.TRUCK,
    StreetClass.TRUCK: StreetClass.CAR,
    StreetClass.BUS: StreetClass.TRUCK,
    StreetClass.STALL: StreetClass.TABLE,
    StreetClass.TABLE: StreetClass.STALL,
    StreetClass.GOODS: StreetClass.STALL,
    StreetClass.TRICYCLE: StreetClass.MOTORCYCLE,
    StreetClass.MOTORCYCLE: StreetClass.TRICYCLE,
    StreetClass.BICYCLE: StreetClass.MOTORCYCLE,
}
"""By which other name a real model calls such a thing at times."""


class NoisyTruth:
    """What such a detector finds in one trial; it needs no pixels.

    Args:
        seed: of the trial.
        truth_at: gives the truth of a moment.
        under: names of light and weather.
        lens_xy: where the camera stands, metres.
    """

    def __init__(
        self,
        seed: int,
        truth_at: Callable[[float], Truth],
        under: tuple[str, str],
        lens_xy: tuple[float, float],
    ) -> None:
        self._seed, self._truth_at, self._lens_xy = seed, truth_at, np.array(lens_xy)
        light, weather = under
        if light not in LIGHTS or weather not in WEATHERS:
            raise ValueError(f"unknown light or weather: {under}")
        self._light = LIGHT.get(light, 1.0)
        self._visibility_m = WEATHERS[weather].visibility_m

    def found(self, t_s: float) -> Detections:
        """Return what it finds at a moment."""
        truth = self._truth_at(t_s)
        rows = [found for row in range(len(truth)) for found in self._seen(truth, row, t_s)]
        found = Detections.of(rows)
        sides = found.boxes[:, 2:] - found.boxes[:, :2]
        return found[np.asarray(sides.min(axis=1, initial=np.inf) >= LEAST_SIDE_PX)]

    def _seen(self, truth: Truth, row: int, t_s: float) -> list[_Row]:
        """Return what is found of one thing: nothing, a box, or two."""
        thing = int(truth.object_ids[row])
        of_thing, of_span, of_look = (
            np.random.default_rng((self._seed, thing, *moment))
            for moment in ((), (1, int(t_s / SPAN_S)), (2, round(t_s * 1000)))
        )
        noise = OF_THING * of_thing.normal() + OF_SPAN * of_span.normal() + OF_LOOK * of_look.normal()
        score = min(0.99, self._quality(truth, row) + float(noise))
        if score < LEAST:
            return []
        scale = truth.size_wh[0] / NOMINAL_WIDTH_PX
        box = _jittered(_cut(truth, row), of_look, scale)
        name = StreetClass(int(truth.class_ids[row]))
        other = OTHER_NAMES.get(name, name)
        called = other if of_span.random() < OTHER_NAME_RATIO else name
        rows = [(_as_row(box, truth), score, called.value)]
        if of_look.random() < DOUBLE_RATIO:
            double = (box + DOUBLE_SHIFT * np.tile(box[2:] - box[:2], 2)).astype(np.float32)
            rows.append((_as_row(double, truth), DOUBLE_SCORE * score, other.value))
        return rows

    def _quality(self, truth: Truth, row: int) -> float:
        sides = truth.boxes[row, 2:] - truth.boxes[row, :2]
        side_px = math.sqrt(max(float(sides.prod()), 0.0)) * NOMINAL_WIDTH_PX / truth.size_wh[0]
        sight = min(1.0, float(truth.visible_ratios[row]) / SIGHT_RATIO)
        away_m = float(np.linalg.norm(truth.ground[row] - self._lens_xy))
        air = math.exp(away_m / self._visibility_m * math.log(0.6)) if math.isfinite(self._visibility_m) else 1.0
        return BEST * (1 - math.exp(-side_px / SIZE_PX)) * sight * self._light * air


def _cut(truth: Truth, row: int) -> FloatArray:
    """Return a box without the part that something nearer hides, roughly: a model boxes what it sees."""
    box = truth.boxes[row].copy()
    left = float(truth.visible_ratios[row])
    if left >= CUT_BELOW:
        return box
    before = _overlapping_nearer(truth.boxes, row)
    if before is None:
        return box
    kept = max(left, CUT_TO)
    width = box[2] - box[0]
    if (before[0] + before[2]) < (box[0] + box[2]):
        box[0] = box[2] - kept * width
    else:
        box[2] = box[0] + kept * width
    return box


def _overlapping_nearer(boxes: Boxes, row: int) -> FloatArray | None:
    """Return the box that covers most of another and ends lower in the picture, as what stands nearer does."""
    box = boxes[row]
    sides = np.minimum(boxes[:, 2:], box[2:]) - np.maximum(boxes[:, :2], box[:2])
    shared = np.clip(sides, 0, None).prod(axis=1)
    shared[boxes[:, 3] <= box[3]] = 0
    nearest = int(shared.argmax())
    return boxes[nearest] if shared[nearest] > 0 else None


def _jittered(box: FloatArray, rng: np.random.Generator, scale: float) -> FloatArray:
    sides = np.tile(box[2:] - box[:2], 2)
    return (box + rng.normal(0, 1, 4) * (JITTER_RATIO * sides + JITTER_PX * scale)).astype(np.float32)


def _as_row(box: FloatArray, truth: Truth) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = np.clip(box, 0, np.tile(np.array(truth.size_wh), 2)).tolist()
    return x1, y1, x2, y2
