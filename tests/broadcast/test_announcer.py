"""One voice per horn, and exactly one receipt per clip."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, time

import pytest
from pydantic import SecretStr

from broadcast.announcer import Announcer
from broadcast.audio import AudioClip
from broadcast.errors import HornAuthError, HornBusyError, HornUnavailableError, UnknownHornError
from broadcast.horn_worker import MAX_WAITING, HornHealth, HornPolicy, Priority
from broadcast.loudness import rms_dbfs
from broadcast.quiet_hours import QuietWindow, VolumeCap
from broadcast.receipts import Receipt
from broadcast.settings import HornEntry
from tests.broadcast.fakes import LONG_S, MIDNIGHT, NOON, FakeHorn
from tests.broadcast.sounds import tone

SOON = HornPolicy(first_s=0.01, max_s=0.05, well_s=3600)
NEVER = HornPolicy(first_s=3600, max_s=3600, well_s=3600)
ALL_DAY = QuietWindow(start=time(0), end=time(0))


def entry(horn_id: str = "gate", **more: object) -> HornEntry:
    return HornEntry.model_validate({"id": horn_id, "url": SecretStr("file:///x"), **more})


class Receipts:
    """Collects receipts as they come."""

    def __init__(self) -> None:
        self._came: queue.Queue[tuple[str, Receipt, str]] = queue.Queue()

    def taker(self, name: str = "") -> Callable[[Receipt], None]:
        return lambda receipt: self._came.put((name, receipt, threading.current_thread().name))

    def next(self) -> tuple[str, Receipt, str]:
        return self._came.get(timeout=LONG_S)

    def is_empty(self) -> bool:
        return self._came.empty()


@contextmanager
def announcing(
    *horns: FakeHorn, entries: tuple[HornEntry, ...] = (), now: datetime = NOON, policy: HornPolicy = NEVER
) -> Iterator[Announcer]:
    """Run an announcer over fake horns; each has been checked once when this begins."""
    by_id = {horn.horn_id: horn for horn in horns}
    announcer = Announcer(
        entries or tuple(entry(horn.horn_id) for horn in horns),
        opener=lambda horn_id, _: by_id[horn_id],
        wall_clock=lambda: now,
        policy=policy,
    )
    announcer.start()
    for horn in horns:
        assert horn.checked.acquire(timeout=LONG_S)
    try:
        yield announcer
    finally:
        announcer.close()


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until it holds, as long as a slow machine may take."""
    waited = threading.Event()
    for _ in range(int(LONG_S / 0.005)):
        if condition():
            return
        waited.wait(0.005)
    raise AssertionError("it did not come to hold")


def health(announcer: Announcer) -> HornHealth:
    return announcer.health()[0]


def test_clip_is_said_and_its_receipt_comes_on_the_horns_thread() -> None:
    horn, receipts = FakeHorn(), Receipts()
    with announcing(horn) as announcer:
        announcer.say("gate", tone(), Priority.AUTO, receipts.taker())
        _, receipt, thread = receipts.next()
    assert receipt.ok
    assert thread == "horn-gate"
    assert horn.played[0].sha256 == tone().sha256


def test_more_urgent_clip_cuts_off_what_a_person_says() -> None:
    horn, receipts = FakeHorn(holds=True), Receipts()
    with announcing(horn) as announcer:
        announcer.say("gate", tone(), Priority.OPERATOR, receipts.taker("operator"))
        assert horn.began.wait(LONG_S)
        horn.holds = False
        announcer.say("gate", tone(), Priority.EMERGENCY, receipts.taker("emergency"))
        first, second = receipts.next(), receipts.next()
    assert (first[0], first[1].ok) == ("operator", False)
    assert "more urgent" in first[1].detail
    assert (second[0], second[1].ok) == ("emergency", True)


def test_automatic_clip_that_was_cut_off_is_said_again_afterwards() -> None:
    horn, receipts = FakeHorn(holds=True), Receipts()
    with announcing(horn) as announcer:
        announcer.say("gate", tone(), Priority.AUTO, receipts.taker("auto"))
        assert horn.began.wait(LONG_S)
        horn.holds = False
        announcer.say("gate", tone(), Priority.OPERATOR, receipts.taker("operator"))
        told = [receipts.next(), receipts.next()]
    assert [(name, receipt.ok) for name, receipt, _ in told] == [("operator", True), ("auto", True)]
    assert len(horn.played) == 3


def test_equally_urgent_clip_waits_for_its_turn() -> None:
    horn, receipts = FakeHorn(holds=True), Receipts()
    with announcing(horn) as announcer:
        announcer.say("gate", tone(), Priority.OPERATOR, receipts.taker("first"))
        assert horn.began.wait(LONG_S)
        announcer.say("gate", tone(), Priority.OPERATOR, receipts.taker("second"))
        assert len(horn.played) == 1
        assert health(announcer).waiting == 1


def test_waiting_clips_are_said_most_urgent_first() -> None:
    horn, receipts = FakeHorn(holds=True), Receipts()
    with announcing(horn) as announcer:
        announcer.say("gate", tone(), Priority.EMERGENCY, receipts.taker("running"))
        assert horn.began.wait(LONG_S)
        for name, priority in [("auto 1", Priority.AUTO), ("live", Priority.LIVE), ("auto 2", Priority.AUTO)]:
            announcer.say("gate", tone(), priority, receipts.taker(name))
        horn.holds = False
        announcer._workers["gate"]._current.cut_off("test")  # type: ignore[union-attr]
        order = [receipts.next()[0] for _ in range(4)]
    assert order == ["running", "live", "auto 1", "auto 2"]


def test_automatic_clip_that_waited_too_long_is_not_said() -> None:
    horn, receipts = FakeHorn(holds=True), Receipts()
    with announcing(horn, policy=HornPolicy(first_s=3600, well_s=3600, auto_wait_s=0.0)) as announcer:
        announcer.say("gate", tone(), Priority.OPERATOR, receipts.taker())
        assert horn.began.wait(LONG_S)
        announcer.say("gate", tone(), Priority.AUTO, receipts.taker())
        horn.holds = False
        announcer.say("gate", tone(), Priority.LIVE, receipts.taker())
        details = [receipts.next()[1].detail for _ in range(3)]
    assert details[2] == "waited more than 0 s behind others"
    assert len(horn.played) == 2


def test_stop_silences_the_horn_and_drops_what_waits() -> None:
    horn, receipts = FakeHorn(holds=True), Receipts()
    with announcing(horn) as announcer:
        announcer.say("gate", tone(), Priority.LIVE, receipts.taker("running"))
        assert horn.began.wait(LONG_S)
        announcer.say("gate", tone(), Priority.LIVE, receipts.taker("waiting"))
        announcer.stop("gate")
        details = {name: receipt.detail for name, receipt, _ in (receipts.next(), receipts.next())}
    assert "stopped by the operator" in details["running"]
    assert details["waiting"] == "stopped by the operator before it began"
    assert len(horn.played) == 1


def test_full_queue_refuses_the_newcomer() -> None:
    horn, receipts = FakeHorn(holds=True), Receipts()
    with announcing(horn) as announcer:
        announcer.say("gate", tone(), Priority.AUTO, receipts.taker())
        assert horn.began.wait(LONG_S)
        for _ in range(MAX_WAITING):
            announcer.say("gate", tone(), Priority.AUTO, receipts.taker())
        with pytest.raises(HornBusyError, match="waiting already"):
            announcer.say("gate", tone(), Priority.AUTO, receipts.taker())


def test_full_queue_makes_room_for_an_emergency_and_tells_the_one_pushed_out() -> None:
    horn, receipts = FakeHorn(holds=True), Receipts()
    with announcing(horn) as announcer:
        announcer.say("gate", tone(), Priority.EMERGENCY, receipts.taker("running"))
        assert horn.began.wait(LONG_S)
        for number in range(MAX_WAITING):
            announcer.say("gate", tone(), Priority.AUTO, receipts.taker(f"auto {number}"))
        announcer.say("gate", tone(), Priority.EMERGENCY, receipts.taker("emergency"))
        announcer.stop("gate")
        came = {}
        for _ in range(MAX_WAITING + 2):
            name, receipt, _ = receipts.next()
            came[name] = receipt.detail
    assert came[f"auto {MAX_WAITING - 1}"].startswith("pushed out")
    assert len(came) == MAX_WAITING + 2


def test_close_gives_every_clip_its_receipt() -> None:
    horn, receipts = FakeHorn(holds=True), Receipts()
    with announcing(horn) as announcer:
        announcer.say("gate", tone(), Priority.AUTO, receipts.taker())
        assert horn.began.wait(LONG_S)
        announcer.say("gate", tone(), Priority.AUTO, receipts.taker())
    assert not receipts.next()[1].ok
    assert not receipts.next()[1].ok
    assert receipts.is_empty()


def test_nothing_is_taken_after_the_end() -> None:
    with announcing(FakeHorn()) as announcer:
        pass
    with pytest.raises(HornUnavailableError, match="stopping"):
        announcer.say("gate", tone(), Priority.AUTO, lambda _: None)


def test_no_thread_is_left_after_the_end() -> None:
    with announcing(FakeHorn("a"), FakeHorn("b")):
        pass
    assert not [thread for thread in threading.enumerate() if thread.name in ("horn-a", "horn-b")]


def test_announcer_that_never_started_closes() -> None:
    Announcer((entry(),), opener=lambda horn_id, _: FakeHorn(horn_id)).close()


def test_unknown_horn_is_named_beside_the_known_ones() -> None:
    with announcing(FakeHorn()) as announcer, pytest.raises(UnknownHornError, match="no horn 'x'; there are gate"):
        announcer.stop("x")


def test_failing_horn_leaves_the_others_speaking() -> None:
    bad, good, receipts = FakeHorn("bad"), FakeHorn("good"), Receipts()
    with announcing(bad, good) as announcer:
        bad.problem = HornUnavailableError("bad", "cable cut")
        announcer.say("bad", tone(), Priority.AUTO, receipts.taker())
        assert receipts.next()[1].detail == "cable cut"
        announcer.say("good", tone(), Priority.AUTO, receipts.taker())
        assert receipts.next()[1].ok
        assert [horn.state for horn in announcer.health()] == ["away", "ok"]


def test_automatic_clip_fails_at_once_while_the_horn_is_away() -> None:
    horn, receipts = FakeHorn(), Receipts()
    with announcing(horn) as announcer:
        horn.problem = HornUnavailableError("gate", "cable cut")
        announcer.say("gate", tone(), Priority.AUTO, receipts.taker())
        receipts.next()
        horn.problem = None
        announcer.say("gate", tone(), Priority.AUTO, receipts.taker())
        assert receipts.next()[1].detail == "cable cut"
        assert announcer.refusal("gate") == "cable cut"
    assert not horn.played


def test_operator_may_try_a_horn_that_is_away_and_so_bring_it_back() -> None:
    horn, receipts = FakeHorn(), Receipts()
    with announcing(horn) as announcer:
        horn.problem = HornUnavailableError("gate", "cable cut")
        announcer.say("gate", tone(), Priority.AUTO, receipts.taker())
        receipts.next()
        horn.problem = None
        announcer.say("gate", tone(), Priority.OPERATOR, receipts.taker())
        assert receipts.next()[1].ok
        assert (health(announcer).state, announcer.refusal("gate")) == ("ok", "")


def test_horn_that_comes_back_is_found_by_itself() -> None:
    horn, receipts = FakeHorn(), Receipts()
    with announcing(horn, policy=SOON) as announcer:
        horn.problem = HornUnavailableError("gate", "cable cut")
        announcer.say("gate", tone(), Priority.AUTO, receipts.taker())
        receipts.next()
        horn.problem = None
        wait_for(lambda: health(announcer).state == "ok")


def test_horn_that_refuses_the_password_is_not_asked_again() -> None:
    horn, receipts = FakeHorn(), Receipts()
    with announcing(horn, policy=SOON) as announcer:
        horn.problem = HornAuthError("gate", "wrong password")
        announcer.say("gate", tone(), Priority.AUTO, receipts.taker())
        receipts.next()
        assert health(announcer).state == "refused"
        assert not horn.checked.acquire(timeout=0.2)


def test_horn_that_somebody_else_uses_is_busy_and_not_broken() -> None:
    horn = FakeHorn()
    horn.problem = HornBusyError("gate", "somebody else is speaking")
    with announcing(horn) as announcer:
        wait_for(lambda: health(announcer).state == "busy")
        assert announcer.refusal("gate") == "somebody else is speaking"


def test_dead_horn_at_start_is_shown_as_away() -> None:
    horn = FakeHorn()
    horn.problem = HornUnavailableError("gate", "cable cut")
    with announcing(horn) as announcer:
        wait_for(lambda: health(announcer).state == "away")
        assert health(announcer).problem == "cable cut"


def test_unforeseen_error_in_a_horn_is_a_receipt_and_the_thread_lives() -> None:
    horn, receipts = FakeHorn(), Receipts()
    with announcing(horn) as announcer:
        horn.problem = ZeroDivisionError("secret")
        announcer.say("gate", tone(), Priority.OPERATOR, receipts.taker())
        assert receipts.next()[1].detail == "unforeseen error ZeroDivisionError; see the log"
        horn.problem = None
        announcer.say("gate", tone(), Priority.OPERATOR, receipts.taker())
        assert receipts.next()[1].ok


def test_receipt_that_is_not_taken_does_not_end_the_thread() -> None:
    horn, receipts = FakeHorn(), Receipts()

    def refuse(_: Receipt) -> None:
        raise RuntimeError("no")

    with announcing(horn) as announcer:
        announcer.say("gate", tone(), Priority.AUTO, refuse)
        announcer.say("gate", tone(), Priority.AUTO, receipts.taker())
        assert receipts.next()[1].ok


def test_quiet_hours_silence_automatic_clips_with_a_reason() -> None:
    horn, receipts = FakeHorn(), Receipts()
    with announcing(horn, now=MIDNIGHT) as announcer:
        assert announcer.refusal("gate") == "quiet hours from 22:00 to 07:00 (Asia/Shanghai)"
        announcer.say("gate", tone(), Priority.AUTO, receipts.taker())
        receipt = receipts.next()[1]
    assert (receipt.ok, receipt.detail) == (False, "quiet hours from 22:00 to 07:00 (Asia/Shanghai)")
    assert not horn.played


def test_operator_may_speak_in_quiet_hours() -> None:
    horn, receipts = FakeHorn(), Receipts()
    with announcing(horn, entries=(entry(quiet_hours=(ALL_DAY,)),)) as announcer:
        announcer.say("gate", tone(), Priority.OPERATOR, receipts.taker())
        assert receipts.next()[1].ok


def test_volume_cap_makes_the_clip_softer() -> None:
    horn, receipts = FakeHorn(), Receipts()
    cap = VolumeCap(start=time(11), end=time(13), max_volume_ratio=0.5)
    with announcing(horn, entries=(entry(volume_caps=(cap,)),)) as announcer:
        announcer.say("gate", tone(), Priority.AUTO, receipts.taker())
        receipts.next()
    assert rms_dbfs(horn.played[0]) == pytest.approx(rms_dbfs(tone()) - 6.02, abs=0.01)


def test_many_threads_speaking_at_once_each_get_one_receipt() -> None:
    horn, receipts = FakeHorn(), Receipts()
    clip: AudioClip = tone(0.01)
    taken = []

    def speak() -> None:
        for _ in range(25):
            try:
                announcer.say("gate", clip, Priority.AUTO, receipts.taker())
                taken.append(1)
            except HornBusyError:
                continue

    with announcing(horn) as announcer:
        threads = [threading.Thread(target=speak) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LONG_S)
    for _ in taken:
        receipts.next()
    assert receipts.is_empty()
