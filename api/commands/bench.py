"""The command `models bench`: measures how a model runs fastest here, shows it, and stores it for the service."""

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer
from pydantic import JsonValue
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.commands.fetching import CARD_ENDINGS
from api.commands.looking import cache_folder
from api.commands.options import DEFAULT_CONFIG, ConfigOption
from api.commands.set_telling import say, wrong_use
from api.commands.yardsticks import DRAWN, judge_by
from models.bench import BenchPlan, BenchResult, bench
from models.bench_choice import MOST_LOST_AP50, Pace
from models.cards import ModelCard, load_card
from models.choice_memory import FILE_NAME, ChoiceMemory, cpu_model, library_versions
from models.errors import ModelError, UnknownModelError
from models.lanes import usable_cores
from models.shelf import BUNDLED_NAME, RECOMMENDED, bundled_card, load_shelf
from pipeline.settings import Settings, load_settings


def bench_model(
    model: Annotated[
        str | None, typer.Argument(help="name of a model that is here, or a card; that of the settings if absent")
    ] = None,
    seconds: Annotated[float, typer.Option(help="for all turns together", min=1, max=3600)] = 60.0,
    data: Annotated[str, typer.Option(help="labelled pictures to judge by: a set, or drawn streets")] = DRAWN,
    size: Annotated[
        Literal["card", "auto"], typer.Option("--input", help="auto: take the fastest size that sees as much")
    ] = "card",
    json_file: Annotated[Path | None, typer.Option("--json", help="where to write the figures")] = None,
    note: Annotated[str, typer.Option(help="what else this machine did; goes into that file")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Measure engines, precisions, cores and batches; the service takes the fastest at its next start."""
    settings = load_settings(config) if config != DEFAULT_CONFIG or config.exists() else None
    card = load_card(_card_path(model, settings))
    with wrong_use():
        judge = judge_by(data)
    with _progress() as on_progress:
        result = bench(card, BenchPlan(seconds, with_sizes=size == "auto"), judge, on_progress)
    _show(card, result)
    _keep(card, result, settings)
    if settings and settings.model.engine != "auto":
        say(f'{config} says engine = "{settings.model.engine}"; what is stored is taken with engine = "auto" only')
    if json_file:
        told = {"data": data, "note": note, "seconds": seconds}
        json_file.write_text(json.dumps(told | _figures(card, result), indent=1) + "\n", encoding="utf-8")


def _card_path(model: str | None, settings: Settings | None) -> Path:
    """Return the card that is meant; nothing is fetched.

    Raises:
        UnknownModelError: no model has this name.
        ModelError: it is on the shelf, but not here.
    """
    if model is None:
        return (settings.model.card if settings else None) or bundled_card()
    if model == BUNDLED_NAME:
        return bundled_card()
    if Path(model).suffix in CARD_ENDINGS:
        return Path(model)
    shelf = load_shelf()
    name = shelf.recommended if model == RECOMMENDED else model
    if settings and (there := settings.data / "models" / f"{name}.toml").is_file():
        return there
    names = [entry.name for entry in shelf.entries]
    if name not in names:
        raise UnknownModelError(name, (), (BUNDLED_NAME, *names))
    raise ModelError(f"{name} is not here; fetch it with: streetwarden models pull {name}, or name its card")


def _keep(card: ModelCard, result: BenchResult, settings: Settings | None) -> None:
    """Store the choice where the service reads it; without settings where `replay` does."""
    with cache_folder() as cache:
        folder = settings.data if settings else cache
        if not ChoiceMemory(folder).keep(card, result.choice):
            raise ModelError(f"the choice cannot be stored in {folder}; make room or give permission there")
    choice = result.choice
    size = f", at {choice.input_wh[0]}x{choice.input_wh[1]}" if choice.input_wh else ""
    say(
        f"stored in {folder / FILE_NAME}: {choice.engine}, {choice.alone} cores for a single picture, {choice.lanes} "
        f"pictures at once, up to {choice.batch} together{size}"
    )


def _show(card: ModelCard, result: BenchResult) -> None:
    batches = sorted({pace.way.batch for pace in result.paces})
    precisions = {figures.engine: figures.precision for figures in result.engines}
    rates = {pace.way: _in_words(pace) for pace in result.paces}
    table = Table("engine", "precision", "cores a run", "runs at once", *(f"batch {n}" for n in batches), box=None)
    for first in [way for way in rates if way.batch == max(way.lanes, batches[0])]:
        row = [rates.get(dataclasses.replace(first, batch=batch), "") for batch in batches]
        table.add_row(first.engine, precisions[first.engine], str(first.threads), str(first.lanes), *row)
    Console().print(table)
    say(f"pictures a second of {card.name} at {card.input_wh[0]}x{card.input_wh[1]}: median (least to most)")
    for figures in result.engines:
        if figures.ap50 is not None:
            say(f"{figures.engine}: AP50 {figures.ap50:.3f} on the labelled pictures")
    for candidate in result.choice.candidates:
        if candidate.problem:
            say(f"{candidate.engine} is not taken: {candidate.problem}")
    for each in result.sizes:
        say(f"at {each.input_wh[0]}x{each.input_wh[1]}: {each.rate:.1f} single pictures a second, AP50 {each.ap50:.3f}")


def _in_words(pace: Pace) -> str:
    return f"{pace.median:.1f} ({min(pace.rates):.1f} to {max(pace.rates):.1f})"


def _figures(card: ModelCard, result: BenchResult) -> dict[str, JsonValue]:
    """Return everything that was found, as JSON."""
    ways: list[JsonValue] = [
        {**dataclasses.asdict(pace.way), "pictures_per_s": [round(rate, 2) for rate in pace.rates]}
        for pace in result.paces
    ]
    return {
        "machine": {"processor": cpu_model(), "usable_cores": usable_cores(), **library_versions()},
        "model": {"name": card.name, "sha256": card.sha256, "input_wh": list(card.input_wh)},
        "most_lost_ap50": MOST_LOST_AP50,
        "ways": ways,
        "engines": [dataclasses.asdict(figures) for figures in result.engines],
        "sizes": [{**dataclasses.asdict(each), "input_wh": list(each.input_wh)} for each in result.sizes],
        "choice": result.choice.model_dump(mode="json"),
    }


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show on a terminal what is measured now; nothing of it stays there."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda text: progress.update(task, description=text)
