"""Events: where the thing is, in pictures of any size."""

from dataclasses import replace

from tests.pipeline.fakes import event

SUB_WH, MAIN_WH = (640, 360), (1920, 1080)


def test_box_of_a_small_picture_is_found_in_a_large_one() -> None:
    seen = replace(event(), box=(10.0, 20.0, 30.0, 40.0), size_wh=SUB_WH)
    assert seen.box_in(MAIN_WH) == (30.0, 60.0, 90.0, 120.0)


def test_box_of_an_event_of_before_the_size_was_kept_stays_as_it_is() -> None:
    seen = replace(event(), box=(10.0, 20.0, 30.0, 40.0), size_wh=(0, 0))
    assert seen.box_in(MAIN_WH) == (10.0, 20.0, 30.0, 40.0)
