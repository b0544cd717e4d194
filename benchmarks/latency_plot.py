"""Draws the result of `benchmarks.latency`: every event's latency by its parts, and how late the wall is."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.latency_events import EventLatency
from benchmarks.latency_figures import MOST_BEYOND_S, WALL_INTERVAL_S, Measured
from benchmarks.latency_run import PagePart
from benchmarks.plotting import OTHER, OURS, THIRD, keep, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = {"parking": THIRD, "vending": "#8a5a9c", "flyers": OURS}
WALL = {
    "arrived_s": ("boxes in the page", OURS),
    "painted_s": ("boxes painted with their picture", OTHER),
    "pictures_s": ("picture on the screen", "#777777"),
}


def draw_plot(path: Path, measured: Measured) -> None:
    """Draw shares of events and of changes over seconds, as a PNG.

    Raises:
        NotPossibleError: matplotlib is not installed.
        OSError: the file cannot be written.
    """
    figure = new_figure(11, 4.5)
    left, right = figure.subplots(1, 2)
    part = max(measured.watched, key=lambda each: each.cameras, default=None)
    _draw_events(left, part.events if part else ())
    left.set_title(f"limit passed to event, {part.cameras if part else 0} cameras")
    if measured.page:
        _draw_wall(right, measured.page)
    keep(figure, path)


def _draw_events(axes: "Axes", events: Sequence[EventLatency]) -> None:
    for kind, colour in KINDS.items():
        if mine := [event for event in events if event.kind == kind]:
            _draw_shares(axes, [event.beyond_s for event in mine], (kind, colour))
    axes.axvline(MOST_BEYOND_S, color="black", linestyle=":", label="goal for 95 %")
    axes.set_xlabel("seconds beyond the look interval")
    axes.set_ylabel("share of events")
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)


def _draw_wall(axes: "Axes", page: PagePart) -> None:
    for name, style in WALL.items():
        _draw_shares(axes, getattr(page, name), style)
    axes.axvline(WALL_INTERVAL_S + MOST_BEYOND_S, color="black", linestyle=":", label="goal for 95 %")
    axes.set_xlim(left=0)
    axes.set_xlabel("seconds after the camera sent it")
    axes.set_ylabel("share")
    axes.set_title(f"the wall in Chromium, {page.cameras} cameras, {page.tiles} shown")
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)


def _draw_shares(axes: "Axes", values: Sequence[float], style: tuple[str, str]) -> None:
    if len(values):
        axes.step(np.sort(values), np.arange(1, len(values) + 1) / len(values), label=style[0], color=style[1])
