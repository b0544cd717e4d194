"""Gives a camera's plane of the ground its place on earth, so that a box becomes longitude and latitude with an error.

The plane (`vision.ground_plane`) turns the bottom centre of a box into metres from some origin along some axes. An
anchor says where that origin lies and how the axes run: by the origin and a bearing, or by the four corners' own
coordinates, to which the metres are fitted.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cases.coordinates import GCJ02, GCJ02_ERROR_M, Position, SourceCrs, per_degree_m
from cases.place_settings import AnchorSettings
from vision.arrays import SizeWH
from vision.ground_plane import GroundPlane

CORNER_ERROR_M = 2.0
"""How well the coordinates of corners are known that somebody took from a map or a telephone."""

MOST_MISFIT_RATIO, MOST_MISFIT_M = 0.1, 2.0
"""Corners whose metres and coordinates differ by more than this share of their size, and by more than so much, are
mistaken: a corner was exchanged, or the metres are no metres."""

FOOT_RATIO, FOOT_PX = 0.05, 2.0
"""The lower edge of a box is off by this share of its height, and at least by so many pixels: at an overlap of 0.9
with the true box, which a good detection has, an edge is off by a twentieth."""

MOST_ERROR_M = 100.0
"""Near the horizon a pixel is a street: what is known no better than this is not known by the plane."""

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class GroundAnchor:
    """Where a plane of the ground lies.

    Attributes:
        origin: the place whose metres are (0, 0); its error is that of every place of the plane.
        axes: (2, 2), from metres of the plane to metres east and north of the origin.
    """

    origin: Position
    axes: Matrix

    @classmethod
    def of_bearing(cls, settings: AnchorSettings) -> "GroundAnchor":
        """Return the anchor of an origin and of where the second axis points.

        Raises:
            CoordinatesError: the origin is no place within its system of coordinates.
        """
        longitude, latitude = SourceCrs(settings.crs).wgs84(settings.longitude, settings.latitude)
        angle = math.radians(settings.bearing_deg)
        axes = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
        return cls(Position(longitude, latitude, _with_source(settings.error_m, settings.crs)), axes)

    @classmethod
    def of_corners(
        cls, metres: Sequence[tuple[float, float]], places: Sequence[tuple[float, float]], crs: str
    ) -> "GroundAnchor":
        """Return the anchor that fits the metres of corners best to their coordinates.

        Args:
            metres: of the corners on the plane, along any axes.
            places: the same corners in `crs`, longitude or easting first.
            crs: see `SourceCrs`.

        Raises:
            ValueError: metres and coordinates do not agree; it names the corner that is off most.
            CoordinatesError: a corner is no place within its system of coordinates.
        """
        source = SourceCrs(crs)
        degrees = np.array([source.wgs84(x, y) for x, y in places], np.float64)
        middle = degrees.mean(axis=0)
        ground = (degrees - middle) * per_degree_m(float(middle[1]))
        plane = np.array(metres, np.float64)
        axes = _turned(plane - plane.mean(axis=0), ground)
        off_m = np.linalg.norm((plane - plane.mean(axis=0)) @ axes.T - ground, axis=1)
        span_m = float(np.linalg.norm(ground, axis=1).max())
        if off_m.max() > max(MOST_MISFIT_M, MOST_MISFIT_RATIO * span_m):
            raise ValueError(
                f"metres and places of the corners do not agree: corner {int(off_m.argmax()) + 1} is off by "
                f"{off_m.max():.0f} m; check their order and that longitude comes first"
            )
        shift = -(axes @ plane.mean(axis=0))
        east, north = middle + shift / per_degree_m(float(middle[1]))
        error_m = math.hypot(CORNER_ERROR_M, float(np.sqrt((off_m**2).mean())))
        return cls(Position(float(east), float(north), _with_source(error_m, crs)), axes)

    def at(self, metres: tuple[float, float], error_m: float) -> Position:
        """Return the place of a point of the plane that is known to `error_m`."""
        east_m, north_m = self.axes @ np.array(metres)
        east, north = per_degree_m(self.origin.latitude)
        return Position(
            self.origin.longitude + float(east_m) / east,
            self.origin.latitude + float(north_m) / north,
            math.hypot(self.origin.error_m, error_m),
        )

    def of_box(self, plane: GroundPlane, box: tuple[float, float, float, float], size_wh: SizeWH) -> Position | None:
        """Return where the thing in a box stands; None where the plane cannot tell: above or near the horizon.

        Args:
            plane: of the same view.
            box: (x1, y1, x2, y2) in pixels of a picture of `size_wh`.
            size_wh: size of that picture.
        """
        boxes = np.array([box], np.float32)
        x_m, y_m = plane.feet_m(boxes, size_wh)[0].tolist()
        error_m = float(plane.px_m(boxes, size_wh)[0]) * max(FOOT_PX, FOOT_RATIO * (box[3] - box[1]))
        if not (math.isfinite(x_m) and math.isfinite(y_m) and error_m <= MOST_ERROR_M):  # NaN fails every comparison
            return None
        return self.at((x_m, y_m), error_m)


def _turned(plane: Matrix, ground: Matrix) -> Matrix:
    """Return the turn, or the turn of the mirrored plane, that takes points best to others around one middle.

    Source: the orthogonal Procrustes problem (Schoenemann, Psychometrika 31, 1966); lengths stay, as both are metres.
    """
    left, _, right = np.linalg.svd(ground.T @ plane)
    return np.asarray(left @ right, np.float64)


def _with_source(error_m: float, crs: str) -> float:
    return math.hypot(error_m, GCJ02_ERROR_M) if crs == GCJ02 else error_m
