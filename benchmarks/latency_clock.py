"""One camera's clock on the machine's: which picture was due to leave when, and how often a gear promises a look.

Pictures are counted from PLAY. The farm says when picture 0 was due; picture `i` follows `i / fps` later. The number
that is drawn into it is its place in the clip, which begins again after so many pictures.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.camera_clock import ClipClock
from pipeline.watch import EARLY_RATIO

LONGEST_DELAY_S = 30.0
"""A picture on the screen is not older than this: tells which lap of the clip it belongs to."""


@dataclass(frozen=True, slots=True)
class CameraLine:
    """A camera on the machine's clock.

    Attributes:
        name: of the camera.
        clip: pictures a second, pictures in a period and the number of the first one.
        began_s: `time.monotonic` at which picture 0 was due to leave.
        offset_s: what to add to a stream time to get a moment of the street.
        reads_s: when each picture's packet was read, from picture 0 on.
    """

    name: str
    clip: ClipClock
    began_s: float
    offset_s: float
    reads_s: Sequence[float]

    def sent_s(self, picture: int) -> float:
        """Return when a picture was due to leave the camera."""
        return self.began_s + picture / self.clip.fps

    def sent_of_moment(self, moment_s: float) -> float:
        """Return when a camera showed a moment of its street."""
        return self.began_s + moment_s - self.clip.first / self.clip.fps

    def moment_at(self, at_s: float) -> float:
        """Return the street's moment that the camera showed at a time of this machine."""
        return at_s - self.began_s + self.clip.first / self.clip.fps

    def picture_of(self, t_s: float) -> int:
        """Return which picture bears a stream time."""
        return round((t_s + self.offset_s) * self.clip.fps) - self.clip.first

    def picture_of_number(self, number: int, seen_s: float) -> int:
        """Return which picture bears a number: the last one that was sent before it was seen.

        Raises:
            ValueError: there is none in the last `LONGEST_DELAY_S`.
        """
        newest = math.floor((seen_s - self.began_s) * self.clip.fps)
        picture = newest - (newest - (number - self.clip.first)) % self.clip.pictures
        if picture < 0 or (newest - picture) / self.clip.fps > LONGEST_DELAY_S:
            raise ValueError(f"camera {self.name}: no picture with number {number} was sent lately")
        return picture

    def read_s(self, picture: int) -> float | None:
        """Return when a picture's packet was read; None where that was not noted."""
        return self.reads_s[picture] if 0 <= picture < len(self.reads_s) else None


def look_interval_s(look_hz: float, gear: str, key_interval_s: float) -> float:
    """Return how far apart looks are at a pace, in the gear that serves it.

    Args:
        look_hz: looks a second that the pace wants.
        gear: what is decoded: `key` for key frames alone; the pace allows that where they come often enough.
        key_interval_s: seconds between key frames.
    """
    wanted_s = 1 / look_hz
    if gear != "key" or key_interval_s <= 0:
        return wanted_s
    return key_interval_s * max(1, math.ceil(EARLY_RATIO * wanted_s / key_interval_s))


def p50_p95(values: Sequence[float]) -> tuple[float, float] | None:
    """Return median and 95th percentile, by linear interpolation; None of nothing."""
    if not values:
        return None
    middle, high = np.percentile(np.array(values, float), [50, 95])
    return float(middle), float(high)
