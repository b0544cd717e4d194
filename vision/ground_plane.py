"""Maps where things stand in the picture to metres on the ground, for one view of a camera.

A homography maps the picture of a plane to the plane itself. Ours takes fractions of the picture's width and height, so
that it outlives a change of resolution, and gives metres; where the origin lies and how the axes run does not matter,
as only distances are used. A survey, four marked corners or the lines of a road give such a matrix, often without its
unit: then the width of the cars that pass tells it.

Belongs here: the plane. Does not: how large things are where no plane was measured (ground_scale), motion (motion).
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.arrays import Boxes, Points, SizeWH
from vision.boxes import feet

Metres = npt.NDArray[np.float64]
"""(N, 2) float64: places on the ground in metres, NaN where a point does not lie on it; or (N,) lengths."""

CAR_WIDTH_M = 2.3
"""What the lower edge of a car's box covers of the ground: a car of 1.8 m with its mirrors, and some of its side."""

LEAST_CARS = 20
"""Fewer cars do not tell a unit: the one van would."""

BELOW = np.array([0.5, 1.0, 1.0])
"""The middle of the picture's lower edge, which a camera that watches a street has on the ground."""


@dataclass(frozen=True, slots=True, eq=False)
class GroundPlane:
    """The ground of one view.

    Attributes:
        matrix: (3, 3) float64, from fractions of the picture to metres on the ground.
    """

    matrix: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.matrix.shape != (3, 3) or not np.isfinite(self.matrix).all():
            raise ValueError(f"a ground plane is a matrix of 3 x 3 numbers, not {self.matrix.tolist()}")
        if abs(np.linalg.det(self.matrix)) < 1e-12 or not self.matrix[2] @ BELOW:
            raise ValueError(f"this matrix maps no picture to a plane: {self.matrix.tolist()}")

    @classmethod
    def of_pixels(cls, matrix: npt.NDArray[np.float64], size_wh: SizeWH) -> "GroundPlane":
        """Return the plane of a matrix that takes pixels of a picture of that size."""
        return cls(matrix @ np.diag([*map(float, size_wh), 1.0]))

    @classmethod
    def of_corners(cls, corners: Points, metres: Metres) -> "GroundPlane":
        """Return the plane of four marked corners.

        Args:
            corners: (4, 2) in fractions of the picture, in order around.
            metres: (4, 2) where they lie on the ground, in the same order, from any origin along any axes.

        Raises:
            ValueError: either are not the corners of a convex figure in order, or no camera sees a ground so.
        """
        for name, points in (("in the picture", corners), ("on the ground", metres)):
            if points.shape != (4, 2) or not np.isfinite(points).all() or not _are_around(points):
                raise ValueError(f"the four corners {name} must be given in order around, no three on a line")
        matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), metres.astype(np.float32))
        plane = cls(np.asarray(matrix, np.float64))
        if not np.isfinite(plane.metres(corners.astype(np.float32), (1, 1))).all():
            raise ValueError("no camera sees a ground so: some corners would lie above its horizon")
        return plane

    def scaled_by_cars(self, boxes: Boxes, size_wh: SizeWH) -> "GroundPlane":
        """Return the same plane in metres, whatever its unit is now.

        Args:
            boxes: (N, 4) of cars anywhere in pictures of that size.
            size_wh: of the pictures.

        Raises:
            ValueError: too few of the cars stand on the plane.
        """
        widths = self.widths_m(boxes, size_wh)
        widths = widths[np.isfinite(widths)]
        if len(widths) < LEAST_CARS:
            raise ValueError(f"{len(widths)} cars do not tell the unit of a plane; {LEAST_CARS} do")
        factor = CAR_WIDTH_M / float(np.median(widths))
        return GroundPlane(np.diag([factor, factor, 1.0]) @ self.matrix)

    def metres(self, points: Points, size_wh: SizeWH) -> Metres:
        """Return (N, 2): where points of a picture of that size, in pixels, lie on the ground; NaN above it."""
        homogeneous = points @ (self.matrix[:, :2] / np.array(size_wh, np.float64)).T + self.matrix[:, 2]
        is_above = homogeneous[:, 2] * (self.matrix[2] @ BELOW) <= 0
        if is_above.any():
            homogeneous[is_above] = np.nan
        return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:])

    def feet_m(self, boxes: Boxes, size_wh: SizeWH) -> Metres:
        """Return (N, 2): where things stand, in metres."""
        return self.metres(feet(boxes), size_wh)

    def widths_m(self, boxes: Boxes, size_wh: SizeWH) -> Metres:
        """Return (N,): how many metres of ground the lower edge of each box covers; NaN above the horizon."""
        left = self.metres(boxes[:, [0, 3]], size_wh)
        right = self.metres(boxes[:, [2, 3]], size_wh)
        return np.asarray(np.linalg.norm(right - left, axis=1))

    def px_m(self, boxes: Boxes, size_wh: SizeWH) -> Metres:
        """Return (N,): how many metres of ground the lowest row of pixels of each box covers; NaN above the horizon."""
        below = feet(boxes)
        ends = self.metres(np.concatenate([below, below - np.array([0, 1], np.float32)]), size_wh)
        return np.asarray(np.hypot(*(ends[: len(below)] - ends[len(below) :]).T))


def _are_around(points: npt.NDArray[np.floating]) -> bool:
    """Return whether points are the corners of a convex figure, one after the other."""
    sides = np.roll(points, -1, axis=0) - points
    after = np.roll(sides, -1, axis=0)
    turns = sides[:, 0] * after[:, 1] - sides[:, 1] * after[:, 0]
    least = 1e-3 * np.linalg.norm(sides, axis=1) * np.linalg.norm(after, axis=1)
    return bool((turns > least).all() or (turns < -least).all())
