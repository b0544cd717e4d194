"""Bends points and pictures as a lens with barrel distortion does.

Belongs here: the one formula and its inverse. Does not: which lens has how much (camera_faults), pixels (lens).
"""

import cv2
import numpy as np
import numpy.typing as npt

from vision.arrays import SizeWH

LEAST_FACTOR = 2 / 3
"""Beyond the radius at which the formula turns back (`r² = 1 / (3 barrel_ratio)`) its factor stays what it is there:
what is far outside the picture stays outside, and does not come back through the middle."""


def bent(points: npt.NDArray[np.float64], size_wh: SizeWH, barrel_ratio: float) -> npt.NDArray[np.float64]:
    """Return where a lens with barrel distortion shows (N, 2) points of a picture without.

    A point at `r` half diagonals from the middle goes to `r (1 - barrel_ratio r²)`.
    """
    middle = np.array(size_wh) / 2
    away = points - middle
    r2 = (away**2).sum(axis=-1, keepdims=True) / (middle**2).sum()
    factor: npt.NDArray[np.float64] = np.maximum(1 - barrel_ratio * r2, LEAST_FACTOR)
    return middle + away * factor


def barrel_maps(size_wh: SizeWH, barrel_ratio: float) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.uint16]]:
    """For each pixel of the bent picture the pixel of the straight one, in OpenCV's fixed point: `bent` turned back."""
    width, height = size_wh
    middle = np.array(size_wh) / 2
    wanted = np.stack(np.meshgrid(np.arange(width) + 0.0, np.arange(height) + 0.0), axis=-1) - middle
    away = wanted.copy()
    for _ in range(6):
        r2 = (away**2).sum(axis=-1, keepdims=True) / (middle**2).sum()
        away = wanted / (1 - barrel_ratio * r2)
    source = (away + middle).astype(np.float32)
    return cv2.convertMaps(source[..., 0], source[..., 1], cv2.CV_16SC2)
