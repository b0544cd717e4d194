"""Measures how many frames come in, are looked at and are dropped over 1..N cameras, and what that costs.

    python -m benchmarks.throughput --json benchmarks/results/throughput.json --plot benchmarks/results/throughput.png

Three ways of watching the same RTSP streams (GStreamer's server, one mount per camera) with the same weights in the
same engine: ours (a `Shard` with a parking zone per camera), a loop that behaves as ultralytics' `LoadStreams`, and an
OpenCV `VideoCapture` thread per camera. The peers run twice: as their users run them (every frame), and paced, with a
stride that makes them look once a second (`look_hz`). Ours is the same in both comparisons: its rules say how often to
look, and most looks are glances without the model, which a peer does not have.

Each window runs one side alone in a fresh process: start, wait until every camera was looked at, settle, measure.
Sides take turns within each round, and each round begins with another side, so that a busy neighbour hits all alike.
Ratios compare windows of the same round. What each figure means is in `throughput_figures.DEFINITIONS` and in the JSON.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import psutil
import typer
from pydantic import JsonValue
from rich.console import Console

from benchmarks.camera_clip import REAL_CLIP, ClipSettings, write_camera_clip
from benchmarks.errors import BenchmarkError, NotPossibleError, SideFailedError
from benchmarks.measuring import measure
from benchmarks.report import CHECKOUT, Beginning, Report, write_report
from benchmarks.side_process import SideProcess
from benchmarks.sides import SIDES, SideName, SideSettings
from benchmarks.telling import telling
from benchmarks.throughput_figures import (
    DEFINITIONS,
    NOTES,
    Sample,
    disturbance,
    goals,
    make_sample,
    summary,
    summary_table,
)
from benchmarks.throughput_plot import draw_plot
from detectors.rules import SLOWEST_SCOUT_S
from models.errors import ModelError
from models.model import open_model
from models.shelf import bundled_card
from tests.rtsp.server import SCRIPT, Mount, RtspServer, missing_reason

MATERIAL = CHECKOUT.parent / "shared" / "material"

LOOK_LIMIT_S = 90.0
"""A side that has not looked at every camera by then never will."""

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run.

    Attributes:
        cameras: numbers of cameras, each measured with every side.
        sides: which sides take part.
        rounds: how often each is measured.
        window_s: length of a measured window; a multiple of the slowest pace of a rule, so that looks come out even.
        settle_s: between the first look at every camera and the window.
        look_hz: looks a second and camera of the paced peers.
        clip: what the cameras send.
    """

    cameras: tuple[int, ...] = (1, 4, 8)
    sides: tuple[SideName, ...] = SIDES
    rounds: int = 3
    window_s: float = 3 * SLOWEST_SCOUT_S
    settle_s: float = 5.0
    look_hz: float = 1.0
    clip: ClipSettings = field(default_factory=ClipSettings)

    def windows(self) -> Iterator[tuple[int, int, SideName]]:
        """Yield round, cameras and side of every window, in the order they are measured."""
        for number in range(self.rounds):
            shift = number % len(self.sides)
            turns = (*self.sides[shift:], *self.sides[:shift])
            yield from ((number, cameras, side) for cameras in self.cameras for side in turns)


QUICK = Plan(cameras=(2,), rounds=1, window_s=2.5, settle_s=1.0, clip=ClipSettings(seconds=4.0))
"""A run of less than a minute: the same code, fewer and shorter windows; its figures are for a first look only."""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The model that all sides run.

    Attributes:
        card: its card.
        weights_folder: where its weights lie; None for the card's own folder.
        engine: a name of `models.choice.ENGINE_NAMES`.
        shown: name and engine with precision, for the report.
    """

    card: Path
    weights_folder: Path | None
    engine: str
    shown: str


def run(plan: Plan, model: ModelChoice, source: Path | None, on_window: Callable[[str], None]) -> Report:
    """Run all windows and return the result.

    Args:
        plan: what to run.
        model: what looks.
        source: real clip to serve; None for the drawn street.
        on_window: called with a line of text before each window.

    Raises:
        NotPossibleError: this machine lacks something.
        SideFailedError: our own side failed; a peer that fails is noted and the run goes on.
    """
    began = Beginning()
    samples: list[Sample] = []
    failures: list[str] = []
    with tempfile.TemporaryDirectory(prefix="throughput-") as scratch:
        on_window("encoding the clip")
        clip = write_camera_clip(Path(scratch) / "camera.mp4", plan.clip, source)
        with _serving(clip, max(plan.cameras)) as (urls, server):
            for number, cameras, side in plan.windows():
                on_window(f"round {number + 1}: {side}, {cameras} cameras")
                settings = _side_settings(plan, model, side, urls[:cameras], scratch)
                try:
                    samples.append(_one_window(plan, settings, server, number))
                except SideFailedError as err:
                    if side == "ours":
                        raise
                    failures.append(f"round {number + 1}, {cameras} cameras: {err}")
    return Report(
        name="throughput",
        settings=_shown_settings(plan, model, source),
        definitions=DEFINITIONS,
        samples=[sample.to_json() for sample in samples],
        summary=summary(samples),
        goals=goals(samples, plan.look_hz, plan.clip.fps),
        notes=[*NOTES, *disturbance(samples), *failures],
        began=began,
    )


def choose_model(card: Path, weights_folder: Path | None, engine: str) -> ModelChoice:
    """Return the model with the engine that is fastest here, or the one asked for, so that all sides run the same.

    Raises:
        ModelError: card, weights or engine are wrong.
    """
    with tempfile.TemporaryDirectory(prefix="engine-choice-") as folder:
        model = open_model(card, Path(folder), engine, weights_folder=weights_folder)
        model.close()
    chosen = model.choice.engine if model.choice else engine
    return ModelChoice(card, weights_folder, chosen, f"{model.card.name} on {model.engine_name}")


def _one_window(plan: Plan, settings: SideSettings, server: psutil.Process, number: int) -> Sample:
    with SideProcess(settings) as side:
        side.wait_until_looking(LOOK_LIMIT_S)
        side.settle(plan.settle_s)
        seen = [side.counts()]
        processes = {"side": side.process, "server": server}
        window = measure(processes, plan.window_s, on_tick=lambda: seen.append(side.counts()))
        return make_sample((settings.side, number), [*seen, side.counts()], window, plan.clip.key_interval_s)


@contextmanager
def _serving(clip: Path, cameras: int) -> Iterator[tuple[tuple[str, ...], psutil.Process]]:
    """Serve the clip as so many cameras; gives their URLs and the server's process."""
    if reason := missing_reason():
        raise NotPossibleError(reason)
    paths = [f"/camera-{number}" for number in range(1, cameras + 1)]
    with RtspServer([Mount(path, clip) for path in paths]) as server:
        yield tuple(server.url(path) for path in paths), _server_process()


def _server_process() -> psutil.Process:
    for child in psutil.Process().children():
        if str(SCRIPT) in child.cmdline():
            return child
    raise NotPossibleError(f"the RTSP server {SCRIPT.name} ended by itself")


def _side_settings(plan: Plan, model: ModelChoice, side: SideName, urls: tuple[str, ...], scratch: str) -> SideSettings:
    return SideSettings(
        side=side,
        urls=urls,
        card=str(model.card.resolve()),
        weights_folder=str(model.weights_folder.resolve()) if model.weights_folder else "",
        engine=model.engine,
        cache_dir=scratch,
        look_hz=plan.look_hz,
        source_fps=plan.clip.fps,
    )


def _shown_settings(plan: Plan, model: ModelChoice, source: Path | None) -> dict[str, JsonValue]:
    clip = plan.clip
    return {
        "cameras": list(plan.cameras),
        "sides": list(plan.sides),
        "rounds": plan.rounds,
        "window_s": plan.window_s,
        "settle_s": plan.settle_s,
        "look_hz": plan.look_hz,
        "model": model.shown,
        "clip": source.name if source else "drawn street",
        "stream": f"H.264 {clip.size_wh[0]}x{clip.size_wh[1]} over RTSP/TCP",
        "fps": clip.fps,
        "key_interval_s": clip.key_interval_s,
        "bit_rate": clip.bit_rate,
    }


@app.command()
def main(
    cameras: Annotated[str, typer.Option(help="numbers of cameras, as 1,4,8")] = "",
    seconds: Annotated[float | None, typer.Option(help="length of a measured window")] = None,
    rounds: Annotated[int | None, typer.Option(help="how often each side is measured")] = None,
    sides: Annotated[str, typer.Option(help="sides that take part, by name")] = ",".join(SIDES),
    key_interval: Annotated[float, typer.Option(help="seconds between the cameras' key frames")] = 2.0,
    height: Annotated[int, typer.Option(help="height of the pictures, 16:9")] = 720,
    model: Annotated[Path | None, typer.Option(help="model card; the bundled model by default")] = None,
    weights: Annotated[Path | None, typer.Option(help="folder of the card's weights")] = None,
    engine: Annotated[str, typer.Option(help="auto, or the engine that all sides run")] = "auto",
    clip: Annotated[Path | None, typer.Option(help="what the cameras show; real traffic where it is there")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None,
    plot: Annotated[Path | None, typer.Option(help="where to draw it (PNG)")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="two cameras, short windows: under a minute")] = False,
) -> None:
    """Compare ours, a LoadStreams-style loop and OpenCV threads on the same RTSP streams and model."""
    base = QUICK if quick else Plan()
    plan = Plan(
        cameras=tuple(int(part) for part in cameras.split(",")) if cameras else base.cameras,
        sides=tuple(name for name in SIDES if name in sides.split(",")),
        rounds=rounds or base.rounds,
        window_s=seconds or base.window_s,
        settle_s=base.settle_s,
        clip=replace(base.clip, size_wh=(height * 16 // 9 // 2 * 2, height), key_interval_s=key_interval),
    )
    source = clip or (MATERIAL / REAL_CLIP if (MATERIAL / REAL_CLIP).exists() else None)
    try:
        report = _run_with_progress(plan, (model or bundled_card(), weights, engine), source)
    except (BenchmarkError, ModelError) as err:
        Console(stderr=True).print(f"[red]{err}[/]", highlight=False)
        raise typer.Exit(1) from None
    Console().print(summary_table(report))
    if json:
        write_report(json, report)
    if plot:
        draw_plot(plot, report)


def _run_with_progress(plan: Plan, model: tuple[Path, Path | None, str], source: Path | None) -> Report:
    with telling("choosing the engine", len(list(plan.windows())) + 2) as tell:
        return run(plan, choose_model(*model), source, tell)


if __name__ == "__main__":
    sys.exit(app())
