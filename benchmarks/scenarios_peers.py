"""The rules that peers use, on the same detections and pictures as ours: a look a second, at walls every two seconds.

* parking: the middle of a vehicle's box lies in the zone for as many looks as the limit has seconds.
* vending: somebody stands in the zone for as many looks, while a thing that could be a stall is in it, too.
* flyers: pixels of the wall differ from its first picture for as many looks, and form a region as large as a sheet.

Things keep their number from look to look by overlap, as trackers do; one that is missed for three looks is lost.

Source: `PolygonZone` and "time in zone" of supervision, the practice of a city SDK (umbrella, chair or table with a
person who dwells in a zone), background subtraction of tutorials (`domain.md` 4.1, 4.2, 4.5; `peers.md`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from benchmarks.capacity_sides import STALL_NAMES, VEHICLE_NAMES
from benchmarks.dwell_rule import OverlapTracker, Tracked
from benchmarks.scenarios_camera import DrawnCamera
from benchmarks.scenarios_eye import Find
from benchmarks.scenarios_scoring import Report
from detectors.catalog import ZoneSettings
from vision.arrays import Mask, Picture
from vision.classes import StreetClass
from vision.detections import Detections

LOOK_HZ, WALL_HZ = 1.0, 0.5
"""Looks a second, whatever happens: at what moves, and at walls."""

LOST_LOOKS = 3
"""A thing that was not seen at so many looks is lost, as after 30 pictures with ByteTrack; here looks are rarer."""

DIFFERENCE, LEARNING_LOOKS = 30, 5
"""Grey values by which a pixel differs, and looks whose median is the picture of the empty wall."""

LEAST_AREA_RATIO = 0.002
"""Smallest region, as a share of the wall: as our rule's."""

PEOPLE = ("person",)


def parking_peer(camera: DrawnCamera, zone: ZoneSettings, find: Find) -> list[Report]:
    """Return what the rule of the middle in the zone reports."""
    return _dwellers(camera, zone, find, _Task(VEHICLE_NAMES, "middle"))


def vending_peer(camera: DrawnCamera, zone: ZoneSettings, find: Find) -> list[Report]:
    """Return what the rule of the person who dwells beside a thing reports."""
    return _dwellers(camera, zone, find, _Task(PEOPLE, "foot", beside=STALL_NAMES))


def flyers_peer(camera: DrawnCamera, zone: ZoneSettings, _find: Find) -> list[Report]:
    """Return what the difference from the first pictures reports."""
    wall = _wall(zone, camera)
    lessons: list[Picture] = []
    empty: Picture | None = None
    counts = np.zeros(wall.shape, np.int32)
    reported = np.zeros(wall.shape, bool)
    reports: list[Report] = []
    least_px = LEAST_AREA_RATIO * int(wall.sum())
    for t_s in _moments(camera, WALL_HZ):
        luma = camera.frame(t_s).luma()
        if empty is None:
            lessons.append(luma)
            empty = np.median(np.stack(lessons), axis=0).astype(np.uint8) if len(lessons) == LEARNING_LOOKS else None
            continue
        differs = (cv2.absdiff(luma, empty) > DIFFERENCE) & wall
        counts = np.where(differs, counts + 1, 0)
        stays = ((counts >= zone.rule.limit_s * WALL_HZ) & ~reported).astype(np.uint8)
        stays = cv2.morphologyEx(
            stays, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)
        )  # lines of one sheet belong together
        for box, region in _regions(stays, least_px):
            reports.append(Report(t_s - zone.rule.limit_s, t_s, None, box))
            reported |= cv2.dilate(region.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)
    return reports


Peer = Callable[[DrawnCamera, ZoneSettings, Find], list[Report]]

PEERS: dict[str, Peer] = {"parking": parking_peer, "vending": vending_peer, "flyers": flyers_peer}
"""The peers' rule of each kind."""

PEER_RULES = {
    "parking": "middle of a vehicle's box in the zone for as many looks as the limit has seconds, a look a second",
    "vending": "a person in the zone for as many looks while a stall-like thing is in it",
    "flyers": "pixels that differ from the median of the first five pictures for as many looks",
}
"""Each in a sentence."""


@dataclass(frozen=True, slots=True)
class _Task:
    """Whose looks are counted, by which point of the box, and what must be in the zone with them."""

    names: tuple[str, ...]
    point: Literal["middle", "foot"]
    beside: tuple[str, ...] = ()

    def point_of(self, thing: Tracked) -> tuple[float, float]:
        x1, y1, x2, y2 = thing.box
        return (x1 + x2) / 2, ((y1 + y2) / 2 if self.point == "middle" else y2)


@dataclass(slots=True)
class _Dweller:
    first_s: float
    looks: int = 0
    is_reported: bool = False


class _PatientTracker(OverlapTracker):
    """Numbers things by overlap; its seconds are looks, so that one is lost after `LOST_LOOKS` of them."""

    def at_look(self, number: int, things: Sequence[tuple[str, tuple[float, float, float, float]]]) -> list[Tracked]:
        return self.update(things, number / LOST_LOOKS)


def _dwellers(camera: DrawnCamera, zone: ZoneSettings, find: Find, task: _Task) -> list[Report]:
    """Count for each thing the looks at which it was in the zone, and what must be there with it was, too."""
    outline = (np.array(zone.polygon) * camera.size_wh).astype(np.float32).reshape(-1, 1, 2)
    tracker = _PatientTracker()
    dwellers: dict[int, _Dweller] = {}
    reports: list[Report] = []
    for number, t_s in enumerate(_moments(camera, LOOK_HZ)):
        things = tracker.at_look(number, _named(find(t_s)))
        here = [thing for thing in things if cv2.pointPolygonTest(outline, task.point_of(thing), False) >= 0]
        if task.beside and not any(thing.name in task.beside for thing in here):
            continue
        for thing in here:
            if thing.name not in task.names:
                continue
            dweller = dwellers.setdefault(thing.track_id, _Dweller(t_s))
            dweller.looks += 1
            if dweller.looks >= zone.rule.limit_s * LOOK_HZ and not dweller.is_reported:
                dweller.is_reported = True
                reports.append(Report(dweller.first_s, t_s, None, thing.box))
    return reports


def _named(found: Detections) -> list[tuple[str, tuple[float, float, float, float]]]:
    names = [StreetClass(int(class_id)).label for class_id in found.class_ids]
    return [(name, (x1, y1, x2, y2)) for name, (x1, y1, x2, y2) in zip(names, found.boxes.tolist(), strict=True)]


def _moments(camera: DrawnCamera, hz: float) -> list[float]:
    """The moments of so many looks a second, key frames among them."""
    count = int((camera.end_s - camera.first_t_s) * hz)
    return [round(camera.first_t_s + number / hz, 3) for number in range(count)]


def _wall(zone: ZoneSettings, camera: DrawnCamera) -> Mask:
    mask = np.zeros((camera.size_wh[1], camera.size_wh[0]), np.uint8)
    cv2.fillPoly(mask, [np.round(zone.zone().corners_px(camera.size_wh)).astype(np.int32)], 1)
    return mask.astype(bool)


def _regions(stays: Picture, least_px: float) -> list[tuple[tuple[float, float, float, float], Mask]]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(stays, connectivity=8)
    return [
        ((float(x), float(y), float(x + width), float(y + height)), labels == label)
        for label, (x, y, width, height, area) in enumerate(stats[1:count], start=1)
        if area >= least_px
    ]
