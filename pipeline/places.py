"""Knows the city: where a camera's cases are, whose they are, what was there before, what is allowed there.

Grids, rules and permits are read once at the start. What is asked of them is pure; only earlier cases come from the
database.

Belongs here: putting it together for one case. Does not: grids, rules, permits and kinship themselves (cases).
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Protocol

from PIL import Image, UnidentifiedImageError

from cases.coordinates import Position
from cases.database import Database
from cases.dispatch_file import load_rules
from cases.dispatching import Choice, DispatchTable
from cases.errors import CoordinatesError
from cases.evidence import utc_now
from cases.grids import load_map
from cases.kinship import Sighting, is_same_place, judge
from cases.nearby import MOST_COUNTED, Around, around, kin_candidates, placed_between, sighting_of
from cases.packs import Pack, PartRole
from cases.permit_file import load_permits
from cases.permits import Findings, PermitBook, Scene
from cases.place_history import BusyPlace, PlaceHistory, busy_places, history_of
from cases.place_settings import KinSettings, PlaceSettings
from cases.records import Case, NewCase
from cases.spots import MAX_ADDRESS_LENGTH, Proposal, Spot
from cases.units import known_units
from pipeline.camera_settings import CameraEntry, GroundSettings
from streams.errors import UnknownCameraError
from vision.arrays import SizeWH

logger = logging.getLogger(__name__)

STILLS = (PartRole.PANORAMA, PartRole.MARKED)
"""Pictures whose pixels a case's box counts in."""


class ZoneViews(Protocol):
    """What tells the views of cameras that turn apart; see `pipeline.camera_views.CameraViews`."""

    def kin_view(self, camera_id: str, zone_id: str) -> str:
        """Return the view of a zone; empty where its camera has one only."""
        ...

    def ground(self, camera_id: str, zone_id: str) -> GroundSettings | None:
        """Return the plane of the ground in the view of a zone."""
        ...


class Places:
    """What is known of places; any thread may ask."""

    def __init__(
        self,
        settings: PlaceSettings,
        database: Database,
        evidence: Path,
        camera: Callable[[str], CameraEntry],
        local: tzinfo,
        *,
        views: ZoneViews | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """Read grids, rules and permits.

        Args:
            settings: which files, and when two cases are one offence.
            database: of the cases.
            evidence: folder of evidence, whose pictures tell in which size a box was seen.
            camera: gives a camera's settings; raises UnknownCameraError.
            local: the zone of the days and hours of rules and permits.
            views: tells views of cameras that turn apart; without it all zones of a camera are in one.
            now: aware time.

        Raises:
            PlaceFileError: a file cannot be used; the message has a line per mistake.
        """
        self._settings, self._database, self._evidence = settings, database, evidence
        self._camera, self._views, self._now = camera, views, now
        self.map = load_map(settings.grids, settings.areas, pattern=settings.grid_code, crs=settings.crs)
        self.rules = load_rules(settings.dispatch, local) if settings.dispatch else DispatchTable((), local)
        read = load_permits(settings.permits)
        self.permits = PermitBook(read.permits, read.controls, local)

    @property
    def same(self) -> KinSettings:
        """When two cases are one offence, and whether the program then merges them."""
        return self._settings.same

    def placed(self, new: NewCase, pack: Pack) -> NewCase:
        """Return a case that is about to be opened, with where it is and what is proposed.

        Args:
            new: the case.
            pack: its first evidence.

        Raises:
            DatabaseError: the database refuses; it may be tried again.
        """
        new = replace(new, spot=self.spot(new, self._picture_size(pack)))
        seen, same = self._in_its_view(sighting_of(new)), self._settings.same
        earlier = [self._in_its_view(each) for each in kin_candidates(self._database, new, same)]
        verdict = judge(seen, earlier, same)
        most_m = same.limits(new.code, new.kind).distance_m
        proposal = Proposal(
            unit=self.rules.choose(new.spot, new.code, new.raised_at).unit,
            kinship=verdict.kinship,
            kin=verdict.kin.case_id if verdict.kin else "",
            is_sure=verdict.is_sure,
            why=verdict.why,
            before=sum(is_same_place(seen, each, most_m) for each in earlier),
        )
        return replace(new, proposal=proposal)

    def spot(self, new: NewCase, size_wh: SizeWH | None) -> Spot:
        """Return where a case is: by the ground of its camera, else by the place of its zone or camera.

        Args:
            new: the case.
            size_wh: of the picture that its box counts in; None where nobody knows it.
        """
        try:
            camera = self._camera(new.camera_id)
        except UnknownCameraError:  # removed since
            return Spot()
        address = camera.place[:MAX_ADDRESS_LENGTH]
        ground = camera.ground if self._views is None else self._views.ground(new.camera_id, new.zone_id)
        position = _by_ground(ground, new, size_wh)
        if position is None and camera.position is not None:
            position = camera.position.position(new.zone_id)
        return Spot(address=address) if position is None else self.map.spot(position, address)

    def history(self, case: Case) -> PlaceHistory:
        """Return the cases that were at a case's place before it, of any code; other cameras' too.

        Raises:
            DatabaseError: the database refuses.
        """
        same = self._settings.same
        begin = case.started_at - timedelta(days=same.recurrence_days)
        radius_m = same.limits(case.code, case.kind).distance_m
        where = Around(case.spot.position, radius_m, case.camera_id, case.zone_id, begin, case.raised_at)
        return history_of(each for each in around(self._database, where) if each.case_id != case.case_id)

    def busy(self, begin: datetime, end: datetime, code: str, least: int) -> tuple[tuple[BusyPlace, ...], bool]:
        """Return places with at least so many cases of a period, and whether all cases of it were counted.

        Args:
            begin: first moment, aware.
            end: last moment, aware.
            code: only this one; any where empty.
            least: how many cases make a place busy.

        Raises:
            DatabaseError: the database refuses.
        """
        found = placed_between(self._database, begin, end, code)
        radius_m = self._settings.same.limits(code).distance_m
        return busy_places(found, radius_m, least), len(found) < MOST_COUNTED

    def choice(self, case: Case) -> Choice:
        """Return who is responsible for a case by today's rules, at the moment it was raised."""
        return self.rules.choose(case.spot, case.code, case.raised_at)

    def units(self) -> tuple[str, ...]:
        """Return the units that cases may be dispatched to; none where any may.

        Raises:
            DatabaseError: the database refuses.
        """
        return known_units(self._database, self.rules.rules)

    def findings(self, case: Case) -> Findings:
        """Return the permits that held when a case was raised, and the controls that hold now, as it is to be filed."""
        scene = Scene(case.code, case.raised_at, case.spot, case.camera_id, case.zone_id)
        return self.permits.look_up(scene, filed_at=self._now())

    def _in_its_view(self, seen: Sighting) -> Sighting:
        """Return a sighting as one of a camera of its own for each view: boxes of two views are not compared."""
        view = "" if self._views is None else self._views.kin_view(seen.camera_id, seen.zone_id)
        return replace(seen, camera_id=f"{seen.camera_id}/{view}") if view else seen

    def _picture_size(self, pack: Pack) -> SizeWH | None:
        name = next((file.name for role in STILLS for file in pack.files if file.role is role), None)
        if name is None:
            return None
        try:
            with Image.open(self._evidence / pack.folder / name) as picture:
                return picture.size
        except (OSError, UnidentifiedImageError) as err:
            logger.warning("case %s: its picture does not tell its size: %s", pack.case_id, err)
            return None


def _by_ground(ground: GroundSettings | None, new: NewCase, size_wh: SizeWH | None) -> Position | None:
    anchor = ground.anchored() if ground else None
    if ground is None or anchor is None or size_wh is None:
        return None
    try:
        return anchor.of_box(ground.plane(), new.box, size_wh)
    except CoordinatesError as err:  # a plane that reaches around the pole
        logger.warning("camera %s: its ground puts a case nowhere: %s", new.camera_id, err)
        return None
