"""Paints the ground of a street from straight above: asphalt, markings, kerbs, tiles; wear and dirt."""

from dataclasses import dataclass

import cv2
import numpy as np

from datasets.light import Light
from datasets.street import Street
from vision.arrays import Picture

GROUND_PX_PER_M = 28
"""Resolution of the ground seen from above; what a camera sees nearest has 100 px/m, but is plain asphalt."""

NEAR_M = 7.0
"""How much ground is painted on the camera's side of the near kerb."""

SIDE_ROAD_M = 32.0
"""How far a side road is painted beyond the fronts."""


def paint_ground(street: Street, light: Light) -> Picture:
    """Return the ground from above as (H, W, 3) BGR: column 0 is `from_x`, row 0 is y = -`NEAR_M`."""
    rng = np.random.default_rng(street.look)
    width = round((street.to_x - street.from_x) * GROUND_PX_PER_M)
    beyond = SIDE_ROAD_M if street.side_road is not None else 0.5
    height = round((street.front_y + NEAR_M + beyond) * GROUND_PX_PER_M)
    tone = float(rng.uniform(92, 122))
    ground = np.empty((height, width, 3), np.float32)
    ground[:] = (tone + 3, tone + 1, tone)
    road = slice(_row(0.0), _row(street.road_m))
    ground += _blotches((height, width), rng)[..., None]
    _wear(ground, street, rng)
    _marks(ground, street)
    tile = _Tiling.of(rng)
    for part in (slice(0, road.start), slice(road.stop, height)):
        tile.lay(ground[part], rng)
    _kerbs(ground, street, rng)
    _extras(ground, street, rng)
    ground += rng.standard_normal((height, width, 1), np.float32) * 5
    ground *= _lighting(street, light, (height, width))
    return np.clip(ground, 0, 255).astype(np.uint8)


def _row(y: float) -> int:
    return round((y + NEAR_M) * GROUND_PX_PER_M)


def _blotches(shape_hw: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Slow changes of brightness at three scales."""
    height, width = shape_hw
    small = max(1, height // 3), max(1, width // 3)
    total = np.zeros(small, np.float32)
    for cell_m, strength in ((6.0, 5.0), (1.6, 4.0), (0.4, 3.0)):
        cell = cell_m * GROUND_PX_PER_M / 3
        coarse = rng.normal(0, strength, (round(small[0] / cell) + 2, round(small[1] / cell) + 2)).astype(np.float32)
        total += cv2.resize(coarse, small[::-1], interpolation=cv2.INTER_CUBIC)
    return cv2.resize(total, (width, height), interpolation=cv2.INTER_LINEAR)


def _wear(ground: np.ndarray, street: Street, rng: np.random.Generator) -> None:
    """Wheel tracks, patches of newer asphalt, cracks and manhole covers."""
    for lane in street.lanes:
        for side in (-0.8, 0.8):
            middle = _row(lane.y + side)
            ground[max(0, middle - 8) : middle + 8] -= 5
    for _ in range(9):
        x, y = int(rng.integers(ground.shape[1])), _row(float(rng.uniform(0.5, max(0.6, street.road_m - 1.5))))
        w, h = int(rng.integers(30, 160)), int(rng.integers(20, 55))
        ground[y : y + h, x : x + w] -= float(rng.uniform(6, 16))
    for _ in range(14):
        start = np.array([rng.integers(ground.shape[1]), _row(float(rng.uniform(0, street.road_m)))], float)
        steps = np.cumsum(rng.normal((9, 0), (6, 5), (12, 2)), axis=0) + start
        cv2.polylines(ground, [steps.astype(np.int32)], False, (80, 78, 78), 1, cv2.LINE_AA)
    for _ in range(7):
        centre = int(rng.integers(ground.shape[1])), _row(float(rng.uniform(1, max(1.2, street.road_m - 1))))
        cv2.circle(ground, centre, 10, (70, 70, 72), -1, cv2.LINE_AA)
        cv2.circle(ground, centre, 10, (110, 112, 112), 1, cv2.LINE_AA)


def _marks(ground: np.ndarray, street: Street) -> None:
    white, yellow = (208, 212, 212), (64, 168, 214)
    near = [lane.y for lane in street.lanes if lane.direction > 0]
    far = [lane.y for lane in street.lanes if lane.direction < 0]
    if near and far and street.median is None:
        middle = (max(near) + min(far)) / 2
        for offset in (-0.14, 0.14):
            _line(ground, middle + offset, yellow, None)
    for group in (near, far):
        for a, b in zip(sorted(group), sorted(group)[1:], strict=False):
            _line(ground, (a + b) / 2, white, (2.0, 4.0))
    if street.strip_m:
        _line(ground, street.road_m - street.strip_m, white, None)
        _line(ground, street.road_m - 0.3, yellow, None)
    if street.crossing_x is not None:
        left = street.crossing_x - 1.8 - street.from_x
        for y in np.arange(0.5, street.road_m - 0.5, 0.95):
            rows = slice(_row(float(y)), _row(float(y) + 0.48))
            ground[rows, round(left * GROUND_PX_PER_M) : round((left + 3.6) * GROUND_PX_PER_M)] = white


def _line(ground: np.ndarray, y: float, colour: tuple[int, int, int], dashes: tuple[float, float] | None) -> None:
    rows = slice(_row(y - 0.06), _row(y + 0.06))
    if dashes is None:
        ground[rows] = ground[rows] * 0.15 + np.array(colour) * 0.85
        return
    on, off = (round(part * GROUND_PX_PER_M) for part in dashes)
    for x in range(0, ground.shape[1], on + off):
        ground[rows, x : x + on] = colour


@dataclass(frozen=True, slots=True)
class _Tiling:
    """Pavement tiles: side in pixels of the texture, and colour."""

    side_px: int
    colour: tuple[float, float, float]

    @classmethod
    def of(cls, rng: np.random.Generator) -> "_Tiling":
        colours = (150.0, 158.0, 164.0), (140.0, 146.0, 150.0), (128.0, 142.0, 160.0), (158.0, 160.0, 160.0)
        return cls(round(float(rng.uniform(0.35, 0.55)) * GROUND_PX_PER_M), colours[int(rng.integers(4))])

    def lay(self, ground: np.ndarray, rng: np.random.Generator) -> None:
        """Fill with tiles, their joints and dirt, in place."""
        height, width = ground.shape[:2]
        rows, columns = height // self.side_px + 1, width // self.side_px + 1
        tones = rng.normal(0, 5, (rows, columns)).astype(np.float32)
        big = cv2.resize(tones, None, fx=self.side_px, fy=self.side_px, interpolation=cv2.INTER_NEAREST)[
            :height, :width
        ]
        big = big + 0.6 * _blotches((height, width), rng)
        big[:: self.side_px] -= 22
        big[:, :: self.side_px] -= 18
        for channel in range(3):
            np.add(big, self.colour[channel], out=ground[..., channel])


def _kerbs(ground: np.ndarray, street: Street, rng: np.random.Generator) -> None:
    stone = float(rng.uniform(150, 182))
    for y, towards in ((0.0, -1), (street.road_m, 1)):
        edge = sorted((_row(y), _row(y + towards * 0.28)))
        ground[edge[0] : edge[1]] = (stone, stone, stone + 2)
        ground[edge[0] : edge[1], :: round(1.0 * GROUND_PX_PER_M)] -= 26
        gutter = sorted((_row(y), _row(y - towards * 0.18)))
        ground[gutter[0] : gutter[1]] *= 0.72
    guide = _row(street.road_m + street.far_pavement_m * 0.45)
    ground[guide : guide + 9] = ground[guide : guide + 9] * 0.45 + np.array((70, 170, 205), np.float32) * 0.55
    foot = _row(street.front_y)
    for i in range(20):
        ground[foot - i - 1] *= 0.76 + 0.012 * i


def _extras(ground: np.ndarray, street: Street, rng: np.random.Generator) -> None:
    """What only some layouts have: a side road, a raised median, the line that shops must not pass."""
    if street.side_road is not None:
        _side_road(ground, street, street.side_road, rng)
    if street.median is not None:
        low, high = street.median
        for edge in (low, high):
            _line(ground, edge + (-0.25 if edge == low else 0.25), (64, 168, 214), None)
        ground[_row(low) : _row(high)] = (126, 134, 138)
        ground[_row(low) : _row(low + 0.12)] = (176, 178, 180)
    if street.shops and street.door_line_m > 0:
        left, right = (
            round((x - street.from_x) * GROUND_PX_PER_M) for x in (street.shops[0].left_x, street.shops[-1].right_x)
        )
        rows = slice(_row(street.door_line_y - 0.05), _row(street.door_line_y + 0.05))
        ground[rows, max(0, left) : max(0, right)] = (70, 190, 225)


def _side_road(ground: np.ndarray, street: Street, span: tuple[float, float], rng: np.random.Generator) -> None:
    """Asphalt from the far kerb to the end, with its kerbs, middle line and zebra crossing."""
    left, right = (round((x - street.from_x) * GROUND_PX_PER_M) for x in span)
    top = _row(street.road_m - 0.2)
    road = ground[top:, max(0, left) : right]
    tone = float(ground[_row(street.road_m * 0.4), ::40].mean())
    road[:] = tone + rng.normal(0, 2.5, (road.shape[0], road.shape[1], 1)).astype(np.float32)
    for edge in (left, right - 8):
        ground[_row(street.road_m) :, max(0, edge) : max(0, edge) + 8] = (166, 168, 170)
    middle = (left + right) // 2
    for row in range(_row(street.front_y), ground.shape[0], round(6 * GROUND_PX_PER_M)):
        ground[row : row + round(2 * GROUND_PX_PER_M), middle - 2 : middle + 2] = (208, 212, 212)
    low = street.road_m + 0.6
    for x in np.arange(span[0] + 0.5, span[1] - 0.5, 0.95):
        columns = slice(*(round((edge - street.from_x) * GROUND_PX_PER_M) for edge in (x, x + 0.48)))
        ground[_row(low) : _row(low + 2.6), columns] = (208, 212, 212)


def _lighting(street: Street, light: Light, shape_hw: tuple[int, int]) -> np.ndarray:
    """(H, W, 3) factors of sun, sky and lamps on the ground."""
    height, width = shape_hw
    coarse = 2.0
    xs = np.arange(0, width / GROUND_PX_PER_M, 1 / coarse) + street.from_x
    ys = np.arange(0, height / GROUND_PX_PER_M, 1 / coarse) - NEAR_M
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    lamps = street.lamp_light(grid) if light.lamps_on else np.zeros(len(grid))
    up = np.array([[0.0, 0.0, 1.0]])
    dark, bright = (light.shade(up, np.array([[100.0] * 3]), lamp)[0] / 100 for lamp in (0.0, 1.0))
    factors = dark + lamps[:, None] * (bright - dark)
    small = factors.reshape(len(ys), len(xs), 3).astype(np.float32)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
