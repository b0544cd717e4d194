"""Commands for grids: `grids check` says what is wrong with files of grids, `grids find` where a place lies."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from api.commands.options import DEFAULT_CONFIG, ConfigOption, LanguageOption, language_of
from cases.coordinates import GCJ02_ERROR_M, WGS84, Position, SourceCrs, gcj02_of
from cases.geojson import read_features
from cases.grid_checks import check_cover
from cases.grids import ANY_CODE, GridMap, UnitGrid, load_map, read_areas, read_grids
from cases.place_problems import Slip, told
from cases.place_settings import PlaceSettings
from cases.wording import Language, Words
from pipeline.errors import PipelineError
from pipeline.settings import load_settings

app = typer.Typer(help="Unit grids and responsibility grids: check the files, find a place.", no_args_is_help=True)

CrsOption = Annotated[str, typer.Option("--crs", help="system of coordinates: WGS-84, CGCS2000, GCJ-02 or EPSG:n")]


@app.command("check")
def check(
    files: Annotated[
        list[Path] | None, typer.Argument(help="GeoJSON of unit grids or responsibility grids; the settings' if absent")
    ] = None,
    crs: CrsOption = "",
    pattern: Annotated[str, typer.Option(help="form of a code, a regular expression; the settings' if absent")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    language: LanguageOption = "",
) -> None:
    """Say feature by feature what is wrong with files of grids, and where grids overlap or leave gaps."""
    words, spoken = Words.load(), language_of(language)
    own = load_settings(config).places if config.is_file() else PlaceSettings()
    wanted = files or [path for path in (own.grids, own.areas) if path is not None]
    if not wanted:
        raise PipelineError(f"name a file of grids, or give grids = under [places] in {config}")
    form = pattern or own.grid_code or ANY_CODE
    system = crs or own.crs
    of_areas = [path for path in wanted if _holds_areas(path, system)]
    grids: list[UnitGrid] = []
    is_wrong = False
    for path in (path for path in wanted if path not in of_areas):
        read = read_grids(path, pattern=form, crs=system)
        grids += read.grids
        is_wrong |= _tell(path, len(read.grids), (*read.slips, *check_cover(read.grids)), words, spoken)
    for path in of_areas:
        read_too = read_areas(path, grids, pattern=form, crs=system)
        is_wrong |= _tell(path, len(read_too.areas), read_too.slips, words, spoken)
    if is_wrong:
        raise typer.Exit(1)


@app.command("find")
def find(
    longitude: Annotated[float, typer.Argument(help="or metres to the east")],
    latitude: Annotated[float, typer.Argument(help="or metres to the north")],
    crs: CrsOption = WGS84,
    config: ConfigOption = DEFAULT_CONFIG,
    language: LanguageOption = "",
) -> None:
    """Say in which unit grid and responsibility grid a place lies."""
    words, spoken = Words.load(), language_of(language)
    position = place_at(longitude, latitude, crs)
    for line in _found(map_of(load_settings(config).places), position, words, spoken):
        sys.stdout.write(line + "\n")


def map_of(settings: PlaceSettings) -> GridMap:
    """Return the grids that the settings name.

    Raises:
        PlaceFileError: they cannot be used.
    """
    return load_map(settings.grids, settings.areas, pattern=settings.grid_code, crs=settings.crs)


def place_at(x: float, y: float, crs: str) -> Position:
    """Return a place that was typed.

    Raises:
        CoordinatesError: it is none, or there is no such system of coordinates.
    """
    return Position(*SourceCrs(crs).wgs84(x, y))


def _holds_areas(path: Path, crs: str) -> bool:
    """Return whether a file holds responsibility grids: their features have `area_code` and no `grid_code`."""
    features = read_features(path, crs=crs).features
    return any("area_code" in each.properties and "grid_code" not in each.properties for each in features)


def _tell(path: Path, count: int, slips: tuple[Slip, ...], words: Words, spoken: Language) -> bool:
    """Print what is wrong with a file; return whether it cannot be used so."""
    for slip in slips:
        mark = "!" if slip.is_note else "✗"
        sys.stdout.write(f"{mark} {path.name}: {told(words, slip, spoken)}\n")
    wrong = sum(not slip.is_note for slip in slips)
    notes = len(slips) - wrong
    sys.stdout.write(words.say("city", "checked", spoken, file=str(path), count=count, wrong=wrong, notes=notes) + "\n")
    return wrong > 0


def _found(city: GridMap, position: Position, words: Words, spoken: Language) -> Iterator[str]:
    grid = city.grid_at(position)
    area = city.area_at(position, grid)
    x, y = gcj02_of(position.longitude, position.latitude)
    here = {"x": f"{position.longitude:.6f}", "y": f"{position.latitude:.6f}"}
    shown = {"shown_x": f"{x:.6f}", "shown_y": f"{y:.6f}", "metres": f"{GCJ02_ERROR_M:.0f}"}
    yield words.say("city", "place", spoken, **here, **shown)
    if grid is None:
        yield words.say("city", "no_grid", spoken)
    else:
        border = f"{city.border_m(position):.0f}"
        facts = {"code": grid.code, "name": grid.name, "district": grid.district, "metres": border}
        yield words.say("city", "grid", spoken, **facts)
    if area is None:
        yield words.say("city", "no_area", spoken)
    else:
        yield words.say("city", "area", spoken, code=area.code, name=area.name, collector=area.collector or "-")
