"""A set of cameras with everything that watches them: readers, intake, looking thread, watches.

One shard in the process is the small system; nothing in it is global, so many can stand side by side. It takes a
model and listeners, and gives events, boxes and health.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from cases.disk import way_out
from detectors.catalog import ZoneSettings
from detectors.events import Event, Phase
from detectors.rules import Pace
from models.model import Model
from pipeline.boxes import boxes_message
from pipeline.checkpoints import CheckpointFolder
from pipeline.inference import InferenceLoop, Looker, Watched
from pipeline.intake import FrameIntake
from pipeline.look_back import LookBack, Question
from pipeline.messages import BoxesMessage
from pipeline.open_watch import Eyes, Views, open_watch
from pipeline.recorder import RecordsNothing, RecordsWatches
from pipeline.steps import run_each
from pipeline.view_watch import ViewWatch
from pipeline.views import LookCounts, SystemProblem
from pipeline.watch import Looked, WatchState
from pipeline.watching_live import Viewing
from streams.errors import UnknownCameraError
from streams.gears import Gear
from streams.health import CameraHealth
from streams.opening import Openers
from streams.pool import RINGS_BYTES, CameraPool
from streams.reader import CameraReader
from streams.settings import StreamSettings
from vision.detections import Detections
from vision.frames import Frame
from vision.observations import Dated
from vision.scenes import Scene
from vision.shrinking import Shrinker

logger = logging.getLogger(__name__)

ONE_VIEW = Views()

VIEWED = Pace.steady(4.0)
"""While somebody watches the camera live: boxes then follow the picture well enough to be believed."""


@dataclass(frozen=True, slots=True)
class ShardListeners:
    """Who is told; each is called on the looking thread (`on_posted` on one that looks back) and must not block.

    Attributes:
        on_event: what a detector reports.
        on_boxes: what is drawn over the live picture.
        on_posted: camera, event and stream time at which the paper of a flyer event appeared.
    """

    on_event: Callable[[Event], None]
    on_boxes: Callable[[BoxesMessage], None]
    on_posted: Callable[[str, str, float], None] = lambda _camera_id, _event_id, _t_s: None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the last look at a camera said, for those who ask from other threads."""

    view_state: str
    view: str | None
    offences: frozenset[str]
    scene: Scene


class Shard:
    """Watches a set of cameras; its methods may be called from any thread."""

    def __init__(
        self,
        name: str,
        model: Looker,
        openers: Openers,
        checkpoints: CheckpointFolder,
        listeners: ShardListeners,
        *,
        rings_bytes: int = RINGS_BYTES,
        closer_per_s: float = 0.0,
        recorder: RecordsWatches | None = None,
    ) -> None:
        self._model = model
        self._recorder = recorder or RecordsNothing()
        self._intake = FrameIntake()
        self._pool = CameraPool(openers, self._intake.put, rings_bytes=rings_bytes)
        most = model.best_batch if isinstance(model, Model) else None
        self._loop = InferenceLoop(name, model, self._intake, self._on_looked, closer_per_s=closer_per_s, most=most)
        self._look_back = LookBack(name, lambda camera_id: self._pool.reader(camera_id).ring, self._on_answer)
        self._checkpoints = checkpoints
        self._listeners = listeners
        self._eyes = Eyes(Shrinker(), model.input_wh if isinstance(model, Model) and closer_per_s > 0 else None)
        self._lock = threading.Lock()
        self._keeping = threading.Lock()  # so that no checkpoint is written behind a camera that is just removed
        self._viewers: dict[str, int] = {}
        self._seen: dict[str, Seen] = {}
        self._turning: dict[str, ViewWatch] = {}  # cameras with several views
        self._not_kept: set[str] = set()
        self._ended_before: list[Event] = []
        self._standing_before: list[Event] = []
        self._unkept: dict[str, WatchState] = {}  # states of when an offence began or ended, until they are kept

    def start(self) -> None:
        """Start the looking threads; cameras begin as they are added."""
        self._loop.start()
        self._look_back.start()

    def stop(self) -> None:
        """End all readers, then the looking thread, and keep every camera's state; what fails is said in the log."""
        run_each(
            ("ending the cameras' readers", self._pool.close),
            ("keeping checkpoints", self.save_checkpoints),
            ("ending looking back", self._look_back.stop),
            ("ending the looking thread", self._loop.stop),
        )

    def add(
        self,
        camera_id: str,
        url: str,
        settings: StreamSettings,
        zones: Sequence[ZoneSettings],
        *,
        sub_url: str = "",
        views: Views = ONE_VIEW,
    ) -> None:
        """Begin to watch a camera; it may be dead, it is dialled until it answers.

        Args:
            camera_id: names the camera.
            url: where it is.
            settings: how to pull it.
            zones: with their rules.
            sub_url: where it sends a smaller stream, which is then looked at instead.
            views: where it looks.

        Raises:
            ValueError: the URL cannot be a camera, or the id is taken; nothing was added.
        """
        watch = open_watch(camera_id, zones, views, self._eyes, self._checkpoints.load(camera_id))
        self._pool.add(camera_id, url, settings, sub_url=sub_url, after_t_s=watch.last_t_s)
        self._ended_before.extend(watch.over)
        self._standing_before.extend(watch.standing)
        camera = self._pool.camera(camera_id)
        watched = Watched(watch, watch.pace(), want=lambda gear: camera.want("detectors", gear))
        if isinstance(watch, ViewWatch):
            self._turning[camera_id] = watch
        self._intake.add(camera_id)
        self._recorder.begins(watch)
        self._loop.between(lambda watches: watches.update({camera_id: watched}))
        self._intake.want(camera_id, watched.pace.look_hz)
        watched.want(_gear(watched.pace))

    def remove(self, camera_id: str) -> None:
        """End watching a camera and forget what is known of its street; what fails of that is said in the log.

        Raises:
            UnknownCameraError: there is no such camera.
        """
        self._pool.reader(camera_id)
        with self._keeping:
            run_each(
                (f"ending the reader of camera {camera_id}", lambda: self._pool.remove(camera_id)),
                (f"dropping camera {camera_id}", lambda: self._loop.between_and_wait(lambda w: _drop(w, camera_id))),
                (f"dropping the pictures of camera {camera_id}", lambda: self._intake.remove(camera_id)),
                (f"forgetting the street of camera {camera_id}", lambda: self._checkpoints.remove(camera_id)),
            )
        self._recorder.ends(camera_id)
        self._seen.pop(camera_id, None)
        self._turning.pop(camera_id, None)
        self._unkept.pop(camera_id, None)

    def set_zones(self, camera_id: str, zones: Sequence[ZoneSettings]) -> None:
        """Put zones in force before the next look.

        Raises:
            UnknownCameraError: there is no such camera (any more).
            TimeoutError: the looking thread did not come round; they come in force when it does.
        """

        def put(watches: dict[str, Watched]) -> None:
            if camera_id not in watches:
                raise UnknownCameraError(camera_id)
            watches[camera_id].watch.set_zones(zones)
            self._recorder.begins(watches[camera_id].watch)

        self._loop.between_and_wait(put)

    def reader(self, camera_id: str) -> CameraReader:
        """Return a camera's reader."""
        return self._pool.reader(camera_id)

    def live(self, camera_id: str) -> Viewing:
        """Return the camera's live video; while it is open the camera is looked at more often."""
        return Viewing(self._pool.reader(camera_id).live(), lambda change: self.count_viewer(camera_id, change))

    def is_viewed(self, camera_id: str) -> bool:
        """Return whether somebody watches the camera live."""
        return self._viewers.get(camera_id, 0) > 0

    def health(self) -> tuple[CameraHealth, ...]:
        """Return every camera's state."""
        return self._pool.health()

    def counts(self, camera_id: str) -> LookCounts:
        """Return what became of a camera's frames."""
        return self._intake.counts(camera_id)

    def view_state(self, camera_id: str) -> str:
        """Return whether the camera's picture can be judged; `ok` before the first look."""
        seen = self._seen.get(camera_id)
        return seen.view_state if seen else "ok"

    def view(self, camera_id: str) -> str | None:
        """Return the view that was judged at the last look, of a camera that has several; None while it is at none."""
        seen = self._seen.get(camera_id)
        return seen.view if seen else None

    def turning(self, camera_id: str) -> ViewWatch | None:
        """Return the watch of a camera that has several views, for what any thread may ask of it; None for others."""
        return self._turning.get(camera_id)

    def offences(self, camera_id: str) -> frozenset[str]:
        """Return the ids of the raised events that stood at the last look, in the view that it was of."""
        seen = self._seen.get(camera_id)
        return seen.offences if seen else frozenset()

    def scene(self, camera_id: str) -> Scene | None:
        """Return what was known of a camera's street at the last look; None before the first."""
        seen = self._seen.get(camera_id)
        return seen.scene if seen else None

    def detect(self, frame: Frame) -> Detections:
        """Return what the model finds in a picture, between two looks of the looking thread.

        Raises:
            TimeoutError: the looking thread did not come round.
            ModelError: this run failed.
        """
        found: list[Detections] = []
        self._loop.between_and_wait(lambda _watches: found.extend(self._model.detect([frame])))
        return found[0]

    def standing(self) -> tuple[Event, ...]:
        """Return the events of all cameras that have not ended, also those whose clock still runs.

        Raises:
            TimeoutError: the looking thread did not come round.
        """
        found: list[Event] = []
        self._loop.between_and_wait(lambda watches: found.extend(e for w in watches.values() for e in w.watch.standing))
        return tuple(found)

    def ended_before(self) -> tuple[Event, ...]:
        """Return the ends of offences that the checkpoints of the cameras held as they were added."""
        return tuple(self._ended_before)

    def standing_before(self) -> tuple[Event, ...]:
        """Return the events that stood by the checkpoints of the cameras as they were added."""
        return tuple(self._standing_before)

    @property
    def problem(self) -> str:
        """What is wrong with the model, or empty."""
        return self._loop.problem

    def problems(self) -> tuple[SystemProblem, ...]:
        """Return what is wrong with looking, empty on a good day."""
        found = []
        if self._loop.problem:
            found.append(SystemProblem("model_fails", self._loop.problem))
        if self._loop.has_ended:
            sentence = "looking has ended after a fault; the log tells which, restart the program"
            found.append(SystemProblem("looking_ended", sentence))
        for camera_id, cause in sorted(self._loop.failing.items()):
            sentence = f"camera {camera_id}: pictures cannot be judged, nothing is watched there: {cause}"
            found.append(SystemProblem("looks_fail", sentence, {"camera_id": camera_id}))
        return tuple(found)

    def save_checkpoints(self) -> None:
        """Keep every camera's state; that one cannot be kept is said in the log once, until it can be again.

        Raises:
            TimeoutError: the looking thread did not come round; the cameras before that were kept, the others as they
                were kept last.
        """
        with self._keeping:
            for camera_id in self._watched_ids():
                try:  # one after the other: the pictures of all at once are twice the memory of their watches
                    unkept, state = self._unkept.get(camera_id), self._state_of(camera_id)
                    if state is not None:
                        self._checkpoints.save(camera_id, state)
                        self._forget_unkept(camera_id, unkept)
                except TimeoutError:
                    raise
                except OSError as err:
                    self._say_not_kept(camera_id, way_out(err))
                except Exception as err:  # noqa: BLE001 - one camera's bad state must not lose that of the others
                    self._say_not_kept(camera_id, str(err))
                else:
                    self._not_kept.discard(camera_id)

    def keep_watch(self, camera_id: str) -> None:
        """Keep a camera's state of when an offence last began or ended, unless it was kept since; waits for no look.

        Raises:
            OSError: it cannot be kept; it may be tried again.
        """
        with self._keeping:
            state = self._unkept.get(camera_id)
            if state is not None:
                self._checkpoints.save(camera_id, state)
                self._forget_unkept(camera_id, state)

    def _watched_ids(self) -> list[str]:
        ids: list[str] = []
        self._loop.between_and_wait(ids.extend)
        return ids

    def _forget_unkept(self, camera_id: str, kept: WatchState | None) -> None:
        """Forget a state that is on the disk, unless there is a newer one by now."""
        with self._lock:
            if kept is not None and self._unkept.get(camera_id) is kept:
                del self._unkept[camera_id]

    def _state_of(self, camera_id: str) -> WatchState | None:
        """Return a camera's state, None where it was removed meanwhile."""
        states: list[WatchState] = []

        def collect(watches: dict[str, Watched]) -> None:
            if camera_id in watches:
                states.append(watches[camera_id].watch.checkpoint())

        self._loop.between_and_wait(collect)
        return states[0] if states else None

    def count_viewer(self, camera_id: str, change: int) -> None:
        """Note that a viewer came (+1) or went (-1)."""
        with self._lock:
            self._viewers[camera_id] = max(0, self._viewers.get(camera_id, 0) + change)
        self._loop.between(lambda watches: self._pace(watches[camera_id]) if camera_id in watches else None)

    def _say_not_kept(self, camera_id: str, why: str) -> None:
        if camera_id not in self._not_kept:
            logger.warning("camera %s: a restart now would lose dwell clocks: %s", camera_id, why)
        self._not_kept.add(camera_id)

    def _on_looked(self, watched: Watched, looked: Looked) -> None:
        offences = frozenset(event.event_id for event in watched.watch.offences)
        self._recorder.saw(watched.watch, looked.observation)
        self._seen[watched.watch.camera_id] = Seen(looked.scene.view.value, watched.watch.view, offences, looked.scene)
        if any(event.phase is Phase.RAISED or event in watched.watch.over for event in looked.events):
            with self._lock:
                self._unkept[watched.watch.camera_id] = watched.watch.checkpoint()
        for event in looked.events:
            self._listeners.on_event(event)
        for question in looked.questions:
            self._look_back.ask(question)
        self._listeners.on_boxes(boxes_message(looked.scene, watched.watch.offences, watched.watch.view))
        self._pace(watched)

    def _on_answer(self, question: Question, dated: Dated) -> None:
        turning = self._turning.get(question.camera_id)
        if turning is not None and dated.t_s is not None and not turning.was_at(question.view, dated.t_s):
            dated = replace(dated, t_s=None)

        def take(watches: dict[str, Watched]) -> None:
            if question.camera_id in watches:
                watches[question.camera_id].watch.answer(dated, question.view)

        self._loop.between(take)
        if isinstance(dated.subject, str) and dated.t_s is not None:
            self._listeners.on_posted(question.camera_id, dated.subject, dated.t_s)

    def _pace(self, watched: Watched) -> None:
        camera_id = watched.watch.camera_id
        pace = watched.watch.pace()
        if self._viewers.get(camera_id, 0) > 0:
            pace = Pace.closest([pace, VIEWED])
        if pace != watched.pace:
            watched.pace = pace
            self._intake.want(camera_id, pace.look_hz)
            watched.want(_gear(pace))


def _gear(pace: Pace) -> Gear:
    return Gear.scout(pace.look_hz, pace.longest_s)


def _drop(watches: dict[str, Watched], camera_id: str) -> None:
    watches.pop(camera_id, None)
