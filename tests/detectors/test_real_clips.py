"""Real traffic cameras: what people marked as standing is reported, what creeps or passes is not.

The clips are about ten seconds long, so the limits here are 3 to 8 s and not the minutes of a real zone.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.detectors.stories import judged, zone
from tests.vision.streets import at
from vision.classes import StreetClass
from vision.detections import Detections
from vision.memory import SceneMemory
from vision.observations import Observation
from vision.scenes import Place

VIDEOS = Path(__file__).parents[3] / "shared" / "material" / "videos"
NAMES = {"car": StreetClass.CAR, "taxi": StreetClass.CAR, "van": StreetClass.CAR, "bus": StreetClass.BUS}
pytestmark = [
    pytest.mark.material,
    pytest.mark.skipif(not VIDEOS.is_dir(), reason=f"no real clips at {VIDEOS}"),
]


def load(name: str) -> dict[str, Any]:
    path = VIDEOS / name
    if not path.is_file():
        pytest.skip(f"{path} is missing")
    return json.loads(path.read_text(encoding="utf-8"))


def tracked(clip: str) -> Iterator[Observation]:
    """Yield the human tracks of a clip as observations, 5 a second."""
    tracks = load(f"{clip}.tracks.json")
    fps, (width, height) = tracks["fps"], tracks["frame_size"]
    frames: dict[int, list[tuple[tuple[float, float, float, float], float, int]]] = {}
    for track in tracks["tracks"]:
        class_id = NAMES.get(track["type"], StreetClass.TRUCK).value
        for number, box, *_ in track["frames"]:
            frames.setdefault(number, []).append((tuple(box), 0.9, class_id))
    for number in range(0, max(frames) + 1, 5):
        rows = frames.get(number, [])
        yield Observation(clip, number / fps, at(number / fps), (width, height), detections=Detections.of(rows))


def overlap(box_a: Any, box_b: Any) -> float:
    width = min(box_a[2], box_b[2]) - max(box_a[0], box_b[0])
    height = min(box_a[3], box_b[3]) - max(box_a[1], box_b[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (box_a, box_b)]
    return width * height / (sum(areas) - width * height)


def stays_of(clip: str) -> dict[int, Place]:
    memory, stays = SceneMemory(clip), {}
    for observation in tracked(clip):
        stays |= {place.place_id: place for place in memory.update(observation).places}
    return stays


def test_vehicles_waiting_at_hyde_park_stand_for_three_seconds_and_more() -> None:
    clip = "jamcam_06514_hydepark_20190628"
    waiting = [one for one in load(f"{clip}.gt.json")["stationary"] if one["end_s"] - one["start_s"] >= 3]
    stays = [place for place in stays_of(clip).values() if place.dwell_s >= 3]
    missed = [one["id"] for one in waiting if not any(overlap(one["box_xyxy"], p.box) >= 0.5 for p in stays)]
    assert len(waiting) >= 5
    assert not missed


def test_stays_at_hyde_park_begin_within_two_seconds_of_the_truth() -> None:
    clip = "jamcam_06514_hydepark_20190628"
    waiting = [one for one in load(f"{clip}.gt.json")["stationary"] if one["end_s"] - one["start_s"] >= 3]
    stays = list(stays_of(clip).values())
    errors = []
    for one in waiting:
        found = [place for place in stays if overlap(one["box_xyxy"], place.box) >= 0.5]
        errors.append(min(abs(place.since_t_s - one["start_s"]) for place in found))
    assert max(errors) <= 2


def test_creeping_queue_at_blackfriars_never_stands_for_eight_seconds() -> None:
    clip = "jamcam_03601_blackfriars_20190628"
    raised = [e for e in judged_clip(clip, limit_s=8) if e.phase == "raised"]
    assert not raised


def judged_clip(clip: str, limit_s: float) -> list[Any]:
    from detectors.catalog import make_detector

    memory = SceneMemory(clip)
    detector = make_detector(clip, zone({"kind": "parking", "limit_s": limit_s, "queue_vehicles": 0}))
    return [event for seen in tracked(clip) for event in detector.update(memory.update(seen))]


def visitor(one: dict[str, Any], t_s: float) -> tuple[float, float, float, float] | None:
    """Return where a visitor of the table is: two seconds from the left, the stay, two seconds to the right."""
    x1, y1, x2, y2 = one["box_xyxy"]
    if not one["start_s"] - 2 <= t_s < one["end_s"] + 2:
        return None
    shift = 150 * (min(0.0, t_s - one["start_s"]) + max(0.0, t_s - one["end_s"]))
    return x1 + shift, y1, x2 + shift, y2


def test_people_at_the_table_who_come_and_go_on_drawn_paths_stand_as_long_as_the_truth_says() -> None:
    truth = load("one_by_one_person.gt.json")["stationary"]
    memory, stays = SceneMemory("table"), {}
    for tenth in range(0, 1394, 2):
        t_s = tenth / 10
        boxes = [box for one in truth if (box := visitor(one, t_s)) is not None]
        rows = [(box, 0.9, StreetClass.PERSON.value) for box in boxes]
        seen = Observation("table", t_s, at(t_s), (768, 432), detections=Detections.of(rows))
        stays |= {place.place_id: place for place in memory.update(seen).places}
    dwells = [stays[key].dwell_s for key in sorted(stays)]
    wanted = [one["end_s"] - one["start_s"] for one in truth]
    assert len(dwells) == len(wanted)
    assert max(abs(a - b) for a, b in zip(dwells, wanted, strict=True)) <= 1


def test_nobody_at_the_table_is_a_parked_vehicle() -> None:
    truth = load("one_by_one_person.gt.json")["stationary"]
    rows = [(tuple(one["box_xyxy"]), 0.9, StreetClass.PERSON.value) for one in truth[:1]]
    seen = [Observation("gate", t, at(t), (768, 432), detections=Detections.of(rows)) for t in range(30)]
    assert not judged(zone({"kind": "parking", "limit_s": 5}), seen)
