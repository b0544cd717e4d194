"""The command `models train`: checks what is asked for and the pictures, then trains and says where the card is."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.commands.input_size import input_size
from api.commands.set_telling import say, tell
from datasets.errors import UnknownClassError
from datasets.formats import read_set
from datasets.reading import SetFacts, picture_paths
from models.training import TrainProgress, TrainSettings, train
from vision.wording import sentence_of

StartFrom = Annotated[
    Path | None, typer.Option(help="checkpoint (.pt) of ours, or published ONNX of that architecture; random if absent")
]
Note = Annotated[str, typer.Option(help="what the pictures are and their licences; goes on the card")]
Architecture = Annotated[str, typer.Option(help="as ultralytics names it: yolo11n.yaml, yolov8n.yaml")]
TrainPx = Annotated[int, typer.Option(help="side of the square that pictures are trained at", min=32, max=1280)]
Input = Annotated[str, typer.Option("--input", help="input size on the card, as 640x384; the file takes any")]
Bf16 = Annotated[
    bool, typer.Option("--bf16", help="bfloat16: faster on processors with AMX, and for GPUs of 2020 and later")
]
LearningRate = Annotated[float, typer.Option(help="at the start; take less with --start-from")]
Mosaic = Annotated[float, typer.Option(help="share of pictures put together from four", min=0, max=1)]
BlendWith = Annotated[
    Path | None,
    typer.Option(help="published ONNX whose weights are averaged in before and after, to forget less of it"),
]
BlendBefore = Annotated[float, typer.Option(help="share of those weights in the start", min=0, max=1)]
BlendAfter = Annotated[float, typer.Option(help="share of those weights in the finished model", min=0, max=1)]
FrozenLayers = Annotated[int, typer.Option(help="so many first layers stay as they start", min=0, max=22)]
Hours = Annotated[float | None, typer.Option(help="end after so many hours instead", min=0.01, max=240)]


def train_model(
    data: Annotated[Path, typer.Argument(help="data.yaml of a set in YOLO format")],
    out: Annotated[Path, typer.Option(help="folder of weights and card; a run that was stopped there goes on")],
    name: Annotated[str, typer.Option(help="name of the model")] = "street-own",
    epochs: Annotated[int, typer.Option(help="passes over the pictures", min=1, max=1000)] = 30,
    hours: Hours = None,
    start_from: StartFrom = None,
    blend_with: BlendWith = None,
    blend_before: BlendBefore = 0.4,
    blend_after: BlendAfter = 0.15,
    frozen_layers: FrozenLayers = 0,
    architecture: Architecture = "yolo11n.yaml",
    device: Annotated[str, typer.Option(help="cpu, or cuda:0 for the first GPU")] = "cpu",
    threads: Annotated[int, typer.Option(help="processor threads", min=1, max=256)] = 2,
    batch: Annotated[int, typer.Option(help="pictures a step; more take more memory", min=1, max=512)] = 8,
    train_px: TrainPx = 480,
    mosaic: Mosaic = 1.0,
    input_wh: Input = "640x384",
    bf16: Bf16 = False,
    learning_rate: LearningRate = 0.001,
    resume: Annotated[bool, typer.Option("--resume/--anew", help="go on with a run that was stopped there")] = True,
    note: Note = "own pictures",
) -> None:
    """Train a nano model, export it to ONNX and write its card (needs the extra: pip install -e '.[train]')."""
    fields = {"name": name, "epochs": epochs, "hours": hours, "architecture": architecture, "start_from": start_from}
    fields |= {"blend_with": blend_with, "blend_before": blend_before, "blend_after": blend_after}
    fields |= {"frozen_layers": frozen_layers, "mosaic": mosaic}
    fields |= {"device": device, "threads": threads, "batch": batch, "resume": resume, "data_note": note}
    fields |= {"train_px": train_px, "input_wh": input_size(input_wh), "bf16": bf16, "learning_rate": learning_rate}
    settings = _settings(fields)
    _check_pictures(data)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
        task = progress.add_task("training", total=epochs)

        def show(step: TrainProgress) -> None:
            text = f"training, mAP50 {step.map50:.3f}"
            progress.update(task, completed=step.epoch, total=step.epochs, description=text)

        path = train(data, out, settings, show)
    say(f"the card is {path}; switch to it with: streetwarden models use {path}")


def _settings(fields: dict[str, object]) -> TrainSettings:
    """Return the recipe, or end as a wrong use of the option that is named."""
    start = fields["start_from"]
    from_onnx = (isinstance(start, Path) and start.suffix == ".onnx") or fields["blend_with"] is not None
    try:
        return TrainSettings.model_validate({**fields, "hold_statistics": from_onnx, "licence": "see data"})
    except ValidationError as err:
        first = err.errors()[0]
        option = str(first["loc"][0]).replace("_", "-") if first["loc"] else "start-from"
        raise typer.BadParameter(sentence_of(first), param_hint=f"--{option}") from None


def _check_pictures(data: Path) -> None:
    """Say what is wrong with the pictures before hours are spent on them.

    A set whose pictures lie elsewhere, as ultralytics allows, is left to training.

    Raises:
        DatasetError: no picture can be used.
    """
    if not data.is_file() or not picture_paths(data.parent):
        return
    try:
        tell(read_set(str(data), SetFacts(data.parent.name)).findings)
    except UnknownClassError as err:
        sys.stderr.write(f"! {err}\n")  # they are trained, and dropped when the model runs
