"""Draws the capacity benchmark's result: largest numbers of cameras, and cost and memory over the number of cameras."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

from benchmarks.capacity_sides import SIDES
from benchmarks.plotting import OTHER, OURS, THIRD, keep, new_figure
from benchmarks.report import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STYLES = {
    "ours": ("Streetwarden", OURS),
    "ultralytics": ("ultralytics model.track", OTHER),
    "opencv": ("OpenCV thread per camera", THIRD),
    "vidgear": ("vidgear with supervision", "#8a5a9c"),
}
"""Label and colour of each side."""

PANELS = (
    ("cpu_s_per_camera_s", "CPU seconds per camera and second"),
    ("delivered_fps_worst", "frames in a second, worst camera"),
    ("beyond_ring_mb", "memory beyond the packet ring, MB"),
)


def draw_plot(path: Path, report: Report, found: Mapping[str, Sequence[int]]) -> None:
    """Draw medians as a PNG.

    Args:
        path: of the PNG.
        report: the result.
        found: by side, the largest number of cameras of each round.

    Raises:
        NotPossibleError: matplotlib is not installed.
        OSError: the file cannot be written.
    """
    figure = new_figure(11, 7.5)
    first, *others = figure.subplots(2, 2).flat
    _draw_found(first, found)
    for axes, (name, title) in zip(others, PANELS, strict=True):
        for side in SIDES:
            _draw_side(axes, report.samples, side, name)
        axes.set_title(title)
        axes.set_xlabel("cameras")
        axes.set_ylim(0, 1.1 * axes.dataLim.y1)
        axes.grid(alpha=0.3)
    others[0].legend(frameon=False)
    keep(figure, path)


def _draw_found(axes: "Axes", found: Mapping[str, Sequence[int]]) -> None:
    sides = [side for side in SIDES if found.get(side)]
    for row, side in enumerate(sides):
        middle = statistics.median(found[side])
        axes.barh(row, middle, color=STYLES[side][1])
        axes.plot(found[side], [row] * len(found[side]), "k|", markersize=14)
        axes.annotate(f" {middle:g}", (middle, row), va="center")
    axes.set_yticks(range(len(sides)), [STYLES[side][0] for side in sides])
    axes.invert_yaxis()
    axes.set_title("most cameras on two cores (marks: each round)")


def _draw_side(axes: "Axes", samples: Sequence[Mapping[str, JsonValue]], side: str, name: str) -> None:
    some: dict[int, list[float]] = {}
    for sample in samples:
        if sample["side"] == side and not sample["problem"]:
            some.setdefault(int(str(sample["cameras"])), []).append(float(str(sample[name])))
    if some:
        label, colour = STYLES[side]
        counts = sorted(some)
        axes.plot(counts, [statistics.median(some[n]) for n in counts], "o-", color=colour, label=label)
