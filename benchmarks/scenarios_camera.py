"""A drawn street as the service meets a camera: key frames, pictures between them, a past to look back into.

Nothing is streamed. A picture is drawn when somebody asks for it, sent through H.264 as a key frame at the camera's bit
rate, and kept, so that all who look at one moment see the same pixels.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from benchmarks.scenarios_trials import Trial
from datasets.low_rate import through_h264
from datasets.scene import StreetScene
from datasets.truth import Truth
from detectors.rules import Pace
from streams.errors import NotInRingError
from streams.gears import Gear, cheapest_gear
from vision.arrays import Picture, SizeWH
from vision.frames import Frame, Planes

FPS = 12.5
"""Pictures a second: enough to date by, and half of what drawing 25 would cost."""

RING_S = 60.0
"""So much of the past is kept, as the service's default."""

SIZES_WH: dict[str, SizeWH] = {"parking": (1280, 720), "vending": (1280, 720), "flyers": (960, 540)}
"""Size of the pictures by kind: the least that cameras of a street send; walls are near, and fill more of them."""

STILL_WH: SizeWH = (1920, 1080)
"""Size of the stills that are evidence: cameras send that much, and the service keeps it."""

BEGAN_AT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
"""When every scenario begins: ten in the morning in China."""


class DrawnCamera:
    """The camera of one trial; one thread at a time."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self.camera_id = f"{trial.kind}-{trial.seed}"
        self.size_wh = SIZES_WH[trial.kind]
        self.end_s = trial.scenario.script.period_s
        self._scene = StreetScene(trial.scenario.script, self.size_wh, trial.scenario.light)
        self.first_t_s = round(float(np.random.default_rng((trial.seed, 5)).integers(12)) / FPS, 3)
        self._planes: dict[float, Planes] = {}
        self._truths: dict[float, Truth] = {}
        self._now_s = 0.0

    @property
    def drawn(self) -> int:
        """How many pictures were drawn so far."""
        return len(self._planes)

    def next_t_s(self, after_s: float, pace: Pace) -> float:
        """Return when the reader offers the next picture after a moment, in the gear that serves a pace."""
        gear = cheapest_gear([Gear.scout(pace.look_hz, pace.longest_s)], self._trial.conditions.key_every_s)
        step_s = self._trial.conditions.key_every_s if gear.mode == "key" else 1 / FPS
        steps = math.floor((after_s - self.first_t_s) / step_s + 1e-6) + 1
        return round(self.first_t_s + max(steps, 0) * step_s, 3)

    def frame(self, t_s: float) -> Frame:
        """Return the picture of a moment as a decoded frame."""
        self._now_s = max(self._now_s, t_s)
        at = BEGAN_AT + timedelta(seconds=t_s)
        return Frame(self.camera_id, round(t_s * FPS), t_s, at, 0.0, self._planes_at(t_s))

    def still(self, t_s: float) -> Picture:
        """Return the picture of a moment as evidence shows it, (1080, 1920, 3) BGR."""
        script, light = self._trial.scenario.script, self._trial.scenario.light
        return self._pressed(StreetScene(script, STILL_WH, light).picture(t_s))

    def truth(self, t_s: float) -> Truth:
        """Return what is true of a moment."""
        if t_s not in self._truths:
            self._truths[t_s] = self._scene.truth(t_s)
        return self._truths[t_s]

    def check(self, t_s: float) -> None:
        """As `pipeline.look_back.Past`: make sure that a moment is kept.

        Raises:
            NotInRingError: it is not.
        """
        if not self._kept_from_s <= t_s <= self._now_s + 1e-6:
            raise NotInRingError(f"camera {self.camera_id} keeps {self._kept_from_s:.1f} to {self._now_s:.1f}")

    def key_times(self, from_t_s: float, to_t_s: float) -> Sequence[float]:
        """As `pipeline.look_back.Past`: return the times of the key frames of a span."""
        low, high = max(from_t_s, self._kept_from_s), min(to_t_s, self._now_s)
        every_s = self._trial.conditions.key_every_s
        first = max(0, math.ceil((low - self.first_t_s) / every_s - 1e-6))
        last = math.floor((high - self.first_t_s) / every_s + 1e-6)
        return [round(self.first_t_s + step * every_s, 3) for step in range(first, last + 1)]

    def key(self, t_s: float) -> Picture | None:
        """As `pipeline.look_back.Past`: return a key frame."""
        return self._planes_at(t_s).y

    def at(self, t_s: float) -> Picture:
        """As `pipeline.look_back.Past`: return what was shown at a moment."""
        self.check(t_s)
        return self._planes_at(t_s).y

    def group(self, from_t_s: float, to_t_s: float) -> Iterator[tuple[float, Picture]]:
        """As `pipeline.look_back.Past`: yield everything from the key frame before `from_t_s` to `to_t_s`."""
        keys = self.key_times(float("-inf"), from_t_s)
        first_s = keys[-1] if keys else self.first_t_s
        for step in range(math.floor((to_t_s - first_s) * FPS + 1e-6) + 1):
            t_s = round(first_s + step / FPS, 3)
            yield t_s, self._planes_at(t_s).y

    @property
    def _kept_from_s(self) -> float:
        return max(0.0, self._now_s - RING_S)

    def _planes_at(self, t_s: float) -> Planes:
        if t_s not in self._planes:
            self._planes[t_s] = Planes.from_bgr(self._pressed(self._scene.picture(t_s)))
        return self._planes[t_s]

    def _pressed(self, bgr: Picture) -> Picture:
        """Return a picture as the camera's compression leaves it."""
        bits_s = self._trial.conditions.bits_per_pixel_s * bgr.shape[0] * bgr.shape[1]
        return through_h264([bgr], bits_s).pictures[0]
