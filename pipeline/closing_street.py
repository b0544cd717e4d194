"""What can be known, now, of the place of a case: whether its camera can judge it, what stands there, how it looks.

Belongs here: asking shard and site. Does not: what follows from it (cases.closing), pictures (closing_looks).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cases.closing import Delay, Watched
from cases.records import Case
from models.errors import ModelError
from pipeline.camera_views import CameraViews
from pipeline.shard import Shard
from pipeline.site import Site
from pipeline.turning import Turner
from streams.errors import UnknownCameraError
from vision.arrays import Boxes, SizeWH
from vision.boxes import iou_matrix
from vision.classes import STALL_THINGS, VEHICLES, StreetClass
from vision.detections import Detections
from vision.frames import Frame, Planes
from vision.scenes import PlaceState, Scene

logger = logging.getLogger(__name__)

SAME_PLACE_IOU = 0.3
"""Boxes of one view that overlap by this much stand at one place, as in `cases.kinship`."""

MIN_REGION_PX = 640
"""Side of the part of a picture that the model sees at full size: about what models take in; nothing shrinks."""

REGION_SIDES = 3.0
"""And so many times the longer side of the box: a thing is found better with what is around it."""

WATCHED_S = 25.0
"""A view that a camera has turned to was watched for so long before a case in it is judged: what left meanwhile is
known to be gone after 12 s of looks (`vision.places.LEFT_AFTER_S`)."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class StreetViews:
    """The views of cameras, and what turns them; None where the settings say that nobody turns them for a look."""

    views: CameraViews
    turner: Turner | None

    def is_elsewhere(self, case: Case) -> bool:
        """Tell whether the camera looks at another of its views than that of a case, or does at that only since now."""
        wanted = self.views.wanted(case.camera_id, case.zone_id)
        return wanted is not None and self.views.watched_s(case.camera_id, wanted) < WATCHED_S

    def bring(self, case: Case) -> bool:
        """Have the camera turned to the view of a case; False where it is not, and somebody else may turn it."""
        wanted = self.views.wanted(case.camera_id, case.zone_id)
        return wanted is not None and self.turner is not None and self.turner.bring(case.camera_id, wanted)

    def turned_s(self, camera_id: str) -> float | None:
        """Return for how many seconds a camera has been turned here by the program; None where it was not."""
        return None if self.turner is None else self.turner.turned_s(camera_id)


class ClosingStreet:
    """Answers about cameras; any thread may ask, what the model finds waits for the looking thread's next turn."""

    def __init__(
        self, shard: Shard, site: Site, detect: Callable[[Frame], Detections], turning: StreetViews | None = None
    ) -> None:
        """Ask these.

        Args:
            shard: watches the cameras.
            site: knows cameras and zones.
            detect: what the model finds in a picture.
            turning: knows cameras with several views; without it each has one.
        """
        self._shard, self._site, self._detect, self._turning = shard, site, detect, turning

    def hindrance(self, case: Case) -> Delay | None:
        """Return why the place of a case cannot be judged now; None where it can."""
        try:
            zones = self._site.zones(case.camera_id)
        except UnknownCameraError:
            return Delay.CAMERA_REMOVED
        if (case.zone_id, case.zone_version) not in {(zone.id, zone.version) for zone in zones}:
            return Delay.ZONE_CHANGED
        states = {health.camera_id: health.state for health in self._shard.health()}
        if states.get(case.camera_id) != "live":
            return Delay.CAMERA_AWAY
        if self._turning is not None and self._turning.is_elsewhere(case):
            return Delay.VIEW_ELSEWHERE
        view = self._shard.view_state(case.camera_id)
        if view != "ok":
            return Delay(f"view_{view}")
        return Delay.NOT_WATCHED if self._shard.scene(case.camera_id) is None else None

    def bring(self, case: Case) -> bool:
        """Have the camera turned to the view of a case, to look at it some seconds later; False where it is not."""
        return self._turning is not None and self._turning.bring(case)

    def turned_s(self, camera_id: str) -> float | None:
        """Return for how many seconds a camera has been turned here by the program; None where it was not."""
        return None if self._turning is None else self._turning.turned_s(camera_id)

    def watched(self, case: Case, box: Box, size_wh: SizeWH) -> Watched:
        """Return what the watch knows of the place: by the offence itself, else by what stands in its box.

        Args:
            case: the case.
            box: its box, in pixels of a picture of `size_wh`.
            size_wh: of that picture.
        """
        if case.event_id in self._shard.offences(case.camera_id):
            return "standing"
        if case.ended_at is None:  # nobody saw it end: a restart or a change lost it
            return "unknown"
        scene = self._shard.scene(case.camera_id)
        if scene is None:
            return "unknown"
        places = [place.box for place in scene.places if place.state is not PlaceState.LEFT]
        is_taken = overlapping(scaled(np.array(places, np.float32), scene.size_wh, size_wh), box).any()
        return "unknown" if is_taken else "empty"  # another thing may stand there now; or it came back

    def things(self, camera_id: str, size_wh: SizeWH) -> Boxes:
        """Return boxes of what stands and moves in the view, in pixels of a picture of `size_wh`."""
        scene: Scene | None = self._shard.scene(camera_id)
        if scene is None:
            return np.zeros((0, 4), np.float32)
        standing = np.array([place.box for place in scene.places], np.float32).reshape(-1, 4)
        return scaled(np.concatenate([standing, scene.tracks.boxes]), scene.size_wh, size_wh)

    def found(self, frame: Frame, box: Box, class_label: str) -> float | None:
        """Return the best score of a thing of a class at a box, looked for at full size; 0 where there is none.

        None where no model can tell: it knows no paper, and may have failed.
        """
        class_ids = classes_like(class_label)
        if not class_ids:
            return None
        region = region_around(box, frame.size_wh)
        part = Frame(
            frame.camera_id,
            frame.seq,
            frame.t_s,
            frame.captured_at,
            frame.clock_error_s,
            Planes.from_bgr(frame.crop_bgr(region)),
        )
        try:
            seen = self._detect(part)
        except (ModelError, TimeoutError) as err:
            logger.warning("camera %s: the model cannot be asked about a closing look: %s", frame.camera_id, err)
            return None
        moved = seen.boxes + np.array([region[0], region[1]] * 2, np.float32)
        is_it = overlapping(moved, box) & np.isin(seen.class_ids, list(class_ids))
        return float(seen.scores[is_it].max(initial=0.0))


def scaled(boxes: Boxes, from_wh: SizeWH, to_wh: SizeWH) -> Boxes:
    """Return boxes of one picture in pixels of another one of the same view."""
    ratio = np.array([to_wh[0] / from_wh[0], to_wh[1] / from_wh[1]] * 2, np.float32)
    return (boxes.reshape(-1, 4) * ratio).astype(np.float32)


def overlapping(boxes: Boxes, box: Box) -> np.ndarray:
    """Return (N,) bool: which boxes lie where a box is."""
    ious = iou_matrix(boxes.reshape(-1, 4).astype(np.float32), np.array([box], np.float32))
    return np.asarray(ious[:, 0] >= SAME_PLACE_IOU)


def classes_like(class_label: str) -> frozenset[int]:
    """Return the classes that a thing may be called by at another look; none where no model knows it."""
    known = next((each for each in StreetClass if each.label == class_label), StreetClass.UNKNOWN)
    if known is StreetClass.UNKNOWN:
        return frozenset()
    for family in (VEHICLES, STALL_THINGS):
        if known in family:
            return frozenset(int(each) for each in family)
    return frozenset({int(known)})


def region_around(box: Box, size_wh: SizeWH) -> Box:
    """Return the part of a picture around a box, even at its upper left corner, as pictures are cut there."""
    side = max(MIN_REGION_PX, REGION_SIDES * max(box[2] - box[0], box[3] - box[1]))
    x1, x2 = _span((box[0] + box[2]) / 2, side, size_wh[0])
    y1, y2 = _span((box[1] + box[3]) / 2, side, size_wh[1])
    return x1, y1, x2, y2


def _span(middle: float, side: float, limit: int) -> tuple[float, float]:
    length = min(side, float(limit))
    start = min(max(0.0, middle - length / 2), limit - length)
    return float(int(start) // 2 * 2), start + length
