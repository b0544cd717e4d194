"""Small pictures, sets and clips for tests of what reads and writes them."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from datasets.labelled import Domain, LabelledPicture, Labels, Origin, PictureSource
from datasets.picture_files import jpeg_of
from vision.arrays import Picture, SizeWH
from vision.classes import StreetClass

SIZE: SizeWH = (64, 48)
ORIGIN = Origin("made", "CC0", Domain.STREET_CAMERA)


def noise(seed: int, size_wh: SizeWH = SIZE) -> Picture:
    """Return a picture that looks like no other: coarse colours, the same for the same seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return cv2.resize(coarse, size_wh, interpolation=cv2.INTER_CUBIC)


def put_picture(path: Path, seed: int = 0, size_wh: SizeWH = SIZE) -> Path:
    """Write a picture; its ending tells the format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    done, data = cv2.imencode(path.suffix, noise(seed, size_wh))
    assert done
    path.write_bytes(data.tobytes())
    return path


def labelled(
    name: str,
    rows: Sequence[tuple[tuple[float, float, float, float], int]] = (),
    *,
    source: PictureSource | None = None,
    **fields: object,
) -> LabelledPicture:
    """Return a picture with labels; its pixels follow from its name."""
    made = LabelledPicture(
        name=name,
        source=jpeg_of(noise(sum(name.encode()))) if source is None else source,
        size_wh=SIZE,
        camera="made/one",
        labels=Labels.of(list(rows)),
        complete=frozenset({StreetClass.CAR, StreetClass.PERSON}),
        origin=ORIGIN,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def put_clip(path: Path, frames: int = 10, fps: Fraction = Fraction(10), size_wh: SizeWH = SIZE) -> Path:
    """Write a short film of noise, another picture in every frame."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "g": "5"})
        stream.width, stream.height = size_wh
        stream.pix_fmt = "yuv420p"
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(noise(number, size_wh), format="bgr24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def same_labels(a: Labels, b: Labels) -> bool:
    """Return whether two pictures' labels are the same bit for bit."""
    pairs = (
        (a.boxes, b.boxes),
        (a.class_ids, b.class_ids),
        (a.scores, b.scores),
        (a.object_ids, b.object_ids),
        (a.visible_ratios, b.visible_ratios),
    )
    return all(one.dtype == other.dtype and np.array_equal(one, other) for one, other in pairs)
