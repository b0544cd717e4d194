"""Reads moments of the real clips, and the boxes that ultralytics gave for them; needs nothing but PyAV and OpenCV.

`python -m tests.models.make_reference` wrote the file of boxes, in an environment with ultralytics; the tests compare
ours with it wherever the clips are, without ultralytics.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np

from streams.decoding import planes_of
from vision.frames import Frame

REFERENCE = Path(__file__).parent / "reference" / "ultralytics_yolov8n_int8.npz"
CARD = Path(__file__).parent / "cards" / "yolov8n_int8.toml"

LOWEST_SCORE = 0.25
"""Boxes down to this are in the file: what ultralytics keeps by default."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What ultralytics found in each of the frames.

    Attributes:
        clips: name of each frame's clip.
        at_s: its time in the clip, seconds.
        checksums: CRC-32 of its BGR pixels, which tells another decoder from other boxes.
        frame_rows: (N,) int64, the frame of each box.
        boxes: (N, 4) float32 xyxy, source pixels.
        scores: (N,) float32.
        class_rows: (N,) int64, row in the card's class names.
        made_by: versions of the libraries.
    """

    clips: tuple[str, ...]
    at_s: tuple[float, ...]
    checksums: tuple[int, ...]
    frame_rows: np.ndarray
    boxes: np.ndarray
    scores: np.ndarray
    class_rows: np.ndarray
    made_by: str

    def save(self, path: Path) -> None:
        """Write the file."""
        path.parent.mkdir(exist_ok=True)
        names = sorted(set(self.clips))
        np.savez_compressed(
            path,
            names=np.array(names),
            clips=np.array([names.index(clip) for clip in self.clips], np.uint8),
            at_s=np.array(self.at_s, np.float64),
            checksums=np.array(self.checksums, np.uint32),
            frame_rows=self.frame_rows.astype(np.uint16),
            boxes=self.boxes.astype(np.float32),
            scores=self.scores.astype(np.float32),
            class_rows=self.class_rows.astype(np.uint8),
            made_by=np.array(self.made_by),
        )

    @classmethod
    def load(cls, path: Path = REFERENCE) -> "Reference":
        """Read the file."""
        with np.load(path, allow_pickle=False) as arrays:
            names = [str(name) for name in arrays["names"]]
            return cls(
                tuple(names[row] for row in arrays["clips"]),
                tuple(arrays["at_s"].tolist()),
                tuple(arrays["checksums"].tolist()),
                arrays["frame_rows"].astype(np.int64),
                arrays["boxes"],
                arrays["scores"],
                arrays["class_rows"].astype(np.int64),
                str(arrays["made_by"]),
            )


def frames_at(path: Path, at_s: Sequence[float]) -> Iterator[Frame]:
    """Yield the first frame of a clip at or after each moment; moments ascend."""
    wanted = list(at_s)
    with av.open(str(path)) as container:
        for seq, picture in enumerate(container.decode(video=0)):
            if not wanted:
                return
            if picture.time is not None and picture.time >= wanted[0] - SAME_S:
                wanted.pop(0)
                yield Frame(path.stem, seq, picture.time, DAY, 0.0, planes_of(picture))


SAME_S = 0.001
DAY = datetime(2026, 1, 1, tzinfo=UTC)
