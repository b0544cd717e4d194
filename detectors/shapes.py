"""Tells from boxes how far apart things are and what is around them; pure functions over single boxes."""

from collections.abc import Sequence

Box = tuple[float, float, float, float]

UPRIGHT_RATIO = 1.5
"""An unknown thing so many times higher than wide is a person whom the model does not see; goods lie and tables stand
broad."""


def gap_sizes(box_a: Box, box_b: Box) -> float:
    """Return the free space between two boxes, in sizes (roots of the area) of the smaller; 0 where they touch."""
    dx = max(0.0, box_a[0] - box_b[2], box_b[0] - box_a[2])
    dy = max(0.0, box_a[1] - box_b[3], box_b[1] - box_a[3])
    sizes = [max(1.0, (box[2] - box[0]) * (box[3] - box[1])) ** 0.5 for box in (box_a, box_b)]
    return float((dx * dx + dy * dy) ** 0.5) / min(sizes)


def hull(boxes: Sequence[Box]) -> Box:
    """Return the smallest box around boxes."""
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def is_upright(box: Box) -> bool:
    """Return whether an unknown thing has the shape of a person."""
    return box[3] - box[1] > UPRIGHT_RATIO * (box[2] - box[0])
