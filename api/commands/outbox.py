"""Commands for what is told to receivers outside: `outbox show`, `resend`, `test`."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from api.commands.options import DEFAULT_CONFIG, ConfigOption
from cases.case_event import CaseEvent, ToldCase, ToldChange
from cases.evidence import EvidenceStore, utc_now
from cases.outbox import Letter, LetterState, Outbox
from cases.store import CaseStore
from pipeline.data_folder import make_data_folder
from pipeline.errors import SettingsError
from pipeline.outward.gat1400 import ViewLibrarySender
from pipeline.outward.messages import Sender
from pipeline.outward.pictures import Pictures
from pipeline.outward.post_office import PostOfficeParts, make_sender
from pipeline.outward.settings import TargetEntry
from pipeline.settings import Settings, load_settings
from pipeline.stores import program, stored_cases

app = typer.Typer(help="What receivers outside are told: look, send again, try.", no_args_is_help=True)

TargetArgument = Annotated[str, typer.Argument(help="id of one of [[outward.targets]]")]

SHOWN = 20
"""Letters that are shown of a receiver."""


@app.command("show")
def show(
    target: Annotated[str, typer.Argument(help="id of a receiver; all if absent")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show how receivers stand, or the letters that wait for one and those that were given up."""
    settings = load_settings(config)
    local = ZoneInfo(settings.timezone)
    with _outbox(settings) as outbox:
        table = _letters(outbox, target, local) if target else _standings(outbox, settings, local)
    Console().print(table)


@app.command("resend")
def resend(
    target: TargetArgument,
    case: Annotated[str, typer.Option(help="number of a case; all cases if absent")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Let letters that were given up be sent again, and those that wait be tried at once, by the running service."""
    with _outbox(load_settings(config)) as outbox:
        count = outbox.resend(target, utc_now(), case_number=case)
    Console().print(f"{target}: {count} letters are due now", highlight=False)


@app.command("test")
def try_out(target: TargetArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Send a receiver one letter that tells of no case, past the outbox; a view library is registered with instead."""
    settings = load_settings(config)
    entry = next((entry for entry in settings.outward.targets if entry.id == target), None)
    if entry is None:
        known = ", ".join(entry.id for entry in settings.outward.targets) or "none"
        raise SettingsError(f"[[outward.targets]] has no {target!r}; known: {known}")
    if entry.wants == "forms":
        raise SettingsError(f"receiver {target!r} keeps each form for ever, so none is sent without a case")
    make_data_folder(settings.data)
    with stored_cases(settings) as (store, evidence), closing(_sender(entry, settings, store, evidence)) as sender:
        if isinstance(sender, ViewLibrarySender):
            sender.register()
        else:
            sender.send(_test_letter(target))
    done = "knows us" if entry.kind == "gat1400" else "has taken the test letter"
    Console().print(f"{target}: {entry.shown} {done}", highlight=False)


@contextmanager
def _outbox(settings: Settings) -> Iterator[Outbox]:
    with stored_cases(settings, must_exist=True) as (store, _evidence):
        yield Outbox(store.database)


def _sender(entry: TargetEntry, settings: Settings, store: CaseStore, evidence: EvidenceStore) -> Sender:
    pictures = Pictures(store, evidence)
    parts = PostOfficeParts(store.database, pictures, ZoneInfo(settings.timezone), program(), settings.data / "test")
    return make_sender(entry, settings.outward, parts)


def _standings(outbox: Outbox, settings: Settings, local: ZoneInfo) -> Table:
    entries = {entry.id: entry for entry in settings.outward.targets}
    table = Table("receiver", "kind", "address", "waiting", "given up", "oldest", box=None)
    for standing in outbox.standings():
        entry = entries.get(standing.target)
        oldest = f"{standing.oldest_at.astimezone(local):%Y-%m-%d %H:%M}" if standing.oldest_at else ""
        kind, address = (entry.kind, entry.shown) if entry else ("not in the settings", "")
        table.add_row(standing.target, kind, address, str(standing.waiting), str(standing.dead), oldest)
    return table


def _letters(outbox: Outbox, target: str, local: ZoneInfo) -> Table:
    table = Table("case", "change", "what", "since", "tries", "state", "problem", box=None)
    for state in (LetterState.DEAD, LetterState.WAITING):
        for letter in outbox.letters(target, [state], SHOWN):
            change = letter.event.change
            since = f"{letter.queued_at.astimezone(local):%Y-%m-%d %H:%M}"
            told = "given up" if state is LetterState.DEAD else "waiting"
            number = letter.event.case.number
            table.add_row(number, str(change.seq), change.action, since, str(letter.tries), told, letter.problem)
    return table


def _test_letter(target: str) -> Letter:
    now = utc_now()
    case = ToldCase(
        case_id="test",
        number="TEST",
        kind="test",
        code="",
        state="test",
        camera_id="test",
        camera_name="",
        zone_id="",
        zone_name="",
        started_at=now,
        raised_at=now,
        ended_at=now,
        box=(0.0, 0.0, 0.0, 0.0),
        class_label="",
        score=0.0,
        reviewed_by="",
        revision=0,
    )
    told = {"actor": "system", "action": "test", "from_state": "", "to_state": "test", "reason": "", "detail": {}}
    change = ToldChange.model_validate({"seq": 1, "at": now, **told})
    event = CaseEvent(id=f"test-{now.timestamp():.0f}", case=case, change=change)
    return Letter(0, target, event, tries=0, queued_at=now, first_tried_at=None, problem="")
