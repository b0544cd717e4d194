"""Holds a whole scenario file as it is written: all its tables, and what must hold between their entries."""

from pydantic import Field, field_validator, model_validator

from datasets.light import LIGHTS
from datasets.scenario_conditions import CameraEntry, WeatherEntry
from datasets.scenario_entries import (
    ActorEntry,
    Entry,
    OffenceEntry,
    PaperEntry,
    StallEntry,
    TrafficEntry,
    ViewEntry,
    ZoneEntry,
)
from datasets.street_layouts import LAYOUTS


class ScenarioFile(Entry):
    """A whole scenario file."""

    title: str = Field(min_length=1, max_length=120, description="One line that tells the story.")
    layout: str = Field(description="The street: a name of datasets.street_layouts.")
    look: int = Field(default=1, ge=0, le=1 << 20, description="Seed of all decoration.")
    period: float = Field(default=240.0, ge=10, le=7200, description="After this everything begins again (s).")
    light: str = Field(default="day", description="The time of day: a name of datasets.light.")
    view: ViewEntry = Field(default_factory=ViewEntry, description="Where the camera hangs and looks.")
    weather: WeatherEntry = Field(default_factory=WeatherEntry, description="The weather.")
    camera: CameraEntry = Field(default_factory=CameraEntry, description="What the camera does to its pictures.")
    actors: tuple[ActorEntry, ...] = Field(default=(), max_length=200)
    stalls: tuple[StallEntry, ...] = Field(default=(), max_length=40)
    papers: tuple[PaperEntry, ...] = Field(default=(), max_length=100)
    traffic: tuple[TrafficEntry, ...] = Field(default=(), max_length=20)
    zones: tuple[ZoneEntry, ...] = Field(default=(), max_length=20)
    offences: tuple[OffenceEntry, ...] = Field(default=(), max_length=40)

    @field_validator("layout")
    @classmethod
    def _is_known(cls, layout: str) -> str:
        if layout not in LAYOUTS:
            raise ValueError(f"no layout is called {layout!r}; there are {', '.join(LAYOUTS)}")
        return layout

    @field_validator("light")
    @classmethod
    def _is_a_light(cls, light: str) -> str:
        if light not in LIGHTS:
            raise ValueError(f"no light is called {light!r}; there are {', '.join(LIGHTS)}")
        return light

    @model_validator(mode="after")
    def _camera_is_back_at_the_end(self) -> "ScenarioFile":
        late = next((move for move in self.camera.faults().moves if move.back_s > self.period), None)
        if late is not None:
            raise ValueError(f"camera: it is back at {late.back_s:g} s, when the period of {self.period:g} s is over")
        return self

    @model_validator(mode="after")
    def _zone_ids_are_unique(self) -> "ScenarioFile":
        ids = [zone_id(zone, number) for number, zone in enumerate(self.zones)]
        for number, found in enumerate(ids):
            if found in ids[:number]:
                raise ValueError(
                    f"zones number {number + 1} ({self.zones[number].kind}): id {found!r} stands for more than one "
                    "zone; give each its own"
                )
        return self

    @model_validator(mode="after")
    def _traffic_can_be_told(self) -> "ScenarioFile":
        arrivals = sum(_arrivals(flow, self.period) for flow in self.traffic)
        if arrivals > MOST_ARRIVALS:
            raise ValueError(
                f"traffic: about {arrivals:.0f} arrivals in {self.period:g} s, those before a light counted thrice, "
                f"are more than {MOST_ARRIVALS}; make gap longer, period shorter, or leave lines out"
            )
        return self


MOST_ARRIVALS = 4000
"""In a period, of all traffic: six lanes at a gap of 11 s for two hours."""


def zone_id(zone: ZoneEntry, number: int) -> str:
    """Return a zone's id: as written, else its kind and its number from 1."""
    return zone.id or f"{zone.kind}-{number + 1}"


def _arrivals(flow: TrafficEntry, period_s: float) -> float:
    """Return about how many come; those before a light count threefold, as three rounds are driven for its queue."""
    times = 1
    if flow.flow == "cycles":
        times = max(1, len(flow.ys))
    elif flow.flow == "lane" and flow.stop_line is not None:
        times = 3
    return period_s / flow.gap * times
