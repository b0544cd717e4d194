"""The whole program without its page: cameras, model, cases, horns, wired by constructor arguments.

`System` is what the page and the command line talk to. Its methods may be called from any thread; those that read
pictures or the database block for a moment and belong on a worker thread of the caller.

Start order: couriers, horns, case flow, recorder, examiners, looking thread, cameras, housekeeper. Stop order is its
reverse, but for the horns: they end before the case flow, which writes down what they did not say to the end.
"""

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version
from zoneinfo import ZoneInfo

from broadcast.announcer import Announcer
from broadcast.ladder import Ladder, Presence
from broadcast.play_limit import PlayLimit
from cases.code_files import chosen_table
from cases.deeds import Order
from cases.evidence import EvidenceStore, utc_now
from cases.keyring import NewKey, open_keyring
from cases.people import People
from cases.posts import Doer
from cases.records import Case
from cases.recovery import recover
from cases.stills import encode_jpeg
from cases.store import CaseStore
from detectors.catalog import ZoneSettings
from detectors.events import Event
from pipeline.agenda import Agenda
from pipeline.camera_settings import CameraEntry
from pipeline.camera_views import CameraViews
from pipeline.case_flow import CaseFlow, FlowParts, tell
from pipeline.checkpoints import CheckpointFolder
from pipeline.closing_wiring import Running, open_closing
from pipeline.data_folder import make_data_folder
from pipeline.errors import NoPictureError
from pipeline.evidence_keeper import EvidenceKeeper, KeeperParts
from pipeline.examining import ExaminingParts
from pipeline.examining_wiring import open_examining
from pipeline.horn_views import horn_views
from pipeline.housekeeping import Housekeeper, HouseParts
from pipeline.hub import Hub
from pipeline.inference import Looker
from pipeline.ladder_runner import LadderRunner, RunnerParts
from pipeline.later_pictures import LaterParts, LaterPictures
from pipeline.messages import CameraMessage
from pipeline.metrics import Metrics, MetricSources
from pipeline.offence_place import place_of, require_items
from pipeline.opened_model import opened_model
from pipeline.outward.pictures import Pictures
from pipeline.outward.post_office import PostOffice, PostOfficeParts
from pipeline.places import Places
from pipeline.privacy import open_privacy
from pipeline.recorder import Recorder
from pipeline.recordings import RecordingFolder
from pipeline.room import free_bytes, low_disk
from pipeline.settings import Settings
from pipeline.shard import Shard, ShardListeners
from pipeline.site import Site
from pipeline.speaking import Speaker, SpeakerParts, Voice
from pipeline.steps import run_each
from pipeline.stores import database_of, keys_folder, program
from pipeline.turning import Turner
from pipeline.views import CameraView, HornView, SystemHealth, SystemProblem
from streams.errors import StreamError, UnknownCameraError
from streams.live import LiveFeed
from streams.opening import Openers

logger = logging.getLogger(__name__)

LADDER_MEMORY = timedelta(hours=1)
"""A restart goes on warning for cases raised within this time; older ones that nobody judged stay with the operator."""


class System:
    """One process's worth of Streetwarden."""

    def __init__(self, settings: Settings, openers: Openers, *, model: Looker | None = None) -> None:
        """Open everything that can fail at once: folders, database, model, horns; connect to no camera yet.

        Args:
            settings: as loaded.
            openers: what opens camera URLs.
            model: what looks, instead of the model that the settings name (tests).

        Raises:
            SettingsError, ModelError, CasesError, BroadcastError, OSError: one cannot be opened; it says which.
        """
        data = settings.data
        make_data_folder(data)
        self.settings = settings
        self.hub = Hub()
        database = database_of(settings)
        local, codes = ZoneInfo(settings.timezone), settings.codes
        self.cases = CaseStore(database, local=local, numbering=codes.numbering(), deadlines=codes.deadlines(local))
        self.people = People(database)
        opened = open_keyring(keys_folder(settings), data / "evidence", utc_now)
        self._new_key = opened.news if opened.news and opened.news.why is not NewKey.FIRST else None
        self.evidence = EvidenceStore(data / "evidence", signer=opened.key)
        self.announcer = Announcer(settings.broadcast.horns)
        self._site = Site(data, settings.cameras)
        self._codes = chosen_table(settings.codes.table)
        self._agenda, self._clips = Agenda("cases-writer"), Agenda("clips-writer")
        self._model_name, self._engine, facts, looker = opened_model(settings, model)
        listeners = ShardListeners(
            on_event=lambda event: self._flow.on_event(event),
            on_boxes=self.hub.publish,
            on_posted=lambda *posted: self._flow.on_posted(*posted),
        )
        checkpoints = CheckpointFolder(data / "checkpoints")
        self._recorder = Recorder(RecordingFolder(data / "recordings"), settings.recordings)
        per_s, rings = settings.model.closer_per_s, settings.rings_bytes
        parts = looker, openers, checkpoints, listeners
        self._shard = Shard("0", *parts, rings_bytes=rings, closer_per_s=per_s, recorder=self._recorder)
        self.views = CameraViews(self._site, self._shard)
        self._turner = Turner(self._site.cameras, self.views, self._shard.is_viewed)
        folder, camera = data / "evidence", self._site.camera
        self.places = Places(settings.places, database, folder, camera, local, views=self.views)
        where = partial(place_of, site=self._site, codes=self._codes)
        keeper_parts = KeeperParts(facts, self._shard.reader, where, local, program(), shows=self.views.shows)
        self._keeper = EvidenceKeeper(data / "pending", settings.evidence, keeper_parts)
        self._speaker = self._make_speaker()
        self._ladders = self._make_ladders()
        self._later = self._make_later()
        exam_parts = ExaminingParts(self.cases, self.evidence, self._agenda, self._ladders, self._tell_case)
        self._examining = open_examining(settings, exam_parts, self._codes, where)
        keep_watch = self._shard.keep_watch
        own = self._later, self.hub, self._ladders, self.places, self._sees, keep_watch, self._examining
        flow_parts = FlowParts(self.cases, self.evidence, self._keeper, self._codes, *own)
        self._flow = CaseFlow(flow_parts, self._agenda)
        self.desk, forget = open_privacy(settings, self.cases, self.evidence, self._site)
        pictures = Pictures(self.cases, self.evidence, self.desk.blurred)
        post_parts = PostOfficeParts(database, pictures, local, program(), data)
        self.post_office = PostOffice(settings.outward, post_parts)
        counts = self._cases_by_state, self.post_office.views, lambda: self._recorder.lost
        self.metrics = Metrics(MetricSources(self.cameras, self.horns, self.health, *counts))
        self._started_at, tells = datetime.now(UTC), (self.hub, self._shard.health, self.announcer.health)
        running = Running(
            self.cases, self.evidence, self._keeper, self._agenda, self._shard, self._site, self._codes, self.views,
            self._turner,
        )  # fmt: skip
        rounds = self._shard.save_checkpoints, self._flow.keep_time, forget
        looks = open_closing(settings, running, self._tell_case).begin_due
        self._housekeeper = Housekeeper(HouseParts(*tells, *rounds, looks))

    def _make_later(self) -> LaterPictures:
        tells = self._presence, self._tell_case
        parts = LaterParts(self.cases, self.evidence, self._keeper, self._agenda, self._clips, *tells)
        return LaterPictures(parts, self.settings.evidence, self.settings.data / "later")

    def _make_speaker(self) -> Speaker:
        return Speaker(
            SpeakerParts(
                voice=Voice(self.settings.broadcast),
                announcer=self.announcer,
                cases=self.cases,
                agenda=self._agenda,
                limit=PlayLimit(self.settings.broadcast.ladder),
                horn_of=self._horn_of,
                on_change=self._tell_case,
            )
        )

    def _make_ladders(self) -> LadderRunner:
        parts = RunnerParts(
            ladder=Ladder(self.settings.broadcast.ladder),
            cases=self.cases,
            agenda=self._agenda,
            presence=self._presence,
            refusal=self._speaker.refusal,
            speak=self._speaker.warn_by_ladder,
            look_back=self._after_warning,
            findings=self.places.findings,
            on_change=self._tell_case,
        )
        return LadderRunner(parts, self.settings.data / "ladders")

    def start(self) -> None:
        """Start all threads; returns at once, cameras connect in their own time."""
        self.post_office.start()
        raised_from = datetime.now(UTC) - LADDER_MEMORY
        recovered = recover(self.cases, self.evidence, raised_from=raised_from, placed=self.places.placed)
        self.announcer.start()
        self._agenda.start()
        self._clips.start()
        self._recorder.start()
        self._examining.start()
        self._shard.start()
        for entry in self._site.cameras():
            self._watch(entry)
        self._agenda.now("ends of before", lambda: self._flow.take_ends(self._shard.ended_before()), is_urgent=True)
        self._agenda.now("cases of before", lambda: self._flow.make_up(self._shard.standing_before()), is_urgent=True)
        self._agenda.now("ladders", lambda: self._ladders.resume(self._flow.merged(recovered.open_cases)))
        self._agenda.now("events of before", self._take_up_events)
        self._agenda.now("clips and second panoramas", self._later.resume)
        self._turner.start()
        self._housekeeper.start()

    def stop(self) -> None:
        """End all threads and keep what is known; safe after a start that failed half-way."""
        run_each(
            ("ending the housekeeper", self._housekeeper.stop),
            ("ending to turn cameras", self._turner.stop),
            ("ending the cameras", self._shard.stop),
            ("ending recordings", self._recorder.stop),
            ("ending the examiners", self._examining.stop),
            ("pausing the ladders", self._ladders.pause),
            ("ending the horns", self.announcer.close),
            ("writing what is due", self._agenda.stop),
            ("writing down clips", self._clips.stop),
            ("ending the couriers", self.post_office.stop),
            ("closing the database", self.cases.close),
        )

    def cameras(self) -> tuple[CameraView, ...]:
        """Return every camera as people see it."""
        return self.views.cameras()

    def add_camera(self, entry: CameraEntry) -> None:
        """Add a camera while running and keep it over restarts.

        Raises:
            DuplicateCameraError: its id is taken.
            UnknownHornError: its horn does not exist.
            ValueError: nothing can open its URL; nothing was added.
            OSError: it cannot be kept; nothing was added.
        """
        if entry.horn is not None:
            self.announcer.refusal(entry.horn)
        with ExitStack() as undo:
            self._site.add(entry)
            undo.callback(self._site.remove, entry.id)
            self._watch(entry)
            undo.pop_all()

    def remove_camera(self, camera_id: str) -> None:
        """Stop watching a camera for good; its cases stay.

        Raises:
            UnknownCameraError: there is no such camera.
        """
        self._site.remove(camera_id)
        self._shard.remove(camera_id)
        self._examining.removed(camera_id)
        self.hub.publish(CameraMessage(camera_id, "removed", ""))

    def zones(self, camera_id: str) -> tuple[ZoneSettings, ...]:
        """Return a camera's zones.

        Raises:
            UnknownCameraError: there is no such camera.
        """
        return self._site.zones(camera_id)

    def save_zones(self, camera_id: str, zones: Sequence[ZoneSettings]) -> tuple[ZoneSettings, ...]:
        """Keep a camera's zones and put them in force; versions of those that changed count up.

        Raises:
            UnknownCameraError: there is no such camera.
            KindWithoutItemError: the table of codes has no item for the cases of one.
            UnknownViewError: a zone is drawn in a view that the camera does not have.
            OSError: they cannot be kept; the old ones stay in force.
        """
        require_items(zones, self._codes)
        self.views.check(camera_id, tuple(zones))
        kept = self._site.save_zones(camera_id, zones)
        self._shard.set_zones(camera_id, kept)
        return kept

    def live(self, camera_id: str) -> AbstractContextManager[LiveFeed]:
        """Return live video of a camera; while it is open the camera is looked at more often.

        Raises:
            UnknownCameraError: there is no such camera.
        """
        self._site.camera(camera_id)
        return self._shard.live(camera_id)

    def still_jpeg(self, camera_id: str, width: int = 1280) -> bytes:
        """Return the newest picture as JPEG, at most `width` pixels wide, decoded from the packet ring.

        Raises:
            UnknownCameraError: there is no such camera.
            NoPictureError: it has sent none yet.
        """
        self._site.camera(camera_id)
        reader = self._shard.reader(camera_id)
        try:
            frame = reader.still()
        except StreamError as err:
            raise NoPictureError(camera_id, str(err)) from None
        full_width, full_height = frame.size_wh
        shown_width = min(width, full_width)
        return encode_jpeg(frame.bgr((shown_width, round(full_height * shown_width / full_width))), quality=80)

    def horns(self) -> tuple[HornView, ...]:
        """Return every horn as people see it."""
        return horn_views(self.announcer.health(), self.settings.broadcast.horns)

    def warn(self, case_id: str, *, actor: str, phrase: str | None = None) -> None:
        """Speak a warning because of a case, before anything automatic that waits.

        Raises:
            UnknownCaseError: there is no such case.
            NoHornError: its camera has no horn.
            BroadcastError: the phrase cannot be spoken.
        """
        self._speaker.warn(self.cases.get(case_id), actor=actor, text_or_phrase=phrase)

    def say(self, horn_id: str, text_or_phrase: str, *, actor: str) -> None:
        """Speak through a horn without a case.

        Raises:
            UnknownHornError: there is no such horn.
            BroadcastError: it cannot be spoken.
        """
        self._speaker.say(horn_id, text_or_phrase, actor=actor)

    def decide(self, case_id: str, order: Order, *, by: Doer, expected_revision: int | None = None) -> Case:
        """Do a step with a case as a person.

        Raises:
            CasesError: it is not possible, not his work, lacks something, or somebody was faster.
        """
        return self._flow.decide(case_id, order, by=by, expected_revision=expected_revision)

    def health(self) -> SystemHealth:
        """Return the state of the whole."""
        free = free_bytes(self.settings.data)
        problems = [*self._shard.problems(), *self.views.problems(), *self._turner.problems()]
        if self._agenda.problem:
            problems.append(SystemProblem("evidence_waits", self._agenda.problem))
        if self._new_key is not None:
            sentence = f"evidence is signed by a new key, {self._new_key.fingerprint}: the one before was not there"
            problems.append(SystemProblem("new_signing_key", sentence, {"fingerprint": self._new_key.fingerprint}))
        parts = self.post_office, self._examining, self._recorder
        problems += [problem for part in parts for problem in part.problems()] + list(
            low_disk(self.settings.data, free)
        )
        return SystemHealth(
            started_at=self._started_at,
            version=version("streetwarden"),
            model=self._model_name,
            engine=self._engine,
            disk_free_bytes=free,
            evidence_held_back=self._agenda.held_back,
            problems=tuple(problems),
        )

    def _watch(self, entry: CameraEntry) -> None:
        require_items(zones := self._site.zones(entry.id), self._codes)
        views = entry.watched_views()
        self._shard.add(entry.id, entry.address, entry.stream, zones, sub_url=entry.sub_address, views=views)

    def _horn_of(self, camera_id: str) -> str | None:
        try:
            horn_id = self._site.camera(camera_id).horn
        except UnknownCameraError:  # its cases outlive a camera
            return None
        is_there = any(entry.id == horn_id for entry in self.settings.broadcast.horns)
        return horn_id if is_there else None  # a camera that was added on the page may name one that was taken down

    def _presence(self, case: Case) -> Presence:
        """Tell whether the offence of a case is still there, as far as the camera can see now."""
        if case.ended_at is not None:
            return "gone"
        return "present" if self._sees(case.camera_id, case.event_id) else "unknown"

    def _sees(self, camera_id: str, event_id: str) -> bool:
        """Tell whether a raised event stood at the last look, and the camera can judge it now."""
        states = {health.camera_id: health.state for health in self._shard.health()}
        judges = states.get(camera_id) == "live" and self._shard.view_state(camera_id) == "ok"
        return judges and event_id in self._shard.offences(camera_id)

    def _take_up_events(self) -> None:
        """Clear up behind events that are no more, and go on with those that a stop left without their ladder."""
        try:
            standing = self._shard.standing()
        except TimeoutError as err:
            logger.warning("ladders of before the start are not looked for: %s", err)
            return
        self._flow.resume(standing)

    def _after_warning(self, event: Event, case_id: str) -> None:
        try:
            self._later.add_pack(case_id, self._keeper.after_warning(event))
        except StreamError as err:
            logger.warning("case %s: no picture after the warning: %s", case_id, err)

    def _tell_case(self, case: Case, change: str) -> None:
        tell(self.hub, case, change)

    def _cases_by_state(self) -> dict[str, int]:
        return {state.value: count for state, count in self.cases.counts().items()}
