"""What was read on the pictures of a case: plates, telephone numbers, lines of text; and which cases share it.

It is kept in a table of its own, not in the history: a plate is personal, and what is read goes with the pictures that
it was read from, while the history stays. Print of the same poster is told by equal numbers and equal long lines.

Belongs here: the records and their rows. Does not: reading (models), who may see what (pipeline.evidence_desk, api).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session, aliased

from cases.database import Database
from cases.lawful_notices import plain_text
from cases.noting import case_for_change
from cases.tables import CaseRow, ReadingRow
from models.number_plates import plate_of
from models.phone_numbers import number_of

SURE_SCORE = 0.9
"""What is surer than this is told as read; `models.phone_numbers` and `models.number_plates` say why."""

LONG_TEXT = 8
"""Lines of at least so many letters tell one poster from others; 招工 stands on thousands."""

MAX_VALUE, MAX_SHOWN = 64, 200
"""Characters of a line by which it is found, and that are shown; more is cut."""

MOST_READINGS = 60
"""Of one case; a poster full of small print has no more lines that can be read."""

MOST_ALIKE = 20
"""Cases that are named as having the same number, the newest; a spammer's may stand on thousands."""


class ReadingKind(StrEnum):
    """What was read."""

    PLATE = "plate"
    MOBILE = "mobile"
    LANDLINE = "landline"
    SERVICE = "service"
    WECHAT = "wechat"
    QQ = "qq"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that was read.

    Attributes:
        kind: what it is.
        shown: as it is shown.
        value: by which it is found; empty where it is too common, or too uncertain, to be looked for.
        score: certainty of its weakest character in [0, 1].
    """

    kind: ReadingKind
    shown: str
    value: str
    score: float

    @property
    def is_sure(self) -> bool:
        """Whether it may be told as read; else it is only what it looks like."""
        return self.score >= SURE_SCORE


@dataclass(frozen=True, slots=True)
class AlikeCase:
    """Another case on which the same was read.

    Attributes:
        case_id, number: the case.
        kind, shown: what was read there.
        value: by which both are found.
        is_sure: whether it was read surely in both.
    """

    case_id: str
    number: str
    kind: ReadingKind
    shown: str
    value: str
    is_sure: bool


def text_reading(text: str, score: float) -> Reading:
    """Return a line of text; only a long one is looked for."""
    plain = plain_text(text)
    is_looked_for = len(plain) >= LONG_TEXT and not number_of(text)  # a number is a reading of its own
    return Reading(ReadingKind.TEXT, text, plain if is_looked_for else "", score)


def value_of(told: str) -> str:
    """Return by which value something that a person looks for is found; empty where it is nothing that is kept so."""
    if value := number_of(told) or plate_of(told):
        return value
    plain = plain_text(told)
    return plain[:MAX_VALUE] if len(plain) >= LONG_TEXT else ""


class Readings:
    """What was read on all cases of a database. Any thread may call any method."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, case_id: str, readings: Sequence[Reading]) -> None:
        """Keep what was read on a case, in place of what was kept before.

        Raises:
            UnknownCaseError: there is no such case.
            DatabaseError: the database refuses; it may be tried again.
        """
        with self._database.writing() as session:
            row = case_for_change(session, case_id)
            if any(pack.deleted_at is not None for pack in row.packs):
                return  # the pictures went by a rule of retention while they were being read
            forget_readings(session, case_id)
            for reading in readings[:MOST_READINGS]:
                session.add(_row(case_id, reading))

    def of(self, case_id: str) -> tuple[Reading, ...]:
        """Return what was read on a case, in the order in which it was kept."""
        with self._database.reading() as session:
            rows = session.scalars(select(ReadingRow).where(ReadingRow.case_id == case_id).order_by(ReadingRow.id))
            return tuple(Reading(ReadingKind(row.kind), row.shown, row.value, row.score) for row in rows)

    def alike(self, case_id: str) -> tuple[AlikeCase, ...]:
        """Return the other cases on which the same was read, newest first, at most `MOST_ALIKE` of each value."""
        own = aliased(ReadingRow)
        wanted = (
            select(
                CaseRow.id, CaseRow.number, ReadingRow.kind, ReadingRow.shown, ReadingRow.score, own.score, own.value
            )
            .join(ReadingRow, ReadingRow.case_id == CaseRow.id)
            .join(own, (own.value == ReadingRow.value) & (own.kind == ReadingRow.kind))
            .where(own.case_id == case_id, own.value != "", CaseRow.id != case_id)
            .order_by(CaseRow.raised_at.desc(), CaseRow.id.desc())
            .limit(MOST_READINGS * MOST_ALIKE)
        )
        by_value: defaultdict[str, list[AlikeCase]] = defaultdict(list)
        with self._database.reading() as session:
            for other_id, number, kind, shown, score, own_score, value in session.execute(wanted):
                is_sure = min(score, own_score) >= SURE_SCORE
                by_value[value].append(AlikeCase(other_id, number, ReadingKind(kind), shown, value, is_sure))
        return tuple(case for cases in by_value.values() for case in cases[:MOST_ALIKE])


def forget_readings(session: Session, case_id: str) -> None:
    """Remove what was read on a case, as its pictures go."""
    session.execute(delete(ReadingRow).where(ReadingRow.case_id == case_id))


def is_read(value: str, *, plates: bool) -> ColumnElement[bool]:
    """Return the condition that a case has something of this value; of plates only where they may be looked for."""
    found = select(ReadingRow.case_id).where(ReadingRow.value == value)
    if not plates:
        found = found.where(ReadingRow.kind != ReadingKind.PLATE.value)
    return CaseRow.id.in_(found)


def _row(case_id: str, reading: Reading) -> ReadingRow:
    shown, value = reading.shown[:MAX_SHOWN], reading.value[:MAX_VALUE]
    return ReadingRow(case_id=case_id, kind=reading.kind.value, shown=shown, value=value, score=reading.score)
