"""Builds histories of cases that went through a city's workflow, as the audit log holds them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import JsonValue

from cases.case_facts import CaseFacts, Opening, facts_of
from cases.case_numbers import BEIJING
from cases.store import CaseStore
from cases.tables import AuditTableRow, CaseRow
from tests.cases.builders import new_case, pack_of

LATER = datetime(2027, 6, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    """Return a moment in Beijing, written as `11-02 08:00` of 2026."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=BEIJING)


@dataclass(frozen=True)
class Row:
    """One row of a history."""

    at: datetime
    actor: str
    action: str
    to_state: str
    detail: dict[str, JsonValue] = field(default_factory=dict)


class Course:
    """Writes the history of one case, a step after the other."""

    def __init__(self, number: str, raised: str, area: str = "东门", **detail: JsonValue) -> None:
        self.opened = Opening(f"id-{number}", number, at(raised), area)
        self.rows = [Row(at(raised), "system", "open", "candidate", detail)]

    def do(self, when: str, action: str, to_state: str = "", actor: str = "li", **detail: JsonValue) -> "Course":
        """Add a step; without a state it stays where it is."""
        self.rows.append(Row(at(when), actor, action, to_state or self.rows[-1].to_state, detail))
        return self

    def filed(self, when: str) -> "Course":
        return self.do(when, "file", "filed")

    def approved(self, when: str) -> "Course":
        """Put it on file."""
        return self.do(when, "accept", "accepted", "wang").do(when, "approve", "approved", "zhao")

    def dispatched(self, when: str, unit: str, due: str) -> "Course":
        """Put it on file and hand it to a unit."""
        return self.approved(when).do(when, "dispatch", "dispatched", "qian", unit=unit, due_at=at(due).isoformat())

    def handed_back(self, when: str) -> "Course":
        return self.do(when, "report", "handled", "wu").do(when, "feed_back", "checking", "sun")

    def closed(self, when: str) -> "Course":
        return self.do(when, "pass_check", "checked", "zhou").do(when, "close", "closed", "wang")

    def facts(self, as_of: datetime = LATER) -> CaseFacts:
        return facts_of(self.opened, self.rows, as_of)


def quick(number: str, unit: str, day: str) -> Course:
    """Return a case that was filed, handled and closed in time on one day, written as `11-02`."""
    course = Course(number, f"{day} 08:00").filed(f"{day} 08:10").dispatched(f"{day} 08:20", unit, f"{day} 12:00")
    return course.handed_back(f"{day} 10:00").closed(f"{day} 10:20")


def earlier(unit: str, **months: int) -> Iterator[CaseFacts]:
    """Yield so many quick cases of a unit in months named `m08`, `m09`, `m10`."""
    for month, count in months.items():
        for place in range(count):
            yield quick(f"{unit}-{month}-{place}", unit, f"{month[1:]}-{1 + place:02d}").facts()


def write(store: CaseStore, course: Course) -> None:
    """Put a history into the database as it is, whatever the state machine of today says to it."""
    event_id, raised_at = course.opened.number, course.opened.raised_at
    new = new_case(event_id, raised_at=raised_at, started_at=raised_at, opened_at=raised_at)
    case = store.open_case(new, pack_of(event_id))
    with store.database.writing() as session:
        session.get_one(CaseRow, case.case_id).state = "closed"  # out of the lists of open cases
        session.add_all(
            AuditTableRow(
                case_id=case.case_id,
                seq=seq,
                at=row.at,
                actor=row.actor,
                action=row.action,
                from_state=course.rows[seq - 3].to_state,
                to_state=row.to_state,
                reason="",
                detail=row.detail,
            )
            for seq, row in enumerate(course.rows[1:], start=3)
        )
