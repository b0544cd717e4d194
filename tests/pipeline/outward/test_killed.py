"""The program is killed between a change and its delivery, at moments of chance: nothing is lost, the order stays."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from cases.database import Database
from cases.outbox import Outbox
from cases.states import Action, CaseState
from cases.store import CaseStore
from pipeline.outward.courier import Courier, CourierPolicy
from pipeline.outward.webhook import WebhookSender
from tests.cases.builders import NOON
from tests.pipeline.outward.builders import Clock, entry, opened
from tests.pipeline.outward.receiver import Receiver, Reply

CHECKOUT = Path(__file__).resolve().parents[3]


def run_until_killed(url: str, address: str, name: str, cases: int) -> list[str]:
    """Start the program, kill it once so many cases are filed, and return the ids of those it told of."""
    command = [sys.executable, "-m", "tests.pipeline.outward.dying_office", url, address, name]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        told = [program.stdout.readline().strip() for _ in range(cases)]
        program.kill()
        told += program.stdout.read().split()
    return told


@pytest.mark.parametrize("trouble", ["none", "slow and failing"])
def test_kill_loses_no_letter_and_keeps_the_order_of_each_case(
    database: Database, tmp_path: Path, receiver: Receiver, address: str, trouble: str
) -> None:
    url = f"sqlite:///{tmp_path}/cases.sqlite"
    chance = random.Random(7731)  # noqa: S311 - the same moments at each run of the test
    filed_ids: list[str] = []
    for run in range(3):
        if run == 2:  # the last one can deliver nothing
            receiver.replies = [Reply(how="silent")] * 100
        elif trouble != "none":
            receiver.replies = [chance.choice([Reply(), Reply(500), Reply(how="reset")]) for _ in range(40)]
        filed_ids += run_until_killed(url, address, f"run-{run}", chance.randint(2, 15))
    receiver.replies = []

    clock = Clock()
    clock.move(days=1)
    outbox, store = Outbox(database), CaseStore(database)
    left = outbox.standings()[0].waiting
    courier = Courier(
        "platform", outbox, WebhookSender(entry(address), "streetwarden test", now=clock), CourierPolicy(), now=clock
    )
    while outbox.standings()[0].waiting:
        courier.deliver_due()
        clock.move(minutes=20)
    courier.stop()

    by_case: dict[str, list[int]] = {}
    for request in receiver.requests:
        told = json.loads(request.body)["data"]
        by_case.setdefault(told["case"]["case_id"], []).append(told["change"]["seq"])
    assert left >= 3
    assert set(filed_ids) <= set(by_case)
    for case_id, seqs in by_case.items():
        assert seqs == sorted(seqs)
        assert set(seqs) == {row.seq for row in store.history(case_id)}


def test_change_that_is_rolled_back_tells_nobody(
    store: CaseStore, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCutError(Exception):
        """Comes after the change and before its commit."""

    def cut(*_: object) -> NoReturn:
        raise PowerCutError

    case = opened(store)
    monkeypatch.setattr("cases.store._refreshed", cut)
    with pytest.raises(PowerCutError):
        store.apply(case.case_id, Action.FILE, actor="li", reason="", at=NOON)

    assert store.get(case.case_id).state is CaseState.CANDIDATE
    assert outbox.standings()[0].waiting == 2 == len(store.history(case.case_id))
