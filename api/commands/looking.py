"""Commands that look at something and say what they see: `probe`, `replay`."""

import dataclasses
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from api.commands.facts import NOTHING, named, print_facts, worded
from api.commands.sheets import sheet_sentences
from api.openers import openers
from broadcast.rtsp_backchannel import BackchannelReport, probe_backchannel
from detectors.catalog import load_zones
from detectors.events import Event
from models.choice import EngineName
from models.model import open_model
from models.shelf import bundled_card
from pipeline.errors import PipelineError
from pipeline.replay import replay as replay_steps
from streams.probe import probe as probe_stream
from streams.recorded import Recorded
from streams.settings import StreamSettings
from vision.classes import StreetClass


def probe(
    url: Annotated[str, typer.Argument(help="rtsp://user:password@host/path, a file, or synthetic://scene")],
    transport: Annotated[Literal["tcp", "udp"], typer.Option(help="for RTSP")] = "tcp",
    seconds: Annotated[float, typer.Option(help="how long to watch", min=1, max=60)] = 5.0,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Connect to a camera and say what it sends: codec, size, rates, key frames, clock, audio backchannel."""
    with _progress() as progress:
        task = progress.add_task("watching the camera", total=1.0)
        report = probe_stream(
            url,
            StreamSettings(transport=transport),
            openers(),
            watch_s=seconds,
            on_progress=lambda part: progress.update(task, completed=part),
        )
    backchannel = probe_backchannel(url) if url.lower().startswith("rtsp") else None
    if as_json:
        told = dataclasses.asdict(backchannel) if backchannel else None
        facts = {**dataclasses.asdict(report), "backchannel": told}
        sys.stdout.write(json.dumps(facts, default=str, ensure_ascii=False) + "\n")
    else:
        shown = {named(key): worded(key, value) for key, value in dataclasses.asdict(report).items()}
        print_facts({**shown, "backchannel": _backchannel_in_words(backchannel)})
    if report.problem:
        raise PipelineError(report.problem)


def _backchannel_in_words(report: BackchannelReport | None) -> str:
    if report is None or not (report.has_backchannel or report.problem):
        return NOTHING
    codecs = ", ".join(report.codecs) or "none"
    return f"{codecs} ({report.problem})" if report.problem else f"{codecs}: a horn can speak through it"


def replay(
    clip: Annotated[Path, typer.Argument(help="recorded video file")],
    zones: Annotated[Path, typer.Option("--zones", "-z", help="zones.json, as the page saves it")],
    model: Annotated[Path | None, typer.Option("--model", "-m", help="model card; the bundled one if absent")] = None,
    engine: Annotated[EngineName, typer.Option(help="auto measures once and remembers")] = "auto",
    look_hz: Annotated[float, typer.Option(help="model looks per second of clip", min=0.1, max=30)] = 2.0,
) -> None:
    """Run the detectors over a recorded file as fast as it goes; print events as JSON lines.

    Whether the view can see a sheet of A4 on its watched surfaces is said first, on the standard error.
    """
    loaded_zones = load_zones(zones)
    with Recorded(clip, clip.stem) as recorded, _progress() as progress:
        with cache_folder() as cache:
            looker = open_model(model or bundled_card(), cache, engine)
        for _, sentence in sheet_sentences(loaded_zones, recorded.size_wh):
            sys.stderr.write(sentence + "\n")
        task = progress.add_task(clip.name, total=recorded.duration_s)
        for step in replay_steps(recorded, loaded_zones, looker, look_hz=look_hz):
            progress.update(task, completed=step.t_s)
            for event in step.events:
                sys.stdout.write(event_line(event) + "\n")
        sys.stdout.flush()
    if recorded.problem:
        raise PipelineError(recorded.problem)


@contextmanager
def cache_folder() -> Iterator[Path]:
    """Give the folder where the measured engine is remembered; an account without a home measures every time."""
    try:
        home = Path.home()
    except RuntimeError:
        with tempfile.TemporaryDirectory(prefix="streetwarden-") as folder:
            yield Path(folder)
    else:
        yield home / ".cache" / "streetwarden"


def _progress() -> Progress:
    """Return what shows on a terminal while one waits, and leaves nothing there, so that an error stands alone."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )


def event_line(event: Event) -> str:
    """Return an event as one line of JSON; class and phase by name, times in ISO 8601."""
    plain = dataclasses.asdict(event)
    plain["class_name"] = StreetClass(plain.pop("class_id")).label
    plain["captured_at"], plain["started_at"] = event.captured_at.isoformat(), event.started_at.isoformat()
    return json.dumps(plain, ensure_ascii=False)
