"""Learns from what a model finds how large things are where: the ground tells.

On level ground, seen by a camera that is not rolled, a metre covers pixels in proportion to how far below the horizon
it lies. So a line over the rows of the picture tells the size of anything that stands anywhere, also where things are
too small to be found. It is drawn through the medians of what was found in bands of rows; before enough was found it is
that of a usual camera. All figures are shares of the picture's height, so that they outlive a change of resolution.
"""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import numpy.typing as npt

from vision.arrays import Boxes, FloatArray, SizeWH
from vision.boxes import iou_matrix
from vision.cells import GRID_WH
from vision.classes import StreetClass
from vision.detections import Detections

SIZES_M: Mapping[StreetClass, float] = {
    StreetClass.PERSON: 1.0,
    StreetClass.BICYCLE: 1.2,
    StreetClass.MOTORCYCLE: 1.2,
    StreetClass.CAR: 2.2,
    StreetClass.BUS: 4.2,
    StreetClass.TRUCK: 3.6,
    StreetClass.TRICYCLE: 1.7,
}
"""Sizes of things as cameras see them, as the side in metres of a square of their box's area; a car from the side has
2.6, from the front 1.7. Other classes have no usual size."""

BANDS, KEPT = 12, 16
"""Bands of rows, and sizes remembered of each: the newest ones, so that a camera that was turned is learned anew."""

LEAST_KEPT = 4
"""Bands with fewer sizes say nothing yet: one may be a picture on a bus."""

LEAST_SPAN = 0.2
"""Bands that lie closer together, as shares of the height, tell no slope."""

USUAL_SLOPE, USUAL_HORIZON = 1 / 6, 0.0
"""A camera six metres high whose horizon is the picture's upper edge: the slope of the line is one by the height."""

SEEN_IOU, SEEN_KEPT = 0.5, 64
"""A box that overlaps one of the last ones learned by this much is a thing that stands: it is learned once, not at
every look."""

BORDER_RATIO = 0.01
"""Boxes this close to the picture's border may be cut."""


class GroundScale:
    """What one camera's picture shows of a metre, by row; one thread at a time."""

    def __init__(self) -> None:
        self._sizes = np.zeros((BANDS, KEPT), np.float32)
        self._counts = np.zeros(BANDS, np.int64)
        self._seen: Boxes = np.zeros((0, 4), np.float32)

    def learn(self, found: Detections, size_wh: SizeWH) -> None:
        """Take in what a model found in a picture of that size."""
        scaled = found.boxes / np.float32(size_wh[1])
        low, high = BORDER_RATIO, np.array([size_wh[0] / size_wh[1], 1.0]) - BORDER_RATIO
        whole = (scaled[:, :2] >= low).all(axis=1) & (scaled[:, 2:] <= high).all(axis=1)
        whole &= iou_matrix(scaled, self._seen).max(axis=1, initial=0.0) < SEEN_IOU
        self._seen = np.concatenate([self._seen, scaled[whole]])[-SEEN_KEPT:]
        for (x1, y1, x2, y2), class_id in zip(scaled[whole].tolist(), found.class_ids[whole].tolist(), strict=True):
            metres = SIZES_M.get(StreetClass(class_id))
            if metres is None:
                continue
            band = min(int(y2 * BANDS), BANDS - 1)
            self._sizes[band, self._counts[band] % KEPT] = ((x2 - x1) * (y2 - y1)) ** 0.5 / metres
            self._counts[band] += 1

    def px_per_metre(self, size_wh: SizeWH) -> FloatArray:
        """Return (18,) float32: the pixels of a metre in the middle of each row of cells; 0 above the horizon."""
        slope, horizon = self._line()
        rows = (np.arange(GRID_WH[1]) + 0.5) / GRID_WH[1]
        return (np.maximum(0.0, slope * (rows - horizon)) * size_wh[1]).astype(np.float32)

    def checkpoint(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return what was learned as arrays."""
        return {"sizes": self._sizes.copy(), "counts": self._counts.copy()}

    def restore(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take up what `checkpoint` returned.

        Raises:
            ValueError: the arrays have other shapes.
        """
        sizes, counts = arrays["sizes"].astype(np.float32), arrays["counts"].astype(np.int64)
        if sizes.shape != self._sizes.shape or counts.shape != self._counts.shape:
            raise ValueError(f"sizes of another kind: {sizes.shape=} {counts.shape=}")
        self._sizes, self._counts = sizes, counts

    def _line(self) -> tuple[float, float]:
        """Return the slope (a metre's share of the height, by share of the height) and the row of the horizon.

        Source of the slope: the median of those of all pairs (Theil 1950, Sen 1968).
        """
        known = np.flatnonzero(self._counts >= LEAST_KEPT)
        if not len(known):
            return USUAL_SLOPE, USUAL_HORIZON
        rows = (known + 0.5) / BANDS
        medians = np.array([np.median(self._sizes[band, : min(self._counts[band], KEPT)]) for band in known])
        pairs = [(a, b) for a, b in combinations(range(len(known)), 2) if rows[b] - rows[a] >= LEAST_SPAN]
        slopes = [(medians[b] - medians[a]) / (rows[b] - rows[a]) for a, b in pairs]
        slope = float(np.median(slopes)) if slopes else USUAL_SLOPE
        if slope <= 0:
            return USUAL_SLOPE, USUAL_HORIZON  # no street seen from above
        return slope, float(np.median(rows - medians / slope))
