"""The settings file: one TOML file, read once into one frozen `Settings`, whose sections are handed to the parts.

`pipeline/example.toml` is the reference: every key with its default and a comment. A key that is misspelt stops the
start and is named. URLs may hold `${NAME}`, which is taken from the environment, so that passwords stay out of files.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError, model_validator

from broadcast.settings import BroadcastSettings, checked_time_zone
from cases.closing_settings import ClosingSettings
from cases.code_settings import CodeSettings
from cases.place_settings import PlaceSettings
from cases.retention import LEAST_DAYS, RetentionDays
from models.choice import EngineName
from pipeline.camera_settings import CameraEntry, rooted_camera
from pipeline.errors import SettingsError
from pipeline.map_settings import MapSettings
from pipeline.outward.settings import OutwardSettings
from pipeline.reading_settings import ReadingSettings
from pipeline.second_opinion_settings import SecondOpinionSettings
from pipeline.sections import Section
from streams.pool import RINGS_BYTES
from vision.wording import sentence_of


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
    cameras = tuple(rooted_camera(camera, folder) for camera in settings.cameras)
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
