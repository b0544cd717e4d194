"""Says what each pixel of an empty street looks at: the ground or the house fronts, where, and how far away."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets.ground_camera import GroundCamera

SKY_M = 400.0
"""Distance that is told where a pixel looks at nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Sightlines:
    """What the pixels of a picture look at.

    Attributes:
        ground: (H, W, 2) float32 metres: the point of the ground that is seen, or that below the point of the fronts.
        distances: (H, W) float32 metres from the lens to what is seen.
        on_ground: (H, W) bool: whether the ground is seen, not fronts or sky.
        rays: (H, W, 3) float32: direction of view, one metre deep along the lens axis.
    """

    ground: npt.NDArray[np.float32]
    distances: npt.NDArray[np.float32]
    on_ground: npt.NDArray[np.bool_]
    rays: npt.NDArray[np.float32]


def sightlines(camera: GroundCamera, front_y: float, step: int = 1) -> Sightlines:
    """Return what every `step`-th pixel looks at; fronts are taken to be endlessly high, and end the ground."""
    width, height = camera.size_wh
    us, vs = np.arange(step / 2, width, step), np.arange(step / 2, height, step)
    back = np.linalg.inv(camera.matrix[:, :3])
    rays = us[None, :, None] * back[:, 0] + vs[:, None, None] * back[:, 1] + back[:, 2]
    x, y, z = camera.position
    with np.errstate(divide="ignore", invalid="ignore"):
        to_ground = np.where(rays[..., 2] < 0, -z / rays[..., 2], np.inf)
        to_front = np.where(rays[..., 1] > 0, (front_y - y) / rays[..., 1], np.inf)
    reach = np.minimum(np.minimum(to_ground, to_front), SKY_M)
    ground = rays[..., :2] * reach[..., None] + (x, y)
    distances = np.minimum(reach * np.linalg.norm(rays, axis=2), SKY_M)
    return Sightlines(
        ground.astype(np.float32), distances.astype(np.float32), to_ground < to_front, rays.astype(np.float32)
    )
