"""Makes a copy of a clip in which bystanders are hidden in every picture; the clip itself is left alone.

The clip is decoded twice: once to look, a few times a second, once to hide and to encode anew. Between two looks a
region moves along; where a look misses somebody, the looks before and after still hide the place. Sound is left out.
"""

import io
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame

from cases.evidence_errors import BlurError
from cases.mosaic import MOVING_CELLS, hide
from vision.arrays import Boxes, Picture
from vision.boxes import iou_matrix

LOOK_EVERY_S = 0.2
"""Who walks by moves by a third of a metre meanwhile, less than a head's region is wide."""

HOLD_S = 0.5
"""For so long before and after a look its regions stay hidden: two looks that miss somebody show nothing."""

SWELL_RATIO = 0.1
"""How much wider and higher on each side a region is hidden between looks than at one."""

CODEC: Final = "libx264"
OPTIONS = {"crf": "26", "preset": "veryfast"}

TICK = Fraction(1, 90_000)
"""Unit of the copy's times, seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What had to be hidden in one picture: its time in seconds from the clip's beginning, and (N, 4) regions."""

    t_s: float
    regions: Boxes


def blurred_clip(clip: Path, regions_of: Callable[[Picture], Boxes]) -> tuple[bytes, int]:
    """Return an MP4 of the same pictures at the same times with regions hidden, and how many looks it took.

    Args:
        clip: the original.
        regions_of: says what must be hidden in an (H, W, 3) BGR picture.

    Raises:
        BlurError: the clip cannot be decoded or encoded, or nobody can say what must be hidden.
    """
    try:
        looks = list(_looks(clip, regions_of))
        if not looks:
            raise BlurError(f"{clip.name} holds no picture that can be decoded, so no copy is made")
        return _encoded(clip, looks), len(looks)
    except (av.FFmpegError, OSError) as err:
        raise BlurError(f"no blurred copy of {clip.name} can be made: {err.strerror}") from err


def regions_at(looks: Sequence[Look], t_s: float) -> Boxes:
    """Return the (N, 4) regions to hide at a time: of all looks near to it, and on the way between the next two."""
    after = bisect_left([look.t_s for look in looks], t_s)
    near = [look.regions for look in looks[max(0, after - 8) : after + 8] if abs(look.t_s - t_s) <= HOLD_S]
    if 0 < after < len(looks):
        near.append(_between(looks[after - 1], looks[after], t_s))
    else:
        near.append(looks[min(after, len(looks) - 1)].regions)
    return _swollen(np.concatenate(near))


def _looks(clip: Path, regions_of: Callable[[Picture], Boxes]) -> Iterator[Look]:
    next_t_s = -1.0
    for t_s, picture in _pictures(clip):
        if t_s >= next_t_s:
            yield Look(t_s, regions_of(_bgr(picture)))
            next_t_s = t_s + LOOK_EVERY_S


def _encoded(clip: Path, looks: Sequence[Look]) -> bytes:
    made = io.BytesIO()
    with av.open(made, mode="w", format="mp4") as container:
        stream = None
        last = -1
        for t_s, picture in _pictures(clip):
            hidden = _even(hide(_bgr(picture), regions_at(looks, t_s), cells=MOVING_CELLS))
            if stream is None:
                stream = container.add_stream(CODEC, options=OPTIONS)
                stream.height, stream.width = hidden.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.codec_context.time_base = TICK
            frame = VideoFrame.from_ndarray(hidden, format="bgr24")
            last = max(last + 1, round(t_s / TICK))
            frame.pts, frame.time_base = last, TICK
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode() if stream else ():
            container.mux(packet)
    return made.getvalue()


def _pictures(clip: Path) -> Iterator[tuple[float, VideoFrame]]:
    """Yield every picture with its time from the first one's, seconds."""
    with av.open(str(clip)) as container:
        if not container.streams.video:
            return
        first_s: float | None = None
        for picture in container.decode(video=0):
            at_s = picture.time or 0.0
            first_s = at_s if first_s is None else first_s
            yield max(0.0, at_s - first_s), picture


def _between(before: Look, after: Look, t_s: float) -> Boxes:
    """Return regions of both looks that belong together, on their way at a time between."""
    if not len(before.regions) or not len(after.regions):
        return np.zeros((0, 4), np.float32)
    share = (t_s - before.t_s) / max(after.t_s - before.t_s, 1e-6)
    pairs = np.argwhere(iou_matrix(before.regions, after.regions) > 0)
    moved = before.regions[pairs[:, 0]] * (1 - share) + after.regions[pairs[:, 1]] * share
    return moved.astype(np.float32)


def _swollen(regions: Boxes) -> Boxes:
    dx = SWELL_RATIO * (regions[:, 2] - regions[:, 0])
    dy = SWELL_RATIO * (regions[:, 3] - regions[:, 1])
    return (regions + np.stack([-dx, -dy, dx, dy], axis=1)).astype(np.float32)


def _bgr(picture: VideoFrame) -> Picture:
    return np.asarray(picture.to_ndarray(format="bgr24"), np.uint8)


def _even(bgr: Picture) -> Picture:
    """Return the picture with even sides, as the codec wants; an odd last row or column is repeated."""
    height, width = bgr.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        return bgr
    return np.asarray(cv2.copyMakeBorder(bgr, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE), np.uint8)
