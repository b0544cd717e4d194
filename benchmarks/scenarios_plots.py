"""What a story of the yardstick is made of, and what stories of all kinds share: everyday life around them."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from benchmarks.scenarios_conditions import Conditions
from datasets.scenario_entries import (
    ActorEntry,
    PaperEntry,
    Side,
    StallEntry,
    TrafficEntry,
    ViewEntry,
    ZoneEntry,
)
from datasets.street_layouts import Layout


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What a story is told in.

    Attributes:
        name: of the layout.
        usual: the street, and the view that is usual for it.
        conditions: under which it is watched.
        period_s: how long it lasts.
        rng: draws whatever the story leaves open.
    """

    name: str
    usual: Layout
    conditions: Conditions
    period_s: float
    rng: np.random.Generator

    def between(self, low: float, high: float) -> float:
        """Return a number of chance to a tenth, so that a scenario can be read."""
        return round(float(self.rng.uniform(low, high)), 1)

    def one_of(self, *choices: str) -> str:
        """Return one of some words."""
        return choices[int(self.rng.integers(len(choices)))]

    def count(self, low: int, high: int) -> int:
        """Return a whole number of chance, both ends included."""
        return int(self.rng.integers(low, high + 1))

    def side(self) -> Side:
        """Return where somebody comes from."""
        return "west" if self.rng.random() < 0.5 else "east"


@dataclass(frozen=True, slots=True)
class Plot:
    """A story as tables of a scenario file.

    Attributes:
        zones: where a rule holds.
        actors: who comes, stops, stays and leaves.
        stalls: with their vendors.
        papers: on surfaces.
        traffic: lawful life.
        held_until_s: until when something that stands is no offence, as in a jam.
        view: another view than that from the drawn height.
        layout: another layout than the drawn one.
    """

    zones: tuple[ZoneEntry, ...]
    actors: tuple[ActorEntry, ...] = ()
    stalls: tuple[StallEntry, ...] = ()
    papers: tuple[PaperEntry, ...] = ()
    traffic: tuple[TrafficEntry, ...] = ()
    held_until_s: float = 0.0
    view: ViewEntry | None = None
    layout: str = ""


@dataclass(frozen=True, slots=True)
class PlotWriter:
    """The stories of one kind: where they play, with something unlawful, and without."""

    layouts: tuple[str, ...]
    unlawful: tuple[Callable[[Setting], Plot], ...] = field(default=())
    lawful: tuple[Callable[[Setting], Plot], ...] = field(default=())


def walkers(setting: Setting, *ys: float) -> TrafficEntry:
    """Return people who walk past along some lines, or along the usual ones."""
    return TrafficEntry(flow="walkers", gap=setting.conditions.walkers_gap_s, ys=ys)


def lanes(setting: Setting, *numbers: int) -> tuple[TrafficEntry, ...]:
    """Return traffic that flows along some lanes."""
    gap_s = setting.conditions.traffic_gap_s
    return tuple(TrafficEntry(flow="lane", lane=number, gap=gap_s + 0.9 * number) for number in numbers)


def cycles(setting: Setting) -> TrafficEntry:
    """Return riders along the near kerb."""
    return TrafficEntry(flow="cycles", gap=2.5 * setting.conditions.traffic_gap_s, ys=(0.5,))


def person(setting: Setting, stops_at: tuple[float, float], arrives: float, stay: float) -> ActorEntry:
    """Return somebody who walks up, stands and walks on."""
    came = setting.side()
    return actor(
        "person", came, stops_at=stops_at, arrives=arrives, stay=stay, leaves="west" if came == "east" else "east"
    )


def actor(kind: str, came: Side | None = None, /, **told: object) -> ActorEntry:
    """Return an actor; `from` is a word of Python, so that it cannot be given by name."""
    return ActorEntry.model_validate({"kind": kind, "from": came, **told})


def stall(kind: str, came: Side = "west", /, **told: object) -> StallEntry:
    """Return a stall."""
    return StallEntry.model_validate({"kind": kind, "from": came, **told})
