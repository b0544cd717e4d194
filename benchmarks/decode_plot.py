"""Draws the result of `benchmarks.decode`: processor time per street and eye, decoding and looking apart."""

from pathlib import Path

from benchmarks.plotting import keep, new_figure
from benchmarks.report import Report


def draw_plot(path: Path, report: Report) -> None:
    """Draw the report's samples as stacked bars.

    Raises:
        NotPossibleError: matplotlib is not installed.
        OSError: it cannot be written.
    """
    streets = list(dict.fromkeys(str(row["street"]) for row in report.samples))
    figure = new_figure(9, 4.5)
    axes = figure.subplots()
    for shift, (eye, shades) in enumerate((("full", ("#b5541c", "#e2a77f")), ("adaptive", ("#1c6ab5", "#7fb2e2")))):
        rows = {str(row["street"]): row for row in report.samples if row["eye"] == eye}
        places = [number + 0.4 * (shift - 0.5) for number in range(len(streets))]
        shares = [
            [float(str(rows[street][cost])) / float(str(rows[street]["stream_s"])) for street in streets]
            for cost in ("decode_s", "look_s")
        ]
        axes.bar(places, shares[0], 0.36, color=shades[0], label=f"{eye}: decoding")
        axes.bar(places, shares[1], 0.36, bottom=shares[0], color=shades[1], label=f"{eye}: looking")
    axes.set_xticks(range(len(streets)), streets)
    axes.set_ylabel("cores per camera (1080p25, 4 Mbit/s)")
    axes.set_title("Watching one camera: adaptive gears against decoding everything")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.06), ncols=4, frameon=False)
    keep(figure, path)
