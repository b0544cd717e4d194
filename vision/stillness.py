"""Proves by pixels that what stood at a place still stands there, for the cost of a thumbnail per place.

Each place keeps a small luma patch, free of brightness and contrast. Its correlation with the present patch is the
proof: 1 is the same thing in any light, near 0 something else. A patch without texture proves nothing and is left out.

Belongs here: patches and their comparison. Does not: what follows from a proof (vision.places).
"""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from vision.arrays import Boxes, FloatArray, Picture, Scores
from vision.observations import Proofs
from vision.scenes import Place, PlaceState

PATCH_PX = 32
"""Side of a patch: fine enough for doors and wheels of a car, coarse enough for a pixel of shake."""

MARGIN_RATIO = 0.08
"""How much of the box's sides is added around it: a plain roof against the road is texture too."""

MIN_SIDE_PX = 8
"""Smaller boxes have too few pixels to prove anything."""

MIN_SPREAD = 4.0
"""Patches that vary less (grey values, sigma) are noise."""

LEARN_SAME, LEARN_SEEN = 0.05, 0.02
"""Share by which a patch follows the present one per look: where it agrees, and where only the model still sees it."""

MIN_LEARN_SIMILARITY = 0.5
"""A patch less similar is not followed; whatever covers the thing must not become its reference."""


class StillnessMemory:
    """Patches of the known places of one camera; one thread at a time."""

    def __init__(self) -> None:
        self._patches: dict[int, FloatArray] = {}

    def compare(self, luma: Picture, places: Sequence[Place]) -> Proofs:
        """Compare each place with what stood there, and learn those whose first frame had no texture.

        Args:
            luma: (H, W) uint8 of the whole frame at full size.
            places: what is known to stand; patches of others are forgotten.

        Returns:
            One proof per place that had a patch and is in the frame; a place's first look gives none.
        """
        ids: list[int] = []
        similarities: list[float] = []
        patches: dict[int, FloatArray] = {}
        for place in places:
            old, new = self._patches.get(place.place_id), patch(luma, place.box)
            if place.state is PlaceState.LEFT:
                continue
            is_standing = place.state is PlaceState.STANDING
            if old is None:
                if new is not None and is_standing:
                    patches[place.place_id] = new
                continue
            patches[place.place_id] = old
            if new is None:
                continue
            similarity = float(np.clip(np.mean(old * new) / max(float(np.sqrt(np.mean(old * old))), 1e-6), 0, 1))
            ids.append(place.place_id)
            similarities.append(similarity)
            if is_standing and similarity >= MIN_LEARN_SIMILARITY:
                weight = np.float32(LEARN_SAME if similarity >= 0.8 else LEARN_SEEN)
                patches[place.place_id] = old + weight * (new - old)
        self._patches = patches
        return Proofs(np.array(ids, np.int64), np.array(similarities, np.float32))

    def remember(self, luma: Picture, places: Sequence[Place]) -> None:
        """Learn the places that are new from the frame in which they were found; the next one may show another thing.

        Args:
            luma: (H, W) uint8 of that frame at full size.
            places: what is known to stand after it.
        """
        for place in places:
            if place.place_id not in self._patches and place.state is PlaceState.STANDING:
                new = patch(luma, place.box)
                if new is not None:
                    self._patches[place.place_id] = new

    def checkpoint(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return the patches as arrays."""
        patches = list(self._patches.values()) or [np.zeros((0, PATCH_PX, PATCH_PX), np.float32)]
        stacked = np.stack(patches) if self._patches else patches[0]
        return {"ids": np.array(list(self._patches), np.int64), "patches": stacked.astype(np.float32)}

    def restore(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take up what `checkpoint` returned."""
        ids, patches = arrays["ids"], arrays["patches"]
        if patches.shape != (len(ids), PATCH_PX, PATCH_PX):
            raise ValueError(f"patches do not fit their places: {patches.shape=} {ids.shape=}")
        self._patches = {int(key): patches[row].astype(np.float32) for row, key in enumerate(ids)}


def likeness(before: Picture, now: Picture, boxes: Boxes, *, if_plain: float = 1.0) -> Scores:
    """Return (N,) float32 in [0, 1]: how alike two pictures are within each box, free of brightness and contrast.

    Args:
        before: (H, W) uint8 luma.
        now: (H, W) uint8 luma.
        boxes: (N, 4) in pixels of these pictures.
        if_plain: what is returned where `now` has no texture, so that nothing can be said.
    """
    found = np.full(len(boxes), if_plain, np.float32)
    for row, (x1, y1, x2, y2) in enumerate(boxes.tolist()):
        box = x1, y1, x2, y2
        present = patch(now, box)
        if present is not None:
            earlier = patch(before, box)
            found[row] = 0.0 if earlier is None else np.clip(np.mean(earlier * present), 0, 1)
    return found


def patch(luma: Picture, box: tuple[float, float, float, float]) -> FloatArray | None:
    """Return the (32, 32) patch of a box with mean 0 and sigma 1, or None where there is no texture.

    Args:
        luma: (H, W) uint8.
        box: xyxy in its pixels, clipped to it.
    """
    height, width = luma.shape
    margin_x, margin_y = MARGIN_RATIO * (box[2] - box[0]), MARGIN_RATIO * (box[3] - box[1])
    x1, y1 = max(0, round(box[0] - margin_x)), max(0, round(box[1] - margin_y))
    x2, y2 = min(width, round(box[2] + margin_x)), min(height, round(box[3] + margin_y))
    if x2 - x1 < MIN_SIDE_PX or y2 - y1 < MIN_SIDE_PX:
        return None
    small = cv2.resize(luma[y1:y2, x1:x2], (PATCH_PX, PATCH_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    spread = float(small.std())
    if spread < MIN_SPREAD:
        return None
    return ((small - small.mean()) / np.float32(spread)).astype(np.float32)
