"""A camera as the settings name it: where it is reached, what it shows, where its ground lies, and how it turns.

Belongs here: what `[[cameras]]` holds. Does not: reading the file (settings), what is kept of cameras (site).
"""

from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field, model_validator

from cases.anchoring import GroundAnchor
from cases.coordinates import WGS84
from cases.devices import DeviceEntry
from cases.place_settings import AnchorSettings, PositionSettings, checked_crs
from cases.tables import MAX_NAME_LENGTH
from detectors.catalog import ZoneSettings
from pipeline.open_watch import ONLY_VIEW, Views
from pipeline.ptz_settings import PtzSettings, TourSettings
from pipeline.sections import SAFE_ID, Section
from pipeline.variables import expanded
from streams.settings import StreamSettings
from streams.urls import check_url, rooted
from vision.ground_plane import GroundPlane

Point = tuple[float, float]
FourPoints = tuple[Point, Point, Point, Point]


def _checked_url(url: str) -> str:
    check_url(expanded(url))
    return url


def _checked_sub_url(url: str) -> str:
    return _checked_url(url) if url else ""


class GroundSettings(Section):
    """Where four corners of the picture lie on the ground, such as those of a parking bay or between lane marks."""

    corners: FourPoints = Field(description="(x, y) as fractions of width and height, in order around")
    metres: FourPoints = Field(description="the same corners on the ground, in metres from any origin along any axes")
    places: FourPoints | None = Field(
        default=None, description="the same corners as [longitude, latitude], so that cases get a place on earth"
    )
    crs: Annotated[str, AfterValidator(checked_crs)] = Field(
        default=WGS84, description="system of coordinates of places: WGS-84, CGCS2000, GCJ-02 or EPSG:n"
    )
    anchor: AnchorSettings | None = Field(default=None, description="where [0, 0] lies on earth, instead of places")

    @model_validator(mode="after")
    def _is_a_plane(self) -> "GroundSettings":
        self.plane()
        if self.places is not None and self.anchor is not None:
            raise ValueError("give places or an anchor, not both")
        self.anchored()
        return self

    def plane(self) -> GroundPlane:
        """Return the plane as the memory of a camera uses it.

        Raises:
            ValueError: the corners make none.
        """
        return GroundPlane.of_corners(np.array(self.corners, np.float32), np.array(self.metres, np.float64))

    def anchored(self) -> GroundAnchor | None:
        """Return where the plane lies on earth, None where that was not said.

        Raises:
            ValueError: the places do not fit the metres, or are no places.
        """
        if self.places is not None:
            return GroundAnchor.of_corners(self.metres, self.places, self.crs)
        return GroundAnchor.of_bearing(self.anchor) if self.anchor is not None else None


class ViewEntry(Section):
    """One of the views of a camera that turns: where it looks at a preset."""

    id: str = Field(pattern=SAFE_ID, description="short name that zones and evidence use")
    name: str = Field(default="", max_length=MAX_NAME_LENGTH, description="what people call it; the id where empty")
    token: str = Field(default="", max_length=64, description="ONVIF token of the camera's preset, to turn it there")
    ground: GroundSettings | None = Field(default=None, description="plane of the ground in this view")

    @property
    def preset(self) -> str:
        """What evidence calls it: its name, its id, and the camera's own token where that is known."""
        name = f"{self.name} ({self.id})" if self.name and self.name != self.id else self.id
        return f"{name}, ONVIF {self.token}" if self.token else name


class CameraEntry(Section):
    """One camera of one's own; `url` is kept as it was typed, so that a looked-up password is stored nowhere."""

    id: str = Field(pattern=SAFE_ID, description="short name used in files and addresses")
    name: str = Field(default="", max_length=MAX_NAME_LENGTH, description="what people call it; the id where empty")
    url: Annotated[str, AfterValidator(_checked_url)] = Field(
        repr=False, description="rtsp://user:password@host/path, a file, or synthetic://scene; ${NAME} is looked up"
    )
    sub_url: Annotated[str, AfterValidator(_checked_sub_url)] = Field(
        default="", repr=False, description="where it sends a smaller stream to look at; evidence stays with url"
    )
    place: str = Field(
        default="",
        max_length=MAX_NAME_LENGTH,
        description="where it looks, in words; stands on evidence and in warnings",
    )
    horn: str | None = Field(default=None, description="id of the horn that speaks at this place")
    zones: Path | None = Field(default=None, description="zones.json to begin with; edits on the page go before it")
    ground: GroundSettings | None = Field(
        default=None, description="plane of the ground; far vehicles that creep are then told from those that stand"
    )
    views: tuple[ViewEntry, ...] = Field(
        default=(), max_length=64, description="the views of a camera that turns; zones that name none are of the first"
    )
    ptz: PtzSettings | None = Field(default=None, description="its ONVIF service, for a program that turns it")
    tour: TourSettings | None = Field(default=None, description="views that the program turns it to, in turn")
    position: PositionSettings | None = Field(
        default=None, description="where it looks on earth, for cases that its ground does not place better"
    )
    device: DeviceEntry | None = Field(
        default=None, description="what the device register says of it; without an entry its cases are leads only"
    )
    stream: StreamSettings = Field(default_factory=StreamSettings, description="transport, ring and time limits")

    @model_validator(mode="after")
    def _views_fit(self) -> "CameraEntry":
        ids = [view.id for view in self.views]
        doubled = sorted({i for i in ids if ids.count(i) > 1})
        if doubled:
            raise ValueError(f"view id {doubled[0]!r} is used twice; ids must differ")
        if self.tour is None:
            return self
        if self.ptz is None:
            raise ValueError("a tour needs [cameras.ptz], which turns the camera")
        turned_to = {view.id for view in self.views if view.token}
        lacking = next((view_id for view_id in self.tour.views if view_id not in turned_to), None)
        if lacking is not None:
            raise ValueError(f"the tour names view {lacking!r}, which no [[cameras.views]] entry has with a token")
        return self

    def watched_views(self) -> Views:
        """Return the views as the watch of the camera needs them; the plane of a camera is that of its first view."""
        ids = tuple(view.id for view in self.views) or (ONLY_VIEW,)
        grounds = {view.id: view.ground for view in self.views}
        grounds[ids[0]] = grounds.get(ids[0]) or self.ground
        return Views(ids, {view_id: ground.plane() for view_id, ground in grounds.items() if ground is not None})

    def view_of(self, zone: ZoneSettings) -> ViewEntry | None:
        """Return the view that a zone is drawn in; None where the camera has one only, or none of that id."""
        return next((view for view in self.views if view.id == (zone.view or self.views[0].id)), None)

    @property
    def address(self) -> str:
        """The URL to open, with `${NAME}` looked up; may hold a password."""
        return expanded(self.url)

    @property
    def sub_address(self) -> str:
        """The URL of the smaller stream to open, with `${NAME}` looked up; empty where there is none."""
        return expanded(self.sub_url)

    @property
    def shown_name(self) -> str:
        """The name, or the id where there is none."""
        return self.name or self.id


def rooted_camera(camera: CameraEntry, folder: Path) -> CameraEntry:
    """Return a camera whose files are looked for in a folder, where they are named relative to it."""
    zones = folder / camera.zones if camera.zones else None
    changed: dict[str, object] = {"zones": zones}
    for name, address in (("url", camera.address), ("sub_url", camera.sub_address)):
        if address and (found := rooted(address, folder)) != address:
            changed[name] = found
    return camera.model_copy(update=changed)
