"""Draws the sheet of the drawn streets: every bundled scenario, some by night, and every kind of thing near and far.

`python -m benchmarks.drawn_scenes [--out docs/images/drawn_scenes.png] [--large FOLDER]`; with a folder it writes large
pictures of every layout in every light and of every kind into it, to be looked at after a change of drawing.
"""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from datasets.cast import CARS, KINDS, RIDDEN
from datasets.light import LIGHTS
from datasets.scenario import Actor, Journey, Script, View
from datasets.scenario_file import bundled_scenarios, load_scenario, scenario_path
from datasets.scene import StreetScene
from datasets.street import Lane, Street
from datasets.street_layouts import LAYOUTS
from vision.arrays import Picture

SIZE_WH, TILE_WH = (1280, 720), (304, 171)
MOMENTS_S = {
    "evening-grill": 100.0,
    "flyers-underpass": 84.0,
    "jam-at-light": 110.0,
    "lane-of-stickers": 150.0,
    "market-permitted": 96.0,
    "parking-stop": 68.0,
    "shop-beyond-door": 100.0,
    "vendor-comes-and-goes": 85.0,
}
"""A second in which much of the story can be seen."""

NIGHTS = ("evening-grill", "parking-stop", "market-permitted", "shop-beyond-door")
SHOWN = tuple(kind for kind in KINDS if kind not in (*CARS, "bus", "truck", "bicycle", "scooter"))
NEAR_M, FAR_M = 9.0, 30.0
CROP_WH = (121, 106)


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images/drawn_scenes.png"))
    parser.add_argument("--large", type=Path)
    wanted = parser.parse_args()
    if wanted.large is not None:
        write_large(wanted.large)
        return
    sheet = np.concatenate([scenario_rows(), kind_rows()])
    smooth = cv2.bilateralFilter(sheet, 5, 20, 2)  # noise of the sensor would fill half the file
    picture = Image.fromarray(cv2.cvtColor(smooth, cv2.COLOR_BGR2RGB)).quantize(96, dither=Image.Dither.NONE)
    picture.save(wanted.out, optimize=True)
    print(f"{wanted.out}: {sheet.shape[1]}x{sheet.shape[0]}, {wanted.out.stat().st_size} bytes")


def scenario_rows() -> Picture:
    """Every bundled scenario by day and four by night, four in a row."""
    shown = [(name, "day") for name in bundled_scenarios()] + [(name, "night") for name in NIGHTS]
    tiles = [
        cv2.resize(
            StreetScene(load_scenario(scenario_path(name)).script, SIZE_WH, light).picture(MOMENTS_S[name]),
            TILE_WH,
            interpolation=cv2.INTER_AREA,
        )
        for name, light in shown
    ]
    return _grid(tiles, 4)


def kind_rows() -> Picture:
    """Every kind near and, in the corner, far away."""
    columns = 4 * TILE_WH[0] // CROP_WH[0]
    looks = [(kind, i) for i, kind in enumerate(SHOWN)]
    tiles = []
    for near, far in zip(_portraits(looks, NEAR_M), _portraits(looks, FAR_M), strict=True):
        tile = cv2.resize(near, CROP_WH, interpolation=cv2.INTER_AREA)
        share = min(0.5, 0.4 * CROP_WH[0] / far.shape[1])
        small = cv2.resize(far, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        tile[: small.shape[0], : small.shape[1]] = small
        tiles.append(tile)
    rows = _grid(tiles, columns)
    return cv2.copyMakeBorder(rows, 0, 0, 0, 4 * TILE_WH[0] - rows.shape[1], cv2.BORDER_CONSTANT, value=(255,) * 3)


def _portraits(shown: Sequence[tuple[str, int]], away_m: float) -> list[Picture]:
    """Things of (kind, look) alone on a bare street, each cut out with some ground around it."""
    street = Street(look=11, road_m=60.0, far_pavement_m=4.0, lanes=(Lane(2.0, 1, 8.0),), from_x=-30, to_x=30)
    is_near = away_m < 20
    view = View(0.0, -4.0, 4.5 if is_near else 7.0, 90.0, 19.0 if is_near else 12.0, 62.0)
    actors = []
    for i, (kind, look) in enumerate(shown):
        path = Journey(float(i), 0.0, away_m - 4.0).stay(1.0, facing_rad=math.radians(215)).path()
        actors.append(Actor(i + 1, kind, look, path, "parked" if kind in RIDDEN and look % 2 else "stand"))
    scene = StreetScene(Script("portraits", street, view, tuple(actors), period_s=len(shown) + 1.0), SIZE_WH)
    return [_cut_out(scene, i + 0.5) for i in range(len(shown))]


def _cut_out(scene: StreetScene, t_s: float) -> Picture:
    bgr = scene.picture(t_s)
    boxes = np.array([thing.sketch.box for thing in scene._things(t_s)])
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    middle, half = (low + high) / 2, max(*(high - low) * (0.58, 0.58 * CROP_WH[0] / CROP_WH[1]), 12.0)
    half_wh = half, half * CROP_WH[1] / CROP_WH[0]
    x0, y0 = (max(0, int(m - h)) for m, h in zip(middle, half_wh, strict=True))
    x1, y1 = (min(limit, int(m + h)) for m, h, limit in zip(middle, half_wh, SIZE_WH, strict=True))
    return bgr[y0:y1, x0:x1]


def _grid(tiles: list[Picture], columns: int) -> Picture:
    blank = np.full_like(tiles[0], 255)
    padded = tiles + [blank] * (-len(tiles) % columns)
    return np.concatenate([np.concatenate(padded[i : i + columns], axis=1) for i in range(0, len(padded), columns)])


def write_large(folder: Path) -> None:
    """Write every scenario in every light, and sheets of kinds with several looks."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in bundled_scenarios():
        script = load_scenario(scenario_path(name)).script
        tiles = [StreetScene(script, (960, 540), light).picture(MOMENTS_S[name]) for light in LIGHTS]
        cv2.imwrite(str(folder / f"{name}.png"), _grid(tiles, 2))
    for begin in range(0, len(KINDS), 8):
        kinds = KINDS[begin : begin + 8]
        near = _portraits([(kind, look) for kind in kinds for look in range(5)], NEAR_M)
        far = _portraits([(kind, 1) for kind in kinds], FAR_M)
        rows = [(*near[5 * i : 5 * i + 5], far[i]) for i in range(len(kinds))]
        tiles = [cv2.resize(tile, (256, 224), interpolation=cv2.INTER_AREA) for row in rows for tile in row]
        cv2.imwrite(str(folder / f"kinds-{begin:02d}.png"), _grid(tiles, 6))
    print(f"{folder}: {len(LAYOUTS)} layouts, {len(KINDS)} kinds")


if __name__ == "__main__":
    main()
