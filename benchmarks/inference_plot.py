"""Draws the inference benchmark's result: pictures a second over the batch for each model, three sides each."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

from benchmarks.inference_sides import SIDES, InferenceSide
from benchmarks.plotting import OTHER, OURS, THIRD, keep, new_figure
from benchmarks.report import Report, spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STYLES: Mapping[InferenceSide, tuple[str, str]] = {
    "pipeline": ("pipeline: frames to detections", OURS),
    "engine": ("chosen engine alone", OTHER),
    "onnxruntime_default": ("ONNX Runtime as it comes", THIRD),
}
"""Label and colour of each side."""


def draw_plot(path: Path, report: Report) -> None:
    """Draw medians with quartiles as a PNG.

    Raises:
        NotPossibleError: matplotlib is not installed.
        OSError: the file cannot be written.
    """
    models = list(dict.fromkeys(str(row["model"]) for row in report.samples))
    figure = new_figure(4.2 * len(models) + 0.5, 4.6)
    for axes, model in zip(figure.subplots(1, len(models), squeeze=False)[0], models, strict=True):
        for side in SIDES:
            _draw_side(axes, [row for row in report.samples if (row["model"], row["side"]) == (model, side)], side)
        axes.set_title(model)
        axes.set_xlabel("pictures in a batch")
        axes.set_ylim(0, 1.1 * axes.dataLim.y1)
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("pictures a second")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    figure.suptitle(f"{report.settings['pictures']} · median and quartiles")
    keep(figure, path)


def _draw_side(axes: "Axes", rows: Sequence[Mapping[str, JsonValue]], side: InferenceSide) -> None:
    label, colour = STYLES[side]
    by_batch: dict[int, list[float]] = {}
    for row in rows:
        by_batch.setdefault(int(str(row["batch"])), []).append(float(str(row["images_per_s"])))
    batches = sorted(by_batch)
    spreads = [spread(by_batch[batch]) for batch in batches]
    error = [
        [some.median - some.lower_quartile for some in spreads],
        [some.upper_quartile - some.median for some in spreads],
    ]
    axes.errorbar(batches, [s.median for s in spreads], error, label=label, color=colour, marker="o", capsize=3)
    axes.set_xticks(batches)
