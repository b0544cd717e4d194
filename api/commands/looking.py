"""Commands that look at something and say what they see: `check`, `probe`, `replay`."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from api.openers import openers
from broadcast.rtsp_backchannel import probe_backchannel
from detectors.catalog import load_zones
from detectors.errors import DetectorError
from detectors.events import Event
from models.cards import load_card
from models.errors import ModelError
from models.model import open_model
from models.shelf import bundled_card
from pipeline.errors import PipelineError
from pipeline.replay import replay as replay_steps
from pipeline.settings import Settings, load_settings
from streams.probe import ProbeReport
from streams.probe import probe as probe_stream
from streams.recorded import Recorded
from streams.settings import StreamSettings
from vision.classes import StreetClass

DEFAULT_CACHE = Path.home() / ".cache" / "streetwarden"
"""Where the measured choice of engine is remembered for commands that have no data folder."""


def check(
    config: Annotated[Path, typer.Option("--config", "-c", help="settings file (TOML)")] = Path("settings.toml"),
) -> None:
    """Validate a settings file and everything it names, without starting anything."""
    console = Console()
    settings = load_settings(config)
    problems = list(_problems(settings))
    for problem in problems:
        console.print(f"[red]✗[/red] {problem}", highlight=False, soft_wrap=True)
    if problems:
        raise typer.Exit(1)
    counted = f"{len(settings.cameras)} cameras, {len(settings.broadcast.horns)} horns"
    console.print(f"[green]✓[/green] {config}: {counted}, nothing wrong", highlight=False, soft_wrap=True)


def _problems(settings: Settings) -> list[str]:
    problems: list[str] = []
    try:
        load_card(settings.model.card or bundled_card())
    except ModelError as err:
        problems.append(f"model.card: {err}")
    for camera in settings.cameras:
        try:
            _ = load_zones(camera.zones) if camera.zones else ()
        except DetectorError as err:
            problems.append(f"cameras.{camera.id}.zones: {err}")
    return problems


def probe(
    url: Annotated[str, typer.Argument(help="rtsp://user:password@host/path, a file, or synthetic://scene")],
    transport: Annotated[str, typer.Option(help="tcp or udp, for RTSP")] = "tcp",
    seconds: Annotated[float, typer.Option(help="how long to watch", min=1, max=60)] = 5.0,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Connect to a camera and say what it sends: codec, size, rates, key frames, clock, audio backchannel."""
    settings = _stream_settings(transport)
    console = Console(stderr=True)
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), console=console) as progress:
        task = progress.add_task("watching the camera", total=1.0)
        report = probe_stream(
            url, settings, openers(), watch_s=seconds, on_progress=lambda part: progress.update(task, completed=part)
        )
    backchannel = probe_backchannel(url) if url.lower().startswith("rtsp") else None
    facts = {**dataclasses.asdict(report), "backchannel": dataclasses.asdict(backchannel) if backchannel else None}
    if as_json:
        sys.stdout.write(json.dumps(facts, default=str, ensure_ascii=False) + "\n")
    else:
        _print_facts(report, facts["backchannel"])


def _stream_settings(transport: str) -> StreamSettings:
    if transport not in {"tcp", "udp"}:
        raise typer.BadParameter(f"transport is tcp or udp, not {transport!r}")
    return StreamSettings(transport="udp" if transport == "udp" else "tcp")


def _print_facts(report: ProbeReport, backchannel: dict[str, Any] | None) -> None:
    table = Table(show_header=False, box=None)
    for key, value in {**dataclasses.asdict(report), "backchannel": backchannel}.items():
        table.add_row(key.replace("_", " "), "—" if value is None else str(value))
    Console().print(table)


def replay(
    clip: Annotated[Path, typer.Argument(help="recorded video file")],
    zones: Annotated[Path, typer.Option("--zones", "-z", help="zones.json, as the page saves it")],
    model: Annotated[Path | None, typer.Option("--model", "-m", help="model card; the bundled one if absent")] = None,
    engine: Annotated[str, typer.Option(help="auto, onnxruntime or openvino")] = "auto",
    look_hz: Annotated[float, typer.Option(help="model looks per second of clip", min=0.1, max=30)] = 2.0,
) -> None:
    """Run the detectors over a recorded file as fast as it goes; print events as JSON lines."""
    loaded_zones = load_zones(zones)
    with Recorded(clip, clip.stem) as recorded, _progress() as progress:
        looker = open_model(model or bundled_card(), DEFAULT_CACHE, engine)
        task = progress.add_task(clip.name, total=recorded.duration_s)
        for step in replay_steps(recorded, loaded_zones, looker, look_hz=look_hz):
            progress.update(task, completed=step.t_s)
            for event in step.events:
                sys.stdout.write(event_line(event) + "\n")
        sys.stdout.flush()
    if recorded.problem:
        raise PipelineError(recorded.problem)


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )


def event_line(event: Event) -> str:
    """Return an event as one line of JSON; class and phase by name, times in ISO 8601."""
    plain = dataclasses.asdict(event)
    plain["class_name"] = StreetClass(plain.pop("class_id")).label
    plain["captured_at"], plain["started_at"] = event.captured_at.isoformat(), event.started_at.isoformat()
    return json.dumps(plain, ensure_ascii=False)
