"""Turns a scene into the boxes that are drawn over the live picture."""

from collections.abc import Sequence

import numpy as np

from detectors.events import Event
from pipeline.messages import BoxesMessage, BoxRow
from vision.arrays import Boxes, Mask, SizeWH
from vision.boxes import iou_matrix
from vision.classes import StreetClass
from vision.scenes import Place, PlaceState, Scene

SAME_THING_RATIO = 0.6
"""IoU above which a track and a place are drawn as one; below it two things are merely close."""


def boxes_message(scene: Scene, offences: Sequence[Event], view: str | None = None) -> BoxesMessage:
    """Return what to draw: places that stand, tracks that are not such a place, offences that are neither."""
    places = [place for place in scene.places if place.state is not PlaceState.LEFT]
    place_boxes, offence_boxes = _stacked([p.box for p in places]), _stacked([event.box for event in offences])
    on_place = _matched(scene.tracks.boxes, place_boxes)
    offends = _matched(place_boxes, offence_boxes)
    placed = _matched(offence_boxes, place_boxes)
    rows = [_place_row(place, scene.size_wh, bool(bad)) for place, bad in zip(places, offends, strict=True)]
    rows += [_track_row(scene, i) for i in range(len(scene.tracks)) if not on_place[i]]
    rows += [_offence_row(scene, event) for event, known in zip(offences, placed, strict=True) if not known]
    return BoxesMessage(scene.camera_id, scene.t_s, scene.captured_at, tuple(rows), view)


def _matched(boxes: Boxes, others: Boxes) -> Mask:
    return np.asarray((iou_matrix(boxes, others) > SAME_THING_RATIO).any(axis=1), bool)


def _stacked(boxes: list[tuple[float, float, float, float]]) -> Boxes:
    return np.array(boxes, np.float32).reshape(-1, 4)


def _place_row(place: Place, size_wh: SizeWH, is_offence: bool) -> BoxRow:
    return BoxRow(
        box=_fractions(place.box, size_wh),
        label=StreetClass(place.class_id).label,
        score=place.score,
        track_id=None,
        place_id=place.place_id,
        dwell_s=place.dwell_s,
        is_offence=is_offence,
        is_hidden=place.state is PlaceState.HIDDEN,
    )


def _track_row(scene: Scene, row: int) -> BoxRow:
    return BoxRow(
        box=_fractions(tuple(scene.tracks.boxes[row].tolist()), scene.size_wh),
        label=StreetClass(int(scene.tracks.class_ids[row])).label,
        score=float(scene.tracks.scores[row]),
        track_id=int(scene.tracks.ids[row]),
        place_id=None,
        dwell_s=0.0,
        is_offence=False,
    )


def _offence_row(scene: Scene, event: Event) -> BoxRow:
    """Return the row of an offence on no place, such as a flyer; a stall of several places is drawn around them."""
    return BoxRow(
        box=_fractions(event.box, scene.size_wh),
        label=event.kind,
        score=event.score,
        track_id=None,
        place_id=None,
        dwell_s=scene.t_s - event.started_t_s,
        is_offence=True,
    )


def _fractions(box: tuple[float, ...], size_wh: SizeWH) -> tuple[float, float, float, float]:
    width, height = size_wh
    return box[0] / width, box[1] / height, box[2] / width, box[3] / height
