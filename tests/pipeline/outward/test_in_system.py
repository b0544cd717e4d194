"""The whole program with a receiver outside: what happens to a case there arrives, and the health page tells."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cases.deeds import Order
from cases.posts import Doer
from cases.states import Action
from pipeline.outward.settings import OutwardSettings
from pipeline.settings import Settings
from pipeline.system import System
from streams.opening import Openers
from tests.pipeline.fakes import event, facts, new_case, part
from tests.pipeline.outward.builders import entry
from tests.pipeline.outward.receiver import Receiver, Reply
from vision.detections import Detections
from vision.frames import Frame


class SeesNothing:
    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        return [Detections.empty() for _ in frames]


@pytest.fixture
def system(tmp_path: Path, address: str) -> Iterator[System]:
    outward = OutwardSettings(targets=(entry(f"{address}/hooks"),))
    system = System(Settings(data=tmp_path / "data", outward=outward), Openers(), model=SeesNothing())
    system.start()
    yield system
    system.stop()


def test_case_is_told_from_its_opening_to_its_end(system: System, receiver: Receiver) -> None:
    now = datetime.now(UTC)
    new = replace(new_case(event()), raised_at=now, opened_at=now)
    case = system.cases.open_case(new, system.evidence.write_pack(new.case_id, [part()], facts(event())))
    system.decide(case.case_id, Order(Action.FILE, "不听劝"), by=Doer("li"))
    system.decide(case.case_id, Order(Action.CLOSE, "已清理"), by=Doer("li"))

    told = [json.loads(request.body)["data"]["change"]["action"] for request in receiver.wait_for(4)]

    assert told[:4] == ["open", "add_pack", "file", "close"]
    assert 'streetwarden_outbox_waiting{target="platform"}' in system.metrics.text().decode()


def test_receiver_that_fails_is_told_on_the_health_page_and_the_cases_go_on(system: System, receiver: Receiver) -> None:
    receiver.replies = [Reply(500)] * 50
    now = datetime.now(UTC)
    new = replace(new_case(event()), raised_at=now, opened_at=now)
    case = system.cases.open_case(new, system.evidence.write_pack(new.case_id, [part()], facts(event())))
    receiver.wait_for(4)

    assert "outbox_away" in [problem.code for problem in system.health().problems]
    assert system.decide(case.case_id, Order(Action.DISMISS, "误报"), by=Doer("li")).state == "dismissed"
