"""Dating: what looking back has found moves the beginning of an offence, and with it when its limit is passed."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from detectors.catalog import ZoneSettings, make_detector
from detectors.events import Event
from detectors.rules import Ask
from tests.detectors.stories import phases, value, zone
from tests.vision.streets import Street, Thing, stay
from vision.classes import StreetClass
from vision.memory import SceneMemory
from vision.observations import Dated

CAME_S = 10.0
TRICYCLE, PERSON = StreetClass.TRICYCLE.value, StreetClass.PERSON.value

Answer = Callable[[Ask], float | None]


def answered(settings: ZoneSettings, street: Street, seconds: float, answer: Answer) -> tuple[list[Event], list[Ask]]:
    """Return the events and what was asked; each question is answered before the next look."""
    memory, detector = SceneMemory("gate"), make_detector("gate", settings)
    events: list[Event] = []
    asked: dict[int | str, Ask] = {}
    waiting: tuple[Dated, ...] = ()
    for observation in street.observations(seconds):
        events += detector.update(memory.update(replace(observation, dated=waiting)))
        new = [ask for ask in detector.asks() if ask.subject not in asked]
        asked |= {ask.subject: ask for ask in new}
        waiting = tuple(Dated(ask.subject, answer(ask)) for ask in new)
    return events, list(asked.values())


def kerb(limit_s: float) -> ZoneSettings:
    return zone({"kind": "parking", "limit_s": limit_s})


def parked(hz: float = 0.5, until_s: float = 100) -> Street:
    return Street([Thing(stay(600, 500, CAME_S, until_s))], hz=hz)


@pytest.mark.parametrize("began_s", [CAME_S - 4, CAME_S + 3])
def test_offence_begins_when_looking_back_says_and_is_raised_a_limit_later(began_s: float) -> None:
    events, _ = answered(kerb(40), parked(), 80, lambda _: began_s)
    assert phases(events) == ["started", "raised"]
    assert events[1].started_t_s == began_s
    assert events[1].t_s == pytest.approx(began_s + 40, abs=2.1)
    assert value(events[1], "dwell") == pytest.approx(events[1].t_s - began_s, abs=0.1)
    assert (events[1].captured_at - events[1].started_at).total_seconds() == pytest.approx(events[1].t_s - began_s)


def test_outage_between_the_beginning_and_the_first_sight_does_not_count() -> None:
    away_s = 20.0
    unseen = Thing(stay(600, 500, CAME_S, 100), hidden=((CAME_S, 34.0),))
    street = Street([unseen], hz=0.5, gaps=((14.0, 14.0 + away_s),))
    events, _ = answered(kerb(40), street, 95, lambda _: CAME_S)
    assert phases(events) == ["started", "raised"]
    assert events[1].started_t_s == CAME_S
    assert events[1].t_s == pytest.approx(CAME_S + away_s + 40, abs=2.1)
    assert value(events[1], "dwell") == pytest.approx(events[1].t_s - CAME_S - away_s, abs=0.1)


def test_all_events_of_a_dated_offence_carry_one_id() -> None:
    events, _ = answered(kerb(40), parked(until_s=90), 120, lambda _: CAME_S - 3)
    assert phases(events) == ["started", "raised", "ended"]
    assert len({event.event_id for event in events}) == 1


def test_question_without_an_answer_changes_nothing() -> None:
    events, asked = answered(kerb(40), parked(), 80, lambda _: None)
    expected, _ = answered(kerb(40), parked(), 80, lambda ask: ask.since_t_s)
    assert len(asked) == 1
    assert [(event.phase, event.t_s, event.started_t_s) for event in events] == [
        (event.phase, event.t_s, event.started_t_s) for event in expected
    ]


def test_short_stop_is_not_looked_back_for() -> None:
    _, asked = answered(kerb(60), parked(until_s=30), 60, lambda _: CAME_S)
    assert asked == []


def test_long_limit_is_asked_about_while_the_ring_still_holds_the_coming() -> None:
    times: list[float] = []
    street = parked(until_s=400)
    answered(kerb(300), street, 120, lambda ask: times.append(ask.since_t_s))
    assert times == [pytest.approx(CAME_S, abs=2.1)]


def test_stall_begins_when_looking_back_says() -> None:
    cart = Thing(stay(600, 500, CAME_S, 200), class_id=TRICYCLE)
    vendor = Thing(stay(640, 500, CAME_S, 200), class_id=PERSON)
    events, _ = answered(
        zone({"kind": "vending", "limit_s": 40}), Street([cart, vendor], hz=1), 100, lambda _: CAME_S - 4
    )
    assert phases(events) == ["started", "raised"]
    assert events[1].started_t_s == CAME_S - 4
