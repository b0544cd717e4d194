"""Commands for models: `models card`, `models draw`, and those that fetch, switch, measure and train."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.commands import bench, fetching, training
from api.commands.facts import print_facts
from datasets.training_set import TrainingSetSettings, write_training_set
from models.cards import ModelCard, load_card
from models.choice import check_card
from models.shelf import ShelfEntry, bundled_card, load_shelf

app = typer.Typer(
    help="Detection models: which there are, fetching, switching and measuring, cards, drawn pictures, training.",
    no_args_is_help=True,
)
app.command("list")(fetching.list_models)
app.command("pull")(fetching.pull)
app.command("use")(fetching.use)
app.command("export")(fetching.export)
app.command("bench")(bench.bench_model)
app.command("train")(training.train_model)


@app.command("card")
def card(
    path: Annotated[
        Path | None, typer.Argument(help="card (TOML), or name of `models list`; the bundled street-nano if absent")
    ] = None,
) -> None:
    """Check a card against its weights, run the model once, and print what the card says; of a name only print."""
    offered = {entry.name: entry for entry in load_shelf().entries}.get(str(path))
    if offered is not None and path is not None and not path.exists():
        known = {key: text for key, text in _facts(offered.card).items() if key not in {"file", "sha256"}}
        print_facts(known | {"publisher": offered.publisher} | _addresses(offered))
        return
    checked = load_card(path or bundled_card())
    check_card(checked)
    print_facts(_facts(checked))


def _facts(card: ModelCard) -> dict[str, str]:
    return {key.replace("_", " "): str(value) for key, value in card.model_dump(mode="json").items()}


def _addresses(entry: ShelfEntry) -> dict[str, str]:
    files = {"weights": entry.weights, "checkpoint": entry.checkpoint}
    return {name: f"{file.url} (sha256 {file.sha256 or 'not pinned'})" for name, file in files.items() if file}


@app.command("draw")
def draw(
    folder: Annotated[Path, typer.Argument(help="where pictures and labels go; what is there already is kept")],
    pictures: Annotated[
        int, typer.Option(help="pictures to train on; a tenth more are drawn to judge by", min=10)
    ] = 4000,
) -> None:
    """Draw streets as a training set in YOLO format."""
    settings = TrainingSetSettings(train_pictures=pictures, val_pictures=max(1, pictures // 10))
    with _progress() as progress:
        task = progress.add_task("drawing", total=None)
        data = write_training_set(
            folder, settings, lambda done, total: progress.update(task, completed=done, total=total)
        )
    Console().print(f"drawn; train with: streetwarden models train {data}", highlight=False, soft_wrap=True)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True)
