"""The courier: everything arrives, in order of each case, however the receiver fails; nobody else is disturbed."""

import json
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from cases.case_event import CaseEvent
from cases.outbox import Letter, LetterState, Outbox
from cases.store import CaseStore
from pipeline.errors import ReceiverAwayError, ReceiverRefusesError
from pipeline.outward.courier import Courier, CourierPolicy
from pipeline.outward.webhook import WebhookSender
from tests.cases.builders import NOON
from tests.pipeline.outward.builders import SECRET, Clock, entry, filed, opened
from tests.pipeline.outward.receiver import LIMIT_S, Receiver, Reply, receiving

HOUR_S = 3600.0


class ScriptedSender:
    """Fails as told, for a case or for all, and keeps what it took."""

    def __init__(self) -> None:
        self.taken: list[CaseEvent] = []
        self.tries: list[CaseEvent] = []
        self.failing: dict[str, Exception] = {}
        self.rests = 0
        self._lock = threading.Lock()

    def send(self, letter: Letter) -> None:
        with self._lock:
            self.tries.append(letter.event)
            problem = self.failing.get(letter.event.case.number) or self.failing.get("*")
            if problem is not None:
                raise problem
            self.taken.append(letter.event)

    def rest(self) -> None:
        self.rests += 1

    def close(self) -> None:
        pass


@pytest.fixture
def sender() -> ScriptedSender:
    return ScriptedSender()


@pytest.fixture
def courier(outbox: Outbox, sender: ScriptedSender, clock: Clock) -> Iterator[Courier]:
    courier = Courier("platform", outbox, sender, CourierPolicy(give_up_s=24 * HOUR_S), now=clock)
    yield courier
    courier.stop()


def away(problem: str = "cannot be reached") -> ReceiverAwayError:
    return ReceiverAwayError("platform", problem)


def deliver_all(courier: Courier, clock: Clock, rounds: int = 60) -> None:
    """Go on until nothing waits, letting the time pass that the courier asks for."""
    for _ in range(rounds):
        rest = courier.deliver_due()
        clock.move(seconds=rest.seconds)


def story(events: list[CaseEvent]) -> dict[str, list[int]]:
    told: dict[str, list[int]] = {}
    for event in events:
        told.setdefault(event.case.number, []).append(event.change.seq)
    return told


def test_each_change_arrives_once_and_in_order_of_its_case(
    store: CaseStore, courier: Courier, sender: ScriptedSender, clock: Clock
) -> None:
    one, two = filed(store, "event-1"), filed(store, "event-2")

    deliver_all(courier, clock)

    assert story(sender.taken) == {one.number: [1, 2, 3], two.number: [1, 2, 3]}


def test_letter_after_one_that_failed_waits_for_it(
    store: CaseStore, courier: Courier, sender: ScriptedSender, clock: Clock
) -> None:
    case = filed(store)
    sender.failing["*"] = away()
    courier.deliver_due()
    clock.move(hours=1)
    courier.deliver_due()
    assert {event.change.seq for event in sender.tries} == {1}

    sender.failing.clear()
    clock.move(hours=1)
    deliver_all(courier, clock)

    assert story(sender.taken) == {case.number: [1, 2, 3]}


def test_letter_that_the_receiver_chokes_on_does_not_hold_up_other_cases(
    store: CaseStore, courier: Courier, sender: ScriptedSender, clock: Clock
) -> None:
    bad, good = opened(store, "event-1"), filed(store, "event-2")
    sender.failing[bad.number] = away("answers 500")

    deliver_all(courier, clock)

    assert story(sender.taken) == {good.number: [1, 2, 3]}


def test_receiver_that_is_down_is_asked_with_one_letter_at_growing_capped_spread_intervals(
    store: CaseStore, courier: Courier, sender: ScriptedSender, clock: Clock
) -> None:
    for number in range(30):
        opened(store, f"event-{number}")
    sender.failing["*"] = away()
    waits = []
    for _ in range(25):
        before = len(sender.tries)
        rest = courier.deliver_due()
        waits.append(rest.seconds)
        assert len(sender.tries) - before == (2 if before == 0 else 1)
        assert not rest.until_new  # a new case does not make it ask sooner
        clock.move(seconds=rest.seconds)

    assert waits[0] <= 1.0
    assert max(waits) <= 900.0
    assert all(450.0 <= wait <= 900.0 for wait in waits[-10:])
    assert len(set(waits[-10:])) > 1


def test_wait_that_the_receiver_asks_for_is_kept(
    store: CaseStore, courier: Courier, sender: ScriptedSender, clock: Clock
) -> None:
    opened(store)
    sender.failing["*"] = ReceiverAwayError("platform", "answers 429", wait_s=120.0)

    rest = courier.deliver_due()
    sender.failing.clear()
    clock.move(seconds=119)
    too_soon = courier.deliver_due()
    clock.move(seconds=2)
    courier.deliver_due()

    assert rest.seconds == 120.0
    assert too_soon.until_new
    assert len(sender.taken) == 1


def test_letter_that_failed_too_long_is_dead_and_later_ones_pass_it(
    store: CaseStore,
    courier: Courier,
    sender: ScriptedSender,
    clock: Clock,
    outbox: Outbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    case = opened(store)
    sender.failing["*"] = away()
    for _ in range(9):
        courier.deliver_due()
        clock.move(hours=4)
    sender.failing.clear()
    with caplog.at_level(logging.ERROR):
        deliver_all(courier, clock)

    [dead] = outbox.letters("platform", [LetterState.DEAD])
    assert (dead.event.change.seq, dead.event.case.number) == (1, case.number)
    assert dead.problem == "cannot be reached (given up after 28 h)"
    assert story(sender.taken) == {case.number: [2]}
    assert outbox.standings()[0].dead == 1


def test_week_without_power_gives_up_nothing(
    store: CaseStore, courier: Courier, sender: ScriptedSender, clock: Clock, outbox: Outbox
) -> None:
    opened(store)
    sender.failing["*"] = away()
    courier.deliver_due()
    clock.move(days=7)
    courier.deliver_due()

    assert outbox.letters("platform", [LetterState.DEAD]) == ()


def test_dead_letters_are_sent_again_by_hand(
    store: CaseStore, courier: Courier, sender: ScriptedSender, clock: Clock, outbox: Outbox
) -> None:
    case = filed(store)
    sender.failing["*"] = ReceiverRefusesError("platform", "answers 422")
    deliver_all(courier, clock)
    assert outbox.standings()[0].dead == 3
    sender.failing.clear()

    assert outbox.resend("platform", clock(), case_number=case.number) == 3
    deliver_all(courier, clock)

    assert story(sender.taken) == {case.number: [1, 2, 3]}
    assert (outbox.standings()[0].dead, outbox.standings()[0].waiting) == (0, 0)


def test_fault_of_ours_is_logged_and_the_letter_is_kept(
    store: CaseStore, courier: Courier, sender: ScriptedSender, outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    opened(store)
    sender.failing["*"] = KeyError("oops")

    courier.deliver_due()

    assert outbox.standings()[0].waiting == 2
    assert "KeyError" in courier.health().problem
    assert "unforeseen error" in caplog.text


def test_clock_that_was_set_back_does_not_make_letters_wait(
    store: CaseStore, courier: Courier, sender: ScriptedSender, clock: Clock
) -> None:
    clock.move(days=2)
    opened(store)
    sender.failing["*"] = away()
    courier.deliver_due()
    sender.failing.clear()
    clock.move(days=-1)

    courier.deliver_due()

    assert len(sender.taken) == 1


def test_what_was_delivered_long_ago_is_forgotten_and_what_is_dead_is_not(
    store: CaseStore, courier: Courier, sender: ScriptedSender, clock: Clock, outbox: Outbox
) -> None:
    good, bad = opened(store, "event-1"), opened(store, "event-2")
    sender.failing[bad.number] = ReceiverRefusesError("platform", "answers 422")
    deliver_all(courier, clock)
    clock.move(days=31)

    courier.deliver_due()

    states = list(LetterState)
    assert {letter.event.case.number for letter in outbox.letters("platform", states)} == {bad.number}
    assert good.number != bad.number


def test_database_that_refuses_stops_no_courier(
    store: CaseStore, outbox: Outbox, sender: ScriptedSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cases.errors import DatabaseError

    opened(store)
    refusals = [DatabaseError("database is locked")]
    real = outbox.due

    def due(*given: object) -> tuple[Letter, ...]:
        if refusals:
            raise refusals.pop()
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(outbox, "due", due)
    arrived = threading.Event()
    monkeypatch.setattr(sender, "send", lambda _letter: arrived.set())
    courier = Courier("platform", outbox, sender, CourierPolicy(first_s=0.01))
    courier.start()

    assert arrived.wait(LIMIT_S)
    courier.stop()


def test_change_of_a_case_wakes_the_courier_at_once(
    store: CaseStore, outbox: Outbox, receiver: Receiver, address: str
) -> None:
    sender = WebhookSender(entry(f"{address}/hooks"), "streetwarden test")
    courier = Courier("platform", outbox, sender, CourierPolicy(look_s=3600))
    courier.start()

    case = filed(store)
    requests = receiver.wait_for(3)
    courier.stop()

    assert [json.loads(request.body)["data"]["change"]["seq"] for request in requests] == [1, 2, 3]
    assert courier.health().delivered == 3
    assert store.get(case.case_id) == case


def test_receiver_that_is_silent_disturbs_neither_the_others_nor_the_cases(
    store: CaseStore, outbox: Outbox, receiver: Receiver, address: str
) -> None:
    outbox.set_targets({"platform": "events", "silent": "events"})
    with receiving() as (mute, elsewhere):
        mute.replies = [Reply(how="silent")] * 9
        silent = WebhookSender(entry(elsewhere, id="silent", timeout_s=5.0), "streetwarden test")
        good = WebhookSender(entry(f"{address}/hooks"), "streetwarden test")
        slow, quick = (
            Courier("silent", outbox, silent, CourierPolicy()),
            Courier("platform", outbox, good, CourierPolicy()),
        )
        slow.start()
        opened(store, "event-0")
        mute.wait_for(1)
        quick.start()

        filed(store)

        assert len(receiver.wait_for(5)) == 5
        quick.stop()
        assert {standing.target: standing.waiting for standing in outbox.standings()} == {"platform": 0, "silent": 5}
        mute.ending.set()
        slow.stop()


def test_flood_arrives_whole_and_in_order_through_every_kind_of_failure(
    store: CaseStore, outbox: Outbox, receiver: Receiver, address: str, clock: Clock
) -> None:
    numbers = {filed(store, f"event-{number}").number for number in range(12)}
    troubles = [
        Reply(500),
        Reply(429, {"retry-after": "1"}),
        Reply(how="reset"),
        Reply(503),
        Reply(how="silent"),
        Reply(404),
        Reply(302, {"location": "http://192.0.2.1/"}),
    ]
    receiver.replies = [reply for trouble in troubles for reply in (Reply(), trouble, Reply())]
    given = list(receiver.replies)
    sender = WebhookSender(entry(f"{address}/hooks", timeout_s=0.5), "streetwarden test", now=clock)
    courier = Courier("platform", outbox, sender, CourierPolicy(parallel=4), now=clock)

    deliver_all(courier, clock, rounds=120)
    courier.stop()

    told = [json.loads(request.body)["data"] for request in receiver.requests]
    by_case = {
        number: [each["change"]["seq"] for each in told if each["case"]["number"] == number] for number in numbers
    }
    assert all(list(dict.fromkeys(seqs)) == [1, 2, 3] == sorted(set(seqs)) for seqs in by_case.values())
    assert all(seqs == sorted(seqs) for seqs in by_case.values())
    assert len({each["id"] for each in told}) == 36
    assert len(told) == 36 + sum(reply.status >= 300 or reply.how != "answer" for reply in given)
    assert 1 < receiver.most_at_once <= 4


def test_secret_stands_in_no_log_and_no_problem(
    store: CaseStore,
    outbox: Outbox,
    receiver: Receiver,
    address: str,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    opened(store)
    receiver.replies = [Reply(401, body=SECRET.encode()), Reply(how="reset"), Reply(422, body=SECRET.encode())]
    sender = WebhookSender(entry(f"{address}/hooks/token-7731"), "streetwarden test", now=clock)
    courier = Courier("platform", outbox, sender, CourierPolicy(), now=clock)

    with caplog.at_level(logging.DEBUG, logger="pipeline"):
        for _ in range(4):
            clock.move(seconds=courier.deliver_due().seconds + 1)
    courier.stop()

    letters = outbox.letters("platform", list(LetterState))
    told = caplog.text + "".join(letter.problem for letter in letters) + courier.health().problem
    assert "answers 401" in told
    assert "answers 422" in told
    assert SECRET not in told
    assert SECRET.removeprefix("whsec_") not in told
    assert "token-7731" not in told


def test_first_try_of_a_letter_is_its_moment(outbox: Outbox, store: CaseStore, clock: Clock) -> None:
    opened(store)

    [letter] = outbox.due("platform", clock(), 5)

    assert letter.queued_at == NOON + timedelta(seconds=1)
    assert (letter.tries, letter.first_tried_at) == (0, None)
