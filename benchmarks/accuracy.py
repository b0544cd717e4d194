"""Judges detection models side by side, on real frames that ours was not trained on and on drawn streets.

    python -m benchmarks.accuracy --json benchmarks/results/accuracy.json

Average precision is counted by pycocotools on all boxes down to a score of 0.01; recall and F1 at the score from which
the running system takes a detection. A model whose file takes any size is run at those of the others, too.
"""

import itertools
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, cast

import numpy as np
import typer
from pydantic import JsonValue
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.accuracy_data import DEFAULT_DATA, DRAWN, Yardstick, frames_of, yardstick
from benchmarks.coco_scores import Judged, Score, score
from benchmarks.errors import BenchmarkError
from benchmarks.report import CHECKOUT, Beginning, Goal, Report, at_least, write_report
from datasets.errors import DatasetError
from datasets.labelled import LabelledPicture
from models.bench_choice import MOST_LOST_AP50
from models.cards import load_card, read_weights
from models.choice import ENGINE_MAKERS, FALLBACK
from models.errors import ModelError
from models.model import Model
from models.shelf import bundled_card
from vision.arrays import SizeWH
from vision.classes import VEHICLES, StreetClass
from vision.detections import Detections
from vision.frames import Frame

MATERIAL = CHECKOUT.parent / "shared" / "material"
LOWEST_SCORE = 0.01
AT_ONCE = 4
QUICK_PICTURES = 12

GROUPS: Mapping[str, frozenset[int]] = {
    "vehicles": frozenset(int(kind) for kind in VEHICLES),
    **{kind.label: frozenset({int(kind)}) for kind in StreetClass if kind is not StreetClass.UNKNOWN},
}
"""What is scored: car, bus and truck as one, and each class."""

OURS = "street-nano"

DEFINITIONS = {
    "ap50": "average precision at IoU 0.5 by pycocotools, by size of the thing with its picture fitted into 640 px",
    "seen": "things of 24 px and more, as the side of a square of their area",
    "ap50_95": "mean of the average precisions at IoU 0.5 to 0.95",
    "recall": "share of the marked things found at the card's score threshold",
    "f1": "harmonic mean of precision and recall at the card's score threshold",
    "vehicles": "car, bus and truck taken as one",
}

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Contender:
    """A model at one input size, in one engine."""

    card: Path
    weights: Path | None
    input_wh: SizeWH | None = None
    engine: str = FALLBACK


@dataclass(frozen=True, slots=True)
class Result:
    """What one model reached on one set."""

    model: str
    input_wh: SizeWH
    data: str
    scores: Mapping[str, Score]
    engine: str = FALLBACK


def pretrained(material: Path) -> list[Contender]:
    """Return the models of the material and ours at their input sizes; only ours where there is no material."""
    weights = material / "weights"
    cards = [CHECKOUT / "tests" / "models" / "cards" / f"{name}.toml" for name in ("yolox_nano", "yolov8n_int8")]
    there = [card for card in cards if (weights / load_card(card).file.name).is_file()]
    sizes = [load_card(card).input_wh for card in there]
    ours = [Contender(bundled_card(), None, size) for size in (None, *sizes)]
    return ours + [Contender(card, weights) for card in there]


def run(contenders: Sequence[Contender], yardsticks: Sequence[Yardstick], tell: Console) -> list[Result]:
    """Judge each model on each set.

    Raises:
        ModelError: a model cannot be used.
        DatasetError: a picture cannot be read.
    """
    results = []
    for contender in contenders:
        model, threshold = _opened(contender)
        for each in yardsticks:
            tell.print(f"{model.card.name} {model.input_wh[0]}x{model.input_wh[1]} on {each.name}", highlight=False)
            scores = score(_judged(model, each), GROUPS, threshold)
            results.append(Result(model.card.name, model.input_wh, each.name, scores, contender.engine))
        model.close()
    return results


def _opened(contender: Contender) -> tuple[Model, float]:
    """Return a model that keeps every box, and the threshold from which the running system takes one."""
    card = load_card(contender.card, weights_folder=contender.weights)
    changes = {"score_threshold": LOWEST_SCORE, "input_wh": contender.input_wh or card.input_wh}
    lowest = card.model_copy(update=changes)
    return Model(lowest, ENGINE_MAKERS[contender.engine](lowest, read_weights(card))), card.score_threshold


def _judged(model: Model, data: Yardstick) -> list[Judged]:
    rows: list[Judged] = []
    for batch in batched(frames_of(data.pictures), AT_ONCE):
        found = model.detect([frame for _, frame in batch])
        rows += [_row(picture, detections) for (picture, _), detections in zip(batch, found, strict=True)]
    return rows


def batched(pairs: Iterable[tuple[LabelledPicture, Frame]], most: int) -> Iterator[list[tuple[LabelledPicture, Frame]]]:
    """Yield the pairs in lists of at most so many."""
    rest = iter(pairs)
    while batch := list(itertools.islice(rest, most)):
        yield batch


def _row(picture: LabelledPicture, found: Detections) -> Judged:
    """Return what is judged; a thing whose class nobody named is a region that says nothing."""
    labels = picture.labels
    is_named = labels.class_ids != StreetClass.UNKNOWN
    return Judged(
        picture.size_wh,
        labels.boxes[is_named],
        labels.class_ids[is_named],
        frozenset(int(kind) for kind in picture.complete),
        found,
        np.concatenate([picture.ignored, labels.boxes[~is_named]]),
    )


def goals(results: Sequence[Result]) -> list[Goal]:
    """Return what was wanted of the bundled model and what was reached; a figure that is missing misses its goal."""
    usual = [result for result in results if result.engine == FALLBACK]
    drawn = [_mean_ap50(result) for result in usual if (result.model, result.data) == (OURS, DRAWN)]
    return [
        *_against(usual, "yolox-nano", 1.0),
        *_against(usual, "yolov8n-int8", 0.85),
        at_least("mAP50 on drawn streets, at the card's input size", 0.9, drawn[0] if drawn else None),
        *_precisions(results),
    ]


def _precisions(results: Sequence[Result]) -> list[Goal]:
    """Return what each other engine may lose beside ONNX Runtime: half a point of mAP50."""
    usual = {(r.model, r.input_wh, r.data): _mean_ap50(r) for r in results if r.engine == FALLBACK}
    return [
        at_least(
            f"mAP50 of {r.model} {r.input_wh[0]}x{r.input_wh[1]} on {r.data} in {r.engine}, less that in {FALLBACK}",
            -MOST_LOST_AP50,
            round(_mean_ap50(r) - usual[r.model, r.input_wh, r.data], 4),
        )
        for r in results
        if r.engine != FALLBACK and (r.model, r.input_wh, r.data) in usual
    ]


def _against(results: Sequence[Result], other: str, share: float) -> list[Goal]:
    theirs = {result.data: result for result in results if result.model == other}
    ours = {result.data: result for result in results if result.model == OURS and _is_same_size(result, theirs)}
    wanted = (("jamcam", "vehicles", "seen"), ("coco128", "person", "all"))
    return [
        at_least(f"AP50 of {group} on {data} ({size}), by that of {other} at its input size", share, ratio)
        for data, group, size in wanted
        for ratio in [_ratio(ours.get(data), theirs.get(data), group, size)]
    ]


def _is_same_size(result: Result, theirs: Mapping[str, Result]) -> bool:
    return result.data in theirs and theirs[result.data].input_wh == result.input_wh


def _ratio(ours: Result | None, theirs: Result | None, group: str, size: str) -> float | None:
    if ours is None or theirs is None:
        return None
    top, bottom = ours.scores[group].ap50[size], theirs.scores[group].ap50[size]
    return top / bottom if top is not None and bottom else None


def _mean_ap50(result: Result) -> float:
    """Return the mean over the classes that are marked somewhere."""
    values = [s.ap50["all"] for name, s in result.scores.items() if name != "vehicles"]
    return float(np.mean([value for value in values if value is not None]))


def make_report(results: Sequence[Result], yardsticks: Sequence[Yardstick], began: Beginning) -> Report:
    """Sum up."""
    counts: dict[str, JsonValue] = {each.name: len(each.pictures) for each in yardsticks}
    return Report(
        name="accuracy",
        settings={"pictures": counts, "lowest_score": LOWEST_SCORE},
        definitions=DEFINITIONS,
        samples=[_sample(result, name, each) for result in results for name, each in result.scores.items()],
        summary=None,
        goals=goals(results),
        notes=[f"{each.name}: {each.note}" for each in yardsticks],
        began=began,
    )


def _sample(result: Result, group: str, scores: Score) -> dict[str, JsonValue]:
    return {
        "model": result.model,
        "engine": result.engine,
        "input_wh": list(result.input_wh),
        "data": result.data,
        "group": group,
        **{key: _rounded(value) for key, value in asdict(scores).items()},
    }


def _rounded(value: object) -> JsonValue:
    if isinstance(value, dict):
        return {str(key): _rounded(each) for key, each in value.items()}
    if isinstance(value, float):
        return round(value, 4)
    assert value is None or isinstance(value, int)
    return value


@app.command()
def main(
    model: Annotated[
        list[Path] | None, typer.Option(help="card of a model; ours and the material's by default")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="folder of the cards' weights, if not beside them")] = None,
    input_px: Annotated[int | None, typer.Option(help="side of the square that the given models are run at")] = None,
    engine: Annotated[
        list[str] | None, typer.Option(help=f"{FALLBACK} by default; openvino-bf16 beside it shows what it loses")
    ] = None,
    data: Annotated[
        list[str] | None, typer.Option(help="drawn, a set of the catalogue, or a folder with labels")
    ] = None,
    material: Annotated[Path, typer.Option(help="folder of the real material")] = MATERIAL,
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None,
    quick: Annotated[bool, typer.Option("--quick", help=f"the first {QUICK_PICTURES} pictures of each set")] = False,
) -> None:
    """Judge models on real and drawn pictures."""
    began, console = Beginning(), Console(stderr=True)
    size = (input_px, input_px) if input_px else None
    if unknown := set(engine or []) - set(ENGINE_MAKERS):
        raise typer.BadParameter(
            f"there is no {', '.join(unknown)}; write {', '.join(ENGINE_MAKERS)}", param_hint="--engine"
        )
    models = [Contender(card, weights, size) for card in model or []] or pretrained(material)
    contenders = [replace(each, engine=name) for name in engine or [FALLBACK] for each in models]
    try:
        sets = [yardstick(name, material) for name in data or _possible(material, console)]
        if quick:
            sets = [replace(each, pictures=each.pictures[:QUICK_PICTURES]) for each in sets]
        report = make_report(run(contenders, sets, console), sets, began)
    except (BenchmarkError, ModelError, DatasetError) as err:
        console.print(f"[red]{escape(str(err))}[/]", highlight=False)
        raise typer.Exit(1) from None
    _show(report)
    if json:
        write_report(json, report)


def _possible(material: Path, console: Console) -> Sequence[str]:
    if (material / "datasets").is_dir():
        return DEFAULT_DATA
    console.print(f"there is no real material in {material}; only drawn streets are judged", highlight=False)
    return [DRAWN]


def _show(report: Report) -> None:
    figures_of = ("marked", "AP50", "seen", "small", "AP50-95", "recall", "F1")
    table = Table("data", "model", "engine", "input", "of", *figures_of)
    for row in report.samples:
        marked, ap50, recall = row["marked"], row["ap50"], row["recall"]
        assert isinstance(marked, dict)
        assert isinstance(ap50, dict)
        assert isinstance(recall, dict)
        if marked["all"]:
            sizes = [ap50[size] for size in ("all", "seen", "small")]
            figures = [marked["all"], *sizes, row["ap50_95"], recall["all"], row["f1"]]
            size = "x".join(map(str, cast("list[int]", row["input_wh"])))
            names = [str(row[key]) for key in ("data", "model", "engine")]
            table.add_row(*names, size, str(row["group"]), *("–" if v is None else str(v) for v in figures))
    Console().print(table)
    for goal in report.goals:
        Console().print(goal.told, highlight=False)


if __name__ == "__main__":
    sys.exit(app())
