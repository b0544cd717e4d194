"""A road seen from a pole of eight metres, and vehicles on it in metres: what is far hardly moves in the picture."""

from collections.abc import Callable

import numpy as np

from tests.vision.streets import SIZE_WH, Box, Path
from vision.ground_plane import GroundPlane

HEIGHT_M, FOCAL_PX, HORIZON_PX = 8.0, 1000.0, 100.0
CAR_M = (2.3, 1.6)

MATRIX = np.array([[HEIGHT_M, 0, -HEIGHT_M * SIZE_WH[0] / 2], [0, 0, FOCAL_PX * HEIGHT_M], [0, 1, -HORIZON_PX]])
ROAD = GroundPlane.of_pixels(MATRIX, SIZE_WH)

Place = tuple[float, float]


def car_at(x_m: float, away_m: float) -> Box:
    """Return the box of a car that stands so far to the right and so far away."""
    px_per_m = FOCAL_PX / away_m
    x, y = SIZE_WH[0] / 2 + x_m * px_per_m, HORIZON_PX + HEIGHT_M * px_per_m
    width, height = CAR_M
    return x - width / 2 * px_per_m, y - height * px_per_m, x + width / 2 * px_per_m, y


def along(way: Callable[[float], Place | None]) -> Path:
    """Return the path in the picture of a car whose place on the road is known in metres."""

    def path(t_s: float) -> Box | None:
        place = way(t_s)
        return None if place is None else car_at(*place)

    return path


def away(from_m: float, speed_m_s: float, x_m: float = 0.0) -> Path:
    """Drive away from the camera without stopping."""
    return along(lambda t_s: (x_m, from_m + speed_m_s * t_s))
