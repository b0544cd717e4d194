"""Jobs with due times on one thread: order, tries, and the stop."""

import threading
from functools import partial

import pytest

from pipeline.agenda import Agenda


class FullDiskError(Exception):
    retryable = True


class FakeClock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_jobs_run_in_the_order_of_their_due_times() -> None:
    clock = FakeClock()
    agenda = Agenda("test", clock=clock)
    ran: list[str] = []
    agenda.at(99.0, "late", lambda: ran.append("99"))
    agenda.at(98.0, "later", lambda: ran.append("98"))
    agenda.now("now", lambda: ran.append("100"))
    agenda.start()
    agenda.stop()
    assert ran == ["98", "99", "100"]


def test_urgent_jobs_run_before_all_that_wait_and_in_their_own_order() -> None:
    agenda = Agenda("test", clock=FakeClock())
    ran: list[str] = []

    def opens() -> None:
        ran.append("raised")
        agenda.now("opening", lambda: ran.append("opening"), is_urgent=True)

    agenda.at(90.0, "clip", lambda: ran.append("clip"))
    agenda.now("raised", opens, is_urgent=True)
    agenda.now("ended", lambda: ran.append("ended"), is_urgent=True)
    agenda.start()
    agenda.stop()
    assert ran == ["raised", "ended", "opening", "clip"]


def test_urgent_job_of_the_future_runs_before_all_that_wait_once_it_is_due() -> None:
    clock = FakeClock()
    agenda = Agenda("test", clock=clock)
    ran: list[str] = []

    def works(name: str) -> None:
        ran.append(name)
        clock.now_s += 1.0

    for number in range(4):
        agenda.now(f"clip {number}", partial(works, f"clip {number}"))
    agenda.after(1.5, "look again", partial(works, "look again"), is_urgent=True)
    agenda.start()
    agenda.stop()
    assert ran == ["clip 0", "clip 1", "look again", "clip 2", "clip 3"]


def test_job_of_the_future_waits_and_is_dropped_at_stop() -> None:
    agenda = Agenda("test", clock=FakeClock())
    ran: list[str] = []
    agenda.after(5.0, "future", lambda: ran.append("future"))
    agenda.start()
    agenda.stop()
    assert ran == []


def test_job_that_is_to_be_done_early_rather_than_never_runs_at_stop() -> None:
    agenda = Agenda("test", clock=FakeClock())
    ran: list[str] = []

    def first() -> None:
        ran.append("first")
        agenda.after(9.0, "second", lambda: ran.append("second"), at_stop=True)

    agenda.after(5.0, "first", first, at_stop=True)
    agenda.start()
    agenda.stop()
    assert ran == ["first", "second"]


def test_job_that_is_not_tried_again_says_so_once() -> None:
    agenda = Agenda("test", clock=FakeClock())
    lost: list[str] = []

    def broken() -> None:
        raise RuntimeError("broken")

    def full() -> None:
        raise FullDiskError("the disk is full")

    agenda.now("broken", broken, if_lost=lambda: lost.append("broken"))
    agenda.now("full", full, if_lost=lambda: lost.append("full"))
    agenda.start()
    agenda.stop()
    assert lost == ["broken", "full"]


def test_job_that_fails_for_a_while_is_held_back_and_done_once_it_can_be() -> None:
    agenda = Agenda("test", clock=lambda: 0.0)
    agenda_clock = [0.0]
    agenda = Agenda("test", clock=lambda: agenda_clock[0])
    failed, done = threading.Event(), threading.Event()

    def job() -> None:
        if agenda_clock[0] < 10:
            failed.set()
            raise FullDiskError("disk is full")
        done.set()

    agenda.start()
    agenda.now("write", job)
    assert failed.wait(10)
    while agenda.held_back == 0:
        pass
    assert agenda.problem == "disk is full"
    agenda_clock[0] = 20.0
    agenda.now("nudge", lambda: None)
    assert done.wait(10)
    agenda.stop()
    assert (agenda.held_back, agenda.problem) == (0, "")


def test_job_that_is_held_back_is_tried_once_more_at_stop_and_its_loss_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    agenda = Agenda("test", clock=FakeClock())
    tries: list[int] = []
    failed = threading.Event()

    def job() -> None:
        tries.append(1)
        failed.set()
        raise FullDiskError("the disk is full")

    agenda.start()
    agenda.now("write", job)
    assert failed.wait(10)
    while agenda.held_back == 0:
        pass
    agenda.stop()
    assert len(tries) == 2
    assert "write: lost, as the program stops before it could be done: the disk is full" in caplog.text


def test_job_that_fails_for_good_does_not_stop_the_next() -> None:
    agenda = Agenda("test")
    done = threading.Event()

    def broken() -> None:
        raise RuntimeError("broken")

    agenda.start()
    agenda.now("broken", broken)
    agenda.now("next", done.set)
    assert done.wait(10)
    agenda.stop()
    assert agenda.held_back == 0


def test_job_that_hangs_at_the_end_is_named_and_holds_up_the_stop_no_longer_than_the_limit() -> None:
    agenda, begun, release = Agenda("test"), threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        release.wait(60)

    agenda.now("case 7: writing the clip", hang)
    agenda.now("case 8: writing the clip", lambda: None)
    agenda.start()
    assert begun.wait(60)
    with pytest.raises(TimeoutError, match=r"case 7: writing the clip', 1 jobs behind it"):
        agenda.stop(0.05)
    release.set()
    agenda.stop()
