"""Scores reported stationary boxes against events by the rule of the RoadTrack set.

An event is found when on at least 20 % of its frames a reported box overlaps it (IoU of 0.5 and more). A reported track
is false when on fewer than 90 % of its frames it overlaps any event. Latency runs from an event's first frame to the
first on which it is matched. A track beyond the first that overlaps an event is a duplicate of it.

Source: the set's repository, corfyi/RoadTrack. Belongs here: arithmetic. Does not: reading, running (roadtrack).
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vision.boxes import areas

MIN_IOU = 0.5
FOUND_RATIO = 0.2
TRUE_RATIO = 0.9

Box = tuple[float, float, float, float]
Tracks = Mapping[int, Mapping[int, Box]]
"""Number of an event or of a reported track → frame → box (x1, y1, x2, y2) in pixels."""


@dataclass(frozen=True, slots=True)
class Score:
    """What became of one sequence.

    Attributes:
        found: events that were found.
        missed: events that were not.
        false: reported tracks that are false.
        duplicates: reported tracks beyond the first of an event.
        latencies: frames from the beginning of each found event to its first match.
    """

    found: tuple[int, ...]
    missed: tuple[int, ...]
    false: tuple[int, ...]
    duplicates: int
    latencies: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """The sum over sequences; ratios are None where nothing was there to be divided."""

    found: int
    missed: int
    false: int
    duplicates: int
    precision: float | None
    recall: float | None
    f1: float | None
    mean_latency_s: float | None
    duplicate_ratio: float | None


def score(reported: Tracks, events: Tracks) -> Score:
    """Score one sequence."""
    hits = {event: {track: _matched(boxes, events[event]) for track, boxes in reported.items()} for event in events}
    matched = {event: set[int]().union(*by_track.values()) for event, by_track in hits.items()}
    found = tuple(event for event in events if len(matched[event]) >= FOUND_RATIO * len(events[event]))
    return Score(
        found=found,
        missed=tuple(event for event in events if event not in found),
        false=tuple(
            track
            for track, boxes in reported.items()
            if len(set[int]().union(*(hits[event][track] for event in events))) < TRUE_RATIO * len(boxes)
        ),
        duplicates=sum(max(0, sum(bool(frames) for frames in hits[event].values()) - 1) for event in found),
        latencies=tuple(min(matched[event]) - min(events[event]) for event in found),
    )


def total(scores: Sequence[Score], fps: float) -> Total:
    """Sum up sequences of `fps` frames a second."""
    found, missed = sum(len(s.found) for s in scores), sum(len(s.missed) for s in scores)
    false, duplicates = sum(len(s.false) for s in scores), sum(s.duplicates for s in scores)
    latencies = [frames / fps for s in scores for frames in s.latencies]
    return Total(
        found=found,
        missed=missed,
        false=false,
        duplicates=duplicates,
        precision=_ratio(found, found + false),
        recall=_ratio(found, found + missed),
        f1=_ratio(2 * found, 2 * found + false + missed),
        mean_latency_s=round(statistics.mean(latencies), 3) if latencies else None,
        duplicate_ratio=_ratio(duplicates, found),
    )


def _matched(boxes: Mapping[int, Box], event: Mapping[int, Box]) -> set[int]:
    """Return the frames on which a track overlaps an event."""
    frames = [frame for frame in boxes if frame in event]
    if not frames:
        return set()
    theirs, ours = (np.array([rows[frame] for frame in frames], np.float32) for rows in (boxes, event))
    both = np.concatenate([np.maximum(theirs[:, :2], ours[:, :2]), np.minimum(theirs[:, 2:], ours[:, 2:])], axis=1)
    overlap = areas(both)
    hits = overlap >= MIN_IOU * (areas(theirs) + areas(ours) - overlap)
    return {frame for frame, hit in zip(frames, hits.tolist(), strict=True) if hit}


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
