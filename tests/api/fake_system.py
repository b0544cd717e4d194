"""A system without cameras, model and horns: real cases, evidence, people and hub, and films instead of streams."""

import dataclasses
import shutil
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import cv2
from argon2 import PasswordHasher
from sqlalchemy.engine import URL

from broadcast.errors import UnknownHornError
from cases.database import Database, open_database
from cases.deeds import Order
from cases.devices import DeviceEntry
from cases.evidence import EvidenceStore
from cases.marks import Marks
from cases.packs import PackFacts, PackPurpose, Part, PartRole
from cases.people import People, Role
from cases.permits import check_filing
from cases.place_settings import PlaceSettings
from cases.posts import Doer
from cases.records import Case, CaseWarning, NewCase, case_id_of
from cases.states import Action
from cases.store import CaseStore
from cases.units import check_unit
from detectors.catalog import ZoneSettings
from detectors.events import Reason
from pipeline.camera_settings import CameraEntry
from pipeline.errors import DuplicateCameraError, NoPictureError, UnknownViewError
from pipeline.evidence_desk import DeskParts, EvidenceDesk
from pipeline.hub import Hub, Subscription
from pipeline.messages import BoxesMessage, BoxRow, CameraMessage, CaseMessage
from pipeline.metrics import Metrics, MetricSources
from pipeline.places import Places
from pipeline.settings import Settings
from pipeline.views import CameraView, HornView, LookCounts, SystemHealth, ViewOfCamera
from streams.errors import UnknownCameraError
from streams.gears import Gear
from streams.health import CameraHealth
from streams.live import LiveFeed
from streams.urls import redact
from tests.api.film import PARKED_BOX, SIZE_WH, Film, Projector, draw
from tests.cases.blurring import copies

PASSWORDS = {"wang": "viewer-password", "li": "operator-password", "zhang": "admin-password"}
ROLES = {"wang": Role.VIEWER, "li": Role.OPERATOR, "zhang": Role.ADMIN}
DATABASE = "cases.sqlite"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

PARKING_ZONE = ZoneSettings(
    id="kerb",
    name="北侧路缘",
    polygon=((0.52, 0.56), (0.92, 0.56), (0.92, 0.70), (0.52, 0.70)),
    rule={"kind": "parking"},
)


def make_template(path: Path) -> None:
    """Make a database that holds the people and nothing else; to be copied, as making one takes half a second."""
    database = open_database(f"sqlite:///{path}")
    people = People(database, hasher=CHEAP)
    for name, password in PASSWORDS.items():
        people.create(name, password, ROLES[name])
    database.close()


class FakeViews:
    """The views of cameras that turn; saying which one a camera shows makes it so at once."""

    def __init__(self) -> None:
        self.of: dict[str, tuple[ViewOfCamera, ...]] = {}
        self.told: list[tuple[str, str, str]] = []

    def tell(self, camera_id: str, view_id: str, actor: str) -> None:
        if view_id not in {view.view_id for view in self.of.get(camera_id, ())}:
            raise UnknownViewError(camera_id, view_id)
        self.told.append((camera_id, view_id, actor))
        self.of[camera_id] = tuple(
            dataclasses.replace(
                view, is_here=view.view_id == view_id, is_known=view.is_known or view.view_id == view_id
            )
            for view in self.of[camera_id]
        )


class PatientHub(Hub):
    """A hub that a test can wait at until somebody listens."""

    def __init__(self) -> None:
        super().__init__()
        self._subscribed = threading.Event()

    def subscribe(self, maxlen: int = 256) -> Subscription:
        subscription = super().subscribe(maxlen)
        self._subscribed.set()
        return subscription

    def wait_for_listener(self, limit_s: float) -> None:
        assert self._subscribed.wait(limit_s), "nobody listens"


class FakeSystem:
    """Has the methods of `pipeline.system.System` that the page uses."""

    def __init__(self, folder: Path, films: dict[str, tuple[str, Film | None]], template: Path | None = None) -> None:
        """`films`: camera id to name and film; without a film the camera is away. `template`: from `make_template`."""
        folder.mkdir(parents=True, exist_ok=True)
        if template is None:
            make_template(folder / DATABASE)
        else:
            shutil.copy(template, folder / DATABASE)
        self._open(open_database(f"sqlite:///{folder / DATABASE}"))
        self.settings = Settings(data=folder)
        self.evidence = EvidenceStore(folder / "evidence")
        self.places = self.places_of(PlaceSettings())
        self.devices: dict[str, DeviceEntry] = {}
        self.now: datetime | None = None
        self.desk = EvidenceDesk(
            DeskParts(
                cases=self.cases,
                evidence=self.evidence,
                copies=copies(folder / "blurred", self.evidence),
                marks=Marks(self.cases.database),
                device=self.devices.get,
                local=UTC,
                view_minutes=30,
                clock=lambda: self.now or datetime.now(UTC),
            )
        )
        self.hub = PatientHub()
        self.metrics = Metrics(MetricSources(self.cameras, self.horns, self.health, lambda: {"candidate": 0}))
        self.announcer = SimpleNamespace(stop=self._stop_horn)
        self.said: list[tuple[str, str, str]] = []
        self.warned: list[tuple[str, str]] = []
        self.silenced: list[str] = []
        self.entries: dict[str, tuple[str, str, str]] = {
            camera_id: (name, f"rtsp://admin:secret@10.0.0.9/{camera_id}", "解放路")
            for camera_id, (name, _) in films.items()
        }
        self.views = FakeViews()
        self.zones_of: dict[str, tuple[ZoneSettings, ...]] = {camera_id: (PARKING_ZONE,) for camera_id in films}
        self.projectors = {
            camera_id: Projector(film, lambda t_s, rows, camera_id=camera_id: self._look(camera_id, t_s, rows))
            for camera_id, (_, film) in films.items()
            if film is not None
        }

    def places_of(self, settings: PlaceSettings) -> Places:
        """Return what is known of a city, in which no camera has a place."""

        def camera(camera_id: str) -> CameraEntry:
            raise UnknownCameraError(camera_id)

        local, now = ZoneInfo(self.settings.timezone), datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
        return Places(settings, self.cases.database, self.evidence.root, camera, local, now=lambda: now)

    def _open(self, database: Database) -> None:
        self.cases = CaseStore(database)
        self.people = People(database, hasher=CHEAP)

    def move_to(self, url: URL) -> None:
        """Keep cases and people in another database from now on."""
        self.cases.close()
        self._open(open_database(url))
        for name, password in PASSWORDS.items():
            self.people.create(name, password, ROLES[name])

    def start(self) -> None:
        for projector in self.projectors.values():
            projector.start()

    def stop(self) -> None:
        for projector in self.projectors.values():
            projector.stop()
        self.cases.close()

    def cameras(self) -> tuple[CameraView, ...]:
        return tuple(self._view(camera_id) for camera_id in self.entries)

    def add_camera(self, entry: CameraEntry) -> None:
        if entry.id in self.entries:
            raise DuplicateCameraError(entry.id)
        self.entries[entry.id] = (entry.shown_name, entry.url, entry.place)
        self.zones_of[entry.id] = ()

    def remove_camera(self, camera_id: str) -> None:
        self._known(camera_id)
        del self.entries[camera_id]
        self.hub.publish(CameraMessage(camera_id, "removed", ""))

    def zones(self, camera_id: str) -> tuple[ZoneSettings, ...]:
        self._known(camera_id)
        return self.zones_of[camera_id]

    def save_zones(self, camera_id: str, zones: Sequence[ZoneSettings]) -> tuple[ZoneSettings, ...]:
        self._known(camera_id)
        self.zones_of[camera_id] = tuple(zones)
        return self.zones_of[camera_id]

    def live(self, camera_id: str) -> AbstractContextManager[LiveFeed]:
        self._known(camera_id)
        if camera_id not in self.projectors:
            return LiveFeed(camera_id)
        return self.projectors[camera_id].open_feed(camera_id)

    def still_jpeg(self, camera_id: str, width: int = 1280) -> bytes:
        self._known(camera_id)
        if camera_id not in self.projectors:
            raise NoPictureError(camera_id, "it has never answered")
        return jpeg(self.projectors[camera_id].film_s)

    def horns(self) -> tuple[HornView, ...]:
        spoken_at = datetime.now(UTC) if self.said else None
        folder = self.settings.data / "horns"
        file = str(folder / "20261121-120000.wav") if self.said else None
        return (HornView("post-3", "3号杆喇叭", f"file://{folder}", "ok", "", spoken_at, "", file),)

    def warn(self, case_id: str, *, actor: str, phrase: str | None = None) -> None:
        self.cases.get(case_id)
        self.warned.append((case_id, actor))

    def say(self, horn_id: str, text_or_phrase: str, *, actor: str) -> None:
        if horn_id != "post-3":
            raise UnknownHornError(f"there is no horn {horn_id!r}")
        self.said.append((horn_id, text_or_phrase, actor))

    def act(self, case_id: str, action: Action, *, actor: str, reason: str) -> Case:
        """Do a step, as a test arranges it."""
        return self.decide(case_id, Order(action, reason), by=Doer(actor))

    def decide(self, case_id: str, order: Order, *, by: Doer, expected_revision: int | None = None) -> Case:
        if order.action is Action.FILE:
            check_filing(self.places.findings(self.cases.get(case_id)), order.reason)
        if order.unit:
            check_unit(order.unit, self.places.units())
        case = self.cases.decide(case_id, order, by=by, at=datetime.now(UTC), expected_revision=expected_revision)
        self.tell(case, "state")
        return case

    def health(self) -> SystemHealth:
        started_at = datetime.now(UTC) - timedelta(hours=3)
        return SystemHealth(started_at, "0.1.0", "street-nano", "openvino bf16, 8.1 ms", 214 * 2**30, 0, ())

    def tell(self, case: Case, change: str) -> None:
        at = datetime.now(UTC)
        self.hub.publish(
            CaseMessage(case.case_id, case.number, case.camera_id, case.kind, case.state.value, change, at)
        )

    def raise_case(
        self,
        camera_id: str,
        *,
        kind: str = "parking",
        clip: bytes | None = None,
        age_s: float = 0.0,
        lacking: tuple[str, ...] = (),
    ) -> Case:
        """Open a case with stills and a clip, as the flow does, and tell the page."""
        now = datetime.now(UTC) - timedelta(seconds=age_s)
        event_id = f"{camera_id}-{kind}-{now.timestamp()}"
        case_id = case_id_of(event_id)
        dwell = Reason("dwell", 42.0, "s"), Reason("limit", 30.0, "s")
        facts = PackFacts(
            event_id, kind, PackPurpose.OPENING, camera_id, self.entries[camera_id][0], "kerb", "北侧路缘", 1,
            now.timestamp(), now, 0.04, None, dwell, lacking,
        )  # fmt: skip
        parts = [
            Part("panorama-a.jpg", jpeg(1.0), PartRole.PANORAMA),
            Part("panorama-b.jpg", jpeg(4.0), PartRole.PANORAMA),
            Part("close-up.jpg", jpeg(4.0, crop=True), PartRole.CLOSE_UP),
            Part("marked.jpg", jpeg(4.0, mark=True), PartRole.MARKED),
        ]
        pack = self.evidence.write_pack(case_id, parts, facts)
        box = tuple(v * s for v, s in zip(PARKED_BOX, (*SIZE_WH, *SIZE_WH), strict=True))
        new = NewCase(
            case_id, event_id, kind, "0505", camera_id, self.entries[camera_id][0], "kerb", "北侧路缘", 1,
            now - timedelta(seconds=42), now, now, box, "car", 0.91, dwell,
        )  # fmt: skip
        case = self.cases.open_case(new, pack)
        if clip is not None:
            clip_facts = dataclasses.replace(facts, purpose=PackPurpose.CLIP)
            case = self.cases.add_pack(
                case_id, self.evidence.write_pack(case_id, [Part("clip.mp4", clip, PartRole.CLIP)], clip_facts)
            )
        if camera_id in self.projectors:
            self.projectors[camera_id].offence = True
        self.tell(case, "opened")
        return case

    def add_warning(self, case: Case, age_s: float = 0.0) -> None:
        """Record a spoken warning, as the ladder does."""
        at = datetime.now(UTC) - timedelta(seconds=age_s)
        words = "您好，此处有监控，禁止停车。请尽快驶离，感谢配合。"
        warning = CaseWarning(
            "post-3", "parking.1", 1, words, at, 6.2, True, "", "pcm_s16le", 198_400, "ab" * 32,
            str(self.settings.data / "horns" / "20261121-120000.wav"),
        )  # fmt: skip
        self.cases.add_warning(case.case_id, warning)
        case = self.cases.apply(case.case_id, Action.WARN, actor="system", reason="", at=at)
        self.tell(case, "warning")

    def _look(self, camera_id: str, t_s: float, rows: tuple[BoxRow, ...]) -> None:
        self.hub.publish(BoxesMessage(camera_id, t_s, datetime.now(UTC), rows))

    def _known(self, camera_id: str) -> None:
        if camera_id not in self.entries:
            raise UnknownCameraError(camera_id)

    def _stop_horn(self, horn_id: str) -> None:
        if horn_id != "post-3":
            raise UnknownHornError(f"there is no horn {horn_id!r}")
        self.silenced.append(horn_id)

    def _view(self, camera_id: str) -> CameraView:
        name, url, place = self.entries[camera_id]
        is_live = camera_id in self.projectors
        health = CameraHealth(
            camera_id=camera_id,
            state="live" if is_live else "away",
            since=datetime.now(UTC) - timedelta(minutes=12),
            problem="" if is_live else "nobody answers at 10.0.0.9:554; check address and cable. Next try in 20 s",
            problem_code="" if is_live else "stream_timeout",
            codec="h264" if is_live else "",
            size_wh=SIZE_WH if is_live else (0, 0),
            declared_fps=12.0 if is_live else None,
            delivered_fps=12.0 if is_live else 0.0,
            key_interval_s=1.0 if is_live else None,
            gear=Gear("rate", 2.0) if is_live else Gear.off(),
            packets=8640,
            decoded=1440,
            corrupt=0,
            reconnects=0,
            clock_error_s=0.04,
            ring_s=60.0 if is_live else 0.0,
            ring_bytes=4_100_000 if is_live else 0,
            looked_wh=SIZE_WH if is_live else (0, 0),
        )
        looks = LookCounts(1440, 1422, 720, {"replaced": 18}, 0, wanted_hz=2.0, reached_hz=1.9)
        zones, views = self.zones_of[camera_id], self.views.of.get(camera_id, ())
        return CameraView(camera_id, name, redact(url), "post-3", place, health, zones, looks, "ok", views)


def jpeg(film_s: float, *, crop: bool = False, mark: bool = False) -> bytes:
    """Return a picture of the film as JPEG, cropped to the parked car or with its box drawn in."""
    bgr = draw(film_s)
    x1, y1, x2, y2 = (round(v * s) for v, s in zip(PARKED_BOX, (*SIZE_WH, *SIZE_WH), strict=True))
    if mark:
        cv2.rectangle(bgr, (x1, y1), (x2, y2), (70, 80, 255), 3)
    if crop:
        bgr = bgr[y1 - 20 : y2 + 20, x1 - 30 : x2 + 30]
    return cv2.imencode(".jpg", bgr)[1].tobytes()
