"""Describes one street: where its kerbs, lanes, pavements, fronts, lamps and trees are, in metres.

x runs along the street, y across it: the near kerb lies at y = 0, the far kerb at `road_m`, the house fronts at
`front_y`. Vehicles keep to the right: near lanes run towards +x, far lanes towards -x. "West" is where x is small.
"""

from dataclasses import dataclass

import numpy as np

from datasets.ground_camera import Metres


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane: its middle line y in metres, the direction of travel (+1 or -1 along x), and its usual speed."""

    y: float
    direction: int
    speed_m_s: float


@dataclass(frozen=True, slots=True)
class Wall:
    """A plain wall in the house front on which flyers can stick: x range and height in metres."""

    left_x: float
    right_x: float
    top_z: float


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop in the house front: its x range in metres, and whether its roller shutter is up."""

    left_x: float
    right_x: float
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Street:
    """One street.

    Attributes:
        look: seed of everything that is only decoration.
        road_m: width between the kerbs.
        far_pavement_m: width of the pavement before the fronts.
        lanes: where traffic runs.
        strip_m: width of the strip along the far kerb where vehicles can stop; 0 where there is none.
        crossing_x: middle of a zebra crossing, or None.
        wall: a plain wall in the front, or None.
        tree_xs: trees along the far kerb.
        lamp_xs: street lamps along the far kerb.
        clear_x: x range without bins and signs.
        from_x: where the drawn street begins.
        to_x: where it ends.
        median: y range of a raised strip with a railing between the directions, or None.
        shops: shops whose doors are told apart, from west to east; elsewhere fronts are of chance.
        door_line_m: how far before its front a shop may put its things out.
        fronts: `mixed` (shops below flats), `homes` (doors and barred windows) or `concrete` (one bare wall).
        deck_z: height of a bridge's deck that covers the whole street; 0 where the sky is above.
        pole_xs: wooden or concrete poles with wires, on the far pavement.
        side_road: x range in which another road runs away between the houses, or None.
    """

    look: int
    road_m: float
    far_pavement_m: float
    lanes: tuple[Lane, ...]
    strip_m: float = 0.0
    crossing_x: float | None = None
    wall: Wall | None = None
    tree_xs: tuple[float, ...] = ()
    lamp_xs: tuple[float, ...] = ()
    clear_x: tuple[float, float] = (0.0, 0.0)
    from_x: float = -20.0
    to_x: float = 120.0
    median: tuple[float, float] | None = None
    shops: tuple[Shop, ...] = ()
    door_line_m: float = 0.0
    fronts: str = "mixed"
    deck_z: float = 0.0
    pole_xs: tuple[float, ...] = ()
    side_road: tuple[float, float] | None = None

    @property
    def front_y(self) -> float:
        """Where the house fronts stand."""
        return self.road_m + self.far_pavement_m

    @property
    def furniture_y(self) -> float:
        """Where trees, lamps and poles stand: on the pavement, next to the far kerb."""
        return self.road_m + 0.7

    @property
    def door_line_y(self) -> float:
        """How far across the street a shop's things may reach."""
        return self.front_y - self.door_line_m

    @property
    def door_lines(self) -> Metres:
        """(D, 4) x1, y1, x2, y2 in metres, one for each shop, from west to east."""
        y = self.door_line_y
        return np.array([(shop.left_x, y, shop.right_x, y) for shop in self.shops], np.float64).reshape(-1, 4)

    def lamp_light(self, ground: Metres) -> Metres:
        """Return (N,) in [0, 1]: how much street-lamp light falls on (N, 2) ground points."""
        total = np.zeros(len(ground))
        for x in self.lamp_xs:
            away = (ground[:, 0] - x) ** 2 + (ground[:, 1] - self.furniture_y + 1.2) ** 2
            total += np.exp(-away / LAMP_REACH_M**2)
        return np.clip(LAMP_FLOOR + total, 0, 1)


LAMP_REACH_M = 8.5
"""Distance at which a lamp's light has fallen to a third."""

LAMP_FLOOR = 0.16
"""Stray light of the town, in the same unit."""
