"""Runs the parking rule over real clips with ground truth: are the vehicles that stand reported, and only those?

    python -m benchmarks.clips --material ../shared/material --model CARD [--json FILE] [--quick]

The clips are about ten seconds long, so the limit of the rule is 3 s. What stands for 4 s and more must be reported;
a report that overlaps nothing that stands (IoU below 0.3) is false. Far vehicles and people are not all in the ground
truth, so a false report may be a vehicle that nobody wrote down; each is listed with clip, time and box.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import JsonValue

from benchmarks.report import Beginning, Report, at_least, write_report
from detectors.catalog import ZoneSettings
from detectors.events import Event, Phase
from models.model import Model, open_model
from pipeline.replay import replay
from streams.recorded import Recorded
from vision.boxes import iou_matrix

LIMIT_S = 3.0
MUST_STAND_S = 4.0
MIN_IOU = 0.3
VEHICLE_WORDS = ("car", "truck", "bus", "coach", "taxi", "cab", "van")
QUICK_CLIPS = 2


@dataclass(frozen=True, slots=True)
class ClipResult:
    """What was reported of one clip."""

    clip: str
    expected: int
    found: int
    false: tuple[Event, ...]
    missed: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--material", type=Path, required=True, help="folder with videos/*.mp4 and *.gt.json")
    parser.add_argument("--model", type=Path, required=True, help="model card")
    parser.add_argument("--weights", type=Path, help="folder of the card's weights, if not beside it")
    parser.add_argument("--look-hz", type=float, default=4.0, help="model looks per second of clip")
    parser.add_argument("--json", type=Path, help="write the result here")
    parser.add_argument("--quick", action="store_true", help=f"the first {QUICK_CLIPS} clips only")
    options = parser.parse_args(arguments)
    began = Beginning()
    truths = sorted((options.material / "videos").glob("*.gt.json"))
    if not truths:
        sys.exit(f"clips: no *.gt.json in {options.material / 'videos'}; give the folder of real material")
    with tempfile.TemporaryDirectory() as cache:
        model = open_model(options.model, Path(cache), "onnxruntime", weights_folder=options.weights)
        results = [run_clip(path, model, options.look_hz) for path in truths[: QUICK_CLIPS if options.quick else None]]
    for result in results:
        print(f"{result.clip:42} found {result.found} of {result.expected}, false {len(result.false)}")
    report = make_report(results, {"model": model.card.name, "look_hz": options.look_hz, "limit_s": LIMIT_S}, began)
    print({goal.name: goal.value for goal in report.goals})
    if options.json:
        write_report(options.json, report)


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
    main()
