"""Writes the boxes that ultralytics gives for 200 frames of the real clips; run where ultralytics is installed.

    python -m tests.models.make_reference ../shared/material

It gets the same BGR pictures as our side, the same weights, and letterboxes into the whole input (`rect=False`).
"""

import os
import sys
import tomllib
import zlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import av
import numpy as np

from models.class_names import DROPPED, class_rows
from tests.models.reference_frames import CARD, LOWEST_SCORE, REFERENCE, Reference, frames_at

FRAMES = 200
LONGEST_S = 24.0
"""Of longer clips only the beginning is looked at, so that a test need not decode minutes."""

LAST_S = 0.5
"""Left out at the end of a clip, where its stated length may be longer than its last frame."""

MOST = 300


def main(material: Path) -> None:
    """Write the file beside this module."""
    card = tomllib.loads(CARD.read_text(encoding="utf-8"))
    detector = opened(material / "weights" / card["file"])
    clips = sorted((material / "videos").glob("*.mp4"))
    rows: list[tuple[str, float, int]] = []
    found: list[tuple[int, np.ndarray]] = []
    for number, clip in enumerate(clips):
        count = len(range(number, FRAMES, len(clips)))
        span_s = min(LONGEST_S, _seconds(clip) - LAST_S)
        for frame in frames_at(clip, [span_s * k / count for k in range(count)]):
            bgr = frame.bgr()
            found.append((len(rows), predicted(detector, bgr, card)))
            rows.append((clip.stem, frame.t_s, zlib.crc32(bgr.tobytes())))
    boxes = np.concatenate([each for _, each in found])
    made_by = ", ".join(f"{name} {version(name)}" for name in ("ultralytics", "onnxruntime", "torch", "av", "numpy"))
    Reference(
        *(tuple(column) for column in zip(*rows, strict=True)),
        np.repeat([row for row, _ in found], [len(each) for _, each in found]),
        boxes[:, :4],
        boxes[:, 4],
        boxes[:, 5],
        made_by,
    ).save(REFERENCE)
    sys.stdout.write(f"{len(rows)} frames, {len(boxes)} boxes, {REFERENCE.stat().st_size / 1e3:.0f} kB: {REFERENCE}\n")


def _seconds(clip: Path) -> float:
    with av.open(str(clip)) as container:
        return (container.duration or 0) / av.time_base


def opened(weights: Path) -> Any:
    """Return ultralytics' detector for an ONNX file or a checkpoint; it stays off the network."""
    os.environ.setdefault("YOLO_OFFLINE", "true")
    os.environ.setdefault("YOLO_AUTOINSTALL", "false")
    from ultralytics import YOLO

    return YOLO(str(weights), task="detect")


def predicted(detector: Any, bgr: np.ndarray, card: dict[str, Any]) -> np.ndarray:
    """Return (N, 6) float32 of xyxy, score and class row, of the classes that our rules know."""
    known = np.flatnonzero(class_rows(card["class_names"], card.get("class_map", {})) != DROPPED)
    width, height = card["input_wh"]
    result = detector.predict(
        bgr,
        imgsz=(height, width),
        rect=False,
        conf=LOWEST_SCORE,
        iou=card["nms_iou"],
        agnostic_nms=bool(card.get("nms_class_agnostic", False)),
        classes=known.tolist(),
        max_det=MOST,
        device="cpu",
        verbose=False,
    )[0]
    return np.asarray(result.boxes.data.cpu().numpy(), np.float32)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
