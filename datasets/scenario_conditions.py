"""The tables `[weather]` and `[camera]` of a scenario file, as they are written.

Each begins with a name of `datasets.weather` or `datasets.camera_faults`; what else is written replaces single figures
of what bears that name.
"""

import itertools
from dataclasses import replace
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from datasets.camera_faults import MOST_BARREL, CameraFaults, PtzMove, camera_named
from datasets.scenario_entries import Entry, Seconds
from datasets.weather import NEAREST_VISIBILITY_M, Weather, weather_named

Ratio = Annotated[float, Field(ge=0, le=1)]


class WeatherEntry(Entry):
    """The weather; what is left out stays as in the weather of that name."""

    name: str = Field(default="clear", description="A name of datasets.weather.")
    rain_ratio: Ratio | None = Field(default=None, description="How hard it rains.")
    wet_ratio: Ratio | None = Field(default=None, description="How wet the ground is; at 1 there are puddles.")
    visibility_m: float | None = Field(
        default=None, ge=NEAREST_VISIBILITY_M, le=100_000, description="Where a twentieth of the contrast is left (m)."
    )
    overcast_ratio: Ratio | None = Field(default=None, description="How much of the sun clouds hide.")
    clouds_ratio: Ratio | None = Field(default=None, description="How dark the shadows of passing clouds are.")
    wind_ratio: Ratio | None = Field(default=None, description="How much leaves move.")
    hour: float | None = Field(default=None, ge=7, le=17, description="Local sun time at the beginning (h).")

    @field_validator("name")
    @classmethod
    def _is_known(cls, name: str) -> str:
        weather_named(name)
        return name

    def weather(self) -> Weather:
        """Return the weather that is meant."""
        given = {key: value for key, value in self.model_dump(exclude={"name"}).items() if value is not None}
        return replace(weather_named(self.name), **given)


class MoveEntry(Entry):
    """Once in a period the camera looks elsewhere and comes back."""

    leaves_s: Seconds = Field(description="When it begins to move (s).")
    back_s: Seconds = Field(description="When it has come back (s).")
    pan_deg: float = Field(ge=-178, le=178, description="How far it turns, to the left where positive (degrees).")
    tilt_deg: float = Field(default=0.0, ge=-88, le=88, description="How far it looks down more (degrees).")
    zoom: float = Field(default=1.0, ge=0.2, le=8, description="By how much things grow.")
    takes_s: float = Field(default=0.4, ge=0.1, le=60, description="How long each way takes (s).")

    @model_validator(mode="after")
    def _has_time_for_both_ways(self) -> "MoveEntry":
        if self.back_s - self.leaves_s < 2 * self.takes_s:
            raise ValueError("between leaves_s and back_s there is no time for both ways, each of takes_s")
        return self

    def move(self) -> PtzMove:
        """Return the move that is meant."""
        return PtzMove(**self.model_dump())


class CameraEntry(Entry):
    """What the camera does to its pictures; what is left out stays as in the camera of that name."""

    name: str = Field(default="plain", description="A name of datasets.camera_faults.")
    shake_px: float | None = Field(default=None, ge=0, le=20, description="How far it shakes, at 720 rows (pixels).")
    moves: tuple[MoveEntry, ...] = Field(default=(), max_length=20, description="When it looks elsewhere.")
    barrel_ratio: float | None = Field(default=None, ge=0, le=MOST_BARREL, description="How much its lens bends.")
    soft_px: float | None = Field(default=None, ge=0, le=20, description="How far it is out of focus (pixels).")
    vignette_ratio: Ratio | None = Field(default=None, description="How much light is missing in the corners.")
    dirt_ratio: Ratio | None = Field(default=None, description="How dirty its lens is.")
    drops: int | None = Field(default=None, ge=0, le=200, description="Drops of water on its lens.")
    exposure_steps_ratio: Ratio | None = Field(default=None, description="How much its exposure jumps.")
    hunting_ratio: Ratio | None = Field(default=None, description="How much its exposure swings to and fro.")
    shutter_s: float | None = Field(default=None, ge=0, le=0.5, description="How long a picture is exposed (s).")
    noise_gain: float | None = Field(default=None, ge=0, le=10, description="Its noise against the light's own.")
    kbit_s: float | None = Field(default=None, ge=32, le=50_000, description="Bit rate of its encoder (kbit/s).")

    @field_validator("name")
    @classmethod
    def _is_known(cls, name: str) -> str:
        camera_named(name)
        return name

    @model_validator(mode="after")
    def _moves_follow_one_another(self) -> "CameraEntry":
        for number, (before, move) in enumerate(itertools.pairwise(self.moves), start=2):
            if move.leaves_s < before.back_s:
                raise ValueError(f"move number {number} begins before the one above it has come back")
        return self

    def faults(self) -> CameraFaults:
        """Return the faults that are meant."""
        named = camera_named(self.name)
        written = self.model_dump(exclude={"name", "moves"})
        given = {key: value for key, value in written.items() if value is not None}
        return replace(named, moves=tuple(move.move() for move in self.moves) or named.moves, **given)
