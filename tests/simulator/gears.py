"""The two gears in which a camera is watched: every picture decoded, and at rest as in production."""

from typing import Literal

from detectors.rules import FASTEST_SCOUT_S, Pace
from streams.gears import Gear

GearName = Literal["full", "quiet"]

_AT_REST = Pace.scout(FASTEST_SCOUT_S)
"""Of the shortest limit that a rule can have, so that looks are a second apart and a minute shows many of them."""

GEARS: dict[GearName, Gear] = {"full": Gear.full(), "quiet": Gear.scout(_AT_REST.look_hz, _AT_REST.longest_s)}
"""A reader that is only asked for key frames takes packets in by heaps, and in turn with others like it."""
