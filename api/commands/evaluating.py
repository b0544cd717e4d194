"""The command that evaluates: `evaluate`."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.commands.options import DEFAULT_CONFIG, ConfigOption, LanguageOption, language_of
from cases.evaluation import Evaluation
from cases.evaluation_desk import EvaluationDesk
from cases.evaluation_inputs import INPUTS_FILE
from cases.evaluation_tables import as_csv, as_xlsx, group_name, notes_of, sheet_of
from cases.grouping import By
from cases.indicators import Indicator
from cases.wording import Language, Words, printable
from pipeline.errors import SettingsError
from pipeline.settings import load_settings
from pipeline.stores import stored_cases

DAY = ["%Y-%m-%d"]

UNLIMITED = 10_000
"""Columns of a terminal on which any table fits."""

Writer = Callable[[Evaluation, Words, Language], bytes]


def evaluate(
    first: Annotated[datetime, typer.Option("--from", formats=DAY, help="first day")],
    last: Annotated[datetime, typer.Option("--to", formats=DAY, help="last day, included")],
    by: Annotated[By, typer.Option(help="what is judged")] = By.UNIT,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="file to write, .csv or .xlsx")] = None,
    as_of: Annotated[str, typer.Option(help="moment with its offset, as 2026-12-05T00:00+08:00; now if absent")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    language: LanguageOption = "",
) -> None:
    """Judge units, areas or posts by the nine indicators; figures come from the histories of cases alone."""
    writer = None if out is None else _writer(out)
    moment = _moment(as_of)
    settings, words, spoken = load_settings(config), Words.load(), language_of(language)
    with stored_cases(settings, must_exist=True) as (cases, _evidence):
        desk = EvaluationDesk(cases.database, settings.data / INPUTS_FILE, ZoneInfo(settings.timezone))
        made = desk.evaluate(first.date(), last.date(), by, moment)
    _tell(made, words, spoken)
    if out is not None and writer is not None:
        out.write_bytes(writer(made, words, spoken))
        sys.stdout.write(f"{out}\n")


def _tell(made: Evaluation, words: Words, language: Language) -> None:
    def say(key: str) -> str:
        return words.say("evaluation", key, language)

    console = Console()
    wide, narrow = Table(), Table()
    for key in (made.question.by, "score", "grade", *Indicator):
        wide.add_column(say(key), justify="left" if key in (made.question.by, "grade") else "right")
    for key in (made.question.by, "score", "grade"):
        narrow.add_column(say(key), justify="right" if key == "score" else "left")
    for each in (*made.groups, made.total):
        is_total = each is made.total
        name = say("total") if is_total else group_name(each.group, made.question.by, words, language)
        shown = [escape(printable(name))]
        points = []
        if each.marks is not None:
            shown += [str(each.marks.score), say(each.marks.grade)]
            points = [f"{float(mark.points):.2f}" for mark in each.marks.marks]
        wide.add_row(*shown, *points)
        narrow.add_row(*shown)
    # A terminal of 80 columns would cut every number short; the indicators are in the file of --out then.
    fits = console.measure(wide, options=console.options.update(max_width=UNLIMITED)).maximum <= console.width
    console.print(wide if fits else narrow)
    for name, text in notes_of(made, words, language)[:4]:
        console.print(f"{name}: {text}", highlight=False, soft_wrap=True, markup=False)


def _writer(out: Path) -> Writer:
    writers: dict[str, Writer] = {".csv": _csv, ".xlsx": _xlsx}
    if out.suffix.lower() not in writers:
        raise SettingsError(f"--out {out}: name a file that ends in .csv or .xlsx")
    return writers[out.suffix.lower()]


def _csv(made: Evaluation, words: Words, language: Language) -> bytes:
    return as_csv(sheet_of(made, words, language))


def _xlsx(made: Evaluation, words: Words, language: Language) -> bytes:
    title = words.say("evaluation", "title", language)
    return as_xlsx(sheet_of(made, words, language), title, notes_of(made, words, language))


def _moment(told: str) -> datetime:
    now = datetime.now(UTC)
    if not told:
        return now
    try:
        moment = datetime.fromisoformat(told)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise SettingsError(f"--as-of {told!r}: write a moment with its offset, as 2026-12-05T00:00+08:00")
    return min(moment, now)
