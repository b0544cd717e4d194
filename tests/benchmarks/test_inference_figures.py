"""Figures of the inference benchmark, worked out from windows."""

from pathlib import Path

import pytest

from benchmarks.inference_figures import RATIOS, Sample, goals, has_amx, ratios, summary, worst
from benchmarks.inference_sides import InferenceSide, Pace, timed

PIPELINE_TO_ENGINE, ENGINE_TO_DEFAULT = RATIOS


def sample(side: InferenceSide, images: int, *, number: int = 0, batch: int = 4, model: str = "nano") -> Sample:
    return Sample(number, model, batch, side, Pace(images, 2.0, 1.0))


def test_speed_and_cost_are_per_picture() -> None:
    made = sample("engine", 100)

    assert (made.images_per_s, made.cpu_ms_per_image) == (50.0, 10.0)


def test_ratio_compares_windows_of_the_same_round() -> None:
    samples = [sample("pipeline", 90, number=0), sample("pipeline", 40, number=1)]
    samples += [sample("engine", 50, number=1), sample("engine", 100, number=0)]

    assert ratios(samples, PIPELINE_TO_ENGINE, "nano", 4) == [0.9, 0.8]


def test_round_that_lacks_a_side_gives_no_ratio() -> None:
    samples = [sample("pipeline", 90, number=0), sample("engine", 50, number=1)]

    assert ratios(samples, PIPELINE_TO_ENGINE, "nano", 4) == []


def test_other_models_and_batches_are_not_mixed_in() -> None:
    samples = [sample("pipeline", 90), sample("engine", 100)]
    samples += [sample("engine", 10, batch=8), sample("engine", 10, model="large")]

    assert ratios(samples, PIPELINE_TO_ENGINE, "nano", 4) == [0.9]


def test_goal_is_judged_where_we_fare_worst() -> None:
    samples = [sample("pipeline", 99), sample("engine", 100)]
    samples += [sample("pipeline", 80, model="large", batch=1), sample("engine", 100, model="large", batch=1)]

    assert worst(samples, PIPELINE_TO_ENGINE) == 0.8


def test_one_disturbed_round_does_not_decide() -> None:
    samples = [sample("engine", 100, number=n) for n in range(3)]
    samples += [sample("onnxruntime_default", images, number=n) for n, images in enumerate((100, 100, 1000))]

    assert worst(samples, ENGINE_TO_DEFAULT) == 1.0


@pytest.mark.parametrize("amx", [True, False])
def test_goal_for_amx_applies_only_where_the_processor_has_it(amx: bool) -> None:
    samples = [sample("pipeline", 100), sample("engine", 100), sample("onnxruntime_default", 80)]

    found = goals(samples, has_amx=amx)

    assert [goal.applies for goal in found] == [True, True, amx]
    assert [goal.met for goal in found] == [True, True, False]


def test_goals_without_samples_are_missed() -> None:
    assert not any(goal.met for goal in goals([], has_amx=True))


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("fpu avx512_bf16", False),
        ("fpu amx_tile", False),
        ("amx_bf16 avx512f amx_tile amx_int8", True),
        ("amx_int8 amx_tile", True),
    ],
)
def test_amx_is_read_from_the_processors_flags(tmp_path: Path, flags: str, expected: bool) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\nmodel name\t: amx_tile amx_bf16\nflags\t\t: {flags}\n", encoding="utf-8")

    assert has_amx(cpuinfo) is expected


def test_system_that_tells_no_flags_has_no_amx(tmp_path: Path) -> None:
    assert has_amx(tmp_path / "none") is False


def test_summary_holds_speeds_and_ratios_by_model_and_batch() -> None:
    samples = [sample("pipeline", 90), sample("engine", 100), sample("onnxruntime_default", 50)]

    found = summary(samples, {"nano": "why"})

    assert found["nano"]["engine"] == "why"  # type: ignore[call-overload,index]
    assert found["nano"]["batches"]["4"]["engine_to_default"]["median"] == 2.0  # type: ignore[call-overload,index]


def test_window_counts_every_picture_of_every_look() -> None:
    looks: list[int] = []

    pace = timed(lambda: looks.append(1), 8, 0.0)

    assert (len(looks), pace.images) == (1, 8)
