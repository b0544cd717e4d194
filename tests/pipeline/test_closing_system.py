"""The whole program on a drawn street: one car leaves after dispatch, the other one stays."""

from pathlib import Path

import pytest

from broadcast.settings import BroadcastSettings, LadderSettings
from cases.closing_settings import ClosingSettings
from cases.deeds import Order
from cases.packs import PackPurpose
from cases.posts import Doer
from cases.records import Case
from cases.states import Action, CaseState
from pipeline.camera_settings import CameraEntry
from pipeline.settings import EvidenceSettings, Settings
from pipeline.system import System
from streams.opening import Openers
from tests.e2e.sites import cases_of, until, zones_file
from tests.pipeline.drawn_street import RED, ColourLooker, encode_street

pytestmark = pytest.mark.e2e
FPS = 5
STAYS_S, DRIVES_S, LENGTH_S = 34, 5, 110
"""Seconds that both cars stand; that the red one takes to drive off behind the blue one's back; of the whole clip."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    gone = [max(0.0, (index / FPS - STAYS_S) / DRIVES_S) for index in range(LENGTH_S * FPS)]
    pictures = [(-share * 400.0, 0.0) for share in gone]
    return encode_street(tmp_path_factory.mktemp("street") / "street.mp4", pictures, FPS)


def dispatched(system: System, case: Case) -> Case:
    for action, unit in (("accept", ""), ("approve", ""), ("dispatch", "cleaning-2")):
        case = system.decide(case.case_id, Order(Action(action), unit=unit), by=Doer("system"))
    return case


def test_car_that_left_is_proposed_to_be_closed_and_the_one_that_stays_is_posted(clip: Path, tmp_path: Path) -> None:
    camera = CameraEntry(
        id="gate",
        name="Gate",
        url=f"file://{clip}",
        zones=zones_file(tmp_path / "zones.json", kind="parking", limit_s=5),
    )
    settings = Settings(
        data=tmp_path / "data",
        evidence=EvidenceSettings(keys=tmp_path / "keys"),
        broadcast=BroadcastSettings(ladder=LadderSettings(levels=0)),
        closing=ClosingSettings(after_s=45, again_s=5, repeat_s=600),
        cameras=(camera,),
    )
    system = System(settings, Openers(), model=ColourLooker())
    system.start()
    try:
        until(lambda: [c.state.value for c in cases_of(system, "gate")] == ["filed"] * 2, "both cars are filed")
        for case in cases_of(system, "gate"):
            dispatched(system, case)
        until(lambda: all(case.closing.finding for case in cases_of(system, "gate")), "both were looked at")
        looked = {case.box[0] < RED[2]: case for case in cases_of(system, "gate")}
    finally:
        system.stop()

    left, stayed = looked[True], looked[False]
    assert (left.closing.finding, left.closing.proposal) == ("gone", "close")
    assert (stayed.closing.finding, stayed.closing.proposal) == ("still_there", "supervise")
    assert {case.state for case in looked.values()} == {CaseState.DISPATCHED}
    for case in looked.values():
        assert [pack.purpose for pack in case.packs].count(PackPurpose.CLOSING) == 1
        assert system.evidence.verify(case.case_id, case.manifests).problems == ()
