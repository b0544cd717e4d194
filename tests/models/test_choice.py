"""The fastest engine that sees the same is taken, and remembered."""

import json
import logging
import os
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest

from models import choice
from models.agreement import PICTURES
from models.cards import ModelCard
from models.choice import ChosenEngine, check_card, choose_engine
from models.choice_memory import BENCHED, FILE_NAME, ChoiceMemory, EngineChoice
from models.engines import Engine, EngineMaker
from models.errors import (
    EngineError,
    EngineUnavailableError,
    ExtraMissingError,
    ModelError,
    OutputMismatchError,
    WeightsHashError,
)
from models.lanes import Layout
from tests.models.fakes import FakeClock, FakeEngine
from tests.models.tiny import ONE_CAR, TinyOnnx, write_model
from vision.arrays import FloatArray

FIRST_IN_TURN = PICTURES + 2 + 1
"""That many runs an engine has had when the first counted one ends: those compared, two to warm up."""

NAMES = ("onnxruntime", "openvino", "openvino-bf16")


class Bench:
    """Fake engines by name, which of them were opened, and a clock that their runs move on."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.opened: dict[str, FakeEngine] = {}
        self.layouts: list[Layout | None] = []
        self.takes_s = {"onnxruntime": 0.1, "openvino": 0.01, "openvino-bf16": 0.05}
        self.makers: dict[str, EngineMaker] = {name: partial(self._open, name, ONE_CAR.offset) for name in NAMES}

    def sees_otherwise(self, name: str) -> None:
        shifted = ONE_CAR.offset.copy()
        shifted[0, 0] += 10
        self.makers[name] = partial(self._open, name, shifted)

    def fails(self, name: str, error: ModelError) -> None:
        def refuse(card: ModelCard, weights: bytes, layout: Layout | None = None) -> Engine:
            raise error

        self.makers[name] = refuse

    def choose(self, card: ModelCard, cache: Path, wanted: str = "auto") -> ChosenEngine:
        return choose_engine(card, cache, wanted=wanted, makers=self.makers, clock=self.clock, sleep=lambda _: None)

    def _open(
        self, name: str, offset: FloatArray, card: ModelCard, weights: bytes, layout: Layout | None = None
    ) -> Engine:
        self.layouts.append(layout)
        self.opened[name] = FakeEngine(card, offset, ONE_CAR.gain, lambda: self._pass(name))
        return self.opened[name]

    def _pass(self, name: str) -> None:
        self.clock.now_s += self.takes_s[name] * self.opened[name].batch_lengths[-1]


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def card(tmp_path: Path) -> ModelCard:
    return write_model(tmp_path, judged_precisions=("bf16",))


@pytest.fixture
def unjudged(tmp_path: Path) -> ModelCard:
    """The same card, which names no precision below single."""
    return write_model(tmp_path)


def test_fastest_engine_is_taken_and_the_others_are_closed(card: ModelCard, bench: Bench, tmp_path: Path) -> None:
    chosen = bench.choose(card, tmp_path)
    assert chosen.engine is bench.opened["openvino"]
    closed = {name: engine.is_closed for name, engine in bench.opened.items()}
    assert closed == {"onnxruntime": True, "openvino": False, "openvino-bf16": True}


def test_every_figure_is_in_the_record(card: ModelCard, bench: Bench, tmp_path: Path) -> None:
    chosen = bench.choose(card, tmp_path)
    figures = {one.engine: one.ms_per_picture for one in chosen.choice.candidates}
    assert figures == {
        "onnxruntime": pytest.approx(100),
        "openvino": pytest.approx(10),
        "openvino-bf16": pytest.approx(50),
    }
    assert (chosen.choice.engine, chosen.choice.reason) == ("openvino", "measured")


def test_engine_that_is_hardly_faster_is_not_worth_it(card: ModelCard, bench: Bench, tmp_path: Path) -> None:
    bench.takes_s |= {"openvino": 0.097, "openvino-bf16": 0.099}
    assert bench.choose(card, tmp_path).choice.engine == "onnxruntime"


def test_engine_is_judged_by_batches_too(card: ModelCard, bench: Bench, tmp_path: Path) -> None:
    def pass_slow_alone(name: str) -> None:
        length = bench.opened[name].batch_lengths[-1]
        bench.clock.now_s += 0.15 if name == "openvino" else 0.1 * length

    bench.takes_s["openvino-bf16"] = 0.1
    bench._pass = pass_slow_alone  # type: ignore[method-assign]
    assert bench.choose(card, tmp_path).choice.engine == "openvino"


def test_one_slow_run_of_many_does_not_decide(card: ModelCard, bench: Bench, tmp_path: Path) -> None:
    def pass_with_one_hiccup(name: str) -> None:
        is_hiccup = name == "openvino" and len(bench.opened[name].batch_lengths) == FIRST_IN_TURN
        bench.clock.now_s += 60 if is_hiccup else bench.takes_s[name] * bench.opened[name].batch_lengths[-1]

    bench._pass = pass_with_one_hiccup  # type: ignore[method-assign]
    assert bench.choose(card, tmp_path).choice.engine == "openvino"


def test_engine_that_sees_otherwise_is_not_taken_however_fast(card: ModelCard, bench: Bench, tmp_path: Path) -> None:
    bench.takes_s["openvino-bf16"] = 0.001
    bench.sees_otherwise("openvino-bf16")
    chosen = bench.choose(card, tmp_path)
    assert chosen.choice.engine != "openvino-bf16"
    assert "boxes agree" in {one.engine: one.problem for one in chosen.choice.candidates}["openvino-bf16"]


def test_precision_that_nothing_has_judged_is_not_tried_at_a_start(
    unjudged: ModelCard, bench: Bench, tmp_path: Path
) -> None:
    bench.takes_s["openvino-bf16"] = 0.001
    assert bench.choose(unjudged, tmp_path).choice.engine == "openvino"
    assert "openvino-bf16" not in bench.opened


def test_precision_that_an_earlier_start_took_unjudged_is_left_again(
    card: ModelCard, unjudged: ModelCard, bench: Bench, tmp_path: Path
) -> None:
    bench.takes_s["openvino-bf16"] = 0.001
    assert bench.choose(card, tmp_path).choice.engine == "openvino-bf16"
    chosen = Bench().choose(unjudged, tmp_path)
    assert (chosen.choice.engine, chosen.choice.reason) == ("openvino", "measured")


def test_precision_that_the_card_names_later_is_measured_then(
    card: ModelCard, unjudged: ModelCard, bench: Bench, tmp_path: Path
) -> None:
    bench.takes_s["openvino-bf16"] = 0.001
    bench.choose(unjudged, tmp_path)
    assert bench.choose(card, tmp_path).choice.engine == "openvino-bf16"


def test_engine_that_does_not_load_is_passed_over_with_a_warning(
    card: ModelCard, bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("openvino", "openvino-bf16"):
        bench.fails(name, EngineUnavailableError("libtbb.so is missing"))
    with caplog.at_level(logging.WARNING):
        chosen = bench.choose(card, tmp_path)
    assert chosen.choice.engine == "onnxruntime"
    assert "model tiny: openvino is passed over: libtbb.so is missing" in caplog.text


def test_second_start_takes_the_remembered_engine_without_measuring(
    card: ModelCard, bench: Bench, tmp_path: Path
) -> None:
    bench.choose(card, tmp_path)
    again = Bench()
    chosen = again.choose(card, tmp_path)
    assert (chosen.choice.engine, chosen.choice.reason) == ("openvino", "remembered")
    assert (list(again.opened), again.opened["openvino"].batch_lengths) == (["openvino"], [])


def test_other_weights_are_measured_anew(card: ModelCard, bench: Bench, tmp_path: Path) -> None:
    bench.choose(card, tmp_path)
    other = write_model(tmp_path, TinyOnnx(ONE_CAR.offset + 1, ONE_CAR.gain))
    assert Bench().choose(other, tmp_path).choice.reason == "measured"


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system binds no process to cores")
def test_other_number_of_cores_to_use_is_measured_anew(
    card: ModelCard, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1})
    bench.choose(card, tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(64)))
    assert Bench().choose(card, tmp_path).choice.reason == "measured"


def test_remembered_engine_that_fails_now_is_measured_anew(card: ModelCard, bench: Bench, tmp_path: Path) -> None:
    bench.choose(card, tmp_path)
    again = Bench()
    again.fails("openvino", EngineUnavailableError("gone"))
    chosen = again.choose(card, tmp_path)
    assert (chosen.choice.engine != "openvino", chosen.choice.reason) == (True, "measured")


@pytest.mark.parametrize("content", ["", "not json", '{"choices": {"x": {"motor": "v8"}}}', "[]"])
def test_damaged_memory_is_measured_over(content: str, card: ModelCard, bench: Bench, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(content, encoding="utf-8")
    assert bench.choose(card, tmp_path).choice.reason == "measured"
    assert len(json.loads((tmp_path / FILE_NAME).read_text(encoding="utf-8"))["choices"]) == 1


def test_folder_that_cannot_be_written_stops_nothing(
    card: ModelCard, bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        chosen = bench.choose(card, blocked / "cache")
    assert chosen.choice.reason == "measured"
    assert "cannot be written" in caplog.text


def test_engine_that_is_asked_for_is_taken_without_measuring(unjudged: ModelCard, bench: Bench, tmp_path: Path) -> None:
    chosen = bench.choose(unjudged, tmp_path, wanted="openvino-bf16")
    assert (chosen.choice.engine, list(bench.opened)) == ("openvino-bf16", ["openvino-bf16"])


def test_engine_that_is_asked_for_but_does_not_load_is_replaced_with_a_warning(
    card: ModelCard, bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench.fails("openvino", EngineUnavailableError("libtbb.so is missing"))
    with caplog.at_level(logging.WARNING):
        chosen = bench.choose(card, tmp_path, wanted="openvino")
    assert chosen.choice.engine == "onnxruntime"
    assert "libtbb.so is missing; ONNX Runtime is used instead" in caplog.text


def test_unknown_engine_is_refused_with_those_that_exist(card: ModelCard, bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no engine 'tensorflow'; possible are auto, onnxruntime, openvino"):
        bench.choose(card, tmp_path, wanted="tensorflow")


def test_changed_weights_are_refused_before_any_engine_opens(card: ModelCard, bench: Bench, tmp_path: Path) -> None:
    card.file.write_bytes(b"something else")
    with pytest.raises(WeightsHashError):
        bench.choose(card, tmp_path)
    assert bench.opened == {}


def test_foreign_outputs_are_refused_before_anything_is_measured(bench: Bench, tmp_path: Path) -> None:
    foreign = write_model(tmp_path, class_names=("person", "car"))
    with pytest.raises(OutputMismatchError):
        bench.choose(foreign, tmp_path)
    assert [engine.is_closed for engine in bench.opened.values()] == [True]


def test_real_engines_agree_and_one_is_chosen(card: ModelCard, tmp_path: Path) -> None:
    chosen = choose_engine(card, tmp_path / "cache")
    problems = {one.engine: one.problem for one in chosen.choice.candidates if one.ms_per_picture is None}
    assert set(problems) <= {"openvino-bf16"}


def test_checkpoint_takes_what_a_bench_stored(card: ModelCard, bench: Bench, tmp_path: Path) -> None:
    checkpoint = card.model_copy(update={"file": card.file.rename(tmp_path / "tiny.pt")})
    bench.makers["torch"] = partial(bench._open, "torch", ONE_CAR.offset)
    stored = EngineChoice(engine="torch", reason=BENCHED, ms_per_picture=12.0, alone=2, lanes=1, batch=4)
    ChoiceMemory(tmp_path).keep(checkpoint, stored)
    assert bench.choose(checkpoint, tmp_path).choice == stored


@pytest.mark.skipif(find_spec("ultralytics") is not None, reason="the training extra is installed here")
def test_torch_checkpoint_without_the_extra_says_what_to_install(tmp_path: Path) -> None:
    card = write_model(tmp_path)
    checkpoint = card.file.rename(tmp_path / "tiny.pt")
    with pytest.raises(ExtraMissingError, match=r"tiny\.pt.*pip install -e '\.\[train\]'"):
        choose_engine(card.model_copy(update={"file": checkpoint}), tmp_path)


def test_broken_openvino_leaves_onnx_runtime(
    card: ModelCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with caplog.at_level(logging.WARNING):
        chosen = choose_engine(card, tmp_path / "cache")
    assert chosen.choice.engine == "onnxruntime"
    assert "openvino is passed over: OpenVINO does not load here" in caplog.text


@pytest.mark.parametrize(
    ("file", "engine", "kind"),
    [("tiny.onnx", "torch", r"checkpoints \(\.pt\)"), ("tiny.pt", "onnxruntime", "ONNX files")],
)
def test_engine_for_other_files_is_refused_with_the_way_out(
    card: ModelCard, tmp_path: Path, file: str, engine: str, kind: str
) -> None:
    other = card.model_copy(update={"file": card.file.rename(tmp_path / file)})
    with pytest.raises(EngineError, match=rf'{file}\): engine {engine} runs {kind} only; write engine = "auto"'):
        check_card(other, engine)


def test_card_is_checked_in_the_engine_of_the_settings(card: ModelCard, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    monkeypatch.setattr(choice, "ENGINE_MAKERS", bench.makers)
    for engine in ("openvino", "auto"):
        check_card(card, engine)
    assert {name: opened.is_closed for name, opened in bench.opened.items()} == {"openvino": True, "onnxruntime": True}
