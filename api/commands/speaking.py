"""The command that speaks: `say`."""

import threading
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from broadcast.horns import open_horn
from pipeline.errors import PipelineError, SettingsError
from pipeline.settings import Settings, load_settings
from pipeline.speaking import Voice

DEFAULT_CONFIG = Path("settings.toml")


def say(
    horn: Annotated[str, typer.Argument(help="id of a horn in the settings, or a horn's URL (file:///folder, ...)")],
    text: Annotated[str, typer.Argument(help="a phrase (parking, goods, any kind of rule) or the words themselves")],
    config: Annotated[Path, typer.Option("--config", "-c", help="settings file with the horns")] = DEFAULT_CONFIG,
    language: Annotated[str, typer.Option(help="zh or en")] = "",
    level: Annotated[int, typer.Option(help="1: first warning, 2: the stronger one", min=1, max=2)] = 1,
) -> None:
    """Speak a phrase or a text through a horn and say what became of it."""
    needs_no_file = ":" in horn and config == DEFAULT_CONFIG and not config.exists()
    settings = Settings() if needs_no_file else load_settings(config)
    url = _horn_url(settings, horn, config)
    words = Voice(settings.broadcast).words(text, level=level, languages=(language,) if language else ())
    receipt = open_horn("horn" if ":" in horn else horn, url).play(words.clip, threading.Event())
    console = Console()
    if not receipt.ok:
        raise PipelineError(f"horn {receipt.horn_id}: {receipt.detail}")
    where = f", file {receipt.file}" if receipt.file else ""
    console.print(
        f"said {receipt.duration_s:.1f} s as {receipt.codec}, {receipt.bytes_sent} bytes{where}",
        highlight=False,
        soft_wrap=True,
    )


def _horn_url(settings: Settings, horn: str, config: Path) -> str:
    if ":" in horn:
        return horn
    for entry in settings.broadcast.horns:
        if entry.id == horn:
            return entry.url.get_secret_value()
    known = ", ".join(entry.id for entry in settings.broadcast.horns) or "none"
    raise SettingsError(f"there is no horn {horn!r}; {config} has: {known}; a URL such as file:///tmp/horn works too")
