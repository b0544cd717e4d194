"""Makes a copy of a clip in which bystanders are hidden in every picture; the clip itself is left alone.

The clip is decoded twice: once to look, twice a second and at its end, once to hide and to encode anew. Between two
looks a region moves along; where a look misses somebody, the region moves from the look before to the look after; where
somebody comes or goes, the region grows by how far he can have gone. Sound is left out.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from scipy.sparse.csgraph import connected_components

from cases.evidence_errors import BlurError
from cases.mosaic import MOVING_CELLS, hide
from vision.arrays import Boxes, Picture
from vision.boxes import iou_matrix

LOOK_EVERY_S = 0.5
"""Looking takes most of the time. Who walks by moves meanwhile by less than a metre, and mostly straight on."""

SIDES_A_SECOND = 1.5
"""How fast a region grows of which nobody knows where it goes, in lengths of its longer side. That of a head's is about
0.9 m, so one may walk fast; the band of a car's plate is larger, so that a car may be faster."""

SAME_IOU = 0.5
"""Regions of one look that overlap by this are made one that holds both: the whole picture and its tiles tell of the
same head."""

SWELL_RATIO = 0.1
"""How much wider and higher on each side a region is hidden between looks than at one."""

CODEC: Final = "libx264"
OPTIONS = {"crf": "26", "preset": "veryfast"}

TICK = Fraction(1, 90_000)
"""Unit of the copy's times, seconds."""


NONE: Final = np.zeros((0, 4), np.float32)

Seconds = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


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


@dataclass(frozen=True, slots=True, eq=False)
class Passages:
    """Where regions are between looks: row i of each array is a region on its straight way.

    Attributes:
        from_s, to_s: (N,) when it sets out and arrives, seconds from the clip's beginning.
        start, end: (N, 4) the region then.
    """

    from_s: Seconds
    to_s: Seconds
    start: Boxes
    end: Boxes

    def at(self, t_s: float) -> Boxes:
        """Return the (N, 4) regions to hide at a time between the first look and the last one."""
        on_way = (self.from_s <= t_s) & (t_s <= self.to_s)
        share = ((t_s - self.from_s[on_way]) / np.maximum(self.to_s[on_way] - self.from_s[on_way], 1e-6))[:, None]
        regions = self.start[on_way] * (1 - share) + self.end[on_way] * share
        return _swollen(regions.astype(np.float32))


def passages(looks: Sequence[Look]) -> Passages:
    """Return the ways of all regions between looks, of which there is one or more, in order of time."""
    ways = [_way(looks[-1], looks[-1].regions, looks[-1], looks[-1].regions)]
    missed = Look(looks[0].t_s, NONE)  # what the look before has and the one now does not
    for before, after in pairwise(looks):
        stays = iou_matrix(before.regions, after.regions) > 0  # what is only near may be somebody else
        gone = Look(before.t_s, before.regions[~stays.any(axis=1)])
        comes = Look(after.t_s, after.regions[~stays.any(axis=0)])
        reach = SIDES_A_SECOND * (after.t_s - before.t_s)
        ways.append(_moving(before, after))
        ways.append(_way(before, gone.regions, after, _reaching(gone.regions, reach)))
        ways.append(_way(before, _reaching(comes.regions, reach), after, comes.regions))
        ways.append(_moving(missed, comes))
        missed = gone
    return Passages(
        np.concatenate([way.from_s for way in ways]),
        np.concatenate([way.to_s for way in ways]),
        np.concatenate([way.start for way in ways]),
        np.concatenate([way.end for way in ways]),
    )


def merged(regions: Boxes) -> Boxes:
    """Return (N, 4) regions of which those that are about the same, by chains too, became one that holds them."""
    if not len(regions):
        return regions
    count, which = connected_components(iou_matrix(regions, regions) > SAME_IOU, directed=False)
    held = np.empty((count, 4), np.float32)
    held[:, :2], held[:, 2:] = np.inf, -np.inf
    np.minimum.at(held[:, :2], which, regions[:, :2])
    np.maximum.at(held[:, 2:], which, regions[:, 2:])
    return held


def _looks(clip: Path, regions_of: Callable[[Picture], Boxes]) -> Iterator[Look]:
    """Yield a look at the first picture, one every while, and one at the last picture."""
    next_t_s = -1.0
    unseen: tuple[float, VideoFrame] | None = None
    for t_s, picture in _pictures(clip):
        unseen = t_s, picture
        if t_s >= next_t_s:
            yield Look(t_s, merged(regions_of(_bgr(picture))))
            next_t_s, unseen = t_s + LOOK_EVERY_S, None
    if unseen is not None:
        yield Look(unseen[0], merged(regions_of(_bgr(unseen[1]))))


def _encoded(clip: Path, looks: Sequence[Look]) -> bytes:
    made = io.BytesIO()
    with av.open(made, mode="w", format="mp4") as container:
        stream = None
        ways = passages(looks)
        last = -1
        for t_s, picture in _pictures(clip):
            hidden = _even(hide(_bgr(picture), ways.at(t_s), cells=MOVING_CELLS))
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


def _moving(before: Look, after: Look) -> Passages:
    """Return the ways of all regions of two looks that may be of the same person or vehicle."""
    reach = SIDES_A_SECOND * (after.t_s - before.t_s)
    old, new = np.nonzero(iou_matrix(_reaching(before.regions, reach), after.regions) > 0)
    return _way(before, before.regions[old], after, after.regions[new])


def _way(before: Look, start: Boxes, after: Look, end: Boxes) -> Passages:
    from_s, to_s = np.full(len(start), before.t_s), np.full(len(start), after.t_s)
    return Passages(from_s, to_s, start, end)


def _reaching(regions: Boxes, sides: float) -> Boxes:
    """Return regions grown on each side by so many times their longer side."""
    by = sides * (regions[:, 2:] - regions[:, :2]).max(axis=1, initial=0)
    return (regions + np.stack([-by, -by, by, by], axis=1)).astype(np.float32)


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
