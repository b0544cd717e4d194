"""The command `record`: observations of a camera, a stream or a film into a file, without the service."""

import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from api.commands.looking import cache_folder, waiting
from api.openers import openers
from detectors.catalog import ZoneSettings, load_zones
from models.choice import EngineName
from models.model import open_model
from models.shelf import bundled_card
from pipeline.camera_settings import CameraEntry
from pipeline.errors import PipelineError, SettingsError
from pipeline.inference import Looker
from pipeline.recording_run import OneFile, RecordedCamera, record_film, record_stream
from pipeline.settings import Settings, load_settings
from pipeline.site import Site
from streams.recorded import Recorded
from streams.urls import check_url, redact, scheme_of

STREAM_ID = "stream"
"""What a stream is called that no settings name."""


def record(
    source: Annotated[str, typer.Argument(help="camera id (with --config), rtsp://..., synthetic://... or a film")],
    out: Annotated[Path, typer.Argument(help="recording to write, as street.obs.gz")],
    config: Annotated[Path | None, typer.Option("--config", "-c", help="settings file with the camera")] = None,
    zones: Annotated[
        Path | None, typer.Option("--zones", "-z", help="zones.json; those of the camera if absent")
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="how long; to the end, or Ctrl+C, if absent", min=1)] = None,
    model: Annotated[Path | None, typer.Option("--model", "-m", help="model card; the bundled one if absent")] = None,
    engine: Annotated[EngineName, typer.Option(help="auto measures once and remembers")] = "auto",
    look_hz: Annotated[float, typer.Option(help="model looks per second of a film", min=0.1, max=30)] = 2.0,
) -> None:
    """Record what is seen of a camera, boxes and no pictures, for `replay` and for trying zones."""
    settings = None if config is None else load_settings(config)
    entry = _entry(settings, source)
    chosen = load_zones(zones) if zones else _zones_of(settings, entry)
    if out.exists():
        raise SettingsError(f"{out} is there already; name another file, or remove it")
    card = model or (settings.model.card if settings else None) or bundled_card()
    if entry is None and scheme_of(source) == "file":
        count = _record_film(Path(source.removeprefix("file://")), chosen, _Eyes(card, engine), out, (seconds, look_hz))
    else:
        count = _record_stream(_camera(entry, source, chosen), _Eyes(card, engine), out, seconds)
    Console(stderr=True).print(f"{count} observations in {out}", highlight=False)


class _Eyes:
    """Which model looks; opened when all else is found to be right, as that takes a while."""

    def __init__(self, card: Path, engine: EngineName) -> None:
        self._card, self._engine = card, engine

    def open(self) -> Looker:
        with cache_folder() as cache:
            return open_model(self._card, cache, self._engine)


def _record_film(
    film: Path, zones: tuple[ZoneSettings, ...], eyes: _Eyes, out: Path, limits: tuple[float | None, float]
) -> int:
    seconds, look_hz = limits
    with Recorded(film, film.stem) as recorded, waiting() as progress:
        task = progress.add_task(film.name, total=seconds or recorded.duration_s)
        count = 0
        with closing(record_film(recorded, zones, eyes.open(), out, look_hz=look_hz)) as steps:
            for count, t_s in enumerate(steps, start=1):
                progress.update(task, completed=t_s)
                if seconds is not None and t_s >= seconds:
                    return count
    if recorded.problem:
        raise PipelineError(recorded.problem)
    return count


def _record_stream(camera: RecordedCamera, eyes: _Eyes, out: Path, seconds: float | None) -> int:
    file = OneFile(out)
    looker = eyes.open()
    try:
        with TemporaryDirectory(prefix="streetwarden-") as folder, waiting() as progress:
            task = progress.add_task(camera.camera_id, total=None)
            record_stream(
                camera,
                looker,
                openers(),
                file,
                Path(folder),
                seconds=seconds,
                tell=lambda count: progress.update(task, description=f"{camera.camera_id}: {count} observations"),
            )
    except KeyboardInterrupt:
        sys.stderr.write("\n")  # the end that was wanted
    finally:
        file.close()
    return file.count


def _entry(settings: Settings | None, source: str) -> CameraEntry | None:
    """Return the camera that is meant; None where the source is a URL or a film.

    Raises:
        SettingsError: the settings have no such camera, and it is no URL or file either.
    """
    cameras = () if settings is None else Site(settings.data, settings.cameras).cameras()
    found = next((entry for entry in cameras if entry.id == source), None)
    is_name = scheme_of(source) == "file" and not Path(source.removeprefix("file://")).exists()
    if found is None and settings is not None and is_name:
        known = ", ".join(entry.id for entry in cameras) or "none"
        raise SettingsError(f"there is no camera and no file {redact(source)!r}; the cameras are: {known}")
    return found


def _zones_of(settings: Settings | None, entry: CameraEntry | None) -> tuple[ZoneSettings, ...]:
    return () if settings is None or entry is None else Site(settings.data, settings.cameras).zones(entry.id)


def _camera(entry: CameraEntry | None, source: str, zones: tuple[ZoneSettings, ...]) -> RecordedCamera:
    if entry is None:
        check_url(source)
        return RecordedCamera(STREAM_ID, source, zones)
    if len(entry.views) > 1:
        raise SettingsError(f"camera {entry.id} turns, and a recording tells of one view; name one that stands still")
    return RecordedCamera(entry.id, entry.address, zones, entry.stream, entry.sub_address, entry.watched_views())
