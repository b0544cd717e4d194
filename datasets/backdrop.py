"""Paints everything of a scene that never moves, once: sky, fronts, ground, furniture; then it is only copied.

Painted at twice the size and reduced, so that edges are smooth. Furniture may stand before what moves: each piece keeps
its mask, and is put back from the backdrop after something farther away has been drawn over it.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from datasets.deck import DECK_NEAR_Y, paint_underside
from datasets.draw_furniture import (
    RAILING_M,
    make_bin,
    make_bollard,
    make_lamp,
    make_pole,
    make_railing,
    make_sign,
    make_tree,
)
from datasets.facade_texture import paint_front
from datasets.ground_camera import NEAREST_M, GroundCamera, Metres
from datasets.ground_texture import GROUND_PX_PER_M, NEAR_M, paint_ground
from datasets.houses import houses
from datasets.light import Light
from datasets.shadows import darken
from datasets.shapes import Shape
from datasets.sketches import Pose, Sketch, Studio
from datasets.street import Street
from vision.arrays import Picture

SUPERSAMPLING = 2


@dataclass(frozen=True, slots=True, eq=False)
class Prop:
    """A standing thing that can hide what is behind it.

    Attributes:
        ground: (x, y) metres.
        corner: (x, y) pixel of the mask's top left corner.
        mask: (h, w) uint8, 255 where the thing is.
    """

    ground: tuple[float, float]
    corner: tuple[int, int]
    mask: Picture


@dataclass(frozen=True, slots=True, eq=False)
class Backdrop:
    """The still picture of a street, (H, W, 3) BGR, and the things in it that can stand before others."""

    bgr: Picture
    props: tuple[Prop, ...]


def paint_backdrop(street: Street, camera: GroundCamera, light: Light) -> Backdrop:
    """Return the street without anything that moves; takes some hundred milliseconds at 720p."""
    width, height = camera.size_wh
    big = replace(
        camera, focal_px=camera.focal_px * SUPERSAMPLING, size_wh=(width * SUPERSAMPLING, height * SUPERSAMPLING)
    )
    bgr = _sky(street, big, light)
    _ground(bgr, street, big, light)
    _garden(bgr, street, Studio(big, light))
    _fronts(bgr, street, big, light)
    _underside(bgr, street, big, light)
    props = _furnish(bgr, street, Studio(big, light, street.front_y))
    small = cv2.resize(bgr, (width, height), interpolation=cv2.INTER_AREA)
    small.setflags(write=False)
    return Backdrop(small, props)


def _sky(street: Street, camera: GroundCamera, light: Light) -> Picture:
    """A gradient with soft clouds and, along the horizon, a hazy town; painted small, as nothing in it is sharp."""
    rng = np.random.default_rng(street.look + 1)
    width, height = camera.size_wh[0] // SKY_REDUCTION, camera.size_wh[1] // SKY_REDUCTION
    horizon = camera.horizon_px() / SKY_REDUCTION
    share = np.clip((np.arange(height) / max(horizon, 1.0)), 0, 1)[:, None, None]
    top, low = np.array(light.sky[0]), np.array(light.sky[1])
    sky = np.broadcast_to(top + (low - top) * share, (height, width, 3)).astype(np.float32)
    clouds = np.zeros((height, width), np.float32)
    for cells, strength in ((6, 10.0), (14, 6.0), (34, 3.0)):
        coarse = rng.normal(0, strength, (max(3, cells * height // width), cells)).astype(np.float32)
        clouds += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    sky += np.clip(clouds, 0, None)[..., None] * (low.mean() / 255)
    x = 0
    while x < width:
        wide, tall = int(rng.integers(width // 40, width // 14)), int(rng.integers(height // 30, height // 7))
        sky[max(0, round(horizon) - tall) :, x : x + wide] = low * float(rng.uniform(0.72, 0.88))
        x += wide
    small = np.clip(sky, 0, 255).astype(np.uint8)
    return cv2.resize(small, camera.size_wh, interpolation=cv2.INTER_LINEAR)


SKY_REDUCTION = 4


def _ground(bgr: Picture, street: Street, camera: GroundCamera, light: Light) -> None:
    texture = paint_ground(street, light)
    step = 1 / GROUND_PX_PER_M
    origin = np.array([street.from_x, -NEAR_M, 0.0])
    homography = camera.plane_homography(origin, np.array([step, 0, 0]), np.array([0, step, 0]))
    _lay(bgr, texture, homography)


def _garden(bgr: Picture, street: Street, studio: Studio) -> None:
    """Trees behind the wall, where there is one."""
    if street.wall is None:
        return
    for i, x in enumerate(np.arange(street.wall.left_x - 6, street.wall.right_x + 8, 1.7)):
        sketch = studio.sketch(make_tree(street.look + i), Pose(float(x), street.front_y + 3.0 + 1.5 * (i % 2)), 0.2)
        if sketch is not None:
            sketch.paint(bgr)


def _fronts(bgr: Picture, street: Street, camera: GroundCamera, light: Light) -> None:
    """House by house, the farthest first; each shows its front and the side that looks at the camera."""
    rng = np.random.default_rng(street.look + 2)
    nearest_last = sorted(
        houses(street, rng), key=lambda house: -abs(house[0] + house[1].width_m / 2 - camera.position[0])
    )
    for left, front in nearest_last:
        px_per_m = _useful_resolution(camera, (left, left + front.width_m), street.front_y)
        texture = paint_front(front, light, px_per_m)
        side_x = left if left > camera.position[0] else left + front.width_m
        _side(bgr, camera, (side_x, street.front_y, front.height_m), texture)
        step = 1 / px_per_m
        origin = np.array([left, street.front_y, front.height_m])
        _lay(bgr, texture, camera.plane_homography(origin, np.array([step, 0, 0]), np.array([0, 0, -step])))


def _underside(bgr: Picture, street: Street, camera: GroundCamera, light: Light) -> None:
    """The deck above, where there is one and the camera hangs below it."""
    if not camera.position[2] < street.deck_z:
        return
    texture, px_per_m = paint_underside(street, light)
    step = 1 / px_per_m
    origin = np.array([street.from_x, DECK_NEAR_Y, street.deck_z])
    _lay(bgr, texture, camera.plane_homography(origin, np.array([step, 0, 0]), np.array([0, step, 0])))


def _useful_resolution(camera: GroundCamera, span_x: tuple[float, float], front_y: float) -> float:
    """Return px/m that suits the nearest part of a front; finer only costs time and flickers."""
    nearest_x = float(np.clip(camera.position[0], *span_x))
    away = float(np.hypot(nearest_x - camera.position[0], front_y - camera.position[1]))
    return float(np.clip(camera.focal_px / max(away, 1.0), 6, FINEST_FRONT_PX_PER_M))


FINEST_FRONT_PX_PER_M = 60.0


def _side(bgr: Picture, camera: GroundCamera, place: tuple[float, float, float], texture: Picture) -> None:
    x, y, top = place
    corners = np.array([[x, y, 0], [x, y + 12, 0], [x, y + 12, top], [x, y, top]])
    pixels, depths = camera.project(corners)
    if depths.min() > NEAREST_M:
        colour = tuple(float(c) for c in texture[:, :4].reshape(-1, 3).mean(axis=0) * 0.85)
        cv2.fillPoly(bgr, [np.round(pixels * 16).astype(np.int32)], colour, cv2.LINE_AA, 4)


def _lay(bgr: Picture, texture: Picture, homography: Metres) -> None:
    """Warp a texture into the picture, where its plane lies before the camera."""
    height, width = texture.shape[:2]
    corners = homography @ np.array([[0, width, width, 0], [0, 0, height, height], [1, 1, 1, 1]], float)
    if corners[2].max() <= NEAREST_M:
        return
    x0, y0, x1, y1 = _reach(corners, (bgr.shape[1], bgr.shape[0]))
    if x1 - x0 < 1 or y1 - y0 < 1:
        return
    homography = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1.0]]) @ homography
    size = x1 - x0, y1 - y0
    warped = cv2.warpPerspective(texture, homography, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpPerspective(np.full((height, width), 255, np.uint8), homography, size, flags=cv2.INTER_NEAREST)
    if corners[2].min() <= NEAREST_M:
        back = np.linalg.inv(homography)[2]
        ahead = (np.arange(size[0]) * back[0])[None, :] + (np.arange(size[1]) * back[1] + back[2])[:, None] > 0
        mask[~ahead] = 0
    cv2.copyTo(warped, mask, bgr[y0:y1, x0:x1])


def _reach(corners: Metres, size_wh: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the part of the picture that a warped texture can touch: x0, y0, x1, y1."""
    if corners[2].min() <= NEAREST_M:
        return 0, 0, size_wh[0], size_wh[1]
    pixels = np.clip(corners[:2] / corners[2], -2, np.array([[size_wh[0] + 2], [size_wh[1] + 2]]))
    low, high = np.floor(pixels.min(axis=1)).astype(int), np.ceil(pixels.max(axis=1)).astype(int) + 1
    return max(0, int(low[0])), max(0, int(low[1])), min(size_wh[0], int(high[0])), min(size_wh[1], int(high[1]))


def _furnish(bgr: Picture, street: Street, studio: Studio) -> tuple[Prop, ...]:
    props = []
    for shape, pose in sorted(_furniture(street, studio.light), key=lambda item: -_away(item[1], studio.camera)):
        lamp = float(street.lamp_light(np.array([[pose.x, pose.y]]))[0]) if studio.light.lamps_on else 0.0
        sketch = studio.sketch(shape, pose, lamp)
        if sketch is None:
            continue
        for outline, strength in ((sketch.shadow, studio.light.shadow_ratio), (sketch.contact, 0.2)):
            darken(bgr, outline, strength)
        sketch.paint(bgr)
        prop = _prop(sketch, pose, (bgr.shape[1], bgr.shape[0]))
        if prop is not None:
            props.append(prop)
    return tuple(props)


def _prop(sketch: Sketch, pose: Pose, size_wh: tuple[int, int]) -> Prop | None:
    """Return the mask of a piece of furniture at the final size, or None where it is outside the picture."""
    step = SUPERSAMPLING
    x0, y0 = (max(0, int(v) // step * step - step) for v in sketch.box[:2])
    x1, y1 = (min(limit, (int(v) // step + 2) * step) for v, limit in zip(sketch.box[2:], size_wh, strict=True))
    if x1 - x0 < step or y1 - y0 < step:
        return None
    whole = np.zeros((y1 - y0, x1 - x0), np.uint8)
    sketch.stamp(whole, 255, (x0, y0))
    mask = cv2.resize(whole, ((x1 - x0) // step, (y1 - y0) // step), interpolation=cv2.INTER_AREA)
    return Prop((pose.x, pose.y), (x0 // step, y0 // step), (mask >= 128).astype(np.uint8) * 255)


def _furniture(street: Street, light: Light) -> list[tuple[Shape, Pose]]:
    rng = np.random.default_rng(street.look + 3)
    low, high = street.clear_x
    y = street.furniture_y
    things = [(make_tree(street.look + i), Pose(x, y)) for i, x in enumerate(street.tree_xs)]
    if not street.deck_z:
        things += [(make_lamp(lamps_on=light.lamps_on), Pose(x, y)) for x in street.lamp_xs]
    things += [(make_pole(), Pose(x, y)) for x in street.pole_xs]
    if street.median is not None:
        middle = sum(street.median) / 2
        things += [(make_railing(), Pose(float(x), middle)) for x in _railing_xs(street)]
    if street.deck_z or street.pole_xs:
        return things
    for x in np.arange(street.from_x + 5, min(street.to_x, 80.0), 23.0):
        place = float(x + rng.uniform(-4, 4))
        turned = float(rng.choice([0.0, np.pi]))
        if not low < place < high:
            things.append((make_bin(street.look), Pose(place, y)))
        if not low < place + 6.5 < high:
            things.append((make_sign(street.look + round(x)), Pose(place + 6.5, y - 0.2, turned)))
    if rng.random() < 0.5:
        things += [(make_bollard(), Pose(float(x), street.road_m + 0.45)) for x in np.arange(30, 70, 1.8)]
    return things


def _railing_xs(street: Street) -> npt.NDArray[np.float64]:
    """Where each piece of the median's railing stands; there is none on crossings and where a side road comes in."""
    xs = np.arange(street.from_x + RAILING_M, min(street.to_x, 80.0), RAILING_M)
    gaps = [street.side_road] if street.side_road is not None else []
    if street.crossing_x is not None:
        gaps.append((street.crossing_x - 2.0, street.crossing_x + 2.0))
    return xs[[not any(a - 1.2 < x < b + 1.2 for a, b in gaps) for x in xs]]


def _away(pose: Pose, camera: GroundCamera) -> float:
    return float(np.hypot(pose.x - camera.position[0], pose.y - camera.position[1]))
