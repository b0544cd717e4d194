"""Does what comes round again and again: checkpoints, the time of cases, retention, telling the page what changed.

One thread; a step that fails is said once in the log and tried again at its next turn, and holds up no other.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass

from broadcast.horn_worker import HornHealth
from pipeline.hub import Hub
from pipeline.messages import CameraMessage, HornMessage
from streams.health import CameraHealth

logger = logging.getLogger(__name__)

TELL_EVERY_S = 1.0

STOP_LIMIT_S = 30.0
"""A step takes its own time limits at most: keeping checkpoints waits up to 10 s for the looking thread."""

TELLS_A_CHECKPOINT = 20
"""A crash loses at most so many seconds of dwell clocks that nobody had checkpointed yet."""

TELLS_A_LOOK_AT_THE_TIME = 30
"""Cases have minutes at the least; a suspension ends at midnight."""


TELLS_A_LOOK_AT_CASES = 10
"""Looks after dispatch are due to the minute; asking which are takes a millisecond."""

TELLS_A_RETENTION = 60
"""Once a minute a few cases whose time is over lose their evidence: thousands a day, without ever being long at it."""


@dataclass(frozen=True, slots=True)
class HouseParts:
    """What a housekeeper asks and calls; each on its own thread."""

    hub: Hub
    cameras: Callable[[], Iterable[CameraHealth]]
    horns: Callable[[], Iterable[HornHealth]]
    save_checkpoints: Callable[[], None]
    keep_time: Callable[[], None]
    """Has cases do what only the passing of time asks for."""
    apply_retention: Callable[[], object] | None = None
    begin_looks: Callable[[], object] | None = None


class Housekeeper:
    """The thread `housekeeper`."""

    def __init__(self, parts: HouseParts, *, period_s: float = TELL_EVERY_S) -> None:
        self._parts = parts
        self._period_s = period_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeper", daemon=True)
        self._told: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._failing: set[str] = set()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it; a step that is under way is finished.

        Raises:
            TimeoutError: that step hangs; the thread ends with the program.
        """
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(STOP_LIMIT_S)
        if self._thread.is_alive():
            raise TimeoutError(f"{self._thread.name} did not end within {STOP_LIMIT_S:.0f} s")

    def _run(self) -> None:
        round_number = 0
        while not self._stop.wait(self._period_s):
            round_number += 1
            self._try("telling of cameras", self._tell_cameras)
            self._try("telling of horns", self._tell_horns)
            if round_number % TELLS_A_CHECKPOINT == 0:
                self._try("keeping checkpoints", self._parts.save_checkpoints)
            if round_number % TELLS_A_LOOK_AT_THE_TIME == 0:
                self._try("keeping the time of cases", self._parts.keep_time)
            if self._parts.begin_looks is not None and round_number % TELLS_A_LOOK_AT_CASES == 0:
                self._try("beginning looks after dispatch", self._parts.begin_looks)
            if self._parts.apply_retention is not None and round_number % TELLS_A_RETENTION == 0:
                self._try("deleting what is kept no longer", self._parts.apply_retention)

    def _try(self, doing: str, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception as err:
            if doing not in self._failing:
                logger.error("%s failed, tried again: %s", doing, err, exc_info=err)
            self._failing.add(doing)
        else:
            if doing in self._failing:
                logger.info("%s works again", doing)
            self._failing.discard(doing)

    def _tell_cameras(self) -> None:
        told: set[str] = set()
        for camera in self._parts.cameras():
            told.add(camera.camera_id)
            if self._is_news("camera", camera.camera_id, camera.state, camera.problem):
                message = CameraMessage(camera.camera_id, camera.state, camera.problem, camera.problem_code)
                self._parts.hub.publish(message)
        self._forget("camera", told)

    def _tell_horns(self) -> None:
        told: set[str] = set()
        for horn in self._parts.horns():
            told.add(horn.horn_id)
            if self._is_news("horn", horn.horn_id, horn.state, horn.problem):
                self._parts.hub.publish(HornMessage(horn.horn_id, horn.state, horn.problem))
        self._forget("horn", told)

    def _is_news(self, *told: str) -> bool:
        before, self._told[told[:2]] = self._told.get(told[:2]), told[2:]
        return before != told[2:]

    def _forget(self, kind: str, present: Set[str]) -> None:
        """Forget what was told of things that were removed: one that comes again under the same name is news."""
        for key in [key for key in self._told if key[0] == kind and key[1] not in present]:
            del self._told[key]
