"""The settings file: one TOML file, read once into one frozen `Settings`, whose sections are handed to the parts.

`pipeline/example.toml` is the reference: every key with its default and a comment. A key that is misspelt stops the
start and is named. URLs may hold `${NAME}`, which is taken from the environment, so that passwords stay out of files.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from broadcast.settings import BroadcastSettings, checked_time_zone
from cases.anchoring import GroundAnchor
from cases.closing_settings import ClosingSettings
from cases.code_settings import CodeSettings
from cases.coordinates import WGS84
from cases.devices import DeviceEntry
from cases.place_settings import AnchorSettings, PlaceSettings, PositionSettings, checked_crs
from cases.retention import LEAST_DAYS, RetentionDays
from cases.tables import MAX_NAME_LENGTH
from detectors.catalog import ZoneSettings
from models.choice import EngineName
from pipeline.errors import SettingsError
from pipeline.map_settings import MapSettings
from pipeline.open_watch import ONLY_VIEW, Views
from pipeline.outward.settings import OutwardSettings
from pipeline.ptz_settings import PtzSettings, TourSettings
from pipeline.reading_settings import ReadingSettings
from pipeline.second_opinion_settings import SecondOpinionSettings
from pipeline.variables import expanded
from streams.pool import RINGS_BYTES
from streams.settings import StreamSettings
from streams.urls import check_url, rooted
from vision.ground_plane import GroundPlane
from vision.wording import sentence_of

SAFE_ID = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
"""What an id may be: it becomes part of file names, thread names and addresses."""


def _checked_url(url: str) -> str:
    check_url(expanded(url))
    return url


def _checked_sub_url(url: str) -> str:
    return _checked_url(url) if url else ""


class Section(BaseModel):
    """Base of the sections: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Point = tuple[float, float]
FourPoints = tuple[Point, Point, Point, Point]


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


class ServerSettings(Section):
    """Where the page is served."""

    host: str = Field(default="127.0.0.1", description="address to listen on; 0.0.0.0 for all")
    port: int = Field(default=8380, ge=0, le=65535, description="TCP port; 0 takes a free one")
    session_hours: float = Field(default=12.0, gt=0, le=24 * 31, description="hours until one must sign in again")


class ModelSettings(Section):
    """What looks."""

    card: Path | None = Field(default=None, description="card (TOML) of a model; the bundled street-nano where absent")
    engine: EngineName = Field(
        default="auto", description="auto measures once and remembers; or onnxruntime, openvino, torch"
    )
    closer_per_s: float = Field(
        default=0.0,
        ge=0,
        le=100,
        description="looks a second, of all cameras together, at parts of pictures where things are small; 0 for none",
    )


class EvidenceSettings(Section):
    """What is taken as evidence, and when."""

    still_gap_s: float = Field(default=10.0, ge=10.0, le=3600, description="seconds between panoramas; law asks >= 10")
    clip_before_s: float = Field(default=10.0, ge=0, le=60, description="seconds of clip before the event")
    clip_after_s: float = Field(default=10.0, ge=0, le=60, description="seconds of clip after the event")
    keys: Path | None = Field(
        default=None,
        description="folder of the key that signs evidence, outside data; ~/.config/streetwarden/keys if absent",
    )


class PrivacySettings(Section):
    """How bystanders are hidden, and who sees originals for how long."""

    card: Path | None = Field(
        default=None, description="card of the model that finds people and vehicles; that of [model] if absent"
    )
    view_minutes: float = Field(default=30.0, gt=0, le=24 * 60, description="minutes that leave to see originals lasts")
    person_threshold: float = Field(default=0.04, gt=0, lt=1, description="smallest score of a person that is hidden")
    vehicle_threshold: float = Field(default=0.2, gt=0, lt=1, description="smallest score of a vehicle with a plate")
    face_card: Path | None = Field(default=None, description="card (TOML) of a YuNet face model that finds more faces")


class RetentionSettings(Section):
    """Days that evidence is kept; nothing in work, locked or released is ever deleted."""

    unconfirmed_days: int = Field(default=LEAST_DAYS, ge=LEAST_DAYS, description="cases that nobody held to be true")
    dismissed_days: int = Field(default=LEAST_DAYS, ge=LEAST_DAYS, description="false alarms; a blurred crop is kept")
    resolved_days: int = Field(default=LEAST_DAYS, ge=LEAST_DAYS, description="over without being filed")
    closed_days: int = Field(default=730, ge=LEAST_DAYS, description="filed and closed, counted from the closing")

    @property
    def days(self) -> RetentionDays:
        """The days by rule."""
        return RetentionDays(self.unconfirmed_days, self.dismissed_days, self.resolved_days, self.closed_days)


class RecordingSettings(Section):
    """Recordings of observations, boxes without pictures, on which zones are tried."""

    on: bool = Field(default=True, description="whether observations are recorded")
    keep_days: float = Field(default=2.0, gt=0, le=30, description="days until a recording is removed")
    most_bytes: int = Field(
        default=4 * 2**30, ge=2**20, le=2**44, description="bytes of all recordings; beyond, the oldest are removed"
    )


class Settings(Section):
    """All settings of one process."""

    data: Path = Field(default=Path("data"), description="folder for cases, evidence, keys and checkpoints")
    labels: Path | None = Field(
        default=None, description="folder of labelled sets that are corrected on the page; labels in data if absent"
    )
    database_url: str = Field(default="", repr=False, description="SQLAlchemy URL; SQLite in the data folder if empty")
    timezone: Annotated[str, AfterValidator(checked_time_zone)] = Field(
        default="Asia/Shanghai", description="IANA name; for case numbers and stills"
    )
    rings_bytes: int = Field(
        default=RINGS_BYTES, ge=2**20, le=2**40, description="bytes of packets that all cameras together keep at most"
    )
    server: ServerSettings = Field(default_factory=ServerSettings)
    model: ModelSettings = Field(default_factory=ModelSettings)
    evidence: EvidenceSettings = Field(default_factory=EvidenceSettings)
    codes: CodeSettings = Field(default_factory=CodeSettings)
    closing: ClosingSettings = Field(default_factory=ClosingSettings)
    second_opinion: SecondOpinionSettings = Field(default_factory=SecondOpinionSettings)
    reading: ReadingSettings = Field(default_factory=ReadingSettings)
    privacy: PrivacySettings = Field(default_factory=PrivacySettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    recordings: RecordingSettings = Field(default_factory=RecordingSettings)
    broadcast: BroadcastSettings = Field(default_factory=BroadcastSettings)
    places: PlaceSettings = Field(default_factory=PlaceSettings)
    map: MapSettings = Field(default_factory=MapSettings)
    outward: OutwardSettings = Field(default_factory=OutwardSettings)
    cameras: tuple[CameraEntry, ...] = ()

    @property
    def labels_folder(self) -> Path:
        """Where labelled sets lie that are corrected on the page."""
        return self.labels or self.data / "labels"

    @model_validator(mode="after")
    def _ids_fit(self) -> "Settings":
        ids = [camera.id for camera in self.cameras]
        doubled = sorted({i for i in ids if ids.count(i) > 1})
        if doubled:
            raise ValueError(f"camera id {doubled[0]!r} is used twice; ids must differ")
        horns = {horn.id for horn in self.broadcast.horns}
        for camera in self.cameras:
            if camera.horn is not None and camera.horn not in horns:
                raise ValueError(
                    f"camera {camera.id!r} names horn {camera.horn!r}, which no [[broadcast.horns]] entry has"
                )
        return self


def load_settings(path: Path) -> Settings:
    """Read a settings file.

    Relative paths in it count from the file's own folder.

    Raises:
        SettingsError: missing, not TOML, or not valid; the message has a line per mistake with its key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(f"there is no settings file {path}; copy pipeline/example.toml and edit it") from None
    except (OSError, UnicodeDecodeError) as err:
        raise SettingsError(f"settings file {path} cannot be read: {err.__class__.__name__}") from None
    return parsed_settings(text, path)


def parsed_settings(text: str, path: Path) -> Settings:
    """Return what a settings file of that text and path says; see `load_settings`.

    Raises:
        SettingsError: not TOML, or not valid.
    """
    try:
        raw = tomllib.loads(text)
    except RecursionError:
        raise SettingsError(f"settings file {path} is not TOML: its brackets are nested too deep") from None
    except tomllib.TOMLDecodeError as err:
        raise SettingsError(f"settings file {path} is not TOML: {err}") from None
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as err:
        raise SettingsError(f"settings file {path}:\n{explain(err, raw)}") from None
    return _rooted(settings, path.parent)


def explain(err: ValidationError, raw: object = None) -> str:
    """Return one line per mistake: where, what is wrong; values are left out, as a URL may hold a password.

    Args:
        err: what was found.
        raw: what was checked, so that a camera or a horn can be named by its id.
    """
    mistakes = err.errors(include_url=False, include_input=False)
    return "\n".join(f"  {_where(mistake['loc'], raw)}: {sentence_of(mistake)}" for mistake in mistakes)


def _where(place: tuple[int | str, ...], raw: object) -> str:
    """Return where a mistake is: keys with dots between, a camera or horn by id and number, as keys count from 0."""
    for lists in (("cameras",), ("broadcast", "horns"), ("added",)):
        depth = len(lists)
        if place[:depth] == lists and len(place) > depth and isinstance(number := place[depth], int):
            kind = "horn" if lists[-1] == "horns" else "camera"
            name = _id_of(raw, (*lists, number))
            shown = f"{kind} {name!r} (number {number + 1})" if name else f"{kind} number {number + 1}"
            return ": ".join((shown, ".".join(map(str, place[depth + 1 :])))).removesuffix(": ")
    return ".".join(map(str, place)) or "(whole file)"


def _id_of(raw: object, place: tuple[int | str, ...]) -> str:
    at: Any = raw
    try:
        for key in (*place, "id"):
            at = at[key]
    except (KeyError, IndexError, TypeError):
        return ""
    return at if isinstance(at, str) else ""


def _rooted(settings: Settings, folder: Path) -> Settings:
    """Return the settings with relative paths counted from `folder`."""
    cameras = tuple(_rooted_camera(camera, folder) for camera in settings.cameras)
    card, recordings = settings.model.card, settings.broadcast.recordings
    model = settings.model.model_copy(update={"card": folder / card}) if card else settings.model
    evidence, voice = settings.evidence, settings.broadcast
    evidence = evidence.model_copy(update={"keys": folder / evidence.keys}) if evidence.keys else evidence
    voice = voice.model_copy(update={"recordings": folder / recordings}) if recordings else voice
    cards = {"card": settings.privacy.card, "face_card": settings.privacy.face_card}
    rooted_cards = {name: folder / path for name, path in cards.items() if path is not None}
    privacy = settings.privacy.model_copy(update=rooted_cards)
    changed: dict[str, object] = {
        "privacy": privacy,
        "data": folder / settings.data,
        "labels": folder / settings.labels_folder,
    }
    changed |= {"cameras": cameras, "model": model, "evidence": evidence, "broadcast": voice}
    changed["codes"] = settings.codes.rooted(folder)
    changed["places"] = settings.places.rooted(folder)
    changed["second_opinion"] = settings.second_opinion.rooted(folder)
    changed["reading"] = settings.reading.rooted(folder)
    changed["outward"] = settings.outward.rooted(folder)
    return settings.model_copy(update=changed)


def _rooted_camera(camera: CameraEntry, folder: Path) -> CameraEntry:
    zones = folder / camera.zones if camera.zones else None
    changed: dict[str, object] = {"zones": zones}
    for name, address in (("url", camera.address), ("sub_url", camera.sub_address)):
        if address and (found := rooted(address, folder)) != address:
            changed[name] = found
    return camera.model_copy(update=changed)
