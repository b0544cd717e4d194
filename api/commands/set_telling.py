"""What the commands for sets of pictures have in common: how they say what was wrong, and how far they are."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import PurePath

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from datasets.findings import Finding, sentences
from datasets.formats import MATERIAL_PREFIX


@contextmanager
def wrong_use() -> Iterator[None]:
    """Let a wrong argument end as a wrong use of the command, with the sentence that names it."""
    try:
        yield
    except ValueError as err:
        raise typer.BadParameter(str(err)) from None


def tell(findings: Iterable[Finding]) -> None:
    """Say on the error output what was wrong with a set."""
    sys.stderr.writelines(f"! {sentence}\n" for sentence in sentences(findings))


def say(sentence: str) -> None:
    """Say what was done."""
    Console().print(sentence, highlight=False, soft_wrap=True, markup=False)


def name_of(place: str) -> str:
    """Return the name of a set by its place."""
    return place.removeprefix(MATERIAL_PREFIX) if place.startswith(MATERIAL_PREFIX) else PurePath(place).stem


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function of (done, total) that shows on a terminal how far it is, and leaves nothing there."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    shown = Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True)
    with shown:
        task = shown.add_task(what, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)
