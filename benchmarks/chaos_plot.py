"""Draws the chaos benchmark's result: for each fault when it was noticed, when pictures came again, and its cost."""

from pathlib import Path

from benchmarks.plotting import OTHER, OURS, keep, new_figure
from benchmarks.report import Report

ROW_INCHES = 0.19


def draw_plot(path: Path, report: Report) -> None:
    """Draw one row a fault as a PNG.

    Raises:
        NotPossibleError: matplotlib is not installed.
        OSError: the file cannot be written.
    """
    samples = list(reversed(report.samples))
    names = [f"{sample['fault']}{', quiet' if sample['gear'] == 'quiet' else ''}" for sample in samples]
    figure = new_figure(12, 1.6 + ROW_INCHES * len(names))
    times, ratios = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    for key, label, colour, marker in (
        ("noticed_s", "noticed after the fault began", OTHER, "o"),
        ("recovery_s", "pictures again after it ended", OURS, "s"),
    ):
        points = [(float(str(sample[key])), number) for number, sample in enumerate(samples) if sample[key] is not None]
        times.plot([x for x, _ in points], [y for _, y in points], marker, color=colour, ms=4, label=label)
    times.set_yticks(range(len(names)), names, fontsize=7)
    times.set_xlabel("seconds")
    times.set_xlim(left=0)
    lowest = 0.955
    for key, label, marker, colour in (
        ("healthy_ratio", "healthy cameras in full: share that came, against clean", "d", OURS),
        ("healthy_quiet_ratio", "the same of quiet ones", "x", OTHER),
    ):
        shares = [float(str(sample[key])) for sample in samples]
        ratios.plot(shares, range(len(names)), marker, color=colour, ms=4, label=label)
        lowest = min(lowest, *shares)
    ratios.axvline(0.97, color="grey", ls="--", lw=1, label="goal: 0.97")
    ratios.set_xlim(lowest - 0.005, 1.02)
    ratios.set_xlabel("share")
    for axes in (times, ratios):
        axes.grid(alpha=0.3)
        axes.set_ylim(-1, len(names))
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=8, ncols=2)
    settings = report.settings
    figure.suptitle(
        f"{settings['healthy_cameras']} healthy cameras beside one bad one; {settings['stream']}", fontsize=9
    )
    keep(figure, path)
