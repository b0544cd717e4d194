"""Gives cases the numbers people call them by: by default prefix, local day, and four digits or more from 1.

The counter is a row that is raised inside the transaction that opens the case: a transaction that fails gives its
number back, two that run at once wait for each other, so that the numbers of a day have no gap and no twin.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone, tzinfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cases.tables import CaseCounterRow, CaseRow

PREFIX = "SW"
TEMPLATE = "{prefix}{yyyyMMdd}{seq:04d}"

MAX_NUMBER_LENGTH = 32
"""As wide as the column; a template must leave room for `ROOM_DIGITS` of sequence."""

ROOM_DIGITS = 8

BEIJING = timezone(timedelta(hours=8), "UTC+08:00")
"""The one legal time of China; it has known no summer time since 1991, so no time-zone data is needed."""

_DATES = {"yyyyMMdd": "%Y%m%d", "yyMMdd": "%y%m%d", "yyyyMM": "%Y%m", "yyMM": "%y%m", "yyyy": "%Y"}
_PERIODS = {"dd": "%Y%m%d", "MM": "%Y%m", "yy": "%Y"}
"""What a counter is called, by the end of the date in the template: it counts by day, month or year."""

_PART = re.compile(r"\{(?:(?P<prefix>prefix)|(?P<date>[yMd]+)|seq(?::0(?P<width>[1-9])d)?)\}|(?P<text>[A-Za-z0-9._-]+)")


@dataclass(frozen=True)
class Numbering:
    """How case numbers look.

    Attributes:
        template: text with `{prefix}` where wanted, one date (`{yyyyMMdd}`, `{yyMMdd}`, `{yyyyMM}`, `{yyMM}`, `{yyyy}`)
            and one `{seq}` or `{seq:04d}`; the sequence begins at 1 with each day, month or year, and grows wider than
            its digits where it must.
        prefix: letters, digits, `.`, `_` and `-`.
        former: templates that were used before, with their prefix written out, so that gaps are still found in them.

    Raises:
        ValueError: the template is none; it says why.
    """

    template: str = TEMPLATE
    prefix: str = PREFIX
    former: tuple[str, ...] = ()
    _parts: tuple[re.Match[str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parts = tuple(_PART.finditer(self.template))
        object.__setattr__(self, "_parts", parts)
        dates = [part["date"] for part in parts if part["date"]]
        sequences = [part for part in parts if part[0].startswith("{seq")]
        if "".join(part[0] for part in parts) != self.template or len(dates) != 1 or len(sequences) != 1:
            raise ValueError(
                f"a case number is written as {TEMPLATE}, with one date and one seq, not {self.template!r}"
            )
        if dates[0] not in _DATES:
            raise ValueError(f"the date of a case number is one of {', '.join(_DATES)}, not {dates[0]!r}")
        if not re.fullmatch(r"[A-Za-z0-9._-]*", self.prefix):
            raise ValueError(f"the prefix of case numbers has letters, digits, '.', '_' and '-' only: {self.prefix!r}")
        longest = len(self.number(f"{datetime(2026, 1, 1):{self._period}}", 10**ROOM_DIGITS - 1))
        if longest > MAX_NUMBER_LENGTH:
            raise ValueError(f"case numbers would be {longest} characters long; {MAX_NUMBER_LENGTH} is the most")
        for each in self.former:
            Numbering(each, "")

    @property
    def _period(self) -> str:
        return _PERIODS[next(part["date"] for part in self._parts if part["date"])[-2:]]

    def period(self, moment: datetime, local: tzinfo) -> str:
        """Return what the counter of a moment is called: its local day, month or year."""
        return f"{moment.astimezone(local):{self._period}}"

    def number(self, period: str, count: int) -> str:
        """Return the number of a count in a period."""
        begin = datetime.strptime(period, self._period)
        said = []
        for part in self._parts:
            if part["date"]:
                said.append(f"{begin:{_DATES[part['date']]}}")
            elif part["prefix"]:
                said.append(self.prefix)
            else:
                said.append(part["text"] or f"{count:0{part['width'] or 1}d}")
        return "".join(said)

    def numbers(self, period: str, count: int) -> tuple[str, ...]:
        """Return how a count may have been written, by this template and by the former ones of the same period."""
        every = (self, *(Numbering(each, "") for each in self.former))
        return tuple(each.number(period, count) for each in every if each.counts(period))

    def counts(self, period: str) -> bool:
        """Tell whether a counter of that name belongs to this template."""
        return len(period) == len(f"{datetime(2026, 1, 1):{self._period}}")


DEFAULT_NUMBERING = Numbering()


def next_number(session: Session, opened_at: datetime, local: tzinfo, numbering: Numbering = DEFAULT_NUMBERING) -> str:
    """Return the next free number of the day, in the session's own transaction."""
    period = numbering.period(opened_at, local)
    raised = session.execute(
        update(CaseCounterRow)
        .where(CaseCounterRow.day == period)
        .values(last=CaseCounterRow.last + 1)
        .returning(CaseCounterRow.last)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if raised is None:
        raised = 1
        session.add(CaseCounterRow(day=period, last=raised))
        session.flush()
    return numbering.number(period, raised)


def missing_numbers(session: Session, numbering: Numbering = DEFAULT_NUMBERING) -> tuple[str, ...]:
    """Return the numbers that were given and that no case has, in their order.

    A counter that neither the template nor a former one explains is told by its own name and count.
    """
    counters = session.execute(select(CaseCounterRow.day, CaseCounterRow.last).order_by(CaseCounterRow.day)).all()
    there = set(session.scalars(select(CaseRow.number)))
    missing = []
    for period, last in counters:
        for count in range(1, last + 1):
            written = numbering.numbers(period, count) or (f"{period}-{count}",)
            if not there.intersection(written):
                missing.append(written[0])
    return tuple(missing)
