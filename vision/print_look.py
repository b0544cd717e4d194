"""Measures what something on a surface looks like in one picture: its ground, its ink, and the surface beside it.

Paper has a ground of its own and ink on it; lettering lies on the surface itself; a shadow is the surface, darker;
dirt is darker and has another colour. Colours are compared in CIE Lab, where equal steps look equally different.

Belongs here: measuring pixels. Does not: what the thing is (detectors.print_kinds).
"""

from dataclasses import dataclass

import cv2
import numpy as np

from vision.arrays import FloatArray, Mask, Picture

LIKE_SURFACE = 9.0
"""Lab steps within which a pixel looks like the surface: compression and grain of drawn and real walls stay below 6."""

SAME_GROUND = 6.0
"""Lab steps within which its ground is the surface itself, as of lettering: light falls off by 5 over a drawn wall."""

INK = 18.0
"""Lab steps by which ink differs from the ground it stands on, after a lens and a codec have blurred it."""

EDGE_RATIO = 0.1
"""Share of the box, on each side, that is left out of its inside: borders are mixed with what is beside them."""

RING_RATIO = 0.3
"""How much of the surface is looked at beside the box, as a share of its longer side."""

MIN_RING_PX = 3


@dataclass(frozen=True, slots=True)
class PrintLook:
    """What a region of a surface looks like.

    Attributes:
        size_wh_px: width and height of its box in the picture.
        lightness_step: its ground's lightness minus the surface's, in Lab steps of 0 to 100; below 0 it is darker.
        colour_step: how far its ground's colour is from the surface's, lightness aside, in Lab steps.
        surface_ratio: share of its inside that looks like the surface beside it, and more so than like a ground of its
            own, in [0, 1].
        ink_ratio: share of its inside that differs clearly from its own ground and from the surface, in [0, 1]; where
            the surface looks through a ragged border, that is no ink.
    """

    size_wh_px: tuple[float, float]
    lightness_step: float
    colour_step: float
    surface_ratio: float
    ink_ratio: float


def print_look(bgr: Picture, box: tuple[float, float, float, float]) -> PrintLook:
    """Measure a region of a picture.

    Args:
        bgr: (H, W, 3) uint8; the region with some of the surface around it.
        box: (x1, y1, x2, y2) of the region, pixels of `bgr`.

    Raises:
        ValueError: the box has no area in the picture.
    """
    height, width = bgr.shape[:2]
    x1, y1, x2, y2 = max(0, round(box[0])), max(0, round(box[1])), min(width, round(box[2])), min(height, round(box[3]))
    if x2 - x1 < 1 or y2 - y1 < 1:
        raise ValueError(f"box {box} has no area in a picture of {width}x{height}")
    lab = cv2.cvtColor(bgr.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    surface = _middle(lab[_ring((height, width), (x1, y1, x2, y2))], lab)
    dx, dy = (round(EDGE_RATIO * side) for side in (x2 - x1, y2 - y1))
    inside = lab[y1 + dy : y2 - dy, x1 + dx : x2 - dx].reshape(-1, 3)
    ground = _commonest(inside)
    step = ground - surface
    to_surface, to_ground = (np.linalg.norm(inside - colour, axis=1) for colour in (surface, ground))
    is_surface = (to_surface < LIKE_SURFACE) & ((to_surface <= to_ground) | (np.linalg.norm(step) < SAME_GROUND))
    return PrintLook(
        size_wh_px=(float(box[2] - box[0]), float(box[3] - box[1])),
        lightness_step=float(step[0]),
        colour_step=float(np.linalg.norm(step[1:])),
        surface_ratio=_share(is_surface),
        ink_ratio=_share((to_ground > INK) & (to_surface > INK)),
    )


def _ring(shape_hw: tuple[int, int], box: tuple[int, int, int, int]) -> Mask:
    """Return the pixels around a box; what touches it is left out."""
    x1, y1, x2, y2 = box
    reach = max(MIN_RING_PX, round(RING_RATIO * max(x2 - x1, y2 - y1)))
    gap = max(1, reach // 4)
    ring = np.zeros(shape_hw, bool)
    ring[max(0, y1 - reach) : y2 + reach, max(0, x1 - reach) : x2 + reach] = True
    ring[max(0, y1 - gap) : y2 + gap, max(0, x1 - gap) : x2 + gap] = False
    return ring


def _middle(pixels: FloatArray, otherwise: FloatArray) -> FloatArray:
    """Return the median colour of pixels, or of the whole picture where a region fills it."""
    used = pixels if len(pixels) >= 8 else otherwise.reshape(-1, 3)
    return np.median(used, axis=0).astype(np.float32)


def _commonest(pixels: FloatArray) -> FloatArray:
    """Return the colour around which most pixels lie: the middle of the fullest steps of lightness."""
    counts, edges = np.histogram(pixels[:, 0], bins=20, range=(0, 100))
    fullest = int(np.argmax(np.convolve(counts, [1, 2, 1], "same")))
    low, high = edges[max(0, fullest - 1)], edges[min(20, fullest + 2)]
    near = pixels[(pixels[:, 0] >= low) & (pixels[:, 0] <= high)]
    return np.median(near if len(near) else pixels, axis=0).astype(np.float32)


def _share(mask: Mask) -> float:
    return float(mask.mean()) if mask.size else 0.0
