"""The command `dispatch try`: which unit the dispatch rules name, for one place or for the cases of a period.

Nothing is dispatched. With `--rules` a new table is tried before it is put in force.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from api.commands.grids import CrsOption, map_of, place_at
from api.commands.options import DEFAULT_CONFIG, ConfigOption, LanguageOption, language_of
from cases.code_files import chosen_table
from cases.coordinates import WGS84, Position
from cases.dispatch_checks import check_rules
from cases.dispatch_file import load_rules
from cases.dispatch_trial import Trial, TriedCase, try_rules
from cases.dispatching import DispatchTable
from cases.grids import GridMap
from cases.nearby import cases_between
from cases.place_problems import Unit, told
from cases.schedules import local_midnight
from cases.wording import Language, Words
from pipeline.errors import PipelineError
from pipeline.settings import Settings, load_settings
from pipeline.stores import stored_cases

app = typer.Typer(help="Dispatch rules: try them without dispatching anything.", no_args_is_help=True)

MOST_LISTED = 20
"""So many cases without a unit are named; the count is of all."""

DAY_FORMATS = ["%Y-%m-%d"]


@app.callback()
def dispatch() -> None:
    """Dispatch rules: try them without dispatching anything."""


@dataclass(frozen=True, slots=True)
class _Desk:
    """What a trial needs."""

    settings: Settings
    table: DispatchTable
    city: GridMap
    words: Words
    spoken: Language

    def say(self, key: str, **facts: str | int) -> None:
        """Print a line."""
        sys.stdout.write(self.words.say("city", key, self.spoken, **facts) + "\n")


@app.command("try")
def try_dispatch(  # one option per question
    code: Annotated[str, typer.Option(help="a code of the city's table, as 0406")] = "",
    at: Annotated[tuple[float, float] | None, typer.Option(help="longitude and latitude of a place")] = None,
    when: Annotated[datetime | None, typer.Option(help="local time at which it is asked; now if absent")] = None,
    begin: Annotated[
        datetime | None, typer.Option("--from", formats=DAY_FORMATS, help="first day of cases to try")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--until", formats=DAY_FORMATS, help="last day, included; today if absent")
    ] = None,
    rules: Annotated[Path | None, typer.Option(help="rules to try; the settings' if absent")] = None,
    crs: CrsOption = WGS84,
    config: ConfigOption = DEFAULT_CONFIG,
    language: LanguageOption = "",
) -> None:
    """Say which unit would get a case at a place, or each of the cases of a period; nothing is dispatched."""
    desk = _desk(load_settings(config), rules, language_of(language))
    now = datetime.now(UTC)
    if begin is not None:
        _try_cases(desk, begin.date(), (until or now.astimezone(desk.table.local)).date())
    elif code and at is not None:
        moment = now if when is None else when.replace(tzinfo=when.tzinfo or desk.table.local)
        _try_place(desk, code, place_at(*at, crs), moment)
    else:
        raise PipelineError("give --code with --at LON LAT for a place, or --from DAY for the cases since a day")


def _desk(settings: Settings, rules: Path | None, spoken: Language) -> _Desk:
    path = rules or settings.places.dispatch
    if path is None:
        raise PipelineError("there are no dispatch rules: give --rules, or dispatch = under [places] in the settings")
    table = load_rules(path, ZoneInfo(settings.timezone))
    desk = _Desk(settings, table, map_of(settings.places), Words.load(), spoken)
    unit = Unit.ROW if path.suffix.lower() == ".csv" else Unit.ENTRY
    for note in check_rules(table, desk.city, chosen_table(settings.codes.table).items.keys(), unit=unit):
        sys.stdout.write(f"! {path.name}: {told(desk.words, note, spoken)}\n")
    return desk


def _try_place(desk: _Desk, code: str, position: Position, at: datetime) -> None:
    chosen_table(desk.settings.codes.table).item(code)
    spot = desk.city.spot(position)
    desk.say("where", grid=spot.grid or "-", area=spot.area or "-", district=spot.district or "-")
    choice = desk.table.choose(spot, code, at)
    if choice.rule is None:
        desk.say("nobody")
        raise typer.Exit(1)
    desk.say("unit", unit=choice.unit, rule=choice.rule.shown)
    for rule in choice.beaten:
        desk.say("beaten", rule=rule.shown)


def _try_cases(desk: _Desk, first: date, last: date) -> None:
    begin, end = (local_midnight(day, desk.table.local) for day in (first, last + timedelta(days=1)))
    with stored_cases(desk.settings, must_exist=True) as (store, _evidence):
        trial = try_rules(desk.table, _placed_anew(cases_between(store.database, begin, end), desk.city))
    _report(desk, trial)


def _placed_anew(cases: Iterable[TriedCase], city: GridMap) -> Iterable[TriedCase]:
    """Yield cases with the grids of today, where their position is known."""
    for case in cases:
        at = case.spot.position
        yield case if at is None else replace(case, spot=city.spot(at, case.spot.address))


def _report(desk: _Desk, trial: Trial) -> None:
    desk.say("tried", total=trial.total, units=len(trial.units), without=len(trial.without))
    for unit, count in trial.units:
        sys.stdout.write(f"  {count:7}  {unit}\n")
    for case in trial.without[:MOST_LISTED]:
        desk.say("without", number=case.number, code=case.code, grid=case.spot.grid or "-")
    if len(trial.without) > MOST_LISTED:
        desk.say("more", count=len(trial.without) - MOST_LISTED)
    if trial.unplaced:
        desk.say("unplaced", count=trial.unplaced)
    for rule in trial.unused:
        desk.say("unused", rule=rule.shown)
