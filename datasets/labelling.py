"""Labels the frames of a clip with a model, and lets the frames agree through time.

What a model sees in one frame holds along the track. A thing is called what most looks call it; what shows in a single
look, or stands still and shows in few, is in doubt and becomes a region that says nothing; what stands still and is
missed for a while is filled in where the pixels prove that it is there.

Belongs here: agreement over frames. Does not: running a model (models), files for a person to correct (proposals).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

import cv2
import numpy as np

from datasets.labelled import Labels
from datasets.merging import is_within
from vision.arrays import Boxes, Ids, Mask, Picture, SizeWH
from vision.boxes import iou_matrix
from vision.detections import Detections
from vision.frames import Frame
from vision.matching import distinct
from vision.stillness import correlation, patch
from vision.tracker import Tracker, same_kind

KEPT_WIDTH_PX = 640
"""Width at which the luma of each look is kept for comparison: a patch needs 8 pixels, a car far off has them here."""

STILL_SHARE = 0.8
"""Share of a still thing's boxes that must lie on their median; of a small net's boxes one in ten jumps."""


LUMAS_HELD = 64
"""Lumas that are held decoded while places are compared; what is compared lies near in time."""


class Looker(Protocol):
    """What finds things in frames: a `models.model.Model`, or a fake."""

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Return what stands in each frame."""


@dataclass(frozen=True, slots=True)
class AgreementSettings:
    """How frames agree.

    Attributes:
        step_s: seconds between the frames that are looked at.
        least_looks: a thing seen in fewer looks is in doubt; a clip of one look asks for one.
        least_seen_ratio: so is a still thing seen in a smaller share of the looks from its first to its last: where
            nothing changes and most looks say that nothing is there, they are right. Models take logos for cars.
        still_iou: boxes that overlap by this are at one place.
        same_likeness: correlation of pixels from which a place is unchanged.
        fill_s: for how long a still thing may be missed.
        batch: frames that go through the model together.
    """

    step_s: float = 0.5
    least_looks: int = 2
    least_seen_ratio: float = 0.5
    still_iou: float = 0.6
    same_likeness: float = 0.75
    fill_s: float = 30.0
    batch: int = 4


@dataclass(frozen=True, slots=True, eq=False)
class FrameLabels:
    """What a model, and the other frames, say of one frame.

    Attributes:
        t_s: stream time of the frame.
        size_wh: of the frame.
        labels: what is there, with the model's scores and track ids; what was filled in has the mean score of its
            track.
        is_filled: (N,) bool: filled in from other frames.
        doubtful: (M, 4) boxes of what showed in too few of the looks.
    """

    t_s: float
    size_wh: SizeWH
    labels: Labels
    is_filled: Mask
    doubtful: Boxes


def label_frames(
    model: Looker,
    frames: Iterable[Frame],
    settings: AgreementSettings,
    on_progress: Callable[[float], None] | None = None,
) -> tuple[FrameLabels, ...]:
    """Label the frames of one clip.

    A small luma of each look is held as JPEG, about 40 kB: ten minutes at two looks a second take 50 MB.

    Args:
        model: sees; its score threshold decides what is kept.
        frames: of one camera, in the order of time.
        settings: how frames agree.
        on_progress: called with the stream time of what has been looked at.

    Returns:
        One for each frame that was looked at.
    """
    looks = list(_looks(model, frames, settings, on_progress))
    things = _things(looks, settings)
    sure = [thing for thing in things if _is_sure(thing, len(looks), settings)]
    filled = _filled(looks, [thing for thing in sure if thing.is_still], settings)
    return tuple(_frame_labels(index, look, sure, things, filled) for index, look in enumerate(looks))


def _is_sure(thing: "_Thing", looks: int, settings: AgreementSettings) -> bool:
    seen_ratio = len(thing.rows) / (max(thing.rows) - min(thing.rows) + 1)
    is_often = not thing.is_still or seen_ratio >= settings.least_seen_ratio
    return len(thing.rows) >= min(settings.least_looks, looks) and is_often


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    t_s: float
    size_wh: SizeWH
    found: Detections
    track_ids: Ids
    luma: bytes  # JPEG

    def small_luma(self) -> tuple[Picture, float]:
        """Return the kept luma and its scale."""
        luma = cv2.imdecode(np.frombuffer(self.luma, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert luma is not None  # noqa: S101 - encoded by us
        return luma, luma.shape[1] / self.size_wh[0]


@dataclass(frozen=True, slots=True, eq=False)
class _Thing:
    """One thing over the looks: look → row there, and what most looks say of it."""

    thing_id: int
    rows: Mapping[int, int]
    class_id: int
    score: float
    box: Boxes = field(repr=False)  # (1, 4) median
    is_still: bool


def _looks(
    model: Looker, frames: Iterable[Frame], settings: AgreementSettings, on_progress: Callable[[float], None] | None
) -> Iterator[_Look]:
    tracker = Tracker()
    for batch in _batches(_spaced(frames, settings.step_s), settings.batch):
        for frame, found in zip(batch, model.detect(batch), strict=True):
            kept = distinct(found)
            tracks = tracker.update(kept, frame.t_s, frame.t_s)
            ids = np.array([track.track_id for track in tracks], np.int64)
            yield _Look(frame.t_s, frame.size_wh, kept, ids, _kept_luma(frame))
        if on_progress is not None:
            on_progress(batch[-1].t_s)


def _spaced(frames: Iterable[Frame], step_s: float) -> Iterator[Frame]:
    next_s = float("-inf")
    for frame in frames:
        if frame.t_s >= next_s - 1e-6:
            yield frame
            next_s = frame.t_s + step_s


def _batches(frames: Iterable[Frame], count: int) -> Iterator[list[Frame]]:
    batch: list[Frame] = []
    for frame in frames:
        batch.append(frame)
        if len(batch) == count:
            yield batch
            batch = []
    if batch:
        yield batch


def _kept_luma(frame: Frame) -> bytes:
    width, height = frame.size_wh
    scale = min(1.0, KEPT_WIDTH_PX / width)
    small = cv2.resize(
        frame.luma(), (round(width * scale), max(1, round(height * scale))), interpolation=cv2.INTER_AREA
    )
    _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return data.tobytes()


def _things(looks: Sequence[_Look], settings: AgreementSettings) -> list[_Thing]:
    """Return the tracks as things; tracks that broke at a place where something stands are one."""
    sightings: dict[int, dict[int, int]] = {}
    for index, look in enumerate(looks):
        for row, track_id in enumerate(look.track_ids.tolist()):
            sightings.setdefault(track_id, {})[index] = row
    joined: list[_Thing] = []
    for rows in sightings.values():
        part = _thing(len(joined) + 1, rows, looks, settings)
        home = next((i for i, thing in enumerate(joined) if _are_one(thing, part, settings)), None)
        if home is None:
            joined.append(part)
        else:
            joined[home] = _thing(home + 1, {**joined[home].rows, **rows}, looks, settings)
    return joined


def _are_one(thing: _Thing, part: _Thing, settings: AgreementSettings) -> bool:
    """Return whether two tracks are of one still thing: at one place, of one kind, never in the same look."""
    if not (thing.is_still and part.is_still) or thing.rows.keys() & part.rows.keys():
        return False
    kinds = np.array([thing.class_id, part.class_id], np.int64)
    overlap = float(iou_matrix(thing.box, part.box)[0, 0])
    return overlap >= settings.still_iou and bool(same_kind(kinds[:1], kinds[1:])[0, 0])


def _thing(thing_id: int, rows: Mapping[int, int], looks: Sequence[_Look], settings: AgreementSettings) -> _Thing:
    boxes = np.array([looks[index].found.boxes[row] for index, row in rows.items()], np.float32)
    scores = np.array([looks[index].found.scores[row] for index, row in rows.items()], np.float32)
    classes = np.array([looks[index].found.class_ids[row] for index, row in rows.items()], np.int64)
    median = np.median(boxes, axis=0, keepdims=True).astype(np.float32)
    on_median = (iou_matrix(boxes, median)[:, 0] >= settings.still_iou).mean()
    votes = np.bincount(classes, weights=scores)
    is_still = len(rows) >= settings.least_looks and bool(on_median >= STILL_SHARE)
    return _Thing(thing_id, rows, int(votes.argmax()), float(scores.mean()), median, is_still)


def _filled(looks: Sequence[_Look], still: Sequence[_Thing], settings: AgreementSettings) -> dict[int, list[_Thing]]:
    """Return look → still things that were missed in it although their pixels are there; the best seen things first."""
    filled: dict[int, list[_Thing]] = {}

    @lru_cache(maxsize=LUMAS_HELD)
    def luma(index: int) -> tuple[Picture, float]:
        return looks[index].small_luma()

    for thing in sorted(still, key=lambda each: -len(each.rows)):
        left = int(len(thing.rows) * (1 / settings.least_seen_ratio - 1))
        for index, nearest in _missed(thing, looks, settings):
            here = np.concatenate([looks[index].found.boxes, *(each.box for each in filled.get(index, []))])
            if left == 0 or is_within(thing.box, here)[0]:
                continue
            if _is_same_place(thing, luma(nearest), luma(index), settings.same_likeness):
                filled.setdefault(index, []).append(thing)
                left -= 1
    return filled


def _missed(thing: _Thing, looks: Sequence[_Look], settings: AgreementSettings) -> list[tuple[int, int]]:
    """Return the looks in which a thing was not seen though shortly before or after, each with the nearest that saw it.

    Those between looks that saw it come first. Before its first and after its last one it is believed in for no longer
    than it was seen, as what shows in two looks running and never again was a mistake of the model's.
    """
    first, last = min(thing.rows), max(thing.rows)
    seen_for_s = looks[last].t_s - looks[first].t_s
    missed = []
    for index, look in enumerate(looks):
        nearest = min(thing.rows, key=lambda seen: abs(seen - index))
        longest_s = settings.fill_s if first < index < last else min(settings.fill_s, seen_for_s)
        if index not in thing.rows and abs(look.t_s - looks[nearest].t_s) <= longest_s:
            missed.append((not first < index < last, abs(index - nearest), index, nearest))
    return [(index, nearest) for *_, index, nearest in sorted(missed)]


def _is_same_place(
    thing: _Thing, before: tuple[Picture, float], now: tuple[Picture, float], same_likeness: float
) -> bool:
    patches = []
    for luma, scale in (before, now):
        x1, y1, x2, y2 = (float(side) * scale for side in thing.box[0])
        patches.append(patch(luma, (x1, y1, x2, y2)))
    earlier, present = patches
    return earlier is not None and present is not None and correlation(earlier, present) >= same_likeness


def _frame_labels(
    index: int,
    look: _Look,
    sure: Sequence[_Thing],
    things: Sequence[_Thing],
    filled: Mapping[int, Sequence[_Thing]],
) -> FrameLabels:
    here = [thing for thing in sure if index in thing.rows]
    missed = filled.get(index, [])
    rows = np.array([thing.rows[index] for thing in here], np.int64)
    labels = Labels(
        np.concatenate([look.found.boxes[rows], *(thing.box for thing in missed)]),
        np.array([thing.class_id for thing in (*here, *missed)], np.int64),
        np.concatenate([look.found.scores[rows], np.array([thing.score for thing in missed], np.float32)]),
        np.array([thing.thing_id for thing in (*here, *missed)], np.int64),
    )
    is_sure = {thing.thing_id for thing in sure}
    doubted = [thing.rows[index] for thing in things if index in thing.rows and thing.thing_id not in is_sure]
    is_filled = np.arange(len(labels)) >= len(here)
    return FrameLabels(look.t_s, look.size_wh, labels, is_filled, look.found.boxes[np.array(doubted, np.int64)])
