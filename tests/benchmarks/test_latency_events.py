"""Where the time between a limit and its event went, with events that are made up."""

import pytest

from benchmarks.camera_clock import ClipClock
from benchmarks.capacity_scoring import Deed
from benchmarks.latency_clock import CameraLine
from benchmarks.latency_events import event_latencies, look_latencies, standing_delays
from datasets.truth import Offence

BEGAN_S = 1000.0
DEED = Deed(Offence("parking", 1, 40.0, 100.0, (0.0, 0.0)), (0.5, 0.5))
LINE = CameraLine("gate", ClipClock(25, 3000, 0), BEGAN_S, 0.0, [BEGAN_S + n / 25 + 0.04 for n in range(3000)])
SPAN_S = BEGAN_S + 10.0, BEGAN_S + 118.0
BOX = [0.4, 0.4, 0.6, 0.6]


def result(**changes) -> dict:
    event = {
        "camera": "gate",
        "kind": "parking",
        "started_t_s": 39.8,
        "t_s": 71.2,
        "told_s": BEGAN_S + 71.3,
        "box": BOX,
        "look_hz": 1.0,
        "gear": "key",
        "key_interval_s": 2.0,
    }
    looks = [["gate", 42.0, BEGAN_S + 42.1, []], ["gate", 46.0, BEGAN_S + 46.2, [BOX]]]
    models = [[46.0, BEGAN_S + 46.07, BEGAN_S + 46.12]]
    return {"events": [event | changes], "looks": looks, "cameras": [{"models_s": models}]}


def test_latency_counts_from_the_limit_as_the_camera_shows_it_to_the_event():
    (event,), missed = event_latencies([LINE], [[DEED]], result(), SPAN_S)

    assert missed == 0
    assert event.latency_s == pytest.approx(1.3)  # limit of 30 s over at 70.0, told at 71.3


def test_latency_is_the_sum_of_its_parts():
    (event,), _missed = event_latencies([LINE], [[DEED]], result(), SPAN_S)

    assert (event.start_error_s, event.wait_s, event.pipeline_s) == pytest.approx((-0.2, 1.4, 0.1))
    assert event.start_error_s + event.wait_s + event.pipeline_s == pytest.approx(event.latency_s)


def test_the_interval_is_that_of_the_gear_and_the_wanted_one_that_of_the_pace():
    (event,), _missed = event_latencies([LINE], [[DEED]], result(), SPAN_S)

    assert (event.interval_s, event.wanted_s) == (2.0, 1.0)
    assert event.beyond_s == pytest.approx(-0.7)


def test_a_violation_without_an_event_is_missed():
    assert event_latencies([LINE], [[DEED]], result(kind="vending"), SPAN_S) == ([], 1)


def test_a_look_is_split_into_its_stages():
    look = look_latencies([LINE], result(), SPAN_S)[1]

    stages = look.read_s, look.wait_s, look.model_s, look.rules_s, look.whole_s
    assert stages == pytest.approx((0.04, 0.03, 0.05, 0.08, 0.2))


def test_a_look_without_the_model_has_no_times_of_the_model():
    look = look_latencies([LINE], result(), SPAN_S)[0]

    assert (look.wait_s, look.model_s, look.rules_s) == (None, None, None)
    assert look.whole_s == pytest.approx(0.1)


def test_a_thing_is_seen_to_stand_with_the_first_boxes_that_hold_it():
    assert standing_delays([LINE], [[DEED]], result(), SPAN_S) == [pytest.approx(6.2)]
