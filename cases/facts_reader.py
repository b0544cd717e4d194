"""Reads the facts of all cases that an evaluation is about from their histories, some hundred cases at a time.

Belongs here: which histories are needed, and getting them quickly. Does not: what they mean (case_facts).
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, islice
from operator import itemgetter
from typing import NamedTuple, TypeVar

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from cases.case_facts import APPROVED, DISPATCH, FILED, NO_CASE_AFTER_ALL, OVER, POSTS, CaseFacts, Opening, facts_of
from cases.database import Database
from cases.evaluation import Question
from cases.grouping import By
from cases.records import ADD_PACK, END, EXPORT
from cases.tables import AuditTableRow, CaseRow, WarningRow

Item = TypeVar("Item")

_AUDIT, _CASES = AuditTableRow.__table__.c, CaseRow.__table__.c
_AREA = func.coalesce(func.nullif(_CASES.area, ""), _CASES.camera_name)  # as `Opening.of`
_SETTLED = and_(_AUDIT.to_state.in_(sorted(OVER)), _AUDIT.from_state == FILED)

SAYS_NOTHING = (ADD_PACK, END, EXPORT)
"""Rows of a history that no fact comes from; half of all, so they are left in the database."""

AT_ONCE = 900
"""Cases asked for at once: SQLite takes at most 999 values in one statement unless it was built otherwise."""


class _Row(NamedTuple):
    """One row of a history, as `case_facts.Happened`; its detail is parsed where it is looked at, which is seldom."""

    case_id: str
    at: datetime
    actor: str
    action: str
    to_state: str
    raw_detail: str

    @property
    def detail(self) -> dict[str, JsonValue]:
        """What was added."""
        return json.loads(self.raw_detail)


@dataclass(frozen=True, slots=True)
class ReadFacts:
    """What an evaluation is made from.

    Attributes:
        cases: facts of every case that belongs to the period, and of those of the months before it as much as says
            whether and where they count.
        began_at: when the first case of all was reported; None where none was.
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
        period, as_of = question.period, question.as_of
        begins, ends = period.begins, min(period.ends, as_of + timedelta(seconds=1))
        with self._database.reading() as session:
            now = set(session.scalars(_filed(begins, ends))) | set(session.scalars(_warned(begins, ends)))
            before = set(session.scalars(_filed(period.before()[-1].begins, begins))) - now
            began_at = session.scalar(select(func.min(_AUDIT.at)).where(_AUDIT.to_state == FILED))
            found = [*_facts(session, now, as_of, _AUDIT.action.not_in(SAYS_NOTHING))]
            found += _facts(session, before, as_of, _brief(question.by))
        return ReadFacts(tuple(found), began_at)

    def known(self, numbers: Iterable[str]) -> frozenset[str]:
        """Return which of these case numbers there are."""
        with self._database.reading() as session:
            return frozenset(
                number
                for some in _portions(sorted(numbers), AT_ONCE)
                for number in session.scalars(select(CaseRow.number).where(CaseRow.number.in_(some)))
            )


def _filed(begins: datetime, ends: datetime) -> Select[str]:
    """Return the query for what was reported or put on file between, perhaps not for the first time."""
    is_filing = or_(_AUDIT.to_state.in_((FILED, APPROVED)), _SETTLED)
    return select(_AUDIT.case_id).where(is_filing, _AUDIT.at >= begins, _AUDIT.at < ends)


def _warned(begins: datetime, ends: datetime) -> Select[str]:
    """Return the query for what was raised between and warned."""
    is_warned = _CASES.id.in_(select(WarningRow.case_id))
    return select(_CASES.id).where(_CASES.raised_at >= begins, _CASES.raised_at < ends, is_warned)


def _brief(by: By) -> ColumnElement[bool]:
    """Return which rows say whether a case counts and in which groups; of the months before, no more is asked."""
    of_groups: Mapping[By, Collection[str]] = {By.UNIT: (DISPATCH,), By.AREA: (), By.POST: POSTS.keys()}
    actions = {"file", "approve", "reopen", *of_groups[by]}
    return or_(_AUDIT.action.in_(sorted(actions)), _SETTLED, _AUDIT.to_state.in_(sorted(NO_CASE_AFTER_ALL)))


def _facts(session: Session, ids: set[str], as_of: datetime, which: ColumnElement[bool]) -> Iterator[CaseFacts]:
    for some in _portions(sorted(ids), AT_ONCE):
        columns = (_AUDIT.case_id, _AUDIT.at, _AUDIT.actor, _AUDIT.action, _AUDIT.to_state, cast(_AUDIT.detail, Text))
        wanted = select(*columns).where(_AUDIT.case_id.in_(some), _AUDIT.at <= as_of, which)
        rows = session.connection().execute(wanted.order_by(_AUDIT.case_id, _AUDIT.seq))
        opened = select(_CASES.id, _CASES.number, _CASES.raised_at, _AREA).where(_CASES.id.in_(some))
        openings = {row[0]: Opening(*row) for row in session.connection().execute(opened)}
        for case_id, history in groupby(map(_Row._make, rows), key=itemgetter(0)):
            yield facts_of(openings[case_id], history, as_of)


def _portions(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    left = iter(items)
    while portion := list(islice(left, size)):
        yield portion
