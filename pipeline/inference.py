"""Runs the looking thread: takes fresh pictures of many cameras, glances at each, sends some through the model.

Most pictures only need the glance: comparisons of pixels prove that nothing has come to rest or gone. The thread waits
for nobody: it takes whatever is fresh, at most one picture a camera. A camera whose watch fails is counted and said
once a period; the others go on.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from detectors.rules import Pace
from models.lanes import Lanes
from pipeline.closer import Allowance
from pipeline.intake import CORRUPT, FAILED, NOT_DUE, FrameIntake
from pipeline.open_watch import Watch
from pipeline.watch import Looked
from streams.gears import Gear
from streams.offers import KeyDecoders, Offer
from vision.closer_look import CloserLook, Look, merged
from vision.detections import Detections
from vision.frames import Frame
from vision.perception import Glance

logger = logging.getLogger(__name__)

MOST_IN_BATCH, MOST_PER_CORE = 8, 1
"""Batching gains little on a processor, and a longer batch delays every camera in it: one that somebody watches waits
for the batch before its own. Bounds the decoded pictures that are held at a time, too."""

WAIT_S = 0.5
"""How long the thread sleeps at most when no frame comes; bounds the time to stop."""

JOIN_LIMIT_S = 30.0
"""A batch takes a second on a slow machine; a thread that does not end in this time hangs in the model."""

COMPLAIN_EVERY_S = 60.0


class Looker(Protocol):
    """Whatever finds things in frames: a `models.model.Model`, or known truth in a test."""

    def detect(self, frames: Sequence[Look]) -> list[Detections]:
        """Return what is in each frame, whole or parts of it, in the same order and in pixels of the whole."""
        ...


@dataclass(slots=True)
class Watched:
    """A camera as the looking thread sees it; only that thread and, for a glance, one of its lanes touch `watch`.

    Attributes:
        watch: what looks.
        pace: how closely it is looked at at present.
        want: asks the camera's reader for a gear.
        problem: why the last look failed; empty where it did not.
    """

    watch: Watch
    pace: Pace
    want: Callable[[Gear], None]
    complained_s: float = -COMPLAIN_EVERY_S
    failures: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Glanced:
    """A glance with what follows from it.

    Attributes:
        watched: the camera.
        glance: at its frame.
        wants_model: whether the model must see the frame.
        closer: at what the model looks more closely with it, if anything.
    """

    watched: Watched
    glance: Glance
    wants_model: bool
    closer: CloserLook | None = None


class InferenceLoop:
    """The thread `inference-<name>`; calls `on_looked` after each look, on that thread.

    What must happen between two looks (new zones, a checkpoint) is handed in by `between`, so that a watch is only
    ever used by this thread. `most` pictures are looked at together, one a core where nobody has measured what is best.
    """

    def __init__(
        self,
        name: str,
        model: Looker,
        intake: FrameIntake,
        on_looked: Callable[[Watched, Looked], None],
        *,
        closer_per_s: float = 0.0,
        most: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model = model
        self._intake = intake
        self._lanes = Lanes("glance")
        self._decoders = [KeyDecoders() for _ in range(self._lanes.count)]
        self._most = min(MOST_IN_BATCH, max(most or 0, MOST_PER_CORE * self._lanes.count))
        self._on_looked = on_looked
        self._clock = clock
        self._allowance = Allowance(closer_per_s, clock)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._watched: dict[str, Watched] = {}
        self._errands: list[Callable[[dict[str, Watched]], None]] = []
        self._thread = threading.Thread(target=self._run, name=f"inference-{name}", daemon=True)
        self.problem = ""

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    @property
    def failing(self) -> dict[str, str]:
        """Why the last look failed, by id of the cameras where it did."""
        return {camera_id: watched.problem for camera_id, watched in list(self._watched.items()) if watched.problem}

    @property
    def has_ended(self) -> bool:
        """Whether the thread ended although nobody stopped it."""
        return self._thread.ident is not None and not self._thread.is_alive() and not self._stop.is_set()

    def stop(self) -> None:
        """End the thread and wait for it; errands that wait are done first.

        Raises:
            TimeoutError: it did not end in time.
        """
        self._stop.set()
        self._intake.close()
        if self._thread.is_alive():
            self._thread.join(JOIN_LIMIT_S)
        if self._thread.is_alive():
            raise TimeoutError(f"{self._thread.name} did not end within {JOIN_LIMIT_S:.0f} s; the model may hang")
        self._lanes.close()
        self._do_errands()

    def between(self, errand: Callable[[dict[str, Watched]], None]) -> None:
        """Have `errand` called with the watches by camera id, on the looking thread, between two batches.

        That it fails is said in the log only.
        """
        with self._lock:
            self._errands.append(errand)

    def between_and_wait(self, errand: Callable[[dict[str, Watched]], None], timeout_s: float = 10.0) -> None:
        """Do the same as `between` and wait until it is done.

        Raises:
            TimeoutError: the looking thread did not come round in time.
            Exception: whatever the errand raised.
        """
        done = threading.Event()
        failures: list[Exception] = []

        def then_tell(watched: dict[str, Watched]) -> None:
            try:
                errand(watched)
            except Exception as err:  # noqa: BLE001 - raised again below, where somebody can do something
                failures.append(err)
            finally:
                done.set()

        if not self._thread.is_alive():
            errand(self._watched)
            return
        self.between(then_tell)
        if not done.wait(timeout_s):
            raise TimeoutError(f"{self._thread.name} did not come round within {timeout_s:.0f} s")
        for failure in failures:
            raise failure

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._do_errands()
                self._look_at(self._intake.take(self._most, WAIT_S))
            except Exception as err:  # top of the thread: no surprise may end the watch over all cameras
                logger.error("%s: unexpected, looking on: %s", self._thread.name, err, exc_info=err)
                self._stop.wait(WAIT_S)

    def _do_errands(self) -> None:
        with self._lock:
            errands, self._errands = self._errands, []
        for errand in errands:
            try:
                errand(self._watched)
            except Exception as err:  # one errand's failure must not end those behind it, nor the thread
                logger.error("%s: an errand failed: %s", self._thread.name, err, exc_info=err)

    def _look_at(self, offers: list[Offer]) -> None:
        glances = self._glances(offers)
        for_model = [self._with_closer(seen) for seen in glances if seen.wants_model]
        closer = [seen.closer for seen in for_model if seen.closer is not None]
        found = self._detect([seen.glance.frame for seen in for_model], closer)
        parts = iter(found[len(for_model) :])
        for seen, whole in zip(for_model, found, strict=False):
            self._take(seen, whole, None if seen.closer is None else next(parts))
        for seen in glances:
            if not seen.wants_model:
                self._take(seen, None)

    def _glances(self, offers: list[Offer]) -> list[Glanced]:
        """Glance at offers of several cameras at the same time, a core each; most of it is decoding."""
        if not offers:
            return []

        def glance(lane: int, rows: slice) -> list[Glanced | None]:
            return [self._glance(offer, self._decoders[lane]) for offer in offers[rows]]

        return [seen for part in self._lanes.parts(len(offers), glance) for seen in part if seen is not None]

    def _glance(self, offer: Offer, decoders: KeyDecoders) -> Glanced | None:
        """Decode an offer that is due, compare it with what is known, and tell whether the model must see it.

        None, counted, where nothing comes of it.
        """
        watched = self._watched.get(offer.camera_id)
        if watched is None:
            self._intake.count_dropped([offer.camera_id], NOT_DUE)
            return None
        try:
            if not watched.watch.is_due(offer.t_s, watched.pace.look_hz):
                self._intake.count_dropped([offer.camera_id], NOT_DUE)
                return None
            frame = offer.open(decoders)
            if frame is None:
                self._intake.count_dropped([offer.camera_id], CORRUPT)
                return None
            glance = watched.watch.glance(frame)
            return Glanced(watched, glance, watched.watch.wants_model(glance, watched.pace.model_hz))
        except Exception as err:  # noqa: BLE001 - one camera's bad state must not stop the others
            self._fail(watched, err)
            return None

    def _with_closer(self, seen: Glanced) -> Glanced:
        """Add a closer look where something is small and the allowance of all cameras bears it."""
        if not self._allowance.has_one():
            return seen
        try:
            closer = seen.watched.watch.closer(seen.glance)
        except Exception as err:  # noqa: BLE001 - the look at the whole frame is still worth taking
            self._complain(seen.watched, err)
            return seen
        if closer is not None:
            self._allowance.spend()
        return replace(seen, closer=closer)

    def _detect(self, due: list[Frame], closer: list[CloserLook]) -> list[Detections]:
        """Return what is in each frame and then in each closer look.

        Where the model fails that is nothing at all, and the frames are counted as failed.
        """
        try:
            found = self._model.detect([*due, *closer]) if due else []
            if len(found) != len(due) + len(closer):
                raise RuntimeError(f"it was shown {len(due) + len(closer)} pictures and spoke of {len(found)}")
        except Exception as err:
            if not self.problem:
                logger.error("%s: the model failed, trying on: %s", self._thread.name, err, exc_info=err)
            self.problem = f"the model fails: {err}"
            self._intake.count_dropped([frame.camera_id for frame in due], FAILED)
            self._stop.wait(WAIT_S)
            return []
        self.problem = self.problem if not due else ""
        return found

    def _take(self, seen: Glanced, whole: Detections | None, part: Detections | None = None) -> None:
        watched = seen.watched
        try:
            detections = whole if whole is None or part is None else merged(whole, part)
            looked = watched.watch.take(seen.glance, detections, seen.closer)
        except Exception as err:  # noqa: BLE001 - as above
            self._fail(watched, err)
            return
        watched.problem = ""
        self._intake.count_looked(watched.watch.camera_id, inferred=detections is not None)
        try:
            self._on_looked(watched, looked)
        except Exception as err:  # noqa: BLE001 - as above
            self._complain(watched, err)

    def _fail(self, watched: Watched, err: Exception) -> None:
        watched.problem = str(err) or type(err).__name__
        self._intake.count_dropped([watched.watch.camera_id], FAILED)
        self._complain(watched, err)

    def _complain(self, watched: Watched, err: Exception) -> None:
        watched.failures += 1
        if self._clock() - watched.complained_s >= COMPLAIN_EVERY_S:
            watched.complained_s = self._clock()
            logger.error(
                "camera %s: %d looks failed, the last with: %s",
                watched.watch.camera_id,
                watched.failures,
                err,
                exc_info=err,
            )
