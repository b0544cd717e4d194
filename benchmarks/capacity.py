"""Finds how many 1080p25 cameras two cores watch while every scripted violation is found, beside peers.

    python -m benchmarks.capacity --json benchmarks/results/capacity.json --plot benchmarks/results/capacity.png

Every camera is an RTSP stream (H.264, 4 Mbit/s, a key frame every 2 s, GStreamer's server) of a drawn street with a
parking, a vending and a flyer zone, whose violations begin at known moments. A side passes with so many cameras if no
camera is starved, every violation is reported, and what it says about its beginning is right within a second. Ours
must pass in all; a peer's number is the largest with which it merely keeps up, which flatters it.

Each trial runs one side alone in a fresh process (capacity_trial). Sides take turns trial by trial; each climbs until
it fails twice with a number (capacity_search), and does so again in every round.
"""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.capacity_clips import cache_folder, kept_units, read_facts
from benchmarks.capacity_figures import table_of
from benchmarks.capacity_plot import draw_plot
from benchmarks.capacity_run import Plan, Run
from benchmarks.capacity_sides import OWN_ENVIRONMENT, SIDES
from benchmarks.capacity_streets import LIMITS_S, STORIES, Story
from benchmarks.capacity_trial import Equipment
from benchmarks.errors import BenchmarkError
from benchmarks.report import write_report
from benchmarks.telling import telling
from benchmarks.throughput import ModelChoice, choose_model
from models.cards import load_card
from models.errors import ModelError
from models.shelf import bundled_card

PEERS_PACKAGES = "ultralytics onnxruntime lap vidgear supervision trackers opencv-python-headless"

TRY_LIMIT_S = 120.0
"""Importing a peer's libraries for the first time may take a minute."""

QUICK = Plan(steps=(2,), rounds=1, settle_s=0.0, watch_s=75.0, scaling=())
"""One trial per side with two cameras: three minutes once the clips are drawn; for a first look only."""

app = typer.Typer(add_completion=False)


@app.command()
def main(
    cameras: Annotated[str, typer.Option(help="numbers of cameras to try, as 4,8,16")] = "",
    sides: Annotated[str, typer.Option(help="sides that take part, by name")] = "",
    scaling: Annotated[str, typer.Option(help="numbers of cameras at which our cost is measured in any case")] = "",
    rounds: Annotated[int | None, typer.Option(help="how often each side's largest number is searched")] = None,
    seconds: Annotated[float | None, typer.Option(help="length of the judged stretch of a trial")] = None,
    streets: Annotated[str, typer.Option(help="streets that cameras show, by name")] = "",
    timed: Annotated[str, typer.Option(help="kinds whose beginning must be right within a second")] = "parking,vending",
    mtu: Annotated[int | None, typer.Option(help="bytes of an RTP packet")] = None,
    model: Annotated[Path | None, typer.Option(help="model card; the bundled model by default")] = None,
    weights: Annotated[Path | None, typer.Option(help="folder of the card's weights")] = None,
    engine: Annotated[str, typer.Option(help="auto, or the engine of ours and of the OpenCV side")] = "auto",
    clips: Annotated[Path | None, typer.Option(help="where drawn clips are kept; the user's cache by default")] = None,
    peers_python: Annotated[Path | None, typer.Option(help="Python of the peers' own environment")] = None,
    json: Annotated[
        Path | None, typer.Option("--json", help="where to write the result, after each trial anew")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="where to draw it (PNG)")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="ours and OpenCV with two cameras, one trial each")] = False,
) -> None:
    """Find how many cameras two cores watch while every scripted violation is found, beside peers."""
    base = QUICK if quick else Plan()
    wanted = sides.split(",") if sides else (["ours", "opencv"] if quick else SIDES)
    plan = replace(
        base,
        steps=_numbers(cameras) if cameras else base.steps,
        sides=tuple(side for side in SIDES if side in wanted),
        rounds=rounds or base.rounds,
        watch_s=seconds or base.watch_s,
        timed=tuple(kind for kind in LIMITS_S if kind in timed.split(",")),
        mtu=mtu or base.mtu,
        scaling=_numbers(scaling) if scaling else (() if cameras else base.scaling),
    )
    told = tuple(each for each in STORIES if not streets or each.name in streets.split(","))
    try:
        with telling("preparing") as tell:
            places = clips or cache_folder(), _peers_python(peers_python), (model, weights, engine)
            run = _prepared(plan, told, places, tell)
            run.go(tell, lambda: _keep(json, run))
    except (BenchmarkError, ModelError, ValueError) as err:
        Console(stderr=True).print(f"[red]{err}[/]", highlight=False)
        raise typer.Exit(1) from None
    report = run.report()
    Console().print(table_of(report))
    _keep(json, run)
    if plot:
        draw_plot(plot, report, run.found)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _prepared(
    plan: Plan,
    told: tuple[Story, ...],
    places: tuple[Path, str, tuple[Path | None, Path | None, str]],
    tell: Callable[[str], None],
) -> Run:
    """Draw what is not drawn yet, choose the engine, find the peers; a side that cannot run is left out with a note."""
    folder, peers_python, (model, weights, engine) = places
    told = told[: max(plan.steps)]
    units = kept_units(told, folder, tell)
    notes = []
    for story in told:
        facts = read_facts(units[story.name].with_suffix(".mp4"))
        notes.append(
            f"Street {story.name} ({story.light}): {facts.bit_rate / 1e6:.2f} Mbit/s, "
            f"key frame every {facts.key_interval_s[1]:g} s, the largest of {facts.largest_key_bytes / 1e3:.0f} kB."
        )
    tell("choosing the engine")
    choice = choose_model(model or bundled_card(), weights, engine)
    able = []
    for side in plan.sides:
        problem = _why_not(side, peers_python)
        if problem:
            notes.append(problem)
        else:
            able.append(side)
    equipment = Equipment(told, units, _model_facts(choice), peers_python, plan.settle_s, plan.watch_s, plan.mtu)
    return Run(replace(plan, sides=tuple(able)), equipment, choice.shown, notes)


def _model_facts(choice: ModelChoice) -> dict[str, str | float | tuple[int, int]]:
    card = load_card(choice.card)
    weights = choice.weights_folder / card.file.name if choice.weights_folder else card.file
    return {
        "card": str(choice.card.resolve()),
        "weights_folder": str(choice.weights_folder.resolve()) if choice.weights_folder else "",
        "weights": str(weights.resolve()),
        "input_wh": card.input_wh,
        "score": card.score_threshold,
        "engine": choice.engine,
    }


def _peers_python(given: Path | None) -> str:
    """Return the interpreter of the peers' environment: as given, or where the note says to make it."""
    python = given or cache_folder().parent / "peers" / "bin" / "python"
    return str(python.absolute()) if python.exists() else ""


def _why_not(side: str, peers_python: str) -> str:
    """Return why a side cannot run, or an empty string."""
    if side not in OWN_ENVIRONMENT:
        return ""
    folder = cache_folder().parent / "peers"
    way = f"make its environment with: python3 -m venv {folder} && {folder}/bin/pip install {PEERS_PACKAGES}"
    if not peers_python:
        return f"Side {side} is left out: {way}"
    wanted = "ultralytics, lap, onnxruntime" + (", vidgear.gears, supervision, trackers" if side == "vidgear" else "")
    try:
        subprocess.run([peers_python, "-c", f"import {wanted}"], check=True, capture_output=True, timeout=TRY_LIMIT_S)
    except (OSError, subprocess.SubprocessError):
        return f"Side {side} is left out: {peers_python} cannot import {wanted}; {way}"
    return ""


def _keep(path: Path | None, run: Run) -> None:
    if path:
        write_report(path, run.report())


if __name__ == "__main__":
    sys.exit(app())
