"""What a query of cases gives: a page of them, whole or as lines, and how many it finds in all."""

from dataclasses import dataclass

from cases.records import Case, CaseLine


@dataclass(frozen=True, slots=True)
class Count:
    """How many cases a query finds, whatever its page.

    Attributes:
        total: so many; exact unless `is_more`.
        is_more: there are more than `total`; they were not counted.
    """

    total: int
    is_more: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the cases that a query found, whole, and how many it found in all."""

    cases: tuple[Case, ...]
    count: Count

    @property
    def total(self) -> int:
        """How many it found; more where `count` says so."""
        return self.count.total


@dataclass(frozen=True, slots=True)
class LinePage:
    """The same as lines of a list."""

    lines: tuple[CaseLine, ...]
    count: Count
