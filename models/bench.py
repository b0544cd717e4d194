"""Measures how a model runs fastest on this machine: in which engine and precision, on which cores, in which batches.

At a start the choice is made in a second or two, from the usual layout of cores alone. Here every way has its turns,
one after the other and again, so that a busy moment hits all alike, and within a time that is given. An engine is
opened for its turns only: of a large model all layouts of all engines together would not fit into memory. A precision
below single is taken only where it sees the same, and where the average precision on labelled pictures stays.

Belongs here: opening, judging and timing. Does not: what follows from the times (bench_choice), the pictures (api).
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from models.agreement import compare_engines, drawn_batch
from models.bench_choice import EngineFigures, Pace, SizeFigures, Way, best_size, chosen
from models.cards import ModelCard, read_weights
from models.choice import ENGINE_MAKERS, FALLBACK, REST_S, engines_for, resized_card
from models.choice_memory import EngineChoice
from models.engines import Engine, EngineMaker
from models.errors import EngineUnavailableError, ModelError
from models.families import check_outputs, make_decoder
from models.lanes import Layout, usable_cores
from models.model import Model
from vision.arrays import SizeWH

logger = logging.getLogger(__name__)

BATCHES = (1, 2, 4, 8)
"""Pictures in a run; the looking thread takes no more than 8 cameras together."""

ROUNDS = 3
"""How often each way has its turn; the median of three stands a neighbour that takes the processor once."""

SIZE_SHARES = (0.5, 0.75, 1.0)
"""Of the card's sides, of the input sizes that are tried where that is asked for."""

SIZE_TIME_PART = 12
"""Part of the time of a bench that each input size has: a single way is timed there."""

LOWEST_SCORE = 0.01
"""Boxes down to this are judged, as average precision looks at all of them."""

SINGLE = "fp32"

Judge = Callable[[Model], float]
"""Returns a model's mean AP50 on labelled pictures, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class BenchPlan:
    """What is measured.

    Attributes:
        seconds: for all turns together; opening engines and judging them comes on top.
        with_sizes: whether other input sizes are tried, and the fastest that sees as much is chosen.
    """

    seconds: float = 60.0
    with_sizes: bool = False


@dataclass(frozen=True, slots=True)
class Tools:
    """What a test replaces.

    Attributes:
        makers: engines by name.
        clock: seconds.
        sleep: rests between turns.
    """

    makers: Mapping[str, EngineMaker] = field(default_factory=lambda: ENGINE_MAKERS)
    clock: Callable[[], float] = time.perf_counter
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class BenchResult:
    """What was found out.

    Attributes:
        paces: of every way at the card's input size, in the order of trial.
        engines: what each engine sees beside ONNX Runtime.
        sizes: other input sizes in the chosen way; empty where they were not asked for, or the file takes one only.
        choice: what is stored.
    """

    paces: tuple[Pace, ...]
    engines: tuple[EngineFigures, ...]
    sizes: tuple[SizeFigures, ...]
    choice: EngineChoice


def bench(
    card: ModelCard,
    plan: BenchPlan,
    judge: Judge,
    on_progress: Callable[[str], None],
    tools: Tools | None = None,
) -> BenchResult:
    """Measure a model; nothing is stored.

    Args:
        card: the card; its weights' hash is checked.
        plan: what is measured.
        judge: asked for each precision below single and each input size, and once for what they are compared with.
        on_progress: told in words what is done now.
        tools: engines and clock; the real ones by default.

    Raises:
        ModelError: weights or outputs are wrong, or no engine can run them.
    """
    subject = _Subject(card, read_weights(card), judge, on_progress, tools or Tools())
    engines = subject.figures()
    usable = [figures.engine for figures in engines if figures.opens]
    ways = [way for name in usable for way in ways_of(name, card.file.suffix == ".pt")]
    paces = _timed(subject, ways, plan.seconds)
    choice = chosen(paces, engines)
    sizes = _sizes(subject, choice, plan.seconds) if plan.with_sizes else ()
    if sizes and (size := best_size(sizes)).input_wh != card.input_wh:
        choice = choice.model_copy(update={"input_wh": size.input_wh, "ms_per_picture": 1000 / size.rate})
    return BenchResult(tuple(paces), engines, tuple(sizes), choice)


def ways_of(engine: str, is_checkpoint: bool = False, cores: int | None = None) -> list[Way]:
    """Return the ways in which one engine is tried: batches alone on some cores, and in lanes.

    Args:
        engine: its name.
        is_checkpoint: whether torch runs it, which has one number of threads for the whole process.
        cores: that there are; those of this process if None.
    """
    cores = cores or usable_cores()
    threads = {cores} if is_checkpoint else {1, max(1, cores // 2), cores}
    lanes = [] if is_checkpoint else [lanes for lanes in BATCHES if 1 < lanes <= cores]
    together = [Way(engine, count, 1, batch) for count in sorted(threads) for batch in BATCHES]
    return together + [Way(engine, cores // n, n, batch) for n in lanes for batch in BATCHES if batch >= n]


@dataclass(frozen=True, slots=True)
class _Subject:
    """The model that is measured, and how its engines are opened."""

    card: ModelCard
    weights: bytes
    judge: Judge
    on_progress: Callable[[str], None]
    tools: Tools

    def opened(self, name: str, layout: Layout | None = None) -> Engine:
        return self.tools.makers[name](self.card, self.weights, layout)

    def figures(self) -> tuple[EngineFigures, ...]:
        """Open each engine once, compare what it sees with the reference, and judge it where it computes in less."""
        names = engines_for(self.card)
        reference = self.opened(FALLBACK if FALLBACK in names else names[0])
        try:
            check_outputs(self.card, reference)
            found = [self._figures(name, reference) for name in names]
        finally:
            reference.close()
        if any(one.ap50 is not None for one in found):
            found[0] = replace(found[0], ap50=self.judged(names[0]))
        return tuple(found)

    def _figures(self, name: str, reference: Engine) -> EngineFigures:
        self.on_progress(f"{name}: comparing")
        try:
            engine = self.opened(name)
        except EngineUnavailableError as err:
            return EngineFigures(name, problem=str(err), opens=False)
        except ModelError as err:
            logger.warning("model %s: %s is passed over: %s", self.card.name, name, err)
            return EngineFigures(name, problem=str(err), opens=False)
        try:
            agreement = compare_engines(self.card, make_decoder(self.card), reference, engine)
            ap50 = self.judged(name) if engine.precision != SINGLE else None
            return EngineFigures(name, engine.precision, agreement.agreed_ratio, ap50)
        except ModelError as err:
            return EngineFigures(name, engine.precision, problem=str(err), opens=False)
        finally:
            engine.close()

    def judged(self, name: str, layout: Layout | None = None) -> float:
        """Return the mean AP50 of the model in an engine, of all its boxes."""
        self.on_progress(f"{name}: judging {self.card.input_wh[0]}x{self.card.input_wh[1]}")
        lowest = self.card.model_copy(update={"score_threshold": LOWEST_SCORE})
        model = Model(lowest, self.tools.makers[name](lowest, self.weights, layout))
        try:
            return self.judge(model)
        finally:
            model.close()


def _timed(subject: _Subject, ways: Sequence[Way], seconds: float) -> list[Pace]:
    """Let each way have its turns, with one layout of one engine open at a time: memory may not hold all of them."""
    turn_s = max(0.0, seconds / ROUNDS / max(1, len(ways)) - REST_S)
    spent_s = 0.0
    rates: dict[Way, list[float]] = {way: [] for way in ways}
    for number in range(ROUNDS):
        if number and spent_s >= seconds:  # a slow model has no time for more
            break
        for name, layout in dict.fromkeys((way.engine, way.layout) for way in ways):
            alike = [way for way in ways if (way.engine, way.layout) == (name, layout)]
            subject.on_progress(f"round {number + 1}: {name}, {layout.lanes} at once")
            found, took_s = _turns(subject, alike, turn_s)
            spent_s += took_s
            for way, rate in zip(alike, found, strict=True):
                rates[way].append(rate)
    return [Pace(way, tuple(turns)) for way, turns in rates.items()]


def _turns(subject: _Subject, alike: Sequence[Way], turn_s: float) -> tuple[list[float], float]:
    """Open an engine for ways of one layout and let each have a turn; return their rates, and the seconds of all."""
    engine = subject.opened(alike[0].engine, alike[0].layout)
    try:
        began_s = subject.tools.clock()
        rates = [_turn(subject, engine, way, turn_s) for way in alike]
        return rates, subject.tools.clock() - began_s
    finally:
        engine.close()


def _turn(subject: _Subject, engine: Engine, way: Way, turn_s: float) -> float:
    """Run a batch again and again for a turn, at least once, and return how many pictures a second went through."""
    one, clock = drawn_batch(subject.card, seed=0), subject.tools.clock
    batch = np.concatenate([one] * way.batch)
    subject.tools.sleep(REST_S)
    engine.infer(batch)  # the first run of a batch allocates and wakes threads
    began_s, pictures = clock(), 0
    while not pictures or clock() - began_s < turn_s:
        engine.infer(batch)
        pictures += way.batch
    return pictures / max(clock() - began_s, 1e-9)


def _sizes(subject: _Subject, choice: EngineChoice, seconds: float) -> list[SizeFigures]:
    """Time and judge the chosen way at other input sizes; a file of one size gives nothing."""
    way = Way(choice.engine, choice.alone or 1, 1, 1)
    found = []
    for input_wh in dict.fromkeys(_scaled(subject.card.input_wh, share) for share in SIZE_SHARES):
        sized = replace(subject, card=resized_card(subject.card, input_wh))
        try:
            pace = _timed(sized, [way], seconds / SIZE_TIME_PART)[0]
            found.append(SizeFigures(input_wh, pace.median, sized.judged(choice.engine, choice.layout)))
        except ModelError as err:
            logger.info("model %s does not run at %dx%d: %s", sized.card.name, *input_wh, err)
    return found if len(found) > 1 else []


def _scaled(size_wh: SizeWH, share: float) -> SizeWH:
    width, height = (max(32, round(side * share / 32) * 32) for side in size_wh)
    return width, height
