"""Says what is odd about dispatch rules that can each be read: unknown places, contradictions, some never decide.

All are notes: the table can be used, but somebody wrote it with something else in mind.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from cases.dispatching import DispatchTable, Rule
from cases.grids import GridMap
from cases.place_problems import At, Slip, Unit
from cases.spots import Spot


def check_rules(table: DispatchTable, city: GridMap, codes: Collection[str], *, unit: Unit) -> tuple[Slip, ...]:
    """Return what is odd about rules, in the order of the file.

    Args:
        table: the rules.
        city: the grids they speak of; places are not judged where it has none.
        codes: of the city's table; not judged where empty.
        unit: what the file consists of, for where things are.
    """
    found = [
        *_unknown(table.rules, city, codes, unit),
        *(_at(rule, unit).note("contradiction", other=other.shown) for rule, other in contradictions(table.rules)),
        *(_at(rule, unit).note("shadowed", other=other.shown) for rule, other in shadowed(table, city)),
    ]
    return tuple(sorted(found, key=lambda slip: slip.number))


def contradictions(rules: Sequence[Rule]) -> list[tuple[Rule, Rule]]:
    """Return pairs of rules for the same place and code that name two units at some common time; the later one first.

    A rule that is limited in time may differ from one that always holds: that is what it is for.
    """
    alike = defaultdict(list)
    for rule in rules:
        alike[rule.rank[:3], rule.place_code, rule.code].append(rule)
    pairs = []
    for group in alike.values():
        for i, first in enumerate(group):
            pairs += [(b, first) for b in group[i + 1 :] if b.unit != first.unit and b.when.meets(first.when)]
    return pairs


def shadowed(table: DispatchTable, city: GridMap) -> list[tuple[Rule, Rule]]:
    """Return rules that can never decide, each with a rule that decides instead.

    A rule of a district or a responsibility grid is shadowed too where each of its unit grids has rules of its own for
    all that it speaks of; that is seen only with the grids at hand.
    """
    spots = [city.spot_of_grid(grid.code) for grid in city.grids]
    by_place: dict[tuple[str, str], list[Spot]] = defaultdict(list)
    for spot in spots:
        for place in ("area", "district"):
            by_place[place, getattr(spot, place)].append(spot)
    found = []
    for rule in table.rules:
        inside = by_place.get((rule.place, rule.place_code), [])
        winners = [_winner(rule, table.at_place(spot)) for spot in inside or [_only_spot(rule)]]
        if all(winners):
            found += [(rule, winner) for winner in winners[:1] if winner]
    return found


def _winner(rule: Rule, at_place: Iterable[Rule]) -> Rule | None:
    """Return the rule that decides at a place whenever `rule` could."""
    for other in at_place:
        if other is rule:
            return None
        if rule.code.startswith(other.code) and other.when.covers(rule.when):
            return other
    return None


def _only_spot(rule: Rule) -> Spot:
    """Return the one spot that a rule speaks of, where nothing is known of what lies in it."""
    return Spot(None, **{rule.place: rule.place_code}) if rule.place else Spot()


def _unknown(rules: Iterable[Rule], city: GridMap, codes: Collection[str], unit: Unit) -> list[Slip]:
    known = {
        "grid": {grid.code for grid in city.grids},
        "area": {area.code for area in city.areas},
        "district": {grid.district for grid in city.grids},
    }
    slips = []
    for rule in rules:
        if known.get(rule.place) and rule.place_code not in known[rule.place]:
            slips.append(_at(rule, unit).note(f"unknown_{rule.place}", code=rule.place_code))
        if codes and not any(code.startswith(rule.code) for code in codes):
            slips.append(_at(rule, unit).note("unknown_code", code=rule.code))
    return slips


def _at(rule: Rule, unit: Unit) -> At:
    return At(unit, rule.number, rule.unit)
