"""Knows what every kind of actor looks like at a moment: which shapes it consists of, and what each is called.

To add a kind: write its `make_*` in a `draw_*` module and name it in `MAKERS` or `DRIVEN_MAKERS` and in `CLASSES`.

Classes follow what COCO's labels call such a thing: `van`, a people carrier on a car's frame, is a car; `panel_van`,
which carries goods behind a wall of its own, is a truck; `midi_bus` is a bus. What a tricycle carries is part of it.
What has no class here (prams, luggage, bins, cones, banners) is UNKNOWN and never labelled.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from datasets.draw_cycles import make_bicycle, make_pram, make_scooter, make_shared_bicycle, make_tricycle
from datasets.draw_goods import make_cart, make_goods, make_ground_cloth, make_hand_umbrella, make_table, make_umbrella
from datasets.draw_obstacles import (
    make_banner,
    make_barrier,
    make_bench,
    make_cabinet,
    make_cone,
    make_hydrant,
    make_planter,
    make_suitcase,
    make_wheelie_bin,
)
from datasets.draw_people import SEATS, STRIDE_HZ, make_person
from datasets.draw_trade import (
    make_baskets,
    make_clothes_rack,
    make_crates,
    make_food_cart,
    make_grill,
    make_low_stool,
    make_shoe_chair,
    make_shoulder_pole,
    make_stool,
)
from datasets.draw_vans import (
    make_delivery_bike,
    make_loaded_tricycle,
    make_midi_bus,
    make_motorbike,
    make_panel_van,
    make_parcel_tricycle,
)
from datasets.draw_vehicles import CAR_BODIES, make_bus, make_car, make_truck
from datasets.scenario import Actor, Motion
from datasets.shapes import Shape
from datasets.sketches import Pose
from vision.classes import StreetClass

Part = tuple[StreetClass, Shape, Pose]
"""One thing that is drawn and labelled."""

CARS = tuple(CAR_BODIES)
LARGE = {
    "bus": StreetClass.BUS,
    "midi_bus": StreetClass.BUS,
    "truck": StreetClass.TRUCK,
    "panel_van": StreetClass.TRUCK,
}
RIDDEN = {
    "bicycle": StreetClass.BICYCLE,
    "scooter": StreetClass.MOTORCYCLE,
    "tricycle": StreetClass.TRICYCLE,
    "shared_bicycle": StreetClass.BICYCLE,
    "motorbike": StreetClass.MOTORCYCLE,
    "delivery_bike": StreetClass.MOTORCYCLE,
    "loaded_tricycle": StreetClass.TRICYCLE,
    "parcel_tricycle": StreetClass.TRICYCLE,
}
STILL = {
    "umbrella": StreetClass.UMBRELLA,
    "table": StreetClass.TABLE,
    "goods": StreetClass.GOODS,
    "cart": StreetClass.STALL,
    "ground_cloth": StreetClass.GOODS,
    "pram": StreetClass.UNKNOWN,
    "food_cart": StreetClass.STALL,
    "grill": StreetClass.STALL,
    "shoe_chair": StreetClass.STALL,
    "baskets": StreetClass.GOODS,
    "crates": StreetClass.GOODS,
    "clothes_rack": StreetClass.GOODS,
    "stool": StreetClass.UNKNOWN,
    "low_stool": StreetClass.UNKNOWN,
    "suitcase": StreetClass.UNKNOWN,
    "wheelie_bin": StreetClass.UNKNOWN,
    "planter": StreetClass.UNKNOWN,
    "cabinet": StreetClass.UNKNOWN,
    "bench": StreetClass.UNKNOWN,
    "cone": StreetClass.UNKNOWN,
    "barrier": StreetClass.UNKNOWN,
    "banner": StreetClass.UNKNOWN,
    "hydrant": StreetClass.UNKNOWN,
}
PEOPLE = ("person", "child", "umbrella_holder", "traveller", "porter")
"""`traveller` draws a suitcase behind, `porter` carries two baskets on a pole."""

TABLE_SET = "table_set"
"""A folding table with stools around it, as before a restaurant's door; the table is labelled."""

KINDS = (*CARS, *LARGE, *RIDDEN, *PEOPLE, *STILL, TABLE_SET)
"""Every kind of actor."""

CLASSES: dict[str, StreetClass] = {
    **dict.fromkeys(CARS, StreetClass.CAR),
    **LARGE,
    **RIDDEN,
    **dict.fromkeys(PEOPLE, StreetClass.PERSON),
    **STILL,
    TABLE_SET: StreetClass.TABLE,
}
"""The class of each kind's main part."""

SADDLE_X = {
    "bicycle": -0.12,
    "scooter": -0.1,
    "tricycle": 0.12,
    "shared_bicycle": -0.12,
    "motorbike": -0.2,
    "delivery_bike": -0.12,
    "loaded_tricycle": 0.12,
    "parcel_tricycle": 0.14,
}
"""Where a rider sits, metres ahead of the origin."""

PEDALLED = frozenset({"bicycle", "shared_bicycle"})

GAIT_STEPS = 16
"""Positions of a gait that are drawn; at 12 frames a second a double step has 13 frames."""

Maker = Callable[[int], Shape]

MAKERS: dict[str, Maker] = {
    "bicycle": make_bicycle,
    "shared_bicycle": make_shared_bicycle,
    "tricycle": make_tricycle,
    "loaded_tricycle": make_loaded_tricycle,
    "parcel_tricycle": make_parcel_tricycle,
    "umbrella": make_umbrella,
    "hand_umbrella": make_hand_umbrella,
    "shoulder_pole": make_shoulder_pole,
    "table": make_table,
    "cart": make_cart,
    "ground_cloth": make_ground_cloth,
    "pram": make_pram,
    "food_cart": make_food_cart,
    "grill": make_grill,
    "shoe_chair": make_shoe_chair,
    "baskets": make_baskets,
    "crates": make_crates,
    "clothes_rack": make_clothes_rack,
    "stool": make_stool,
    "low_stool": make_low_stool,
    "suitcase": make_suitcase,
    "wheelie_bin": make_wheelie_bin,
    "planter": make_planter,
    "cabinet": make_cabinet,
    "bench": make_bench,
    "cone": make_cone,
    "barrier": make_barrier,
    "banner": make_banner,
    "hydrant": make_hydrant,
}
"""What has no lamps."""

DRIVEN_MAKERS = {
    "bus": make_bus,
    "midi_bus": make_midi_bus,
    "truck": make_truck,
    "panel_van": make_panel_van,
    "scooter": make_scooter,
    "motorbike": make_motorbike,
    "delivery_bike": make_delivery_bike,
}
"""What has lamps, but for cars."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Makes the parts of actors; shapes that never change are kept in `wardrobe`, which belongs to one scene."""

    lamps_on: bool
    wardrobe: dict[tuple[str, int, float], Shape]

    def parts(self, actor: Actor, motion: Motion, t_s: float) -> tuple[Part, ...]:
        """Return what is drawn for an actor, in the order of drawing."""
        pose = Pose(motion.x, motion.y, motion.heading_rad)
        if actor.kind in PEOPLE:
            return self._people(actor, motion, t_s, pose)
        if actor.kind in RIDDEN:
            return self._ridden(actor, motion, t_s, pose)
        if actor.kind == TABLE_SET:
            return self._table_set(actor, pose)
        return ((self.class_of(actor.kind), self._kept(actor.kind, actor), pose),)

    @staticmethod
    def class_of(kind: str) -> StreetClass:
        """Return the class of a kind's main part.

        Raises:
            ValueError: there is no such kind.
        """
        if kind not in CLASSES:
            raise ValueError(f"no kind of actor is called {kind!r}; there are {', '.join(KINDS)}")
        return CLASSES[kind]

    def _people(self, actor: Actor, motion: Motion, t_s: float, pose: Pose) -> tuple[Part, ...]:
        """Somebody, with what he holds, carries or draws behind."""
        if actor.kind == "umbrella_holder":
            held = (StreetClass.UMBRELLA, self._kept("hand_umbrella", actor), pose)
            return self._person(actor, motion, t_s, pose, "hold"), held
        person = self._person(actor, motion, t_s, pose)
        if actor.kind == "traveller":
            return person, (StreetClass.UNKNOWN, self._kept("suitcase", actor), _beside(pose, (-0.55, -0.28)))
        if actor.kind == "porter":
            return person, (StreetClass.GOODS, self._kept("shoulder_pole", actor), pose)
        return (person,)

    def _person(self, actor: Actor, motion: Motion, t_s: float, pose: Pose, action: str | None = None) -> Part:
        moving = motion.speed_m_s > STEP_M_S
        doing = action or (actor.action if actor.action == "push" or not moving else "walk")
        phase = 2 * math.pi * STRIDE_HZ * t_s + actor.look if moving else 0.0
        if not moving and doing == "serve":
            phase = 2.0 * math.sin(t_s * 1.3 + actor.look)
        role = "child" if actor.kind == "child" else "adult"
        return StreetClass.PERSON, self._posed(actor.look, doing, phase, role), pose

    def _posed(self, look: int, doing: str, phase: float, role: str = "adult") -> Shape:
        """A person in one of `GAIT_STEPS` positions, so that the next double step finds them ready."""
        step = 0 if doing in SEATS else round(phase / (2 * math.pi) * GAIT_STEPS) % GAIT_STEPS
        key = f"{role} {doing}", look, float(step)
        if key not in self.wardrobe:
            self.wardrobe[key] = make_person(look, doing, step * 2 * math.pi / GAIT_STEPS, role)
        return self.wardrobe[key]

    def _ridden(self, actor: Actor, motion: Motion, t_s: float, pose: Pose) -> tuple[Part, ...]:
        mount = (RIDDEN[actor.kind], self._kept(actor.kind, actor), pose)
        if actor.action == "parked" or (actor.action == "parks" and motion.speed_m_s == 0.0):
            return (mount,)
        seat = _beside(pose, (SADDLE_X[actor.kind], 0.0))
        phase = t_s * 6.0 if actor.kind in PEDALLED and motion.speed_m_s > STEP_M_S else 0.0
        role = "courier" if actor.kind == "delivery_bike" else "adult"
        return mount, (StreetClass.PERSON, self._posed(actor.look, "ride", phase, role), seat)

    def _table_set(self, actor: Actor, pose: Pose) -> tuple[Part, ...]:
        """A table with two to four stools, each where somebody would sit."""
        places = ((0.0, 0.72), (0.0, -0.72), (1.1, 0.05), (-1.1, -0.05))[: 2 + actor.look % 3]
        table = (StreetClass.TABLE, self._kept("table", actor), pose)
        colour = actor.look // 7
        stools = [(StreetClass.UNKNOWN, self._stool(colour, 0.46), _beside(pose, place)) for place in places]
        return table, *stools

    def _stool(self, look: int, height: float) -> Shape:
        key = "stool", look, height
        if key not in self.wardrobe:
            self.wardrobe[key] = make_stool(look, height=height)
        return self.wardrobe[key]

    def _kept(self, kind: str, actor: Actor) -> Shape:
        key = kind, actor.look, actor.height_m
        if key not in self.wardrobe:
            self.wardrobe[key] = self._make(kind, actor)
        return self.wardrobe[key]

    def _make(self, kind: str, actor: Actor) -> Shape:
        if kind in CARS:
            return make_car(kind, actor.look, lamps_on=self.lamps_on)
        if kind in DRIVEN_MAKERS:
            return DRIVEN_MAKERS[kind](actor.look, lamps_on=self.lamps_on)
        if kind == "goods":
            return make_goods(actor.look, height=actor.height_m)
        return MAKERS[kind](actor.look)


STEP_M_S = 0.2
"""Whoever is slower stands."""


def _beside(pose: Pose, place: tuple[float, float]) -> Pose:
    """A pose with the same heading, so many metres ahead and to the left."""
    ahead, left = place
    cos, sin = math.cos(pose.heading_rad), math.sin(pose.heading_rad)
    return Pose(pose.x + ahead * cos - left * sin, pose.y + ahead * sin + left * cos, pose.heading_rad)
