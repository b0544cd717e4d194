"""Measures what the gears save against decoding everything on a day's mix, and that no event is lost by it.

    python -m benchmarks.decode --json benchmarks/results/decode.json --plot benchmarks/results/decode.png

The streets are those of `benchmarks.capacity`: 1080p25, 4 Mbit/s, a key frame every 2 s, with a parking, a vending and
a flyer zone each. Each is watched twice over by both eyes (decode_eye), one after the other in turns, as fast as it
goes. A day's mix weighs the busy streets and the quiet one such that something unlawful stands a fifth of the time.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue
from rich.console import Console
from rich.table import Table

from benchmarks.capacity_clips import CAMERA, cache_folder, kept_clip
from benchmarks.capacity_scoring import Violation, Watched, expected, false_reports, judge
from benchmarks.capacity_sides import Found
from benchmarks.capacity_streets import LIMITS_S, PERIOD_S, STORIES, Story, zones_of
from benchmarks.capacity_trial import deeds_of
from benchmarks.decode_eye import EYES, EyeName, Seen, watch
from benchmarks.decode_plot import draw_plot
from benchmarks.report import Beginning, Report, at_least, at_most, write_report
from benchmarks.telling import telling
from detectors.events import Event
from models.errors import ModelError
from models.model import Model, open_model
from models.shelf import bundled_card

ACTIVE_RATIO = 0.2
"""Share of a day in which something unlawful stands before a camera."""

QUIET = "quiet"

PERIODS, QUICK_PERIODS = 2.25, 1.25
"""How often each street is played; the last quarter lets what began late be raised."""

DEFINITIONS = {
    "decode_s": "processor seconds of finding and decoding pictures, those looked back at included",
    "look_s": "processor seconds of comparing, inferring and judging",
    "recall": "scripted violations that were raised, of those that could be",
    "start_error_s": "reported minus true beginning of a violation",
    "day_ratio": "adaptive against full on the day's mix: busy and quiet streets weighed to the active share",
}

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Sample:
    """One street, watched by one eye."""

    street: str
    eye: EyeName
    stream_s: float
    active_ratio: float
    seen: Seen
    violations: int
    found: int
    false: int
    start_errors_s: tuple[float, ...]

    def to_json(self) -> dict[str, JsonValue]:
        """Return the sample as a row of the report."""
        return {
            "street": self.street,
            "eye": self.eye,
            "stream_s": round(self.stream_s, 1),
            "active_ratio": round(self.active_ratio, 3),
            **{name: round(float(value), 3) for name, value in asdict(self.seen.cost).items()},
            "violations": self.violations,
            "found": self.found,
            "false": self.false,
            "start_errors_s": [round(error, 2) for error in self.start_errors_s],
        }


def run(streets: Sequence[tuple[Story, Path]], model: Model, periods: float, tell: Callable[[str], None]) -> Report:
    """Watch every street with both eyes and return the result."""
    began = Beginning()
    samples: list[Sample] = []
    for number, (told, clip) in enumerate(streets):
        for eye in EYES if number % 2 == 0 else EYES[::-1]:
            tell(f"{told.name}: {eye}")
            samples.append(_sample(told, eye, watch(eye, clip, round(periods * 3000), zones_of(told), model), periods))
    totals = {eye: _day(samples, eye) for eye in EYES}
    recalls = {eye: _recall(samples, eye) for eye in EYES}
    ratios = [a / b if b else None for a, b in zip(totals["adaptive"], totals["full"], strict=True)]
    errors = [abs(error) for sample in samples if sample.eye == "adaptive" for error in sample.start_errors_s]
    return Report(
        name="decode",
        settings={"periods": periods, "period_s": PERIOD_S, "active_ratio": ACTIVE_RATIO, "limits_s": dict(LIMITS_S)},
        definitions=DEFINITIONS,
        samples=[sample.to_json() for sample in samples],
        summary={
            "day_core": {
                eye: {"decode": round(decode, 4), "look": round(look, 4)} for eye, (decode, look) in totals.items()
            },
            "recall": {eye: recall for eye, recall in recalls.items()},
            "largest_start_error_s": round(max(errors), 2) if errors else None,
        },
        goals=[
            at_most("decoding on a day's mix against decoding everything", 0.20, _rounded(ratios[0])),
            at_least("events found, of those found by decoding everything", 0.98, _share(recalls)),
            at_most("largest error of a beginning (s)", 1.0, round(max(errors), 2) if errors else None),
        ],
        notes=[
            f"decoding and looking together: {_rounded(sum(totals['adaptive']) / sum(totals['full']))} of the other's",
            f"false reports: { ({eye: sum(s.false for s in samples if s.eye == eye) for eye in EYES}) }",
        ],
        began=began,
    )


def _sample(told: Story, eye: EyeName, seen: Seen, periods: float) -> Sample:
    deeds = deeds_of(told)
    watched = Watched(0, deeds, PERIOD_S, 0.0, periods * PERIOD_S)
    violations: list[Violation] = expected(watched, LIMITS_S)
    verdicts, left = judge(violations, [_found(event) for event in seen.events])
    standing_s = sum(deed.offence.ended_s - deed.offence.started_s for deed in deeds)
    errors = tuple(v.error_s for v in verdicts if v.error_s is not None and v.violation.kind != "flyers")
    return Sample(
        street=told.name,
        eye=eye,
        stream_s=periods * PERIOD_S,
        active_ratio=min(1.0, standing_s / PERIOD_S),
        seen=seen,
        violations=len(violations),
        found=sum(verdict.error_s is not None for verdict in verdicts),
        false=len(false_reports(left, [watched])),
        start_errors_s=errors,
    )


def _found(event: Event) -> Found:
    (x1, y1, x2, y2), (width, height) = event.box, event.size_wh
    return Found(0, event.kind, event.started_t_s, event.t_s, (x1 / width, y1 / height, x2 / width, y2 / height))


def _day(samples: Sequence[Sample], eye: EyeName) -> tuple[float, float]:
    """Return the cores that decoding and looking take on the day's mix: processor seconds per stream second."""
    mine = [sample for sample in samples if sample.eye == eye]
    busy = [sample for sample in mine if sample.street != QUIET]
    quiet = [sample for sample in mine if sample.street == QUIET]
    active = sum(sample.active_ratio * sample.stream_s for sample in busy) / sum(sample.stream_s for sample in busy)
    weight = ACTIVE_RATIO / active
    parts = []
    for cost in ("decode_s", "look_s"):
        of_busy, of_quiet = (
            sum(getattr(sample.seen.cost, cost) for sample in some) / max(sum(sample.stream_s for sample in some), 1e-9)
            for some in (busy, quiet)
        )
        parts.append(weight * of_busy + (1 - weight) * of_quiet)
    return parts[0], parts[1]


def _recall(samples: Sequence[Sample], eye: EyeName) -> float:
    mine = [sample for sample in samples if sample.eye == eye]
    return round(sum(sample.found for sample in mine) / max(1, sum(sample.violations for sample in mine)), 3)


def _share(recalls: dict[EyeName, float]) -> float | None:
    return round(recalls["adaptive"] / recalls["full"], 3) if recalls["full"] else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


@app.command()
def main(
    model: Annotated[Path | None, typer.Option(help="model card; the bundled model by default")] = None,
    weights: Annotated[Path | None, typer.Option(help="folder of the card's weights")] = None,
    cache: Annotated[Path | None, typer.Option(help="folder of the drawn streets")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None,
    plot: Annotated[Path | None, typer.Option(help="where to draw it (PNG)")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="one busy street and the quiet one, a period each")] = False,
) -> None:
    """Compare adaptive gears with decoding everything, on the same streets and model."""
    stories = [told for told in STORIES if told.name in {"kerb", QUIET}] if quick else list(STORIES)
    try:
        with telling("drawing the streets") as tell, tempfile.TemporaryDirectory() as scratch:
            folder = cache or cache_folder()
            streets = [(told, kept_clip(told, folder, CAMERA, lambda _: None)) for told in stories]
            opened = open_model(model or bundled_card(), Path(scratch), weights_folder=weights)
            report = run(streets, opened, QUICK_PERIODS if quick else PERIODS, tell)
    except (ModelError, OSError) as err:
        Console(stderr=True).print(f"[red]{err}[/]", highlight=False)
        raise typer.Exit(1) from None
    _print(report)
    if json:
        write_report(json, report)
    if plot:
        draw_plot(plot, report)


def _print(report: Report) -> None:
    table = Table("street", "eye", "decode s", "look s", "decoded", "inferred", "found", "false", "errors s")
    for row in report.samples:
        names = ("street", "eye", "decode_s", "look_s", "decoded", "inferred")
        found = f"{row['found']}/{row['violations']}"
        table.add_row(*(str(row[name]) for name in names), found, str(row["false"]), str(row["start_errors_s"]))
    Console().print(table)
    for goal in report.goals:
        Console().print(goal.told, highlight=False)


if __name__ == "__main__":
    sys.exit(app())
