"""Recordings of the service: they replay bit for bit from the start of each file, and trouble stops nothing else."""

from pathlib import Path

import pytest

from broadcast.settings import BroadcastSettings, LadderSettings
from detectors.events import Event, Phase
from pipeline import recorder as recorder_module
from pipeline.recordings import RecordingFolder
from pipeline.rerun import Rerun
from pipeline.settings import CameraEntry, EvidenceSettings, Settings
from pipeline.system import System
from streams.opening import Openers
from tests.e2e.sites import until, zones_file
from tests.pipeline.drawn_street import ColourLooker, encode_street

pytestmark = pytest.mark.e2e
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
