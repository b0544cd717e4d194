"""Keeps what receivers outside are still to be told, in the same transaction as the change that it tells of.

    waiting ──▶ delivered
       │  ▲
       ▼  │ resend (by hand)
      dead

A crash after a change has therefore neither lost nor doubled what is told of it. Delivery is at least once: a crash
between sending and writing that down sends again, under the same id. Of one case, one receiver is told one thing at a
time, in the order in which it happened; what is dead is passed over, and the receiver sees by `after_seq` that it lacks
one.

Belongs here: the queue. Does not: sending and when to try again (pipeline.outward).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from cases.case_event import TOLD, CaseEvent, event_of
from cases.closing import LOOK, ClosingProposal
from cases.database import Database
from cases.errors import UnknownTargetError
from cases.exchange_forms import forms_of
from cases.states import Action
from cases.tables import AuditTableRow, CaseRow, OutboxRow, OutboxTargetRow

Wants = Literal["events", "forms", "images", "posted"]
"""What a receiver is told: every change that leaves, those that yield an exchange form, those that file or post a case,
or those alone that post it: the camera saw that it is not solved."""

FARTHEST_TRY = timedelta(hours=2)
"""No try is planned farther ahead, so one that seems to be means that the clock was set back: it is due."""

FORGET_AT_ONCE = 5_000
"""Rows removed in one transaction, so that no case waits for it."""


class LetterState(StrEnum):
    """What became of a letter."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Letter:
    """One event for one receiver.

    Attributes:
        number: of the letter; grows.
        target: the receiver.
        event: what it is told.
        tries: how often it was tried in vain.
        queued_at: when it happened, aware UTC.
        first_tried_at: when it failed for the first time, None before.
        problem: why it failed last, without secrets; empty before.
    """

    number: int
    target: str
    event: CaseEvent
    tries: int
    queued_at: datetime
    first_tried_at: datetime | None
    problem: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a try; `next_try_at` counts only for what is to be tried again."""

    number: int
    state: LetterState
    problem: str = ""
    next_try_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a receiver stands.

    Attributes:
        target: the receiver.
        is_active: whether the settings name it still.
        waiting: letters it is still to get.
        dead: letters that were given up; they stay until somebody has them sent again.
        oldest_at: when the oldest waiting one happened, None where none waits.
    """

    target: str
    is_active: bool
    waiting: int
    dead: int
    oldest_at: datetime | None


def enqueue(session: Session, row: CaseRow, note: AuditTableRow) -> None:
    """Queue a change of a case for every receiver that wants it; the transaction of the change carries it.

    What others have no business with is queued for nobody (`case_event.TOLD`).
    """
    if note.action not in TOLD:
        return
    with session.no_autoflush:
        targets = session.scalars(select(OutboxTargetRow).where(OutboxTargetRow.active)).all()
    if not targets:
        return
    session.flush()  # an earlier row of the same transaction counts as told too
    event = event_of(row, note, _told_before(session, note))
    is_posted = note.action == LOOK and note.detail.get("proposal") == ClosingProposal.SUPERVISE
    shows = is_posted or note.action == Action.FILE.value
    wanted = {"events": True, "forms": bool(forms_of(event)), "images": shows, "posted": is_posted}
    content = event.model_dump(mode="json")
    session.add_all(
        OutboxRow(
            target=target.name,
            case_id=row.id,
            seq=note.seq,
            event=content,
            state=LetterState.WAITING.value,
            tries=0,
            queued_at=note.at,
            first_tried_at=None,
            next_try_at=note.at,
            settled_at=None,
            problem="",
        )
        for target in targets
        if wanted[target.wants]
    )


def _told_before(session: Session, note: AuditTableRow) -> int:
    """Return the number of the change of this case that was told last before, 0 where there was none."""
    earlier = (AuditTableRow.case_id == note.case_id, AuditTableRow.seq < note.seq, AuditTableRow.action.in_(TOLD))
    newest = select(AuditTableRow.seq).where(*earlier).order_by(AuditTableRow.seq.desc()).limit(1)
    return session.scalar(newest) or 0


class Outbox:
    """The queues of all receivers. Any thread may call any method; what it returns is frozen."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def set_targets(self, wants: Mapping[str, Wants]) -> None:
        """Say who is told from now on; who is left out is queued for no more, and what waits for it stays."""
        with self.database.writing() as session:
            known = {row.name: row for row in session.scalars(select(OutboxTargetRow)).all()}
            for name, row in known.items():
                row.active = name in wants
            for name, wanted in wants.items():
                if name in known:
                    known[name].wants = wanted
                else:
                    session.add(OutboxTargetRow(name=name, wants=wanted, active=True))

    def due(self, target: str, now: datetime, limit: int) -> tuple[Letter, ...]:
        """Return letters to be sent now, at most one of each case, the oldest first."""
        is_due = or_(OutboxRow.next_try_at <= now, OutboxRow.next_try_at > now + FARTHEST_TRY)
        found = select(OutboxRow).where(_first_of_its_case(target), is_due).order_by(OutboxRow.id).limit(limit)
        with self.database.reading() as session:
            return tuple(_letter(row) for row in session.scalars(found).all())

    def next_try_at(self, target: str) -> datetime | None:
        """Return when the next letter is due, None where none waits."""
        with self.database.reading() as session:
            return session.scalar(select(func.min(OutboxRow.next_try_at)).where(_first_of_its_case(target)))

    def settle(self, outcomes: Iterable[Outcome], now: datetime) -> None:
        """Write down what came of tries."""
        with self.database.writing() as session:
            for outcome in outcomes:
                row = session.get_one(OutboxRow, outcome.number)
                row.state = outcome.state.value
                row.problem = outcome.problem
                if outcome.state is LetterState.WAITING:
                    row.tries += 1
                    row.first_tried_at = row.first_tried_at or now
                    row.next_try_at = outcome.next_try_at or now
                else:
                    row.settled_at = now

    def standings(self) -> tuple[Standing, ...]:
        """Return how every receiver stands that was ever named, in the order of names."""
        with self.database.reading() as session:
            targets = session.scalars(select(OutboxTargetRow).order_by(OutboxTargetRow.name)).all()
            return tuple(_standing(session, target) for target in targets)

    def letters(self, target: str, states: Collection[LetterState], limit: int = 50) -> tuple[Letter, ...]:
        """Return letters in these states, the oldest first.

        Raises:
            UnknownTargetError: no receiver was ever called so.
        """
        wanted = (OutboxRow.target == target, OutboxRow.state.in_([state.value for state in states]))
        with self.database.reading() as session:
            _check_known(session, target)
            rows = session.scalars(select(OutboxRow).where(*wanted).order_by(OutboxRow.id).limit(limit)).all()
            return tuple(_letter(row) for row in rows)

    def resend(self, target: str, now: datetime, *, case_number: str = "") -> int:
        """Let dead letters wait again and waiting ones be due at once; return how many.

        Args:
            target: the receiver.
            now: aware UTC.
            case_number: only those of this case; all where empty.

        Raises:
            UnknownTargetError: no receiver was ever called so.
        """
        wanted = [OutboxRow.target == target, OutboxRow.state != LetterState.DELIVERED.value]
        if case_number:
            wanted.append(OutboxRow.case_id.in_(select(CaseRow.id).where(CaseRow.number == case_number)))
        afresh = {"state": LetterState.WAITING.value, "tries": 0, "first_tried_at": None, "settled_at": None}
        with self.database.writing() as session:
            _check_known(session, target)
            rows = session.scalars(select(OutboxRow.id).where(*wanted)).all()
            session.execute(update(OutboxRow).where(*wanted).values(**afresh, next_try_at=now))
            return len(rows)

    def forget_delivered(self, target: str, before: datetime) -> int:
        """Remove letters that were delivered before a time, of the `FORGET_AT_ONCE` oldest; return how many.

        What was delivered is found by its number, not by its time, so that no table is searched while cases wait.
        """
        delivered = (OutboxRow.target == target, OutboxRow.state == LetterState.DELIVERED.value)
        oldest = select(OutboxRow.id, OutboxRow.settled_at).where(*delivered).order_by(OutboxRow.id)
        with self.database.reading() as session:
            rows = session.execute(oldest.limit(FORGET_AT_ONCE)).all()
        old = [number for number, settled_at in rows if settled_at is not None and settled_at < before]
        if old:
            with self.database.writing() as session:
                session.execute(delete(OutboxRow).where(OutboxRow.id.in_(old)))
        return len(old)


def _standing(session: Session, target: OutboxTargetRow) -> Standing:
    def count(state: LetterState) -> int:
        of_state = (OutboxRow.target == target.name, OutboxRow.state == state.value)
        return session.scalar(select(func.count()).select_from(OutboxRow).where(*of_state)) or 0

    waiting = (OutboxRow.target == target.name, OutboxRow.state == LetterState.WAITING.value)
    oldest_at = session.scalar(select(OutboxRow.queued_at).where(*waiting).order_by(OutboxRow.id).limit(1))
    counts = count(LetterState.WAITING), count(LetterState.DEAD)
    return Standing(target.name, target.active, *counts, oldest_at)


def _first_of_its_case(target: str) -> ColumnElement[bool]:
    """Return the condition that a letter waits, and nothing that happened to its case before does."""
    earlier = aliased(OutboxRow)
    is_behind = exists().where(
        earlier.target == OutboxRow.target,
        earlier.case_id == OutboxRow.case_id,
        earlier.state == LetterState.WAITING.value,
        earlier.seq < OutboxRow.seq,
    )
    return and_(OutboxRow.target == target, OutboxRow.state == LetterState.WAITING.value, ~is_behind)


def _check_known(session: Session, target: str) -> None:
    if session.get(OutboxTargetRow, target) is None:
        names = session.scalars(select(OutboxTargetRow.name).order_by(OutboxTargetRow.name)).all()
        raise UnknownTargetError(target, names)


def _letter(row: OutboxRow) -> Letter:
    return Letter(
        number=row.id,
        target=row.target,
        event=CaseEvent.model_validate(row.event),
        tries=row.tries,
        queued_at=row.queued_at,
        first_tried_at=row.first_tried_at,
        problem=row.problem,
    )
