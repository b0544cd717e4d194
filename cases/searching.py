"""Finds cases: turns a `CaseQuery` into statements that stay quick among a million cases, on either database.

Lists are read along an index, newest first, and go on from the place of the last case that was seen. What they find is
counted up to a limit only. Text is looked for in a column that the database keeps itself (`CaseRow.names`), and in the
numbers: PostgreSQL has an index of all runs of one and two characters, so that a single Chinese character is found as
quickly as a sentence; SQLite reads through an index that holds just the searched words.

Belongs here: finding and counting. Does not: changing (store), what a board shows (dashboard).
"""

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session, raiseload

from cases.records import COUNTED_UP_TO, CaseLine, CaseQuery, Count
from cases.rows import case_line
from cases.tables import CaseRow, CaseTallyRow, UtcDateTime, WarningRow

SHORTEST_OF_NUMBER = 3
"""So many characters are looked for in numbers too, which are ASCII; one or two digits stand in nearly every one."""


def rows_of(query: CaseQuery, session: Session) -> Select[CaseRow]:
    """Return the statement that selects a page of a query, newest first."""
    conditions = conditions_of(query, session)
    if query.after is not None:
        seen = tuple_(literal(query.after.raised_at, UtcDateTime()), literal(query.after.case_id))
        conditions.append(tuple_(CaseRow.raised_at, CaseRow.id) < seen)
    newest_first = select(CaseRow).where(*conditions).order_by(CaseRow.raised_at.desc(), CaseRow.id.desc())
    return newest_first.limit(query.limit).offset(query.offset)


def lines_of(query: CaseQuery, session: Session) -> tuple[CaseLine, ...]:
    """Return a page of a query as lines, newest first; one statement, whatever belongs to the cases."""
    warnings = select(func.count()).select_from(WarningRow).where(WarningRow.case_id == CaseRow.id).scalar_subquery()
    found = session.execute(rows_of(query, session).add_columns(warnings).options(raiseload("*"))).all()
    return tuple(case_line(row, count) for row, count in found)


def count_of(query: CaseQuery, session: Session) -> Count:
    """Return how many cases a query finds: exact where at most its states narrow it, else up to `COUNTED_UP_TO`."""
    if _asks_for_states_only(query):
        tallied = select(func.coalesce(func.sum(CaseTallyRow.count), 0))
        if query.states:
            tallied = tallied.where(CaseTallyRow.state.in_([state.value for state in query.states]))
        return Count(int(session.scalar(tallied) or 0))
    some = select(CaseRow.id).where(*conditions_of(query, session)).limit(COUNTED_UP_TO + 1)
    if query.text and not _has_grams(session):
        some = some.order_by(CaseRow.raised_at.desc(), CaseRow.id.desc())  # which makes SQLite read the index of words
    counted = session.scalar(select(func.count()).select_from(some.subquery())) or 0
    return Count(min(counted, COUNTED_UP_TO), counted > COUNTED_UP_TO)


def conditions_of(query: CaseQuery, session: Session) -> list[ColumnElement[bool]]:
    """Return what a case must fulfil to be found, wherever it stands; an empty list finds all."""
    conditions: list[ColumnElement[bool]] = []
    if query.states:
        conditions.append(CaseRow.state.in_([state.value for state in query.states]))
    if query.kinds:
        conditions.append(CaseRow.kind.in_(query.kinds))
    if query.camera_ids:
        conditions.append(CaseRow.camera_id.in_(query.camera_ids))
    if query.units:
        conditions.append(CaseRow.unit.in_(query.units))
    if query.raised_from is not None:
        conditions.append(CaseRow.raised_at >= query.raised_from)
    if query.raised_before is not None:
        conditions.append(CaseRow.raised_at < query.raised_before)
    if text := query.text.strip():
        conditions.append(_contains_by_grams(text) if _has_grams(session) else _contains(text))
    return conditions


def _has_grams(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _contains(text: str) -> ColumnElement[bool]:
    in_names = func.instr(CaseRow.names, func.lower(text)) > 0
    if not _may_be_number(text):
        return in_names
    return or_(in_names, func.instr(func.lower(CaseRow.number), func.lower(text)) > 0)


def _contains_by_grams(text: str) -> ColumnElement[bool]:
    """The same by the index `ix_cases_grams`; runs find what may hold the text, the second condition is exact."""
    wanted = func.lower(text)
    in_names = and_(
        func.streetwarden_grams(CaseRow.names, 1, 2).op("@>")(func.streetwarden_grams(wanted, 1, 2)),
        func.strpos(CaseRow.names, wanted) > 0,
    )
    if not _may_be_number(text):
        return in_names
    number = func.lower(CaseRow.number)
    in_number = and_(
        func.streetwarden_grams(number, 3, 3).op("@>")(func.streetwarden_grams(wanted, 3, 3)),
        func.strpos(number, wanted) > 0,
    )
    return or_(in_names, in_number)


def _may_be_number(text: str) -> bool:
    return len(text) >= SHORTEST_OF_NUMBER and text.isascii()


def _asks_for_states_only(query: CaseQuery) -> bool:
    return not (
        query.kinds
        or query.camera_ids
        or query.units
        or query.raised_from
        or query.raised_before
        or query.text.strip()
    )
