"""Makes the watch of a camera, of its only view or of several, as it was kept or a new one."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from detectors.catalog import ZoneSettings
from pipeline.view_watch import ViewWatch
from pipeline.watch import CameraWatch, WatchState
from vision.arrays import SizeWH
from vision.frames import Resize
from vision.ground_plane import GroundPlane

logger = logging.getLogger(__name__)

Watch = CameraWatch | ViewWatch

ONLY_VIEW = "main"
"""Id of the view of a camera whose settings list none."""


@dataclass(frozen=True, slots=True)
class Eyes:
    """What the watches of a shard share: what makes pictures small, and the model's input size for closer looks."""

    shrink: Resize
    input_wh: SizeWH | None


@dataclass(frozen=True, slots=True)
class Views:
    """The views of a camera.

    Attributes:
        ids: of all, the first one being that of zones that name none.
        grounds: the plane of the ground in a view, where it is known.
    """

    ids: tuple[str, ...] = (ONLY_VIEW,)
    grounds: Mapping[str, GroundPlane] = field(default_factory=dict)


def open_watch(
    camera_id: str, zones: Sequence[ZoneSettings], views: Views, eyes: Eyes, kept: WatchState | None
) -> Watch:
    """Return the watch of a camera with what was kept of it; a new one where that is nothing, or cannot be used."""
    watch = _new_watch(camera_id, zones, views, eyes)
    if kept is None:
        return watch
    try:
        watch.restore(kept)
    except (ValueError, KeyError, TypeError, AttributeError) as err:
        logger.warning("camera %s: checkpoint left aside, clocks begin anew: %s", camera_id, err)
        return _new_watch(camera_id, zones, views, eyes)
    return watch


def _new_watch(camera_id: str, zones: Sequence[ZoneSettings], views: Views, eyes: Eyes) -> Watch:
    def of(zones: Sequence[ZoneSettings], view_id: str) -> CameraWatch:
        ground = views.grounds.get(view_id)
        return CameraWatch(camera_id, zones, shrink=eyes.shrink, input_wh=eyes.input_wh, ground=ground)

    if len(views.ids) == 1:
        return of(zones, views.ids[0])
    return ViewWatch(camera_id, views.ids, zones, lambda view_id: of((), view_id))
