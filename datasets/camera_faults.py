"""Says what a camera does to its pictures: shaking, moving away, dirt, a hunting exposure, noise, a poor encoder.

`CameraFaults` is plain figures; what they are at a moment follows from seed and time (`shake_at`, `gain_at`,
`aim_at`). `FAULTLESS` changes nothing.

Belongs here: names, figures, invention, and what moves over time. Does not: pixels (lens, motion_blur, low_rate).
"""

import math
from dataclasses import dataclass

import numpy as np

from datasets.light import Light


@dataclass(frozen=True, slots=True)
class Aim:
    """How a camera is turned against its preset: degrees to the left and down, and the factor by which things grow."""

    pan_deg: float = 0.0
    tilt_deg: float = 0.0
    zoom: float = 1.0


AT_PRESET = Aim()


@dataclass(frozen=True, slots=True)
class PtzMove:
    """Once in a period the camera leaves its preset and comes back; it truly looks elsewhere, and truth with it.

    Attributes:
        leaves_s: scene time at which it begins to move.
        back_s: when it has come back.
        pan_deg: how far it turns, to the left where positive.
        tilt_deg: how far it looks down more.
        zoom: by how much things grow.
        takes_s: seconds that each way takes.
    """

    leaves_s: float
    back_s: float
    pan_deg: float
    tilt_deg: float = 0.0
    zoom: float = 1.0
    takes_s: float = 0.4

    def __post_init__(self) -> None:
        if not (self.takes_s > 0 and self.back_s - self.leaves_s >= 2 * self.takes_s and self.zoom > 0):
            raise ValueError(f"a move needs time for both ways, and a zoom: {self}")

    def away_ratio(self, t_s: float) -> float:
        """Return how far along its way it is at a time within the period: 0 at its preset, 1 at the other place."""
        out, home = (t_s - self.leaves_s) / self.takes_s, (self.back_s - t_s) / self.takes_s
        u = min(max(min(out, home), 0.0), 1.0)
        return u * u * (3 - 2 * u)


@dataclass(frozen=True, slots=True)
class CameraFaults:
    """How far a camera is from a perfect one; all zeros (and a zoom of noise of 1) are a perfect one.

    Pixels are those of a picture 720 high and scale with its height.

    Attributes:
        shake_px: standard deviation of the shaking by wind; lorries add more for moments.
        moves: when it looks elsewhere.
        barrel_ratio: by which share of the half diagonal corners are drawn inwards.
        soft_px: standard deviation of the blur of a lens out of focus.
        vignette_ratio: how much light is missing in the corners.
        dirt_ratio: how dirty the lens is, in [0, 1].
        drops: drops of water on it.
        exposure_steps_ratio: how much the exposure jumps, every half minute or so.
        hunting_ratio: how much it swings to and fro over seconds.
        shutter_s: how long a picture is exposed; moving things smear along their way.
        noise_gain: by how much its noise exceeds that of the light.
        kbit_s: bit rate of its encoder; 0 takes what the writer of the stream takes.
    """

    shake_px: float = 0.0
    moves: tuple[PtzMove, ...] = ()
    barrel_ratio: float = 0.0
    soft_px: float = 0.0
    vignette_ratio: float = 0.0
    dirt_ratio: float = 0.0
    drops: int = 0
    exposure_steps_ratio: float = 0.0
    hunting_ratio: float = 0.0
    shutter_s: float = 0.0
    noise_gain: float = 1.0
    kbit_s: float = 0.0

    def __post_init__(self) -> None:
        ratios = (self.vignette_ratio, self.dirt_ratio, self.exposure_steps_ratio, self.hunting_ratio)
        if not all(0 <= ratio <= 1 for ratio in ratios) or not 0 <= self.barrel_ratio <= MOST_BARREL:
            raise ValueError(f"ratios of a camera lie between 0 and 1, its barrel below {MOST_BARREL}: {self}")
        if min(self.shake_px, self.soft_px, self.drops, self.shutter_s, self.noise_gain, self.kbit_s) < 0:
            raise ValueError(f"a camera's faults are not negative: {self}")


MOST_BARREL = 0.1

FAULTLESS = CameraFaults()
"""A camera that changes no pixel."""

CAMERAS: dict[str, CameraFaults] = {
    "plain": FAULTLESS,
    "old": CameraFaults(
        barrel_ratio=0.03, soft_px=0.9, vignette_ratio=0.3, hunting_ratio=0.03, noise_gain=1.8, shutter_s=0.03
    ),
    "shaking": CameraFaults(shake_px=1.6),
    "turning": CameraFaults(moves=(PtzMove(30.0, 42.0, 24.0, 2.0),)),
    "dirty": CameraFaults(dirt_ratio=0.8, soft_px=0.6, vignette_ratio=0.2),
    "drops": CameraFaults(drops=26),
    "hunting": CameraFaults(exposure_steps_ratio=0.3, hunting_ratio=0.08),
    "narrow": CameraFaults(kbit_s=256.0),
    "worst": CameraFaults(
        shake_px=1.6, barrel_ratio=0.03, soft_px=0.7, vignette_ratio=0.3, dirt_ratio=0.6, drops=14,
        exposure_steps_ratio=0.2, hunting_ratio=0.06, shutter_s=0.04, noise_gain=2.2, kbit_s=512.0,
    ),
}  # fmt: skip
"""Every camera with a name."""


def camera_named(name: str) -> CameraFaults:
    """Return a camera's faults by its name.

    Raises:
        ValueError: there is no such camera; the message says which there are.
    """
    if name not in CAMERAS:
        raise ValueError(f"no camera is called {name!r}; there are {', '.join(CAMERAS)}")
    return CAMERAS[name]


def random_camera(rng: np.random.Generator, light: Light, *, is_raining: bool) -> CameraFaults:
    """Return a camera for training: each fault more or less often; in the dark longer exposed and noisier."""
    dark = light.lamps_on
    often = rng.random(7) < (0.3, 0.5, 0.4, 0.3, 0.25, 0.6 if dark else 0.15, 0.4)
    shaking, barrel, soft, vignette, dirt, smear, narrow = (bool(v) for v in often)
    return CameraFaults(
        shake_px=float(rng.uniform(0.3, 2.0)) * shaking,
        barrel_ratio=float(rng.uniform(0.005, 0.05)) * barrel,
        soft_px=float(rng.uniform(0.4, 1.6)) * soft,
        vignette_ratio=float(rng.uniform(0.1, 0.45)) * vignette,
        dirt_ratio=float(rng.uniform(0.2, 1.0)) * dirt,
        drops=int(rng.integers(4, 36)) if is_raining and rng.random() < 0.5 else 0,
        exposure_steps_ratio=float(rng.uniform(0.0, 0.35)),
        hunting_ratio=float(rng.uniform(0.0, 0.08)),
        shutter_s=(0.04 if dark else 0.015) * float(rng.uniform(0.6, 1.0)) * smear,
        noise_gain=float(rng.uniform(0.7, 2.4 if dark else 1.6)),
        kbit_s=float(rng.uniform(*POOR_KBIT_S)) * narrow,
    )


POOR_KBIT_S = 150.0, 900.0
"""Bit rates at 1280x720 and 12 frames a second that are seen in the picture."""


def aim_at(faults: CameraFaults, t_s: float) -> Aim:
    """Return how the camera is turned away from its preset at a time within the period."""
    for move in faults.moves:
        away = move.away_ratio(t_s)
        if away > 0:
            return Aim(away * move.pan_deg, away * move.tilt_deg, move.zoom**away)
    return AT_PRESET


def shake_at(faults: CameraFaults, t_s: float, seed: int) -> tuple[float, float]:
    """Return by how many pixels of a picture 720 high the scene is moved, right and down.

    Wind moves the pole at two or three hertz, with gusts; every `LORRY_S` a lorry adds a short tremble.
    """
    if faults.shake_px == 0:
        return 0.0, 0.0
    phases = np.random.default_rng((seed, 81)).uniform(0, 2 * math.pi, (2, len(SHAKES_HZ)))
    gust = 0.7 + 0.3 * math.sin(2 * math.pi * t_s / 13.0 + phases[0, 0])
    since_lorry_s = (t_s + 3.0 * phases[1, 0]) % LORRY_S
    lorry = 1.8 * math.exp(-since_lorry_s / 0.9)
    powers = np.array(SHAKE_POWERS) * (gust, gust, gust, gust + lorry, lorry)
    sums = (powers * np.sin(2 * math.pi * np.array(SHAKES_HZ) * t_s + phases)).sum(axis=1)
    return float(faults.shake_px * sums[0]), float(faults.shake_px * 0.7 * sums[1])


SHAKES_HZ = (0.37, 1.9, 2.7, 6.1, 9.7)
SHAKE_POWERS = (0.45, 0.85, 0.7, 0.35, 0.4)
LORRY_S = 23.0


def gain_at(faults: CameraFaults, t_s: float, seed: int) -> float:
    """Return the factor of exposure: steps that the camera goes through in a second or two, and slow hunting."""
    gain = 1.0
    if faults.exposure_steps_ratio:
        slot = math.floor(t_s / STEP_S)
        before, now = (_step(faults.exposure_steps_ratio, slot - back, seed) for back in (1, 0))
        gain *= now + (before - now) * math.exp(-(t_s - slot * STEP_S) / 0.9)
    if faults.hunting_ratio:
        phase = seed % 628 / 100
        swell = 0.6 + 0.4 * math.sin(2 * math.pi * t_s / 37.0 + phase)
        gain *= 1 + faults.hunting_ratio * swell * math.sin(2 * math.pi * t_s / 5.3 + phase)
    return gain


STEP_S = 28.0
"""Seconds between steps of the exposure."""


def _step(ratio: float, slot: int, seed: int) -> float:
    return 1 + ratio * float(np.random.default_rng((seed, 82, slot & 0x7FFFFFFF)).uniform(-1, 1))
