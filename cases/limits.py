"""Reads how long handling may take, as code tables write it: `2紧急工作时`, `4小时`, `1天`, `3 work days`.

Belongs here: what a limit is and how it is written. Does not: when it ends (working_time).
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class LimitUnit(StrEnum):
    """How the time of a limit is counted."""

    URGENT_HOUR = "urgent_hour"  # continuous hours
    WORK_HOUR = "work_hour"  # hours within working time
    WORK_DAY = "work_day"  # working days, of eight such hours by default
    NATURAL_DAY = "natural_day"  # continuous days of 24 hours

    @property
    def is_continuous(self) -> bool:
        """Whether nights, weekends and holidays count too."""
        return self in (LimitUnit.URGENT_HOUR, LimitUnit.NATURAL_DAY)


_UNITS = {
    "紧急工作时": LimitUnit.URGENT_HOUR,
    "工作时": LimitUnit.WORK_HOUR,
    "小时": LimitUnit.WORK_HOUR,
    "工作日": LimitUnit.WORK_DAY,
    "天": LimitUnit.WORK_DAY,
    "紧急工作日": LimitUnit.NATURAL_DAY,
    "自然日": LimitUnit.NATURAL_DAY,
}
_ENGLISH = {
    LimitUnit.URGENT_HOUR: "urgent hour",
    LimitUnit.WORK_HOUR: "work hour",
    LimitUnit.WORK_DAY: "work day",
    LimitUnit.NATURAL_DAY: "natural day",
}
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""Full-width forms of ASCII; NFKC would make 12 of 1²."""
_NO_LIMIT = ("无", "none", "-")
_LIMIT = re.compile(
    r"(?P<count>[0-9]{1,4}(\.[0-9]{1,2})?)个?"
    rf"((?P<zh>{'|'.join(_UNITS)})(内|以内|之内|制止)?|(?P<en>{'|'.join(_UNITS.values())})s?)"
)  # cities write what has to happen by then into the cell too, as "1紧急工作时制止"

LIMIT_FORMS = "2紧急工作时, 4小时, 1天, 2紧急工作日, 无"
"""What errors show as examples; the last says that there is none."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How long handling may take.

    Attributes:
        count: more than 0 and less than 10,000, with two decimals at most.
        unit: how its time is counted.
        words: the table's own words, without spaces.
    """

    count: Decimal
    unit: LimitUnit
    words: str

    def said(self, language: str) -> str:
        """Return the limit in the table's words for `zh`, for anything else in English."""
        if language == "zh":
            return self.words
        return f"{self.count} {_ENGLISH[self.unit]}{'' if self.count == 1 else 's'}"


def read_limit(text: str) -> Limit | None:
    """Return the limit that a text says, None where it says that there is none (无, none, -).

    Full-width digits, spaces and the names of `LimitUnit` are understood.

    Raises:
        ValueError: it says neither.
    """
    plain = "".join(text.translate(_WIDE).split()).replace("_", "").lower()
    if plain in _NO_LIMIT:
        return None
    found = _LIMIT.fullmatch(plain) or _LIMIT.fullmatch(plain.replace("day", "_day").replace("hour", "_hour"))
    if found is None or not (count := Decimal(found["count"])):
        raise ValueError(f"a limit is written as one of {LIMIT_FORMS}, not {text!r}")
    unit = _UNITS[found["zh"]] if found["zh"] else LimitUnit(found["en"])
    return Limit(count, unit, found["count"] + (found["zh"] or f"{found['en']}s"))
