"""Small pictures with texture, noise and light, as frames."""

import cv2
import numpy as np

from tests.vision.streets import at
from vision.arrays import Picture
from vision.frames import Frame, Planes

WH = (640, 360)


def street(seed: int = 0) -> Picture:
    """Return a (360, 640) luma of a textured street, values 40 to 200."""
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.uniform(70, 170, (9, 16)).astype(np.float32), WH, interpolation=cv2.INTER_LINEAR)
    fine = cv2.GaussianBlur(rng.normal(0, 60, (WH[1], WH[0])).astype(np.float32), (0, 0), 2)
    lines = np.zeros((WH[1], WH[0]), np.float32)
    for x in range(20, WH[0], 80):
        cv2.line(lines, (x, 0), (x - 15, WH[1]), 25, 2)
    return np.clip(coarse + fine + lines, 40, 200).astype(np.uint8)


def seen(luma: Picture, t_s: float, *, noise: float = 2.0, gain: float = 1.0, offset: float = 0.0) -> Frame:
    """Return the luma as a camera sees it at a time: gain, offset and fresh sensor noise."""
    rng = np.random.default_rng(round(t_s * 1000) + 7)
    noisy = luma * gain + offset + rng.normal(0, noise, luma.shape)
    y = np.clip(noisy, 16, 235).astype(np.uint8)
    grey = np.full(((luma.shape[0] + 1) // 2, (luma.shape[1] + 1) // 2), 128, np.uint8)
    return Frame("gate", round(t_s * 10), t_s, at(t_s), 0.1, Planes(y, grey, grey.copy()))


def with_box(luma: Picture, box: tuple[int, int, int, int], seed: int = 99) -> Picture:
    """Return the luma with a textured object in the box."""
    x1, y1, x2, y2 = box
    changed = luma.copy()
    rng = np.random.default_rng(seed)
    thing = cv2.resize(
        rng.uniform(20, 235, (6, 6)).astype(np.float32), (x2 - x1, y2 - y1), interpolation=cv2.INTER_NEAREST
    )
    changed[y1:y2, x1:x2] = thing.astype(np.uint8)
    return changed


def with_flyer(luma: Picture, box: tuple[int, int, int, int]) -> Picture:
    """Return the luma with a sheet of white paper bearing lines of print in the box."""
    x1, y1, x2, y2 = box
    changed = luma.copy()
    changed[y1:y2, x1:x2] = 215
    for y in range(y1 + 4, y2 - 3, 5):
        changed[y : y + 2, x1 + 3 : x2 - 3] = 50
    return changed
