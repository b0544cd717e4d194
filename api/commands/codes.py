"""Commands for tables of codes: `codes show`, `check`, `import`.

`check` and `import` tell everything that is wrong with a file, in the language of the terminal, and end with 3 then.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from api.commands.options import LanguageOption, language_of
from cases.code_files import DEFAULT_TABLE, chosen_table, columns_left_aside, fault_line, load_table, table_text
from cases.codes import Category, CodeItem, CodeTable
from cases.errors import CodeTableError
from cases.wording import Language, Words, printable
from pipeline.errors import PipelineError

app = typer.Typer(help="Codes, conditions and limits: look at a table, check one, bring one in.", no_args_is_help=True)

FAULTY = 3

FileArgument = Annotated[Path, typer.Argument(help="CSV or XLSX file, a row per condition")]
ComponentsOption = Annotated[Path | None, typer.Option("--components", help="second file, whose rows are components")]


@app.command("show")
def show(
    table: Annotated[str, typer.Argument(help="a table that comes along, or a CSV or XLSX file")] = DEFAULT_TABLE,
    item: Annotated[str, typer.Option("--item", help="one item only, with its closing conditions: 0406, B0101")] = "",
    language: LanguageOption = "",
) -> None:
    """Print a table: code and name of each item, and its conditions with their limits."""
    spoken, words = language_of(language), Words.load()
    shown = chosen_table(table, needs_kinds=False)
    if item:
        _print_item(shown.item(item), spoken, words, is_whole=True)
        return
    for category in Category:
        for each in shown.of(category):
            _print_item(each, spoken, words, is_whole=False)
    _print_counts(table, shown, spoken, words)


@app.command("check")
def check(file: FileArgument, components: ComponentsOption = None, language: LanguageOption = "") -> None:
    """Read a file as `import` would, and tell everything that is wrong with it; nothing is written."""
    spoken, words = language_of(language), Words.load()
    table = _loaded(lambda: load_table(file, components=components, needs_kinds=False), file, spoken, words)
    _print_counts(str(file), table, spoken, words)
    _print_left_aside([file, components], spoken, words)


@app.command("import")
def import_file(
    file: FileArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="CSV file to write, ready to be named in the settings")],
    components: ComponentsOption = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", help="which item a detector's cases open with, as parking=0410; may be given again"),
    ] = None,
    language: LanguageOption = "",
) -> None:
    """Turn a city's files into one table that the settings can name; all of it or nothing."""
    spoken, words = language_of(language), Words.load()
    kinds = dict(_pair(each) for each in kind or ())
    table = _loaded(lambda: load_table(file, components=components, kinds=kinds), file, spoken, words)
    if out.suffix.lower() != ".csv":
        raise PipelineError(f"--out {out}: a table is written as CSV; give it a name that ends with .csv")
    try:
        with out.open("x", encoding="utf-8-sig", newline="") as written:  # Excel reads UTF-8 by its mark only
            written.write(table_text(table))
    except FileExistsError:
        raise PipelineError(f"--out {out}: it is there already; name another file, or remove it first") from None
    _print_counts(str(file), table, spoken, words)
    _print_left_aside([file, components], spoken, words)
    _print(words.say("table", "written", spoken, path=str(out)))


def _loaded(load: Callable[[], CodeTable], file: Path, language: Language, words: Words) -> CodeTable:
    try:
        return load()
    except CodeTableError as err:
        _refuse(err, file, language, words)


def _refuse(err: CodeTableError, file: Path, language: Language, words: Words) -> NoReturn:
    for fault in err.faults:
        _print(fault_line(fault, language, words))
    _print(words.say("table", "wrong", language, path=str(file), count=len(err.faults)))
    raise typer.Exit(FAULTY)


def _print_item(item: CodeItem, language: Language, words: Words, *, is_whole: bool) -> None:
    local = words.say("table", "local", language) if item.is_local_extension else ""
    _print(f"{item.code}  {item.name(language)}{local}")
    for each in item.conditions:
        limit = each.limit.said(language) if each.limit else words.say("table", "no_limit", language)
        closing = f"  →  {each.closing(language)}" if is_whole else ""
        _print(f"    {each.number}. {each.filing(language)}{closing}  [{limit}]")


def _print_counts(name: str, table: CodeTable, language: Language, words: Words) -> None:
    events, components = table.of(Category.EVENT), table.of(Category.COMPONENT)
    counts = {
        "events": len(events),
        "event_conditions": sum(len(item.conditions) for item in events),
        "components": len(components),
        "component_conditions": sum(len(item.conditions) for item in components),
    }
    _print(words.say("table", "whole", language, path=name, **counts))
    named = (f"{kind} = {code} {table.item(code).name(language)}" for kind, code in sorted(table.kinds.items()))
    _print(words.say("table", "kinds", language, kinds=", ".join(named)))


def _print_left_aside(files: list[Path | None], language: Language, words: Words) -> None:
    for file in files:
        if file is not None and (columns := columns_left_aside(file)):
            _print(words.say("table", "left_aside", language, columns=", ".join(columns)))


def _print(line: str) -> None:
    sys.stdout.write(printable(line) + "\n")


def _pair(told: str) -> tuple[str, str]:
    kind, mark, code = told.partition("=")
    if not mark:
        raise PipelineError(f"--kind {told}: write a kind and a code, as parking=0410")
    return kind.strip(), code.strip()
