"""Every way has its turns within the time, and what is opened is closed again."""

import os
from functools import partial
from pathlib import Path

import pytest

from models.bench import BATCHES, ROUNDS, BenchPlan, BenchResult, Tools, bench, ways_of
from models.bench_choice import Way
from models.cards import ModelCard
from models.choice import choose_engine
from models.choice_memory import ChoiceMemory
from models.engines import EngineMaker
from models.errors import EngineUnavailableError, OutputMismatchError
from models.lanes import Layout
from models.model import Model
from tests.models.fakes import FakeClock, FakeEngine, grey_frame
from tests.models.tiny import ONE_CAR, TinyOnnx, write_model


class Machine:
    """Engines of a known speed and precision, and a clock that their runs move on."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.opened: list[FakeEngine] = []
        self.most_open = 0
        self.takes_s = {"onnxruntime": 0.1, "openvino": 0.05, "openvino-bf16": 0.01}
        self.makers: dict[str, EngineMaker] = {name: partial(self._open, name) for name in self.takes_s}

    def tools(self) -> Tools:
        return Tools(self.makers, self.clock, sleep=lambda _: None)

    def _open(self, name: str, card: ModelCard, weights: bytes, layout: Layout | None = None) -> FakeEngine:
        engine = FakeEngine(card, ONE_CAR.offset, ONE_CAR.gain, lambda: self._pass(name, engine))
        engine.precision = "bf16" if name.endswith("bf16") else "fp32"
        self.opened.append(engine)
        self.most_open = max(self.most_open, sum(not each.is_closed for each in self.opened))
        return engine

    def _pass(self, name: str, engine: FakeEngine) -> None:
        pixels = engine.input_wh[0] * engine.input_wh[1] / (64 * 64)
        self.clock.now_s += self.takes_s[name] * engine.batch_lengths[-1] * pixels


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1}, raising=False)
    return Machine()


@pytest.fixture
def card(tmp_path: Path) -> ModelCard:
    return write_model(tmp_path)


def run(
    machine: Machine, card: ModelCard, *, seconds: float = 60.0, ap50: float = 0.6, sizes: bool = False
) -> BenchResult:
    def judge(model: Model) -> float:
        return ap50 if "bf16" in model.engine_name else 0.6

    return bench(card, BenchPlan(seconds, with_sizes=sizes), judge, lambda _text: None, machine.tools())


def test_ways_of_two_cores_are_one_core_both_cores_and_a_lane_each() -> None:
    ways = ways_of("openvino", cores=2)
    assert {(way.threads, way.lanes) for way in ways} == {(1, 1), (2, 1), (1, 2)}
    assert Way("openvino", 1, 2, 1) not in ways
    assert {way.batch for way in ways} == set(BATCHES)


def test_sixteen_cores_are_shared_out_among_the_lanes() -> None:
    ways = ways_of("openvino", cores=16)
    assert {(way.threads, way.lanes) for way in ways} == {(1, 1), (8, 1), (16, 1), (8, 2), (4, 4), (2, 8)}


def test_every_way_has_as_many_turns_and_its_rate_is_right(machine: Machine, card: ModelCard) -> None:
    paces = run(machine, card).paces
    assert len(paces) == 3 * len(ways_of("openvino", cores=2))
    assert {len(pace.rates) for pace in paces} == {ROUNDS}
    medians = {pace.way.engine: pace.median for pace in paces}
    assert medians == {
        "onnxruntime": pytest.approx(10),
        "openvino": pytest.approx(20),
        "openvino-bf16": pytest.approx(100),
    }


def test_slow_model_ends_after_the_round_in_which_the_time_is_over(machine: Machine, card: ModelCard) -> None:
    assert {len(pace.rates) for pace in run(machine, card, seconds=1).paces} == {1}


def test_all_engines_are_closed_at_the_end(machine: Machine, card: ModelCard) -> None:
    run(machine, card)
    assert all(engine.is_closed for engine in machine.opened)


def test_few_engines_are_open_at_a_time(machine: Machine, card: ModelCard) -> None:
    run(machine, card)
    assert machine.most_open == 3  # ONNX Runtime, the one beside it, and that again for all its boxes


def test_each_turn_runs_its_whole_batch_before_it_is_timed(machine: Machine, card: ModelCard) -> None:
    run(machine, card, seconds=0.1)
    timed = [engine.batch_lengths for engine in machine.opened if engine.batch_lengths[:2] == [2, 2]]
    assert timed
    assert all(lengths[::2] == lengths[1::2] for lengths in timed)


def test_narrow_precision_that_sees_as_much_is_chosen(machine: Machine, card: ModelCard) -> None:
    result = run(machine, card, ap50=0.596)
    assert result.choice.engine == "openvino-bf16"
    assert [figures.ap50 for figures in result.engines] == [0.6, None, 0.596]


def test_narrow_precision_that_loses_is_not_chosen(machine: Machine, card: ModelCard) -> None:
    assert run(machine, card, ap50=0.58).choice.engine == "openvino"


def test_engine_that_is_not_there_is_left_out_with_its_reason(machine: Machine, card: ModelCard) -> None:
    def refuse(card: ModelCard, weights: bytes, layout: Layout | None = None) -> FakeEngine:
        raise EngineUnavailableError("libtbb.so is missing")

    machine.makers |= {"openvino": refuse, "openvino-bf16": refuse}
    result = run(machine, card)
    assert {pace.way.engine for pace in result.paces} == {"onnxruntime"}
    assert [one.problem for one in result.choice.candidates] == ["", "libtbb.so is missing", "libtbb.so is missing"]


def test_foreign_outputs_are_refused_before_anything_is_timed(machine: Machine, tmp_path: Path) -> None:
    with pytest.raises(OutputMismatchError):
        run(machine, write_model(tmp_path, class_names=("person", "car")))
    assert all(engine.is_closed for engine in machine.opened)


def test_start_takes_what_a_bench_stored_without_measuring(machine: Machine, card: ModelCard, tmp_path: Path) -> None:
    stored = run(machine, card).choice
    assert ChoiceMemory(tmp_path).keep(card, stored)
    later = Machine()
    chosen = choose_engine(card, tmp_path, makers=later.makers, clock=later.clock, sleep=lambda _: None)
    assert (chosen.choice, later.clock.now_s) == (stored, 0.0)
    assert chosen.choice.told == f", {stored.ms_per_picture:.0f} ms, models bench"


AT_ONCE = Tools(sleep=lambda _: None)
"""Real engines, without the rests between their turns."""


def half(model: Model) -> float:
    """Judge every model alike."""
    return 0.5


def ignore(text: str) -> None:
    """Take a progress report and do nothing."""


def free_size(folder: Path) -> ModelCard:
    return write_model(folder, TinyOnnx(ONE_CAR.offset, ONE_CAR.gain, side="side"))


def test_sizes_are_tried_only_when_asked(machine: Machine, card: ModelCard) -> None:
    assert run(machine, card).sizes == ()


def test_file_of_one_size_keeps_that_of_its_card(tmp_path: Path) -> None:
    result = bench(write_model(tmp_path), BenchPlan(0.1, with_sizes=True), half, ignore, AT_ONCE)
    assert (result.sizes, result.choice.input_wh) == ((), None)


def test_stored_size_goes_before_that_of_the_card(tmp_path: Path, card: ModelCard, machine: Machine) -> None:
    choice = run(machine, card).choice.model_copy(update={"engine": "onnxruntime", "input_wh": (32, 32)})
    small = free_size(tmp_path)
    ChoiceMemory(tmp_path).keep(small, choice)
    chosen = choose_engine(small, tmp_path)
    assert (chosen.card.input_wh, chosen.engine.input_wh, small.input_wh) == ((32, 32), (32, 32), (64, 64))


def test_real_engines_are_measured_and_the_choice_opens(card: ModelCard, tmp_path: Path) -> None:
    result = bench(card, BenchPlan(0.1), half, ignore, AT_ONCE)
    ChoiceMemory(tmp_path).keep(card, result.choice)
    chosen = choose_engine(card, tmp_path)
    model = Model(chosen.card, chosen.engine, chosen.choice)
    assert [len(found) for found in model.detect([grey_frame()] * 5)] == [1] * 5
    assert chosen.choice.reason == "benched"
    model.close()
