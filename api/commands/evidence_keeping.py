"""Commands for how long evidence is kept: `evidence lock`, `unlock`, `retention`, and `release` to penal use."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from api.commands.evidence_options import account, case_named
from api.commands.evidence_report import megabytes
from api.commands.options import DEFAULT_CONFIG, ConfigOption, LanguageOption, language_of
from cases.evidence import EvidenceStore
from cases.marks import Marks
from cases.noting import EvidenceDeed
from cases.releases import release
from cases.retention import Due
from cases.signing import load_signing_key
from cases.store import CaseStore
from cases.wording import Language, Words
from pipeline.privacy import blurred_copies, register_entry, retention_job
from pipeline.settings import Settings, load_settings
from pipeline.stores import keys_folder, stored_cases

CaseArgument = Annotated[str, typer.Argument(help="number or id of a case")]
ReasonOption = Annotated[str, typer.Option(help="why; goes into the history")]
ActorOption = Annotated[str, typer.Option(help="who; the account that runs this if absent")]


@dataclass(frozen=True, slots=True)
class _Opened:
    """What a command works with."""

    settings: Settings
    cases: CaseStore
    evidence: EvidenceStore
    words: Words
    language: Language

    def say(self, key: str, **facts: str | int) -> None:
        """Write a sentence."""
        sys.stdout.write(self.words.say("told", key, self.language, **facts) + "\n")


def lock(
    case: CaseArgument,
    reason: ReasonOption,
    actor: ActorOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    language: LanguageOption = "",
) -> None:
    """Keep a case's evidence, whatever the rules of retention say, until it is unlocked."""
    with _opened(config, language) as opened:
        found = case_named(opened.cases, case)
        Marks(opened.cases.database).lock(found.case_id, _deed(actor, reason))
        opened.say("locked", number=found.number)


def unlock(
    case: CaseArgument,
    reason: ReasonOption,
    actor: ActorOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    language: LanguageOption = "",
) -> None:
    """Give a case's evidence back to the rules of retention."""
    with _opened(config, language) as opened:
        found = case_named(opened.cases, case)
        Marks(opened.cases.database).unlock(found.case_id, _deed(actor, reason))
        opened.say("unlocked", number=found.number)


def release_case(
    case: CaseArgument,
    reason: ReasonOption,
    actor: ActorOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    language: LanguageOption = "",
) -> None:
    """Mark a case as fit for penal use, in the reviewer's name; what is in the way is said."""
    with _opened(config, language) as opened:
        found = case_named(opened.cases, case)
        device = register_entry(opened.settings, found.camera_id)
        local = ZoneInfo(opened.settings.timezone)
        mark = release(Marks(opened.cases.database), found, device, _deed(actor, reason), local)
        opened.say("released", number=found.number, who=mark.set_by)


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what is due; nothing is altered")] = False,
    limit: Annotated[int, typer.Option(min=1, help="at most so many cases")] = 1000,
    config: ConfigOption = DEFAULT_CONFIG,
    language: LanguageOption = "",
) -> None:
    """Delete evidence whose time is over, with a signed record of it; the service does the same by itself."""
    with _opened(config, language) as opened:
        evidence = opened.evidence
        if not dry_run:
            evidence = EvidenceStore(evidence.root, signer=load_signing_key(keys_folder(opened.settings)))
        copies = blurred_copies(opened.settings, evidence)
        job = retention_job(opened.settings, opened.cases, evidence, copies)
        if dry_run:
            _tell_due(opened, job.plan(limit))
            return
        done = job.run(limit)
        for what in done.left:
            opened.say("left", what=what)
        opened.say("deleted_sum", cases=len(done.cases), files=done.files, megabytes=megabytes(done.size_bytes))


def add_keeping(app: typer.Typer) -> None:
    """Add these commands to the group of commands for evidence."""
    app.command("lock")(lock)
    app.command("unlock")(unlock)
    app.command("release")(release_case)
    app.command("retention")(retention)


def _tell_due(opened: _Opened, plan: tuple[Due, ...]) -> None:
    files = size_bytes = 0
    for due in plan:
        lengths = [file.size_bytes for pack in due.packs for file in pack.files]
        files, size_bytes = files + len(lengths), size_bytes + sum(lengths)
        rule = opened.words.say("rule", due.rule.value, opened.language)
        since = f"{due.since.astimezone(ZoneInfo(opened.settings.timezone)):%Y-%m-%d %H:%M}"
        facts: dict[str, str | int] = {"rule": rule, "days": due.days, "since": since, "files": len(lengths)}
        opened.say("due", number=due.case.number, megabytes=megabytes(sum(lengths)), **facts)
    opened.say("due_sum", cases=len(plan), files=files, megabytes=megabytes(size_bytes))


def _deed(actor: str, reason: str) -> EvidenceDeed:
    return EvidenceDeed(actor or account(), datetime.now(UTC), reason.strip())


@contextmanager
def _opened(config: Path, language: str) -> Iterator[_Opened]:
    settings, spoken = load_settings(config), language_of(language)
    with stored_cases(settings, must_exist=True) as (cases, evidence):
        yield _Opened(settings, cases, evidence, Words.load(), spoken)
