"""What goes wrong with a camera's view, at several severities, and what may look like it and is nothing."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from vision.arrays import Picture
from vision.observations import ViewState

CLIPS = (
    "videos/jamcam_06514_hydepark_20190628.mp4",
    "videos/jamcam_03601_blackfriars_20190628.mp4",
    "videos/jamcam_03507_tooley_20190810.mp4",
    "videos/jamcam_07458_shaftesbury_20190527.mp4",
    "videos/jamcam_06600_cromwell_20190524.mp4",
    "videos/person_bicycle_car_lot.mp4",
    "videos/one_by_one_person.mp4",
    "videos/opencv4nodejs_traffic.mp4",
    "videos/dvrscan_brightness_cam87.avi",
)
"""Streets, car parks and a room; left out is what no street camera shows: cars from straight above that fill the
picture, and a motorway of parallel lines."""


@dataclass(frozen=True)
class Fault:
    """One fault: its name, what it does to a picture, and as what it may be told."""

    name: str
    change: Callable[[Picture], Picture]
    told_as: frozenset[ViewState]


def night(picture: Picture) -> Picture:
    """Return the picture with a third of its contrast, as lamps give."""
    return scaled(picture, 0.35)


def scaled(picture: Picture, gain: float) -> Picture:
    return np.clip(16 + (picture.astype(np.float32) - 16) * gain, 16, 235).astype(np.uint8)


def warped(picture: Picture, *, shift: float = 0.0, degrees: float = 0.0, zoom: float = 1.0) -> Picture:
    height, width = picture.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, zoom)
    turn[0, 2] += shift * width
    return cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REFLECT)


def blurred(picture: Picture, ratio: float) -> Picture:
    return cv2.GaussianBlur(picture, (0, 0), ratio * picture.shape[1])


def covered(picture: Picture, level: int, leak: float) -> Picture:
    height, width = picture.shape
    seen = cv2.resize(cv2.resize(picture, (6, 4), interpolation=cv2.INTER_AREA), (width, height)).astype(np.float32)
    return np.clip(level + leak * (seen - seen.mean()), 16, 235).astype(np.uint8)


DARK, BLOCKED = frozenset({ViewState.DARK}), frozenset({ViewState.BLOCKED})
BLURRED, MOVED = frozenset({ViewState.DEFOCUSED, ViewState.MOVED}), frozenset({ViewState.MOVED})

FAULTS = (
    Fault("black", lambda p: np.full_like(p, 16), DARK),
    Fault("black, a tenth shows through", lambda p: scaled(p, 0.1), DARK),
    Fault("covered, grey", lambda p: covered(p, 120, 0), BLOCKED),
    Fault("covered, light leaks in", lambda p: covered(p, 60, 0.3), BLOCKED),
    Fault("blur 1.2 % of the width", lambda p: blurred(p, 0.012), BLURRED),
    Fault("blur 2.5 %", lambda p: blurred(p, 0.025), BLURRED),
    Fault("shifted 8 %", lambda p: warped(p, shift=0.08), MOVED),
    Fault("shifted 20 %", lambda p: warped(p, shift=0.2), MOVED),
    Fault("shifted 50 %", lambda p: warped(p, shift=0.5), MOVED),
    Fault("turned 8 degrees", lambda p: warped(p, degrees=8), MOVED),
    Fault("turned 20 degrees", lambda p: warped(p, degrees=20), MOVED),
    Fault("mirrored", lambda p: p[:, ::-1].copy(), MOVED),
)

MILD = (
    Fault("blur 0.3 %", lambda p: blurred(p, 0.003), BLURRED),
    Fault("blur 0.6 %", lambda p: blurred(p, 0.006), BLURRED),
    Fault("shifted 4 %", lambda p: warped(p, shift=0.04), MOVED),
    Fault("turned 4 degrees", lambda p: warped(p, degrees=4), MOVED),
)
"""Faults below what is promised; the table shows which are told."""


def dusk(picture: Picture, t_s: float) -> Picture:
    """Lose three quarters of the light within 36 minutes."""
    return scaled(picture, 1 - 0.75 * min(1.0, t_s / 2160))


def lamp(picture: Picture, t_s: float) -> Picture:
    """Switch a lamp on or off each minute."""
    if int(t_s / 60) % 2 == 0:
        return picture
    height, width = picture.shape
    y, x = np.ogrid[0:height, 0:width]
    glow = 60 * np.exp(-(((x / width - 0.3) / 0.25) ** 2) - ((y / height - 0.5) / 0.4) ** 2)
    return np.clip(picture * 1.25 + 10 + glow, 16, 235).astype(np.uint8)


def exposure(picture: Picture, t_s: float) -> Picture:
    """Step the exposure each 45 seconds."""
    return scaled(picture, (1.0, 0.55, 1.5, 0.8)[int(t_s / 45) % 4])


def shaken(picture: Picture, t_s: float) -> Picture:
    """Shake the pole in the wind, by up to 0.8 % of the width and 0.3 degrees."""
    rng = np.random.default_rng(round(t_s * 100))
    return warped(picture, shift=rng.uniform(-0.008, 0.008), degrees=rng.uniform(-0.3, 0.3))


def lorry(picture: Picture, t_s: float) -> Picture:
    """Put a lorry's side before the lens for six seconds each minute."""
    if not 30 <= t_s % 60 < 36:
        return picture
    side = np.full_like(picture, 110)
    side[::40] = 90
    return side


NOTHING = {
    "as it is": lambda picture, _t_s: picture,
    "dusk": dusk,
    "lamp switched each minute": lamp,
    "exposure steps": exposure,
    "camera shakes": shaken,
    "lorry before the lens for 6 s": lorry,
}
"""What is no fault, over time."""

DARK_BY_NIGHT = frozenset({"dusk", "exposure steps"})
"""What leaves so little of a night's light that the picture is dark in truth."""
