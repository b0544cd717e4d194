"""Decides how much of a stream is decoded: nothing, key frames, a few frames a second, or all.

Decoding key frames only costs about a tenth of decoding all, so the cheapest gear that serves every consumer is run.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

KEY_SLACK_RATIO = 1.1
"""Key frames may come this much later than wanted and still serve: encoders' GOPs are a frame or two off."""


@dataclass(frozen=True, slots=True)
class Gear:
    """A wish, or what a reader runs.

    Attributes:
        mode: `off` nothing; `key` key frames; `rate` at most `hz` frames a second; `full` every frame.
        hz: for `rate` the wanted frames a second; for `key` a limit on them, 0 for every key frame; else 0.
    """

    mode: Literal["off", "key", "rate", "full"]
    hz: float = 0.0

    def __post_init__(self) -> None:
        if self.hz < 0 or (self.mode == "rate" and self.hz == 0) or (self.mode in {"off", "full"} and self.hz):
            raise ValueError(f"gear {self.mode!r} does not go with {self.hz=}")

    @classmethod
    def off(cls) -> "Gear":
        """Return the gear that decodes nothing."""
        return cls("off")

    @classmethod
    def key(cls) -> "Gear":
        """Return the gear that decodes every key frame."""
        return cls("key")

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

    def __str__(self) -> str:
        return f"{self.mode}({self.hz:g})" if self.hz else self.mode


def cheapest_gear(wanted: Iterable[Gear], key_interval_s: float | None) -> Gear:
    """Return the cheapest gear that serves all wishes.

    Args:
        wanted: what the consumers want; none means `off`.
        key_interval_s: measured seconds between key frames; None while unknown, which trusts no key frame to come.

    Returns:
        `full` if anyone wants it; `key` where key frames come often enough for the highest rate, limited to that rate
        unless someone wants every key frame; else `rate` with the highest rate.
    """
    wishes = [gear for gear in wanted if gear.mode != "off"]
    if not wishes:
        return Gear.off()
    if any(gear.mode == "full" for gear in wishes):
        return Gear.full()
    hz = max((gear.hz for gear in wishes if gear.mode == "rate"), default=0.0)
    keys = [gear.hz for gear in wishes if gear.mode == "key"]
    if hz and (key_interval_s is None or key_interval_s > KEY_SLACK_RATIO / hz):
        return Gear.rate(hz)
    limit = 0.0 if 0.0 in keys else max([hz, *keys])
    return Gear("key", limit)
