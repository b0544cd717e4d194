"""Runs our stillness and place logic over the detections of the RoadTrack set and scores it by the set's own rule.

    python -m benchmarks.roadtrack ../shared/material/roadtrack --json benchmarks/results/roadtrack.json

The folder holds `roadtrack.tar.xz` with `event/NAME/{det,gt}.txt` and `normal/NAME/det.txt`. What is run is
`vision.memory.SceneMemory`, as the service does, with each camera's plane of the ground; a place that stands or creeps,
with a mean score that the parking rule takes, is a reported box: the set calls slower than 10 km/h stopped. The same
settings serve every camera. There are no pictures, so no place can be proven by its pixels.
"""

import os
import sys
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Annotated

import numpy as np
import typer
from pydantic import JsonValue, TypeAdapter
from rich.console import Console
from rich.progress import Progress

from benchmarks.errors import BenchmarkError, NotPossibleError
from benchmarks.report import Beginning, Goal, Report, at_least, at_most, write_report
from benchmarks.roadtrack_scoring import Box, Score, Total, score, total
from detectors.parking import ParkingRule
from vision.arrays import Boxes, FloatArray
from vision.classes import StreetClass
from vision.detections import Detections
from vision.ground_plane import GroundPlane
from vision.memory import SceneMemory
from vision.observations import Observation
from vision.scenes import Place, PlaceState

ARCHIVE, HOMOGRAPHIES = "roadtrack.tar.xz", "homographies.json"
FPS = 10
SIZE_WH = (1920, 1080)
"""Stands in for the frame size, which the set does not give; places do not depend on it."""

OPPOSITE_ROAD = {"K249": (342.0, 168.0)}
"""Detections whose centre lies left of and above this point belong to the road opposite; the set leaves them out."""

CLASSES = {
    0: StreetClass.PERSON,
    1: StreetClass.BICYCLE,
    2: StreetClass.CAR,
    3: StreetClass.MOTORCYCLE,
    5: StreetClass.BUS,
    7: StreetClass.TRUCK,
}
"""COCO numbers to our classes; the few others of the set are taken for cars."""

SURE_SCORE, COCO_CAR, CARS_EVERY = 0.7, 2, 7
"""Of the boxes of cars that are as sure as this, every so many-th tells the unit of a camera's ground plane."""

MIN_SCORE: float = ParkingRule().min_score
QUICK_EVERY = 10

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """One sequence of the set.

    Attributes:
        name: as `event/04-14_14_K287_2454`.
        rows: (N, 8) frame, -1, x, y, w, h, score, class; in the order of frames, none for an empty frame.
        events: number → frame → box.
    """

    name: str
    rows: FloatArray
    events: dict[int, dict[int, Box]]

    @property
    def camera(self) -> str:
        """The camera's name, as `K287`; empty where the name tells none."""
        return next((part for part in self.name.split("_") if part.startswith("K")), "")


@dataclass(frozen=True, slots=True)
class Choice:
    """What is run: a look every `step` frames, each `every`-th sequence, with the planes of the ground or without."""

    step: int
    every: int
    knows_ground: bool = True


@app.command()
def main(
    folder: Annotated[Path, typer.Argument(help=f"folder with {ARCHIVE}")],
    look_hz: Annotated[float, typer.Option(help=f"looks a second, at most {FPS}")] = 5.0,
    workers: Annotated[int, typer.Option(help="processes")] = os.cpu_count() or 1,
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None,
    quick: Annotated[bool, typer.Option("--quick", help=f"every {QUICK_EVERY}th sequence: under a minute")] = False,
    image_plane: Annotated[bool, typer.Option("--image-plane", help="leave the homographies aside")] = False,
) -> None:
    """Score what we take to stand or to creep against the events of the RoadTrack set."""
    began = Beginning()
    choice = Choice(max(1, round(FPS / look_hz)), QUICK_EVERY if quick else 1, knows_ground=not image_plane)
    try:
        with Progress(console=Console(stderr=True)) as progress:
            scores = run(folder, choice, workers, progress.track)
    except BenchmarkError as err:
        Console(stderr=True).print(f"[red]{err}[/]", highlight=False)
        raise typer.Exit(1) from None
    settings: dict[str, JsonValue] = {"look_hz": look_hz, "every": choice.every, "ground_plane": choice.knows_ground}
    report = make_report(scores, settings, began)
    Console().print(report.summary)
    if json:
        write_report(json, report)


def run(
    folder: Path, choice: Choice, workers: int, track: Callable[..., Iterable[tuple[str, Score]]]
) -> dict[str, Score]:
    """Score the sequences of a folder.

    Args:
        folder: where the archive lies.
        choice: what is run, and how.
        workers: processes.
        track: shows how far it is; `rich.progress.track` or the like.

    Returns:
        Name → score, in the order of names.

    Raises:
        NotPossibleError: the archive is missing or holds something else.
    """
    recordings = list(read_recordings(folder / ARCHIVE, choice.every))
    grounds = read_grounds(folder, recordings) if choice.knows_ground else {}
    of_each = [grounds.get(recording.camera) for recording in recordings]
    with ProcessPoolExecutor(workers) as pool:
        scored = pool.map(partial(_scored, choice.step), recordings, of_each)
        return dict(track(scored, total=len(recordings)))


def read_recordings(archive: Path, every: int = 1) -> Iterator[Recording]:
    """Yield the sequences in the order of their names.

    Raises:
        NotPossibleError: the archive is missing or holds something else.
    """
    try:
        with tarfile.open(archive) as tar:
            texts = {
                PurePosixPath(*PurePosixPath(member.name).parts[-3:]): file.read().decode()
                for member in tar
                if member.name.endswith(".txt") and (file := tar.extractfile(member)) is not None
            }
    except (OSError, tarfile.TarError, UnicodeDecodeError) as err:
        raise NotPossibleError(f"{archive} cannot be read ({err}); give the folder that holds {ARCHIVE}") from None
    names = sorted(path.parent for path in texts if path.name == "det.txt")
    if not names:
        raise NotPossibleError(f"{archive} holds no det.txt; give the folder that holds {ARCHIVE}")
    for name in islice(names, 0, None, every):
        rows = _table(texts[name / "det.txt"], 10)[:, :8]
        rows = rows[rows[:, 6] >= 0]  # a row of -1 says that the frame holds nothing
        events: dict[int, dict[int, Box]] = {}
        for frame, number, *xywh, _, _ in _table(texts.get(name / "gt.txt", ""), 8).tolist():
            events.setdefault(int(number), {})[int(frame)] = _xyxy(*xywh)
        yield Recording(str(name), rows[np.argsort(rows[:, 0], kind="stable")], events)


def read_grounds(folder: Path, recordings: Sequence[Recording]) -> dict[str, GroundPlane]:
    """Return camera → its ground plane in metres; empty where the folder holds no homographies.

    Their unit is not given: the width of the cars that the camera saw tells it.

    Raises:
        NotPossibleError: the file holds something else.
    """
    path = folder / HOMOGRAPHIES
    if not path.exists():
        return {}
    cars = {camera: np.zeros((0, 4), np.float32) for camera in sorted({each.camera for each in recordings})}
    for recording in recordings:
        cars[recording.camera] = np.concatenate([cars[recording.camera], _sure_cars(recording)])
    try:
        matrices = TypeAdapter(dict[str, list[list[float]]]).validate_json(path.read_bytes())
        return {
            camera: GroundPlane.of_pixels(np.array(matrices[camera]), SIZE_WH).scaled_by_cars(boxes, SIZE_WH)
            for camera, boxes in cars.items()
            if camera in matrices
        }
    except (OSError, ValueError) as err:
        raise NotPossibleError(f"{path} cannot be read: {err}") from None


def reported_boxes(recording: Recording, step: int, ground: GroundPlane | None = None) -> dict[int, dict[int, Box]]:
    """Return what stands or creeps: place → frame → box, held from look to look."""
    rows = _on_this_road(recording)
    if not len(rows):
        return {}
    memory, began_at = SceneMemory(recording.name, ground), datetime(2026, 1, 1, tzinfo=UTC)
    reported: dict[int, dict[int, Box]] = {}
    standing: dict[int, Box] = {}
    for frame in range(1, int(rows[-1, 0]) + 1):
        t_s = frame / FPS
        if (frame - 1) % step == 0:
            found = _detections(rows[rows[:, 0] == frame])
            at = began_at + timedelta(seconds=t_s)
            scene = memory.update(Observation(recording.name, t_s, at, SIZE_WH, detections=found))
            standing = {place.place_id: place.box for place in scene.places if _is_reported(place)}
        for place_id, box in standing.items():
            reported.setdefault(place_id, {})[frame] = box
    return reported


def make_report(scores: dict[str, Score], settings: dict[str, JsonValue], began: Beginning) -> Report:
    """Sum up the sequences; the goals are better than what the authors of the set publish."""
    sums = total(list(scores.values()), FPS)
    return Report(
        name="roadtrack",
        settings=settings,
        definitions={
            "found": "events matched (IoU >= 0.5) on at least 20 % of their frames",
            "false": "reported tracks matched to no event on more than 10 % of their frames",
            "duplicates": "reported tracks of an event beyond its first",
            "mean_latency_s": "from an event's first frame to the first on which it is matched",
        },
        samples=[_row(name, one) for name, one in scores.items()],
        summary={name: value for name, value in asdict(sums).items()},
        goals=_goals(sums),
        notes=("the authors' own method reaches F1 0.940 and 2.4 s on these sequences",),
        began=began,
    )


def _goals(sums: Total) -> Sequence[Goal]:
    return (
        at_least("F1", 0.97, sums.f1),
        at_most("mean latency (s)", 2.2, sums.mean_latency_s),
        at_most("duplicates to events found", 0.02, sums.duplicate_ratio),
    )


def _row(name: str, one: Score) -> dict[str, JsonValue]:
    return {
        "sequence": name,
        "found": list(one.found),
        "missed": list(one.missed),
        "false": list(one.false),
        "duplicates": one.duplicates,
        "latency_frames": list(one.latencies),
    }


def _scored(step: int, recording: Recording, ground: GroundPlane | None) -> tuple[str, Score]:
    return recording.name, score(reported_boxes(recording, step, ground), recording.events)


def _is_reported(place: Place) -> bool:
    return place.state in (PlaceState.STANDING, PlaceState.CREEPING) and place.score >= MIN_SCORE


def _on_this_road(recording: Recording) -> FloatArray:
    rows = recording.rows
    for camera, (x_px, y_px) in OPPOSITE_ROAD.items():
        if f"_{camera}_" in recording.name:
            middles = rows[:, 2:4] + rows[:, 4:6] / 2
            rows = rows[~((middles[:, 0] <= x_px) & (middles[:, 1] <= y_px))]
    return rows


def _sure_cars(recording: Recording) -> Boxes:
    """Return some of the boxes of what is surely a car."""
    rows = recording.rows[(recording.rows[:, 6] >= SURE_SCORE) & (recording.rows[:, 7] == COCO_CAR)][::CARS_EVERY]
    return np.concatenate([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]], axis=1)


def _detections(rows: FloatArray) -> Detections:
    classes = [CLASSES.get(int(number), StreetClass.CAR) for number in rows[:, 7]]
    return Detections.of(
        [(_xyxy(*row[2:6].tolist()), float(row[6]), kind.value) for row, kind in zip(rows, classes, strict=True)]
    )


def _xyxy(x: float, y: float, width: float, height: float) -> Box:
    return x, y, x + width, y + height


def _table(text: str, columns: int) -> FloatArray:
    table = np.loadtxt(StringIO(text), delimiter=",", ndmin=2) if text.strip() else np.zeros((0, columns))
    return table.astype(np.float32)


if __name__ == "__main__":
    sys.exit(app())
