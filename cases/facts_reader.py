"""Reads the facts of all cases that an evaluation is about from their histories, some hundred cases at a time.

Belongs here: which histories are needed, and getting them quickly. Does not: what they mean (case_facts).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, islice
from typing import NamedTuple, TypeVar

from pydantic import JsonValue
from sqlalchemy import Select, func, select, union
from sqlalchemy.orm import Session

from cases.case_facts import FILED, CaseFacts, facts_of
from cases.database import Database
from cases.evaluation import Question
from cases.records import ADD_PACK, END, EXPORT
from cases.tables import AuditTableRow, CaseRow, WarningRow

Item = TypeVar("Item")

SAYS_NOTHING = (ADD_PACK, END, EXPORT)
"""Rows of a history that no fact comes from; half of all, so they are left in the database."""

AT_ONCE = 900
"""Cases asked for at once: SQLite takes at most 999 values in one statement unless it was built otherwise."""


class _Row(NamedTuple):
    """One row of a history, as `case_facts.Happened`."""

    case_id: str
    at: datetime
    actor: str
    action: str
    to_state: str
    detail: Mapping[str, JsonValue]


class _Opened(NamedTuple):
    """What is fixed about a case, as `case_facts.Opening`."""

    case_id: str
    number: str
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class ReadFacts:
    """What an evaluation is made from.

    Attributes:
        cases: facts of every case that belongs to the period or the months before it.
        began_at: when the first case of all was filed; None where none was.
    """

    cases: tuple[CaseFacts, ...]
    began_at: datetime | None


class FactsReader:
    """Reads facts from a database; any thread may."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, question: Question) -> ReadFacts:
        """Return the facts of the cases that a question is about, as they stood at its moment.

        Raises:
            DatabaseError: the database refuses; it may be tried again.
        """
        with self._database.reading() as session:
            ids = session.scalars(_wanted(question)).all()
            began_at = session.scalar(select(func.min(AuditTableRow.at)).where(AuditTableRow.to_state == FILED))
            found = [facts for some in _portions(ids, AT_ONCE) for facts in _facts(session, some, question.as_of)]
        return ReadFacts(tuple(found), began_at)

    def known(self, numbers: Iterable[str]) -> frozenset[str]:
        """Return which of these case numbers there are."""
        with self._database.reading() as session:
            return frozenset(
                number
                for some in _portions(sorted(numbers), AT_ONCE)
                for number in session.scalars(select(CaseRow.number).where(CaseRow.number.in_(some)))
            )


def _wanted(question: Question) -> Select[str]:
    """Return the query for ids: filed between, or raised between with a warning; some more do no harm."""
    begins, ends = question.period.before()[-1].begins, min(question.period.ends, question.as_of + timedelta(seconds=1))
    filed = select(AuditTableRow.case_id).where(
        AuditTableRow.to_state == FILED, AuditTableRow.at >= begins, AuditTableRow.at < ends
    )
    raised = question.period.begins
    warned = select(CaseRow.id).where(
        CaseRow.raised_at >= raised, CaseRow.raised_at < ends, CaseRow.id.in_(select(WarningRow.case_id))
    )
    return select(union(filed, warned).subquery().c[0])


def _facts(session: Session, ids: list[str], as_of: datetime) -> Iterator[CaseFacts]:
    columns = (AuditTableRow.case_id, AuditTableRow.at, AuditTableRow.actor, AuditTableRow.action)
    more = (AuditTableRow.to_state, AuditTableRow.detail)
    wanted = select(*columns, *more).where(
        AuditTableRow.case_id.in_(ids), AuditTableRow.at <= as_of, AuditTableRow.action.not_in(SAYS_NOTHING)
    )
    rows = session.execute(wanted.order_by(AuditTableRow.case_id, AuditTableRow.seq)).all()
    opened = select(CaseRow.id, CaseRow.number, CaseRow.raised_at).where(CaseRow.id.in_(ids))
    openings = {row[0]: _Opened(*row) for row in session.execute(opened)}
    for case_id, history in groupby((_Row(*row) for row in rows), key=lambda row: row.case_id):
        yield facts_of(openings[case_id], history, as_of)


def _portions(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    left = iter(items)
    while portion := list(islice(left, size)):
        yield portion
