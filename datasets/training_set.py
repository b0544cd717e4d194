"""Writes a data set of drawn streets in YOLO format: pictures, labels, `data.yaml`.

Every picture is known by its number alone, so an interrupted run goes on where it stopped and gives the same files.
Validation pictures come from streets of their own. Each street has its weather and its camera with that camera's
faults; truth follows what moves the picture.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from datasets.camera_faults import random_camera
from datasets.errors import SetWriteError
from datasets.labelled import TRAINED_CLASSES
from datasets.light import LIGHTS
from datasets.low_rate import through_h264
from datasets.random_streets import MOMENTS_S, random_script
from datasets.scenario import Script
from datasets.scene import StreetScene
from datasets.truth import Truth
from datasets.weather import CLEAR, random_weather
from vision.arrays import FloatArray, Mask, Picture, SizeWH
from vision.classes import StreetClass


@dataclass(frozen=True, slots=True)
class TrainingSetSettings:
    """What to write.

    Attributes:
        train_pictures: number of pictures to train on.
        val_pictures: number of pictures to judge by.
        size_wh: picture size in pixels.
        per_street: pictures of each street, at different moments.
        seed: another seed gives other streets.
        least_visible_ratio: boxes of things that are hidden more are left out.
        least_side_px: boxes with a smaller side are left out.
    """

    train_pictures: int = 4000
    val_pictures: int = 400
    size_wh: SizeWH = (640, 360)
    per_street: int = 8
    seed: int = 1
    least_visible_ratio: float = 0.3
    least_side_px: float = 6.0


def write_training_set(
    folder: Path, settings: TrainingSetSettings, on_progress: Callable[[int, int], None] | None = None
) -> Path:
    """Write the set and return the path of its `data.yaml`.

    Args:
        folder: where; made if missing. Pictures that are already there are kept.
        settings: what to write.
        on_progress: called with (done, total) after every street.

    Raises:
        SetWriteError: what is there was drawn by another version of the drawing; nothing is changed.
    """
    _keep_to_version(folder)
    total, done = settings.train_pictures + settings.val_pictures, 0
    for split, count, first_seed in (("train", settings.train_pictures, 0), ("val", settings.val_pictures, VAL_SEED)):
        (folder / "images" / split).mkdir(parents=True, exist_ok=True)
        (folder / "labels" / split).mkdir(parents=True, exist_ok=True)
        for street in range(-(-count // settings.per_street)):
            rows = range(street * settings.per_street, min(count, (street + 1) * settings.per_street))
            seed = settings.seed * 10_000_000 + first_seed + street
            _write_street((folder, split), rows, seed, settings)
            done += len(rows)
            if on_progress is not None:
                on_progress(done, total)
    return _write_yaml(folder)


VAL_SEED = 5_000_000
"""Streets of the validation split are numbered from here; no training split is that long."""

DRAWING_VERSION = 5
"""Grows when the same settings give other pictures or labels; who keeps drawn pictures puts it into their folder's
name."""

VERSION_FILE = "drawing_version.txt"
"""Says in a set's folder by which version its pictures were drawn."""


def _keep_to_version(folder: Path) -> None:
    """Write the version into a new folder; refuse pictures of another, as both would be mixed."""
    path = folder / VERSION_FILE
    told = path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else ""
    if told == str(DRAWING_VERSION):
        return
    if told or any(folder.glob("images/*/*.jpg")):
        raise SetWriteError(
            f"the pictures in {folder} were drawn by {f'version {told}' if told else 'an unknown version'} of the "
            f"drawing, this is version {DRAWING_VERSION}; name another folder, or remove this one"
        )
    folder.mkdir(parents=True, exist_ok=True)
    _write_whole(path, f"{DRAWING_VERSION}\n".encode())


def _write_street(place: tuple[Path, str], rows: range, seed: int, settings: TrainingSetSettings) -> None:
    folder, split = place
    names = {row: f"{split}_{settings.seed:02d}_{row:06d}" for row in rows}  # one set's names differ over its splits
    missing = [row for row in rows if not (folder / "labels" / split / f"{names[row]}.txt").exists()]
    if not missing:
        return
    script, light = weathered_script(seed)
    scene = StreetScene(script, settings.size_wh, light)
    for row in missing:
        rng = np.random.default_rng((seed, row))
        bgr, truth = _received(scene, float(rng.uniform(0, MOMENTS_S)))
        shown = _processed(bgr, rng)
        labels = yolo_rows(_recognisable(truth, scene, shown), settings)
        _write_whole(folder / "images" / split / f"{names[row]}.jpg", _jpeg(shown, rng))
        _write_whole(folder / "labels" / split / f"{names[row]}.txt", labels.encode())


def weathered_script(seed: int) -> tuple[Script, str]:
    """Return a random street in random weather before a random camera, and the name of its light."""
    script, light = random_script(seed)
    rng = np.random.default_rng((seed, WEATHER_STREAM))
    if light == "night" and rng.random() < HEADLIGHTS_RATIO:
        light = "headlights"
    weather = CLEAR if script.street.deck_z else random_weather(rng)  # neither rain nor sun comes under a bridge
    faults = random_camera(rng, LIGHTS[light], is_raining=weather.rain_ratio > 0)
    return replace(script, weather=weather, faults=faults), light


WEATHER_STREAM = 7
"""Weather and camera have random numbers of their own, so that the street stays the same when they change."""

HEADLIGHTS_RATIO = 0.65
"""Share of nights that are dark and full of headlights; the rest is lit evenly, as by a camera that brightens."""

GROUP_PICTURES, GROUP_FPS = 5, 12.0
"""How many pictures go through a poor encoder before the one that is kept: it shows what the first ones left."""


def _received(scene: StreetScene, t_s: float) -> tuple[Picture, Truth]:
    """One moment as it comes out of the camera's encoder, and its truth."""
    kbit_s = scene.script.faults.kbit_s
    if not kbit_s:
        return scene.render(t_s)
    before = [scene.picture(max(0.0, t_s - back / GROUP_FPS)) for back in range(GROUP_PICTURES - 1, 0, -1)]
    bgr, truth = scene.render(t_s)
    pixels_ratio = bgr.shape[0] * bgr.shape[1] / (1280 * 720)
    return through_h264([*before, bgr], 1000 * kbit_s * pixels_ratio, GROUP_FPS).pictures[-1], truth


def _recognisable(truth: Truth, scene: StreetScene, bgr: Picture) -> Truth:
    """Return the truth for who learns from a finished picture; the scene's own knows what nobody can see, too."""
    return _not_faint(_behind_drops(_not_veiled(truth, scene), scene), bgr)


def _not_veiled(truth: Truth, scene: StreetScene) -> Truth:
    """Leave out what haze or fog hides from any eye."""
    visibility_m = scene.script.weather.visibility_m
    away_m = np.linalg.norm(truth.ground - np.array(scene.camera.position[:2]), axis=1)
    return _only(truth, away_m < FARTHEST_IN_FOG * visibility_m)


FARTHEST_IN_FOG = 0.75
"""Share of the visibility beyond which nothing is labelled; a tenth of the contrast is left there."""


def _behind_drops(truth: Truth, scene: StreetScene) -> Truth:
    """Take from the visible share of each box what drops on the lens cover of it."""
    cover = scene.drops_cover(truth.t_s)
    if cover is None:
        return truth
    covered = np.array([cover[_within(box, truth.size_wh)].mean() for box in truth.boxes], np.float32)
    return replace(truth, visible_ratios=truth.visible_ratios * (1 - covered))


def _not_faint(truth: Truth, bgr: Picture) -> Truth:
    """Leave out what cannot be told from its surroundings in a finished picture."""
    smooth = cv2.blur(bgr, (SMOOTH_PX, SMOOTH_PX)).astype(np.float32)
    contrasts = np.array([_contrast(smooth, box) for box in truth.boxes], np.float32)
    return _only(truth, contrasts >= LEAST_CONTRAST)


LEAST_CONTRAST = 4.0
"""Grey levels by which a box must differ from what is around it on the average. Noise of the darkest lights alone gives
two after smoothing; a car that is five levels darker than its road fills two thirds of its box and stays below."""

SMOOTH_PX = 5

AROUND_RATIO, LEAST_AROUND_PX = 0.25, 4
"""How wide the frame around a box is to which it is compared: a share of its sides."""


def _contrast(smooth: FloatArray, box: FloatArray) -> float:
    """Return by how many grey levels a box differs from the frame around it: the mean, each pixel's strongest channel.

    Args:
        smooth: (H, W, 3) float32, the picture without its noise.
        box: (4,) float32 xyxy in pixels.
    """
    margin = np.maximum(AROUND_RATIO * (box[2:] - box[:2]), LEAST_AROUND_PX)
    rows, columns = _within(np.concatenate([box[:2] - margin, box[2:] + margin]), (smooth.shape[1], smooth.shape[0]))
    patch = smooth[rows, columns]
    inside = _within(box - np.tile((columns.start, rows.start), 2), (patch.shape[1], patch.shape[0]))
    is_around = np.ones(patch.shape[:2], bool)
    is_around[inside] = False
    if not is_around.any():
        return math.inf
    usual = np.median(patch[is_around], axis=0)
    return float(np.abs(patch[inside] - usual).max(axis=-1).mean())


def _within(box: FloatArray, size_wh: SizeWH) -> tuple[slice, slice]:
    """Return rows and columns of a box, cut to the picture, at least one of each."""
    x1, y1 = (min(max(int(v), 0), limit - 1) for v, limit in zip(box[:2], size_wh, strict=True))
    x2, y2 = (min(math.ceil(v), limit) for v, limit in zip(box[2:], size_wh, strict=True))
    return slice(y1, max(y2, y1 + 1)), slice(x1, max(x2, x1 + 1))


def _only(truth: Truth, keep: Mask) -> Truth:
    return replace(
        truth,
        boxes=truth.boxes[keep],
        class_ids=truth.class_ids[keep],
        object_ids=truth.object_ids[keep],
        visible_ratios=truth.visible_ratios[keep],
        ground=truth.ground[keep],
    )


def yolo_rows(truth: Truth, settings: TrainingSetSettings) -> str:
    """Return the labels of a picture: one line `class x y width height` for each box, fractions of the picture."""
    width, height = truth.size_wh
    lines = []
    for box, class_id, visible in zip(truth.boxes, truth.class_ids, truth.visible_ratios, strict=True):
        x1, y1, x2, y2 = (float(v) for v in box)
        small = min(x2 - x1, y2 - y1) < settings.least_side_px
        if small or visible < settings.least_visible_ratio or StreetClass(int(class_id)) not in TRAINED_CLASSES:
            continue
        row = TRAINED_CLASSES.index(StreetClass(int(class_id)))
        centre = (x1 + x2) / 2 / width, (y1 + y2) / 2 / height
        lines.append(f"{row} {centre[0]:.6f} {centre[1]:.6f} {(x2 - x1) / width:.6f} {(y2 - y1) / height:.6f}")
    return "\n".join(lines) + ("\n" if lines else "")


def _processed(bgr: Picture, rng: np.random.Generator) -> Picture:
    """What differs from camera to camera after the sensor: resolution, white balance, brightness and contrast."""
    out = bgr
    if rng.random() < 0.2:
        small = float(rng.uniform(0.45, 0.75))
        out = cv2.resize(
            cv2.resize(out, None, fx=small, fy=small, interpolation=cv2.INTER_AREA), (bgr.shape[1], bgr.shape[0])
        )
    gain = rng.uniform(0.85, 1.2) * rng.uniform(0.94, 1.06, 3)
    lifted = out.astype(np.float32) * gain.astype(np.float32) + float(rng.uniform(-10, 14))
    curve = float(rng.uniform(0.85, 1.2))
    return (255 * (np.clip(lifted, 0, 255) / 255) ** curve).astype(np.uint8)


def _jpeg(bgr: Picture, rng: np.random.Generator) -> bytes:
    quality = int(rng.choice([95, 90, 80, 65, 50, 38]))
    ok, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise ValueError(f"OpenCV cannot encode a picture of shape {bgr.shape}")
    return data.tobytes()


def _write_whole(path: Path, data: bytes) -> None:
    """Write under another name first, so that an interrupted run leaves no half file under the right one."""
    part = path.with_suffix(path.suffix + ".part")
    part.write_bytes(data)
    part.rename(path)


def _write_yaml(folder: Path) -> Path:
    names = "\n".join(f"  {i}: {c.label}" for i, c in enumerate(TRAINED_CLASSES))
    path = folder / "data.yaml"
    _write_whole(path, f"path: {folder.resolve()}\ntrain: images/train\nval: images/val\nnames:\n{names}\n".encode())
    return path
