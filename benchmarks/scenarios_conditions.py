"""Draws under which conditions a scenario is watched: light, weather, camera, density, height, compression.

Each condition is drawn by itself, so that a table of one says nothing of another. All of it follows from the
generator that is handed in.
"""

import math
from dataclasses import asdict, dataclass

import numpy as np

from datasets.scenario_conditions import CameraEntry, WeatherEntry
from datasets.scenario_entries import ViewEntry
from datasets.street_layouts import Layout

LIGHTS = ("day", "day", "day", "overcast", "overcast", "dusk", "dusk", "night", "headlights")
WEATHERS = ("clear", "clear", "clear", "clear", "windy", "wet", "drizzle", "rain", "downpour", "haze", "fog")
CAMERAS = ("plain", "plain", "plain", "old", "shaking", "dirty", "drops", "hunting", "turning")
"""Names of `datasets`; what is usual stands here more than once."""

GAPS_S = {"sparse": (24.0, 30.0), "usual": (11.0, 13.0), "dense": (5.5, 6.0)}
"""Mean time between two vehicles of a lane, and between two walkers, by density."""

HEIGHTS_M = {"low": (4.2, 5.2), "usual": (5.6, 7.2), "high": (8.0, 10.5)}
"""How high the camera hangs."""

KBIT_S = {"good": 4000.0, "medium": 1200.0, "poor": 400.0}
"""Bit rates for a picture of 1280x720 (kbit/s); a smaller one gets its share of them."""

KEY_EVERY_S = (1.0, 2.0, 2.0, 4.0)
"""Seconds between key frames: two with most cameras."""

BEFORE_DECK = "clear"
"""The weather under a deck, where neither rain nor sun comes."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under which conditions a scenario is watched; every field is a name or a figure of the tables above."""

    light: str
    weather: str
    camera: str
    density: str
    height: str
    compression: str
    key_every_s: float

    def to_json(self) -> dict[str, str | float]:
        """Return them by name, as the report's tables are grouped."""
        return asdict(self)

    @property
    def traffic_gap_s(self) -> float:
        """Mean time between two vehicles of a lane."""
        return GAPS_S[self.density][0]

    @property
    def walkers_gap_s(self) -> float:
        """Mean time between two who walk past."""
        return GAPS_S[self.density][1]

    @property
    def bits_per_pixel_s(self) -> float:
        """Bits a second that the encoder may spend on a pixel."""
        return KBIT_S[self.compression] * 1000 / (1280 * 720)


def draw_conditions(rng: np.random.Generator, *, has_deck: bool = False) -> Conditions:
    """Return conditions of chance; a street under a deck has one weather only."""
    light, weather, camera = (_pick(rng, names) for names in (LIGHTS, WEATHERS, CAMERAS))
    density, height, compression = (_pick(rng, tuple(names)) for names in (GAPS_S, HEIGHTS_M, KBIT_S))
    key_every_s = float(rng.choice(KEY_EVERY_S))
    return Conditions(light, BEFORE_DECK if has_deck else weather, camera, density, height, compression, key_every_s)


def weather_entry(conditions: Conditions) -> WeatherEntry:
    """Return the weather as a scenario file tells it."""
    return WeatherEntry(name=conditions.weather)


def camera_entry(conditions: Conditions) -> CameraEntry:
    """Return the camera as a scenario file tells it."""
    return CameraEntry(name=conditions.camera)


def view_entry(conditions: Conditions, usual: Layout, rng: np.random.Generator) -> ViewEntry:
    """Return the layout's view from another height: it looks at the same spot of the ground, give or take a degree."""
    low, high = HEIGHTS_M[conditions.height]
    if usual.street.deck_z:
        high = min(high, usual.street.deck_z - 0.5)
        low = min(low, high - 0.3)
    height_m = round(float(rng.uniform(low, high)), 2)
    view = usual.view
    away_m = view.height_m / math.tan(math.radians(view.pitch_deg))
    pitch_deg = math.degrees(math.atan2(height_m, away_m)) + float(rng.uniform(-0.8, 0.8))
    yaw_deg = view.yaw_deg + float(rng.uniform(-1.5, 1.5))
    return ViewEntry(height_m=height_m, pitch_deg=round(pitch_deg, 2), yaw_deg=round(yaw_deg, 2))


def _pick(rng: np.random.Generator, names: tuple[str, ...]) -> str:
    return names[int(rng.integers(len(names)))]
