"""Proves by pixels that what stood at a place still stands there, for the cost of a thumbnail per place.

Each place keeps a small luma patch, free of brightness and contrast. Its correlation with the present patch is the
proof: 1 is the same thing in any light, near 0 something else. A patch without texture proves nothing and is left out.

Road, kerb and shadow show past a vehicle and stay when it goes, so that the street alone may be half as alike. Once the
model misses a vehicle and its patch does not tell, its shape is compared as well, which takes some twenty times as
long: where that is surely another one, the proof is 0.

Belongs here: patches and their comparison. Does not: what follows from a proof (vision.places), shapes
(vision.appearance).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from vision.appearance import CELLS, DIRECTIONS, OTHER_SHAPE, edges_of, shape_likeness
from vision.arrays import Boxes, FloatArray, Picture, Scores
from vision.boxes import iou_matrix
from vision.classes import VEHICLES
from vision.observations import Proofs
from vision.places import PROOF_GONE
from vision.scenes import Place, PlaceState

Box = tuple[float, float, float, float]

PATCH_PX = 32
"""Side of a patch: fine enough for doors and wheels of a car, coarse enough for a pixel of shake."""

MARGIN_RATIO = 0.08
"""How much of the box's sides is added around it: a plain roof against the road is texture too."""

MIN_SIDE_PX = 8
"""Smaller boxes have too few pixels to prove anything."""

MIN_SPREAD = 4.0
"""Patches that vary less (grey values, sigma) are noise, and so is what is left of them without their slopes."""

LEARN_SAME, LEARN_SEEN = 0.05, 0.02
"""Share by which a patch follows the present one per look: where it agrees, and where only the model still sees it."""

MIN_LEARN_SIMILARITY = 0.5
"""A patch less similar is not followed; whatever covers the thing must not become its reference."""


THERE_IOU = 0.6
"""Overlap of a place's box with one of the present frame from which on it shows its thing: a quarter aside."""

MOVED_RATIO = 0.15
"""Share of a box's sides by which one of them must differ for the patch to be taken anew."""

PART_RATIO, PART_PROOF = 0.25, 0.8
"""Where this share of a vehicle's tiles is unchanged, it stands and something hides the rest: as good as a proof.

Only a vehicle fills its box: under a table and beside an umbrella tiles show the street, which stays when they go."""

TILE_SAME, MIN_TILE_SPREAD, MIN_TILES = 0.85, 0.25, 5
"""Correlation of a tile that is as it was; spread (of the patch's) that is texture; so many tiles must have it."""


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What a place is known to look like.

    Attributes:
        box: what it was taken from, in pixels of the frame: a pixel aside it is another patch.
        pixels: (32, 32) patch.
        edges: (8, 8, 8) shape of a vehicle that is large enough, None of anything else.
    """

    box: Box
    pixels: FloatArray
    edges: FloatArray | None = None


class StillnessMemory:
    """Patches of the known places of one camera; one thread at a time."""

    def __init__(self) -> None:
        self._kept: dict[int, Kept] = {}

    def kept(self, place_id: int) -> Kept | None:
        """Return what a place is known to look like; None where nobody compared it yet."""
        return self._kept.get(place_id)

    def compare(self, luma: Picture, places: Sequence[Place]) -> Proofs:
        """Compare each place with what stood there.

        Args:
            luma: (H, W) uint8 of the whole frame at full size.
            places: what is known to stand; patches of others are forgotten.

        Returns:
            One proof per place that has a patch and is in the frame.
        """
        ids: list[int] = []
        similarities: list[float] = []
        kept: dict[int, Kept] = {}
        for place in places:
            if place.state in (PlaceState.LEFT, PlaceState.CREEPING):
                continue  # where it creeps, the pixels of before say nothing
            old = self._kept.get(place.place_id)
            if old is None:
                continue
            kept[place.place_id] = old
            new = patch(luma, old.box)
            if new is None:
                continue
            similarity = _alike(normed(old.pixels), new)
            is_standing = place.state is PlaceState.STANDING
            may_be_part = similarity < PART_PROOF and place.class_id in VEHICLES
            is_part = may_be_part and _unchanged_ratio(old.pixels, new) >= PART_RATIO
            is_unsure = PROOF_GONE < similarity < PART_PROOF and not is_part
            is_other = is_unsure and not is_standing and is_other_shape(old.edges, luma, old.box)
            ids.append(place.place_id)
            similarities.append(PART_PROOF if is_part else 0.0 if is_other else similarity)
            if is_standing and similarity >= MIN_LEARN_SIMILARITY and not is_part:
                weight = np.float32(LEARN_SAME if similarity >= 0.8 else LEARN_SEEN)
                kept[place.place_id] = replace(old, pixels=old.pixels + weight * (new - old.pixels))
        self._kept = kept
        return Proofs(np.array(ids, np.int64), np.array(similarities, np.float32))

    def remember(self, luma: Picture, t_s: float, places: Sequence[Place], seen: Boxes) -> None:
        """Learn the places that are new or have moved from a frame in which they were seen; the next may show others.

        A place's box is the middle of many: of a thing that drives off it shows the road behind it for some looks.

        Args:
            luma: (H, W) uint8 of that frame at full size.
            t_s: its stream time.
            places: what is known to stand after it.
            seen: (N, 4) xyxy of what was found in that frame, in its pixels.
        """
        for place in places:
            if place.state is not PlaceState.STANDING or place.seen_t_s != t_s:
                continue
            old = self._kept.get(place.place_id)
            if old is not None and not _has_moved(old.box, place.box):
                continue
            is_there = iou_matrix(np.array([place.box], np.float32), seen).max(initial=0.0) >= THERE_IOU
            new = textured_patch(luma, place.box) if is_there else None
            if new is not None:
                edges = edges_of(luma, place.box) if place.class_id in VEHICLES else None
                self._kept[place.place_id] = Kept(place.box, new, edges)
            else:
                self._kept.pop(place.place_id, None)

    def checkpoint(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return the patches and where they were taken as arrays."""
        pixels = np.array([kept.pixels for kept in self._kept.values()], np.float32)
        boxes = np.array([kept.box for kept in self._kept.values()], np.float64)
        edges = {key: kept.edges for key, kept in self._kept.items() if kept.edges is not None}
        return {
            "ids": np.array(list(self._kept), np.int64),
            "patches": pixels.reshape(-1, PATCH_PX, PATCH_PX),
            "boxes": boxes.reshape(-1, 4),
            "edges_ids": np.array(list(edges), np.int64),
            "edges": np.array(list(edges.values()), np.float32).reshape(-1, DIRECTIONS, CELLS, CELLS),
        }

    def restore(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take up what `checkpoint` returned."""
        ids, patches, boxes = arrays["ids"], arrays["patches"], arrays["boxes"]
        if patches.shape != (len(ids), PATCH_PX, PATCH_PX) or boxes.shape != (len(ids), 4):
            raise ValueError(f"patches do not fit their places: {patches.shape=} {boxes.shape=} {ids.shape=}")
        edges = _edges(arrays) if "edges_ids" in arrays else {}  # older ones hold none
        self._kept = {
            int(key): Kept((float(x1), float(y1), float(x2), float(y2)), pixels.astype(np.float32), edges.get(int(key)))
            for key, (x1, y1, x2, y2), pixels in zip(ids, boxes.astype(np.float64), patches, strict=True)
        }


def _edges(arrays: Mapping[str, npt.NDArray[np.generic]]) -> dict[int, FloatArray]:
    """Return the shapes of a checkpoint by place."""
    ids, edges = arrays["edges_ids"], arrays["edges"]
    if edges.shape != (len(ids), DIRECTIONS, CELLS, CELLS):
        raise ValueError(f"shapes do not fit their places: {edges.shape=} {ids.shape=}")
    return {int(key): each.astype(np.float32) for key, each in zip(ids, edges, strict=True)}


def is_other_shape(edges: FloatArray | None, luma: Picture, box: Box) -> bool:
    """Return whether a frame surely shows something else in a box than the vehicle whose shape is known."""
    likeness = None if edges is None else shape_likeness(edges, luma, box)
    return likeness is not None and likeness < OTHER_SHAPE


def _has_moved(old: Box, new: Box) -> bool:
    """Return whether a place's box is another than the one its patch was taken from, beyond jitter."""
    sides = min(old[2] - old[0], new[2] - new[0]), min(old[3] - old[1], new[3] - new[1])
    return any(abs(a - b) > MOVED_RATIO * sides[index % 2] for index, (a, b) in enumerate(zip(old, new, strict=True)))


def likeness(before: Picture, now: Picture, boxes: Boxes, *, if_plain: float = 1.0) -> Scores:
    """Return (N,) float32 in [0, 1]: how alike two pictures are within each box, free of brightness and contrast.

    Args:
        before: (H, W) uint8 luma.
        now: (H, W) uint8 luma.
        boxes: (N, 4) in pixels of these pictures.
        if_plain: what is returned where `now` has no texture beside slopes, so that nothing can be said.
    """
    found = np.full(len(boxes), if_plain, np.float32)
    for row, (x1, y1, x2, y2) in enumerate(boxes.tolist()):
        box = x1, y1, x2, y2
        present = textured_patch(now, box)
        if present is not None:
            earlier = patch(before, box)
            found[row] = 0.0 if earlier is None else _alike(earlier, present)
    return found


def _alike(a: FloatArray, b: FloatArray) -> float:
    """Return how alike two patches are, without the slopes that a wall, fog or a lamp gives to both."""
    return correlation(levelled(a), levelled(b))


def _unchanged_ratio(old: FloatArray, new: FloatArray) -> float:
    """Return the share of a patch's inner tiles with texture that are as they were; 0 where too few have any."""
    tiles = [_tiles(each) for each in (old, new)]
    centred = [each - each.mean(axis=1, keepdims=True) for each in tiles]
    spreads = [np.sqrt((each * each).mean(axis=1)) for each in centred]
    textured = spreads[0] > MIN_TILE_SPREAD
    if textured.sum() < MIN_TILES:
        return 0.0
    likeness = (centred[0] * centred[1]).mean(axis=1) / np.maximum(spreads[0] * spreads[1], 1e-6)
    return float((likeness[textured] >= TILE_SAME).mean())


def _tiles(patch_: FloatArray) -> FloatArray:
    """Return the (12, 64) tiles of a patch without its four corners, where the street shows past a vehicle."""
    side = PATCH_PX // 4
    tiles = patch_.reshape(4, side, 4, side).swapaxes(1, 2).reshape(16, side * side)
    return np.delete(tiles, [0, 3, 12, 15], axis=0)


def patch(luma: Picture, box: Box) -> FloatArray | None:
    """Return the (32, 32) patch of a box with mean 0 and sigma 1, or None where there is no texture.

    Args:
        luma: (H, W) uint8.
        box: xyxy in its pixels, clipped to it.
    """
    found = _patch_and_spread(luma, box)
    return None if found is None else found[0]


def textured_patch(luma: Picture, box: Box) -> FloatArray | None:
    """Return the same, or None where a box shows nothing but an even slope of light, which proves nothing either."""
    found = _patch_and_spread(luma, box)
    if found is None:
        return None
    pixels, spread = found
    left_ratio = 1 - AXIS_POWER * sum(slope * slope for slope in _slopes(pixels))
    return None if spread * max(left_ratio, 0.0) ** 0.5 < MIN_SPREAD else pixels


def _patch_and_spread(luma: Picture, box: Box) -> tuple[FloatArray, float] | None:
    """Return a patch and the sigma that it had, in grey values."""
    height, width = luma.shape
    margin_x, margin_y = MARGIN_RATIO * (box[2] - box[0]), MARGIN_RATIO * (box[3] - box[1])
    x1, y1 = max(0, round(box[0] - margin_x)), max(0, round(box[1] - margin_y))
    x2, y2 = min(width, round(box[2] + margin_x)), min(height, round(box[3] + margin_y))
    if x2 - x1 < MIN_SIDE_PX or y2 - y1 < MIN_SIDE_PX:
        return None
    small = cv2.resize(luma[y1:y2, x1:x2], (PATCH_PX, PATCH_PX), interpolation=cv2.INTER_AREA)
    # OpenCV's moments: NumPy takes longer over these few pixels than all the rest of it.
    (mean,), (spread,) = (moment[0] for moment in cv2.meanStdDev(small))
    return None if spread < MIN_SPREAD else ((small - np.float32(mean)) * np.float32(1 / spread), float(spread))


def normed(pixels: FloatArray) -> FloatArray:
    """Return a patch with sigma 1 again, which one that followed others has lost."""
    return pixels / np.float32(max(float(np.vdot(pixels, pixels)) / pixels.size, 1e-12) ** 0.5)


def levelled(pixels: FloatArray) -> FloatArray:
    """Return a patch without its slopes from left to right and from top to bottom, sigma 1 again.

    A bright wall above a dark road, fog that thickens, a lamp: they make any two patches of a place alike, whatever
    stands there.
    """
    across, down = _slopes(pixels)
    return normed(pixels - np.float32(across) * AXIS[None, :] - np.float32(down) * AXIS[:, None])


def _slopes(pixels: FloatArray) -> tuple[float, float]:
    """Return how steeply a patch brightens from left to right and from top to bottom, from its middle to its edge."""
    return float((pixels * AXIS[None, :]).mean()) / AXIS_POWER, float((pixels * AXIS[:, None]).mean()) / AXIS_POWER


AXIS: FloatArray = np.linspace(-1, 1, PATCH_PX, dtype=np.float32)
AXIS_POWER = float((AXIS * AXIS).mean())


def correlation(a: FloatArray, b: FloatArray) -> float:
    """Return how alike two patches are, in [0, 1]."""
    return min(1.0, max(0.0, float(np.vdot(a, b)) / a.size))
