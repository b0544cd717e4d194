"""The command that looks at a settings file and everything it names: `check`. It starts nothing and makes no folder."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from api.commands.sheets import sheet_sentences
from broadcast.phrases import recording_problems
from broadcast.settings import BroadcastSettings
from cases.calendars import chosen_calendar
from cases.dispatch_file import load_rules
from cases.errors import CalendarError, CodeTableError, PlaceError
from cases.evidence_errors import SigningKeyError, SigningKeyMissingError
from cases.grids import load_map
from cases.permit_file import load_permits
from cases.signing import load_signing_key
from detectors.catalog import load_zones
from detectors.errors import DetectorError
from detectors.sheet_visibility import Sight
from models.cards import load_card
from models.choice import FALLBACK, check_card
from models.errors import ModelError
from models.shelf import bundled_card
from pipeline.camera_settings import CameraEntry
from pipeline.data_folder import check_data_folder
from pipeline.errors import SettingsError
from pipeline.outward.posting import trust_of
from pipeline.reading_wiring import checked_notices
from pipeline.second_opinion_settings import SecondOpinionSettings
from pipeline.settings import Settings, load_settings
from pipeline.stores import keys_folder
from streams.errors import StreamError
from streams.opening import open_file
from streams.urls import scheme_of
from vision.arrays import SizeWH

DEFAULT_SPEECH = BroadcastSettings().speech_program


USUAL_WH, USUAL_SUB_WH = (1920, 1080), (704, 576)
"""Sizes of most streams, main and small (D1), in pixels; `check` calls no camera, and the page tells the real ones."""


def check(
    config: Annotated[Path, typer.Option("--config", "-c", help="settings file (TOML)")] = Path("settings.toml"),
) -> None:
    """Validate a settings file and everything it names; nothing is started, and no camera is called."""
    console = Console()
    settings = load_settings(config)
    problems = list(_problems(settings))
    for problem in problems:
        _say(console, "[red]✗[/red]", problem)
    for note in _notes(settings):
        _say(console, "[yellow]![/yellow]", note)
    if problems:
        raise typer.Exit(1)
    counted = f"{len(settings.cameras)} cameras, {len(settings.broadcast.horns)} horns"
    _say(console, "[green]✓[/green]", f"{config}: {counted}, nothing wrong")


def _say(console: Console, mark: str, text: str) -> None:
    console.print(mark, end=" ")
    console.print(text, highlight=False, soft_wrap=True, markup=False)  # a sentence may hold brackets


def _problems(settings: Settings) -> Iterator[str]:
    try:
        check_data_folder(settings.data)
    except SettingsError as err:
        yield f"data: {err}"
    try:
        load_signing_key(keys_folder(settings))
    except SigningKeyMissingError:
        pass  # the service makes one
    except (SettingsError, SigningKeyError) as err:
        yield f"evidence.keys: {err}"
    try:
        check_card(load_card(settings.model.card or bundled_card()), settings.model.engine)
    except ModelError as err:
        yield f"model.card: {err}"
    try:
        checked_notices(settings.reading)
    except SettingsError as err:
        yield str(err)
    try:
        settings.codes.deadlines(ZoneInfo(settings.timezone))
    except (CodeTableError, CalendarError) as err:
        yield f"codes: {err}"
    for camera in settings.cameras:
        yield from _camera_problems(camera)
    yield from _voice_problems(settings.broadcast)
    yield from _place_problems(settings)
    yield from _second_opinion_problems(settings.second_opinion)


def _place_problems(settings: Settings) -> Iterator[str]:
    places, local = settings.places, ZoneInfo(settings.timezone)
    readers: tuple[tuple[str, Callable[[], object]], ...] = (
        ("grids, areas", lambda: load_map(places.grids, places.areas, pattern=places.grid_code, crs=places.crs)),
        ("dispatch", lambda: load_rules(places.dispatch, local) if places.dispatch else None),
        ("permits", lambda: load_permits(places.permits)),
    )
    for key, read in readers:
        try:
            read()
        except PlaceError as err:
            yield f"places.{key}: {err}"


def _second_opinion_problems(wanted: SecondOpinionSettings) -> Iterator[str]:
    if wanted.model is not None:
        try:
            check_card(load_card(wanted.model), FALLBACK)
        except ModelError as err:
            yield f"second_opinion.model: {err}"
    if wanted.language_model is not None and wanted.language_model.ca_file is not None:
        try:
            trust_of("second_opinion.language_model", wanted.language_model.ca_file)
        except SettingsError as err:
            yield str(err)


def _camera_problems(camera: CameraEntry) -> Iterator[str]:
    for key, address in (("url", camera.address), ("sub_url", camera.sub_address)):
        if not address or scheme_of(address) != "file":
            continue
        try:
            with closing(open_file(address, camera.stream)):
                pass
        except StreamError as err:
            yield f"camera {camera.id!r}: {key}: {err}"
    try:
        zones = load_zones(camera.zones) if camera.zones else ()
        known = {view.id for view in camera.views} | {""}
        for zone in zones:
            if zone.view not in known:
                yield f"camera {camera.id!r}: zone {zone.id!r}: there is no view {zone.view!r} in [[cameras.views]]"
    except DetectorError as err:
        yield f"camera {camera.id!r}: zones: {err}"


def _sheet_notes(camera: CameraEntry) -> Iterator[str]:
    """Yield the watched surfaces on which no sheet of A4 is seen, or nobody can tell; what is wrong is a problem."""
    with suppress(DetectorError, StreamError):
        zones = load_zones(camera.zones) if camera.zones else ()
        sentences = sheet_sentences(zones, _looked_wh(camera)) if zones else ()
        yield from (sentence for sight, sentence in sentences if sight not in (Sight.SEEN, Sight.READ))


def _looked_wh(camera: CameraEntry) -> SizeWH:
    """Return the size of the pictures that are looked at; that of a usual stream where one would have to call it."""
    address = camera.sub_address or camera.address
    if scheme_of(address) != "file":
        return USUAL_SUB_WH if camera.sub_address else USUAL_WH
    with closing(open_file(address, camera.stream)) as opened:
        video = opened.streams.video[0]
        return video.width, video.height


def _voice_problems(voice: BroadcastSettings) -> Iterator[str]:
    if voice.recordings is not None:
        for problem in recording_problems(voice.recordings):
            yield f"broadcast.recordings: {problem}"
    if voice.speech_program != DEFAULT_SPEECH and shutil.which(voice.speech_program) is None:
        yield f"broadcast.speech_program: there is no program {voice.speech_program!r}; install it, or correct the name"


def _notes(settings: Settings) -> Iterator[str]:
    """Yield what is missing and may be: without the usual speech program the standard phrases are still spoken."""
    for camera in settings.cameras:
        yield from (f"camera {camera.id!r}: {sentence}" for sentence in _sheet_notes(camera))
    if settings.broadcast.speech_program == DEFAULT_SPEECH and shutil.which(DEFAULT_SPEECH) is None:
        yield f"{DEFAULT_SPEECH} is not installed, so only the standard phrases can be spoken; apt install espeak-ng"
    with suppress(CalendarError):  # a problem already
        for year in chosen_calendar(settings.codes.calendars).unknown_years(datetime.now(UTC).date()):
            yield f"codes.calendars: none speaks of {year}, whose holidays count as workdays until one does"
