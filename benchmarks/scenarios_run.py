"""Runs trials: draws each, watches it as the service does and by the peers' rule, and scores both.

A process takes a few trials at a time, because a model is opened once for them.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from pydantic import JsonValue

from benchmarks.scenarios_camera import DrawnCamera
from benchmarks.scenarios_examining import held_back
from benchmarks.scenarios_eye import Find, watch
from benchmarks.scenarios_noise import NoisyTruth
from benchmarks.scenarios_peers import PEERS
from benchmarks.scenarios_scoring import Box, Judged, Report, Wanted, judge
from benchmarks.scenarios_stills import write_stills
from benchmarks.scenarios_trials import Expected, Trial, make_trial
from datasets.truth import Truth
from detectors.events import Event, Phase
from models.model import Model, open_model
from vision.closer_look import CloserLook, merged
from vision.detections import Detections

AT_ONCE = 5
"""Trials for which a model is opened once."""

SEEN_END_S = 15.0
"""An end is scored where the scenario goes on for so long after it."""

LOOKS_AWAY_S = 1.0
"""So long after a turn the camera is at its preset again for sure."""


@dataclass(frozen=True, slots=True)
class Task:
    """Some trials of a kind, and how they are run.

    Attributes:
        kind: of the trials.
        seeds: which.
        card: of the model; None for the noisy truth.
        weights: folder of the card's weights; None for the card's own.
        stills: where pictures of what went wrong are put; None for nowhere.
        looks_closer: whether the model looks more closely where things are small.
    """

    kind: str
    seeds: tuple[int, ...]
    card: Path | None
    weights: Path | None = None
    stills: Path | None = None
    looks_closer: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one trial: ours and the peers' rule, with what watching took."""

    kind: str
    seed: int
    story: str
    conditions: dict[str, str | float]
    ours: Judged
    peer: Judged
    held_back: int
    looks: int
    inferred: int
    blind: int
    drawn: int
    cpu_s: float

    def to_json(self) -> dict[str, JsonValue]:
        """Return it as a row of the report."""
        return {
            "kind": self.kind,
            "seed": self.seed,
            "story": self.story,
            **self.conditions,
            "offences": [_told(verdict.wanted, verdict.report, verdict.duplicates) for verdict in self.ours.verdicts],
            "false": [_report_json(report) for report in self.ours.false],
            "peer": dict(zip(("found", "missed", "false"), self.peer.counts, strict=True)),
            "held_back": self.held_back,
            "looks": self.looks,
            "inferred": self.inferred,
            "blind": self.blind,
            "drawn": self.drawn,
            "cpu_s": round(self.cpu_s, 1),
        }


def tasks_of(
    kind: str,
    seeds: Sequence[int],
    card: Path | None,
    weights: Path | None,
    stills: Path | None,
    *,
    closer: bool = False,
) -> list[Task]:
    """Return the tasks that hold these seeds."""
    rows = [tuple(seeds[start : start + AT_ONCE]) for start in range(0, len(seeds), AT_ONCE)]
    return [Task(kind, row, card, weights, stills, closer) for row in rows]


def run_all(tasks: Sequence[Task], jobs: int, tell: Callable[[str], None]) -> list[Outcome]:
    """Run tasks in so many processes, or here where that is one; `tell` is called for each trial."""
    outcomes: list[Outcome] = []
    for outcome in _outcomes(tasks, jobs):
        outcomes.append(outcome)
        tell(f"{outcome.kind} {outcome.seed}: {outcome.story}")
    return sorted(outcomes, key=lambda outcome: (outcome.kind, outcome.seed))


def _outcomes(tasks: Sequence[Task], jobs: int) -> Iterator[Outcome]:
    if jobs == 1:
        for task in tasks:
            yield from run_task(task)
        return
    with ProcessPoolExecutor(jobs) as pool:
        for found in pool.map(_run_listed, tasks):
            yield from found


def _run_listed(task: Task) -> list[Outcome]:
    cv2.setNumThreads(1)  # the processes share the cores
    return list(run_task(task))


def run_task(task: Task) -> Iterator[Outcome]:
    """Run the trials of a task in this process."""
    if task.card is None:
        for seed in task.seeds:
            yield run_trial(make_trial(task.kind, seed), None, task.stills)
        return
    with tempfile.TemporaryDirectory() as scratch:
        model = open_model(task.card, Path(scratch), "onnxruntime", weights_folder=task.weights)
    try:
        for seed in task.seeds:
            yield run_trial(make_trial(task.kind, seed), model, task.stills, looks_closer=task.looks_closer)
    finally:
        model.close()


def run_trial(trial: Trial, model: Model | None, stills: Path | None = None, *, looks_closer: bool = False) -> Outcome:
    """Watch one trial and score what was reported; pictures of what went wrong go to `stills`."""
    began_s = time.process_time()
    camera = DrawnCamera(trial)
    find = finder(trial, camera, model)
    wanted = [wanted_of(expected, trial, camera) for expected in trial.expected]
    seen = watch(camera, trial.zones, find, model.input_wh if model is not None and looks_closer else None)
    doubted = held_back(seen.events, camera)
    ours = judge(wanted, reports_of([event for event in seen.events if event.event_id not in doubted]), camera.end_s)
    drawn, cpu_s = camera.drawn, time.process_time() - began_s
    peer = judge(wanted, PEERS[trial.kind](camera, trial.zones[0], find), camera.end_s)
    if stills is not None:
        write_stills(stills, trial, camera, (find, ours))
    return Outcome(
        kind=trial.kind,
        seed=trial.seed,
        story=trial.story,
        conditions=trial.conditions.to_json(),
        ours=ours,
        peer=peer,
        held_back=len(doubted),
        looks=seen.looks,
        inferred=seen.inferred,
        blind=seen.blind,
        drawn=drawn,
        cpu_s=cpu_s,
    )


def finder(trial: Trial, camera: DrawnCamera, model: Model | None) -> Find:
    """Return what finds things in a trial's pictures: a model, or truth with noise. Each moment is looked at once."""
    view = trial.scenario.script.view
    under = trial.conditions.light, trial.conditions.weather
    noisy = NoisyTruth(trial.seed, camera.truth, under, (view.x, view.y))
    known: dict[float, Detections] = {}

    def find(t_s: float, closer: CloserLook | None = None) -> Detections:
        if t_s not in known:
            known[t_s] = noisy.found(t_s) if model is None else model.detect([camera.frame(t_s)])[0]
        if closer is None or model is None:
            return known[t_s]
        return merged(known[t_s], model.detect([closer])[0])

    return find


def reports_of(events: Sequence[Event]) -> list[Report]:
    """Return what was raised, with its end where it was told."""
    ended = {event.event_id: event.t_s for event in events if event.phase is Phase.ENDED}
    return [
        Report(event.started_t_s, event.t_s, ended.get(event.event_id), event.box)
        for event in events
        if event.phase is Phase.RAISED
    ]


def wanted_of(expected: Expected, trial: Trial, camera: DrawnCamera) -> Wanted:
    """Return an offence with its place in the picture.

    Raises:
        ValueError: the camera does not see it.
    """
    offence, script = expected.offence, trial.scenario.script
    middle_s = (offence.started_s + offence.ended_s) / 2
    for move in script.faults.moves:
        if move.leaves_s - LOOKS_AWAY_S <= middle_s <= move.back_s + LOOKS_AWAY_S:
            middle_s = move.back_s + LOOKS_AWAY_S
    box = _box_of(expected, trial, camera.truth(round(middle_s, 3)))
    is_over = offence.ended_s + SEEN_END_S <= camera.end_s
    return Wanted(offence.started_s, offence.ended_s, expected.due_s, box, is_over)


def _box_of(expected: Expected, trial: Trial, truth: Truth) -> Box:
    number = expected.offence.actor_id
    if trial.kind == "flyers":
        boxes = truth.papers[truth.paper_ids == number]
    else:
        parts = {actor.actor_id for actor in trial.scenario.script.actors if actor.stall_id == number} | {number}
        boxes = truth.boxes[np.isin(truth.object_ids // 10, list(parts))]
    if not len(boxes):
        raise ValueError(f"{trial.kind} {trial.seed} ({trial.story}): the camera does not see its offence")
    x1, y1 = boxes[:, :2].min(axis=0).tolist()
    x2, y2 = boxes[:, 2:].max(axis=0).tolist()
    return x1, y1, x2, y2


def _told(wanted: Wanted, report: Report | None, duplicates: int) -> JsonValue:
    row: dict[str, JsonValue] = {
        "started_s": round(wanted.started_s, 1),
        "ended_s": round(wanted.ended_s, 1),
        "due_s": round(wanted.due_s, 1),
        "found": report is not None,
        "duplicates": duplicates,
    }
    return row if report is None else row | {"report": _report_json(report)}


def _report_json(report: Report) -> JsonValue:
    ended_s = None if report.ended_s is None else round(report.ended_s, 1)
    times = {"started_s": round(report.started_s, 1), "raised_s": round(report.raised_s, 1), "ended_s": ended_s}
    return {**times, "box": [round(value) for value in report.box]}
