"""Finds cases: turns a `CaseQuery` into statements that stay quick among a million cases, on either database.

Lists are read along an index, newest first, and go on from the place of the last case that was seen. What they find is
counted up to a limit only. Text is looked for in a column that the database keeps itself (`CaseRow.names`), and in the
numbers: PostgreSQL has an index of all runs of one and two characters, so that a single Chinese character is found as
quickly as a sentence; SQLite reads through an index that holds just the searched words.

Belongs here: finding and counting. Does not: changing (store), what a board shows (dashboard).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    Tuple,
    and_,
    false,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union,
)
from sqlalchemy.orm import Session, raiseload

from cases.closing import PROPOSAL_STATES, ClosingProposal
from cases.due_soon import DueSoon, StageSpan
from cases.examining_columns import held_back
from cases.pages import Count
from cases.posts import ANY_UNIT
from cases.queries import CasePlace, CaseQuery, Inbox
from cases.readings import is_read
from cases.records import CaseLine
from cases.rows import case_line
from cases.tables import CaseRow, CaseTallyRow, UtcDateTime, WarningRow

SHORTEST_OF_NUMBER = 3
"""So many characters are looked for in numbers too, which are ASCII; one or two digits stand in nearly every one."""

COUNTED_UP_TO = 10_000
"""What a list found is counted up to here: nobody turns so many pages, and counting a million takes its time."""

COUNTED_BY_TEXT = 2_000
"""The same where a text is looked for: what is commoner than this is met soon by reading along the list."""

PROBED = 8_000
"""Newest cases in which a text is looked for first, some milliseconds' worth: two weeks of a city."""

_ANY = CaseQuery()


@dataclass(frozen=True, slots=True)
class Found:
    """What a query finds: the statement that selects its page of rows, newest first, and how many there are in all."""

    page: Select[CaseRow]
    count: Count


def search(query: CaseQuery, session: Session) -> Found:
    """Find what a query asks for."""
    if query.text.strip():
        return _by_text(query, session)
    return Found(_along(query, conditions_of(query)), _count(query, session))


def lines_of(found: Found, session: Session) -> tuple[CaseLine, ...]:
    """Return a page as lines; one statement, whatever belongs to the cases."""
    warnings = select(func.count()).select_from(WarningRow).where(WarningRow.case_id == CaseRow.id).scalar_subquery()
    rows = session.execute(found.page.add_columns(warnings).options(raiseload("*"))).all()
    return tuple(case_line(row, count) for row, count in rows)


def conditions_of(query: CaseQuery) -> list[ColumnElement[bool]]:
    """Return what a case must fulfil to be found besides its text and place; an empty list finds all."""
    conditions: list[ColumnElement[bool]] = []
    if query.states:
        conditions.append(CaseRow.state.in_([state.value for state in query.states]))
    if query.kinds:
        conditions.append(CaseRow.kind.in_(query.kinds))
    if query.camera_ids:
        conditions.append(CaseRow.camera_id.in_(query.camera_ids))
    if query.raised_from is not None:
        conditions.append(CaseRow.raised_at >= query.raised_from)
    if query.raised_before is not None:
        conditions.append(CaseRow.raised_at < query.raised_before)
    if query.reading:
        conditions.append(is_read(query.reading, plates=query.plates))
    return [*conditions, *_in_workflow(query)]


def _in_workflow(query: CaseQuery) -> Iterator[ColumnElement[bool]]:
    """Yield what a query asks of units, clocks and proposals."""
    if query.units:
        yield CaseRow.unit.in_(query.units)
    if query.inbox is not None:
        yield _waits(query.inbox)
    if query.proposals:
        yield _is_proposed(query.proposals)
    if query.held_back:
        yield held_back()
    if query.due_before is not None:
        yield or_(CaseRow.due_at < query.due_before, *map(_began_in, query.late_stages))
    if query.due_soon is not None:
        yield _is_soon(query.due_soon)


def _is_proposed(proposals: tuple[ClosingProposal, ...]) -> ColumnElement[bool]:
    counts = CaseRow.state.in_([state.value for state in PROPOSAL_STATES])
    is_of_now = CaseRow.closing_round_at == CaseRow.dispatched_at
    return and_(CaseRow.closing_proposal.in_([proposal.value for proposal in proposals]), counts, is_of_now)


def _waits(inbox: Inbox) -> ColumnElement[bool]:
    """Return what waits, without an empty list of states: for one SQLite reads the whole table."""
    ways: list[ColumnElement[bool]] = []
    if inbox.states:
        ways.append(CaseRow.state.in_([state.value for state in inbox.states]))
    if inbox.unit_states and inbox.unit:
        is_own = true() if inbox.unit == ANY_UNIT else CaseRow.unit == inbox.unit
        ways.append(and_(CaseRow.state.in_([state.value for state in inbox.unit_states]), is_own))
    return or_(*ways) if ways else false()


def _is_soon(soon: DueSoon) -> ColumnElement[bool]:
    alike = [
        and_(
            CaseRow.code == each.code,
            CaseRow.condition.is_not_distinct_from(each.condition),
            CaseRow.due_at <= each.until,
        )
        for each in soon.limits
    ]
    of_units = and_(CaseRow.due_at > soon.now, or_(false(), *alike))
    return or_(of_units, *map(_began_in, soon.stages))


def _began_in(span: StageSpan) -> ColumnElement[bool]:
    is_after = true() if span.after is None else CaseRow.stage_since > span.after
    return and_(CaseRow.state == span.state, CaseRow.stage_since <= span.until, is_after)


def _along(query: CaseQuery, conditions: list[ColumnElement[bool]]) -> Select[CaseRow]:
    """Return the page of those that fulfil conditions, read along the order of the list."""
    if query.after is not None:
        conditions = [*conditions, _stands_after(tuple_(CaseRow.raised_at, CaseRow.id), query.after)]
    newest_first = select(CaseRow).where(*conditions).order_by(CaseRow.raised_at.desc(), CaseRow.id.desc())
    return newest_first.limit(query.limit).offset(query.offset)


def _stands_after(place: Tuple, seen: CasePlace) -> ColumnElement[bool]:
    return place < tuple_(literal(seen.raised_at, UtcDateTime()), literal(seen.case_id))


def _count(query: CaseQuery, session: Session) -> Count:
    """Count what a query without text finds: exact where at most states narrow it, else up to `COUNTED_UP_TO`."""
    if query == replace(_ANY, states=query.states, limit=query.limit, offset=query.offset, after=query.after):
        tallied = select(func.coalesce(func.sum(CaseTallyRow.count), 0))
        if query.states:
            tallied = tallied.where(CaseTallyRow.state.in_([state.value for state in query.states]))
        return Count(int(session.scalar(tallied) or 0))
    some = select(CaseRow.id).where(*conditions_of(query)).limit(COUNTED_UP_TO + 1).subquery()
    return _counted(session.scalar(select(func.count()).select_from(some)) or 0, COUNTED_UP_TO)


def _counted(found: int, limit: int) -> Count:
    return Count(min(found, limit), found > limit)


def _by_text(query: CaseQuery, session: Session) -> Found:
    """Take all that hold the text, up to the number that is counted; what is commoner is met soon along the list."""
    words = _Words(query.text.strip(), is_postgresql=session.get_bind().dialect.name == "postgresql")
    if words.is_postgresql and _is_everywhere(query, words, session):
        return Found(_along(query, [words.held()]), Count(COUNTED_BY_TEXT, is_more=True))
    some = _holders(query, words)
    place = tuple_(some.c.raised_at, some.c.id)
    is_wanted = literal(value=True) if query.after is None else _stands_after(place, query.after)
    in_order = select(some.c.id, is_wanted).order_by(some.c.raised_at.desc(), some.c.id.desc())
    found = session.execute(in_order).all()
    count = _counted(len(found), COUNTED_BY_TEXT)
    if count.is_more:
        return Found(_along(query, [*conditions_of(query), words.held()]), count)
    ids = [case_id for case_id, wanted in found if wanted][query.offset :][: query.limit]
    return Found(_along(replace(_ANY, limit=query.limit), [CaseRow.id.in_(ids)]), count)


def _is_everywhere(query: CaseQuery, words: "_Words", session: Session) -> bool:
    """Say whether the newest cases alone hold the text more often than is counted.

    For a word like 路 the index would hand over more than half of all cases before the first of them is looked at.
    """
    if conditions_of(query):
        return False
    newest = select(CaseRow.names, CaseRow.number).order_by(CaseRow.raised_at.desc(), CaseRow.id.desc()).limit(PROBED)
    probed = newest.subquery()
    some = select(probed.c.number).where(words.held(probed.c.names, probed.c.number)).limit(COUNTED_BY_TEXT + 1)
    return (session.scalar(select(func.count()).select_from(some.subquery())) or 0) > COUNTED_BY_TEXT


def _holders(query: CaseQuery, words: "_Words") -> Subquery:
    """Return id and time of the cases that hold the text, up to one more than are counted."""
    plain = select(CaseRow.id, CaseRow.raised_at).where(*conditions_of(query)).limit(COUNTED_BY_TEXT + 1)
    if not words.is_postgresql:  # in the order of the list, which makes SQLite read the index of words
        return plain.where(words.held()).order_by(CaseRow.raised_at.desc(), CaseRow.id.desc()).subquery()
    parts = [plain.where(*way).subquery() for way in words.by_grams()]
    return union(*(select(part.c.id, part.c.raised_at) for part in parts)).limit(COUNTED_BY_TEXT + 1).subquery()


@dataclass(frozen=True, slots=True)
class _Words:
    """A text that is looked for, in names always, in numbers where it may be part of one."""

    text: str
    is_postgresql: bool

    def held(self, names: Any = CaseRow.names, number: Any = CaseRow.number) -> ColumnElement[bool]:
        """Return the condition that holds for exactly the cases that are meant, without any index."""
        in_names = self._held_by(names)
        return or_(in_names, self._held_by(func.lower(number))) if self._may_be_number else in_names

    def by_grams(self) -> list[tuple[ColumnElement[bool], ColumnElement[bool]]]:
        """Return the ways by the index `ix_cases_grams`: its runs find what may hold the text, the second is exact.

        Each is a query of its own: joined by OR, PostgreSQL would work out the runs of every row again.
        """
        longest = min(len(self.text), 2)  # the longest runs in the index are the rarest
        wanted = func.streetwarden_grams(func.lower(self.text), longest, longest)
        ways: list[tuple[ColumnElement[bool], ColumnElement[bool]]] = []
        ways.append((func.streetwarden_grams(CaseRow.names, 1, 2).op("@>")(wanted), self._held_by(CaseRow.names)))
        if self._may_be_number:
            number = func.lower(CaseRow.number)
            wanted = func.streetwarden_grams(func.lower(self.text), 3, 3)
            ways.append((func.streetwarden_grams(number, 3, 3).op("@>")(wanted), self._held_by(number)))
        return ways

    @property
    def _may_be_number(self) -> bool:
        return len(self.text) >= SHORTEST_OF_NUMBER and self.text.isascii()

    def _held_by(self, lowered: Any) -> ColumnElement[bool]:
        place = func.strpos if self.is_postgresql else func.instr
        return place(lowered, func.lower(self.text)) != 0  # "> 0" PostgreSQL takes to hold for a third of all rows
