"""Cuts, shrinks and joins labelled pictures: tiles of large ones, mosaics of close views.

Things fill far more of a roadside picture than of a street camera's. Shrunk and put together they are as small as they
are there. What becomes too small to be seen, or is cut to a rest, is greyed: marked it would teach noise, unmarked
that it is background.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from datasets.labelled import LabelledPicture, Labels, Origin
from vision.arrays import Boxes, Mask, Picture, SizeWH
from vision.boxes import areas, clipped
from vision.classes import StreetClass
from vision.frames import LETTERBOX_GREY

Window = tuple[int, int, int, int]
"""x1, y1, x2, y2 in whole pixels."""

LEAST_SIDE_PX = 6.0
"""As in the drawn sets: things with a smaller side are not marked."""

LEAST_CLOSE_PX = 48.0
"""Smaller things are too blurred to be shown closer."""

CLOSE_FILL = (0.45, 0.95)
"""Share of a close view that its thing fills."""

LEAST_SEEN_RATIO = 0.35
"""Share of a box that must be left after a cut for the thing to be told by what is left."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A labelled picture with its pixels, (H, W, 3) BGR of the picture's size; `picture.source` no longer counts."""

    bgr: Picture
    picture: LabelledPicture

    def __post_init__(self) -> None:
        if self.bgr.shape[1::-1] != self.picture.size_wh:
            raise ValueError(f"{self.picture.name}: {self.bgr.shape=} is not {self.picture.size_wh=}")


def tile_windows(size_wh: SizeWH, tile_wh: SizeWH, *, overlap_ratio: float = 0.2) -> list[Window]:
    """Return windows of one size that cover a picture, evenly spread; one of the whole where it is no larger."""
    return [
        (x, y, x + min(tile_wh[0], size_wh[0]), y + min(tile_wh[1], size_wh[1]))
        for y in _starts(size_wh[1], tile_wh[1], overlap_ratio)
        for x in _starts(size_wh[0], tile_wh[0], overlap_ratio)
    ]


def closeup_windows(
    picture: LabelledPicture, rng: np.random.Generator, *, most: int, kind: StreetClass = StreetClass.PERSON
) -> list[Window]:
    """Return windows in each of which one thing of a class stands as large as in a close view.

    Args:
        picture: only things of `LEAST_CLOSE_PX` and more in height are shown closer, and only if they are small in it.
        rng: of the choice among them, of how much of the window the thing fills and where it stands in it.
        most: so many windows.
        kind: the class.
    """
    width, height = picture.size_wh
    boxes = picture.labels.boxes[picture.labels.class_ids == kind]
    tall = boxes[:, 3] - boxes[:, 1]
    boxes = boxes[(tall >= LEAST_CLOSE_PX) & (tall < CLOSE_FILL[0] * height)]
    windows = []
    for x1, y1, x2, y2 in boxes[rng.permutation(len(boxes))[:most]].tolist():
        side = max(y2 - y1, x2 - x1) / rng.uniform(*CLOSE_FILL)
        left = int(np.clip(rng.uniform(x2 - side, x1), 0, max(0.0, width - side)))
        top = int(np.clip(rng.uniform(y2 - side, y1), 0, max(0.0, height - side)))
        windows.append((left, top, min(width, int(left + side)), min(height, int(top + side))))
    return windows


def cut(shown: Shown, window: Window, name: str) -> Shown:
    """Return a window of a picture; what is cut to a rest becomes a region that says nothing.

    Raises:
        ValueError: the window has no area inside the picture.
    """
    x1, y1, x2, y2 = window
    width, height = shown.picture.size_wh
    if not (0 <= x1 < x2 <= width and 0 <= y1 < y2 <= height):
        raise ValueError(f"window {window} does not lie in a picture of {width}x{height}")
    size_wh, offset = (x2 - x1, y2 - y1), np.array([x1, y1, x1, y1], np.float32)
    labels, regions = shown.picture.labels, shown.picture.ignored
    inside = clipped(labels.boxes - offset, size_wh)
    left_ratio = areas(inside) / np.maximum(areas(labels.boxes), 1e-6)
    is_told = left_ratio >= LEAST_SEEN_RATIO
    rest = inside[(left_ratio > 0) & ~is_told]
    region_boxes = clipped(regions - offset, size_wh)
    picture = replace(
        shown.picture,
        name=name,
        size_wh=size_wh,
        labels=labels.with_boxes(inside)[is_told],
        ignored=np.concatenate([region_boxes[areas(region_boxes) > 0], rest]),
    )
    return _without_specks(Shown(shown.bgr[y1:y2, x1:x2], picture))


def resized(shown: Shown, size_wh: SizeWH) -> Shown:
    """Return a picture of another size; what becomes too small becomes a region that says nothing."""
    if size_wh == shown.picture.size_wh:
        return shown
    scale = np.array([size_wh[0] / shown.picture.size_wh[0], size_wh[1] / shown.picture.size_wh[1]] * 2, np.float32)
    shrinks = size_wh[0] < shown.picture.size_wh[0]
    bgr = cv2.resize(shown.bgr, size_wh, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    labels = shown.picture.labels
    picture = replace(
        shown.picture,
        size_wh=size_wh,
        labels=labels.with_boxes(labels.boxes * scale),
        ignored=shown.picture.ignored * scale,
    )
    return _without_specks(Shown(bgr, picture))


def mosaic(tiles: Sequence[Shown], size_wh: SizeWH, columns: int, name: str) -> Shown:
    """Put pictures side by side into one, each shrunk to fit its cell; classes are complete where they are in all.

    Args:
        tiles: at least one; row by row, the rest of the cells stays grey.
        size_wh: of the result.
        columns: number of cells in a row and in a column.
        name: of the result.

    Raises:
        ValueError: there is no picture, or more than there are cells.
    """
    if not 1 <= len(tiles) <= columns * columns:
        raise ValueError(f"{len(tiles)} pictures do not fit into {columns} x {columns} cells")
    canvas: Picture = np.full((size_wh[1], size_wh[0], 3), LETTERBOX_GREY, np.uint8)
    labels, regions = Labels.none(), [np.zeros((0, 4), np.float32)]
    cell_wh = size_wh[0] // columns, size_wh[1] // columns
    for i, tile in enumerate(tiles):
        small = resized(tile, _fitted(tile.picture.size_wh, cell_wh))
        width, height = small.picture.size_wh
        x = (i % columns) * cell_wh[0] + (cell_wh[0] - width) // 2
        y = (i // columns) * cell_wh[1] + (cell_wh[1] - height) // 2
        canvas[y : y + height, x : x + width] = small.bgr
        offset = np.array([x, y, x, y], np.float32)
        labels = labels.joined(small.picture.labels.with_boxes(small.picture.labels.boxes + offset))
        regions.append(small.picture.ignored + offset)
    pictures = [tile.picture for tile in tiles]
    picture = replace(
        pictures[0],
        name=name,
        size_wh=size_wh,
        labels=labels,
        complete=frozenset[StreetClass].intersection(*(each.complete for each in pictures)),
        origin=_joined_origin(pictures),
        ignored=np.concatenate(regions),
    )
    return Shown(canvas, picture)


def greyed(bgr: Picture, regions: Boxes, kept: Boxes) -> Picture:
    """Return a copy in which regions are grey, but for what is marked in them.

    Args:
        bgr: (H, W, 3) uint8.
        regions: (M, 4) xyxy, pixels.
        kept: (N, 4) boxes whose pixels stay.
    """
    height, width = bgr.shape[:2]
    is_grey = np.zeros((height, width), bool)
    for boxes, value in ((regions, True), (kept, False)):
        for x1, y1, x2, y2 in boxes.tolist():
            is_grey[max(0, int(y1)) : int(np.ceil(y2)), max(0, int(x1)) : int(np.ceil(x2))] = value
    out = bgr.copy()
    out[is_grey] = LETTERBOX_GREY
    return out


def _without_specks(shown: Shown) -> Shown:
    labels = shown.picture.labels
    sides = labels.boxes[:, 2:] - labels.boxes[:, :2]
    is_speck: Mask = np.asarray((sides < LEAST_SIDE_PX).any(axis=1))
    if not is_speck.any():
        return shown
    ignored = np.concatenate([shown.picture.ignored, labels.boxes[is_speck]])
    return Shown(shown.bgr, replace(shown.picture, labels=labels[~is_speck], ignored=ignored))


def _starts(length: int, tile: int, overlap_ratio: float) -> list[int]:
    if tile >= length:
        return [0]
    count = int(np.ceil((length - tile) / (tile * (1 - overlap_ratio)))) + 1
    return [round(i * (length - tile) / (count - 1)) for i in range(count)]


def _fitted(size_wh: SizeWH, cell_wh: SizeWH) -> SizeWH:
    scale = min(cell_wh[0] / size_wh[0], cell_wh[1] / size_wh[1])
    return max(1, int(size_wh[0] * scale)), max(1, int(size_wh[1] * scale))


def _joined_origin(pictures: Sequence[LabelledPicture]) -> Origin:
    origins = [picture.origin for picture in pictures]
    names = sorted({origin.set_name for origin in origins})
    licences = sorted({origin.licence for origin in origins})
    return Origin("+".join(names), "; ".join(licences), origins[0].domain)
