"""Draws flyers: sheets with a headline, lines of text and a telephone number, on the wall of a street."""

from dataclasses import dataclass

import cv2
import numpy as np

from datasets.ground_camera import GroundCamera
from datasets.light import LAMP_COLOUR, Light
from datasets.scenario import Paper, Script
from vision.arrays import Picture

PAPERS = ((238, 242, 244), (236, 236, 232), (120, 225, 250), (190, 205, 250), (215, 235, 200), (90, 110, 235))
INKS = ((40, 36, 36), (40, 36, 36), (40, 30, 200), (160, 60, 30))
SHEET_PX = 240
"""Width of the sheet as it is painted before it is laid on the wall."""


@dataclass(frozen=True, slots=True, eq=False)
class PaperPatch:
    """A flyer as it looks in the picture: its box (xyxy, pixels) and pixels with a mask around corner (x, y)."""

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
        rows, columns = slice(y, y + self.mask.shape[0]), slice(x, x + self.mask.shape[1])
        cv2.copyTo(self.pixels, self.mask, bgr[rows, columns])


def paper_patches(script: Script, camera: GroundCamera, light: Light) -> tuple[PaperPatch, ...]:
    """Return all flyers of a script as patches of the picture."""
    return tuple(patch for paper in script.papers if (patch := _patch(paper, script.street.front_y, camera, light)))


def paint_sheet(paper: Paper) -> Picture:
    """Return a sheet from straight ahead as (H, W, 3) BGR."""
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


def _patch(paper: Paper, front_y: float, camera: GroundCamera, light: Light) -> PaperPatch | None:
    sheet = paint_sheet(paper)
    factors = light.shade(np.array([[0.0, -1.0, 0.0]]), np.array([[100.0] * 3]), 0.0)[0] / 100
    if light.lamps_on:
        factors = factors + 0.4 * LAMP_COLOUR
    sheet = np.clip(sheet * factors, 0, 255).astype(np.uint8)
    step = paper.width_m / SHEET_PX
    origin = np.array([paper.x, front_y - 0.01, paper.z + paper.height_m])
    homography = camera.plane_homography(origin, np.array([step, 0, 0]), np.array([0, 0, -step]))
    corners = np.array([[0, 0, 1], [SHEET_PX, 0, 1], [SHEET_PX, sheet.shape[0], 1], [0, sheet.shape[0], 1]], float)
    outline = corners @ homography.T
    pixels = outline[:, :2] / outline[:, 2:]
    low, high = np.floor(pixels.min(axis=0)).astype(int), np.ceil(pixels.max(axis=0)).astype(int)
    if low.min() < 0 or high[0] > camera.size_wh[0] or high[1] > camera.size_wh[1]:
        return None
    big = 4
    move = np.array([[big, 0, -big * low[0]], [0, big, -big * low[1]], [0, 0, 1.0]])
    size = int(high[0] - low[0]), int(high[1] - low[1])
    over = cv2.warpPerspective(
        sheet, move @ homography, (size[0] * big, size[1] * big), borderMode=cv2.BORDER_REPLICATE
    )
    mask = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillPoly(mask, [np.round((pixels - low) * 16).astype(np.int32)], 255, cv2.LINE_8, 4)
    box = float(pixels[:, 0].min()), float(pixels[:, 1].min()), float(pixels[:, 0].max()), float(pixels[:, 1].max())
    return PaperPatch(
        paper, box, (int(low[0]), int(low[1])), cv2.resize(over, size, interpolation=cv2.INTER_AREA), mask
    )
