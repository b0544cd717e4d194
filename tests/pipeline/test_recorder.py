"""Recordings of the service: they replay bit for bit from the start of each file, and trouble stops nothing else."""

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from broadcast.settings import BroadcastSettings, LadderSettings
from detectors.events import Event, Phase
from pipeline import recorder as recorder_module
from pipeline.camera_settings import CameraEntry
from pipeline.recorder import Recorder
from pipeline.recordings import RecordingFolder
from pipeline.rerun import Rerun
from pipeline.settings import EvidenceSettings, RecordingSettings, Settings
from pipeline.system import System
from pipeline.watch import CameraWatch
from streams.opening import Openers
from tests.e2e.sites import until, zones_file
from tests.pipeline.drawn_street import ColourLooker, encode_street
from tests.pipeline.recorded import TWO_STOPS, observations, record, zone
from tests.vision.streets import BEGAN_AT
from vision.observations import Observation

FPS = 5
STAYS_S, DRIVES_S, LENGTH_S = 14, 3, 60


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both cars stand; then the red one drives off."""
    away = [max(0.0, (index / FPS - STAYS_S) / DRIVES_S) for index in range(LENGTH_S * FPS)]
    pictures = [(-400.0 * gone, 0.0) for gone in away]
    return encode_street(tmp_path_factory.mktemp("street") / "street.mp4", pictures, FPS)


def settings_of(folder: Path, clip: Path) -> Settings:
    camera = CameraEntry(
        id="gate", name="Gate", url=f"file://{clip}", zones=zones_file(folder / "zones.json", kind="parking", limit_s=4)
    )
    return Settings(
        data=folder / "data",
        evidence=EvidenceSettings(keys=folder / "keys"),
        broadcast=BroadcastSettings(ladder=LadderSettings(levels=0)),
        cameras=(camera,),
    )


@pytest.mark.e2e
def test_live_run_replays_from_its_recordings_with_the_same_events(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "FILE_S", 5.0)
    system = System(settings_of(tmp_path, clip), Openers(), model=ColourLooker())
    live: list[Event] = []
    tell = system._flow.on_event
    monkeypatch.setattr(system._flow, "on_event", lambda event: (live.append(event), tell(event)))
    system.start()
    try:
        until(lambda: {event.phase for event in live} == set(Phase), "one of the cars that were raised has left")
        zones = system.zones("gate")
        system.save_zones(
            "gate", [zones[0].model_copy(update={"rule": zones[0].rule.model_copy(update={"limit_s": 3})})]
        )
        saved = len(live)
        until(lambda: any(event.phase is Phase.RAISED for event in live[saved:]), "the new zone judges too")
    finally:
        system.stop()

    files = RecordingFolder(tmp_path / "data" / "recordings").of_camera("gate")
    assert len(files) >= 4
    assert {event.phase for event in live} == set(Phase)
    together, apart = Rerun(), []
    assert [event for file in files for step in together.run(file.path) for event in step.real] == live
    for file in files:
        apart += [event for step in Rerun().run(file.path) for event in step.real]
    assert apart == live


KERB = zone(limit_s=60)


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


def recorder_in(folder: Path, clock: Hand | None = None, *, free: int = 2**40, **settings: object) -> Recorder:
    made = RecordingSettings.model_validate(settings)
    now = lambda: BEGAN_AT + timedelta(days=1)  # noqa: E731
    return Recorder(RecordingFolder(folder / "recordings"), made, clock=clock or Hand(), now=now, free=lambda: free)


def fed(recorder: Recorder, seen: Iterable[Observation], watch: CameraWatch | None = None) -> list[Event]:
    """Have a watch take in observations, as the looking thread does; returns the events."""
    watch = watch or CameraWatch("gate", [KERB])
    recorder.begins(watch)
    events: list[Event] = []
    for observation in seen:
        events += watch.replay(observation).events
        recorder.saw(watch, observation)
    return events


def replayed(folder: Path) -> list[Event]:
    files = RecordingFolder(folder / "recordings").of_camera("gate")
    return [event for file in files for step in Rerun().run(file.path) for event in step.real]


def test_all_that_was_handed_over_is_written_at_the_stop(tmp_path: Path) -> None:
    recorder = recorder_in(tmp_path)
    recorder.start()
    live = fed(recorder, observations(TWO_STOPS, 400))
    recorder.stop()

    assert replayed(tmp_path) == live
    assert (recorder.lost, recorder.problems()) == (0, ())


def test_looking_waits_for_no_disk_and_what_is_lost_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "MOST_WAITING", 50)
    recorder = recorder_in(tmp_path)
    live = fed(recorder, observations(TWO_STOPS, 400))  # nobody writes meanwhile
    assert recorder.lost > 300
    recorder.start()
    recorder.stop()

    assert 0 < len(replayed(tmp_path)) < len(live)


def test_file_after_a_loss_begins_with_what_is_known_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "MOST_WAITING", 50)
    seen = observations(TWO_STOPS, 400)
    recorder, watch = recorder_in(tmp_path), CameraWatch("gate", [KERB])
    fed(recorder, seen[:120], watch)
    monkeypatch.undo()
    recorder.start()
    until(recorder._waiting.empty, "what waited is written")
    live: list[Event] = []
    for observation in seen[120:]:
        live += watch.replay(observation).events
        recorder.saw(watch, observation)
        until(recorder._waiting.empty, "it is written")
    recorder.stop()

    assert replayed(tmp_path)[-len(live) :] == live
    assert live


def test_disk_without_room_stops_recording_in_words_and_it_goes_on_later(tmp_path: Path) -> None:
    clock, room = Hand(), [100 * 2**20]
    recorder = Recorder(
        RecordingFolder(tmp_path / "recordings"), RecordingSettings(), clock=clock, free=lambda: room[0]
    )
    recorder.start()
    watch = CameraWatch("gate", [KERB])
    seen = observations(TWO_STOPS, 400)
    fed(recorder, seen[:50], watch)
    until(lambda: recorder.problems() != (), "the health page is told")
    [problem] = recorder.problems()
    assert (problem.code, problem.facts) == ("recording_stopped", {"cause": "little_room"})
    assert "only 100 MiB are free" in problem.message
    assert not list((tmp_path / "recordings").rglob("*.obs.gz"))

    room[0] = 2**40
    clock.s += recorder_module.AGAIN_S + 1
    live: list[Event] = []
    for observation in seen[50:]:
        live += watch.replay(observation).events
        recorder.saw(watch, observation)
    recorder.stop()
    assert recorder.problems() == ()
    assert 0 < recorder.lost <= 51
    assert replayed(tmp_path) == live


def test_disk_that_refuses_to_write_is_told_by_its_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(recorder_module.ObservationWriter, "write", full)
    recorder = recorder_in(tmp_path)
    recorder.start()
    fed(recorder, observations(TWO_STOPS, 20))
    recorder.stop()

    [problem] = recorder.problems()
    assert problem.facts == {"cause": "ENOSPC"}
    assert "the disk is full" in problem.message


def test_old_recordings_go_and_beyond_the_most_bytes_the_oldest(tmp_path: Path) -> None:
    folder = RecordingFolder(tmp_path / "recordings")
    for hours in (0, 20, 21, 22):
        at = BEGAN_AT + timedelta(hours=hours)
        record(folder.root, [KERB], observations(TWO_STOPS, 60, begins_at=at))
    sizes = [recording.size_bytes for recording in folder.of_camera("gate")]

    assert folder.prune(BEGAN_AT + timedelta(hours=1), 2**30) == 1
    assert [r.begins_at.hour for r in folder.of_camera("gate")] == [4, 5, 6]
    newest = folder.of_camera("gate")[-1].path
    assert folder.prune(BEGAN_AT, sum(sizes[2:])) == 1
    assert folder.prune(BEGAN_AT, 0, {newest}) == 1
    assert [r.path for r in folder.of_camera("gate")] == [newest]


def test_recordings_are_removed_by_age_though_recording_is_off(tmp_path: Path) -> None:
    record(tmp_path / "recordings", [KERB], observations([], 5))
    recorder = recorder_in(tmp_path, on=False, keep_days=0.5)
    recorder.start()
    fed(recorder, observations(TWO_STOPS, 20))
    until(lambda: not RecordingFolder(tmp_path / "recordings").all(), "the old one is removed")
    recorder.stop()

    assert recorder.lost == 0


def test_recordings_of_a_camera_go_with_it(tmp_path: Path) -> None:
    recorder = recorder_in(tmp_path)
    recorder.start()
    fed(recorder, observations(TWO_STOPS, 20))
    recorder.ends("gate")
    recorder.stop()

    assert not (tmp_path / "recordings" / "gate").exists()


KILLED = """
import sys, time
from pathlib import Path
from pipeline.recorder import Recorder
from pipeline.recordings import RecordingFolder
from pipeline.settings import RecordingSettings
from tests.pipeline.recorded import TWO_STOPS, observations
from tests.pipeline.test_recorder import fed
import pipeline.recorder
pipeline.recorder.SYNC_S = 0.0
recorder = Recorder(RecordingFolder(Path(sys.argv[1])), RecordingSettings(), free=lambda: 2**40)
recorder.start()
fed(recorder, observations(TWO_STOPS, 300))
while not recorder._waiting.empty():
    time.sleep(0.05)
time.sleep(1)
print("written", flush=True)
time.sleep(600)
"""


def test_recording_of_a_killed_program_is_replayed_up_to_the_last_sync(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "recordings")], stdout=subprocess.PIPE, cwd=root
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"written\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    [file] = RecordingFolder(tmp_path / "recordings").of_camera("gate")
    rerun = Rerun()
    steps = list(rerun.run(file.path))
    process.stdout.close()

    assert rerun.is_cut
    assert len(steps) == 301


def test_end_of_a_camera_waits_for_room_and_its_file_is_not_left_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "MOST_WAITING", 50)
    recorder = recorder_in(tmp_path)
    fed(recorder, observations(TWO_STOPS, 120))  # the queue is full
    removing = threading.Thread(target=recorder.ends, args=("gate",))
    removing.start()
    recorder.start()
    removing.join()
    recorder.stop()

    assert not RecordingFolder(tmp_path / "recordings").of_camera("gate")


def test_observation_that_is_given_up_while_it_is_handed_over_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder, watch = recorder_in(tmp_path), CameraWatch("gate", [KERB])
    recorder.begins(watch)
    [observation] = observations(TWO_STOPS, 0)
    asked = iter([lambda: 0.0, lambda: recorder._begun_s.pop("gate", 0.0)])  # the thread comes between at the second
    monkeypatch.setattr(recorder, "_clock", lambda: next(asked)())
    watch.replay(observation)
    recorder.saw(watch, observation)
    assert "gate" not in recorder._begun_s
