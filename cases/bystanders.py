"""Says which parts of a picture show who somebody is: heads of people and number plates of vehicles.

Nobody is recognised and no plate is read: from the boxes of people and vehicles follows where a head or a plate can be,
with room to spare. Heads of all people are hidden, the offender's too, as no case of ours rests on a face. Plates are
hidden but for the vehicle that a parking case is about, whose plate is the evidence.

Belongs here: boxes in, regions out. Does not: finding people and vehicles (bystander_finder), hiding (mosaic).
"""

from dataclasses import dataclass

import numpy as np

from vision.arrays import Boxes, Ids, Mask, SizeWH
from vision.boxes import clipped, covered_ratio, iou_matrix
from vision.classes import StreetClass
from vision.detections import Detections

Box = tuple[float, float, float, float]

UPRIGHT_ASPECT = 1.8
"""A person's box that is at least so many times as high as wide shows somebody who stands or walks, seen whole."""

HEAD_UPRIGHT_RATIO, HEAD_OTHER_RATIO, HEAD_OF_WIDTH_RATIO = 0.32, 0.6, 0.6
"""How much of a box's height, from its top, may show the head, and of its width, whichever is more. Of a body an eighth
is head; boxes are loose, people bend, and who sits, rides or is cut by the picture's border shows more of it."""

HEAD_MARGIN_RATIO = 0.08
"""How much further than its box, in heights of the box, a head is hidden on each side: boxes cut hair and hats."""

HEAD_MARGIN_PX = 3
"""And in pixels: boxes of far people, who are few pixels high, are off by about as much as those of near ones."""

PLATE_FROM_RATIO, RIDER_PLATE_FROM_RATIO = 0.4, 0.25
"""Plates of cars, buses and trucks are below this height of their box, whatever side of a street's camera they show;
those of motorcycles and three-wheelers may be higher."""

PLATE_MARGIN_RATIO = 0.04
"""How much further than its box, in widths of the box, a band of plates reaches: boxes cut bumpers."""

SAME_IOU, SAME_COVER = 0.3, 0.7
"""A vehicle is the offender's if it overlaps the case's box so much, or if one of the two lies so far in the other."""


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """What must be hidden in a picture: regions as (N, 4) float32, clipped to it, overlapping where things overlap.

    Attributes:
        heads: of people, and faces.
        plates: bands of cars, buses and trucks that may show a plate.
        small_plates: those of motorcycles and three-wheelers.
    """

    heads: Boxes
    plates: Boxes
    small_plates: Boxes

    @property
    def all(self) -> Boxes:
        """Every region."""
        return np.concatenate([self.heads, self.plates, self.small_plates])


LARGE_PLATED = (StreetClass.CAR, StreetClass.BUS, StreetClass.TRUCK)
SMALL_PLATED = (StreetClass.MOTORCYCLE, StreetClass.TRICYCLE)


def regions_to_hide(found: Detections, size_wh: SizeWH, spared: Box | None = None) -> Regions:
    """Return the regions of a picture that must be hidden.

    Args:
        found: people and vehicles, pixels of the picture.
        size_wh: of the picture.
        spared: box of the offender's vehicle, whose plate stays to be seen; None to spare none.
    """
    people = found.boxes[found.class_ids == StreetClass.PERSON]
    plated = found[_is_any(found.class_ids, LARGE_PLATED) | _is_any(found.class_ids, SMALL_PLATED)]
    plated = plated[~_is_spared(plated, spared)]
    is_small = _is_any(plated.class_ids, SMALL_PLATED)
    return Regions(
        clipped(head_regions(people), size_wh),
        clipped(plate_regions(plated.boxes[~is_small], PLATE_FROM_RATIO), size_wh),
        clipped(plate_regions(plated.boxes[is_small], RIDER_PLATE_FROM_RATIO), size_wh),
    )


def head_regions(people: Boxes) -> Boxes:
    """Return for each (N, 4) box of a person where the head may be, with its margin; not clipped."""
    widths, heights = people[:, 2] - people[:, 0], people[:, 3] - people[:, 1]
    is_upright = heights >= UPRIGHT_ASPECT * widths
    margins = HEAD_MARGIN_RATIO * heights + HEAD_MARGIN_PX
    of_height = np.where(is_upright, HEAD_UPRIGHT_RATIO, HEAD_OTHER_RATIO) * heights
    bottoms = people[:, 1] + np.minimum(heights, np.maximum(of_height, HEAD_OF_WIDTH_RATIO * widths)) + HEAD_MARGIN_PX
    sides = [people[:, 0] - margins, people[:, 1] - margins, people[:, 2] + margins, bottoms]
    return np.stack(sides, axis=1).astype(np.float32)


def plate_regions(vehicles: Boxes, from_ratio: float) -> Boxes:
    """Return for each (N, 4) box of a vehicle the band that may show its plate, from this height on; not clipped."""
    widths, heights = vehicles[:, 2] - vehicles[:, 0], vehicles[:, 3] - vehicles[:, 1]
    margins = PLATE_MARGIN_RATIO * widths
    tops = vehicles[:, 1] + from_ratio * heights
    sides = [vehicles[:, 0] - margins, tops, vehicles[:, 2] + margins, vehicles[:, 3] + margins]
    return np.stack(sides, axis=1).astype(np.float32)


def _is_any(class_ids: Ids, classes: tuple[StreetClass, ...]) -> Mask:
    return np.isin(class_ids, [int(each) for each in classes])


def _is_spared(vehicles: Detections, spared: Box | None) -> Mask:
    """Return (N,) bool: the one vehicle that is the offender's; two boxes of it, as a car and as a truck, are one."""
    none = np.zeros(len(vehicles), bool)
    if spared is None or not len(vehicles):
        return none
    case = np.array([spared], np.float32)
    overlap = iou_matrix(vehicles.boxes, case)[:, 0]
    lies_in = np.maximum(covered_ratio(vehicles.boxes, case)[:, 0], covered_ratio(case, vehicles.boxes)[0])
    best = int(np.argmax(overlap))
    if overlap[best] < SAME_IOU and lies_in[best] < SAME_COVER:
        return none
    same = iou_matrix(vehicles.boxes, vehicles.boxes[best : best + 1])[:, 0] > SAME_IOU * 2
    same[best] = True
    return np.asarray(same, bool)
