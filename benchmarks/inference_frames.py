"""Gets the pictures that the inference benchmark looks at: decoded frames, as the looking thread has them in hand.

They are taken apart in time, so that no two are alike, and brought to the size that cameras of today send.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path

import av

from datasets.demo_scenes import demo_script
from datasets.scene import StreetScene
from streams.decoding import planes_of
from vision.arrays import SizeWH
from vision.frames import Frame

APART = 12
"""Every so many pictures of a clip one is taken: half a second of a camera."""

DRAWN_APART_S = 0.5


def street_frames(source: Path | None, number: int, size_wh: SizeWH) -> list[Frame]:
    """Return frames in 4:2:0 as a decoder gives them.

    Args:
        source: a clip, begun anew where it is too short; None for a drawn street.
        number: how many.
        size_wh: width and height that they are scaled to.

    Raises:
        OSError: the clip cannot be read.
    """
    pictures = _drawn(size_wh) if source is None else _filmed(source)
    began = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        Frame(f"camera-{seq}", seq, float(seq), began, 0.0, planes_of(picture.reformat(*size_wh, format="yuv420p")))
        for seq, picture in enumerate(islice(pictures, number))
    ]


def _filmed(source: Path) -> Iterator[av.VideoFrame]:
    while True:
        with av.open(str(source)) as container:
            yield from islice(container.decode(video=0), 0, None, APART)


def _drawn(size_wh: SizeWH) -> Iterator[av.VideoFrame]:
    scene = StreetScene(demo_script("parking"), size_wh)
    for number in count():
        yield av.VideoFrame.from_ndarray(scene.picture(number * DRAWN_APART_S), format="bgr24")
