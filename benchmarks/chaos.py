"""Measures what bad cameras do: for each fault what was noticed, when, and what it cost the healthy cameras beside it.

    python -m benchmarks.chaos --json benchmarks/results/chaos.json --plot benchmarks/results/chaos.png

A pool of ours watches good cameras, by turns every picture of them or key frames as of a quiet street, and one that
gets the faults of `tests/simulator/table.py` one after the other: a clean window, the fault until our health has named
it, and the time after it until pictures come again. What a network does is measured a second time with the faulty
camera watched quietly, as such packets are taken in otherwise. The cameras are simulated in a process of their own.
What each figure means stands in `DEFINITIONS` and the JSON.
"""

import logging
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import psutil
import typer
from pydantic import JsonValue
from rich.console import Console
from rich.table import Table

from benchmarks.chaos_cameras import SimulatedCameras
from benchmarks.chaos_plot import draw_plot
from benchmarks.chaos_rows import Bench, ChaosPlan, Counts, RowResult
from benchmarks.errors import BenchmarkError
from benchmarks.report import Beginning, Goal, Report, at_least, at_most, spread, write_report
from benchmarks.telling import telling
from tests.simulator.gears import GEARS, GearName
from tests.simulator.table import CLIPS, FLOODS, NETWORK, TABLE, Row, encode_clips

QUICK_ROWS = (
    "packet loss of 20 %",
    "half-open connection",
    "hang-up in the middle of a packet",
    "flood of answers",
    "other codec in mid-stream",
    "cut NAL units",
    "redirect to itself",
    "401 to everything",
)
"""One of each kind."""

LEAST_RATIO = 0.97
NOTICE_LIMIT_S = 5.0
RECOVERY_MEDIAN_S, RECOVERY_P99_S = 3.0, 8.0

TWICE = {row.name for row in (*NETWORK, *FLOODS)}
"""Faults that are also measured with the faulty camera watched quietly."""

DEFINITIONS = {
    "gear": "How the faulty camera is watched: `full` every picture is decoded, `quiet` key frames a second apart.",
    "noticed_s": "Seconds from the fault to the first sign of it in our health: the sentence that names it where one "
    "is due, else any sentence, the count of corrupt packets, a new format, or a delivered rate below 0.8 of the clean "
    "one.",
    "noticed": "What that sign was.",
    "said": "The sentence, in which the URL is shown without its password.",
    "delivered_ratio": "Frames (packets where it is watched quietly) of the faulty camera delivered while the fault "
    "lasted, as a share of its clean rate; where the fault bites new connections only, the time to connect anew counts "
    "in.",
    "recovery_s": "Seconds from the end of the fault to the next delivered one; none for a camera that was given up.",
    "healthy_ratio": "Share of the pictures which the healthy cameras that are watched in full sent while the fault "
    "lasted whose packets came in time (those that were over 3 s late at the worst moment did not), by the same of the "
    "clean window before it: what the fault cost them, whatever else the machine does.",
    "healthy_quiet_ratio": "The same of the healthy cameras that are watched quietly.",
    "healthy_rate_ratio": "Packets a second of all healthy cameras while the fault lasted, by those of the clean "
    "window before it; on a busy machine the windows differ without any fault.",
    "healthy_longest_pause_s": "Longest time between two frames of one healthy camera that is watched in full, while "
    "the fault lasted.",
    "clean_, during_": "Counts over the clean window and while the fault lasted: seconds, pictures sent and packets "
    "that came of the healthy cameras of either gear, frames of the faulty one (packets where it is watched quietly), "
    "processor seconds of the watching process.",
}

app = typer.Typer(add_completion=False)


def run(plan: ChaosPlan, rows: tuple[Row, ...], on_row: Callable[[str], None]) -> Report:
    """Measure each fault and return the result.

    Args:
        plan: how long and beside how many cameras.
        rows: the faults.
        on_row: called with its name before each.

    Raises:
        SideFailedError: the cameras' process ended, or even good cameras could not be watched.
    """
    began, process = Beginning(), psutil.Process()
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        encode_clips(Path(folder))
        with SimulatedCameras(Path(folder)) as cameras:
            threads, files = threading.active_count(), process.num_fds()
            with Bench(plan, cameras) as bench:
                memory_bytes = bench.memory_bytes()
                results = []
                for row, gear in measurements(rows):
                    on_row(f"{row.name}, {gear}")
                    results.append(bench.measure(row, gear))
                grown_bytes = bench.memory_bytes() - memory_bytes
            left = threading.active_count() - threads, process.num_fds() - files
    notes = [
        f"threads left after closing: {left[0]}; file descriptors: {left[1]}",
        f"memory grew by {grown_bytes / 2**20:.0f} MB from the first fault to the last, the rings filling meanwhile",
    ]
    return Report(
        name="chaos",
        settings=_shown_settings(plan),
        definitions=DEFINITIONS,
        samples=[result.to_json() for result in results],
        summary=_summary(results),
        goals=goals(results),
        notes=notes,
        began=began,
    )


def measurements(rows: Iterable[Row]) -> list[tuple[Row, GearName]]:
    """Return each fault with the gear in which the faulty camera is watched; some come twice."""
    return [(row, gear) for row in rows for gear in GEARS if gear == "full" or row.name in TWICE]


def goals(results: list[RowResult]) -> list[Goal]:
    """Return what was wanted and what was reached."""
    shares = {
        gear: min((share, result.fault) for share, result in zip(column, results, strict=True))
        for gear, column in (
            ("in full", [result.healthy_ratio for result in results]),
            ("quietly", [result.healthy_quiet_ratio for result in results]),
        )
    }
    due = [result for result in results if result.outcome != "flows"]
    named = sum(result.noticed == "a sentence" for result in due)
    silent = [result.noticed_s for result in results if result.fault.startswith("half-open")]
    back = sorted(_known(result.recovery_s for result in results if result.outcome != "gives up"))
    retried = sum(result.outcome != "gives up" for result in results)
    return [
        *(
            at_least(
                f"pictures of healthy cameras watched {gear} that came, share of the clean share, lowest ({fault})",
                LEAST_RATIO,
                share,
            )
            for gear, (share, fault) in shares.items()
        ),
        at_least(
            "rate of healthy cameras over all faults, share of their clean rate", LEAST_RATIO, pooled_ratio(results)
        ),
        at_most("reconnects of healthy cameras", 0, sum(result.healthy_reconnects for result in results)),
        at_least(
            "share of the faults that stop pictures which our health names", 1.0, named / len(due) if due else None
        ),
        at_most("seconds until a silent stream is noticed, longest", NOTICE_LIMIT_S, max(_known(silent), default=None)),
        at_least("share of the faults after which pictures come again by themselves", 1.0, len(back) / retried),
        at_most("seconds until they do, median", RECOVERY_MEDIAN_S, spread(back).median if back else None),
        at_most("seconds until they do, longest", RECOVERY_P99_S, back[-1] if back else None),
    ]


def pooled_ratio(results: list[RowResult]) -> float:
    """Return the healthy cameras' rate over all faults as a share of their rate over all clean windows."""
    clean_hz = sum(result.clean.came for result in results) / sum(result.clean.wall_s for result in results)
    during_hz = sum(result.during.came for result in results) / sum(result.during.wall_s for result in results)
    return during_hz / clean_hz


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _summary(results: list[RowResult]) -> JsonValue:
    ratios = {
        "healthy_ratio": spread([result.healthy_ratio for result in results]),
        "healthy_quiet_ratio": spread([result.healthy_quiet_ratio for result in results]),
        "healthy_rate_ratio": spread([result.healthy_rate_ratio for result in results]),
    }
    pauses = spread([result.healthy_longest_pause_s for result in results])
    extra = spread([_cpu_share(result.during) - _cpu_share(result.clean) for result in results])
    return {
        "faults": len({result.fault for result in results}),
        "measurements": len(results),
        **{name: {"median": round(each.median, 4), "minimum": round(each.minimum, 4)} for name, each in ratios.items()},
        "healthy_longest_pause_s": {"median": round(pauses.median, 3), "maximum": round(pauses.maximum, 3)},
        "extra_cpu_s_per_s": {"median": round(extra.median, 4), "maximum": round(extra.maximum, 4)},
    }


def _cpu_share(counts: Counts) -> float:
    return counts.cpu_s / counts.wall_s


def _shown_settings(plan: ChaosPlan) -> dict[str, JsonValue]:
    plain = CLIPS["plain"]
    return {
        "healthy_cameras": plan.healthy,
        "gears": {name: str(gear) for name, gear in GEARS.items()},
        "stream": f"H.264 {plain.size_wh[0]}x{plain.size_wh[1]} over RTSP, {plain.fps} fps",
        "clean_s": plan.clean_s,
        "fault_s": plan.fault_s,
        "open_timeout_s": plan.stream.open_timeout_s,
        "read_timeout_s": plan.stream.read_timeout_s,
        "first_wait_s": plan.stream.first_wait_s,
        "longest_wait_s": plan.stream.longest_wait_s,
    }


@app.command()
def main(
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None,
    plot: Annotated[Path | None, typer.Option(help="where to draw it (PNG)")] = None,
    only: Annotated[str, typer.Option(help="measure only faults whose name holds this")] = "",
    healthy: Annotated[int, typer.Option(help="good cameras beside the bad one", min=2)] = ChaosPlan().healthy,
    quick: Annotated[bool, typer.Option("--quick", help="eight faults: about two minutes")] = False,
) -> None:
    """Measure each fault of the table against our pool, beside healthy cameras."""
    rows = tuple(row for row in TABLE if only in row.name and (not quick or row.name in QUICK_ROWS))
    if not rows:
        raise typer.BadParameter(f"no fault's name holds {only!r}; see tests/simulator/table.py")
    logging.getLogger("streams").setLevel(logging.CRITICAL)  # what goes wrong is what is measured
    try:
        report = _run_with_progress(ChaosPlan(healthy=healthy), rows)
    except BenchmarkError as err:
        Console(stderr=True).print(f"[red]{err}[/]", highlight=False)
        raise typer.Exit(1) from None
    Console().print(_shown(report))
    if json:
        write_report(json, report)
    if plot:
        draw_plot(plot, report)


def _shown(report: Report) -> Table:
    table = Table("fault", "gear", "noticed", "after", "delivered", "back after", "healthy", "quiet", title="chaos")
    for sample in report.samples:
        table.add_row(
            str(sample["fault"]),
            str(sample["gear"]),
            str(sample["said"] or sample["noticed"]),
            _seconds(sample["noticed_s"]),
            f"{float(str(sample['delivered_ratio'])):.2f}",
            _seconds(sample["recovery_s"]),
            f"{float(str(sample['healthy_ratio'])):.3f}",
            f"{float(str(sample['healthy_quiet_ratio'])):.3f}",
        )
    table.caption = "\n".join(goal.told for goal in report.goals)
    return table


def _seconds(value: JsonValue) -> str:
    return "-" if value is None else f"{float(str(value)):.1f} s"


def _run_with_progress(plan: ChaosPlan, rows: tuple[Row, ...]) -> Report:
    with telling("encoding the clips", len(measurements(rows)) + 1) as tell:
        return run(plan, rows, tell)


if __name__ == "__main__":
    sys.exit(app())
