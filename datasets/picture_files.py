"""Reads pictures of sets: the size from the head of a file, the pixels when they are needed.

Sizes are those of the picture as it is shown: a photograph that says how it was held is turned, as OpenCV turns it.

Belongs here: files, bytes and moments of clips to pixels. Does not: what is marked in them (labelled).
"""

import io
import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import cv2
import numpy as np
from PIL import Image, ImageOps

from datasets.errors import PictureError
from datasets.labelled import ClipMoment, PictureSource
from streams.errors import StreamError
from streams.recorded import Recorded
from vision.arrays import Picture, SizeWH
from vision.frames import Frame

PICTURE_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
"""Endings, in lower case, of files that are taken for pictures."""

TRAILING_BYTES = 1024
"""A whole JPEG ends with its end mark and at most so much that cameras add; else every row is decoded to be sure."""

END_OF_JPEG = b"\xff\xd9"

ORIENTATION_TAG, LYING = 274, frozenset({5, 6, 7, 8})
"""The EXIF tag that says how a camera was held, and its values that swap width and height."""

SAME_MOMENT_S = 0.02
"""The nearest frame is that of a moment if it is no further away: half the time between frames at 25 a second."""

SHRUNK_QUALITY = 85
"""Of pictures made smaller for a page, which nobody measures in."""

JPEG_QUALITY = 92
"""Of pictures that we change and encode anew; as evidence, so that labels of small things stay worth their pixels."""


def read_size(source: Path | bytes) -> SizeWH:
    """Return width and height of a picture without decoding it, having made sure that it is whole.

    Raises:
        PictureError: missing, empty, broken or truncated.
    """
    with _opened(source) as (file, name), _told(name):
        with Image.open(file) as head:
            width, height = head.size
            if head.format != "JPEG" or not _ends_as_jpeg(file):
                head.load()
            lies = head.getexif().get(ORIENTATION_TAG) in LYING
        return (height, width) if lies else (width, height)


def read_bgr(source: PictureSource) -> Picture:
    """Return a picture as (H, W, 3) uint8 BGR, writable, turned as it is shown.

    For many moments of one clip use `clip_frames`, which reads the clip once.

    Raises:
        PictureError: missing, empty or broken; or the clip has no such moment.
    """
    if isinstance(source, ClipMoment):
        for _, frame in clip_frames(source.path, [source.t_s]):
            return frame.bgr()
        raise PictureError(f"{source.path} has no frame at {source.t_s:.3f} s")
    return _decoded(source, cv2.IMREAD_COLOR)


def read_lumas(sources: Sequence[PictureSource]) -> Iterator[tuple[int, Picture | PictureError]]:
    """Yield (row, luma) of every picture, (H, W) uint8 of about a quarter of its size; or why it cannot be read.

    Frames of clips come last, and each clip is read once.
    """
    clips: dict[Path, dict[float, list[int]]] = {}
    for row, source in enumerate(sources):
        if isinstance(source, ClipMoment):
            clips.setdefault(source.path, {}).setdefault(source.t_s, []).append(row)
            continue
        try:
            yield row, _decoded(source, cv2.IMREAD_REDUCED_GRAYSCALE_4)
        except PictureError as err:
            yield row, err
    for path, wanted in clips.items():
        yield from _clip_lumas(path, wanted)


def _clip_lumas(path: Path, wanted: dict[float, list[int]]) -> Iterator[tuple[int, Picture | PictureError]]:
    reason = PictureError(f"{path} has no frame at some moments")
    try:
        for t_s, frame in clip_frames(path, list(wanted)):
            luma = cv2.resize(frame.luma(), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
            for row in wanted.pop(t_s):
                yield row, luma
    except PictureError as err:
        reason = err
    for row in (row for rows in wanted.values() for row in rows):
        yield row, reason


def clip_frames(path: Path, moments_s: Sequence[float]) -> Iterator[tuple[float, Frame]]:
    """Yield (moment, frame) for those moments of a clip that it has a frame of, in the order of time.

    Raises:
        PictureError: the clip cannot be read, or is damaged before the last moment.
    """
    wanted = sorted(moments_s)
    shown: tuple[Frame, ...] = ()
    try:
        with Recorded(path, path.stem) as recorded:
            for frame in recorded:
                shown = (*shown[-1:], frame)
                while wanted and wanted[0] <= frame.t_s:
                    yield from _nearest(wanted.pop(0), shown)
                if not wanted:
                    return
    except StreamError as err:
        raise PictureError(f"{path} cannot be read: {err}") from None
    if recorded.problem:
        raise PictureError(recorded.problem)
    for moment_s in wanted:
        yield from _nearest(moment_s, shown[-1:])


def clip_size(path: Path) -> SizeWH:
    """Return width and height of a clip's frames.

    Raises:
        PictureError: the clip cannot be read.
    """
    for _, frame in clip_frames(path, [0.0]):
        return frame.size_wh
    raise PictureError(f"{path} holds no frame")


def jpeg_of(bgr: Picture) -> bytes:
    """Return an (H, W, 3) BGR picture as JPEG without metadata.

    Raises:
        ValueError: it has no pixels.
    """
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]) if bgr.size else (False, None)
    if not done or data is None:
        raise ValueError(f"there is nothing to encode: {bgr.shape=}")
    return data.tobytes()


def shrunk_jpeg(path: Path, longest_px: int) -> bytes:
    """Return a picture as JPEG without metadata, turned as it is shown, no side longer than `longest_px`.

    A large JPEG is decoded at a fraction of its size, so that this is cheap.

    Raises:
        PictureError: missing, empty or broken.
    """
    with _opened(path) as (file, name), _told(name), Image.open(file) as picture:
        picture.thumbnail((longest_px, longest_px))
        content = io.BytesIO()
        ImageOps.exif_transpose(picture).convert("RGB").save(content, "JPEG", quality=SHRUNK_QUALITY)
        return content.getvalue()


def _decoded(source: Path | bytes, how: int) -> Picture:
    with _opened(source) as (file, name):
        content = file.read()
    try:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), how)
    except cv2.error:  # no bytes at all, or more pixels than OpenCV takes
        picture = None
    if picture is None:
        raise PictureError(f"{name} is no picture that can be read ({len(content)} bytes)")
    return picture


def _nearest(moment_s: float, frames: Sequence[Frame]) -> Iterator[tuple[float, Frame]]:
    frame = min(frames, key=lambda each: abs(each.t_s - moment_s))
    if abs(frame.t_s - moment_s) <= SAME_MOMENT_S:
        yield moment_s, frame


@contextmanager
def _opened(source: Path | bytes) -> Iterator[tuple[IO[bytes], str]]:
    if isinstance(source, bytes):
        yield io.BytesIO(source), f"a picture of {len(source)} bytes"
        return
    try:
        file = source.open("rb")
    except (OSError, ValueError) as err:  # a path from a file of labels may hold what no path may
        reason = err.strerror if isinstance(err, OSError) else err
        raise PictureError(f"picture {source} cannot be opened: {reason}") from None
    with file:
        yield file, str(source)


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn what Pillow says of a broken picture into one sentence."""
    try:
        yield
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError) as err:
        reason = " ".join(str(err).split())[:200]
        raise PictureError(f"{name} is no picture that can be read: {reason}") from None


def _ends_as_jpeg(file: IO[bytes]) -> bool:
    """Return whether the file ends where a JPEG may end; where it is read from stays as it was."""
    here = file.tell()
    length = file.seek(0, os.SEEK_END)
    file.seek(max(0, length - TRAILING_BYTES))
    tail = file.read()
    file.seek(here)
    return END_OF_JPEG in tail
