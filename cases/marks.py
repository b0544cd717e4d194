"""What people set on a case besides its state and may lift again: locks, releases, leave to see its originals.

Each is a row that is never removed, and a row of the case's history: who, when, why.

Belongs here: setting, lifting, asking. Does not: when a release may be given (releases), what a lock holds (retention).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.database import Database
from cases.evidence_errors import LockError
from cases.noting import EvidenceDeed, case_for_change, note_deed
from cases.records import LOCK, RELEASE, UNLOCK, VIEW, WITHDRAW_RELEASE
from cases.tables import MarkRow

MACHINE = "system"
"""Who is no person: the program itself."""


class MarkKind(StrEnum):
    """What is set on a case."""

    LOCK = "lock"  # its evidence outlives every rule of retention
    RELEASE = "release"  # a person holds it to be fit for penal use
    VIEW = "view"  # a person may see its originals for a while


LIFTS = {MarkKind.LOCK: UNLOCK, MarkKind.RELEASE: WITHDRAW_RELEASE}
"""What the history calls the lifting; leave to see originals ends by itself."""

Terms = tuple[datetime | None, dict[str, JsonValue]]
"""Until when a mark holds, and what else belongs to it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark; times aware UTC.

    Attributes:
        case_id, kind: of what, what.
        set_by, set_at, reason: who, when, why.
        until: when it ends by itself; None for never.
        detail: what else belongs to it, as JSON.
        lifted_at, lifted_by, lift_reason: the same of its end; None and empty while it holds.
    """

    case_id: str
    kind: MarkKind
    set_by: str
    set_at: datetime
    reason: str
    until: datetime | None
    detail: dict[str, JsonValue]
    lifted_at: datetime | None
    lifted_by: str
    lift_reason: str

    def holds_at(self, at: datetime) -> bool:
        """Say whether it holds at a moment after it was set."""
        return self.lifted_at is None and (self.until is None or at < self.until)


class Marks:
    """The marks of all cases. Any thread may call any method.

    Args:
        database: that of the cases.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def lock(self, case_id: str, deed: EvidenceDeed) -> Mark:
        """Keep a case's evidence whatever the rules of retention say, until somebody unlocks it.

        Raises:
            LockError: it is locked already, the program itself asks, or its evidence is deleted already.
            ReasonMissingError, UnknownCaseError, DatabaseError: as they say.
        """
        _check_person("lock", deed)
        with self._database.writing() as session:
            row = case_for_change(session, case_id)
            if _holding(session, case_id, MarkKind.LOCK):
                raise LockError(f"case {row.number} is locked already; one lock holds for all its evidence")
            if row.packs and all(pack.deleted_at for pack in row.packs if pack.purpose != "deletion"):
                raise LockError(
                    f"case {row.number} cannot be locked: its evidence was deleted by rule, see its history"
                )
            note_deed(session, row, LOCK, deed, {})
            return _added(session, case_id, MarkKind.LOCK, deed, (None, {}))

    def unlock(self, case_id: str, deed: EvidenceDeed) -> Mark:
        """Give a case's evidence back to the rules of retention.

        Raises:
            LockError: it is not locked, or the program itself asks.
            ReasonMissingError, UnknownCaseError, DatabaseError: as they say.
        """
        _check_person("unlock", deed)
        return self.lift(case_id, MarkKind.LOCK, deed)

    def grant_view(self, case_id: str, session_id: str, deed: EvidenceDeed, minutes: float) -> Mark:
        """Let a person see the originals of a case for a while, from one sign-in.

        Raises:
            ReasonMissingError, UnknownCaseError, DatabaseError: as they say.
        """
        until = deed.at + timedelta(minutes=minutes)
        with self._database.writing() as session:
            row = case_for_change(session, case_id)
            note_deed(session, row, VIEW, deed, {"until": until.isoformat()})
            return _added(session, case_id, MarkKind.VIEW, deed, (until, {"session": session_id}))

    def note_originals(self, case_id: str, deed: EvidenceDeed) -> None:
        """Record that somebody was given the originals of a case, as in an export of them.

        Raises:
            ReasonMissingError, UnknownCaseError, DatabaseError: as they say.
        """
        with self._database.writing() as session:
            note_deed(session, case_for_change(session, case_id), VIEW, deed, {"handed_out": True})

    def may_view(self, case_id: str, person: str, session_id: str, at: datetime) -> Mark | None:
        """Return the leave by which a person may see originals now from this sign-in, or None."""
        found = (
            mark
            for mark in self.of(case_id, MarkKind.VIEW)
            if (mark.set_by, mark.detail.get("session")) == (person, session_id) and mark.holds_at(at)
        )
        return max(found, key=lambda mark: mark.until or at, default=None)

    def release(self, case_id: str, deed: EvidenceDeed, detail: dict[str, JsonValue]) -> Mark:
        """Record that a person holds a case to be fit for penal use; call `releases.release`, which checks that.

        Raises:
            ReasonMissingError, UnknownCaseError, DatabaseError: as they say.
        """
        with self._database.writing() as session:
            note_deed(session, case_for_change(session, case_id), RELEASE, deed, detail)
            return _added(session, case_id, MarkKind.RELEASE, deed, (None, detail))

    def lift(self, case_id: str, kind: MarkKind, deed: EvidenceDeed) -> Mark:
        """End a lock or a release.

        Raises:
            LockError: there is none.
            ReasonMissingError, UnknownCaseError, DatabaseError: as they say.
        """
        with self._database.writing() as session:
            row = case_for_change(session, case_id)
            marks = _holding(session, case_id, kind)
            if not marks:
                raise LockError(f"case {row.number} has no {kind.value} that could be lifted")
            note_deed(session, row, LIFTS[kind], deed, {})
            for mark in marks:
                mark.lifted_at, mark.lifted_by, mark.lift_reason = deed.at, deed.actor, deed.reason
            session.flush()
            return _record(marks[-1])

    def of(self, case_id: str, kind: MarkKind) -> tuple[Mark, ...]:
        """Return the marks of a kind that were ever set on a case, oldest first."""
        with self._database.reading() as session:
            return tuple(_record(row) for row in _rows(session, case_id, kind))

    def current(self, case_id: str, kind: MarkKind) -> Mark | None:
        """Return the lock or release that holds now, or None."""
        return next((mark for mark in self.of(case_id, kind) if mark.lifted_at is None), None)


def is_held(session: Session, case_id: str) -> bool:
    """Say within a transaction whether a lock or a release keeps a case's evidence."""
    return any(_holding(session, case_id, kind) for kind in (MarkKind.LOCK, MarkKind.RELEASE))


def _check_person(action: str, deed: EvidenceDeed) -> None:
    if deed.actor.strip() in ("", MACHINE):
        raise LockError(f"{action}: only a named person may do this, not {deed.actor!r}")


def _rows(session: Session, case_id: str, kind: MarkKind) -> list[MarkRow]:
    wanted = select(MarkRow).where(MarkRow.case_id == case_id, MarkRow.kind == kind.value).order_by(MarkRow.id)
    return list(session.scalars(wanted).all())


def _holding(session: Session, case_id: str, kind: MarkKind) -> list[MarkRow]:
    return [row for row in _rows(session, case_id, kind) if row.lifted_at is None]


def _added(session: Session, case_id: str, kind: MarkKind, deed: EvidenceDeed, terms: Terms) -> Mark:
    row = MarkRow(
        case_id=case_id,
        kind=kind.value,
        set_by=deed.actor,
        set_at=deed.at,
        reason=deed.reason,
        until=terms[0],
        detail=terms[1],
        lifted_at=None,
        lifted_by="",
        lift_reason="",
    )
    session.add(row)
    session.flush()
    return _record(row)


def _record(row: MarkRow) -> Mark:
    return Mark(
        row.case_id,
        MarkKind(row.kind),
        row.set_by,
        row.set_at,
        row.reason,
        row.until,
        row.detail,
        row.lifted_at,
        row.lifted_by,
        row.lift_reason,
    )
