"""The whole program before a camera that turns when its PTZ service is told to: evidence, closing, coming back."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from broadcast.settings import BroadcastSettings, LadderSettings
from cases.closing_settings import ClosingSettings
from cases.deeds import Order
from cases.packs import PackPurpose
from cases.posts import Doer
from cases.records import Case
from cases.states import Action
from pipeline.camera_settings import CameraEntry
from pipeline.settings import EvidenceSettings, Settings
from pipeline.system import System
from streams.opening import Openers
from tests.e2e.sites import cases_of, until
from tests.pipeline.drawn_street import ColourLooker, opener, street
from tests.streams.ptz_server import PtzCamera, serving
from vision.arrays import Picture

pytestmark = pytest.mark.e2e
KERB, EMPTY_KERB = street(blue=None, seed=3), street(red=None, blue=None, seed=3)
GATE = cv2.flip(street(red=None, blue=None, seed=8), 1)
ELSEWHERE = street(red=None, blue=None, seed=21)[::-1].copy()


class Street:
    """What the camera shows, by where its service says that it points."""

    def __init__(self, head: PtzCamera) -> None:
        self._head = head
        self.has_car = True

    def picture(self) -> Picture:
        at = {self._head.presets["1"]: KERB if self.has_car else EMPTY_KERB, self._head.presets["2"]: GATE}
        return at.get(self._head.position, ELSEWHERE)


@pytest.fixture
def head() -> Iterator[PtzCamera]:
    with serving() as made:
        made.position = made.presets["1"]
        yield made


def zones(path: Path) -> Path:
    """One zone over all of each view; that of the gate would raise anything at once."""
    whole = [[0, 0], [1, 0], [1, 1], [0, 1]]
    rows = [
        {"id": view, "polygon": whole, "view": view, "rule": {"kind": "parking", "limit_s": limit_s}}
        for view, limit_s in (("kerb", 8), ("gate", 1))
    ]
    path.write_text(json.dumps({"zones": rows}), encoding="utf-8")
    return path


def system_of(folder: Path, head: PtzCamera, shown: Street) -> System:
    camera = CameraEntry.model_validate(
        {
            "id": "square",
            "url": "synthetic://parking",
            "zones": zones(folder / "zones.json"),
            "views": [{"id": "kerb", "name": "Kerb", "token": "1"}, {"id": "gate", "token": "2"}],
            "ptz": {"url": head.url},
        }
    )
    settings = Settings(
        data=folder / "data",
        evidence=EvidenceSettings(keys=folder / "keys"),
        broadcast=BroadcastSettings(ladder=LadderSettings(levels=0)),
        closing=ClosingSettings(after_s=15, again_s=600, repeat_s=600, turn=True),
        cameras=(camera,),
    )
    return System(settings, Openers({"synthetic": opener(shown.picture)}), model=ColourLooker())


def dispatched(system: System, case: Case) -> Case:
    for action, unit in (("accept", ""), ("approve", ""), ("dispatch", "cleaning-2")):
        case = system.decide(case.case_id, Order(Action(action), unit=unit), by=Doer("system"))
    return case


def test_case_of_one_view_is_looked_at_again_from_the_same_preset(head: PtzCamera, tmp_path: Path) -> None:
    shown = Street(head)
    system = system_of(tmp_path, head, shown)
    system.start()
    try:
        until(lambda: system.cameras()[0].health.state == "live", "the camera is there")
        assert {p.code for p in system.health().problems} >= {"views_unknown"}
        system.views.tell("square", "kerb")
        until(lambda: system.views.now("square") == "kerb", "the kerb is recognised")
        head.position = head.presets["2"]
        until(lambda: system.views.now("square") is None, "it is noticed that the camera has turned")
        system.views.tell("square", "gate")
        until(lambda: system.views.now("square") == "gate", "the gate is recognised")
        head.position = head.presets["1"]
        until(lambda: [c.state.value for c in cases_of(system, "square")] == ["filed"], "the car is filed")
        [case] = cases_of(system, "square")
        until(lambda: len(system.cases.get(case.case_id).packs) >= 3, "panorama and clip are there")
        head.position = head.presets["2"]
        until(lambda: system.views.now("square") == "gate", "an operator looks at the gate")
        dispatched(system, case)
        shown.has_car = False
        until(lambda: bool(system.cases.get(case.case_id).closing.finding), "the place was looked at", 180)
        looked = system.cases.get(case.case_id)
        until(lambda: head.position == head.presets["2"], "the camera is back at the gate", 180)
    finally:
        system.stop()

    assert [c.zone_id for c in cases_of(system, "square")] == ["kerb"]
    assert (looked.closing.finding, looked.closing.proposal) == ("gone", "close")
    folder = tmp_path / "data" / "evidence"
    told = [json.loads((folder / pack.folder / "manifest.json").read_bytes())["facts"] for pack in looked.packs]
    assert {facts["preset"] for facts in told} == {"Kerb (kerb), ONVIF 1"}
    assert [pack.purpose for pack in looked.packs].count(PackPurpose.CLOSING) == 1
    [look] = [row for row in system.cases.history(case.case_id) if row.action == "look"]
    assert "turned_camera" in {measure["key"] for measure in look.detail["measures"]}
    assert system.evidence.verify(case.case_id, looked.manifests).problems == ()
    assert not [thread.name for thread in threading.enumerate() if thread.name == "turner"]
