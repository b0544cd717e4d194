"""Decides how much of a stream is decoded: nothing, key frames, a few frames a second, or all.

Decoding key frames only costs about a tenth of decoding all, so the cheapest gear that serves every consumer is run.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import Literal

KEY_SLACK_RATIO = 1.1
"""Key frames may come this much later than wanted and still serve: encoders' GOPs are a frame or two off."""


@dataclass(frozen=True, slots=True)
class Gear:
    """A wish, or what a reader runs.

    Attributes:
        mode: `off` nothing; `key` key frames; `rate` at most `hz` frames a second; `full` every frame.
        hz: for `rate` the wanted frames a second; for `key` a limit on them, 0 for every key frame; else 0.
        longest_s: for a wish of `key`: how far apart key frames may be; where they come more rarely, other frames are
            wanted at `hz`. 0 for however rare.
    """

    mode: Literal["off", "key", "rate", "full"]
    hz: float = 0.0
    longest_s: float = 0.0

    def __post_init__(self) -> None:
        if self.hz < 0 or (self.mode == "rate" and self.hz == 0) or (self.mode in {"off", "full"} and self.hz):
            raise ValueError(f"gear {self.mode!r} does not go with {self.hz=}")
        if self.longest_s < 0 or (self.longest_s and self.mode != "key"):
            raise ValueError(f"gear {self.mode!r} does not go with {self.longest_s=}")

    @classmethod
    def off(cls) -> "Gear":
        """Return the gear that decodes nothing."""
        return cls("off")

    @classmethod
    def key(cls) -> "Gear":
        """Return the gear that decodes every key frame."""
        return cls("key")

    @classmethod
    def scout(cls, hz: float, longest_s: float) -> "Gear":
        """Return the wish for key frames, at most `hz` a second; for any where they are over `longest_s` apart."""
        return cls("key", hz, longest_s)

    @classmethod
    def rate(cls, hz: float) -> "Gear":
        """Return the gear that delivers at most `hz` frames a second."""
        return cls("rate", hz)

    @classmethod
    def full(cls) -> "Gear":
        """Return the gear that decodes every frame."""
        return cls("full")

    @property
    def decodes_all(self) -> bool:
        """True where every packet must go through the decoder."""
        return self.mode in {"rate", "full"}

    @property
    def patience_s(self) -> float:
        """Seconds between key frames up to which they serve this wish."""
        return KEY_SLACK_RATIO / self.hz if self.mode == "rate" else self.longest_s or inf

    def __str__(self) -> str:
        return f"{self.mode}({self.hz:g})" if self.hz else self.mode


def cheapest_gear(wanted: Iterable[Gear], key_interval_s: float) -> Gear:
    """Return the cheapest gear that serves all wishes.

    Args:
        wanted: what the consumers want; none means `off`.
        key_interval_s: seconds between key frames as far as known: 0 where the first has just come, infinite where
            key frames cannot be decoded alone.

    Returns:
        `full` if anyone wants it; `key` where key frames come often enough for everyone, limited to the highest rate
        unless someone wants every key frame; else `rate` with the highest rate.
    """
    wishes = [gear for gear in wanted if gear.mode != "off"]
    if not wishes:
        return Gear.off()
    if any(gear.mode == "full" for gear in wishes):
        return Gear.full()
    if key_interval_s <= min(gear.patience_s for gear in wishes):
        return Gear("key", 0.0 if any(not gear.hz for gear in wishes) else max(gear.hz for gear in wishes))
    hz = max(gear.hz or 1 / gear.patience_s for gear in wishes)
    # Who wants every key frame, however rare, cannot be given one where they do not stand alone.
    return Gear.rate(hz) if hz else Gear.key()
