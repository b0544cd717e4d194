"""Turns a shape at a place into polygons of the picture, shaded, far pieces first, with its exact box.

A `Sketch` is drawn in colour onto the picture and once more, as a silhouette, into the buffer that tells what is
visible. Both use the same polygons, so that truth and pixels cannot disagree.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from datasets.ground_camera import NEAREST_M, GroundCamera, Metres
from datasets.light import Light
from datasets.shapes import GLOWING, Shape
from vision.arrays import Picture

SHIFT = 4
"""Fractional bits of polygon corners handed to OpenCV: a sixteenth of a pixel."""

_ARC = np.linspace(-math.pi / 2, math.pi / 2, 6)


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a thing stands: metres on the ground, heading from +x towards +y, and how high its origin is lifted."""

    x: float
    y: float
    heading_rad: float = 0.0
    z: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """A thing as polygons of one picture.

    Attributes:
        polygons: (K, 2) int32 corners with `SHIFT` fractional bits, in the order in which they are drawn.
        colours: BGR of each.
        box: (x1, y1, x2, y2) in pixels around everything that is drawn, not cut to the picture.
        shadow: (K, 2) float64 pixels, outline of the cast shadow on the ground; empty where none falls.
        contact: (K, 2) float64 pixels, outline of the dark patch right below.
    """

    polygons: tuple[npt.NDArray[np.int32], ...]
    colours: tuple[tuple[float, float, float], ...]
    box: tuple[float, float, float, float]
    shadow: Metres
    contact: Metres

    def paint(self, bgr: Picture) -> None:
        """Draw onto a picture."""
        for polygon, colour in zip(self.polygons, self.colours, strict=True):
            if len(polygon) <= 4:
                cv2.fillConvexPoly(bgr, polygon, colour, cv2.LINE_AA, SHIFT)
            else:
                cv2.fillPoly(bgr, [polygon], colour, cv2.LINE_AA, SHIFT)

    def stamp(self, buffer: npt.NDArray[np.uint8 | np.uint16], number: int, offset: tuple[int, int]) -> None:
        """Fill the silhouette into an (H, W) buffer of the picture's scale whose origin lies at pixel `offset`."""
        move = np.array(offset, np.int32) << SHIFT
        for polygon in self.polygons:
            cv2.fillPoly(buffer, [polygon - move], number, cv2.LINE_8, SHIFT)


EMPTY = np.zeros((0, 2), np.float64)


@dataclass(frozen=True, slots=True)
class Studio:
    """What every sketch of a scene needs: camera, light, and the y in metres where house fronts end the ground."""

    camera: GroundCamera
    light: Light
    front_y: float = math.inf

    def sketch(self, shape: Shape, pose: Pose, lamp: float = 0.0) -> Sketch | None:
        """Return the shape at a pose as polygons, or None where nothing of it can be seen from the camera.

        Args:
            shape: what to draw.
            pose: where it stands.
            lamp: light of street lamps there, in [0, 1].
        """
        turn = _turn(pose.heading_rad)
        shift = np.array([pose.x, pose.y, pose.z])
        points = shape.points @ turn.T + shift
        ends = shape.ends.reshape(-1, 3) @ turn.T + shift
        everything = np.concatenate([points, ends])
        pixels, depths = self.camera.project(everything)
        faces = _Faces(shape, pixels[: len(points)], depths[: len(points)])
        tube_polygons, tube_depths = self._tubes(pixels[len(points) :], depths[len(points) :], shape.radii)
        seen = self._seen(shape, turn, shift, faces.nearest)
        seen_tubes = tube_depths > NEAREST_M
        order = _order(shape, np.concatenate([faces.middle_depths, tube_depths]), np.concatenate([seen, seen_tubes]))
        if not len(order):
            return None
        drawn = np.concatenate([faces.pixels[np.repeat(seen, faces.sizes)], tube_polygons[seen_tubes].reshape(-1, 2)])
        fixed, fixed_tubes = _fixed(faces.pixels), _fixed(tube_polygons)
        count, starts = len(seen), shape.starts.tolist()
        polygons = [fixed[starts[i] : starts[i + 1]] if i < count else fixed_tubes[i - count] for i in order.tolist()]
        return Sketch(
            tuple(polygons),
            tuple(map(tuple, self._colours(shape, turn, lamp)[order].tolist())),
            _around(drawn),
            self._fallen(everything, self.light.sun) if self.light.shadow_ratio > 0 else EMPTY,
            self._fallen(everything[everything[:, 2] < CONTACT_HEIGHT_M], (0.0, 0.0, 1.0)),
        )

    def _colours(self, shape: Shape, turn: Metres, lamp: float) -> Metres:
        """(F + T, 3) BGR as lit."""
        normals = np.zeros((len(shape.colours), 3))
        normals[: len(shape.normals)] = shape.normals @ turn.T
        lit = self.light.shade(normals, shape.colours, lamp)
        lit[shape.materials == GLOWING] = shape.colours[shape.materials == GLOWING]
        return lit

    def _seen(self, shape: Shape, turn: Metres, shift: Metres, nearest: Metres) -> npt.NDArray[np.bool_]:
        """Which faces look at the camera and lie wholly before it."""
        to_camera = np.array(self.camera.position) - (shape.middles @ turn.T + shift)
        facing = np.einsum("ij,ij->i", to_camera, shape.normals @ turn.T) > 0
        return (facing | shape.two_sided) & (nearest > NEAREST_M)

    def _tubes(self, pixels: Metres, depths: Metres, radii: Metres) -> tuple[Metres, Metres]:
        """Return (T, 2K, 2) outlines of tubes and their (T,) mean depths (the lesser where an end is too near)."""
        ends, depth = pixels.reshape(-1, 2, 2), depths.reshape(-1, 2)
        along = ends[:, 1] - ends[:, 0]
        length = np.linalg.norm(along, axis=1, keepdims=True)
        along = np.where(length > 1e-6, along / np.maximum(length, 1e-6), np.array([[0.0, 1.0]]))
        aside = np.stack([-along[:, 1], along[:, 0]], axis=1)
        size = np.maximum(radii * self.camera.focal_px / np.maximum(depth, NEAREST_M), 0.35)
        ahead = np.cos(_ARC)[None, :, None] * along[:, None] + np.sin(_ARC)[None, :, None] * aside[:, None]
        behind = -np.cos(_ARC)[None, :, None] * along[:, None] - np.sin(_ARC)[None, :, None] * aside[:, None]
        outline = np.concatenate(
            [ends[:, 1:] + ahead * size[:, 1, None, None], ends[:, :1] + behind * size[:, 0, None, None]], axis=1
        )
        return outline, np.where(depth.min(axis=1, initial=np.inf) > NEAREST_M, depth.mean(axis=1), 0.0)

    def _fallen(self, points: Metres, sun: tuple[float, float, float]) -> Metres:
        """Return the outline in pixels of what `points` shade on the ground."""
        if len(points) < 3:
            return EMPTY
        ground = points.copy()
        ground[:, :2] -= points[:, 2:] * np.array(sun[:2]) / max(sun[2], 0.25)
        ground[:, 1] = np.minimum(ground[:, 1], self.front_y)
        ground[:, 2] = 0.0
        pixels, depths = self.camera.project(ground)
        if depths.min() < NEAREST_M:
            return EMPTY
        return cv2.convexHull(pixels.astype(np.float32)).reshape(-1, 2).astype(np.float64)


CONTACT_HEIGHT_M = 0.45
"""Only what is this near to the ground darkens it from above."""


class _Faces:
    """The corners of a shape's faces in the picture, and how far away each face is."""

    def __init__(self, shape: Shape, pixels: Metres, depths: Metres) -> None:
        self.pixels, self.sizes = pixels, np.diff(shape.starts)
        if len(shape.starts) > 1:
            self.middle_depths = np.add.reduceat(depths, shape.starts[:-1]) / self.sizes
            self.nearest = np.minimum.reduceat(depths, shape.starts[:-1])
        else:
            self.middle_depths, self.nearest = np.zeros(0), np.zeros(0)


def _fixed(pixels: Metres) -> npt.NDArray[np.int32]:
    """Return pixels with `SHIFT` fractional bits; far outside the picture they are cut, where OpenCV would overflow."""
    return np.rint(np.clip(pixels, -FARTHEST_PX, FARTHEST_PX) * (1 << SHIFT)).astype(np.int32)


FARTHEST_PX = 20_000.0


def _around(corners: Metres) -> tuple[float, float, float, float]:
    """Return the box around polygons as they are drawn: smooth edges reach half a pixel farther."""
    low, high = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return low[0] - 0.5, low[1] - 0.5, high[0] + 1.0, high[1] + 1.0


def _order(shape: Shape, depths: Metres, seen: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return the rows to draw: lower layers first, within a layer the farther first."""
    rows = np.lexsort((-depths, shape.layers))
    return rows[seen[rows]]


def _turn(heading_rad: float) -> Metres:
    cos, sin = math.cos(heading_rad), math.sin(heading_rad)
    return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
