"""Turns cameras: to the view of a case that is due to be looked at, and on the tours that the settings name; and back.

Operators drive the same cameras, so nothing is turned that somebody watches live or has just turned himself, and both
are off where the settings do not ask for them. A view counts as reached only once it is recognised in the picture.

Belongs here: when, where to, for how long, and back. Does not: the camera's protocol (streams.onvif_ptz), recognising
views (view_watch).
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.camera_settings import CameraEntry
from pipeline.ptz_settings import PtzSettings
from pipeline.views import SystemProblem
from streams.errors import StreamError
from streams.onvif_ptz import Position, PtzClient, PtzStatus
from vision.error_codes import code_of

logger = logging.getLogger(__name__)

PERIOD_S = 1.0
STOP_LIMIT_S = 30.0

LOOK_HOLD_S = 90.0
"""A camera that was turned for a look stays so long: it is taken 25 s after the arrival at the soonest
(`closing_street.WATCHED_S`), and what is due is asked every ten seconds."""

LEAST_HOLD_S = 45.0
"""And so long at least where another view is asked for meanwhile, or looks at two views would chase each other."""

SETTLE_MOVE_S = 3.0
"""After so long a camera that does not say that it moves is taken to stand, when its view is learned for the first
time; cameras turn at 100 degrees a second and more."""

REST_S, LONG_REST_S = 120.0, 3600.0
"""Until a camera that could not be turned is tried again; after a refused login, which may lock the account."""

MISSED_S = 600.0
"""Until a view that was not recognised is turned to again."""


class Head(Protocol):
    """What turns one camera; `streams.onvif_ptz.PtzClient`."""

    def status(self) -> PtzStatus:
        """Return where it points."""
        ...

    def go_to_preset(self, token: str) -> None:
        """Have it turn to a preset."""
        ...

    def go_to(self, position: Position) -> None:
        """Have it turn to a position."""
        ...


class Seeing(Protocol):
    """What recognises views; `pipeline.camera_views.CameraViews`."""

    def now(self, camera_id: str) -> str | None:
        """Return the view that a camera was recognised to look at."""
        ...

    def is_known(self, camera_id: str, view_id: str) -> bool:
        """Tell whether it is known what a view looks like."""
        ...

    def tell(self, camera_id: str, view_id: str) -> None:
        """Take what a camera shows now for one of its views."""
        ...


@dataclass(slots=True)
class _Way:
    """A camera that is away from where people left it.

    Attributes:
        stops: views that it is still to be turned to, and how long it stays at each.
        view: where it turns to, or is.
        hold_s: how long it stays there.
        asked_s: when it was asked to turn there.
        until_s: when it goes on; None while it is on its way.
        home_view, home: where it was before.
        is_tour: whether it is on a tour.
    """

    stops: list[tuple[str, float]]
    home_view: str | None
    home: Position | None
    is_tour: bool
    view: str = ""
    hold_s: float = 0.0
    asked_s: float = 0.0
    until_s: float | None = None


@dataclass(slots=True)
class _Camera:
    """What is remembered of one camera that can be turned."""

    settings: PtzSettings
    head: Head
    way: _Way | None = None
    rest_until_s: float = 0.0
    toured_s: float | None = None
    problem: SystemProblem | None = None
    missed: dict[str, float] = field(default_factory=dict)  # by view: until when it is not turned to


class Turner:
    """The thread `turner`; `bring`, `turned_s` and `problems` may be called from any."""

    def __init__(
        self,
        cameras: Callable[[], Iterable[CameraEntry]],
        seeing: Seeing,
        is_viewed: Callable[[str], bool],
        *,
        open_head: Callable[[PtzSettings], Head] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cameras, self._seeing, self._is_viewed = cameras, seeing, is_viewed
        self._open = open_head or (lambda ptz: PtzClient(ptz.address, ptz.profile, ptz.timeout_s))
        self._clock = clock
        self._known: dict[str, _Camera] = {}
        self._asked: dict[str, str] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="turner", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it; a camera that is away from home stays where it is.

        Raises:
            TimeoutError: a camera's answer hangs; the thread ends with the program.
        """
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(STOP_LIMIT_S)
        if self._thread.is_alive():
            raise TimeoutError(f"{self._thread.name} did not end within {STOP_LIMIT_S:.0f} s")

    def bring(self, camera_id: str, view_id: str) -> bool:
        """Have a camera turned to a view for a moment; False where it is not, and who asks may ask again later.

        True as well while it is there: who asks wants to see it for longer.
        """
        entry = next((entry for entry in self._cameras() if entry.id == camera_id), None)
        if entry is None or entry.ptz is None or not self._token(entry, view_id) or self._is_viewed(camera_id):
            return False
        if self._seeing.now(camera_id) == view_id:
            return True
        known, now_s = self._known.get(camera_id), self._clock()
        if known is not None and (now_s < known.rest_until_s or now_s < known.missed.get(view_id, 0.0)):
            return False
        with self._lock:
            self._asked[camera_id] = view_id
        return True

    def turned_s(self, camera_id: str) -> float | None:
        """Return how many seconds ago a camera was turned to where it looks; None where people left it there."""
        known = self._known.get(camera_id)
        way = known.way if known is not None else None
        return None if way is None else self._clock() - way.asked_s

    def problems(self) -> tuple[SystemProblem, ...]:
        """Return why cameras are not turned."""
        return tuple(camera.problem for camera in list(self._known.values()) if camera.problem is not None)

    def tick(self) -> None:
        """Do what is due for each camera; waits for a camera's answer as long as its settings say."""
        entries = [entry for entry in self._cameras() if entry.ptz is not None]
        for gone in self._known.keys() - {entry.id for entry in entries}:
            del self._known[gone]
        for entry in entries:
            try:
                self._turn(entry)
            except Exception as err:  # top of one camera's turn: its surprise must not end turning the others
                logger.error("camera %s: unexpected, it is left where it is: %s", entry.id, err, exc_info=err)
                self._leave(self._known.get(entry.id), REST_S)

    def _turn(self, entry: CameraEntry) -> None:
        """Do what is due for one camera."""
        camera = self._camera(entry)
        with self._lock:
            asked = self._asked.pop(entry.id, None)
        try:
            self._step(entry, camera, asked)
        except StreamError as err:
            self._rest(entry, camera, err)

    def _run(self) -> None:
        while not self._stop.wait(PERIOD_S):
            try:
                self.tick()
            except Exception as err:  # top of the thread
                logger.error("turner: unexpected, going on: %s", err, exc_info=err)

    def _camera(self, entry: CameraEntry) -> _Camera:
        known = self._known.get(entry.id)
        if entry.ptz is not None and (known is None or known.settings != entry.ptz):
            known = self._known[entry.id] = _Camera(entry.ptz, self._open(entry.ptz))
        assert known is not None  # noqa: S101 - the caller asked for a PTZ
        return known

    def _step(self, entry: CameraEntry, camera: _Camera, asked: str | None) -> None:
        now_s = self._clock()
        if now_s < camera.rest_until_s:
            return
        way = camera.way
        if way is None:
            self._begin(entry, camera, asked, now_s)
        elif self._is_viewed(entry.id):
            camera.way = None  # it is the operator's now
        elif asked is not None and asked != way.view:
            self._go_first(way, asked, now_s)
        elif way.until_s is None:
            self._await(entry, camera, way, now_s)
        elif self._seeing.now(entry.id) not in (way.view, None):
            logger.info("camera %s: somebody else turned it, it is left there", entry.id)
            camera.way = None
        elif now_s >= way.until_s:
            self._go_on(entry, camera, way, now_s)

    def _begin(self, entry: CameraEntry, camera: _Camera, asked: str | None, now_s: float) -> None:
        """Leave home where somebody asked for it, or a tour is due."""
        if camera.toured_s is None:
            camera.toured_s = now_s  # a start is no reason to turn every camera of the city at once
        stops = [(asked, LOOK_HOLD_S)] if asked is not None else []
        if not stops and entry.tour is not None and now_s - camera.toured_s >= entry.tour.every_s:
            stops = [(view_id, entry.tour.dwell_s) for view_id in entry.tour.views]
        if not stops or self._is_viewed(entry.id):
            return
        camera.toured_s = camera.toured_s if asked is not None else now_s
        home_view = self._seeing.now(entry.id)
        camera.way = _Way(stops, home_view, camera.head.status().position, is_tour=asked is None)
        self._go_on(entry, camera, camera.way, now_s)

    def _go_first(self, way: _Way, asked: str, now_s: float) -> None:
        """Turn to a view that was asked for before going on with what is under way, once that had its time."""
        if (asked, LOOK_HOLD_S) not in way.stops:
            way.stops.insert(0, (asked, LOOK_HOLD_S))
        if way.until_s is not None:
            way.until_s = min(way.until_s, max(now_s, way.until_s - way.hold_s + LEAST_HOLD_S))

    def _go_on(self, entry: CameraEntry, camera: _Camera, way: _Way, now_s: float) -> None:
        if not way.stops:
            camera.way = None
            self._go_home(entry, camera, way)
            return
        way.view, way.hold_s = way.stops.pop(0)
        way.asked_s, way.until_s = now_s, None
        camera.head.go_to_preset(self._token(entry, way.view))
        camera.problem = None
        logger.info("camera %s: turned to view %s for %s", entry.id, way.view, "its tour" if way.is_tour else "a look")

    def _go_home(self, entry: CameraEntry, camera: _Camera, way: _Way) -> None:
        token = self._token(entry, way.home_view) if way.home_view is not None else ""
        if token:
            camera.head.go_to_preset(token)
        elif way.home is not None:
            camera.head.go_to(way.home)
        else:
            logger.warning("camera %s: it stays at view %s, as nobody knows where it was before", entry.id, way.view)

    def _await(self, entry: CameraEntry, camera: _Camera, way: _Way, now_s: float) -> None:
        """Wait until the view is recognised; one that was never learned is, once the camera stands there."""
        waited_s = now_s - way.asked_s
        if self._seeing.now(entry.id) == way.view:
            way.until_s = now_s + way.hold_s
        elif not self._seeing.is_known(entry.id, way.view) and _stands(camera, waited_s):
            self._seeing.tell(entry.id, way.view)
        if way.until_s is None and waited_s >= camera.settings.settle_s:
            camera.missed[way.view] = now_s + MISSED_S
            sentence = f"camera {entry.id}: turned to view {way.view}, but the picture is not what that looks like"
            facts = {"camera": entry.shown_name, "view": way.view}
            camera.problem = SystemProblem("view_not_reached", sentence, facts)
            logger.warning(sentence)
            self._go_on_after_miss(entry, camera, way, now_s)

    def _go_on_after_miss(self, entry: CameraEntry, camera: _Camera, way: _Way, now_s: float) -> None:
        problem = camera.problem
        self._go_on(entry, camera, way, now_s)
        camera.problem = problem

    def _rest(self, entry: CameraEntry, camera: _Camera, err: StreamError) -> None:
        """Leave a camera alone for a while after it could not be turned."""
        self._leave(camera, REST_S if err.retryable else LONG_REST_S)
        if camera.problem is None or camera.problem.message != f"camera {entry.id}: {err}":
            logger.warning("camera %s: it cannot be turned: %s", entry.id, err)
        camera.problem = SystemProblem(code_of(err), f"camera {entry.id}: {err}", {"camera": entry.shown_name})

    def _leave(self, camera: _Camera | None, rest_s: float) -> None:
        if camera is not None:
            camera.way = None
            camera.rest_until_s = self._clock() + rest_s

    @staticmethod
    def _token(entry: CameraEntry, view_id: str) -> str:
        return next((view.token for view in entry.views if view.id == view_id), "")


def _stands(camera: _Camera, waited_s: float) -> bool:
    """Tell whether a camera has turned, as far as it says; some say that they stand until they have begun to turn."""
    return waited_s >= SETTLE_MOVE_S and camera.head.status().is_moving is not True
