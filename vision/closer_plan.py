"""Plans which parts of a picture are worth a closer look, and lays them out in as few inputs of the model as fit.

Where a zone's things would be smaller than `SMALL_PX` when a model looks at the whole picture, the picture is cut into
panes at (nearly) full resolution: as few as show every cell with what can stand in it, whole. Panes are then packed
side by side into sheets, each one input of the model. A plan is a pure function of sizes; it is empty where nothing is
small.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from vision.arrays import FloatArray, Ids, SizeWH
from vision.cells import GRID_WH
from vision.closer_look import STEP_PX, Pane, Sheet

SMALL_PX, SMALL_SIDE_PX = 24.0, 640
"""Things smaller than this, as the side of a square of their area in a picture fitted into 640 px, are what a look at
the whole picture misses; so are those of a model with a larger input that are smaller in it."""

LEAST_PX = 8.0
"""Things smaller than this in the picture itself no look can tell: that far away nothing is planned."""

WANTED_PX = 32.0
"""Panes are scaled down so far only that the smallest thing keeps this size."""

COARSER = 0.75
"""Panes may be so much coarser where that saves a sheet."""

WORTH = 1.25
"""A closer look must show things so much larger than a look at the whole picture; else it is not worth its cost."""

MOST_SHEETS = 4
"""A place is looked at closely once in so many turns at least; what does not fit in is left to whole looks."""

ASIDE, ABOVE, BELOW = 0.9, 1.8, 0.3
"""How far a thing reaches from where it stands, in sizes: a car is twice as wide as high, a person three times as high
as wide, and boxes are no exact thing."""

Region = tuple[int, int, int, int]


def plan_closer_looks(
    size_wh: SizeWH, input_wh: SizeWH, sizes_px: FloatArray, *, small_px: float | None = None
) -> tuple[Sheet, ...]:
    """Return the sheets that show all places with small things; none where nothing is small.

    Args:
        size_wh: of the pictures.
        input_wh: of the model.
        sizes_px: (18, 32) size in pixels of the picture of the smallest thing that matters in each cell, as the side of
            a square of its area; infinite where nothing matters.
        small_px: what counts as small, in pixels of the picture; as `SMALL_PX` says by default.
    """
    whole = min(input_wh[0] / size_wh[0], input_wh[1] / size_wh[1])
    sizes = sizes_px.reshape(-1)
    small_px = small_px or SMALL_PX / max(whole, SMALL_SIDE_PX / max(size_wh))
    cells = np.flatnonzero((sizes < small_px) & (sizes >= LEAST_PX))
    if not len(cells):
        return ()
    needs = _needs(cells, sizes[cells], size_wh)
    finest = min(8, int(np.ceil(8 * WANTED_PX / sizes[cells].min())))
    scales = [eighths for eighths in range(finest, 0, -1) if eighths / 8 >= WORTH * whole]
    plans = [plan for eighths in scales if (plan := _plan(needs, eighths, input_wh))]
    if not plans:
        return ()
    fitting = [plan for plan in plans if len(plan) <= MOST_SHEETS] or plans[-1:]
    fine = [plan for plan in fitting if plan[0].eighths >= COARSER * fitting[0][0].eighths]
    return min(fine, key=len)[:MOST_SHEETS]


def _needs(cells: Ids, sizes_px: FloatArray, size_wh: SizeWH) -> dict[int, Region]:
    """Return for each cell what must be seen of the picture to see whole what stands in it."""
    end = np.array(size_wh) // STEP_PX * STEP_PX
    side = np.array(size_wh) / np.array(GRID_WH)
    corners = np.stack([cells % GRID_WH[0], cells // GRID_WH[0]], axis=1) * side
    low = corners - sizes_px[:, None] * (ASIDE, ABOVE)
    high = corners + side + sizes_px[:, None] * (ASIDE, BELOW)
    low = np.clip(np.floor(low / STEP_PX) * STEP_PX, 0, end - STEP_PX).astype(int)
    high = np.clip(np.ceil(high / STEP_PX) * STEP_PX, low + STEP_PX, end).astype(int)
    rows = np.concatenate([low, high], axis=1).tolist()
    return {int(cell): (x1, y1, x2, y2) for cell, (x1, y1, x2, y2) in zip(cells, rows, strict=True)}


def _plan(needs: dict[int, Region], eighths: int, input_wh: SizeWH) -> tuple[Sheet, ...]:
    """Return the sheets at one scale; a cell whose things do not fit into one input is left out."""
    most = tuple(side * 8 // eighths // STEP_PX * STEP_PX for side in input_wh)
    fits = {cell: r for cell, r in needs.items() if r[2] - r[0] <= most[0] and r[3] - r[1] <= most[1]}
    return _packed(_cut(fits, (most[0], most[1])), eighths, input_wh)


def _cut(needs: dict[int, Region], most_wh: SizeWH) -> list[tuple[Region, frozenset[int]]]:
    """Return panes of at most that size with the cells they serve; each cell is served by one that shows all it needs.

    From the top down: a band as high as a pane may be, and in it panes from the left.
    """
    left = sorted(needs.items(), key=lambda item: (item[1][1], item[1][0]))
    panes: list[tuple[Region, frozenset[int]]] = []
    while left:
        top = left[0][1][1]
        band = [(cell, region) for cell, region in left if region[3] <= top + most_wh[1]]
        start = min(region[0] for _, region in band)
        inside = {cell: region for cell, region in band if region[2] <= start + most_wh[0]}
        x1, y1 = (min(region[side] for region in inside.values()) for side in (0, 1))
        x2, y2 = (max(region[side] for region in inside.values()) for side in (2, 3))
        panes.append(((x1, y1, x2, y2), frozenset(inside)))
        left = [(cell, region) for cell, region in left if cell not in inside]
    return panes


@dataclass(slots=True)
class _Shelf:
    """A row of panes on a sheet: its top, its height and how much of its width is taken."""

    top: int
    height: int
    taken: int = 0


@dataclass(slots=True)
class _Filling:
    """A sheet that is being filled."""

    shelves: list[_Shelf] = field(default_factory=list)
    panes: list[Pane] = field(default_factory=list)
    cells: frozenset[int] = frozenset()

    def place_for(self, size_wh: SizeWH, input_wh: SizeWH) -> tuple[int, int] | None:
        """Return where a pane of that size fits, having taken the place; None where it does not."""
        for shelf in self.shelves:
            if size_wh[1] <= shelf.height and shelf.taken + size_wh[0] <= input_wh[0]:
                at_xy = shelf.taken, shelf.top
                shelf.taken += size_wh[0]
                return at_xy
        top = sum(shelf.height for shelf in self.shelves)
        if top + size_wh[1] > input_wh[1]:
            return None
        self.shelves.append(_Shelf(top, size_wh[1], size_wh[0]))
        return 0, top


def _packed(panes: Sequence[tuple[Region, frozenset[int]]], eighths: int, input_wh: SizeWH) -> tuple[Sheet, ...]:
    """Return the panes on as few sheets as a simple packing finds: the highest first, on shelves."""
    filling: list[_Filling] = []
    for region, cells in sorted(panes, key=lambda pane: pane[0][1] - pane[0][3]):
        size_wh = (region[2] - region[0]) * eighths // 8, (region[3] - region[1]) * eighths // 8
        for sheet in filling:
            at_xy = sheet.place_for(size_wh, input_wh)
            if at_xy is not None:
                break
        else:
            filling.append(sheet := _Filling())
            at_xy = sheet.place_for(size_wh, input_wh) or (0, 0)  # a pane is no larger than the input
        sheet.panes.append(Pane(region, at_xy))
        sheet.cells |= cells
    return tuple(Sheet(eighths, tuple(sheet.panes), sheet.cells) for sheet in filling)
