"""Measures how far things stand before a shop's door line, on the side of the street.

The line is drawn where the shop ends. Its street side is the one on which the middle of the zone lies, as the zone is
drawn over the ground before the door: so nobody has to know in which order the points were set.

Belongs here: the line. Does not: what stands there (spillover).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from detectors.errors import DoorLineError
from vision.arrays import SizeWH
from vision.ground_plane import GroundPlane
from vision.zones import Zone

Box = tuple[float, float, float, float]

LEAST_OFF = 0.003
"""A middle of the zone nearer to the line than this, in picture widths and heights, does not tell the street side."""

LEAST_LENGTH = 0.005
"""A piece of the line that is shorter is a slip of the mouse."""

Distances = npt.NDArray[np.float64]
"""(N,) float64; positive on the street side of the line, negative behind it."""


class DoorLine:
    """The door line of one shop.

    Args:
        points: at least two, as fractions of width and height, from one end of the line to the other.
        zone: the ground before the shop.

    Raises:
        DoorLineError: it leaves the picture, is too short, or halves the zone so that no side is the street's.
    """

    def __init__(self, points: Sequence[tuple[float, float]], zone: Zone) -> None:
        self._points = np.array(points, np.float64).reshape(-1, 2)
        _check(self._points)
        middle = _middle(np.array(zone.polygon, np.float64))
        off = _signed(middle[None], self._points)[0]
        if abs(off) < LEAST_OFF:
            raise DoorLineError(
                f"the door line halves zone {zone.zone_id!r}; draw it where the shop ends, and the zone over the street"
            )
        self._street = np.sign(off)

    def beyond_heights(self, box: Box, size_wh: SizeWH) -> float:
        """Return how far the foot point of a box lies before the line, in heights of the picture."""
        line = self._points * np.array(size_wh, np.float64)
        return float(self._street * _signed(_foot(box), line)[0] / size_wh[1])

    def beyond_m(self, box: Box, size_wh: SizeWH, ground: GroundPlane) -> float | None:
        """Return the same in metres of the ground; None where line or thing lie above its horizon."""
        foot, line = _foot(box), self._points * np.array(size_wh, np.float64)
        foot_m = ground.metres(foot.astype(np.float32), size_wh)
        line_m = ground.metres(line.astype(np.float32), size_wh)
        if not (np.isfinite(foot_m).all() and np.isfinite(line_m).all()):
            return None
        side = np.sign(_signed(foot, line)[0]) * self._street  # a plane may mirror, so the picture tells the side
        return float(side * abs(_signed(foot_m, line_m)[0]))


def _check(points: npt.NDArray[np.float64]) -> None:
    if len(points) < 2:
        raise DoorLineError("a door line has at least two points, one at each end")
    if not ((points >= 0) & (points <= 1)).all():
        raise DoorLineError("the door line leaves the picture; its points lie within 0 and 1")
    if (np.linalg.norm(np.diff(points, axis=0), axis=1) < LEAST_LENGTH).any():
        raise DoorLineError("the door line has two points on one spot; set them apart, or leave one out")


def _foot(box: Box) -> npt.NDArray[np.float64]:
    return np.array([[(box[0] + box[2]) / 2, box[3]]])


def _signed(points: npt.NDArray[np.float64], line: npt.NDArray[np.float64]) -> Distances:
    """Return (N,): distances of points from a polyline; the sign says on which side of its nearest piece.

    Where two pieces are as near, at a corner, the one tells the side from whose own line the point lies farther off:
    the point lies beyond the end of the other.
    """
    starts, ways = line[:-1], np.diff(line, axis=0)
    from_start = points[:, None] - starts[None]
    lengths = np.linalg.norm(ways, axis=1)
    along = np.clip((from_start * ways).sum(axis=2) / lengths**2, 0, 1)
    away = np.linalg.norm(from_start - along[..., None] * ways, axis=2)
    across = (ways[:, 0] * from_start[..., 1] - ways[:, 1] * from_start[..., 0]) / lengths
    nearest = away.min(axis=1)
    tied = away <= nearest[:, None] * (1 + 1e-9) + 1e-12
    best = np.where(tied, np.abs(across), -1.0).argmax(axis=1)
    return np.asarray(np.sign(across[np.arange(len(points)), best]) * nearest)


def _middle(corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the centre of gravity of a polygon."""
    x, y = corners.T
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    turns = x * next_y - next_x * y
    return np.array([((x + next_x) * turns).sum(), ((y + next_y) * turns).sum()]) / (3 * turns.sum())
