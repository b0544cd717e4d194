"""Says how bright and which colour a surface is at a time of day: sun or lamps, sky, exposure, sensor noise."""

import math
from dataclasses import dataclass

import numpy as np

from datasets.ground_camera import Metres
from datasets.shapes import Colour


@dataclass(frozen=True, slots=True)
class Light:
    """The light of a scene.

    Attributes:
        name: one of `LIGHTS`.
        sun: unit vector towards the sun (or the moonlit sky); its z says how long shadows are.
        ambient: BGR factors of light that comes from everywhere.
        direct: BGR factors of light from the sun.
        shadow_ratio: how much of the ground's brightness a cast shadow takes away.
        sky: BGR colours at the top of the sky and at the horizon.
        noise_level: standard deviation of sensor noise, in grey levels.
        lamps_on: whether street lamps, headlights and windows shine.
        beams_ratio: how strong headlights and the halos of lamps are, in [0, 1]; 0 draws only a plain glare.
    """

    name: str
    sun: tuple[float, float, float]
    ambient: Colour
    direct: Colour
    shadow_ratio: float
    sky: tuple[Colour, Colour]
    noise_level: float
    lamps_on: bool
    beams_ratio: float = 0.0

    def shade(self, normals: Metres, colours: Metres, lamp: float) -> Metres:
        """Return (N, 3) lit BGR colours.

        Args:
            normals: (N, 3) unit vectors in world axes; a zero vector means a rounded piece.
            colours: (N, 3) BGR under full light.
            lamp: light of street lamps at this place, in [0, 1].
        """
        toward = normals @ np.array(self.sun)
        facing = np.where(np.any(normals != 0, axis=1), np.clip(toward, 0, 1), ROUND_FACING)
        upward = 0.75 + 0.25 * normals[:, 2]
        light = np.outer(upward, self.ambient) + np.outer(facing, self.direct)
        if lamp > 0:
            light += lamp * (0.7 + 0.3 * normals[:, 2:3]) * LAMP_COLOUR
        return np.clip(colours * light, 0, 255)


ROUND_FACING = 0.5
"""Share of direct light that a rounded piece takes on average."""

LAMP_COLOUR = np.array([0.45, 0.68, 0.80])
"""BGR factors of a sodium or warm LED street lamp at its foot."""


def _towards(azimuth_deg: float, height_deg: float) -> tuple[float, float, float]:
    azimuth, height = math.radians(azimuth_deg), math.radians(height_deg)
    return math.cos(azimuth) * math.cos(height), math.sin(azimuth) * math.cos(height), math.sin(height)


def sun_at(hour: float) -> tuple[float, float, float]:
    """Return the unit vector towards the sun at an hour of local sun time; it never sinks below `LOWEST_SUN_DEG`.

    The camera looks north, so that x points east and y north; the place is `LATITUDE_DEG`, the season late summer.

    Source: the usual formulas of the sun's height and azimuth from declination and hour angle.
    """
    latitude, declination = math.radians(LATITUDE_DEG), math.radians(DECLINATION_DEG)
    turn = math.radians((hour - 12) * 15)
    east = -math.cos(declination) * math.sin(turn)
    north = math.cos(latitude) * math.sin(declination) - math.sin(latitude) * math.cos(declination) * math.cos(turn)
    up = math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(declination) * math.cos(turn)
    height = max(up, math.sin(math.radians(LOWEST_SUN_DEG)))
    flat = math.sqrt(1 - height * height) / math.hypot(east, north)
    return east * flat, north * flat, height


LATITUDE_DEG = 31.0
DECLINATION_DEG = 10.0
LOWEST_SUN_DEG = 8.0


LIGHTS: dict[str, Light] = {
    "day": Light(
        name="day",
        sun=_towards(-120, 52),
        ambient=(0.70, 0.66, 0.63),
        direct=(0.46, 0.55, 0.60),
        shadow_ratio=0.40,
        sky=((222, 178, 128), (238, 226, 212)),
        noise_level=2.2,
        lamps_on=False,
    ),
    "overcast": Light(
        name="overcast",
        sun=_towards(-100, 70),
        ambient=(0.98, 0.97, 0.96),
        direct=(0.10, 0.11, 0.11),
        shadow_ratio=0.16,
        sky=((205, 200, 196), (226, 224, 222)),
        noise_level=2.6,
        lamps_on=False,
    ),
    "dusk": Light(
        name="dusk",
        sun=_towards(-160, 20),
        ambient=(0.50, 0.40, 0.38),
        direct=(0.10, 0.22, 0.32),
        shadow_ratio=0.18,
        sky=((120, 84, 70), (130, 160, 214)),
        noise_level=3.6,
        lamps_on=True,
    ),
    "night": Light(
        name="night",
        sun=_towards(-90, 60),
        ambient=(0.24, 0.20, 0.185),
        direct=(0.03, 0.03, 0.03),
        shadow_ratio=0.22,
        sky=((30, 20, 16), (52, 40, 36)),
        noise_level=4.5,
        lamps_on=True,
    ),
    "headlights": Light(
        name="headlights",
        sun=_towards(-90, 60),
        ambient=(0.17, 0.145, 0.135),
        direct=(0.02, 0.02, 0.02),
        shadow_ratio=0.12,
        sky=((22, 14, 11), (46, 34, 30)),
        noise_level=4.5,
        lamps_on=True,
        beams_ratio=1.0,
    ),
}
"""Every time of day that can be drawn, by name."""
