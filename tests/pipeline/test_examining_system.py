"""The whole program on a drawn street: what was called false comes again and is held back, and no horn plays."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from broadcast.settings import BroadcastSettings, HornEntry, LadderSettings
from cases.deeds import Order
from cases.examining import EXAMINE
from cases.posts import Doer
from cases.queries import CaseQuery
from cases.records import Case
from cases.states import Action, CaseState
from pipeline.camera_settings import CameraEntry
from pipeline.settings import EvidenceSettings, Settings
from pipeline.system import System
from streams.opening import Openers
from tests.e2e.sites import cases_of, until, zones_file
from tests.pipeline.drawn_street import BLUE, RED, ColourLooker, encode_street

pytestmark = pytest.mark.e2e
FPS = 5
STANDS_S, DRIVES_S, AWAY_S, LENGTH_S = 25, 5, 25, 130
"""Seconds that the red car stands first; that it takes to drive off, and back; that it is away; of the whole clip."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def gone(t_s: float) -> float:
        leaving = (t_s - STANDS_S) / DRIVES_S
        coming = (t_s - STANDS_S - DRIVES_S - AWAY_S) / DRIVES_S
        return min(1.0, max(0.0, leaving)) - min(1.0, max(0.0, coming))

    pictures = [(-400.0 * gone(index / FPS), 0.0) for index in range(LENGTH_S * FPS)]
    return encode_street(tmp_path_factory.mktemp("street") / "street.mp4", pictures, FPS)


@pytest.fixture
def settings(clip: Path, tmp_path: Path) -> Settings:
    zones = zones_file(tmp_path / "zones.json", kind="parking", limit_s=5)
    horn = HornEntry(id="h", url=SecretStr(f"file://{tmp_path}/said?pace=0"), quiet_hours=())
    return Settings(
        data=tmp_path / "data",
        evidence=EvidenceSettings(keys=tmp_path / "keys"),
        broadcast=BroadcastSettings(ladder=LadderSettings(levels=1, wait_s=3600), horns=(horn,)),
        cameras=(CameraEntry(id="gate", name="Gate", url=f"file://{clip}", horn="h", zones=zones),),
    )


def red_cases(system: System) -> list[Case]:
    return [case for case in cases_of(system, "gate") if abs(case.box[0] - RED[0]) < 60]


def warnings_of(system: System, box: tuple[float, float, float, float]) -> int:
    return sum(case.warnings_count for case in cases_of(system, "gate") if abs(case.box[0] - box[0]) < 60)


def test_thing_that_was_called_false_is_held_back_when_it_comes_again(settings: Settings) -> None:
    system = System(settings, Openers(), model=ColourLooker())
    system.start()
    try:
        until(lambda: warnings_of(system, RED) == 1 and warnings_of(system, BLUE) == 1, "both cars are spoken to")
        (false,) = red_cases(system)
        system.decide(false.case_id, Order(Action.DISMISS, "not_an_offence"), by=Doer("li"))
        until(lambda: len(red_cases(system)) == 2, "the red car came again")
        again = red_cases(system)[1]
        until(lambda: system.cases.get(again.case_id).held_back, "it is held back")
        held = system.cases.get(again.case_id)
        listed = [case.case_id for case in system.cases.find(CaseQuery(held_back=True)).cases]
        (said,) = [row.detail for row in system.cases.history(again.case_id) if row.action == EXAMINE]
        spoken_before = warnings_of(system, RED)
        system.decide(again.case_id, Order(Action.CONFIRM), by=Doer("li"))
        until(lambda: warnings_of(system, RED) == 2, "once a person confirms it, it is spoken to")
        remembered = settings.data / "false_alarms" / "gate.json"
        assert remembered.is_file()
        system.remove_camera("gate")
        until(lambda: not remembered.exists(), "a camera that is removed takes its false alarms with it")
    finally:
        system.stop()

    assert (held.state, held.warnings_count, spoken_before) == (CaseState.CANDIDATE, 0, 1)
    assert listed == [again.case_id]
    assert (said["examiner"], said["verdict"], said["reason"]) == ("memory", "doubts", "like_false")
    assert {"key": "case", "value": false.number, "score": None} in said["facts"]  # type: ignore[operator]
    assert system.evidence.verify(again.case_id, again.manifests).problems == ()
