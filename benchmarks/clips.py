"""Runs the parking rule over real clips with ground truth: are the vehicles that stand reported, and only those?

    python -m benchmarks.clips [--model CARD] [--json FILE] [--quick]

The clips are about ten seconds long, so the limit of the rule is 3 s. What stands for 4 s and more must be reported;
a report that overlaps nothing that stands (IoU below 0.3) is false. Far vehicles and people are not all in the ground
truth, so a false report may be a vehicle that nobody wrote down; each is listed with clip, time and box.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from pydantic import JsonValue
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.errors import BenchmarkError, NotPossibleError
from benchmarks.report import CHECKOUT, Beginning, Report, at_least, write_report
from detectors.catalog import ZoneSettings
from detectors.events import Event, Phase
from models.errors import ModelError
from models.model import Model, open_model
from models.shelf import bundled_card
from pipeline.replay import replay
from streams.recorded import Recorded
from vision.boxes import iou_matrix

LIMIT_S = 3.0
MUST_STAND_S = 4.0
MIN_IOU = 0.3
VEHICLE_WORDS = ("car", "truck", "bus", "coach", "taxi", "cab", "van")
QUICK_CLIPS = 2
MATERIAL = CHECKOUT.parent / "shared" / "material"

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class ClipResult:
    """What was reported of one clip."""

    clip: str
    expected: int
    found: int
    false: tuple[Event, ...]
    missed: tuple[str, ...]


@app.command()
def main(
    material: Annotated[Path, typer.Option(help="folder with videos/*.mp4 and *.gt.json")] = MATERIAL,
    model: Annotated[Path | None, typer.Option(help="model card; the bundled model by default")] = None,
    weights: Annotated[Path | None, typer.Option(help="folder of the card's weights, if not beside it")] = None,
    look_hz: Annotated[float, typer.Option(help="model looks per second of clip")] = 4.0,
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None,
    quick: Annotated[bool, typer.Option("--quick", help=f"the first {QUICK_CLIPS} clips only")] = False,
) -> None:
    """Hold what the parking rule reports of real clips against what people marked as standing."""
    began = Beginning()
    try:
        results, name = run(material, model or bundled_card(), weights, look_hz, QUICK_CLIPS if quick else None)
    except (BenchmarkError, ModelError) as err:
        Console(stderr=True).print(f"[red]{err}[/]", highlight=False)
        raise typer.Exit(1) from None
    report = make_report(results, {"model": name, "look_hz": look_hz, "limit_s": LIMIT_S}, began)
    table = Table("clip", "found", "of", "false", title="vehicles that stand")
    for result in results:
        table.add_row(result.clip, str(result.found), str(result.expected), str(len(result.false)))
    Console().print(table, report.summary)
    if json:
        write_report(json, report)


def run(
    material: Path, card: Path, weights: Path | None, look_hz: float, most: int | None
) -> tuple[list[ClipResult], str]:
    """Replay the clips and return their results with the model's name.

    Raises:
        NotPossibleError: there are no clips.
        ModelError: the model cannot be used.
    """
    truths = sorted((material / "videos").glob("*.gt.json"))[:most]
    if not truths:
        raise NotPossibleError(f"no *.gt.json in {material / 'videos'}; give the folder of real material")
    with tempfile.TemporaryDirectory() as cache, Progress(console=Console(stderr=True)) as progress:
        model = open_model(card, Path(cache), "onnxruntime", weights_folder=weights)
        return [run_clip(path, model, look_hz) for path in progress.track(truths)], model.card.name


def run_clip(truth_path: Path, model: Model, look_hz: float) -> ClipResult:
    """Replay one clip and hold the reports against its ground truth."""
    truth = json.loads(truth_path.read_text(encoding="utf-8"))
    standing = [thing for thing in truth["stationary"] if thing["end_s"] - thing["start_s"] >= LIMIT_S - 0.5]
    zone = ZoneSettings.model_validate(
        {
            "id": "all",
            "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]],
            "rule": {"kind": "parking", "limit_s": LIMIT_S, "queue_hold_s": 0},
        }
    )
    raised: list[Event] = []
    with Recorded(truth_path.parent / truth["file"], truth["clip"]) as recorded:
        for step in replay(recorded, [zone], model, look_hz=look_hz):
            raised += [event for event in step.events if event.phase is Phase.RAISED]
    overlaps = iou_matrix(_boxes([event.box for event in raised]), _boxes([thing["box_xyxy"] for thing in standing]))
    matched = overlaps >= MIN_IOU
    wanted = [i for i, thing in enumerate(standing) if _must_be_found(thing)]
    found = [i for i in wanted if matched[:, i].any()]
    return ClipResult(
        clip=truth["clip"],
        expected=len(wanted),
        found=len(found),
        false=tuple(event for event, row in zip(raised, matched, strict=True) if not row.any()),
        missed=tuple(f"{standing[i]['cls']} {standing[i]['box_xyxy']}" for i in wanted if i not in found),
    )


def _must_be_found(thing: dict[str, Any]) -> bool:
    is_vehicle = thing["cls"].lower().startswith(VEHICLE_WORDS) or "cab" in thing["cls"].lower()
    return is_vehicle and thing["end_s"] - thing["start_s"] >= MUST_STAND_S


def _boxes(boxes: Sequence[Sequence[float]]) -> Any:
    return np.array(boxes, np.float32).reshape(-1, 4)


def make_report(results: Sequence[ClipResult], settings: dict[str, Any], began: Beginning) -> Report:
    """Sum up the clips."""
    expected, found = sum(r.expected for r in results), sum(r.found for r in results)
    false = sum(len(r.false) for r in results)
    recall = found / expected if expected else None
    precision = found / (found + false) if found + false else None
    samples: list[dict[str, JsonValue]] = [
        {
            "clip": r.clip,
            "expected": r.expected,
            "found": r.found,
            "missed": list(r.missed),
            "false": [_told(event) for event in r.false],
        }
        for r in results
    ]
    return Report(
        name="clips",
        settings=settings,
        definitions={
            "recall": f"share of vehicles standing {MUST_STAND_S:g} s and more that were reported (IoU >= {MIN_IOU:g})",
            "precision": "found vehicles as a share of found vehicles and reports that overlap nothing that stands",
        },
        samples=samples,
        summary={"expected": expected, "found": found, "false": false},
        goals=(at_least("recall", 0.8, recall), at_least("precision", 0.8, precision)),
        notes=("the clips are about ten seconds long; far vehicles are not all in the ground truth",),
        began=began,
    )


def _told(event: Event) -> JsonValue:
    return {"t_s": event.t_s, "started_t_s": event.started_t_s, "box": list(event.box)}


if __name__ == "__main__":
    sys.exit(app())
