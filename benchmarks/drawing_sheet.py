"""Lays drawn pictures of many conditions out on one sheet, so that a person can judge them at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from datasets.camera_faults import camera_named
from datasets.demo_scenes import demo_script
from datasets.low_rate import through_h264
from datasets.scene import StreetScene
from datasets.training_set import weathered_script
from datasets.weather import weather_named
from vision.arrays import Picture, SizeWH

FPS = 12.0
GROUP = 5
LABEL_PX = 18


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture of a sheet: a demonstration scene with its seed, or the random street of a seed (scene "")."""

    scene: str
    seed: int
    t_s: float
    light: str = "day"
    weather: str = "clear"
    camera: str = "plain"

    @property
    def label(self) -> str:
        """What is written below it."""
        if not self.scene:
            return f"random street {self.seed}"
        return f"{self.scene}: {self.light}, {self.weather}, {self.camera}"


SHEET = (
    Tile("parking", 1, 40.0, "day", "windy"),
    Tile("quiet", 1, 35.2, "day", "afternoon", "old"),
    Tile("quiet", 3, 35.0, "day", "haze", "dirty"),
    Tile("vending", 2, 40.0, "dusk", "wet"),
    Tile("parking", 1, 24.0, "headlights", "clear"),
    Tile("parking", 1, 24.0, "headlights", "rain"),
    Tile("vending", 2, 40.0, "day", "fog"),
    Tile("quiet", 3, 35.0, "headlights", "fog"),
    Tile("parking", 1, 40.0, "overcast", "downpour", "drops"),
    Tile("parking", 1, 24.0, "headlights", "downpour", "worst"),
    Tile("", 21, 6.0),
    Tile("", 25, 6.0),
)
"""The sheet in the design page."""


def draw_sheet(path: Path, tiles: Sequence[Tile] = SHEET, *, columns: int = 3, size_wh: SizeWH = (320, 180)) -> None:
    """Draw every tile at 720p, make it small, and write all as one PNG of few colours, as noise makes PNGs large.

    Raises:
        OSError: it cannot be written.
    """
    cells = [_cell(tile, size_wh) for tile in tiles]
    cells += [np.zeros_like(cells[0])] * (-len(cells) % columns)
    bgr = np.vstack([np.hstack(cells[i : i + columns]) for i in range(0, len(cells), columns)])
    rgb = Image.fromarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
    rgb.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


COLOURS = 240


def _cell(tile: Tile, size_wh: SizeWH) -> Picture:
    full = (1280, 720)
    if tile.scene:
        weather, faults = weather_named(tile.weather), camera_named(tile.camera)
        script = replace(demo_script(tile.scene, tile.seed), weather=weather, faults=faults)
        scene = StreetScene(script, full, tile.light)
    else:
        script, light = weathered_script(tile.seed)
        scene = StreetScene(script, full, light)
    kbit_s = scene.script.faults.kbit_s
    times = [max(0.0, tile.t_s - back / FPS) for back in range(GROUP - 1, -1, -1)] if kbit_s else [tile.t_s]
    pictures = [scene.picture(t_s) for t_s in times]
    bgr = through_h264(pictures, 1000 * kbit_s, FPS).pictures[-1] if kbit_s else pictures[-1]
    small = cv2.resize(bgr, size_wh, interpolation=cv2.INTER_AREA)
    strip = np.full((LABEL_PX, size_wh[0], 3), 24, np.uint8)
    cv2.putText(strip, tile.label, (6, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (230, 230, 230), 1, cv2.LINE_AA)
    return np.vstack([small, strip])
