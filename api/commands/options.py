"""The options that many commands share: which settings file, and which language they speak."""

import os
from pathlib import Path
from typing import Annotated

import typer

from cases.wording import Language
from pipeline.errors import SettingsError

ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="settings file (TOML)")]
DEFAULT_CONFIG = Path("settings.toml")
LanguageOption = Annotated[str, typer.Option("--language", help="zh or en; that of the terminal if absent")]


def language_of(wanted: str) -> Language:
    """Return the language to speak: the wanted one, or that of the terminal.

    Raises:
        SettingsError: there is no such language.
    """
    if wanted not in ("", "zh", "en"):
        raise SettingsError(f"--language {wanted!r}: write zh or en")
    told = wanted or next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "zh" if told.startswith("zh") else "en"
