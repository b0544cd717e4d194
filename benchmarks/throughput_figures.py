"""Turns counts and measured windows into the figures of the throughput benchmark, their summary and its goals."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from pydantic import JsonValue
from rich.table import Table

from benchmarks.measuring import Window
from benchmarks.report import Goal, Report, Spread, at_least, at_most, spread
from benchmarks.sides import CameraCounts, SideName
from detectors.rules import OFTEN_S

MB = 1e6

DEFINITIONS: Mapping[str, str] = {
    "delivered_fps": "encoded pictures that reached the side, a second and camera (mean): packets read (ours), "
    "successful grabs (peers); below the cameras' fps the side does not keep up and falls behind or loses pictures",
    "delivered_fps_worst": "the same of the camera that fares worst",
    "decoded_fps": "frames that stood ready to be looked at, a second and camera. Ours: frames that the gear handed on "
    "(in gear `rate` the decoder works through every packet, but only due pictures become frames); peers: every grab",
    "passed_over_fps": "delivered pictures kept as packets and never made a frame, a second and camera; 0 for peers",
    "looked_hz": "frames looked at, a second and camera: glanced at or put through the model (ours), put through the "
    "model (peers)",
    "wanted_hz": "looks a second and camera that ours' rules want, at most one a key frame where these come often "
    "enough; mean over the window, asked twice a second; 0 for peers",
    "inferred_hz": "of the frames looked at, those that went through the model; the others are glances: comparisons of "
    "pixels which prove that nothing came to rest or went (ours only)",
    "dropped_fps": "frames decoded and not looked at, a second and camera, all causes",
    "dropped": "the same by cause, frames in the whole window over all cameras: stride (skipped on purpose), replaced "
    "(a newer one came first), stale (waited too long), not_due (the rule needs none yet), failed, removed",
    "unaccounted": "decoded - looked - dropped - waiting at the end, summed over cameras; 0 where the books are right",
    "cpu_s_per_camera_s": "processor seconds of the side's process, all threads, a camera and second",
    "cpu_ms_per_look": "processor milliseconds of the side's process for each frame looked at, a glance or the model",
    "cores_used": "processor seconds of the side's process a second",
    "server_cores": "the same of the RTSP server, which shares the machine and is counted to nobody",
    "other_cores": "the same of everything else on the machine: how undisturbed the window was",
    "rss_mb": "resident memory of the side's process (MB = 10^6 bytes), median over the window; it holds Python, the "
    "libraries and the model once, and ours also the packet ring",
    "rss_mb_per_camera": "rss_mb by cameras; see summary.memory for what one more camera adds",
    "kept_mb_per_camera": "of that, encoded packets in the ring (ours, up to 60 s of stream, so it grows on after the "
    "window); 0 for peers, which keep no past",
    "threads": "threads of the side's process",
    "reconnects": "connections after the first, all cameras",
    "ours_to_peer": "ours divided by the peer in the same round, for cpu_s_per_camera_s; then median and spread. "
    "What each did for it is in its looked_hz and inferred_hz",
    "memory.added_mb_per_camera": "slope of median rss_mb over the number of cameras (least squares)",
}

NOTES = (
    "Ours runs perception, places, tracks and a parking rule after the model; the peers run the model alone and their "
    "users' tracking, drawing and rules would come on top.",
    "The peers read BGR from OpenCV as their users do; letterboxing is from BGR with a linear resize.",
    "Ours looks as often as its rules want at the moment (wanted_hz), and most looks are glances without the model.",
    "`_paced` peers keep every (fps / look_hz)-th frame and put it through the model: they have no glance and no rule "
    "that would tell them when less is enough. Without pacing they run as their users run them, as often as they can.",
)

RATES = (
    "delivered_fps",
    "looked_hz",
    "wanted_hz",
    "inferred_hz",
    "dropped_fps",
    "cpu_s_per_camera_s",
    "cpu_ms_per_look",
    "cores_used",
    "rss_mb",
    "rss_mb_per_camera",
    "kept_mb_per_camera",
    "other_cores",
)
"""Figures that the summary holds with their spread."""

QUIET_CORES = 0.2
"""What the rest of an idle machine takes, with room for a daemon that wakes up."""

ENOUGH_RATIO = 0.9
"""A side that reached less of its looks did less than it is there for, and its cost is not compared."""

PACED: tuple[SideName, ...] = ("load_streams_paced", "opencv_paced")
AS_RUN: tuple[SideName, ...] = ("load_streams", "opencv")


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured window; the figures are as `DEFINITIONS` says."""

    round: int
    side: SideName
    cameras: int
    wall_s: float
    delivered_fps: float
    delivered_fps_worst: float
    decoded_fps: float
    passed_over_fps: float
    looked_hz: float
    wanted_hz: float
    inferred_hz: float
    dropped_fps: float
    dropped: Mapping[str, int]
    unaccounted: int
    cpu_s_per_camera_s: float
    cpu_ms_per_look: float | None
    cores_used: float
    server_cores: float
    other_cores: float
    rss_mb: float
    rss_mb_per_camera: float
    kept_mb_per_camera: float
    threads: int
    reconnects: int

    def to_json(self) -> dict[str, JsonValue]:
        """Return the sample as it is written, floats to four digits after the point."""
        row = asdict(self) | {"dropped": dict(self.dropped)}
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()}


def make_sample(
    turn: tuple[SideName, int], seen: Sequence[Sequence[CameraCounts]], window: Window, key_interval_s: float
) -> Sample:
    """Return a window's figures.

    Args:
        turn: side, and round from 0.
        seen: every camera's counts at the window's begin, now and then within it, and at its end.
        window: what the processes `side` and `server` used.
        key_interval_s: between the cameras' key frames.
    """
    before, after = seen[0], seen[-1]
    cameras, wall_s = len(after), window.wall_s
    camera_seconds = cameras * wall_s

    def grown(name: str) -> list[int]:
        return [getattr(late, name) - getattr(early, name) for early, late in zip(before, after, strict=True)]

    causes = sorted({cause for counts in after for cause in counts.dropped})
    pairs = list(zip(before, after, strict=True))
    dropped = {cause: sum(b.dropped.get(cause, 0) - a.dropped.get(cause, 0) for a, b in pairs) for cause in causes}
    use, looked = window.uses["side"], sum(grown("looked"))
    return Sample(
        round=turn[1],
        side=turn[0],
        cameras=cameras,
        wall_s=wall_s,
        delivered_fps=sum(grown("delivered")) / camera_seconds,
        delivered_fps_worst=min(grown("delivered")) / wall_s,
        decoded_fps=sum(grown("decoded")) / camera_seconds,
        passed_over_fps=sum(grown("passed_over")) / camera_seconds,
        looked_hz=looked / camera_seconds,
        wanted_hz=statistics.mean(due_hz(counts.wanted_hz, key_interval_s) for some in seen for counts in some),
        inferred_hz=sum(grown("inferred")) / camera_seconds,
        dropped_fps=sum(dropped.values()) / camera_seconds,
        dropped=dropped,
        unaccounted=sum(abs(counts.unaccounted) for counts in after),
        cpu_s_per_camera_s=use.cpu_s / camera_seconds,
        cpu_ms_per_look=1000 * use.cpu_s / looked if looked else None,
        cores_used=use.cpu_s / wall_s,
        server_cores=window.uses["server"].cpu_s / wall_s,
        other_cores=window.other_cpu_s / wall_s,
        rss_mb=use.rss_bytes / MB,
        rss_mb_per_camera=use.rss_bytes / MB / cameras,
        kept_mb_per_camera=sum(counts.kept_bytes for counts in after) / MB / cameras,
        threads=use.threads,
        reconnects=sum(counts.reconnects for counts in after),
    )


def summary(samples: Sequence[Sample]) -> JsonValue:
    """Return medians and spreads by number of cameras and side, ratios to peers, and memory per further camera."""
    by_cameras: dict[str, JsonValue] = {}
    for cameras in sorted({sample.cameras for sample in samples}):
        sides = {s.side: None for s in samples if s.cameras == cameras}
        by_cameras[str(cameras)] = {
            "sides": {side: _figures(_of(samples, side, cameras)) for side in sides},
            "ours_to_peer": {
                side: _spread_json(spread(ratios))
                for side in sides
                if side != "ours" and (ratios := cpu_ratios(samples, side, cameras))
            },
        }
    memory: dict[str, JsonValue] = {
        side: {"added_mb_per_camera": added_mb_per_camera(samples, side)} for side in {s.side: None for s in samples}
    }
    return {"by_cameras": by_cameras, "memory": memory}


def goals(samples: Sequence[Sample], look_hz: float, source_fps: float) -> list[Goal]:
    """Return the goals: we keep up, look as often as our rules want, keep our books, and cost less than the peers.

    Windows in which a side looked less often than it should are left out of the comparisons of cost: who does not do
    the work is not cheap. Where no round is left the value is None and the goal is missed.

    Args:
        samples: of all sides.
        look_hz: how often paced peers should look.
        source_fps: of the cameras.
    """
    counts = sorted({sample.cameras for sample in samples})
    ours = [sample for sample in samples if sample.side == "ours"]
    delivered = [statistics.median(s.delivered_fps for s in ours if s.cameras == n) / source_fps for n in counts]
    looks = [_reached([s for s in ours if s.cameras == n]) for n in counts]
    found = [
        at_least("ours: share of the cameras' frames delivered, at the worst number of cameras", 0.98, min(delivered)),
        at_least("ours: share of the looks that its rules want, at the worst number of cameras", 0.95, min(looks)),
        at_most("ours: frames of which nobody knows what became", 0, sum(s.unaccounted for s in ours)),
    ]
    paced = f"paced to {look_hz:g} looks a second"
    for peers, how, limit in ((PACED, paced, 1.0), (AS_RUN, "as its users run it", 0.5)):
        if any(sample.side in peers for sample in samples):
            name = f"CPU per camera-second, ours to the best peer {how}, {counts[-1]} cameras"
            fair = [sample for sample in samples if looks_enough(sample, look_hz)]
            found.append(at_most(name, limit, _worst_ratio(fair, peers, counts[-1])))
    return found


def looks_enough(sample: Sample, look_hz: float) -> bool:
    """Return whether a side looked as often as it should, ours as its rules want, so that its cost may be compared."""
    due = sample.wanted_hz if sample.side == "ours" else look_hz
    at_the_edge_hz = 1 / sample.wall_s  # a look just before the window or just after it
    return sample.looked_hz + at_the_edge_hz >= ENOUGH_RATIO * due


def due_hz(wanted_hz: float, key_interval_s: float) -> float:
    """Return the looks a second that a pace comes to: one a key frame serves every rule where these come often."""
    return min(wanted_hz, 1 / key_interval_s) if key_interval_s <= OFTEN_S else wanted_hz


def _reached(samples: Sequence[Sample]) -> float:
    """Return looks by wanted looks, all windows taken together, as a slow pace has but a few looks in each."""
    due = sum(sample.wanted_hz * sample.cameras * sample.wall_s for sample in samples)
    looked = sum(sample.looked_hz * sample.cameras * sample.wall_s for sample in samples)
    return round(looked / due, 4) if due else 0.0


def disturbance(samples: Sequence[Sample]) -> list[str]:
    """Return a note where the rest of the machine was busy during the run; nothing where it was quiet."""
    others = spread([sample.other_cores for sample in samples])
    if others.median <= QUIET_CORES:
        return []
    return [
        f"The machine was not quiet: other programs took {others.median:.2f} cores at the median of the windows "
        f"({others.minimum:.2f} to {others.maximum:.2f}). Frames in, looks and drops are those "
        "of a machine with that much less to give, and a ratio of cost says something only where both sides looked as "
        "often as they should; the goals count no other windows."
    ]


def cpu_ratios(samples: Sequence[Sample], peer: SideName, cameras: int) -> list[float]:
    """Return our CPU per camera-second divided by a peer's, one per round that has both."""
    theirs = {sample.round: sample.cpu_s_per_camera_s for sample in _of(samples, peer, cameras)}
    mine = _of(samples, "ours", cameras)
    return [s.cpu_s_per_camera_s / theirs[s.round] for s in mine if theirs.get(s.round)]


def added_mb_per_camera(samples: Sequence[Sample], side: SideName) -> float | None:
    """Return what one more camera adds to a side's resident memory; None with a single number of cameras."""
    counts = sorted({sample.cameras for sample in samples if sample.side == side})
    if len(counts) < 2:
        return None
    medians = [statistics.median(s.rss_mb for s in _of(samples, side, n)) for n in counts]
    return round(statistics.linear_regression(counts, medians).slope, 2)


def summary_table(report: Report) -> Table:
    """Return the medians as a table for the terminal, with the goals below."""
    missed = [f"{goal.name}: {goal.value} (goal {goal.goal})" for goal in report.goals if not goal.met]
    table = Table(title="medians per camera", caption="goals missed: " + ("; ".join(missed) or "none"))
    for heading in ("cams", "side", "fps in", "looks/s", "model/s", "drop/s", "CPU s/s", "RSS MB"):
        table.add_column(heading, justify="left" if heading == "side" else "right", no_wrap=True)
    rows: dict[tuple[int, str], list[Mapping[str, JsonValue]]] = {}
    for sample in report.samples:
        rows.setdefault((int(str(sample["cameras"])), str(sample["side"])), []).append(sample)
    for (cameras, side), some in sorted(rows.items()):
        figures = ("delivered_fps", "looked_hz", "inferred_hz", "dropped_fps", "cpu_s_per_camera_s", "rss_mb")
        cells = (statistics.median(float(str(sample[name])) for sample in some) for name in figures)
        table.add_row(str(cameras), side, *(f"{value:.3g}" for value in cells))
    return table


def _of(samples: Sequence[Sample], side: SideName, cameras: int) -> list[Sample]:
    return [sample for sample in samples if sample.side == side and sample.cameras == cameras]


def _worst_ratio(samples: Sequence[Sample], peers: Sequence[SideName], cameras: int) -> float | None:
    """Return the median ratio to the peer against which we fare worst, which is the best peer."""
    medians = [statistics.median(ratios) for peer in peers if (ratios := cpu_ratios(samples, peer, cameras))]
    return round(max(medians), 4) if medians else None


def _figures(samples: Sequence[Sample]) -> JsonValue:
    values = {name: [v for sample in samples if (v := getattr(sample, name)) is not None] for name in RATES}
    return {name: _spread_json(spread(some)) for name, some in values.items() if some}


def _spread_json(some: Spread) -> JsonValue:
    return {name: round(value, 4) for name, value in asdict(some).items()}
