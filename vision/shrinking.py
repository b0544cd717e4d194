"""Makes planes smaller by area with libswscale, at a fraction of what OpenCV takes for it.

OpenCV averages by area in plain code, slowest where the factor is no whole number, as from 1080 lines to 234. With
libswscale's vector instructions the result is the same but for rounding: by one grey level at the factors of cameras
(1.5 and more). It has to prepare itself for each pair of sizes, so what it prepared is kept.
"""

import threading
from collections import OrderedDict

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from vision.arrays import Picture, SizeWH
from vision.frames import resized

PAIRS_KEPT = 24
"""Pairs of sizes kept prepared in each thread, two a frame size and two for each part of one that is looked at closely;
each takes some ten kilobytes."""


class Shrinker(threading.local):
    """Resizes planes; a `vision.frames.Resize` for any threads: each prepares for itself what it needs.

    libswscale lets go of the interpreter while it works, so two threads must never use one prepared pair at once.
    """

    def __init__(self) -> None:
        self._prepared: OrderedDict[tuple[SizeWH, SizeWH], VideoReformatter] = OrderedDict()

    def __call__(self, plane: Picture, size_wh: SizeWH) -> Picture:
        """Return an (H, W) uint8 plane of another size: by area where both sides shrink, else as `resized` does."""
        height, width = plane.shape
        if size_wh[0] >= width or size_wh[1] >= height:
            return resized(plane, size_wh)
        pair = (width, height), size_wh
        reformatter = self._prepared.pop(pair, None) or VideoReformatter()
        self._prepared[pair] = reformatter
        if len(self._prepared) > PAIRS_KEPT:
            self._prepared.popitem(last=False)
        grey = VideoFrame.from_numpy_buffer(plane, format="gray")
        # One thread: the pictures of other cameras are decoded meanwhile.
        small = reformatter.reformat(grey, *size_wh, interpolation=Interpolation.AREA, threads=1).planes[0]
        flat = np.frombuffer(memoryview(small), np.uint8)
        return flat[: small.line_size * size_wh[1]].reshape(size_wh[1], small.line_size)[:, : size_wh[0]]
