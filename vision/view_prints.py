"""Tells which of its views a turning camera looks at: keeps what each looks like and compares pictures with it.

A print is the luma and the edges of a view at `view_state.SIZE_WH`. Edges outlive the light: a street by day and the
same one by lamps still have them in the same place, another view has them elsewhere. Each view keeps two prints: as it
was when it was learned, and as it was lately, which follows the light.

Belongs here: comparing one picture with what is known. Does not: what is wrong with a view (view_state), when the
camera is said to have arrived (pipeline.view_watch).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.arrays import FloatArray, Picture
from vision.light import gradient
from vision.view_state import (
    BLOCKED_EDGES,
    BLOCKED_SPREAD,
    DARK_LUMA,
    FOLLOW_S,
    LEARN_LOOKS,
    SIZE_WH,
    UNALIGNED_RESPONSE,
    correlation_of,
)

BETWEEN_WH = 4 * SIZE_WH[0], 4 * SIZE_WH[1]
"""Pictures are made small in two steps, as the looks make them: 640 x 360 first."""

SAME_EDGES = 0.6
"""Correlation of edges from which two pictures show one view, wherever their phases say that they lie."""

LIKE_EDGES, SAME_SHIFT = 0.3, 0.02
"""Below that they do from here on where everything lies in its place within this share of the width. On drawn streets
one view by day and at dusk had 0.65 or more, by night mostly 0.42 or more, and lay within 0.003; views 3 degrees apart
0.44 or less, displaced by 0.048 or more; other views 0.19 or less (tests/vision/test_view_prints.py)."""

MOST_WEIGHT = 0.5
"""A single look after a long absence is taken for no more than half of what the view looks like now."""

Arrays = dict[str, npt.NDArray[np.generic]]


@dataclass(frozen=True, slots=True, eq=False)
class Thumb:
    """A picture as it is compared: luma and edges, (90, 160) float32 each."""

    luma: FloatArray
    edges: FloatArray

    @classmethod
    def of(cls, luma: Picture) -> "Thumb":
        """Return that of a (H, W) uint8 luma of any size."""
        between = cv2.resize(luma, BETWEEN_WH, interpolation=cv2.INTER_AREA)
        small = cv2.resize(between, SIZE_WH, interpolation=cv2.INTER_AREA).astype(np.float32)
        return cls(small, gradient(small))

    @property
    def is_dark(self) -> bool:
        """Whether no lamp is in it."""
        values = np.sort(self.luma[::2, ::2], axis=None)
        return bool(values[int(0.98 * len(values))] < DARK_LUMA)

    def is_covered(self, before: "Thumb") -> bool:
        """Whether something covers the lens, by what it showed before."""
        strength = float(self.edges.mean()) / max(1e-3, float(before.edges.mean()))
        spread = float(self.luma.std()) / max(1.0, float(before.luma.std()))
        return strength < BLOCKED_EDGES and spread < BLOCKED_SPREAD

    def is_view_of(self, other: "Thumb") -> bool:
        """Whether both show one view; False also where that cannot be told."""
        everywhere = np.ones(self.edges.shape, bool)
        likeness = correlation_of(self.edges, other.edges, everywhere)
        if likeness >= SAME_EDGES:
            return True
        if likeness < LIKE_EDGES:
            return False
        (dx, dy), response = cv2.phaseCorrelate(self.edges, other.edges)
        return response >= UNALIGNED_RESPONSE and max(abs(dx), abs(dy)) <= SAME_SHIFT * SIZE_WH[0]


@dataclass(frozen=True, slots=True, eq=False)
class ViewPrint:
    """What a view looks like: when it was learned, and lately; `looks` were taken in since."""

    learned: Thumb
    lately: Thumb
    looks: int = 1

    def shows(self, thumb: Thumb) -> bool:
        """Whether a picture is of this view."""
        return thumb.is_view_of(self.lately) or thumb.is_view_of(self.learned)

    def followed(self, thumb: Thumb, step_s: float) -> "ViewPrint":
        """Return this print after another look at the view, `step_s` watched seconds after the one before.

        The first looks are averaged, so that what drove by when the view was learned fades out of it.
        """
        looks = self.looks + 1
        is_new = looks <= 2 * LEARN_LOOKS
        weight = np.float32(1 / looks if is_new else min(MOST_WEIGHT, 1 - np.exp(-step_s / FOLLOW_S)))
        luma = self.lately.luma + weight * (thumb.luma - self.lately.luma)
        edges = self.lately.edges + weight * (thumb.edges - self.lately.edges)
        lately = Thumb(luma, edges)
        return ViewPrint(lately if is_new else self.learned, lately, looks)


class ViewPrints:
    """The prints of a camera's views; one thread changes them, any may ask."""

    def __init__(self, view_ids: Sequence[str]) -> None:
        self._view_ids = tuple(view_ids)
        self._prints: Mapping[str, ViewPrint] = {}  # replaced as a whole, never changed

    @property
    def known(self) -> frozenset[str]:
        """The ids of the views that were learned."""
        return frozenset(self._prints)

    def lately(self, view_id: str) -> Thumb | None:
        """Return what a view looked like lately; None where it was never learned."""
        known = self._prints.get(view_id)
        return None if known is None else known.lately

    def learn(self, view_id: str, thumb: Thumb) -> None:
        """Take a picture for what a view looks like, in place of what was known."""
        self._prints = {**self._prints, view_id: ViewPrint(thumb, thumb)}

    def forget(self, view_id: str) -> None:
        """Know no more what a view looks like."""
        self._prints = {known: kept for known, kept in self._prints.items() if known != view_id}

    def follow(self, view_id: str, thumb: Thumb, step_s: float) -> None:
        """Take in another look at a view that was recognised."""
        self._prints = {**self._prints, view_id: self._prints[view_id].followed(thumb, step_s)}

    def seen_in(self, thumb: Thumb, likely: str | None = None) -> str | None:
        """Return which view a picture is of; None where it is of none that is known.

        Args:
            thumb: the picture.
            likely: the view that is compared first.
        """
        prints = self._prints
        for view_id in sorted(self._view_ids, key=lambda view_id: view_id != likely):
            if view_id in prints and prints[view_id].shows(thumb):
                return view_id
        return None

    def checkpoint(self) -> Arrays:
        """Return all prints as arrays, named `view/array`."""
        arrays: Arrays = {}
        for view_id, known in self._prints.items():
            arrays[f"{view_id}/learned"] = np.stack([known.learned.luma, known.learned.edges])
            arrays[f"{view_id}/lately"] = np.stack([known.lately.luma, known.lately.edges])
            arrays[f"{view_id}/looks"] = np.array([known.looks])
        return arrays

    def restore(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take up what `checkpoint` returned; views that are no more are left out."""
        prints = {}
        for view_id in self._view_ids:
            if f"{view_id}/looks" in arrays:
                learned, lately = (_thumb(arrays[f"{view_id}/{name}"]) for name in ("learned", "lately"))
                prints[view_id] = ViewPrint(learned, lately, int(arrays[f"{view_id}/looks"].astype(np.int64)[0]))
        self._prints = prints


def _thumb(array: npt.NDArray[np.generic]) -> Thumb:
    luma, edges = array.astype(np.float32)
    return Thumb(luma, edges)
