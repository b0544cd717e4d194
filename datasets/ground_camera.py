"""Says where a point of the street, in metres, lies in the picture, and back: a pinhole camera over a ground plane.

World axes: x runs along the street, y across it away from the camera's side, z up; metres. Picture axes as everywhere:
pixels, origin top left. What a lens bends comes after it (barrel).
"""

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vision.arrays import SizeWH

Metres = npt.NDArray[np.float64]
"""Coordinates in metres or pixels at full precision; the docstring gives the shape."""

NEAREST_M = 0.4
"""Points nearer to the lens plane than this cannot be drawn; half a metre is closer than any street camera sees."""


@dataclass(frozen=True, slots=True, eq=False)
class GroundCamera:
    """A calibrated camera on a pole.

    Attributes:
        position: (x, y, z) of the lens in metres; z is the height over the ground.
        yaw_rad: direction of view over the ground, from +x towards +y; pi/2 looks straight across the street.
        pitch_rad: how far it looks down from the horizon.
        focal_px: focal length in pixels of a picture of `size_wh`.
        size_wh: picture size in pixels.
        matrix: (3, 4) projection from homogeneous metres to homogeneous pixels; computed.
    """

    position: tuple[float, float, float]
    yaw_rad: float
    pitch_rad: float
    focal_px: float
    size_wh: SizeWH
    matrix: Metres = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.position[2] <= 0 or self.focal_px <= 0:
            raise ValueError(
                f"a camera hangs above the ground and has a focal length: {self.position=} {self.focal_px=}"
            )
        width, height = self.size_wh
        inner = np.array([[self.focal_px, 0, width / 2], [0, self.focal_px, height / 2], [0, 0, 1]])
        rotation = _rotation(self.yaw_rad, self.pitch_rad)
        outer = np.hstack([rotation, -rotation @ np.array(self.position)[:, None]])
        object.__setattr__(self, "matrix", inner @ outer)

    def project(self, points: Metres) -> tuple[Metres, Metres]:
        """Return (N, 2) pixels and (N,) depths in metres of (N, 3) points; see `NEAREST_M` for which are good."""
        homogeneous = points @ self.matrix[:, :3].T + self.matrix[:, 3]
        depth = homogeneous[:, 2]
        return homogeneous[:, :2] / np.maximum(depth, NEAREST_M)[:, None], depth

    def may_see(self, x: float, y: float, reach_m: float) -> bool:
        """Tell whether anything within `reach_m` of a ground point can be in the picture; errs on the side of yes."""
        u, v, depth = (
            self.matrix[:, 0] * x + self.matrix[:, 1] * y + self.matrix[:, 2] * 1.2 + self.matrix[:, 3]
        ).tolist()
        if depth <= reach_m:
            return depth > -reach_m
        margin = reach_m * self.focal_px / depth
        width, height = self.size_wh
        return -margin < u / depth < width + margin and -margin < v / depth < height + margin

    def plane_homography(self, origin: Metres, axis_u: Metres, axis_v: Metres) -> Metres:
        """Return the (3, 3) homography from coordinates (u, v) on a plane, in metres, to pixels.

        Args:
            origin: (3,) point of the plane at u = v = 0.
            axis_u: (3,) what one step of u is, in metres.
            axis_v: (3,) what one step of v is.
        """
        plane = np.zeros((4, 3))
        plane[:3] = np.stack([axis_u, axis_v, origin], axis=1)
        plane[3, 2] = 1.0
        return self.matrix @ plane

    def ground_homography(self) -> Metres:
        """Return the (3, 3) homography from ground metres (x, y, 1) to pixels; its inverse leads back."""
        return self.matrix[:, [0, 1, 3]]

    def ground_at(self, pixels: Metres) -> Metres:
        """Return the (N, 2) ground points in metres that lie under (N, 2) pixels below the horizon."""
        rays = np.hstack([pixels, np.ones((len(pixels), 1))]) @ np.linalg.inv(self.ground_homography()).T
        return rays[:, :2] / rays[:, 2:]

    def horizon_px(self) -> float:
        """Return the picture row of the horizon; it may lie outside the picture."""
        return self.size_wh[1] / 2 - self.focal_px * math.tan(self.pitch_rad)


def focal_for(width_px: int, field_of_view_deg: float) -> float:
    """Return the focal length in pixels that spreads a horizontal field of view over `width_px`."""
    return width_px / 2 / math.tan(math.radians(field_of_view_deg) / 2)


def _rotation(yaw_rad: float, pitch_rad: float) -> Metres:
    """Rows are the camera's right, down and forward axes in world coordinates."""
    forward = np.array(
        [
            math.cos(yaw_rad) * math.cos(pitch_rad),
            math.sin(yaw_rad) * math.cos(pitch_rad),
            -math.sin(pitch_rad),
        ]
    )
    right = np.array([math.sin(yaw_rad), -math.cos(yaw_rad), 0.0])
    return np.stack([right, np.cross(forward, right), forward])
