"""The packet ring: its bounds in seconds and bytes, and what can be cut from it."""

import threading
from dataclasses import replace

import pytest

from streams.errors import NotInRingError
from streams.ring import PacketRing, RingBudget
from tests.streams.helpers import FORMAT, LIMIT_S, fake_packet


def filled(
    seconds: float, *, ring_s: float = 60.0, ring_bytes: int = 10**9, size: int = 100, gop: int = 10
) -> PacketRing:
    """Return a ring that took 10 packets a second, a key frame every `gop`."""
    ring = PacketRing("gate", ring_s=ring_s, ring_bytes=ring_bytes)
    for number in range(round(seconds * 10)):
        ring.add(FORMAT, fake_packet(number / 10, is_key=number % gop == 0, size=size))
    return ring


def test_empty_ring_has_no_span() -> None:
    assert PacketRing("gate", ring_s=60, ring_bytes=10**6).span() is None


def test_packets_before_the_first_key_frame_are_not_kept() -> None:
    ring = PacketRing("gate", ring_s=60, ring_bytes=10**6)
    ring.add(FORMAT, fake_packet(0.0))
    assert ring.span() is None


def test_ring_keeps_at_least_its_seconds_and_at_most_a_group_more() -> None:
    oldest, newest = filled(300, ring_s=60).span() or (0, 0)
    assert 60 <= newest - oldest <= 61


def test_ring_never_holds_more_than_its_bytes() -> None:
    ring = filled(300, ring_bytes=20_000)
    assert ring.kept()[1] <= 20_000
    assert ring.span() is not None


def test_a_stream_without_further_key_frames_cannot_fill_the_memory() -> None:
    ring = filled(300, ring_bytes=20_000, gop=10**9)
    assert ring.kept()[1] <= 20_000
    assert ring.overflows == 1


def test_segment_begins_at_the_key_frame_before_and_ends_in_time() -> None:
    segment = filled(60).segment(20.55, 25.0)
    assert segment.packets[0].is_key
    assert segment.span() == pytest.approx((20.0, 25.0))


def test_segment_from_before_the_ring_begins_at_its_oldest_key_frame() -> None:
    segment = filled(100, ring_s=10).segment(0.0, 95.0)
    assert segment.packets[0].is_key
    assert segment.span()[1] == pytest.approx(95.0)


@pytest.mark.parametrize(("from_t_s", "to_t_s"), [(200.0, 210.0), (-20.0, -10.0)])
def test_time_that_is_not_kept_is_an_error_that_names_it(from_t_s: float, to_t_s: float) -> None:
    with pytest.raises(NotInRingError, match="gate keeps"):
        filled(60).segment(from_t_s, to_t_s)


def test_empty_ring_gives_no_segment() -> None:
    with pytest.raises(NotInRingError, match="nothing"):
        PacketRing("gate", ring_s=60, ring_bytes=10**6).segment(0.0, 1.0)


class _EmptiedOnRelease:
    """A lock after which another thread's overflow empties the ring at once."""

    def __init__(self, ring: PacketRing) -> None:
        self._ring = ring

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._ring._groups.clear()


def test_ring_that_overflows_while_it_is_asked_still_says_what_it_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = filled(5)
    monkeypatch.setattr(ring, "_lock", _EmptiedOnRelease(ring))
    with pytest.raises(NotInRingError, match=r"gate keeps 0\.0 to 4\.9"):
        ring.segment(100.0, 110.0)


def test_segment_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        filled(60).segment(20.0, 10.0)


def test_segment_holds_the_references_of_its_last_picture() -> None:
    ring = PacketRing("gate", ring_s=60, ring_bytes=10**6)
    for t_s, is_key in [(0.0, True), (0.4, False), (0.2, False), (0.1, False), (0.3, False)]:
        ring.add(FORMAT, fake_packet(t_s, is_key=is_key))
    assert [packet.t_s for packet in ring.segment(0.0, 0.1).packets] == [0.0, 0.4, 0.2, 0.1]


def test_segment_never_mixes_formats() -> None:
    ring = filled(10)
    other = replace(FORMAT, size_wh=(32, 24))
    for number in range(100, 200):
        ring.add(other, fake_packet(number / 10, is_key=number % 10 == 0))
    assert ring.segment(5.0, 15.0).span() == pytest.approx((5.0, 9.9))
    assert ring.segment(10.0, 15.0).format == other


def test_segment_reaches_over_a_reconnect_in_the_same_format() -> None:
    ring = filled(10)
    again = replace(FORMAT)
    for number in range(300, 320):
        ring.add(again, fake_packet(number / 10, is_key=number % 10 == 0))
    assert ring.segment(5.0, 31.0).span() == pytest.approx((5.0, 31.0))


def test_newest_group_runs_from_the_last_key_frame_to_now() -> None:
    assert filled(10.5).newest().span() == pytest.approx((10.0, 10.4))


def test_ring_can_be_cut_while_it_is_written() -> None:
    ring = filled(10, ring_s=5)
    stop = threading.Event()

    def write() -> None:
        number = 100
        while not stop.is_set():
            ring.add(FORMAT, fake_packet(number / 10, is_key=number % 10 == 0))
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(300):
            oldest, newest = ring.span() or (0, 0)
            try:
                segment = ring.segment(oldest, newest)
            except NotInRingError:  # it moved on meanwhile
                continue
            times = [packet.t_s for packet in segment.packets]
            assert segment.packets[0].is_key
            assert times == sorted(times)
    finally:
        stop.set()
        writer.join(LIMIT_S)


def grouped(camera_id: str, budget: RingBudget, groups: int, size: int) -> PacketRing:
    """Return a ring of that budget, filled with groups of one key packet each."""
    ring = PacketRing(camera_id, ring_s=600, ring_bytes=10**9, budget=budget)
    budget.join(ring)
    for number in range(groups):
        ring.add(FORMAT, fake_packet(2.0 * number, is_key=True, size=size))
    return ring


def test_rings_together_keep_no_more_than_their_budget_and_the_largest_gives_first() -> None:
    budget = RingBudget(1000)
    large, small = grouped("large", budget, 8, 100), grouped("small", budget, 4, 50)
    assert large.bytes + small.bytes <= 1000
    assert small.bytes == 200


def test_each_ring_keeps_its_newest_group_whatever_the_budget() -> None:
    budget = RingBudget(100)
    rings = [grouped(f"camera-{number}", budget, 3, 80) for number in range(4)]
    assert [ring.bytes for ring in rings] == [80] * 4


def test_ring_of_a_removed_camera_makes_room_for_others() -> None:
    budget = RingBudget(1000)
    gone = grouped("gone", budget, 9, 100)
    budget.leave(gone)
    assert grouped("other", budget, 9, 100).bytes == 900


def test_ring_that_takes_on_after_it_left_burdens_no_other() -> None:
    budget = RingBudget(1000)
    gone = grouped("gone", budget, 5, 100)
    budget.leave(gone)
    for number in range(5, 9):
        gone.add(FORMAT, fake_packet(2.0 * number, is_key=True, size=100))
    assert gone.bytes == 900
    assert grouped("other", budget, 10, 100).bytes == 1000


def test_ring_that_leaves_takes_along_what_it_was_charged_and_no_more() -> None:
    budget = RingBudget(1000)
    other, gone = grouped("other", budget, 5, 100), grouped("gone", budget, 5, 100)
    gone._bytes += 100  # a packet that is kept, and not charged yet
    budget.leave(gone)
    budget.charge(gone, 100)
    for number in range(5, 12):
        other.add(FORMAT, fake_packet(2.0 * number, is_key=True, size=100))
    assert other.bytes == 1000
