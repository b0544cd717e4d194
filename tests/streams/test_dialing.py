"""Waits between dials and the budget that all dials share."""

import threading
from collections.abc import Callable

import pytest

from streams.dialing import BUSY_WAIT_S, SLOW_WAIT_S, DialBudget, DialLimits, Waits
from streams.errors import StreamBusyError, StreamNotFoundError, StreamOpenError, StreamReadError
from streams.settings import StreamSettings
from tests.streams.helpers import LIMIT_S, HandClock, eventually

SETTINGS = StreamSettings(first_wait_s=1, longest_wait_s=60)
AWAY = StreamOpenError("away")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def waits(clock: HandClock) -> Waits:
    return Waits(SETTINGS, clock.clocks.monotonic, lambda _low, high: high)


def test_outage_of_up_to_a_minute_is_tried_at_a_steady_short_pace(waits: Waits, clock: HandClock) -> None:
    taken = []
    for _ in range(12):
        taken.append(waits.after(AWAY))
        clock.advance(5)
    assert taken == [1] * 12


@pytest.mark.parametrize(("away_s", "wait_s"), [(600, 10), (1800, 30), (3600, 60), (86_400, 60)])
def test_long_outage_is_tried_ever_more_slowly_up_to_the_longest_wait(
    waits: Waits, clock: HandClock, away_s: float, wait_s: float
) -> None:
    waits.after(AWAY)
    clock.advance(away_s)
    assert waits.after(AWAY) == pytest.approx(wait_s)


def test_connection_that_lasted_ends_the_outage(waits: Waits, clock: HandClock) -> None:
    waits.after(AWAY)
    clock.advance(3600)
    waits.connected()
    waits.succeeded()
    assert waits.after(AWAY) == 1


def test_connection_that_broke_early_does_not_end_the_outage(waits: Waits, clock: HandClock) -> None:
    waits.after(AWAY)
    clock.advance(3600)
    waits.connected()
    assert waits.after(AWAY) == 60


def test_camera_that_breaks_early_again_and_again_is_tried_ever_more_slowly(waits: Waits) -> None:
    taken = []
    for _ in range(12):
        waits.connected()
        taken.append(waits.after(AWAY))
    assert taken == [1, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]


def test_waits_differ_so_that_cameras_do_not_come_back_together() -> None:
    assert len({round(Waits(SETTINGS).after(AWAY), 6) for _ in range(20)}) > 10


def test_wrong_path_is_tried_slowly(waits: Waits) -> None:
    assert waits.after(StreamNotFoundError("no such path")) == SLOW_WAIT_S


def test_path_that_worked_before_is_tried_quickly_as_the_camera_may_boot(waits: Waits) -> None:
    waits.connected()
    waits.succeeded()
    assert waits.after(StreamNotFoundError("no such path")) == 1


def test_camera_without_a_free_session_is_asked_patiently(waits: Waits) -> None:
    assert waits.after(StreamBusyError("no free session")) == BUSY_WAIT_S


def test_no_wait_is_longer_than_the_settings_allow(clock: HandClock) -> None:
    waits = Waits(StreamSettings(first_wait_s=0.1, longest_wait_s=2), clock.clocks.monotonic)
    for err in (StreamBusyError("busy"), StreamNotFoundError("no such path"), StreamReadError("broke")):
        assert waits.after(err) <= 2


class Dials:
    """Threads that dial under one budget, and the order in which they were let in."""

    def __init__(self, budget: DialBudget) -> None:
        self.budget = budget
        self.stop = threading.Event()
        self.let_in: list[str] = []
        self._release = {}
        self._threads: list[threading.Thread] = []

    def dial(self, name: str) -> None:
        self._release[name] = threading.Event()
        thread = threading.Thread(target=self._dial, args=(name,), name=f"dial-{name}")
        self._threads.append(thread)
        thread.start()

    def release(self, name: str) -> None:
        self._release[name].set()

    def end(self) -> None:
        self.stop.set()
        self.budget.wake()
        for name, event in self._release.items():
            assert name
            event.set()
        for thread in self._threads:
            thread.join(LIMIT_S)
            assert not thread.is_alive()

    def _dial(self, name: str) -> None:
        with self.budget.slot(self.stop) as has_slot:
            if has_slot:
                self.let_in.append(name)
                self._release[name].wait(LIMIT_S)


@pytest.fixture
def dials_under() -> Callable[[DialLimits], Dials]:
    made: list[Dials] = []

    def make(limits: DialLimits) -> Dials:
        made.append(Dials(DialBudget(limits)))
        return made[-1]

    yield make
    for dials in made:
        dials.end()


def test_who_waits_longest_dials_first(dials_under: Callable[[DialLimits], Dials]) -> None:
    dials = dials_under(DialLimits(at_once=1, per_s=1000, lease_s=3600))
    for number in range(8):
        dials.dial(str(number))
        eventually(lambda n=number: len(dials.let_in) == 1 and len(dials.budget._queue) == n, "queued")
    for number in range(8):
        eventually(lambda n=number: len(dials.let_in) == n + 1, "the next one")
        dials.release(str(number))
    assert dials.let_in == [str(number) for number in range(8)]


def test_first_in_the_queue_that_gives_up_holds_up_nobody(dials_under: Callable[[DialLimits], Dials]) -> None:
    dials = dials_under(DialLimits(at_once=1, per_s=1000, lease_s=3600))
    dials.dial("dials")
    eventually(lambda: dials.let_in, "the first")
    gives_up = threading.Event()
    leaver = threading.Thread(target=lambda: dials.budget.slot(gives_up).__enter__())
    leaver.start()
    eventually(lambda: len(dials.budget._queue) == 1, "the one that gives up")
    dials.dial("patient")
    eventually(lambda: len(dials.budget._queue) == 2, "both wait")
    gives_up.set()
    dials.budget.wake()
    leaver.join(LIMIT_S)
    dials.release("dials")
    eventually(lambda: dials.let_in == ["dials", "patient"], "the patient one")


def test_dials_are_spread_over_time(clock: HandClock) -> None:
    budget = DialBudget(DialLimits(at_once=1000, per_s=20), monotonic=clock.clocks.monotonic)
    waited_s = []
    for _ in range(5):
        ticket = object()
        budget._queue.append(ticket)
        waited_s.append(budget._wait_s(ticket))
        clock.advance(waited_s[-1])
        budget._queue.remove(ticket)
        with budget.slot(threading.Event()):
            pass
    assert waited_s == pytest.approx([0, 0.05, 0.05, 0.05, 0.05])


def test_knock_ends_at_once_on_stop() -> None:
    budget = DialBudget(DialLimits(knocks_per_s=0.001))
    stop = threading.Event()
    assert budget.knock(stop)
    stop.set()
    assert not budget.knock(stop)


@pytest.mark.parametrize("limits", [{"at_once": 0}, {"per_s": 0}, {"knocks_per_s": -1}, {"lease_s": 0}])
def test_budget_that_lets_nobody_in_is_refused(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="dial budget needs"):
        DialLimits(**limits)
