"""Says what the weather does over a street: rain, wet ground, fog, clouds, wind in the leaves, where the sun is.

A `Weather` is plain figures; `lit_under` turns a light into the one that is left under it. `CLEAR` changes nothing.

Belongs here: names, figures, invention. Does not: drawing (haze, rain, wet_ground, moving_shade).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from datasets.light import Light, sun_at
from datasets.shapes import Colour


@dataclass(frozen=True, slots=True)
class Weather:
    """The weather of a scene.

    Attributes:
        rain_ratio: how hard it rains, in [0, 1].
        wet_ratio: how wet the ground is, in [0, 1]; at 1 there are puddles.
        visibility_m: distance at which a twentieth of the contrast is left; infinite in clear air.
        overcast_ratio: how much of the sun clouds hide, in [0, 1].
        clouds_ratio: how dark the shadows of single clouds are that pass over the ground, in [0, 1].
        wind_ratio: how much leaves move, in [0, 1]; where it is 0, the shade of trees lies still.
        hour: local sun time at t_s = 0, from 7 to 17, which moves on with the scene; None keeps the light's own sun.
    """

    rain_ratio: float = 0.0
    wet_ratio: float = 0.0
    visibility_m: float = math.inf
    overcast_ratio: float = 0.0
    clouds_ratio: float = 0.0
    wind_ratio: float = 0.0
    hour: float | None = None

    def __post_init__(self) -> None:
        ratios = self.rain_ratio, self.wet_ratio, self.overcast_ratio, self.clouds_ratio, self.wind_ratio
        if not all(0 <= ratio <= 1 for ratio in ratios):
            raise ValueError(f"ratios of weather lie between 0 and 1: {self}")
        if not self.visibility_m >= NEAREST_VISIBILITY_M:
            raise ValueError(f"visibility_m={self.visibility_m} is less than {NEAREST_VISIBILITY_M:g} m")
        if self.hour is not None and not 7 <= self.hour <= 17:
            raise ValueError(f"hour={self.hour} is not between 7 and 17")


NEAREST_VISIBILITY_M = 15.0
"""Thicker fog leaves nothing of a street."""

CLEAR = Weather()
"""Weather that changes no pixel."""

WEATHERS: dict[str, Weather] = {
    "clear": CLEAR,
    "windy": Weather(clouds_ratio=0.7, wind_ratio=1.0),
    "morning": Weather(wind_ratio=0.4, hour=8.0, visibility_m=600.0),
    "afternoon": Weather(wind_ratio=0.5, hour=16.2),
    "wet": Weather(wet_ratio=0.8, overcast_ratio=0.5),
    "drizzle": Weather(rain_ratio=0.3, wet_ratio=0.6, visibility_m=280.0, overcast_ratio=0.85),
    "rain": Weather(rain_ratio=0.65, wet_ratio=0.85, visibility_m=170.0, overcast_ratio=1.0),
    "downpour": Weather(rain_ratio=1.0, wet_ratio=1.0, visibility_m=90.0, overcast_ratio=1.0),
    "haze": Weather(visibility_m=140.0, overcast_ratio=0.4),
    "fog": Weather(wet_ratio=0.15, visibility_m=55.0, overcast_ratio=0.95),
}
"""Every weather with a name."""


def weather_named(name: str) -> Weather:
    """Return a weather by its name.

    Raises:
        ValueError: there is no such weather; the message says which there are.
    """
    if name not in WEATHERS:
        raise ValueError(f"no weather is called {name!r}; there are {', '.join(WEATHERS)}")
    return WEATHERS[name]


def random_weather(rng: np.random.Generator) -> Weather:
    """Return a weather for training: clear more often than not, else rain, wet ground, haze or fog of any strength."""
    kind = str(rng.choice(["clear", "wet", "rain", "haze", "fog"], p=[0.5, 0.12, 0.18, 0.12, 0.08]))
    strength = float(rng.uniform(0.25, 1.0))
    if kind == "rain":
        return Weather(
            rain_ratio=strength,
            wet_ratio=float(rng.uniform(0.5, 1.0)),
            visibility_m=70.0 + 250.0 * (1 - strength),
            overcast_ratio=float(rng.uniform(0.8, 1.0)),
        )
    if kind == "wet":
        return Weather(wet_ratio=strength, overcast_ratio=float(rng.uniform(0.0, 1.0)))
    if kind == "haze":
        return Weather(visibility_m=float(rng.uniform(100, 400)), overcast_ratio=float(rng.uniform(0.0, 0.8)))
    if kind == "fog":
        return Weather(visibility_m=float(rng.uniform(35, 90)), wet_ratio=0.2 * strength, overcast_ratio=0.95)
    return Weather(
        clouds_ratio=strength if rng.random() < 0.4 else 0.0,
        wind_ratio=float(rng.uniform(0, 1)),
        hour=float(rng.uniform(7.5, 16.8)) if rng.random() < 0.7 else None,
    )


def lit_under(light: Light, weather: Weather, t_s: float = 0.0) -> Light:
    """Return what a weather leaves of a light at a scene time; the very same light under `CLEAR`.

    Clouds take the sun and give a part of it back from everywhere; rain makes the day darker; fog and cloud take the
    sky's colour. Under any weather lamps that are on get beams and halos, which the plain lights do without.
    """
    if weather == CLEAR:
        return light
    if weather.hour is not None and not light.lamps_on:
        light = _with_sun(light, weather.hour + t_s / 3600)
    hidden = weather.overcast_ratio
    dim = 1 - 0.22 * weather.rain_ratio
    ambient = [(a + 0.45 * hidden * d) * dim for a, d in zip(light.ambient, light.direct, strict=True)]
    grey = sum(ambient) / 3
    return replace(
        light,
        ambient=_triple(a + (grey - a) * 0.5 * hidden for a in ambient),
        direct=_triple(d * (1 - 0.92 * hidden) for d in light.direct),
        shadow_ratio=light.shadow_ratio * (1 - 0.72 * hidden),
        sky=_sky(light, weather, dim),
        beams_ratio=max(light.beams_ratio, LAMP_BEAMS.get(light.name, WEAK_BEAMS)) if light.lamps_on else 0.0,
    )


LAMP_BEAMS = {"dusk": 0.5, "night": 0.85, "headlights": 1.0}
"""Strength of headlights against what else lights the road, for each light in which lamps are on."""

WEAK_BEAMS = 0.2
"""The same where lamps burn by day."""


def air_colour(light: Light) -> Colour:
    """Return the BGR colour that haze and fog have in a light: the horizon's, and by night what lamps make of it."""
    blue, green, red = light.sky[1]
    if not light.lamps_on:
        return 0.88 * blue, 0.88 * green, 0.88 * red
    return 0.8 * blue + 10, 0.8 * green + 16, 0.8 * red + 20


def _with_sun(light: Light, hour: float) -> Light:
    """The light with the sun where it is at an hour; a low sun is weaker and warmer."""
    sun = sun_at(min(max(hour, 6.5), 17.5))
    high = min(1.0, sun[2] / 0.7)
    warmth = 0.55 + 0.45 * high, 0.75 + 0.25 * high, 0.9 + 0.1 * high
    return replace(light, sun=sun, direct=_triple(d * w for d, w in zip(light.direct, warmth, strict=True)))


def _sky(light: Light, weather: Weather, dim: float) -> tuple[Colour, Colour]:
    """Cloud takes the colour out of the sky, fog its gradient."""
    top, low = light.sky
    fog = 1 - math.exp(-60.0 / weather.visibility_m)
    grey_top, grey_low = (sum(colour) / 3 * dim for colour in (top, low))
    cover = weather.overcast_ratio
    low = _triple(c * dim + (grey_low - c * dim) * cover for c in low)
    top = _triple(c * dim + (grey_top - c * dim) * cover for c in top)
    return _triple(t + (b - t) * max(fog, 0.6 * cover) for t, b in zip(top, low, strict=True)), low


def _triple(values: Iterable[float]) -> Colour:
    blue, green, red = values
    return float(blue), float(green), float(red)
