"""Commands `backup` and `restore`: the database and all files of an installation, while it runs."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from api.commands.evidence import verify
from api.commands.evidence_report import megabytes
from api.commands.options import DEFAULT_CONFIG, ConfigOption, LanguageOption, language_of
from cases.problems import Facts
from cases.wording import Words
from pipeline.backup import back_up
from pipeline.backup import restore as put_back
from pipeline.settings import load_settings


def backup(
    out: Annotated[Path, typer.Argument(help="a new folder, on another disk than the data")],
    config: ConfigOption = DEFAULT_CONFIG,
    without_evidence: Annotated[
        bool, typer.Option("--without-evidence", help="leave out evidence files; copy them yourself, afterwards")
    ] = False,
    language: LanguageOption = "",
) -> None:
    """Copy database, evidence and settings of the site into a folder; the service may be running."""
    facts = back_up(load_settings(config), out, evidence=not without_evidence)
    told: Facts = {"path": str(out), "files": facts.files, "megabytes": megabytes(facts.size_bytes)}
    words, spoken = Words.load(), language_of(language)
    sys.stdout.write(words.say("told", "backed_up", spoken, **told) + "\n")
    sys.stdout.write(words.say("told", "keep_the_key", spoken) + "\n")


def restore(
    backup: Annotated[Path, typer.Argument(help="folder that streetwarden backup wrote")],
    config: ConfigOption = DEFAULT_CONFIG,
    language: LanguageOption = "",
) -> None:
    """Put a backup into an empty data folder and an empty database, and check every byte of evidence then."""
    restored = put_back(load_settings(config), backup)
    told: Facts = {"cases": restored.cases, "packs": restored.with_new_row, "missing": restored.without_pack}
    sys.stdout.write(Words.load().say("told", "restored", language_of(language), **told) + "\n")
    verify(None, config=config, trust=None, language=language)
