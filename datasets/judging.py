"""Says which detections may be judged on a picture: what nobody marked there is no mistake of a model's."""

import numpy as np

from datasets.labelled import LabelledPicture
from models.evaluation import MATCH_IOU, Marked
from vision.boxes import covered_ratio, iou_matrix
from vision.classes import StreetClass
from vision.detections import Detections

DEAD_RATIO = 0.5
"""A detection of which this share lies in one region that says nothing is not judged, as COCO does with crowds."""


def judged(found: Detections, picture: LabelledPicture) -> tuple[Detections, Marked]:
    """Return the detections that count on a picture, and what there was to find; for `models.evaluation`.

    A detection counts that is right, or that is of a class of which everything is marked and lies in no dead region. So
    where no class is complete, recall is measured and precision is not.

    Args:
        found: in pixels of the picture.
        picture: things without a class are dead regions here.
    """
    labels = picture.labels
    is_named = labels.class_ids != StreetClass.UNKNOWN
    marked = Marked(labels.boxes[is_named], labels.class_ids[is_named])
    dead = np.concatenate([picture.ignored, labels.boxes[~is_named]])
    is_same_class = found.class_ids[:, None] == marked.class_ids[None, :]
    is_right = (is_same_class & (iou_matrix(found.boxes, marked.boxes) >= MATCH_IOU)).any(axis=1)
    is_complete = np.isin(found.class_ids, sorted(picture.complete))
    is_dead = (covered_ratio(found.boxes, dead) >= DEAD_RATIO).any(axis=1)
    return found[is_right | (is_complete & ~is_dead)], marked
