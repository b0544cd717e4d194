"""Measures how soon a stream that stopped is noticed, how soon it is back, and what a herd of cameras does.

    python -m benchmarks.recovery --json benchmarks/results/recovery.json --plot benchmarks/results/recovery.png

Three parts, all with the settings' defaults. *Noticing*: a camera's packets stop in several ways. *Return*: cameras go
away for 1 to 60 s and come back, again and again: half of them are GStreamer servers that are killed and started
(connections are refused meanwhile), half are small cameras that go dark (requests to connect are lost, connections
stay half open). *Herd*: 100 cameras behind one address lose power and come back together.
What each figure means stands in `DEFINITIONS` and in the JSON.
"""

import logging
import math
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue
from rich.console import Console
from rich.table import Table

from benchmarks.errors import BenchmarkError, NotPossibleError
from benchmarks.recovery_plot import draw_plot
from benchmarks.recovery_runs import Herd, Noticed, Returned, measure_herd, measure_noticing, measure_returns
from benchmarks.report import Beginning, Goal, Report, at_most, spread, write_report
from streams.dialing import DialLimits
from streams.settings import StreamSettings
from tests.rtsp.clips import Pattern, encode_clip
from tests.rtsp.server import missing_reason

DEFINITIONS = {
    "noticed_s": "seconds from the last packet that the camera sent to the state `away`",
    "back_s": "seconds from the moment at which the camera answers again to the first decoded picture",
    "outage_s": "seconds between the fault and the return",
    "knocks_away_per_s": "bare connects a second while the whole herd was away",
    "dials_per_s": "dials begun in each second after the return",
    "connections_per_s": "connections that the herd's listener accepted in each second after the return",
    "cpu_s": "processor seconds of the whole process in each second, the small cameras included",
}

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run.

    Attributes:
        notice_rounds: how often each fault is measured.
        cameras: of the return part; half of each kind.
        cycles: outages of each camera.
        longest_outage_s: outages are drawn evenly from one second up to this.
        herd: cameras that come back together.
        herd_outage_s: after so long.
    """

    notice_rounds: int = 5
    cameras: int = 12
    cycles: int = 12
    longest_outage_s: float = 60.0
    herd: int = 100
    herd_outage_s: float = 30.0


QUICK = Plan(notice_rounds=1, cameras=4, cycles=2, longest_outage_s=8.0, herd=20, herd_outage_s=5.0)
"""A run of about a minute: the same code, fewer and shorter outages; its figures are for a first look only."""


def run(plan: Plan, say: Console) -> Report:
    """Run all three parts and return the result.

    Raises:
        NotPossibleError: this machine has no GStreamer RTSP server.
        SideFailedError: a camera never came back.
    """
    if reason := missing_reason():
        raise NotPossibleError(reason)
    began = Beginning()
    with tempfile.TemporaryDirectory(prefix="recovery-") as scratch:
        clip = encode_clip(Path(scratch) / "camera.mp4", Pattern(seconds=4, gop=50))
        slow_clip = encode_clip(Path(scratch) / "slow.mp4", Pattern(seconds=4, fps=5, gop=5))
        say.print(f"noticing: {plan.notice_rounds} rounds")
        noticed = measure_noticing(clip, plan.notice_rounds)
        say.print(f"return: {plan.cameras} cameras, {plan.cycles} outages each")
        returned = measure_returns(clip, plan.cameras, plan.cycles, plan.longest_outage_s)
        say.print(f"herd: {plan.herd} cameras")
        herd = measure_herd(slow_clip, plan.herd, plan.herd_outage_s)
    return Report(
        name="recovery",
        settings={**asdict(plan), **_shown_settings()},
        definitions=DEFINITIONS,
        samples=[*map(_sample, noticed), *map(_sample, returned)],
        summary={"noticed_s": _by(noticed), "back_s": _by(returned), "herd": asdict(herd)},
        goals=goals(noticed, returned, herd),
        notes=["key frames come every 2 s, so that a picture is up to 2 s away however soon the camera is dialled"],
        began=began,
    )


def goals(noticed: list[Noticed], returned: list[Returned], herd: Herd) -> list[Goal]:
    """Return what was wanted and what was reached."""
    back_s = sorted(each.seconds for each in returned)
    limits = DialLimits()
    return [
        at_most("seconds until a stopped stream is noticed, longest", 5.0, max(each.seconds for each in noticed)),
        at_most("seconds until pictures flow again, median", 3.0, spread(back_s).median),
        at_most("seconds until pictures flow again, p99", 8.0, percentile(back_s, 0.99)),
        at_most("herd: dials a second, most", limits.per_s + 1, float(max(herd.dials_per_s))),
        at_most("herd: connections a second, most", limits.knocks_per_s + limits.per_s, max(herd.connections_per_s)),
        at_most("herd: seconds until all are back", 15.0, herd.back_s[-1]),
    ]


def percentile(ordered: list[float], share: float) -> float:
    """Return the smallest value that at least this share of the ordered values does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _by(samples: list[Noticed] | list[Returned]) -> dict[str, JsonValue]:
    kinds = sorted({each.kind for each in samples})
    return {kind: asdict(spread([each.seconds for each in samples if each.kind == kind])) for kind in kinds}


def _sample(sample: Noticed | Returned) -> dict[str, JsonValue]:
    part = "noticed_s" if isinstance(sample, Noticed) else "back_s"
    row: dict[str, JsonValue] = {"kind": sample.kind, part: round(sample.seconds, 3)}
    return row | ({"outage_s": round(sample.outage_s, 2)} if isinstance(sample, Returned) else {})


def _shown_settings() -> dict[str, JsonValue]:
    return {"stream": StreamSettings().model_dump(mode="json"), "dial": asdict(DialLimits())}


@app.command()
def main(
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None,
    plot: Annotated[Path | None, typer.Option(help="where to draw it (PNG)")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="few and short outages: about a minute")] = False,
) -> None:
    """Measure noticing, return and a herd of cameras."""
    logging.basicConfig(level=logging.ERROR)  # that cameras are away is what this is about
    try:
        report = run(QUICK if quick else Plan(), Console(stderr=True))
    except BenchmarkError as err:
        Console(stderr=True).print(f"[red]{err}[/]", highlight=False)
        raise typer.Exit(1) from None
    table = Table("what", "goal", "value", "met")
    for goal in report.goals:
        table.add_row(
            goal.name, goal.goal, "–" if goal.value is None else f"{goal.value:.2f}", "yes" if goal.met else "NO"
        )
    Console().print(table)
    if json:
        write_report(json, report)
    if plot:
        draw_plot(plot, report)


if __name__ == "__main__":
    sys.exit(app())
