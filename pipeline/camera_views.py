"""What is known of the views of all cameras: where each looks now, in which view a zone is drawn, what was seen when.

Belongs here: asking site and shard about views. Does not: recognising them (view_watch), turning cameras (turning).
"""

import logging
from dataclasses import dataclass

from detectors.catalog import ZoneSettings
from detectors.events import Event
from pipeline.camera_settings import CameraEntry, GroundSettings
from pipeline.errors import UnknownViewError
from pipeline.shard import Shard
from pipeline.site import Site
from pipeline.views import CameraView, SystemProblem, ViewOfCamera
from streams.errors import UnknownCameraError
from streams.urls import redact
from vision.frames import Frame
from vision.view_prints import Thumb

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _ZoneView:
    """The camera of a zone, and the view in which it is drawn; None where nobody knows it."""

    camera: CameraEntry
    view_id: str | None


class CameraViews:
    """The views of the cameras of a site; any thread may ask."""

    def __init__(self, site: Site, shard: Shard) -> None:
        self._site, self._shard = site, shard

    def cameras(self) -> tuple[CameraView, ...]:
        """Return every camera as people see it."""
        health = {state.camera_id: state for state in self._shard.health()}
        return tuple(
            CameraView(
                camera_id=entry.id,
                name=entry.shown_name,
                url=redact(entry.address),
                horn_id=entry.horn,
                place=entry.place,
                health=health[entry.id],
                zones=self._site.zones(entry.id),
                looks=self._shard.counts(entry.id),
                view_state=self._shard.view_state(entry.id),
                views=self.of(entry),
            )
            for entry in self._site.cameras()
            if entry.id in health
        )

    def of(self, entry: CameraEntry) -> tuple[ViewOfCamera, ...]:
        """Return the views of a camera; none where it has only one."""
        turning = self._shard.turning(entry.id)
        if turning is None:
            return ()
        seen_at, known, here = turning.seen_at, turning.prints.known, self._shard.view(entry.id)
        every_s = {view_id: entry.tour.every_s for view_id in entry.tour.views} if entry.tour else {}
        return tuple(
            ViewOfCamera(
                view_id=view.id,
                name=view.name or view.id,
                is_known=view.id in known,
                is_here=view.id == here,
                seen_at=seen_at.get(view.id),
                every_s=every_s.get(view.id),
            )
            for view in entry.views
        )

    def now(self, camera_id: str) -> str | None:
        """Return the view that a camera with several was recognised to look at; None while it is none, or has one."""
        return self._shard.view(camera_id)

    def watched_s(self, camera_id: str, view_id: str) -> float:
        """Return for how many seconds a camera that has several views has been looking at one; 0 while it does not."""
        turning = self._shard.turning(camera_id)
        return 0.0 if turning is None else turning.watched_s(view_id)

    def is_known(self, camera_id: str, view_id: str) -> bool:
        """Tell whether it is known what a view looks like."""
        turning = self._shard.turning(camera_id)
        return turning is None or view_id in turning.prints.known

    def tell(self, camera_id: str, view_id: str, actor: str = "the program") -> None:
        """Take what a camera shows now for that view, as somebody says who sees it.

        Raises:
            StreamError: the camera has no picture, or is not there.
            UnknownViewError: it has no such view, or only one.
        """
        entry, turning = self._site.camera(camera_id), self._shard.turning(camera_id)
        if turning is None or view_id not in {view.id for view in entry.views}:
            raise UnknownViewError(camera_id, view_id)
        turning.tell(view_id, Thumb.of(self._shard.reader(camera_id).still().luma()))
        logger.info("camera %s: %s says that it shows view %s", camera_id, actor, view_id)

    def check(self, camera_id: str, zones: tuple[ZoneSettings, ...]) -> None:
        """Check that each of some zones is drawn in a view that the camera has.

        Raises:
            UnknownCameraError: there is no such camera.
            UnknownViewError: one is not.
        """
        known = {view.id for view in self._site.camera(camera_id).views} | {""}
        for zone in zones:
            if zone.view not in known:
                raise UnknownViewError(camera_id, zone.view)

    def wanted(self, camera_id: str, zone_id: str) -> str | None:
        """Return the view that must be looked at for a zone; None where its camera has one only, or is not there."""
        found = self._find(camera_id, zone_id)
        return None if found is None or len(found.camera.views) < 2 else found.view_id

    def shows(self, event: Event, frame: Frame) -> bool:
        """Tell whether a picture is of the view in which an event was judged; always of a camera that has one."""
        turning = self._shard.turning(event.camera_id)
        if turning is None:
            return True
        view_id = self.wanted(event.camera_id, event.zone_id)
        return view_id is not None and turning.prints.seen_in(Thumb.of(frame.luma()), view_id) == view_id

    def kin_view(self, camera_id: str, zone_id: str) -> str:
        """Return by what two zones of a camera are told to be in one view; boxes of two views are not compared."""
        return self.wanted(camera_id, zone_id) or ""

    def ground(self, camera_id: str, zone_id: str) -> GroundSettings | None:
        """Return the plane of the ground in the view of a zone, where it was measured; that of a camera is its first's.

        Raises:
            UnknownCameraError: there is no such camera.
        """
        camera = self._site.camera(camera_id)
        if len(camera.views) < 2:
            return (camera.views[0].ground if camera.views else None) or camera.ground
        view = next((view for view in camera.views if view.id == self.wanted(camera_id, zone_id)), None)
        is_first = view is not None and view.id == camera.views[0].id
        return None if view is None else view.ground or (camera.ground if is_first else None)

    def problems(self) -> tuple[SystemProblem, ...]:
        """Return what people should do about views: zones without one, views that nobody has shown."""
        found = []
        for entry in self._site.cameras():
            ids = {view.id for view in entry.views} | {""}
            for zone in self._site.zones(entry.id):
                if zone.view not in ids:
                    sentence = f"camera {entry.id}: zone {zone.id} is judged nowhere, as there is no view {zone.view!r}"
                    facts = {"camera": entry.shown_name, "zone": zone.name or zone.id, "view": zone.view}
                    found.append(SystemProblem("zone_without_view", sentence, facts))
            unknown = [view.name for view in self.of(entry) if not view.is_known]
            if unknown:
                sentence = f"camera {entry.id}: nobody has said yet what it shows at: {', '.join(unknown)}"
                facts = {"camera": entry.shown_name, "views": ", ".join(unknown)}
                found.append(SystemProblem("views_unknown", sentence, facts))
        return tuple(found)

    def _find(self, camera_id: str, zone_id: str) -> _ZoneView | None:
        try:
            camera, zones = self._site.camera(camera_id), self._site.zones(camera_id)
        except UnknownCameraError:
            return None
        zone = next((zone for zone in zones if zone.id == zone_id), None)
        view = camera.view_of(zone) if zone is not None and camera.views else None
        return _ZoneView(camera, None if view is None else view.id)
