"""Commands that look at something and say what they see: `probe`, `replay`."""

import dataclasses
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
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
from detectors.catalog import ZoneSettings, load_zones
from detectors.events import Event
from models.choice import EngineName
from models.model import open_model
from models.shelf import bundled_card
from pipeline.errors import PipelineError, SettingsError
from pipeline.recorded_start import RecordedStart, parsed_start
from pipeline.recordings import SUFFIX
from pipeline.replay import replay as replay_steps
from pipeline.rerun import Rerun
from pipeline.trial import caveats_of
from streams.probe import probe as probe_stream
from streams.recorded import Recorded
from streams.settings import StreamSettings
from vision.classes import StreetClass
from vision.recording import is_recording, read_start


def probe(
    url: Annotated[str, typer.Argument(help="rtsp://user:password@host/path, a file, or synthetic://scene")],
    transport: Annotated[Literal["tcp", "udp"], typer.Option(help="for RTSP")] = "tcp",
    seconds: Annotated[float, typer.Option(help="how long to watch", min=1, max=60)] = 5.0,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Connect to a camera and say what it sends: codec, size, rates, key frames, clock, audio backchannel."""
    with waiting() as progress:
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
    clip: Annotated[Path, typer.Argument(help="film, recording, or folder of a camera's recordings")],
    zones: Annotated[
        Path | None, typer.Option("--zones", "-z", help="zones.json; those of a recording if absent")
    ] = None,
    model: Annotated[Path | None, typer.Option("--model", "-m", help="model card; the bundled one if absent")] = None,
    engine: Annotated[EngineName, typer.Option(help="auto measures once and remembers")] = "auto",
    look_hz: Annotated[float, typer.Option(help="model looks per second of clip", min=0.1, max=30)] = 2.0,
    view: Annotated[str, typer.Option(help="id of the view that the clip shows, where zones name several")] = "",
) -> None:
    """Run the rules over a film or a recording as fast as it goes; print events as JSON lines.

    Whether the view of a film can see a sheet of A4 on its watched surfaces is said first, on the standard error.
    """
    if clip.is_dir() or is_recording(clip):
        _replay_recordings(clip, None if zones is None else load_zones(zones))
        return
    if zones is None:
        raise SettingsError("a film holds no zones: name them by --zones zones.json")
    loaded_zones = _zones_of_one_view(load_zones(zones), view)
    with Recorded(clip, clip.stem) as recorded, waiting() as progress:
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


def _replay_recordings(path: Path, zones: tuple[ZoneSettings, ...] | None) -> None:
    """Print the events of zones, or of those that were in force, over one recording or all of a folder.

    Raises:
        RecordingError: one cannot be read, or ends in the middle; its events up to there are printed.
        PipelineError: there is none, or a zone cannot be tried on it.
    """
    files = tuple(sorted(path.glob(f"*{SUFFIX}"))) if path.is_dir() else (path,)
    if not files:
        raise PipelineError(f"{path} holds no recordings (*{SUFFIX})")
    for file in files:
        _check_zones(zones or (), parsed_start(str(file), read_start(file)), file)
    rerun, cut = Rerun(zones), []
    for file in files:
        for step in rerun.run(file):
            for event in step.real if zones is None else step.tried:
                sys.stdout.write(event_line(event) + "\n")
        cut += [file.name] if rerun.is_cut else []
    sys.stdout.flush()
    if cut:
        raise PipelineError(f"{', '.join(cut)} ends in the middle, as after a power cut; what is whole was replayed")


def _check_zones(zones: Iterable[ZoneSettings], start: RecordedStart | None, file: Path) -> None:
    """Refuse what a recording does not hold, and say what it holds in part."""
    for zone in zones:
        for caveat in caveats_of(zone, [start]):
            sentence = f"zone {zone.id!r}: {CAVEATS[caveat.code].format(percent=round(100 * caveat.ratio))}"
            if caveat.code == "surface_not_visited":
                raise PipelineError(f"{file.name}: {sentence}")
            sys.stderr.write(f"{file.name}: {sentence}\n")


CAVEATS = {
    "surface_not_visited": "its surface was not watched in this recording, or was drawn elsewhere; flyers there cannot "
    "be tried. Leave the zone out, or record with it in force",
    "unknown_not_looked_for": "things that no model knows were looked for in {percent} % of it only",
    "rarely_looked_at": "only {percent} % of it lay in a zone; the rest was looked at rarely, so short stops may lack",
}
"""What cannot be tried, or not well, in words; on the page they stand in text.js."""


def _zones_of_one_view(zones: Sequence[ZoneSettings], view: str) -> tuple[ZoneSettings, ...]:
    """Return the zones of the view that a clip shows; those of another view never judge it."""
    names = sorted({zone.view for zone in zones})
    if view not in names and (view or len(names) > 1):
        raise PipelineError(f"say by --view which view the clip shows; the zones name {', '.join(map(repr, names))}")
    return tuple(zone for zone in zones if zone.view == (view or names[0])) if names else ()


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


def waiting() -> Progress:
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
