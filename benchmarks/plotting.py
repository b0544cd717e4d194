"""Makes and keeps the figures of all plots, with matplotlib where it is installed."""

from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.errors import NotPossibleError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OURS, OTHER, THIRD = "#0b6e4f", "#c1440e", "#3b5b92"
"""Colours of the same meaning in every plot: ours, what it is compared with, and a third side."""


def new_figure(width_in: float, height_in: float) -> "Figure":
    """Return an empty figure of that size in inches.

    Raises:
        NotPossibleError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise NotPossibleError("no plot: matplotlib is missing; install it with: pip install -e .[dev]") from None
    return Figure(figsize=(width_in, height_in), layout="constrained")


def keep(figure: "Figure", path: Path) -> None:
    """Write a figure as a PNG, into a folder that is made where it is missing.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
