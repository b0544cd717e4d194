"""Knows what every kind of actor looks like at a moment: which shapes it consists of, and what each is called.

To add a kind: write its `make_*` in a `draw_*` module and name it here.
"""

import math
from dataclasses import dataclass

from datasets.draw_cycles import make_bicycle, make_pram, make_scooter, make_tricycle
from datasets.draw_goods import make_cart, make_goods, make_ground_cloth, make_hand_umbrella, make_table, make_umbrella
from datasets.draw_people import STRIDE_HZ, make_person
from datasets.draw_vehicles import CAR_BODIES, make_bus, make_car, make_truck
from datasets.scenario import Actor, Motion
from datasets.shapes import Shape
from datasets.sketches import Pose
from vision.classes import StreetClass

Part = tuple[StreetClass, Shape, Pose]
"""One thing that is drawn and labelled."""

CARS = tuple(CAR_BODIES)
RIDDEN = {"bicycle": StreetClass.BICYCLE, "scooter": StreetClass.MOTORCYCLE, "tricycle": StreetClass.TRICYCLE}
STILL = {
    "umbrella": StreetClass.UMBRELLA,
    "table": StreetClass.TABLE,
    "goods": StreetClass.GOODS,
    "cart": StreetClass.STALL,
    "ground_cloth": StreetClass.GOODS,
    "pram": StreetClass.UNKNOWN,
}
KINDS = (*CARS, "bus", "truck", *RIDDEN, "person", "umbrella_holder", *STILL)
"""Every kind of actor."""

SADDLE_X = {"bicycle": -0.12, "scooter": -0.1, "tricycle": 0.12}
"""Where a rider sits, metres ahead of the origin."""


GAIT_STEPS = 16
"""Positions of a gait that are drawn; at 12 frames a second a double step has 13 frames."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Makes the parts of actors; shapes that never change are kept in `wardrobe`, which belongs to one scene."""

    lamps_on: bool
    wardrobe: dict[tuple[str, int, float], Shape]

    def parts(self, actor: Actor, motion: Motion, t_s: float) -> tuple[Part, ...]:
        """Return what is drawn for an actor, in the order of drawing."""
        pose = Pose(motion.x, motion.y, motion.heading_rad)
        if actor.kind == "person":
            return (self._person(actor, motion, t_s, pose),)
        if actor.kind == "umbrella_holder":
            action = "hold"
            held = (StreetClass.UMBRELLA, self._kept("hand_umbrella", actor), pose)
            return self._person(actor, motion, t_s, pose, action), held
        if actor.kind in RIDDEN:
            return self._ridden(actor, motion, t_s, pose)
        return ((self.class_of(actor.kind), self._kept(actor.kind, actor), pose),)

    @staticmethod
    def class_of(kind: str) -> StreetClass:
        """Return the class of a kind's main part.

        Raises:
            ValueError: there is no such kind.
        """
        if kind in CARS:
            return StreetClass.CAR
        named = {"bus": StreetClass.BUS, "truck": StreetClass.TRUCK, "person": StreetClass.PERSON}
        named |= {"umbrella_holder": StreetClass.PERSON, **RIDDEN, **STILL}
        if kind not in named:
            raise ValueError(f"no kind of actor is called {kind!r}; there are {', '.join(KINDS)}")
        return named[kind]

    def _person(self, actor: Actor, motion: Motion, t_s: float, pose: Pose, action: str | None = None) -> Part:
        moving = motion.speed_m_s > 0.2
        doing = action or (actor.action if actor.action == "push" or not moving else "walk")
        phase = 2 * math.pi * STRIDE_HZ * t_s + actor.look if moving else 0.0
        if not moving and doing == "serve":
            phase = 2.0 * math.sin(t_s * 1.3 + actor.look)
        return StreetClass.PERSON, self._posed(actor.look, doing, phase), pose

    def _posed(self, look: int, doing: str, phase: float) -> Shape:
        """A person in one of `GAIT_STEPS` positions, so that the next double step finds them ready."""
        step = round(phase / (2 * math.pi) * GAIT_STEPS) % GAIT_STEPS
        key = f"person {doing}", look, float(step)
        if key not in self.wardrobe:
            self.wardrobe[key] = make_person(look, doing, step * 2 * math.pi / GAIT_STEPS)
        return self.wardrobe[key]

    def _ridden(self, actor: Actor, motion: Motion, t_s: float, pose: Pose) -> tuple[Part, ...]:
        mount = (RIDDEN[actor.kind], self._kept(actor.kind, actor), pose)
        if actor.action == "parked" or (actor.action == "parks" and motion.speed_m_s == 0.0):
            return (mount,)
        ahead = SADDLE_X[actor.kind]
        seat = Pose(
            pose.x + ahead * math.cos(pose.heading_rad), pose.y + ahead * math.sin(pose.heading_rad), pose.heading_rad
        )
        phase = t_s * 6.0 if actor.kind == "bicycle" and motion.speed_m_s > 0.2 else 0.0
        return mount, (StreetClass.PERSON, self._posed(actor.look, "ride", phase), seat)

    def _kept(self, kind: str, actor: Actor) -> Shape:
        key = kind, actor.look, actor.height_m
        if key not in self.wardrobe:
            self.wardrobe[key] = self._make(kind, actor)
        return self.wardrobe[key]

    def _make(self, kind: str, actor: Actor) -> Shape:
        if kind in CARS:
            return make_car(kind, actor.look, lamps_on=self.lamps_on)
        if kind in ("bus", "truck", "scooter"):
            maker = {"bus": make_bus, "truck": make_truck, "scooter": make_scooter}[kind]
            return maker(actor.look, lamps_on=self.lamps_on)
        if kind == "goods":
            return make_goods(actor.look, height=actor.height_m)
        makers = {
            "bicycle": make_bicycle,
            "tricycle": make_tricycle,
            "umbrella": make_umbrella,
            "hand_umbrella": make_hand_umbrella,
            "table": make_table,
            "cart": make_cart,
            "ground_cloth": make_ground_cloth,
            "pram": make_pram,
        }
        return makers[kind](actor.look)
