"""Says what follows from the times of a bench: which engine, which layout of cores, how large a batch, which size.

The measure is what a street sends: single pictures and batches of four, one after the other, as at a start.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.agreement import MIN_AGREED_RATIO
from models.choice import CLEARLY_FASTER, TOGETHER
from models.choice_memory import BENCHED, CandidateFigures, EngineChoice
from models.lanes import Layout
from vision.arrays import SizeWH

MOST_LOST_AP50 = 0.005
"""A lower precision or a smaller input may cost so much of the mean AP50 (half a point of a hundred), no more."""

NEARLY_BEST = 0.95
"""The smallest batch that reaches this share of the best rate is taken: a longer one delays every camera in it."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to run a model.

    Attributes:
        engine: its name.
        threads: cores that work on one run.
        lanes: runs at the same time; 1 where the batch goes in as a whole.
        batch: pictures that are handed over together.
    """

    engine: str
    threads: int
    lanes: int
    batch: int

    @property
    def layout(self) -> Layout:
        """The layout of cores with which such a batch is run in this way."""
        return Layout(self.threads, self.lanes)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a way is: pictures a second of each of its turns."""

    way: Way
    rates: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the median of the turns."""
        return statistics.median(self.rates)


@dataclass(frozen=True, slots=True)
class EngineFigures:
    """What an engine sees, beside ONNX Runtime.

    Attributes:
        engine: its name.
        precision: what it computes in; empty where it does not open.
        agreed_ratio: share of the reference's surest boxes that it has in the same place; None where not compared.
        ap50: mean average precision on the labelled pictures; None where it was not judged.
        problem: why it does not run, in words.
        opens: whether it runs here.
    """

    engine: str
    precision: str = ""
    agreed_ratio: float | None = None
    ap50: float | None = None
    problem: str = ""
    opens: bool = True


@dataclass(frozen=True, slots=True)
class SizeFigures:
    """What the chosen way gives at an input size: single pictures a second, and mean AP50."""

    input_wh: SizeWH
    rate: float
    ap50: float


def objection(figures: EngineFigures, reference: EngineFigures) -> str:
    """Return what speaks against an engine, however fast it is; empty where nothing does."""
    if not figures.opens:
        return figures.problem
    if figures.agreed_ratio is not None and figures.agreed_ratio < MIN_AGREED_RATIO:
        return f"only {figures.agreed_ratio:.0%} of the boxes agree with {reference.engine}"
    if figures.ap50 is not None and reference.ap50 is not None and figures.ap50 < reference.ap50 - MOST_LOST_AP50:
        return f"AP50 {figures.ap50:.3f} instead of {reference.ap50:.3f}"
    return ""


def chosen(paces: Sequence[Pace], engines: Sequence[EngineFigures]) -> EngineChoice:
    """Return the fastest engine to which nothing objects, in its best layout and batch.

    Args:
        paces: of every way; of each engine that opens at least those of a single picture and of `TOGETHER`.
        engines: the first is the reference; it is left only for one that is clearly faster.
    """
    rates = {pace.way: pace.median for pace in paces}
    objections = {figures.engine: objection(figures, engines[0]) for figures in engines}
    best = {name: _best_layout(name, rates) for name, problem in objections.items() if not problem}
    reference = engines[0].engine
    name = min(best, key=lambda each: best[each][0])
    if name != reference and best[name][0] > CLEARLY_FASTER * best[reference][0]:
        name = reference
    seconds, layout = best[name]
    timed_ms = {each: 1000 * _best_layout(each, rates)[0] for each in {way.engine for way in rates}}
    return EngineChoice(
        engine=name,
        reason=BENCHED,
        ms_per_picture=1000 * seconds,
        candidates=tuple(
            CandidateFigures(engine=each, ms_per_picture=timed_ms.get(each), problem=problem)
            for each, problem in objections.items()
        ),
        alone=layout.alone,
        lanes=layout.lanes,
        batch=_best_batch(name, layout, rates),
    )


def best_size(sizes: Sequence[SizeFigures]) -> SizeFigures:
    """Return the fastest input size that sees as much as the largest, which is that of the card."""
    least = max(sizes, key=lambda size: size.input_wh[0]).ap50 - MOST_LOST_AP50
    return max((size for size in sizes if size.ap50 >= least), key=lambda size: size.rate)


def _best_layout(engine: str, rates: Mapping[Way, float]) -> tuple[float, Layout]:
    """Return seconds a picture of single ones and batches of `TOGETHER` in turns, and the layout that gives them."""
    ways = [way for way in rates if way.engine == engine]
    whole = sorted({way.threads for way in ways if way.lanes == 1})
    layouts = [Layout(alone, lanes) for alone in whole for lanes in sorted({way.lanes for way in ways})]
    timed = [(_seconds(engine, layout, rates), layout) for layout in layouts]
    return min(timed, key=lambda pair: pair[0])


def _seconds(engine: str, layout: Layout, rates: Mapping[Way, float]) -> float:
    spent = sum(batch / _rate(engine, layout, batch, rates) for batch in (1, TOGETHER))
    return spent / (1 + TOGETHER)


def _rate(engine: str, layout: Layout, batch: int, rates: Mapping[Way, float]) -> float:
    """Return pictures a second of a batch in a layout: in lanes where it has a picture for each of them."""
    in_lanes = layout.lanes > 1 and batch >= layout.lanes
    matches = [
        rate
        for way, rate in rates.items()
        if (way.engine, way.batch, way.lanes) == (engine, batch, layout.lanes if in_lanes else 1)
        and (in_lanes or way.threads == layout.alone)
    ]
    return matches[0]


def _best_batch(engine: str, layout: Layout, rates: Mapping[Way, float]) -> int:
    batches = sorted({way.batch for way in rates if way.engine == engine})
    by_batch = {batch: _rate(engine, layout, batch, rates) for batch in batches}
    return next(batch for batch, rate in by_batch.items() if rate >= NEARLY_BEST * max(by_batch.values()))
