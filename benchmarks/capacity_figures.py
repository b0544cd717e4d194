"""Turns trials of the capacity benchmark into figures, their summary, and the goals."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from pydantic import JsonValue
from rich.table import Table

from benchmarks.capacity_clips import CAMERA
from benchmarks.capacity_scoring import Verdict, Watched, expected, false_reports, judge
from benchmarks.capacity_sides import PEER_KINDS, CameraState
from benchmarks.capacity_streets import LIMITS_S, PERIOD_S
from benchmarks.capacity_trial import Trial, deeds_of
from benchmarks.cores import CORES
from benchmarks.report import Goal, Report, at_least, at_most, spread

MB = 1e6

LEAST_RATE_RATIO = 0.97
"""A camera of which less arrives is starved."""

MOST_ERROR_S = 1.0
"""How far a reported beginning may be from the true one."""

MOST_LAG_S = 10.0
"""How much further behind the newest look may be at the end than at the begin: scouts look every eight seconds."""

DEFINITIONS: Mapping[str, str] = {
    "keeps_up": f"every camera's pictures reached the side at {LEAST_RATE_RATIO} of their rate or more, without a lost "
    f"connection; looks fell behind by {MOST_LAG_S:g} s at most; the side's process used no more than {CORES} "
    "cores",
    "found_all": "keeps_up, and every violation that counts was reported (peers: parking and vending only); where "
    "streets have violations and none counts, because the side was ready too late, it is not reached",
    "right_all": f"found_all, and every reported beginning (settings.timed) is within {MOST_ERROR_S:g} s of the truth",
    "expected": "violations that count: begun 15 s or more after the judged stretch did (settings.settle_s after the "
    "side had looked at every camera), their limit passed 15 s or more before the end, on the camera's own clock",
    "errors_s": "reported minus true beginning of each violation that was found, by kind",
    "delays_s": "from the passing of a violation's limit to its report, by kind",
    "false_reports": "reports about nothing that was scripted; they fail no trial",
    "delivered_fps_worst": "encoded pictures that reached the side, a second, of the camera that fares worst: packets "
    "read (ours), pictures grabbed (peers)",
    "looked_hz": "pictures that went through the model, a second and camera (mean; worst camera)",
    "cores_used": "processor seconds of the side's process a second",
    "cpu_s_per_camera_s": "the same by cameras",
    "server_cores": "the same of the RTSP farm, which is counted to nobody but shares a machine of two cores",
    "server_behind_s": "by how much the farm's worst camera was behind its clock at the end; above 0 the farm did not "
    "keep up",
    "other_cores": "the same of everything else on the machine: how undisturbed the trial was",
    "pss_mb": "memory of the side's process at the end (proportional set size, MB = 10^6 bytes)",
    "kept_mb": "encoded bytes in the packet rings at the end, up to 60 s a camera",
    "beyond_ring_mb": "pss_mb - kept_mb",
    "max_cameras": "per side and level: the largest number of cameras in each round's search (median, and each round); "
    "for levels that a side did not climb by, the largest number of cameras of any trial that reached it",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One trial; the figures are as `DEFINITIONS` says. A trial that failed has a `problem` and zeros."""

    round: int
    side: str
    cameras: int
    keeps_up: bool
    found_all: bool
    right_all: bool
    expected: int
    found: int
    right: int
    missed: tuple[str, ...] = ()
    errors_s: Mapping[str, tuple[float, ...]] | None = None
    delays_s: Mapping[str, tuple[float, ...]] | None = None
    false_reports: tuple[str, ...] = ()
    delivered_fps_worst: float = 0.0
    delivered_fps: float = 0.0
    looked_hz: float = 0.0
    looked_hz_worst: float = 0.0
    reconnects: int = 0
    cores_used: float = 0.0
    cpu_s_per_camera_s: float = 0.0
    server_cores: float = 0.0
    server_behind_s: float = 0.0
    other_cores: float = 0.0
    pss_mb: float = 0.0
    kept_mb: float = 0.0
    beyond_ring_mb: float = 0.0
    threads: int = 0
    ready_s: float = 0.0
    wall_s: float = 0.0
    problem: str = ""

    def reached(self, level: str) -> bool:
        """Return whether the trial reached `keeps_up`, `found_all` or `right_all`."""
        return bool(getattr(self, level))

    def to_json(self) -> dict[str, JsonValue]:
        """Return the sample as it is written."""
        return {name: _rounded(value) for name, value in asdict(self).items()}


def failed_sample(turn: tuple[str, int, int], problem: str) -> Sample:
    """Return the figures of a trial (side, cameras, round) that came to nothing."""
    side, cameras, number = turn
    return Sample(number, side, cameras, False, False, False, 0, 0, 0, problem=problem)


def make_sample(trial: Trial, number: int, timed: Sequence[str]) -> Sample:
    """Return a trial's figures.

    Args:
        trial: what came of it.
        number: round, from 0.
        timed: kinds of violations whose beginning must be right.
    """
    wall_s, count = trial.window.wall_s, len(trial.stories)
    verdicts, wrong, is_asked = _verdicts(trial)
    rates = [(a.delivered - b.delivered) / wall_s for b, a in zip(trial.before, trial.after, strict=True)]
    looks = [(a.looked - b.looked) / wall_s for b, a in zip(trial.before, trial.after, strict=True)]
    use, server = trial.window.uses["side"], trial.window.uses["server"]
    keeps_up = (
        min(rates) >= LEAST_RATE_RATIO * CAMERA.fps
        and all(_is_steady(b, a, wall_s) for b, a in zip(trial.before, trial.after, strict=True))
        and use.cpu_s / wall_s <= CORES
    )
    found = [verdict for verdict in verdicts if verdict.error_s is not None]
    right = [verdict for verdict in found if _is_right(verdict, timed)]
    found_all = keeps_up and is_asked and len(found) == len(verdicts)
    kept_mb = sum(state.kept_bytes for state in trial.after) / MB
    return Sample(
        round=number,
        side=trial.side,
        cameras=count,
        keeps_up=keeps_up,
        found_all=found_all,
        right_all=found_all and len(right) == len(verdicts),
        expected=len(verdicts),
        found=len(found),
        right=len(right),
        missed=tuple(_shown(trial, verdict) for verdict in verdicts if verdict.error_s is None),
        errors_s=_by_kind(found, "error_s"),
        delays_s=_by_kind(found, "delay_s"),
        false_reports=wrong,
        delivered_fps_worst=min(rates),
        delivered_fps=statistics.fmean(rates),
        looked_hz=statistics.fmean(looks),
        looked_hz_worst=min(looks),
        reconnects=sum(a.reconnects - b.reconnects for b, a in zip(trial.before, trial.after, strict=True)),
        cores_used=use.cpu_s / wall_s,
        cpu_s_per_camera_s=use.cpu_s / wall_s / count,
        server_cores=server.cpu_s / wall_s,
        server_behind_s=trial.server_behind_s,
        other_cores=trial.window.other_cpu_s / wall_s,
        pss_mb=trial.pss_bytes / MB,
        kept_mb=kept_mb,
        beyond_ring_mb=trial.pss_bytes / MB - kept_mb,
        threads=use.threads,
        ready_s=trial.ready_s,
        wall_s=wall_s,
    )


def level_of(side: str) -> str:
    """Return by what a side climbs: ours must be right in all, a peer only has to keep up, which flatters it."""
    return "right_all" if side == "ours" else "keeps_up"


LEVELS = ("keeps_up", "found_all", "right_all")


def summary(samples: Sequence[Sample], rounds: Mapping[str, Sequence[int]]) -> JsonValue:
    """Return the largest numbers of cameras and what they cost.

    Args:
        samples: all trials.
        rounds: by side, what each finished round's search found.
    """
    sides = dict.fromkeys(sample.side for sample in samples)
    return {side: _side_summary([s for s in samples if s.side == side], rounds.get(side, ())) for side in sides}


def goals(samples: Sequence[Sample], rounds: Mapping[str, Sequence[int]]) -> tuple[Goal, ...]:
    """Return the goals of the benchmark and what was reached."""
    ours = statistics.median(rounds["ours"]) if rounds.get("ours") else None
    peers = {side: statistics.median(found) for side, found in rounds.items() if side != "ours" and found}
    best = max(peers.values(), default=None)
    ratio = round(ours / best, 2) if ours is not None and best else None
    added = added_mb_per_camera(samples, "ours")
    return (
        at_least("cameras that two cores watch with every violation found and right", 100, ours),
        at_least("our cameras by those of the best peer (which need only keep up)", 10, ratio),
        at_most("memory per camera beyond the ring, MB", 4, added),
    )


def added_mb_per_camera(samples: Sequence[Sample], side: str) -> float | None:
    """Return what one more camera adds to a side's memory beyond the ring, MB (least squares); None for one number."""
    by_count: dict[int, list[float]] = {}
    for sample in samples:
        if sample.side == side and not sample.problem:
            by_count.setdefault(sample.cameras, []).append(sample.beyond_ring_mb)
    if len(by_count) < 2:
        return None
    medians = [statistics.median(some) for some in by_count.values()]
    return round(statistics.linear_regression(list(by_count), medians).slope, 2)


def table_of(report: Report) -> Table:
    """Return all trials as a table for the terminal, with the goals below."""
    lines = "\n".join(goal.told for goal in report.goals)
    table = Table(title="capacity, trial by trial", caption=lines)
    for heading in (
        "round",
        "side",
        "cams",
        "keeps up",
        "found",
        "right",
        "fps worst",
        "looks/s",
        "cores",
        "farm",
        "MB",
    ):
        table.add_column(heading, justify="left" if heading == "side" else "right", no_wrap=True)
    for row in report.samples:
        figures = ("delivered_fps_worst", "looked_hz", "cores_used", "server_cores", "beyond_ring_mb")
        table.add_row(
            str(int(str(row["round"])) + 1),
            str(row["side"]),
            str(row["cameras"]),
            "yes" if row["keeps_up"] else ("died" if row["problem"] else "no"),
            f"{row['found']}/{row['expected']}",
            f"{row['right']}/{row['expected']}",
            *(f"{float(str(row[name])):.3g}" for name in figures),
        )
    return table


def _verdicts(trial: Trial) -> tuple[list[Verdict], tuple[str, ...], bool]:
    """Return what became of the violations, false reports, and whether at least one violation had to be found."""
    kinds = tuple(LIMITS_S) if trial.side == "ours" else PEER_KINDS
    deeds = {
        told: tuple(deed for deed in deeds_of(told) if deed.offence.kind in kinds)
        for told in dict.fromkeys(trial.stories)
    }
    watched = [
        Watched(
            row,
            deeds[told],
            PERIOD_S,
            before.moment_s or 0.0,
            after.moment_s or 0.0,
        )
        for row, (told, before, after) in enumerate(zip(trial.stories, trial.before, trial.after, strict=True))
    ]
    violations = [violation for each in watched for violation in expected(each, LIMITS_S)]
    verdicts, left = judge(violations, trial.found)
    wrong = tuple(
        f"camera {each.camera + 1} ({trial.stories[each.camera].name}): {each.kind} at {each.started_s:.1f} s, "
        f"x {each.box[0]:.3f} to {each.box[2]:.3f}, y {each.box[1]:.3f} to {each.box[3]:.3f}"
        for each in false_reports(left, watched)
    )
    return verdicts, wrong, bool(verdicts) or not any(deeds.values())


def _is_steady(before: CameraState, after: CameraState, wall_s: float) -> bool:
    """Whether a camera's looks went on as time did, without a lost connection."""
    if before.moment_s is None or after.moment_s is None:
        return False
    is_same = (before.breaks, before.reconnects) == (after.breaks, after.reconnects)
    return is_same and after.moment_s - before.moment_s >= wall_s - MOST_LAG_S


def _is_right(verdict: Verdict, timed: Sequence[str]) -> bool:
    if verdict.violation.kind not in timed:
        return True
    return verdict.error_s is not None and abs(verdict.error_s) <= MOST_ERROR_S


def _shown(trial: Trial, verdict: Verdict) -> str:
    violation = verdict.violation
    name = trial.stories[violation.camera].name
    return f"camera {violation.camera + 1} ({name}): {violation.kind} at {violation.started_s:.1f} s"


def _by_kind(verdicts: Sequence[Verdict], name: str) -> dict[str, tuple[float, ...]]:
    found: dict[str, tuple[float, ...]] = {}
    for verdict in verdicts:
        found[verdict.violation.kind] = (*found.get(verdict.violation.kind, ()), round(getattr(verdict, name), 3))
    return found


def _side_summary(samples: Sequence[Sample], rounds: Sequence[int]) -> JsonValue:
    own = level_of(samples[0].side)
    best: dict[str, JsonValue] = {
        level: max((s.cameras for s in samples if s.reached(level)), default=0) for level in LEVELS if level != own
    }
    best[own] = asdict(spread(list(rounds))) | {"rounds": list(rounds)} if rounds else None
    counts = sorted({sample.cameras for sample in samples})
    return {
        "max_cameras": best,
        "by_cameras": {str(n): _medians([s for s in samples if s.cameras == n and not s.problem]) for n in counts},
        "added_mb_per_camera": added_mb_per_camera(samples, samples[0].side),
    }


def _medians(samples: Sequence[Sample]) -> JsonValue:
    names = ("cpu_s_per_camera_s", "cores_used", "server_cores", "delivered_fps_worst", "looked_hz", "beyond_ring_mb")
    return {n: round(statistics.median(getattr(s, n) for s in samples), 4) for n in names} if samples else None


def _rounded(value: object) -> JsonValue:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, tuple | list):
        return [_rounded(each) for each in value]
    if isinstance(value, Mapping):
        return {str(key): _rounded(each) for key, each in value.items()}
    assert value is None or isinstance(value, int | str), "figures are plain"
    return value
