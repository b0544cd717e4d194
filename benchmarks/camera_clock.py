"""Maps a side's own times to the moments of a street, by the numbers that it saw in a camera's pictures.

A street's moment is counted in seconds since the beginning of its clip and goes on growing when the clip begins
again. A side's own time is whatever it stamps pictures with: stream seconds (ours) or the wall clock (peers).
"""

from dataclasses import dataclass

SLIP_S = 1.0
"""A moment that is off by more than this is no jitter: the camera began anew after a lost connection."""


@dataclass(frozen=True, slots=True)
class ClipClock:
    """The clock in a clip's pictures: pictures a second, pictures in a period, and the camera's first picture."""

    fps: int
    pictures: int
    first: int

    @property
    def period_s(self) -> float:
        """Seconds after which the clip begins again."""
        return self.pictures / self.fps


class CameraClock:
    """One camera's clock as a side saw it.

    Attributes:
        moment_s: the newest moment that was seen; None before the first picture.
        first_s: the moment of the first picture that was seen; None before it.
        breaks: how often the camera's clock did not go on, because it was dialled anew.
    """

    def __init__(self, clip: ClipClock) -> None:
        self.moment_s: float | None = None
        self.first_s: float | None = None
        self.breaks = 0
        self._clip = clip
        self._offset_s = 0.0

    def saw(self, number: int, at_s: float) -> None:
        """Note that the picture with this number bears the side's own time `at_s`; a late picture tells nothing.

        Pictures can come late, never early, so the offset is that of the picture that came with the least delay.
        """
        seen_s = number / self._clip.fps
        period_s = self._clip.period_s
        if self.moment_s is None:
            moment_s = seen_s if number >= self._clip.first else seen_s + period_s
            self.first_s, self._offset_s = moment_s, moment_s - at_s
        else:
            expected_s = at_s + self._offset_s
            moment_s = seen_s + round((expected_s - seen_s) / period_s) * period_s
            if moment_s - expected_s > SLIP_S or moment_s < self.moment_s - SLIP_S:
                self.breaks += 1
                self._offset_s = moment_s - at_s
            self._offset_s = max(self._offset_s, moment_s - at_s)
        self.moment_s = moment_s

    def moment_of(self, at_s: float) -> float:
        """Return the street's moment at one of the side's own times.

        Raises:
            ValueError: no picture was seen yet.
        """
        if self.moment_s is None:
            raise ValueError("the camera's clock is not known before its first picture")
        return at_s + self._offset_s
