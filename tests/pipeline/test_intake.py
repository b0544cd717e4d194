"""Offers of many cameras: who has his turn, and why a picture is dropped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.intake import NOT_DUE, REPLACED, STALE, FrameIntake
from streams.offers import Offer


def offer(camera_id: str, seq: int = 0) -> Offer:
    return Offer(camera_id, float(seq), lambda _: None)


def test_newer_picture_pushes_out_the_one_that_waits() -> None:
    intake = FrameIntake()
    intake.add("a")
    intake.put(offer("a", 1))
    intake.put(offer("a", 2))
    assert [taken.t_s for taken in intake.take(8, 0)] == [2.0]
    assert intake.counts("a").dropped == {REPLACED: 1}


def test_busy_camera_does_not_keep_a_quiet_one_waiting() -> None:
    clock = iter(range(100)).__next__
    intake = FrameIntake(stale_after_s=1000, clock=lambda: float(clock()))
    intake.add("busy")
    intake.add("quiet")
    intake.put(offer("quiet"))
    for seq in range(10):
        intake.put(offer("busy", seq))
    assert [taken.camera_id for taken in intake.take(1, 0)] == ["quiet"]


def test_camera_that_offers_often_gets_its_turn_where_there_are_too_many() -> None:
    clock = iter(range(1000)).__next__
    intake = FrameIntake(stale_after_s=1000, clock=lambda: float(clock()))
    for camera_id in ("busy", "a", "b", "c"):
        intake.add(camera_id)
        intake.put(offer(camera_id))
    taken = []
    for _ in range(8):
        for camera_id in ("busy", "a", "b", "c"):
            intake.put(offer(camera_id))
        intake.put(offer("busy"))
        taken += [each.camera_id for each in intake.take(1, 0)]
    assert taken.count("busy") == 2


def closely_and_quietly(stale_after_s: float, now_s: list[float]) -> FrameIntake:
    intake = FrameIntake(stale_after_s=stale_after_s, clock=lambda: now_s[0])
    for camera_id, look_hz in (("quiet", 0.125), ("watched", 4.0)):
        intake.add(camera_id)
        intake.want(camera_id, look_hz)
    return intake


def test_camera_that_is_watched_closely_comes_before_quiet_ones_but_not_for_long() -> None:
    now_s = [0.0]
    intake = closely_and_quietly(60.0, now_s)
    intake.put(offer("quiet"))
    served = []
    for seq in range(8):
        intake.put(offer("watched", seq))
        now_s[0] += 0.25
        served += [taken.camera_id for taken in intake.take(1, 0.0)]
    assert served[:3] == ["watched"] * 3
    assert served.count("quiet") == 1


def test_quiet_camera_whose_offers_grow_stale_has_its_turn_where_there_is_too_much_to_do() -> None:
    now_s = [0.0]
    intake = closely_and_quietly(0.5, now_s)
    served = []
    for seq in range(24):
        if seq % 4 == 0:
            intake.put(offer("quiet", seq))
        intake.put(offer("watched", seq))
        now_s[0] += 0.4
        served += [taken.camera_id for taken in intake.take(1, 0.0)]
    assert served.count("quiet") == 3


def test_picture_that_waited_too_long_is_dropped_as_stale() -> None:
    now_s = [0.0]
    intake = FrameIntake(stale_after_s=1.0, clock=lambda: now_s[0])
    intake.add("a")
    intake.put(offer("a"))
    now_s[0] = 1.5
    assert intake.take(8, 0) == []
    assert intake.counts("a").dropped == {STALE: 1}


def test_picture_of_a_removed_camera_is_ignored() -> None:
    intake = FrameIntake()
    intake.add("a")
    intake.remove("a")
    intake.put(offer("a"))
    assert intake.take(8, 0) == []


@given(st.lists(st.sampled_from(["put a", "put b", "take", "look", "drop", "wait"]), max_size=60))
def test_every_offer_is_looked_at_or_dropped_or_waits(steps: list[str]) -> None:
    now_s = [0.0]
    intake = FrameIntake(stale_after_s=1.0, clock=lambda: now_s[0])
    intake.add("a")
    intake.add("b")
    in_hand: list[Offer] = []
    for step in steps:
        if step.startswith("put"):
            intake.put(offer(step[-1]))
        elif step == "take":
            in_hand += intake.take(1, 0)
        elif step == "wait":
            now_s[0] += 0.6
        elif in_hand and step == "look":
            intake.count_looked(in_hand.pop().camera_id, inferred=True)
        elif in_hand:
            intake.count_dropped([in_hand.pop().camera_id], NOT_DUE)
        for camera_id in ("a", "b"):
            counts = intake.counts(camera_id)
            assert counts.offered == counts.looked + sum(counts.dropped.values()) + counts.waiting


def test_rate_of_looks_is_told_beside_the_one_that_is_wanted() -> None:
    now_s = [0.0]
    intake = FrameIntake(clock=lambda: now_s[0])
    intake.add("a")
    intake.want("a", 0.5)
    for _ in range(40):
        now_s[0] += 4.0
        intake.put(offer("a"))
        intake.take(1, 0)
        intake.count_looked("a", inferred=False)
    assert intake.counts("a").wanted_hz == 0.5
    assert intake.counts("a").reached_hz == pytest.approx(0.25)
