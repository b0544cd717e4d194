"""The scenarios of the yardstick: their seeds, their stories, and that their truth is what is drawn."""

import itertools

import pytest

from benchmarks.errors import NotPossibleError
from benchmarks.scenarios_conditions import CAMERAS, LIGHTS, WEATHERS
from benchmarks.scenarios_trials import (
    REPORTING_SEEDS,
    TUNING_SEEDS,
    WRITERS,
    Trial,
    is_negative_seed,
    make_trial,
    story_names,
)
from datasets.camera_faults import CAMERAS as KNOWN_CAMERAS
from datasets.cast import CLASSES
from datasets.light import LIGHTS as KNOWN_LIGHTS
from datasets.scenario import Actor
from datasets.weather import WEATHERS as KNOWN_WEATHERS
from vision.classes import VEHICLES

SEEDS = TUNING_SEEDS[:48]

TRIALS = {kind: [make_trial(kind, seed) for seed in SEEDS] for kind in WRITERS}


def everything() -> list[Trial]:
    return list(itertools.chain(*TRIALS.values()))


def actor_of(trial: Trial, actor_id: int) -> Actor:
    return next(actor for actor in trial.scenario.script.actors if actor.actor_id == actor_id)


@pytest.mark.parametrize("kind", WRITERS)
def test_same_kind_and_seed_give_the_same_scenario(kind: str) -> None:
    assert make_trial(kind, 7) == make_trial(kind, 7)
    assert make_trial(kind, 7) != make_trial(kind, 7 + 2 * len(story_names(kind)))


def test_seeds_for_tuning_and_for_reporting_are_apart() -> None:
    assert not set(TUNING_SEEDS) & set(REPORTING_SEEDS)
    assert min(len(TUNING_SEEDS), len(REPORTING_SEEDS)) >= 150


@pytest.mark.parametrize("kind", WRITERS)
def test_half_of_the_scenarios_hold_nothing_unlawful(kind: str) -> None:
    assert sum(trial.is_negative for trial in TRIALS[kind]) == len(SEEDS) / 2
    assert all(trial.is_negative == is_negative_seed(trial.seed) for trial in TRIALS[kind])


@pytest.mark.parametrize("kind", WRITERS)
def test_every_story_is_told(kind: str) -> None:
    assert {trial.story for trial in TRIALS[kind]} == set(story_names(kind))


def test_conditions_are_those_that_can_be_drawn() -> None:
    assert set(LIGHTS) == set(KNOWN_LIGHTS)
    assert set(WEATHERS) <= set(KNOWN_WEATHERS)
    assert set(CAMERAS) <= set(KNOWN_CAMERAS)


def test_kind_that_does_not_exist_is_named() -> None:
    with pytest.raises(NotPossibleError, match="'litter'"):
        make_trial("litter", 0)


def test_an_offence_lasts_longer_than_the_limit_of_its_zone_and_becomes_due_within_it() -> None:
    for trial in everything():
        limit_s = min(trial.scenario.limits_s.values())
        for expected in trial.expected:
            offence = expected.offence
            assert offence.kind == trial.kind
            assert offence.started_s + limit_s <= expected.due_s <= offence.ended_s - 10


def test_a_vehicle_stands_at_its_place_for_the_whole_of_its_offence() -> None:
    for trial in TRIALS["parking"]:
        for expected in trial.expected:
            offence = expected.offence
            path = actor_of(trial, offence.actor_id).path
            lap_s = 0.0 if path.at(offence.started_s + 1) else trial.scenario.script.period_s
            for at_s in (offence.started_s + 0.5, offence.ended_s - 0.5):
                motion = path.at(at_s + lap_s)
                assert motion is not None
                assert motion.speed_m_s == 0
                assert (motion.x, motion.y) == pytest.approx(offence.place)


def test_what_stops_lawfully_in_a_parking_zone_is_gone_in_time_or_queues() -> None:
    for trial in TRIALS["parking"]:
        if trial.story not in ("short_stops", "relay"):
            continue
        limit_s = min(trial.scenario.limits_s.values())
        rests = [
            leg.to_s - leg.from_s
            for actor in trial.scenario.script.actors
            for leg in actor.path.legs
            if leg.start == leg.end and CLASSES[actor.kind] in VEHICLES
        ]
        assert rests
        assert max(rests) <= limit_s - 7


def test_a_print_is_there_for_the_whole_of_its_offence() -> None:
    for trial in TRIALS["flyers"]:
        papers = {paper.paper_id: paper for paper in trial.scenario.script.papers}
        for expected in trial.expected:
            paper = papers[expected.offence.actor_id]
            assert (paper.from_s, paper.to_s) == (expected.offence.started_s, expected.offence.ended_s)
            assert not paper.is_lawful
            assert min(paper.width_m, paper.height_m) >= 0.2


def test_a_stall_has_somebody_who_attends_it() -> None:
    for trial in TRIALS["vending"]:
        for expected in trial.expected:
            middle_s = (expected.offence.started_s + expected.offence.ended_s) / 2
            near = []
            for actor in trial.scenario.script.actors:
                motion = actor.path.at(middle_s) or actor.path.at(middle_s + trial.scenario.script.period_s)
                if actor.kind == "person" and motion is not None:
                    near.append(abs(motion.x - expected.offence.place[0]) + abs(motion.y - expected.offence.place[1]))
            assert min(near) < 2.5, (trial.seed, trial.story)


def test_a_deck_keeps_the_weather_out() -> None:
    for trial in everything():
        if trial.scenario.script.street.deck_z:
            assert trial.conditions.weather == "clear"
