"""Commands for cases: `cases verify`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cases.audit import audit_case, every_case
from cases.errors import UnknownCaseError
from cases.records import Case, CaseQuery
from cases.store import CaseStore
from pipeline.errors import PipelineError
from pipeline.settings import load_settings
from pipeline.stores import stored_cases

app = typer.Typer(help="Cases and their evidence.", no_args_is_help=True)


@app.callback()
def cases() -> None:
    """Cases and their evidence."""  # a group of one command would else lose its name


@app.command("verify")
def verify(
    case: Annotated[str | None, typer.Argument(help="number or id of a case; all of them if absent")] = None,
    config: Annotated[Path, typer.Option("--config", "-c", help="settings file (TOML)")] = Path("settings.toml"),
) -> None:
    """Read every byte of the evidence again and say what was altered or is missing; the service may be running."""
    with stored_cases(load_settings(config)) as (store, evidence):
        checked = altered = 0
        for each in every_case(store) if case is None else (_case(store, case),):
            problems = audit_case(store, evidence, each)
            sys.stdout.writelines(f"{each.number}: {problem}\n" for problem in problems)
            checked, altered = checked + 1, altered + bool(problems)
    if altered:
        raise PipelineError(f"{altered} of {checked} cases are not as they were written; keep the files as they are")
    sys.stdout.write(f"{checked} cases, every file as it was written\n")


def _case(store: CaseStore, number_or_id: str) -> Case:
    for found in store.find(CaseQuery(text=number_or_id, limit=500)).cases:
        if found.number == number_or_id:
            return found
    try:
        return store.get(number_or_id)
    except UnknownCaseError:
        raise PipelineError(f"there is no case {number_or_id!r}; the page shows the number of each") from None
