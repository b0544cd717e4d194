"""Tries dispatch rules on cases that were, before they are in force: who would get what, which rule is of no use."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cases.dispatching import DispatchTable, Rule
from cases.spots import Spot


@dataclass(frozen=True, slots=True)
class TriedCase:
    """What of a case decides who is responsible; `number` is what people call it."""

    number: str
    code: str
    raised_at: datetime
    spot: Spot


@dataclass(frozen=True, slots=True)
class Trial:
    """What the rules would do.

    Attributes:
        units: how many cases each unit would get, the busiest first.
        without: the cases that no rule fits.
        unplaced: how many of those have neither grid nor district, so that only a rule of the whole city could fit.
        used: how often each rule decided.
        unused: rules that decided nothing, in the order of the file.
    """

    units: tuple[tuple[str, int], ...]
    without: tuple[TriedCase, ...]
    unplaced: int
    used: tuple[tuple[Rule, int], ...]
    unused: tuple[Rule, ...]

    @property
    def total(self) -> int:
        """How many cases were tried."""
        return sum(count for _, count in self.units) + len(self.without)


def try_rules(table: DispatchTable, cases: Iterable[TriedCase]) -> Trial:
    """Return what the rules would do with these cases, each at the moment it was raised."""
    counts: Counter[Rule] = Counter()
    without = []
    for case in cases:
        rule = table.choose(case.spot, case.code, case.raised_at).rule
        if rule is None:
            without.append(case)
        else:
            counts[rule] += 1
    units: Counter[str] = Counter()
    for rule, count in counts.items():
        units[rule.unit] += count
    in_order = sorted(table.rules, key=lambda rule: rule.number)
    return Trial(
        units=tuple(sorted(units.items(), key=lambda pair: (-pair[1], pair[0]))),
        without=tuple(without),
        unplaced=sum(not (case.spot.grid or case.spot.district) for case in without),
        used=tuple((rule, counts[rule]) for rule in in_order if counts[rule]),
        unused=tuple(rule for rule in in_order if not counts[rule]),
    )
