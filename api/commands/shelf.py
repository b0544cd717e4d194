"""Commands for models: `models card`, `models train`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from models.cards import load_card
from models.shelf import bundled_card

app = typer.Typer(help="Detection models and their cards.", no_args_is_help=True)


@app.command("card")
def card(
    path: Annotated[Path | None, typer.Argument(help="card (TOML); the bundled street-nano if absent")] = None,
) -> None:
    """Check a card against its weights and print what it says."""
    table = Table(show_header=False, box=None)
    for key, value in load_card(path or bundled_card()).model_dump(mode="json").items():
        table.add_row(key.replace("_", " "), str(value))
    Console().print(table)
