"""Measures what preparing pictures and reading outputs cost beside the engine, and whether the right engine was chosen.

    python -m benchmarks.inference --json benchmarks/results/inference.json --plot benchmarks/results/inference.png

For each model and batch three sides look at the same pictures (inference_sides): the pipeline from decoded frames to
detections, its engine alone on ready tensors, and ONNX Runtime as it comes. They take turns in one process, window by
window, and each round begins with another side; ratios compare windows of the same round. Decoding video, glances and
rules are left out: they are not done once per inference. What each figure means is in `inference_figures.DEFINITIONS`.
"""

import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue
from rich.console import Console
from rich.table import Table

from benchmarks.camera_clip import REAL_CLIP
from benchmarks.errors import BenchmarkError
from benchmarks.inference_figures import DEFINITIONS, RATIOS, Sample, goals, has_amx, summary
from benchmarks.inference_frames import street_frames
from benchmarks.inference_plot import draw_plot
from benchmarks.inference_sides import SIDES, Contest, timed
from benchmarks.report import CHECKOUT, Beginning, Report, spread, write_report
from benchmarks.telling import telling
from models.errors import ModelError
from models.shelf import bundled_card
from pipeline.inference import MOST_IN_BATCH
from vision.arrays import SizeWH
from vision.frames import Frame

MATERIAL = CHECKOUT.parent / "shared" / "material"

REFERENCES = (
    (CHECKOUT / "tests/models/cards/yolov8n_int8.toml", MATERIAL / "weights" / "yolov8n_int8.onnx"),
    (CHECKOUT / "tests/models/cards/yolox_nano.toml", MATERIAL / "weights" / "yolox_nano.onnx"),
)
"""Cards and weights of pretrained models that are measured beside the bundled one where they are there."""

ModelPlace = tuple[Path, Path | None]
"""A card, and the folder of its weights; None for the card's own."""

REST_S = 0.1
"""Between windows: ONNX Runtime's threads spin on for a while after a run, and the next side would pay for it."""

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run.

    Attributes:
        batches: pictures that go through together; the looking thread takes at most `MOST_IN_BATCH`.
        rounds: how often each side is measured.
        window_s: length of a window; the look that runs at its end is finished.
        frames: different pictures that are gone through in turn.
        size_wh: of the pictures.
    """

    batches: tuple[int, ...] = (1, 2, 4, MOST_IN_BATCH)
    rounds: int = 9
    window_s: float = 0.6
    frames: int = 2 * MOST_IN_BATCH
    size_wh: SizeWH = (1920, 1080)


QUICK = Plan(batches=(1, 4), rounds=3, window_s=0.1, frames=4)
"""A run of a few seconds; its figures are for a first look only."""


def run(plan: Plan, places: Sequence[ModelPlace], source: Path | None, tell: Callable[[str], None]) -> Report:
    """Measure every model and return the result.

    Args:
        plan: what to run.
        places: the models.
        source: clip whose pictures are looked at; None for a drawn street.
        tell: called with what is done now.

    Raises:
        ModelError: a card, weights or engines are wrong.
        OSError: the clip cannot be read.
    """
    began = Beginning()
    tell("getting pictures")
    frames = street_frames(source, plan.frames, plan.size_wh)
    samples: list[Sample] = []
    engines: dict[str, JsonValue] = {}
    for card, weights_folder in places:
        tell(f"{card.stem}: choosing the engine")
        with tempfile.TemporaryDirectory(prefix="inference-") as scratch:
            contest = Contest(card, weights_folder, Path(scratch))
        try:
            engines[contest.card.name] = contest.choice.model_dump(mode="json")
            samples += _measure(contest, frames, plan, tell)
        finally:
            contest.close()
    amx = has_amx()
    shown = f"{source.name if source else 'drawn street'} at {plan.size_wh[0]}x{plan.size_wh[1]}"
    return Report(
        name="inference",
        settings={
            "batches": list(plan.batches),
            "rounds": plan.rounds,
            "window_s": plan.window_s,
            "pictures": shown,
            "different_pictures": plan.frames,
            "amx": amx,
        },
        definitions=DEFINITIONS,
        samples=[sample.to_json() for sample in samples],
        summary=summary(samples, engines),
        goals=goals(samples, has_amx=amx),
        notes=[] if amx else ["This processor has no AMX (no amx_tile in /proc/cpuinfo): that goal does not apply."],
        began=began,
    )


def _measure(contest: Contest, frames: Sequence[Frame], plan: Plan, tell: Callable[[str], None]) -> list[Sample]:
    """Measure one model: all batches in every round, all sides in turns, after each has run once to warm up."""
    looks = {batch: contest.sides(frames, batch) for batch in plan.batches}
    for batch in plan.batches:
        for side in SIDES:
            looks[batch][side]()
    samples = []
    for number in range(plan.rounds):
        tell(f"{contest.card.name} on {contest.engine_name}: round {number + 1}")
        shift = number % len(SIDES)
        for batch in plan.batches:
            for side in (*SIDES[shift:], *SIDES[:shift]):
                threading.Event().wait(REST_S)
                pace = timed(looks[batch][side], batch, plan.window_s)
                samples.append(Sample(number, contest.card.name, batch, side, pace))
    return samples


@app.command()
def main(
    model: Annotated[Path | None, typer.Option(help="model card; else the bundled model and the references")] = None,
    weights: Annotated[Path | None, typer.Option(help="folder of the card's weights")] = None,
    clip: Annotated[Path | None, typer.Option(help="whose pictures are looked at; real traffic if it is there")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None,
    plot: Annotated[Path | None, typer.Option(help="where to draw it (PNG)")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="short windows, two batches: some seconds")] = False,
) -> None:
    """Compare the way from frames to detections with the engine alone, and the engine with ONNX Runtime's default."""
    source = clip or (MATERIAL / REAL_CLIP if (MATERIAL / REAL_CLIP).exists() else None)
    try:
        with telling("inference") as tell:
            report = run(QUICK if quick else Plan(), _places(model, weights), source, tell)
        _print(report)
        if json:
            write_report(json, report)
        if plot:
            draw_plot(plot, report)
    except (BenchmarkError, ModelError, OSError) as err:
        Console(stderr=True).print(f"[red]{err}[/]", highlight=False)
        raise typer.Exit(1) from None


def _places(model: Path | None, weights: Path | None) -> list[ModelPlace]:
    if model:
        return [(model, weights)]
    references: list[ModelPlace] = [(card, file.parent) for card, file in REFERENCES if file.exists()]
    return [(bundled_card(), None), *references]


def _print(report: Report) -> None:
    table = Table("model", "batch", *(f"{side}/s" for side in SIDES), *(name for name, _, _ in RATIOS))
    samples = report.samples
    for model, batch in dict.fromkeys((str(row["model"]), int(str(row["batch"]))) for row in samples):
        medians = []
        for side in SIDES:
            mine = [row for row in samples if (row["model"], row["batch"], row["side"]) == (model, batch, side)]
            medians.append(spread([float(str(row["images_per_s"])) for row in mine]).median)
        quotients = [medians[SIDES.index(upper)] / medians[SIDES.index(lower)] for _, upper, lower in RATIOS]
        table.add_row(model, str(batch), *(f"{value:.1f}" for value in medians), *(f"{q:.3f}" for q in quotients))
    Console().print(table)
    for goal in report.goals:
        Console().print(goal.told, highlight=False)


if __name__ == "__main__":
    sys.exit(app())
