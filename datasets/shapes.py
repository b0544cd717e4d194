"""Builds things of the street from polygons and tubes, in metres, so that one routine can draw all of them.

Local axes: x is where the thing heads, y its left, z up; the origin stands on the ground below its middle. A `Shape` is
frozen arrays; `ShapeBuilder` collects the pieces. Tubes are rounded limbs and poles with a radius at each end.

Belongs here: geometry of pieces. Does not: projection and shading (sketches), what a car is made of (draw_*).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets.ground_camera import Metres

Colour = tuple[float, float, float]
"""Blue, green, red in [0, 255] under full light."""

Point3 = tuple[float, float, float]

LIT, GLOWING = 0, 1
"""Materials: what takes the light of the scene, and what shines by itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A thing made of flat faces and tubes.

    Attributes:
        points: (V, 3) metres; the corners of all faces, one face after the other.
        starts: (F + 1,) int; face i has the corners `points[starts[i]:starts[i + 1]]`, counter-clockwise from outside.
        normals: (F, 3) unit vectors pointing outside.
        middles: (F, 3) centres of the faces.
        colours: (F + T, 3) BGR of the faces, then of the tubes.
        materials: (F + T,) `LIT` or `GLOWING`.
        layers: (F + T,) int; lower layers are drawn first, within a layer the farther piece first.
        two_sided: (F,) bool; faces that can be seen from behind.
        ends: (T, 2, 3) metres; both ends of each tube.
        radii: (T, 2) metres.
    """

    points: Metres
    starts: npt.NDArray[np.int64]
    normals: Metres
    middles: Metres
    colours: Metres
    materials: npt.NDArray[np.int64]
    layers: npt.NDArray[np.int64]
    two_sided: npt.NDArray[np.bool_]
    ends: Metres
    radii: Metres


@dataclass(frozen=True, slots=True)
class Finish:
    """How a piece looks: BGR colour, material, layer, and whether it can be seen from behind."""

    colour: Colour
    layer: int = 0
    material: int = LIT
    two_sided: bool = False


class ShapeBuilder:
    """Collects faces and tubes; `build` freezes them."""

    def __init__(self) -> None:
        self._faces: list[tuple[Sequence[Point3], Finish]] = []
        self._tubes: list[tuple[Point3, Point3, float, float, Finish]] = []

    def face(self, corners: Sequence[Point3], finish: Finish) -> None:
        """Add a flat polygon; its corners run counter-clockwise when seen from outside."""
        self._faces.append((corners, finish))

    def tube(self, start: Point3, end: Point3, radii: tuple[float, float], finish: Finish) -> None:
        """Add a rounded piece between two points; equal points make a ball."""
        self._tubes.append((start, end, radii[0], radii[1], finish))

    def ball(self, centre: Point3, radius: float, finish: Finish) -> None:
        """Add a ball."""
        self.tube(centre, centre, (radius, radius), finish)

    def box(self, low: Point3, high: Point3, finish: Finish, *, lid: Finish | None = None) -> None:
        """Add a box between two opposite corners; `lid` finishes its top otherwise. The bottom is left out."""
        (x0, y0, z0), (x1, y1, z1) = low, high
        self.face([(x1, y0, z0), (x1, y1, z0), (x1, y1, z1), (x1, y0, z1)], finish)
        self.face([(x0, y1, z0), (x0, y0, z0), (x0, y0, z1), (x0, y1, z1)], finish)
        self.face([(x1, y1, z0), (x0, y1, z0), (x0, y1, z1), (x1, y1, z1)], finish)
        self.face([(x0, y0, z0), (x1, y0, z0), (x1, y0, z1), (x0, y0, z1)], finish)
        self.face([(x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1)], lid or finish)

    def side_panel(self, outline: Sequence[tuple[float, float]], y: float, finish: Finish) -> None:
        """Add an upright panel that faces away from the middle; `outline` is (x, z), counter-clockwise from right."""
        corners = [(x, y, z) for x, z in outline]
        self.face(corners if y < 0 else corners[::-1], finish)

    def wheel(self, centre: Point3, radius: float, finish: Finish, *, sides: int = 12) -> None:
        """Add a disc across the y axis that faces away from the middle."""
        x, y, z = centre
        turns = [2 * math.pi * i / sides for i in range(sides)]
        self.side_panel([(x + radius * math.cos(a), z + radius * math.sin(a)) for a in turns], y, finish)

    def build(self) -> Shape:
        """Return the collected pieces as a frozen `Shape`."""
        sizes = [len(corners) for corners, _ in self._faces]
        points = np.array([p for corners, _ in self._faces for p in corners], np.float64).reshape(-1, 3)
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        middles = np.array([_middle(corners) for corners, _ in self._faces], np.float64).reshape(-1, 3)
        finishes = [finish for _, finish in self._faces] + [tube[4] for tube in self._tubes]
        return Shape(
            points=points,
            starts=starts,
            normals=np.array([_normal(corners) for corners, _ in self._faces], np.float64).reshape(-1, 3),
            middles=middles,
            colours=np.array([finish.colour for finish in finishes], np.float64).reshape(-1, 3),
            materials=np.array([finish.material for finish in finishes], np.int64),
            layers=np.array([finish.layer for finish in finishes], np.int64),
            two_sided=np.array([finish.two_sided for _, finish in self._faces], bool),
            ends=np.array([[tube[0], tube[1]] for tube in self._tubes], np.float64).reshape(-1, 2, 3),
            radii=np.array([[tube[2], tube[3]] for tube in self._tubes], np.float64).reshape(-1, 2),
        )


def _normal(corners: Sequence[Point3]) -> Point3:
    """Newell's method: good for polygons that are not quite flat or have corners on one line."""
    nx = ny = nz = 0.0
    x0, y0, z0 = corners[-1]
    for x1, y1, z1 in corners:
        nx += (y0 - y1) * (z0 + z1)
        ny += (z0 - z1) * (x0 + x1)
        nz += (x0 - x1) * (y0 + y1)
        x0, y0, z0 = x1, y1, z1
    length = max(math.sqrt(nx * nx + ny * ny + nz * nz), 1e-9)
    return nx / length, ny / length, nz / length


def _middle(corners: Sequence[Point3]) -> Point3:
    count = len(corners)
    return sum(c[0] for c in corners) / count, sum(c[1] for c in corners) / count, sum(c[2] for c in corners) / count
