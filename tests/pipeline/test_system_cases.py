"""What the whole program does with cases and pictures whose camera is gone."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr, TypeAdapter

from broadcast.ladder import CAMERA_AWAY
from broadcast.settings import BroadcastSettings, HornEntry
from cases.deeds import Order
from cases.errors import UnknownCodeError
from cases.posts import Doer
from cases.records import Case
from cases.states import Action
from detectors.events import Event
from pipeline.camera_settings import CameraEntry
from pipeline.errors import NoHornError
from pipeline.settings import Settings
from pipeline.system import System
from streams.opening import Openers
from tests.e2e.sites import until
from tests.pipeline.fakes import event, facts, new_case, part
from vision.detections import Detections
from vision.frames import Frame


class SeesNothing:
    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        return [Detections.empty() for _ in frames]


def new_system(data: Path, broadcast: BroadcastSettings | None = None) -> System:
    settings = Settings(data=data, broadcast=broadcast or BroadcastSettings())
    return System(settings, Openers(), model=SeesNothing())


def open_case(system: System) -> Case:
    """Open a case of a camera that the settings do not have (any more)."""
    now = datetime.now(UTC)
    new = replace(new_case(event()), raised_at=now, opened_at=now)
    return system.cases.open_case(new, system.evidence.write_pack(new.case_id, [part()], facts(event())))


def put_on_ladder(data: Path, case: Case) -> Path:
    """Leave a case at a wait that is long over."""
    step = {"kind": "wait", "level": 1, "at_s": 1.0, "until_s": 2.0, "spoken": 1, "reason": ""}
    path = data / "ladders" / f"{case.case_id}.json"
    path.write_text(json.dumps({"event": TypeAdapter(Event).dump_python(event(), mode="json"), "step": step}))
    return path


def test_case_of_a_removed_camera_is_left_to_the_operator(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    system = new_system(tmp_path)
    step = put_on_ladder(tmp_path, open_case(system))
    system.start()
    try:
        until(lambda: CAMERA_AWAY in step.read_text(), "the case is held")
    finally:
        system.stop()
    assert "Traceback" not in caplog.text
    assert "failed" not in caplog.text


def test_nothing_can_be_said_for_a_case_of_a_removed_camera(tmp_path: Path) -> None:
    system = new_system(tmp_path)
    case = open_case(system)
    with pytest.raises(NoHornError):
        system.warn(case.case_id, actor="li")
    system.stop()


def test_horn_that_the_settings_lost_is_no_horn(tmp_path: Path) -> None:
    horns = BroadcastSettings(horns=(HornEntry(id="h", url=SecretStr(f"file://{tmp_path}/said")),))
    system = new_system(tmp_path, horns)
    system.start()
    system.add_camera(CameraEntry(id="gate", url="file:///nowhere/there-is-none.mp4", horn="h"))
    system.stop()
    again = new_system(tmp_path)
    step = put_on_ladder(tmp_path, open_case(again))
    again.start()
    try:
        with pytest.raises(NoHornError):
            again.warn(new_case(event()).case_id, actor="li")
        until(lambda: CAMERA_AWAY in step.read_text(), "the case is held")
    finally:
        again.stop()


def test_first_panoramas_that_nobody_waits_for_are_removed_at_the_start(tmp_path: Path) -> None:
    system = new_system(tmp_path)
    left = tmp_path / "pending" / "gone-kerb-1.jpg"
    left.write_bytes(b"picture")
    system.start()
    try:
        until(lambda: not left.exists(), "the picture is gone")
    finally:
        system.stop()


def test_condition_that_the_table_has_not_is_refused_before_a_case_is_bound_to_it(tmp_path: Path) -> None:
    system = new_system(tmp_path)
    case, li = open_case(system), Doer("li")
    system.decide(case.case_id, Order(Action.FILE), by=li)

    with pytest.raises(UnknownCodeError, match="not 99"):
        system.decide(case.case_id, Order(Action.ACCEPT, condition=99), by=li)

    assert system.decide(case.case_id, Order(Action.ACCEPT, condition=1), by=li).handling.condition == 1
    system.stop()
