"""Draws the recovery benchmark's result: return over length of the outage, and the herd second by second."""

from pathlib import Path

from benchmarks.plotting import OTHER, OURS, THIRD, keep, new_figure
from benchmarks.report import Report

COLOURS = {"process killed": OTHER, "network dark": THIRD}


def draw_plot(path: Path, report: Report) -> None:
    """Draw both parts side by side as a PNG.

    Raises:
        NotPossibleError: matplotlib is not installed.
        OSError: the file cannot be written.
    """
    figure = new_figure(12, 4.5)
    left, right = figure.subplots(1, 2)
    for kind, colour in COLOURS.items():
        rows = [sample for sample in report.samples if sample["kind"] == kind and "back_s" in sample]
        left.scatter([row["outage_s"] for row in rows], [row["back_s"] for row in rows], 14, colour, label=kind)
    left.axhline(8, color="grey", ls="--", lw=1)
    left.set(xlabel="seconds away", ylabel="seconds from return to first picture", title="one camera", ylim=(0, None))
    left.legend()
    assert isinstance(report.summary, dict)
    herd = report.summary["herd"]
    assert isinstance(herd, dict)
    seconds = range(len(_numbers(herd["connections_per_s"])))
    right.bar(seconds, _numbers(herd["connections_per_s"]), color="#bbbbbb", label="connections a second")
    right.bar(seconds, _numbers(herd["dials_per_s"]), color=OURS, width=0.5, label="dials a second")
    back_s = _numbers(herd["back_s"])
    right.plot(seconds, [sum(each <= second + 1 for each in back_s) for second in seconds], "k.-", label="cameras back")
    right.set(xlabel="seconds since the return", title=f"{len(back_s)} cameras together")
    right.legend()
    keep(figure, path)


def _numbers(values: object) -> list[float]:
    assert isinstance(values, list)
    return [float(value) for value in values]
