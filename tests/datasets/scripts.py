"""Small scripts that tests draw: an empty street, and one with a single thing on it."""

import math

from datasets.scenario import Actor, Journey, Script, View
from datasets.street import Lane, Street

VIEW = View(0.0, -4.0, 6.0, 50.0, 18.0, 62.0)
SIZE = (640, 360)


def empty_street() -> Street:
    """A short street without furniture."""
    return Street(look=5, road_m=9.0, far_pavement_m=4.0, lanes=(Lane(2.0, 1, 8.0),), to_x=45.0)


def script_with(*actors: Actor) -> Script:
    """The empty street with actors."""
    return Script("test", empty_street(), VIEW, actors, period_s=100.0)


def standing(kind: str, x: float, y: float, *, actor_id: int = 1, heading_rad: float = math.pi) -> Actor:
    """Something that stands all the time."""
    path = Journey(0.0, x, y).stay(100.0, facing_rad=heading_rad).path()
    return Actor(actor_id, kind, 3, path, "parked")
