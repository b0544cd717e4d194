"""Runs the capacity benchmark: sides take turns trial by trial, each climbing as far as it bears, round after round."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from benchmarks.capacity_clips import CAMERA
from benchmarks.capacity_figures import DEFINITIONS, Sample, failed_sample, goals, level_of, make_sample, summary
from benchmarks.capacity_search import Climb, begin_of
from benchmarks.capacity_sides import SIDES
from benchmarks.capacity_streets import LIMITS_S, PERIOD_S
from benchmarks.capacity_trial import Equipment, run_trial
from benchmarks.cores import CORES
from benchmarks.errors import SideFailedError
from benchmarks.farm import USUAL_MTU, FarmError
from benchmarks.report import Beginning, Report

STEPS = (1, 4, 8, 10, 12, 16, 24, 32, 50, 75, 100, 125)
"""Numbers of cameras that are tried."""

NOTES = (
    "A peer's number is the largest with which it keeps up; it need not find or time a single violation. The levels "
    "found_all and right_all of each side stand beside it.",
    "Flyers are asked of ours only: the peers' model has no class for paper.",
    "Peers: ultralytics and vidgear with ultralytics' own loading of the ONNX file (ONNX Runtime); OpenCV with the "
    "engine that ours uses. Each has a thread per camera that decodes every picture and keeps the newest. Their rule "
    "is a track's foot point at rest in the zone for longer than the limit by the wall clock.",
)

FARM_LATE_S = 1.0
"""A farm that is later than this was starved, or its packets were not taken."""

QUIET_CORES = 0.2
"""What the rest of an idle machine takes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run.

    Attributes:
        steps: numbers of cameras, ascending.
        sides: which sides take part.
        rounds: how often each side's largest number is searched.
        settle_s: seconds that a side watches before it is judged; a ring holds so much.
        watch_s: length of the judged stretch of a trial.
        timed: kinds of violations whose beginning must be right.
        mtu: bytes of an RTP packet.
        scaling: numbers of cameras at which the cost of ours is measured in any case, after the search.
    """

    steps: tuple[int, ...] = STEPS
    sides: tuple[str, ...] = SIDES
    rounds: int = 3
    settle_s: float = 60.0
    watch_s: float = 105.0
    timed: tuple[str, ...] = ("parking", "vending")
    mtu: int = USUAL_MTU
    scaling: tuple[int, ...] = (1, 10, 50, 100)


class Run:
    """One run of the benchmark.

    Attributes:
        samples: every trial so far.
        found: by side, the largest number of cameras of each finished round.
    """

    def __init__(self, plan: Plan, equipment: Equipment, model: str, notes: Sequence[str]) -> None:
        self.samples: list[Sample] = []
        self.found: dict[str, list[int]] = {side: [] for side in plan.sides}
        self._plan, self._equipment, self._model = plan, equipment, model
        self._notes = list(notes)
        self._began = Beginning()

    def go(self, tell: Callable[[str], None], on_trial: Callable[[], None]) -> None:
        """Run all rounds.

        Args:
            tell: called with a line of text before each trial.
            on_trial: called after each trial, for keeping what was measured so far.
        """
        for number in range(self._plan.rounds):
            shift = number % max(1, len(self._plan.sides))
            turns = (*self._plan.sides[shift:], *self._plan.sides[:shift])
            climbs = {
                side: Climb(self._plan.steps, begin_at=begin_of(self.found[side], self._plan.steps)) for side in turns
            }
            while any(climb.next_step for climb in climbs.values()):
                for side, climb in climbs.items():
                    if climb.next_step is not None:
                        sample = self._one_trial((side, climb.next_step, number), tell)
                        climb.take(passed=sample.reached(level_of(side)))
                        on_trial()
            for side, climb in climbs.items():
                self.found[side].append(climb.best)
        for cameras in self._plan.scaling if "ours" in self._plan.sides else ():
            if not any(s.side == "ours" and s.cameras == cameras and not s.problem for s in self.samples):
                self._one_trial(("ours", cameras, self._plan.rounds), tell)
                on_trial()
        on_trial()

    def report(self) -> Report:
        """Return what was measured so far."""
        return Report(
            name="capacity",
            settings=self._settings(),
            definitions=DEFINITIONS,
            samples=[sample.to_json() for sample in self.samples],
            summary=summary(self.samples, self.found),
            goals=goals(self.samples, self.found),
            notes=[*NOTES, *self._notes, *self._farm_lag(), *self._disturbance()],
            began=self._began,
        )

    def _one_trial(self, turn: tuple[str, int, int], tell: Callable[[str], None]) -> Sample:
        side, cameras, number = turn
        what = f"round {number + 1}" if number < self._plan.rounds else "scaling"
        tell(f"{what}: {side}, {cameras} cameras")
        try:
            trial = run_trial(self._equipment, side, cameras, lambda: None)
        except (SideFailedError, FarmError) as err:
            sample = failed_sample(turn, str(err))
        else:
            sample = make_sample(trial, number, self._plan.timed)
        self.samples.append(sample)
        tell(_said(sample))
        return sample

    def _settings(self) -> dict[str, JsonValue]:
        plan, width_height = self._plan, CAMERA.size_wh
        return {
            "steps": list(plan.steps),
            "sides": list(plan.sides),
            "rounds": plan.rounds,
            "settle_s": plan.settle_s,
            "watch_s": plan.watch_s,
            "scaling": list(plan.scaling),
            "timed": list(plan.timed),
            "cores": CORES,
            "streets": [told.name for told in self._equipment.stories],
            "limits_s": dict(LIMITS_S),
            "period_s": PERIOD_S,
            "stream": f"H.264 {width_height[0]}x{width_height[1]} over RTSP/TCP, {plan.mtu} bytes a packet",
            "fps": CAMERA.fps,
            "key_interval_s": CAMERA.key_interval_s,
            "bit_rate": CAMERA.bit_rate,
            "model": self._model,
        }

    def _farm_lag(self) -> list[str]:
        late = [sample for sample in self.samples if sample.server_behind_s > FARM_LATE_S]
        if not late:
            return []
        which = ", ".join(f"{sample.side} with {sample.cameras} (round {sample.round + 1})" for sample in late)
        return [
            f"In {len(late)} trials the farm was late at the end, because it lacked processor time or the side did not "
            f"take its packets in time: {which}."
        ]

    def _disturbance(self) -> list[str]:
        busy = [sample.other_cores for sample in self.samples if not sample.problem]
        if not busy or sorted(busy)[len(busy) // 2] <= QUIET_CORES:
            return []
        middle = sorted(busy)[len(busy) // 2]
        return [
            f"The machine was not quiet: other programs took {middle:.2f} cores at the median of the trials "
            f"({min(busy):.2f} to {max(busy):.2f}); the numbers of cameras are those of a machine with less to give."
        ]


def _said(sample: Sample) -> str:
    """Return one line about a trial."""
    if sample.problem:
        return f"  {sample.side}, {sample.cameras} cameras: {sample.problem}"
    verdict = next((level for level in ("right_all", "found_all", "keeps_up") if sample.reached(level)), "fails")
    return (
        f"  {sample.side}, {sample.cameras} cameras: {verdict}; found {sample.found} and right {sample.right} of "
        f"{sample.expected}, {sample.delivered_fps_worst:.1f} frames/s at worst, {sample.cores_used:.2f} cores, "
        f"farm {sample.server_cores:.2f}, others {sample.other_cores:.2f}"
        + (f", farm late by {sample.server_behind_s:.0f} s" if sample.server_behind_s > FARM_LATE_S else "")
    )
