"""Lays flyers and other prints onto the surfaces of a street: walls, poles, the pavement; and paints the flyer's sheet.

A flyer is a sheet with a headline, lines of text and a telephone number; other kinds are painted by `draw_prints`.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from datasets.draw_prints import paint_print
from datasets.ground_camera import NEAREST_M, GroundCamera, Metres
from datasets.light import LAMP_COLOUR, Light
from datasets.scenario import Paper, Script
from datasets.street import Street
from vision.arrays import Picture

PAPERS = ((238, 242, 244), (236, 236, 232), (120, 225, 250), (190, 205, 250), (215, 235, 200), (90, 110, 235))
INKS = ((40, 36, 36), (40, 36, 36), (40, 30, 200), (160, 60, 30))
SHEET_PX = 240
"""Width of the sheet as it is painted before it is laid on the wall."""


@dataclass(frozen=True, slots=True, eq=False)
class PaperPatch:
    """A print as it looks in the picture.

    Attributes:
        paper: what it is.
        box: xyxy, pixels.
        corner: (x, y) of the pixels below.
        pixels: (H, W, 3) BGR.
        mask: (H, W) uint8: how much of what is behind it covers, from 0 to 255.
    """

    paper: Paper
    box: tuple[float, float, float, float]
    corner: tuple[int, int]
    pixels: Picture
    mask: Picture

    def hangs(self, t_s: float) -> bool:
        """Tell whether it is on the wall at a time within the period."""
        return self.paper.from_s <= t_s < self.paper.to_s

    def paste(self, bgr: Picture) -> None:
        """Lay it into a picture, in place."""
        x, y = self.corner
        below = bgr[y : y + self.mask.shape[0], x : x + self.mask.shape[1]]
        if self.paper.kind == "flyer":
            cv2.copyTo(self.pixels, self.mask, below)
            return
        cover = self.mask.astype(np.float32)[..., None] / 255
        below[:] = (self.pixels * cover + below * (1 - cover) + 0.5).astype(np.uint8)


def paper_patches(script: Script, camera: GroundCamera, light: Light) -> tuple[PaperPatch, ...]:
    """Return all prints of a script as patches of the picture; those that are not wholly in it are left out."""
    return tuple(patch for paper in script.papers if (patch := _patch(paper, script.street, camera, light)))


def paint_sheet(paper: Paper) -> Picture:
    """Return a flyer's sheet from straight ahead as (H, W, 3) BGR."""
    rng = np.random.default_rng(paper.look)
    height = round(SHEET_PX * paper.height_m / paper.width_m)
    sheet = np.empty((height, SHEET_PX, 3), np.uint8)
    sheet[:] = PAPERS[int(rng.integers(len(PAPERS)))]
    ink = INKS[int(rng.integers(len(INKS)))]
    y, margin = round(height * 0.07), 18
    for i in range(int(rng.integers(3, 6))):
        x = margin + i * 42
        cv2.rectangle(sheet, (x, y), (x + 30, y + 34), ink, 5)
        cv2.line(sheet, (x, y + 17), (x + 30, y + 17), ink, 4)
    y += 62
    while y < height - 70:
        length = int(rng.uniform(0.45, 1.0) * (SHEET_PX - 2 * margin))
        x = margin
        while x < margin + length:
            word = int(rng.integers(10, 34))
            cv2.rectangle(sheet, (x, y), (min(x + word, margin + length), y + 9), ink, -1)
            x += word + 7
        y += 21
    digits = "1" + "".join(str(d) for d in rng.integers(0, 10, 10))
    cv2.putText(sheet, digits, (margin, height - 22), cv2.FONT_HERSHEY_DUPLEX, 0.95, INKS[2], 3, cv2.LINE_AA)
    return sheet


def _patch(paper: Paper, street: Street, camera: GroundCamera, light: Light) -> PaperPatch | None:
    sheet, ink = _painted(paper)
    on_ground = paper.surface == "pavement"
    normal = np.array([[0.0, 0.0, 1.0]]) if on_ground else np.array([[0.0, -1.0, 0.0]])
    factors = light.shade(normal, np.array([[100.0] * 3]), 0.0)[0] / 100
    if light.lamps_on:
        factors = factors + 0.4 * LAMP_COLOUR
    sheet = np.clip(sheet * factors, 0, 255).astype(np.uint8)
    homography = camera.plane_homography(*_plane(paper, street))
    corners = np.array([[0, 0, 1], [SHEET_PX, 0, 1], [SHEET_PX, sheet.shape[0], 1], [0, sheet.shape[0], 1]], float)
    outline = corners @ homography.T
    if outline[:, 2].min() < NEAREST_M:
        return None
    pixels = outline[:, :2] / outline[:, 2:]
    low, high = np.floor(pixels.min(axis=0)).astype(int), np.ceil(pixels.max(axis=0)).astype(int)
    if low.min() < 0 or high[0] > camera.size_wh[0] or high[1] > camera.size_wh[1]:
        return None
    big = 4
    move = np.array([[big, 0, -big * low[0]], [0, big, -big * low[1]], [0, 0, 1.0]])
    size = int(high[0] - low[0]), int(high[1] - low[1])
    scaled = size[0] * big, size[1] * big
    over = cv2.warpPerspective(sheet, move @ homography, scaled, borderMode=cv2.BORDER_REPLICATE)
    if paper.kind == "flyer":
        mask = np.zeros((size[1], size[0]), np.uint8)
        cv2.fillPoly(mask, [np.round((pixels - low) * 16).astype(np.int32)], 255, cv2.LINE_8, 4)
    else:
        mask = cv2.resize(cv2.warpPerspective(ink, move @ homography, scaled), size, interpolation=cv2.INTER_AREA)
    box = float(pixels[:, 0].min()), float(pixels[:, 1].min()), float(pixels[:, 0].max()), float(pixels[:, 1].max())
    return PaperPatch(
        paper, box, (int(low[0]), int(low[1])), cv2.resize(over, size, interpolation=cv2.INTER_AREA), mask
    )


def _painted(paper: Paper) -> tuple[Picture, Picture]:
    """The sheet from straight ahead, `SHEET_PX` wide, and its mask."""
    if paper.kind == "flyer":
        sheet = paint_sheet(paper)
        return sheet, np.full(sheet.shape[:2], 255, np.uint8)
    return paint_print(paper.kind, paper.look, (SHEET_PX, max(8, round(SHEET_PX * paper.height_m / paper.width_m))))


def _plane(paper: Paper, street: Street) -> tuple[Metres, Metres, Metres]:
    """Where the sheet's upper left corner is, and what one of its pixels is to the right and down, metres."""
    step = paper.width_m / SHEET_PX
    along = np.array([step, 0, 0])
    if paper.surface == "pavement":
        return np.array([paper.x, paper.z + paper.height_m, 0.01]), along, np.array([0, -step, 0])
    y = street.furniture_y - POLE_RADIUS_M if paper.surface == "pole" else street.front_y
    return np.array([paper.x, y - 0.01, paper.z + paper.height_m]), along, np.array([0, 0, -step])


POLE_RADIUS_M = 0.15
"""Of poles on which print sticks, with a little air."""
