"""Says which unit is responsible for a case: rules by place and code, the most specific first.

A rule names a unit and may narrow where (a unit grid, a responsibility grid, a district), what (a code, or the two
digits of a class) and when. Of the rules that fit, the narrowest place decides; among equal places the narrowest code;
among equal codes one that is limited in time; among those the one that stands first.

Belongs here: the choice. Does not: the file (dispatch_file), what is wrong with rules (dispatch_checks), trying them on
stored cases (dispatch_trial).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from cases.schedules import ALWAYS, Schedule
from cases.spots import Spot

PLACES = ("grid", "area", "district", "")
"""What a rule may name as its place, the narrowest first; the last one stands for the whole city."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        number: its line or entry in the file, from 1; of equal rules the smaller one decides.
        unit: who is responsible.
        place: one of `PLACES`: what `place_code` is a code of.
        place_code: where it holds; empty for the whole city.
        code: a code of the city's table, or its first two digits; empty for all.
        when: when it holds.
    """

    number: int
    unit: str
    place: str = ""
    place_code: str = ""
    code: str = ""
    when: Schedule = ALWAYS

    @property
    def rank(self) -> tuple[int, int, bool, int]:
        """What decides between rules that fit; the smallest wins."""
        return PLACES.index(self.place), -len(self.code), self.when == ALWAYS, self.number

    def fits_code(self, code: str) -> bool:
        """Return whether it speaks of a code."""
        return code.startswith(self.code)

    @property
    def shown(self) -> str:
        """The rule in short, for people: what it narrows and whom it names."""
        where = f"{self.place} {self.place_code}" if self.place else "*"
        return f"#{self.number} {where} / {self.code or '*'} → {self.unit}"


@dataclass(frozen=True, slots=True)
class Choice:
    """Who is responsible, and why.

    Attributes:
        rule: the rule that decided; None where none fits.
        beaten: the other rules that fit, in the order in which they would have decided.
    """

    rule: Rule | None
    beaten: tuple[Rule, ...]

    @property
    def unit(self) -> str:
        """The unit, empty where no rule fits."""
        return self.rule.unit if self.rule else ""


class DispatchTable:
    """The rules of a city; any thread may ask.

    Args:
        rules: in any order.
        local: the zone of their days and hours.
    """

    def __init__(self, rules: Iterable[Rule], local: tzinfo) -> None:
        self.rules = tuple(sorted(rules, key=lambda rule: rule.rank))
        self.local = local
        self._by_place: dict[tuple[str, str], list[Rule]] = defaultdict(list)
        for rule in self.rules:
            self._by_place[rule.place, rule.place_code].append(rule)

    def choose(self, spot: Spot, code: str, at: datetime) -> Choice:
        """Return who is responsible for a code at a place and an aware moment."""
        fitting = [r for r in self.at_place(spot) if r.fits_code(code) and r.when.holds(at, self.local)]
        return Choice(fitting[0] if fitting else None, tuple(fitting[1:]))

    def at_place(self, spot: Spot) -> list[Rule]:
        """Return the rules that speak of a place, those that decide first in front."""
        codes = {"grid": spot.grid, "area": spot.area, "district": spot.district, "": ""}
        return [
            rule
            for place in PLACES
            if codes[place] or not place
            for rule in self._by_place.get((place, codes[place]), ())
        ]
