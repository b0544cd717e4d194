"""Draws what went wrong in a trial: the picture of the moment with zone, truth, what the detector found, the report.

The zone is white, what must be reported green, what the detector found yellow with name and score, a report red.
"""

from pathlib import Path

import cv2
import numpy as np

from benchmarks.scenarios_camera import DrawnCamera
from benchmarks.scenarios_eye import Find
from benchmarks.scenarios_scoring import Box, Judged
from benchmarks.scenarios_trials import Trial
from vision.arrays import Picture
from vision.classes import StreetClass

SCALE = 2
"""Pictures are shown so many times larger, so that words can be read."""

WHITE, GREEN, YELLOW, RED = (255, 255, 255), (60, 220, 60), (40, 220, 250), (50, 50, 255)

AFTER_DUE_S = 3.0
"""What was missed is shown so long after its limit passed."""


def write_stills(folder: Path, trial: Trial, camera: DrawnCamera, told: tuple[Find, Judged]) -> None:
    """Write a picture for each offence that was missed and each false report of a trial, named by both.

    Raises:
        OSError: they cannot be written there.
    """
    find, judged = told
    wrong: list[tuple[str, float, Box | None]] = [
        ("missed", verdict.wanted.due_s + AFTER_DUE_S, None) for verdict in judged.verdicts if verdict.report is None
    ]
    wrong += [("false", report.raised_s, report.box) for report in judged.false]
    folder.mkdir(parents=True, exist_ok=True)
    for what, t_s, box in wrong:
        shown_s = min(round(t_s, 3), round(camera.end_s - 0.1, 3))
        picture = still(trial, camera, find, shown_s)
        for verdict in judged.verdicts:
            _draw(picture, verdict.wanted.box, GREEN, "")
        if box is not None:
            _draw(picture, box, RED, what)
        name = f"{trial.kind}-{trial.seed}-{trial.story}-{what}-{shown_s:.0f}s.jpg"
        done, jpeg = cv2.imencode(".jpg", picture)
        if not done:
            raise OSError(f"{name} cannot be encoded")
        (folder / name).write_bytes(jpeg.tobytes())


def still(trial: Trial, camera: DrawnCamera, find: Find, t_s: float) -> Picture:
    """Return the picture of a moment, `SCALE` times as large, with the zone and what the detector finds."""
    bgr = camera.frame(t_s).bgr()
    picture: Picture = cv2.resize(bgr, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_CUBIC)
    for zone in trial.zones:
        outline = np.round(zone.zone().corners_px(camera.size_wh) * SCALE).astype(np.int32)
        cv2.polylines(picture, [outline], isClosed=True, color=WHITE, thickness=1)
    found = find(t_s)
    for box, score, class_id in zip(found.boxes.tolist(), found.scores, found.class_ids, strict=True):
        _draw(picture, tuple(box), YELLOW, f"{StreetClass(int(class_id)).label} {score:.2f}")
    words = (
        f"{trial.kind} {trial.seed} {trial.story} t={t_s:.1f} {' '.join(map(str, trial.conditions.to_json().values()))}"
    )
    cv2.putText(picture, words, (8, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, WHITE, 1, cv2.LINE_AA)
    return picture


def _draw(picture: Picture, box: Box, colour: tuple[int, int, int], words: str) -> None:
    x1, y1, x2, y2 = (round(value * SCALE) for value in box)
    cv2.rectangle(picture, (x1, y1), (x2, y2), colour, 1 if colour == YELLOW else 2)
    if words:
        cv2.putText(picture, words, (x1, max(12, y1 - 3)), cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, 1, cv2.LINE_AA)
