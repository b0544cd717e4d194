"""Makes the scenarios of the yardstick: a kind and a seed give a street, its zones, and what must be reported of it.

Even seeds hold something unlawful, odd seeds only what looks like it. Which story is told follows from the seed alone,
so that every story comes equally often; everything else is drawn. Seeds for tuning and for reporting are apart.

Belongs here: what a trial is, seeds, conditions. Does not: the stories themselves (`scenarios_parking` and others).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.errors import NotPossibleError
from benchmarks.scenarios_conditions import (
    Conditions,
    camera_entry,
    draw_conditions,
    view_entry,
    weather_entry,
)
from benchmarks.scenarios_flyers import FLYERS
from benchmarks.scenarios_parking import PARKING
from benchmarks.scenarios_plots import Plot, PlotWriter, Setting
from benchmarks.scenarios_vending import VENDING
from datasets.scenario import Script
from datasets.scenario_build import build
from datasets.scenario_file import Scenario, zones_of
from datasets.scenario_tables import ScenarioFile, zone_id
from datasets.scene import place_camera, script_zones
from datasets.street_layouts import layout
from datasets.truth import Offence
from detectors.catalog import ZoneSettings

TUNING_SEEDS = range(0, 1_000)
"""With these detectors may be changed until they do well."""

REPORTING_SEEDS = range(1_000_000, 1_001_000)
"""With these they are judged; nobody looks at them one by one."""

PERIOD_S = 150.0
"""How long a scenario is watched."""

WRITERS: Mapping[str, PlotWriter] = {"parking": PARKING, "vending": VENDING, "flyers": FLYERS}
"""Who writes the stories of each kind."""

KIND_NUMBERS = {"parking": 1, "vending": 2, "flyers": 3}
"""Parts the generators of the kinds, so that the same seed is another street in each."""

VIEW_WH = (1280, 720)
EDGE_RATIO = 0.03
"""Share of the picture's sides at its border in which nothing happens that must be seen."""

TRIES = 20
"""So often another street is drawn where a story has no room in one."""


@dataclass(frozen=True, slots=True)
class Expected:
    """An offence that must be reported: from when on it is late, in seconds since the scenario's beginning."""

    offence: Offence
    due_s: float


@dataclass(frozen=True, slots=True)
class Trial:
    """One scenario.

    Attributes:
        kind: of the rule that is tried.
        seed: which one.
        story: the name of what happens.
        conditions: under which it is watched.
        scenario: what is drawn.
        zones: with their rules.
        expected: what must be reported, and nothing else.
    """

    kind: str
    seed: int
    story: str
    conditions: Conditions
    scenario: Scenario
    zones: tuple[ZoneSettings, ...]
    expected: tuple[Expected, ...]

    @property
    def is_negative(self) -> bool:
        """Whether nothing must be reported."""
        return not self.expected


def is_negative_seed(seed: int) -> bool:
    """Return whether a seed's scenario holds nothing unlawful: half of them."""
    return seed % 2 == 1


def story_names(kind: str) -> tuple[str, ...]:
    """Return the names of a kind's stories, those with something unlawful first."""
    writer = WRITERS[kind]
    return tuple(plot.__name__ for plot in (*writer.unlawful, *writer.lawful))


def make_trial(kind: str, seed: int) -> Trial:
    """Return a scenario; the same kind and seed always give the same.

    Raises:
        NotPossibleError: there are no scenarios of this kind.
    """
    if kind not in WRITERS:
        raise NotPossibleError(f"there are no scenarios of kind {kind!r}; there are {', '.join(WRITERS)}")
    writer = WRITERS[kind]
    plots = writer.lawful if is_negative_seed(seed) else writer.unlawful
    plot = plots[seed // 2 % len(plots)]
    problem: ValueError | None = None
    for attempt in range(TRIES):
        rng = np.random.default_rng((KIND_NUMBERS[kind], seed, attempt))
        try:
            return _trial(kind, seed, plot, rng)
        except ValueError as err:  # no room for the story in this street, or its zone is out of the view
            problem = err
    raise AssertionError(f"{kind} {seed}: {plot.__name__} found no room in {TRIES} streets: {problem}")


def _trial(kind: str, seed: int, plot: Callable[[Setting], Plot], rng: np.random.Generator) -> Trial:
    writer = WRITERS[kind]
    name = writer.layouts[int(rng.integers(len(writer.layouts)))]
    look = int(rng.integers(1 << 16))
    usual = layout(name, look)
    conditions = draw_conditions(rng, has_deck=usual.street.deck_z > 0)
    setting = Setting(name, usual, conditions, PERIOD_S, rng)
    told = plot(setting)
    view = told.view or view_entry(conditions, usual, rng)
    file = ScenarioFile(
        title=f"{kind} {seed}: {plot.__name__}",
        layout=told.layout or name,
        look=look,
        period=PERIOD_S,
        light=conditions.light,
        view=view,
        weather=weather_entry(conditions),
        camera=camera_entry(conditions),
        actors=told.actors,
        stalls=told.stalls,
        papers=told.papers,
        traffic=told.traffic,
        zones=told.zones,
    )
    script = build(file, f"{kind}-{seed}")
    script_zones(script)
    limits = {zone_id(zone, number): zone.limit for number, zone in enumerate(file.zones)}
    scenario = Scenario(file.title, script, limits, file.light)
    expected = tuple(_expected(offence, told) for offence in script.offences if offence.kind == kind)
    if not all(_is_in_view(each.offence, script) for each in expected):
        raise ValueError("the camera does not see where it happens")
    if bool(expected) == is_negative_seed(seed):
        raise AssertionError(f"{kind} {seed}: {plot.__name__} tells of {len(expected)} offences")
    return Trial(kind, seed, plot.__name__, conditions, scenario, zones_of(scenario), expected)


def _is_in_view(offence: Offence, script: Script) -> bool:
    """Return whether the whole of a print, or the middle of what stands on the ground, is well inside the picture."""
    camera = place_camera(script.view, VIEW_WH)
    if offence.kind == "flyers":
        paper = next(paper for paper in script.papers if paper.paper_id == offence.actor_id)
        xs, zs = (paper.x, paper.x + paper.width_m), (paper.z, paper.z + paper.height_m)
        points = [(x, script.street.front_y, z) for x in xs for z in zs]
    else:
        points = [(*offence.place, z) for z in (0.0, 1.2)]
    pixels, depths = camera.project(np.array(points))
    margin = EDGE_RATIO * np.array(VIEW_WH)
    return bool(depths.min() > 0 and (pixels >= margin).all() and (pixels <= np.array(VIEW_WH) - margin).all())


def _expected(offence: Offence, told: Plot) -> Expected:
    """A rule may report an offence once its limit has passed, or once what held the clock is over."""
    limit_s = min(zone.limit for zone in told.zones)
    return Expected(offence, max(offence.started_s, told.held_until_s) + limit_s)


def seeds_of(which: Sequence[int], count: int) -> tuple[int, ...]:
    """Return the first seeds of a range, as many of each polarity (an odd count has one more unlawful one)."""
    return tuple(which[:count])
