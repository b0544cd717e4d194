"""Draws the throughput benchmark's result: cost, frames in, looks and memory over the number of cameras."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

from benchmarks.plotting import OTHER, OURS, THIRD, keep, new_figure
from benchmarks.report import Report, spread
from benchmarks.sides import SIDES, SideName

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANELS = (
    ("cpu_s_per_camera_s", "CPU seconds per camera and second"),
    ("delivered_fps", "frames in, per camera and second"),
    ("looked_hz", "looks (ours: mostly glances), per camera and second"),
    ("rss_mb", "memory of the whole side, MB"),
)

STYLES: dict[SideName, tuple[str, str, str]] = {
    "ours": ("Streetwarden", OURS, "-"),
    "load_streams": ("LoadStreams-style, every frame", OTHER, "-"),
    "load_streams_paced": ("LoadStreams-style, paced", OTHER, "--"),
    "opencv": ("OpenCV threads, every frame", THIRD, "-"),
    "opencv_paced": ("OpenCV threads, paced", THIRD, "--"),
}
"""Label, colour and line of each side."""


def draw_plot(path: Path, report: Report) -> None:
    """Draw medians with quartiles as a PNG.

    Raises:
        NotPossibleError: matplotlib is not installed.
        OSError: the file cannot be written.
    """
    figure = new_figure(11, 7.5)
    for axes, (name, title) in zip(figure.subplots(2, 2).flat, PANELS, strict=True):
        for side in SIDES:
            _draw_side(axes, report.samples, side, name)
        axes.set_title(title)
        axes.set_xlabel("cameras")
        axes.set_ylim(0, 1.1 * axes.dataLim.y1)
        axes.set_xticks(sorted({int(str(sample["cameras"])) for sample in report.samples}))
        axes.grid(alpha=0.3)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    settings = report.settings
    figure.suptitle(f"{settings['stream']}, {settings['fps']} fps · {settings['model']} · median and quartiles")
    keep(figure, path)


def _draw_side(axes: "Axes", samples: Sequence[Mapping[str, JsonValue]], side: SideName, name: str) -> None:
    label, colour, line = STYLES[side]
    by_cameras: dict[int, list[float]] = {}
    for sample in samples:
        if sample["side"] == side:
            by_cameras.setdefault(int(str(sample["cameras"])), []).append(float(str(sample[name])))
    if not by_cameras:
        return
    counts = sorted(by_cameras)
    spreads = [spread(by_cameras[count]) for count in counts]
    below = [some.median - some.lower_quartile for some in spreads]
    above = [some.upper_quartile - some.median for some in spreads]
    medians = [some.median for some in spreads]
    error = [below, above]
    inside = colour if line == "-" else "white"
    axes.errorbar(counts, medians, error, label=label, color=colour, ls=line, marker="o", mfc=inside, capsize=3)
