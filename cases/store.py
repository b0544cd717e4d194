"""Keeps the cases: opens them once per event, leads them through their states, and writes down everything that happens.

Every change is one transaction that also adds to the case's history, so that the history alone rebuilds the state.

Belongs here: what may be done with cases. Does not: evidence files (evidence), which action comes when (pipeline).
"""

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import TypeVar

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cases.case_numbers import BEIJING, DEFAULT_NUMBERING, Numbering, missing_numbers, next_number
from cases.closing import Delay
from cases.closing_columns import record_delay, record_look
from cases.dashboard import counts_by_state
from cases.database import Database, open_database
from cases.deeds import Deed, Order
from cases.errors import ActionBlockedError, DatabaseError, ReasonMissingError, StaleEditError, UnknownCaseError
from cases.examining import Examination
from cases.examining_columns import examiners_of, record_examination
from cases.handling_clock import Deadlines, timed
from cases.noting import add_note
from cases.packs import Pack
from cases.pages import LinePage, Page
from cases.posts import Doer
from cases.queries import CaseQuery
from cases.records import ADD_PACK, ADD_WARNING, END, EXPORT, OPEN, AuditRow, Case, CaseWarning, NewCase
from cases.rows import audit_records, case_record, new_case_row, pack_row, put_standing, standing_of, warning_row
from cases.searching import conditions_of, lines_of, search
from cases.states import LADDER_STATES, Action, CaseState
from cases.sweeping import PackKey
from cases.tables import AuditTableRow, CaseRow, PackRow
from cases.workflow import apply

Result = TypeVar("Result")

SYSTEM = "system"
"""The actor of what the program does by itself."""

_TRIES = 5


class CaseStore:
    """All cases of a database. Any thread may call any method; what it returns is frozen.

    Args:
        database: a URL, which is opened and brought up to date, or a database that is already open.
        local: the zone whose day stands in case numbers.
        numbering: how case numbers look.
        deadlines: knows limits and working hours; without it no case has a limit.

    Raises:
        DatabaseError: it cannot be opened.
        MigrationError: it cannot be brought up to date.
    """

    def __init__(
        self,
        database: str | Database,
        *,
        local: tzinfo = BEIJING,
        numbering: Numbering = DEFAULT_NUMBERING,
        deadlines: Deadlines | None = None,
    ) -> None:
        self.database = open_database(database) if isinstance(database, str) else database
        self._local, self._numbering = local, numbering
        self._deadlines = deadlines

    def open_case(self, new: NewCase, pack: Pack) -> Case:
        """Open a case with its first evidence, or return the case that the event has already opened.

        The pack is recorded in either case, once.

        Raises:
            ValueError: the pack belongs to another case.
            DatabaseError: the database refuses; it may be tried again.
        """
        if pack.case_id != new.case_id:
            raise ValueError(f"pack of case {pack.case_id} handed over for case {new.case_id}")

        def change(session: Session) -> Case:
            row = session.scalar(select(CaseRow).where(CaseRow.event_id == new.event_id).with_for_update())
            if row is not None and row.id != new.case_id:
                raise ValueError(f"event {new.event_id} has opened case {row.id}, not {new.case_id}; use case_id_of")
            if row is None:
                row = new_case_row(new, next_number(session, new.opened_at, self._local, self._numbering))
                session.add(row)
                session.flush()
                add_note(session, row, (new.opened_at, new.actor, OPEN, ""), None, {"number": row.number})
            _record_pack(session, row, pack)
            return _refreshed(session, row)

        return self._change(change)

    def add_pack(self, case_id: str, pack: Pack) -> Case:
        """Record further evidence; a pack that is already recorded changes nothing.

        Raises:
            UnknownCaseError: there is no such case.
            ValueError: the pack belongs to another case.
            DatabaseError: the database refuses; it may be tried again.
        """
        if pack.case_id != case_id:
            raise ValueError(f"pack of case {pack.case_id} handed over for case {case_id}")

        def change(session: Session) -> Case:
            row = _locked(session, case_id)
            _record_pack(session, row, pack)
            return _refreshed(session, row)

        return self._change(change)

    def add_warning(self, case_id: str, warning: CaseWarning, *, actor: str = SYSTEM) -> Case:
        """Record what a horn was told to say; the state changes by `apply(case_id, Action.WARN)` only.

        Raises:
            UnknownCaseError: there is no such case.
            DatabaseError: the database refuses; it may be tried again.
        """

        def change(session: Session) -> Case:
            row = _locked(session, case_id)
            session.add(warning_row(case_id, warning))
            detail: dict[str, JsonValue] = {
                "horn": warning.horn_id,
                "phrase": warning.phrase,
                "level": warning.level,
                "ok": warning.ok,
                "audio_sha256": warning.audio_sha256,
            }
            add_note(
                session, row, (warning.started_at, actor, ADD_WARNING, warning.detail), CaseState(row.state), detail
            )
            return _refreshed(session, row)

        return self._change(change)

    def apply(
        self,
        case_id: str,
        action: Action,
        *,
        actor: str,
        reason: str,
        at: datetime,
        expected_revision: int | None = None,
    ) -> Case:
        """Do something with a case that takes nothing but a reason, in a name whose posts nobody asks for.

        Arguments and errors as `decide`.
        """
        order = Order(action, reason)
        return self.decide(case_id, order, by=Doer(actor), at=at, expected_revision=expected_revision)

    def decide(
        self, case_id: str, order: Order, *, by: Doer, at: datetime, expected_revision: int | None = None
    ) -> Case:
        """Do something with a case.

        Args:
            case_id: the case.
            order: what, why, and what else the action needs.
            by: who; the program itself needs no post.
            at: when, aware UTC.
            expected_revision: the revision that the decision was taken on; None where it does not matter.

        Raises:
            IllegalTransitionError: not possible in its state.
            ReasonMissingError, ActionDetailError: the order does not tell what its action needs.
            PostMissingError, ForeignUnitError: it is not the work of who wants it.
            ActionBlockedError: possible in this state, but not for this case now.
            StaleEditError: somebody was faster.
            UnknownCaseError: there is no such case.
            DatabaseError: the database refuses; it may be tried again.
        """
        if at.tzinfo is None:
            raise ValueError(f"the time of an action must be aware, not {at!r}")

        def change(session: Session) -> Case:
            row = _locked(session, case_id)
            if expected_revision is not None and expected_revision != row.revision:
                raise StaleEditError(row.number, expected_revision, row.revision)
            before = standing_of(row)
            deed = timed(self._deadlines, row.code, before, Deed(order, by, at))
            after = apply(before, deed)
            if order.action is Action.MERGE:
                _check_parent(session, row, order.into)
            put_standing(row, after)
            what = (at, by.name, order.action.value, order.reason)
            add_note(session, row, what, before.state, deed.detail(after.revision))
            return _refreshed(session, row)

        return self._change(change)

    def note_delay(self, case_id: str, delay: Delay, dispatched_at: datetime, at: datetime) -> Case:
        """Record that it was time for the camera to look after a dispatch, and why nothing could be judged.

        Raises:
            UnknownCaseError: there is no such case.
            DatabaseError: the database refuses; it may be tried again.
        """

        def change(session: Session) -> Case:
            return _refreshed(session, record_delay(session, case_id, delay, dispatched_at, at))

        return self._change(change)

    def note_examination(self, case_id: str, said: Examination, at: datetime) -> Case:
        """Record what an examiner said about a case; a second time by the same one changes nothing.

        Raises:
            UnknownCaseError: there is no such case.
            DatabaseError: the database refuses; it may be tried again.
        """

        def change(session: Session) -> Case:
            return _refreshed(session, record_examination(session, case_id, said, at))

        return self._change(change)

    def examiners_of(self, case_id: str) -> frozenset[str]:
        """Return the examiners that have said something about a case."""
        with self.database.reading() as session:
            return examiners_of(session, case_id)

    def end_offence(self, case_id: str, at: datetime, *, actor: str = SYSTEM) -> Case:
        """Record that the offence was seen to be over; the first time counts.

        Raises:
            UnknownCaseError: there is no such case.
            DatabaseError: the database refuses; it may be tried again.
        """

        def change(session: Session) -> Case:
            row = _locked(session, case_id)
            if row.ended_at is None:
                row.ended_at = at
                add_note(session, row, (at, actor, END, ""), CaseState(row.state), {})
            return _refreshed(session, row)

        return self._change(change)

    def note_export(self, case_id: str, at: datetime, *, actor: str, reason: str, sha256: str) -> Case:
        """Record that a case is handed out as a file with this hash.

        Raises:
            UnknownCaseError: there is no such case.
            ReasonMissingError: nobody says why.
            DatabaseError: the database refuses; it may be tried again.
        """
        if not reason.strip():
            raise ReasonMissingError(EXPORT)

        def change(session: Session) -> Case:
            row = _locked(session, case_id)
            add_note(session, row, (at, actor, EXPORT, reason), CaseState(row.state), {"sha256": sha256})
            return _refreshed(session, row)

        return self._change(change)

    def get(self, case_id: str) -> Case:
        """Return a case.

        Raises:
            UnknownCaseError: there is no such case.
        """
        with self.database.reading() as session:
            row = session.get(CaseRow, case_id)
            if row is None:
                raise UnknownCaseError(case_id)
            return case_record(row)

    def of_event(self, event_id: str) -> Case | None:
        """Return the case that an event has opened, or None when it has opened none."""
        with self.database.reading() as session:
            row = session.scalar(select(CaseRow).where(CaseRow.event_id == event_id))
            return case_record(row) if row is not None else None

    def find(self, query: CaseQuery) -> Page:
        """Return the cases that a query asks for, whole, newest first, and how many it finds."""
        with self.database.reading() as session:
            found = search(query, session)
            return Page(tuple(case_record(row) for row in session.scalars(found.page)), found.count)

    def lines(self, query: CaseQuery) -> LinePage:
        """Return the same as lines of a list, without the evidence, which most lists do not show."""
        with self.database.reading() as session:
            found = search(query, session)
            return LinePage(lines_of(found, session), found.count)

    def history(self, case_id: str) -> tuple[AuditRow, ...]:
        """Return everything that happened to a case, oldest first.

        Raises:
            UnknownCaseError: there is no such case.
        """
        with self.database.reading() as session:
            rows = session.scalars(
                select(AuditTableRow).where(AuditTableRow.case_id == case_id).order_by(AuditTableRow.seq)
            ).all()
            if not rows:
                raise UnknownCaseError(case_id)
            return audit_records(rows)

    def counts(self) -> dict[CaseState, int]:
        """Return how many cases are in each state; every state is there."""
        with self.database.reading() as session:
            return counts_by_state(session)

    def open_for_ladder(self, raised_from: datetime | None = None) -> tuple[Case, ...]:
        """Return the cases that the program still has to warn, look at again, file or resolve; oldest first.

        Args:
            raised_from: leave out what was raised before; candidates that nobody judges stay open for ever.
        """
        conditions = conditions_of(CaseQuery(states=LADDER_STATES, raised_from=raised_from))
        with self.database.reading() as session:
            rows = session.scalars(select(CaseRow).where(*conditions).order_by(CaseRow.raised_at, CaseRow.id)).all()
            return tuple(case_record(row) for row in rows)

    def known_packs(self) -> frozenset[PackKey]:
        """Return case id and number of every recorded pack, for the sweep of the evidence folder."""
        with self.database.reading() as session:
            return frozenset(
                (case_id, number) for case_id, number in session.execute(select(PackRow.case_id, PackRow.number))
            )

    def missing_numbers(self) -> tuple[str, ...]:
        """Return the case numbers that were given and that no case has any more; there is no way to make one so."""
        with self.database.reading() as session:
            return missing_numbers(session, self._numbering)

    def close(self) -> None:
        """Close the database's connections."""
        self.database.close()

    def _change(self, change: Callable[[Session], Result]) -> Result:
        for _ in range(_TRIES):
            try:
                with self.database.writing() as session:
                    return change(session)
            except IntegrityError as err:  # PostgreSQL: another process opened the same case or day just now
                lost = err
        raise DatabaseError(f"cases: gave way to other writers {_TRIES} times: {lost.orig}") from lost


def _locked(session: Session, case_id: str) -> CaseRow:
    row = session.scalar(select(CaseRow).where(CaseRow.id == case_id).with_for_update())
    if row is None:
        raise UnknownCaseError(case_id)
    return row


def _check_parent(session: Session, row: CaseRow, number: str) -> None:
    """Refuse to merge a case into none, into itself, or into one that is no case of its own any more."""
    parent = session.scalar(select(CaseRow).where(CaseRow.number == number).with_for_update())
    if parent is None:
        raise ActionBlockedError(Action.MERGE, "into_unknown")
    if parent.id == row.id:
        raise ActionBlockedError(Action.MERGE, "into_itself")
    if parent.state == CaseState.MERGED:
        raise ActionBlockedError(Action.MERGE, "into_merged")


def _refreshed(session: Session, row: CaseRow) -> Case:
    session.flush()
    session.expire(row, ["packs", "warnings"])
    return case_record(row)


def _record_pack(session: Session, row: CaseRow, pack: Pack) -> None:
    known = session.scalar(select(PackRow.id).where(PackRow.case_id == row.id, PackRow.number == pack.number))
    if known is not None:
        return
    session.add(pack_row(pack))
    detail: dict[str, JsonValue] = {"pack": pack.number, "manifest_sha256": pack.manifest_sha256}
    add_note(session, row, (pack.manifest.written_at, SYSTEM, ADD_PACK, ""), CaseState(row.state), detail)
    record_look(session, row, pack)
