"""The warning ladder as a pure function: which step follows which, when, and what holds it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcast.ladder import CAME_BACK, CAMERA_AWAY, Ladder, Step
from broadcast.play_limit import PlayLimit
from broadcast.settings import LadderSettings

SETTINGS = LadderSettings(levels=2, wait_s=60, unknown_limit_s=600, max_plays=3, plays_window_s=1800)
LADDER = Ladder(SETTINGS)
T = 1_000.0


def spoken_once() -> Step:
    """Return the wait after the first warning; its look is due at T + 65."""
    return LADDER.next(LADDER.first(T), T + 5, "present")


def spoken_twice() -> Step:
    """Return the wait after the second warning; its look is due at T + 135."""
    return LADDER.next(LADDER.next(spoken_once(), T + 65, "present"), T + 75, "present")


def test_ladder_begins_with_a_calm_warning() -> None:
    assert LADDER.first(T) == Step("warn", 1, T, T, 0, "")


def test_who_was_warned_and_came_back_begins_with_the_stronger_warning() -> None:
    assert LADDER.first(T, has_returned=True) == Step("warn", 2, T, T, 0, "")
    assert LADDER.first(T, has_returned=True, refusal="quiet") == Step("hold", 2, T, T, 0, "quiet")


def test_who_came_back_is_filed_at_once_where_the_settings_say_so() -> None:
    strict = Ladder(LadderSettings(returned_level=3))
    assert strict.first(T, has_returned=True) == Step("file", 0, T, T, 0, CAME_BACK)
    assert strict.first(T) == Step("warn", 1, T, T, 0, "")


def test_who_came_back_begins_calmly_where_the_settings_say_so() -> None:
    assert Ladder(LadderSettings(returned_level=1)).first(T, has_returned=True) == Step("warn", 1, T, T, 0, "")


def test_after_a_warning_it_waits_from_its_end() -> None:
    assert spoken_once() == Step("wait", 1, T + 5, T + 65, 1, "")


def test_it_does_not_look_before_the_time() -> None:
    assert LADDER.next(spoken_once(), T + 64.9, "present") == spoken_once()


def test_who_stays_is_warned_more_strongly() -> None:
    assert LADDER.next(spoken_once(), T + 65, "present") == Step("warn", 2, T + 65, T + 65, 1, "")


def test_who_stays_after_two_warnings_is_filed() -> None:
    assert LADDER.next(spoken_twice(), T + 135, "present") == Step("file", 2, T + 135, T + 135, 2, "")


@pytest.mark.parametrize("step", [spoken_once(), spoken_twice()])
def test_who_leaves_is_resolved_at_once(step: Step) -> None:
    after = LADDER.next(step, T + 70, "gone")
    assert (after.kind, after.spoken, after.is_final) == ("resolve", step.spoken, True)


def test_warning_that_was_spoken_is_waited_for_even_if_they_just_left() -> None:
    assert LADDER.next(LADDER.first(T), T + 5, "gone").kind == "wait"


def test_camera_that_is_away_is_waited_for() -> None:
    assert LADDER.next(spoken_once(), T + 65 + 599, "unknown") == spoken_once()


def test_camera_that_stays_away_leaves_the_case_to_the_operator() -> None:
    held = LADDER.next(spoken_once(), T + 65 + 600, "unknown")
    assert (held.kind, held.reason) == ("hold", CAMERA_AWAY)
    assert LADDER.next(held, T + 99_999, "unknown") == held


def test_camera_that_comes_back_goes_on_where_it_was() -> None:
    assert LADDER.next(spoken_once(), T + 500, "present").kind == "warn"


def test_held_case_is_filed_when_it_is_seen_again() -> None:
    held = LADDER.next(spoken_once(), T + 900, "unknown")
    assert LADDER.next(held, T + 901, "present").kind == "file"


def test_held_case_is_resolved_when_the_place_is_seen_empty() -> None:
    held = LADDER.next(spoken_once(), T + 900, "unknown")
    assert LADDER.next(held, T + 901, "gone").kind == "resolve"


def test_quiet_hours_are_recorded_and_lead_straight_to_filing() -> None:
    held = LADDER.first(T, refusal="quiet hours")
    assert held == Step("hold", 1, T, T, 0, "quiet hours")
    assert LADDER.next(held, T, "present") == Step("file", 1, T, T, 0, "quiet hours")


def test_refusal_before_the_second_warning_keeps_that_the_first_was_spoken() -> None:
    held = LADDER.next(spoken_once(), T + 65, "present", refusal="too many")
    assert (held.kind, held.level, held.spoken, held.reason) == ("hold", 2, 1, "too many")


def test_warning_that_failed_at_the_horn_is_not_counted_as_spoken() -> None:
    held = LADDER.next(LADDER.first(T), T + 5, "present", refusal="cable cut")
    assert (held.kind, held.spoken, held.reason) == ("hold", 0, "cable cut")


def test_who_leaves_unwarned_is_resolved_without_our_doing() -> None:
    held = LADDER.first(T, refusal="quiet hours")
    assert LADDER.next(held, T + 5, "gone").spoken == 0


@pytest.mark.parametrize("kind", ["file", "resolve"])
def test_end_of_the_ladder_is_the_end(kind: str) -> None:
    final = Step(kind, 2, T, T, 2, "")  # type: ignore[arg-type]
    assert all(LADDER.next(final, T + 9, presence) is final for presence in ("present", "gone", "unknown"))


def test_ladder_without_warnings_files_at_once() -> None:
    assert Ladder(LadderSettings(levels=0)).first(T).kind == "file"


def test_ladder_of_one_warning_files_after_it() -> None:
    ladder = Ladder(LadderSettings(levels=1, wait_s=10))
    step = ladder.next(ladder.first(T), T, "present")
    assert ladder.next(step, T + 10, "present").kind == "file"


STEPS = st.builds(
    Step,
    st.sampled_from(["warn", "wait", "hold", "file", "resolve"]),
    st.integers(0, 2),
    st.floats(0, 2e9),
    st.floats(0, 2e9),
    st.integers(0, 2),
    st.text(max_size=50),
)


@given(STEPS)
def test_step_comes_back_from_json(step: Step) -> None:
    assert Step.from_json(step.to_json()) == step


@pytest.mark.parametrize("text", ["", "{}", "[]", "3", '{"kind": "jump"}', "null", '{"kind": "warn", "level": "x"}'])
def test_what_is_no_step_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Step.from_json(text)


@given(
    st.lists(st.tuples(st.floats(0, 300), st.sampled_from(["present", "gone", "unknown"]), st.booleans()), max_size=60)
)
def test_every_walk_speaks_at_most_twice_and_never_backwards(walk: list[tuple[float, str, bool]]) -> None:
    now_s, step = T, LADDER.first(T)
    for wait_s, presence, refused in walk:
        now_s += wait_s
        after = LADDER.next(step, now_s, presence, refusal="no" if refused else "")  # type: ignore[arg-type]
        assert after.level >= step.level
        assert after.spoken - step.spoken in (0, 1)
        assert not (step.is_final and after != step)
        step = after
    assert step.spoken <= 2


def test_fourth_voice_at_a_place_is_refused_with_the_numbers() -> None:
    limit = PlayLimit(SETTINGS)
    for minute in range(3):
        assert limit.refusal("gate/1", T + 60 * minute) == ""
        limit.record("gate/1", T + 60 * minute)
    assert limit.refusal("gate/1", T + 180) == "3 warnings at this place within 30 minutes; the limit is 3"


def test_other_places_and_later_times_are_free() -> None:
    limit = PlayLimit(SETTINGS)
    for _ in range(3):
        limit.record("gate/1", T)
    assert limit.refusal("gate/2", T) == ""
    assert limit.refusal("gate/1", T + 1800) == ""


def test_limit_of_none_silences_every_automatic_voice() -> None:
    assert PlayLimit(LadderSettings(max_plays=0)).refusal("gate/1", T)
