"""Commands for evidence: `evidence verify`, `export`, `keys`; `evidence_keeping` has those about how long it is kept.

`verify` ends with 0 where all is as it was written, with 3 where something is not, and with 1, as every command, where
it could not look.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.commands.evidence_keeping import add_keeping
from api.commands.evidence_options import account, case_named
from api.commands.evidence_report import Report, megabytes
from api.commands.options import DEFAULT_CONFIG, ConfigOption, LanguageOption, language_of
from cases.audit import check_case, check_surroundings, every_case
from cases.code_files import chosen_table
from cases.export import ExportDesk, ExportRequest, export_case
from cases.export_check import check_export, signer_of
from cases.keyring import announcements, vouched
from cases.marks import MarkKind, Marks
from cases.problems import Facts
from cases.queries import CaseQuery
from cases.signing import load_signing_key
from cases.trust import Trust, trusted_keys
from cases.wording import Words
from pipeline.privacy import blurred_copies
from pipeline.settings import load_settings
from pipeline.stores import keys_folder, program, stored_cases

app = typer.Typer(help="Evidence of cases: check it, hand it out.", no_args_is_help=True)
add_keeping(app)

TrustOption = Annotated[
    list[str] | None,
    typer.Option("--trust", help="key that counts besides our own: a PEM file, a folder of them, or a fingerprint"),
]


@app.command("verify")
def verify(
    what: Annotated[
        list[str] | None, typer.Argument(help="numbers or ids of cases, exported ZIP files; all cases if absent")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    trust: TrustOption = None,
    language: LanguageOption = "",
) -> None:
    """Read every byte of evidence again and say what does not fit; nothing is written, the service may be running."""
    wanted = what or []
    zips = [Path(each) for each in wanted if each.lower().endswith(".zip")]
    cases = [each for each in wanted if not each.lower().endswith(".zip")]
    report = Report(Words.load(), language_of(language))
    if zips:
        _verify_zips(report, zips, _trust_of_zips(config, trust or []))
    if cases or not wanted:
        _verify_cases(report, cases, config, trust or [])
    report.end()


@app.command("export")
def export(
    case: Annotated[str, typer.Argument(help="number or id of a case")],
    reason: Annotated[str, typer.Option(help="why it is handed out; goes into the audit log and the ZIP")],
    actor: Annotated[str, typer.Option(help="who hands it out; the account that runs this if absent")] = "",
    originals: Annotated[
        bool, typer.Option("--originals", help="hand out untouched pictures; the history tells that they were")
    ] = False,
    out: Annotated[Path, typer.Option("--out", "-o", help="file or folder to write to")] = Path(),
    config: ConfigOption = DEFAULT_CONFIG,
    language: LanguageOption = "",
) -> None:
    """Write a case into one signed ZIP that is read and verified without this program."""
    settings = load_settings(config)
    words, spoken = Words.load(), language_of(language)
    folder = keys_folder(settings)
    with stored_cases(settings, must_exist=True) as (store, evidence):
        desk = ExportDesk(
            cases=store,
            evidence=evidence,
            key=load_signing_key(folder),
            trust=vouched(trusted_keys(folder), evidence.root),
            codes=chosen_table(settings.codes.table),
            words=words,
            local=ZoneInfo(settings.timezone),
            program=program(),
            copies=blurred_copies(settings, evidence),
        )
        found = case_named(store, case)
        asked = ExportRequest(actor or account(), reason, datetime.now(UTC), out, wants_originals=originals)
        made = export_case(desk, found, asked)
        is_lead = Marks(store.database).current(found.case_id, MarkKind.RELEASE) is None
    facts = {"number": found.number, "path": str(made.path), "megabytes": megabytes(made.size_bytes)}
    facts |= {"sha256": made.sha256, "fingerprint": desk.key.public.fingerprint}
    sys.stdout.write(words.say("told", "exported", spoken, **facts) + "\n")
    sys.stdout.write(words.say("told", "not_blurred" if originals else "blurred", spoken) + "\n")
    if is_lead:
        sys.stdout.write(words.say("told", "lead_only", spoken) + "\n")


@app.command("keys")
def keys(config: ConfigOption = DEFAULT_CONFIG, language: LanguageOption = "") -> None:
    """List the keys that have signed evidence here, oldest first; keep their fingerprints on paper."""
    settings = load_settings(config)
    words, spoken = Words.load(), language_of(language)
    with stored_cases(settings, must_exist=True) as (_store, evidence):
        told = [announced.said for announced in announcements(evidence.root)]
    for said in told:
        at = f"{said.announced_at.astimezone(ZoneInfo(settings.timezone)):%Y-%m-%d %H:%M}"
        facts: Facts = {"number": said.number, "fingerprint": said.fingerprint, "at": at}
        why = words.say("newkey", said.why.value, spoken)
        sys.stdout.write(words.say("told", "key", spoken, **facts, why=why) + "\n")
    if not told:
        sys.stdout.write(words.say("told", "no_keys", spoken) + "\n")


def _verify_zips(report: Report, zips: list[Path], trust: Trust) -> None:
    with _progress(len(zips)) as advance:
        for path in zips:
            report.export(path, signer_of(path), check_export(path, trust))
            advance()


def _verify_cases(report: Report, wanted: list[str], config: Path, by_hand: list[str]) -> None:
    settings = load_settings(config)
    with stored_cases(settings, must_exist=True) as (store, evidence):
        trust = vouched(trusted_keys(keys_folder(settings), by_hand), evidence.root)
        chosen = [case_named(store, name) for name in wanted]
        count = len(chosen) if wanted else store.find(CaseQuery(limit=1)).total
        with _progress(count) as advance:
            for case in chosen if wanted else every_case(store):
                report.case(case.number, check_case(store, evidence, case, trust))
                advance()
        if not wanted:
            report.beside(check_surroundings(store, evidence, trust))


def _trust_of_zips(config: Path, by_hand: list[str]) -> Trust:
    """Return whose exports count: our own keys, which who was handed a ZIP does not have, and what was named."""
    if not config.is_file():
        return trusted_keys(Path(os.devnull), by_hand)
    settings = load_settings(config)
    return vouched(trusted_keys(keys_folder(settings), by_hand), settings.data / "evidence")


@contextmanager
def _progress(count: int) -> Iterator[Callable[[], None]]:
    """Show on the error output how far a check is, where a person watches; what it finds stands above."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    is_seen, goes_there_too = console.is_terminal, sys.stdout.isatty()
    with Progress(
        *columns, console=console, transient=True, disable=not is_seen, redirect_stdout=goes_there_too
    ) as shown:
        task = shown.add_task("verify", total=count)
        yield lambda: shown.advance(task)
