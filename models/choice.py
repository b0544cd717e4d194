"""Chooses the engine that runs a model fastest on this machine, by a short measurement that is remembered.

Which engine wins depends on the processor: bfloat16 is several times faster where the processor multiplies matrices
in it and slower where it does not. So each engine runs the model for a moment, in turns, and the fastest whose boxes
agree with those of ONNX Runtime is taken, if it is clearly faster than that. An engine that does not load here is
passed over with a warning. Boxes that agree on drawn noise do not say that as much is seen on a street: an engine that
computes in a precision below single is tried only where the card says that labelled pictures have judged it. What
`streetwarden models bench` has found in its own time, and judged itself, goes before that measurement.

Belongs here: measuring and choosing. Does not: remembering (choice_memory), what the engines agree on (agreement).
"""

import logging
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np

from models.agreement import compare_engines, drawn_batch
from models.cards import LowerPrecision, ModelCard, read_weights
from models.choice_memory import BENCHED, CandidateFigures, ChoiceMemory, EngineChoice
from models.engines import Engine, EngineMaker
from models.errors import EngineError, EngineUnavailableError, ModelError, OutputMismatchError
from models.families import check_outputs, make_decoder
from models.lanes import Layout
from models.onnxruntime_engine import OnnxRuntimeEngine
from models.openvino_engine import OpenVinoEngine
from models.torch_engine import TorchEngine
from vision.arrays import FloatArray, SizeWH

logger = logging.getLogger(__name__)

EngineName = Literal["auto", "onnxruntime", "openvino", "openvino-bf16", "torch"]
"""What settings and commands may say."""

ENGINE_NAMES: tuple[str, ...] = get_args(EngineName)[1:]
"""What settings may ask for besides `auto`."""

BELOW_SINGLE: Mapping[str, LowerPrecision] = MappingProxyType({"openvino-bf16": "bf16"})
"""Engines that compute in less than single precision."""

FALLBACK = "onnxruntime"
"""Runs everywhere; the reference that the others must agree with."""

ROUNDS = 3
"""How often each engine has its turn; the median of three stands a neighbour that takes the processor once."""

TURN_S = 0.3
"""Length of a turn; the pictures that run at its end are finished."""

REST_S = 0.1
"""Before a turn: threads of the engine before wait in a loop for a while after their last run."""

TOGETHER = 4
"""Pictures in the batches of a turn. Each follows a single picture, as a quiet street sends one and a busy one many."""

CLEARLY_FASTER = 0.95
"""An engine that takes more than this share of ONNX Runtime's time is not worth leaving it for."""


@dataclass(frozen=True, slots=True, eq=False)
class ChosenEngine:
    """An opened engine, the card it was opened with, and the record of how it came to be chosen."""

    card: ModelCard
    engine: Engine
    choice: EngineChoice


def choose_engine(
    card: ModelCard,
    cache_dir: Path,
    *,
    wanted: str = "auto",
    makers: Mapping[str, EngineMaker] | None = None,
    clock: Callable[[], float] = time.perf_counter,
    sleep: Callable[[float], None] = time.sleep,
) -> ChosenEngine:
    """Open a card's weights in the fastest engine, or in the one that is asked for.

    Args:
        card: the card; its weights' hash is checked.
        cache_dir: holds `engine.json` with earlier measurements; made where it is missing.
        wanted: `auto` or one of `ENGINE_NAMES`. Where its library does not load, ONNX Runtime steps in with a warning.
        makers: engines by name; all that the program knows by default.
        clock: seconds, for the measurement.
        sleep: rests between its turns.

    Raises:
        ModelError: weights or outputs are wrong, or no engine can run them.
        ValueError: there is no engine called `wanted`.
    """
    if wanted not in ("auto", *ENGINE_NAMES):
        raise ValueError(f"there is no engine {wanted!r}; possible are auto, {', '.join(ENGINE_NAMES)}")
    weights = read_weights(card)
    chooser = _Chooser(card, weights, ENGINE_MAKERS if makers is None else makers, clock, sleep)
    if wanted != "auto":
        return chooser.take(wanted)
    names = engines_at_start(card)
    memory = ChoiceMemory(cache_dir)
    remembered = memory.recall(card)
    if remembered is not None and _is_among(remembered, names) and (chosen := chooser.reopen(remembered)) is not None:
        return chosen
    if len(names) == 1:
        return chooser.take(names[0])
    chosen = chooser.measure(names)
    memory.keep(card, chosen.choice)
    return chosen


def check_card(card: ModelCard, wanted: str = "auto") -> None:
    """Open a card's weights and run them once, so that a card which does not fit is found before anything starts.

    Args:
        card: the card.
        wanted: `auto`, which tries the engine that all others must agree with, or one of `ENGINE_NAMES`.

    Raises:
        ModelError: hash, weights, outputs or engine do not fit the card, or nothing here can run them.
    """
    names = engines_for(card)
    usual = FALLBACK if FALLBACK in names else names[0]
    chooser = _Chooser(card, read_weights(card), ENGINE_MAKERS, time.perf_counter, time.sleep)
    engine = chooser.take(usual if wanted == "auto" else wanted).engine
    try:
        check_outputs(card, engine)
    finally:
        engine.close()


def engines_for(card: ModelCard) -> tuple[str, ...]:
    """Return the names of the engines that run such a file, whether they load here or not."""
    if card.file.suffix == ".pt":
        return ("torch",)
    return tuple(name for name in ENGINE_NAMES if name != "torch")


def engines_at_start(card: ModelCard) -> tuple[str, ...]:
    """Return those of `engines_for` that a start may take of itself: no precision that nothing has judged."""
    judged = card.judged_precisions
    return tuple(name for name in engines_for(card) if name not in BELOW_SINGLE or BELOW_SINGLE[name] in judged)


def _is_among(remembered: EngineChoice, names: tuple[str, ...]) -> bool:
    """Return whether a choice was made among these engines, or by a bench, which judges by itself."""
    return remembered.reason == BENCHED or {tried.engine for tried in remembered.candidates} == set(names)


@dataclass(frozen=True, slots=True, eq=False)
class _Chooser:
    card: ModelCard
    weights: bytes
    makers: Mapping[str, EngineMaker]
    clock: Callable[[], float]
    sleep: Callable[[float], None]

    def take(self, name: str) -> ChosenEngine:
        """Open an engine without measuring; ONNX Runtime where the engine's library does not load."""
        try:
            return ChosenEngine(self.card, self._open(name), EngineChoice(engine=name, reason="asked for"))
        except EngineUnavailableError as err:
            if name == FALLBACK or self.card.file.suffix == ".pt":
                raise
            logger.warning("model %s: %s; ONNX Runtime is used instead", self.card.name, err)
            failed = CandidateFigures(engine=name, problem=str(err))
            choice = EngineChoice(engine=FALLBACK, reason="asked for another", candidates=(failed,))
            return ChosenEngine(self.card, self._open(FALLBACK), choice)

    def reopen(self, remembered: EngineChoice) -> ChosenEngine | None:
        """Open what was found earlier, by a bench for another input size too; None where it does not open any more."""
        sized = replace(self, card=resized_card(self.card, remembered.input_wh or self.card.input_wh))
        try:
            engine = sized._open(remembered.engine, remembered.layout)
        except (EngineError, OutputMismatchError) as err:
            logger.warning("model %s: the remembered engine fails: %s; it is chosen anew", self.card.name, err)
            return None
        reason = BENCHED if remembered.reason == BENCHED else "remembered"
        return ChosenEngine(sized.card, engine, remembered.model_copy(update={"reason": reason}))

    def measure(self, names: tuple[str, ...]) -> ChosenEngine:
        """Open these engines, drop those that fail or disagree, and take the fastest; the others are closed."""
        for name in BELOW_SINGLE.keys() - set(names):
            logger.info("model %s: %s is not tried, as no card or bench has judged it", self.card.name, name)
        reference = self._open(FALLBACK)
        engines: dict[str, Engine] = {FALLBACK: reference}
        try:
            check_outputs(self.card, reference)
            problems = {name: self._join(name, engines) for name in names if name != FALLBACK}
            turns_s = self._turns_s(engines)
        except BaseException:
            _close(engines)
            raise
        medians_ms = {name: 1000 * statistics.median(turns) for name, turns in turns_s.items()}
        best = min(medians_ms, key=medians_ms.__getitem__)
        if medians_ms[best] > CLEARLY_FASTER * medians_ms[FALLBACK]:
            best = FALLBACK
        candidates = tuple(
            CandidateFigures(engine=name, ms_per_picture=medians_ms.get(name), problem=problems.get(name, ""))
            for name in names
        )
        logger.info("model %s: %s, %.0f ms a picture", self.card.name, best, medians_ms[best])
        engine = engines.pop(best)
        _close(engines)
        choice = EngineChoice(engine=best, reason="measured", ms_per_picture=medians_ms[best], candidates=candidates)
        return ChosenEngine(self.card, engine, choice)

    def _open(self, name: str, layout: Layout | None = None) -> Engine:
        if (name == "torch") != (self.card.file.suffix == ".pt"):
            kind = "checkpoints (.pt)" if name == "torch" else "ONNX files"
            raise EngineError(
                f"model {self.card.name!r} ({self.card.file.name}): engine {name} runs {kind} only; write engine = "
                '"auto" in the settings, or take another model'
            )
        return self.makers[name](self.card, self.weights, layout)

    def _join(self, name: str, engines: dict[str, Engine]) -> str:
        """Open one more engine and add it if it agrees with the reference; return what speaks against it, or ''."""
        try:
            engine = self._open(name)
        except ModelError as err:
            logger.warning("model %s: %s is passed over: %s", self.card.name, name, err)
            return str(err)
        try:
            agreement = compare_engines(self.card, make_decoder(self.card), engines[FALLBACK], engine)
        except EngineError as err:
            engine.close()
            logger.warning("model %s: %s is passed over: %s", self.card.name, name, err)
            return str(err)
        if agreement.holds:
            engines[name] = engine
            return ""
        engine.close()
        return f"only {agreement.agreed_ratio:.0%} of {agreement.compared} boxes agree with {FALLBACK}"

    def _turns_s(self, engines: Mapping[str, Engine]) -> dict[str, list[float]]:
        """Let the engines run in turns, so that a busy moment hits all alike; return seconds a picture of each turn."""
        one = drawn_batch(self.card, seed=0)
        both = one, np.concatenate([one] * TOGETHER)
        turns_s: dict[str, list[float]] = {name: [] for name in engines}
        for _ in range(ROUNDS):
            for name, engine in engines.items():
                self.sleep(REST_S)
                for batch in both:  # first runs allocate and wake threads
                    engine.infer(batch)
                turns_s[name].append(self._turn_s(engine, both))
        return turns_s

    def _turn_s(self, engine: Engine, batches: Sequence[FloatArray]) -> float:
        """Run batches again and again for a turn and return the seconds that a picture took."""
        began_s, pictures = self.clock(), 0
        while not pictures or self.clock() - began_s < TURN_S:
            for batch in batches:
                engine.infer(batch)
                pictures += len(batch)
        return (self.clock() - began_s) / pictures


def resized_card(card: ModelCard, input_wh: SizeWH) -> ModelCard:
    """Return the card with another input size."""
    return card.model_copy(update={"input_wh": tuple(input_wh)})


def _close(engines: Mapping[str, Engine]) -> None:
    for engine in engines.values():
        engine.close()


ENGINE_MAKERS: Mapping[str, EngineMaker] = MappingProxyType(
    {
        "onnxruntime": OnnxRuntimeEngine,
        "openvino": OpenVinoEngine,
        "openvino-bf16": partial(OpenVinoEngine, precision="bf16"),
        "torch": TorchEngine,
    }
)
