"""Commands that bring models here and switch to them: `models list`, `pull`, `use`, `export`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from api.commands.facts import NOTHING
from api.commands.input_size import input_size
from api.commands.options import DEFAULT_CONFIG, ConfigOption
from models.cards import ModelCard, load_card
from models.choice import check_card
from models.download import Progress as OnProgress
from models.errors import CardError, FetchError
from models.exporting import check_exporter, export_entry, export_file
from models.fetching import Fetched, Source, fetch, fetch_weights
from models.shelf import BUNDLED_NAME, Shelf, ShelfEntry, bundled_card, load_shelf
from pipeline.errors import SettingsError
from pipeline.settings import Settings, load_settings
from pipeline.settings_file import switch_model

CARD_ENDINGS = (".toml", ".json")
CHECKPOINT_ENDINGS = (".pt", ".pth")

NameArgument = Annotated[str, typer.Argument(help="name of the list, or `recommended`")]
FromOption = Annotated[
    str, typer.Option("--from", help="folder, or address of a folder on a mirror, that has the files instead")
]
IntoOption = Annotated[
    Path | None, typer.Option(help="folder for the files; `models` in the settings' data folder if absent")
]


def list_models(config: ConfigOption = DEFAULT_CONFIG, into: IntoOption = None) -> None:
    """List the models that can be had, those that are here, and which one the settings name."""
    settings = load_settings(config) if config != DEFAULT_CONFIG or config.exists() else None
    folder = into or (_folder_of(settings) if settings else None)
    shelf = load_shelf()
    table = Table("name", "licence", "MB", "input", "COCO", "state", box=None)
    for row in _rows(shelf, folder, settings):
        table.add_row(*row)
    Console().print(table)
    _say(f"{shelf.recommended} is recommended: {shelf.reason}.")
    _say("COCO is mAP50-95 as the publishers state it. More of a model: streetwarden models card NAME")


def pull(
    name: NameArgument,
    source: FromOption = "",
    into: IntoOption = None,
    checkpoint: Annotated[bool, typer.Option("--checkpoint", help="fetch what `models export` starts from")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Fetch a model from its publisher and check it against its digest; a broken transfer goes on where it stopped."""
    if name == BUNDLED_NAME:
        _say(f"{BUNDLED_NAME} comes with the program; there is nothing to fetch")
        return
    entry = load_shelf().entry(name)
    folder = into or _models_folder(config)
    if checkpoint or entry.weights is None:
        _say(_told(entry, _fetched_checkpoint(entry, folder, source)))
        _say(f"make weights that run of it with: streetwarden models export {entry.name}")
        return
    with _transfer(entry.name) as on_progress:
        card, fetched = fetch_weights(entry, folder, Source.named(source), on_progress)
    _say(_told(entry, fetched))
    _say(f"its card is {card}; switch to it with: streetwarden models use {entry.name}")


def use(
    model: Annotated[str, typer.Argument(help="name of the list, `recommended`, or a card (TOML)")],
    source: FromOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Switch the settings to a model, which is fetched if it is not here, after it ran once."""
    settings = load_settings(config)
    path = _card_of(model, settings, source)
    card = load_card(path or bundled_card())
    check_card(card, settings.model.engine)
    switch_model(config, path)
    _say(f"{config} names {card.name} now (licence: {card.licence}); a service that runs takes it at its next start")


def export(
    model: Annotated[str, typer.Argument(help="name of the list, or a checkpoint (.pt) of a model of one's own")],
    size: Annotated[str | None, typer.Option("--input", help="width and height in pixels, as 640x384")] = None,
    licence: Annotated[str, typer.Option(help="of a checkpoint of one's own; goes on its card")] = "not stated",
    source: FromOption = "",
    into: IntoOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Make ONNX weights and a card of a checkpoint (needs the extra: pip install -e '.[train]')."""
    input_wh = None if size is None else input_size(size)
    folder = into or _models_folder(config)
    if Path(model).suffix in CHECKPOINT_ENDINGS:
        _warn(f"{model} is a pickle, which can run any code when it is opened; it is opened because you named it")
        card = export_file(Path(model), folder, input_wh, licence)
    else:
        entry = load_shelf().entry(model)
        check_exporter(entry)
        card = export_entry(entry, _fetched_checkpoint(entry, folder, source), folder, input_wh)
    _say(f"its card is {card}; switch to it with: streetwarden models use {card}")


def _card_of(model: str, settings: Settings, source: str) -> Path | None:
    """Return the card that is meant, with its weights fetched; None for the bundled one."""
    if model == BUNDLED_NAME:
        return None
    if Path(model).suffix in CARD_ENDINGS:
        return Path(model).absolute()
    folder = _folder_of(settings)
    shelf, there = load_shelf(), folder / f"{model}.toml"
    of_shelf = {entry.name: entry for entry in shelf.entries}.get(model)
    if there.is_file() and (of_shelf is None or of_shelf.weights is None):
        return there.absolute()
    entry = shelf.entry(model)
    with _transfer(entry.name) as on_progress:
        path, fetched = fetch_weights(entry, folder, Source.named(source), on_progress)
    if not fetched.was_here:
        _say(_told(entry, fetched))
    return path.absolute()


def _fetched_checkpoint(entry: ShelfEntry, folder: Path, source: str) -> Fetched:
    if entry.checkpoint is None:
        raise FetchError(f"{entry.name} has no checkpoint; it comes ready to run: streetwarden models use {entry.name}")
    with _transfer(entry.checkpoint.file) as on_progress:
        return fetch(entry.checkpoint, folder, Source.named(source), on_progress)


def _told(entry: ShelfEntry, fetched: Fetched) -> str:
    """Return what is here now, and how sure it is."""
    what = (
        f"{fetched.path.name}, {fetched.path.stat().st_size / 1e6:.1f} MB by {entry.publisher} ({entry.card.licence})"
    )
    state = "was here already" if fetched.was_here else "is here"
    if fetched.is_pinned:
        return f"{what}, {state}; its sha256 is the pinned {fetched.sha256}"
    return (
        f"{what}, {state}; no digest is pinned for it, so its sha256 {fetched.sha256} was recorded at the first fetch, "
        "and later ones must match"
    )


def _rows(shelf: Shelf, folder: Path | None, settings: Settings | None) -> Iterator[tuple[str, ...]]:
    """Yield a row for the bundled model, each one of the shelf, and each other card that is here or named."""
    bundled, named = load_card(bundled_card()), settings.model.card if settings else None
    yield _row(bundled, "in use" if settings and named is None else "comes along", bundled.file.stat().st_size)
    states = {path.resolve(): "here" for path in folder.glob("*.toml")} if folder else {}
    states |= {named.resolve(): "in use"} if named else {}
    for entry in shelf.entries:
        state = states.pop((folder / f"{entry.name}.toml").resolve(), "") if folder else ""
        words = [
            "recommended" if entry.name == shelf.recommended else "",
            state or ("" if entry.weights else "to export"),
        ]
        offered = entry.weights or entry.checkpoint
        size_bytes = offered.bytes if offered else None
        yield _row(entry.card, ", ".join(filter(None, words)), size_bytes, entry.published_map50_95)
    for path, state in sorted(states.items()):
        yield _row_of_own(path, state)


def _row_of_own(path: Path, state: str) -> tuple[str, ...]:
    try:
        card = load_card(path)
        return _row(card, state, card.file.stat().st_size)
    except CardError:
        return (path.stem, *[NOTHING] * 4, f"{state}, but its card cannot be read")
    except OSError:
        return (path.stem, *[NOTHING] * 4, f"{state}, but its weights are missing")


def _row(card: ModelCard, state: str, size_bytes: int | None, map50_95: float | None = None) -> tuple[str, ...]:
    megabytes = f"{size_bytes / 1e6:.1f}" if size_bytes else NOTHING
    accuracy = f"{map50_95:.3f}" if map50_95 else NOTHING
    width, height = card.input_wh
    return card.name, card.licence, megabytes, f"{width}x{height}", accuracy, state


def _models_folder(config: Path) -> Path:
    try:
        return _folder_of(load_settings(config))
    except SettingsError as err:
        raise SettingsError(f"{err}; or name a folder by --into") from None


def _folder_of(settings: Settings) -> Path:
    return settings.data / "models"


@contextmanager
def _transfer(what: str) -> Iterator[OnProgress]:
    """Show on a terminal how far a transfer is; nothing of it stays there."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda have, total: progress.update(task, completed=have, total=total)


def _say(text: str) -> None:
    Console().print(text, highlight=False, soft_wrap=True, markup=False)


def _warn(text: str) -> None:
    Console(stderr=True).print(text, highlight=False, soft_wrap=True, markup=False)
