"""Stand-ins for what the pipeline waits for: time, horns, pictures."""

import heapq
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from broadcast.receipts import Receipt
from cases.packs import ModelFacts, OpeningFacts, PackFacts, PackPurpose, Part, PartRole
from cases.place_settings import PlaceSettings
from cases.records import NewCase, case_id_of
from cases.store import CaseStore
from detectors.events import Event, Phase, Reason
from pipeline.camera_settings import CameraEntry
from pipeline.places import Places
from streams.errors import UnknownCameraError

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


class FakeAgenda:
    """An agenda whose time is moved by hand; jobs run when `run` is called."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.held_back = 0
        self.is_stopping = False
        self._jobs: list[tuple[float, int, Callable[[], None]]] = []
        self._at_stop: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._failed: list[Callable[[], None]] = []

    def clock(self) -> float:
        return NOON.timestamp() + self.now_s

    def now(
        self, _name: str, run: Callable[[], None], *, is_urgent: bool = False, if_lost: Callable[[], None] | None = None
    ) -> None:
        def run_or_lose() -> None:
            try:
                run()
            except Exception as err:
                if if_lost is not None and (self.is_stopping or not getattr(err, "retryable", False)):
                    if_lost()
                raise

        self.after(float("-inf") if is_urgent else 0.0, _name, run_or_lose)

    def after(
        self, wait_s: float, _name: str, run: Callable[[], None], *, is_urgent: bool = False, at_stop: bool = False
    ) -> None:
        del is_urgent  # here jobs of the same time run one after the other
        job = (self.now_s + wait_s, next(self._numbers), run)
        heapq.heappush(self._jobs, job)
        if at_stop:
            self._at_stop.append(job)

    def stop(self) -> None:
        """Run what is due and what is to be done early; drop the rest."""
        self.is_stopping = True
        kept = [job for job in self._jobs if job[0] <= self.now_s or job in self._at_stop]
        self._jobs = [(min(due_s, self.now_s), number, run) for due_s, number, run in kept]
        heapq.heapify(self._jobs)
        self.run()

    def try_again(self) -> None:
        """Put the jobs that failed back, as the real agenda does after a while."""
        for run in self._failed:
            self.now("again", run)
        self._failed.clear()

    def run(self, seconds: float = 0.0) -> None:
        """Let time pass and run what falls due, in order."""
        end_s = self.now_s + seconds
        while self._jobs and self._jobs[0][0] <= end_s:
            due_s, _, run = heapq.heappop(self._jobs)
            self.now_s = max(self.now_s, due_s)
            self._failed.append(run)
            run()
            self._failed.pop()
        self.now_s = end_s


def event(phase: Phase = Phase.RAISED, event_id: str = "gate-kerb-1", t_s: float = 1000.0) -> Event:
    at = NOON + timedelta(seconds=t_s - 1000)
    return Event(
        event_id=event_id,
        kind="parking",
        phase=phase,
        camera_id="gate",
        zone_id="kerb",
        zone_version=1,
        t_s=t_s,
        captured_at=at,
        started_t_s=900.0,
        started_at=NOON - timedelta(seconds=100),
        box=(10.0, 10.0, 60.0, 40.0),
        class_id=3,
        score=0.9,
        reasons=(Reason("dwell", 100.0, "s"),),
    )


def facts(source: Event, purpose: PackPurpose = PackPurpose.OPENING, *incomplete: str) -> PackFacts:
    opening = OpeningFacts("0499", source.box, "car", source.score, source.started_at, source.captured_at)
    return PackFacts(
        event_id=source.event_id,
        kind=source.kind,
        purpose=purpose,
        camera_id=source.camera_id,
        camera_name="Gate",
        zone_id=source.zone_id,
        zone_name="Kerb",
        zone_version=1,
        t_s=source.t_s,
        captured_at=source.captured_at,
        clock_error_s=0.1,
        model=ModelFacts("m", "0" * 64, 0.3, "fake"),
        reasons=source.reasons,
        incomplete=incomplete,
        opening=opening if purpose is PackPurpose.OPENING else None,
    )


def city(folder: Path, cases: CaseStore, settings: PlaceSettings | None = None, *cameras: CameraEntry) -> Places:
    """Return what is known of a city with these cameras and no others."""
    known = {camera.id: camera for camera in cameras}

    def camera(camera_id: str) -> CameraEntry:
        if camera_id not in known:
            raise UnknownCameraError(camera_id)
        return known[camera_id]

    evidence = folder / "evidence"
    return Places(settings or PlaceSettings(), cases.database, evidence, camera, UTC, now=lambda: NOON)


def new_case(source: Event) -> NewCase:
    return NewCase(
        case_id=case_id_of(source.event_id),
        event_id=source.event_id,
        kind=source.kind,
        code="0499",
        camera_id=source.camera_id,
        camera_name="Gate",
        zone_id=source.zone_id,
        zone_name="Kerb",
        zone_version=1,
        started_at=source.started_at,
        raised_at=source.captured_at,
        opened_at=NOON,
        box=source.box,
        class_label="car",
        score=source.score,
        reasons=source.reasons,
    )


def part(name: str = "panorama-1.jpg") -> Part:
    return Part(name, b"picture", PartRole.PANORAMA)


def receipt(*, ok: bool = True, detail: str = "") -> Receipt:
    return Receipt("h", NOON, 3.0, "pcm_s16le", 1000, ok=ok, detail=detail, audio_sha256="ab", file="")
