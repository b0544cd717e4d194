"""Flyers: paper that stays on a surface; not shadows, not people, not what is there for a moment."""

from collections.abc import Iterator

from detectors.events import Event
from tests.detectors.stories import judged, phases, zone
from tests.vision.streets import observation
from vision.observations import Observation, SurfaceChange, SurfaceLook

Box = tuple[float, float, float, float]
PLACE = (0.2, 0.3, 0.3, 0.5)
RULE = {"kind": "flyers", "limit_s": 20, "gone_s": 10}


def change(box: Box = PLACE, *, fill: float = 0.95, contrast: float = 0.2, edges: float = 0.3) -> SurfaceChange:
    frame_box = (300 + 200 * box[0], 100 + 200 * box[1], 300 + 200 * box[2], 100 + 200 * box[3])
    return SurfaceChange(box, frame_box, contrast, fill, edges)


def visits(
    until_s: int, paper: tuple[int, int], made: SurfaceChange, hidden: tuple[int, int] = (0, 0)
) -> Iterator[Observation]:
    for t_s in range(until_s):
        is_hidden = hidden[0] <= t_s < hidden[1]
        changes = (made,) if paper[0] <= t_s < paper[1] and not is_hidden else ()
        covers = ((0.0, 0.0, 0.5, 1.0),) if is_hidden else ()
        yield observation(t_s, surfaces=(SurfaceLook("wall", 0.5 if is_hidden else 1.0, changes, covers),))


def run(seen: Iterator[Observation]) -> list[Event]:
    return judged(zone(RULE, zone_id="wall"), seen)


def test_paper_that_stays_is_started_raised_and_ended_when_it_is_gone() -> None:
    events = run(visits(80, (10, 50), change()))
    assert phases(events) == ["started", "raised", "ended"]
    assert (events[0].started_t_s, events[1].t_s, events[2].t_s) == (10, 30, 59)


def test_paper_taken_down_before_the_limit_raises_nothing() -> None:
    assert phases(run(visits(60, (10, 25), change()))) == ["started", "ended"]


def test_passer_by_stops_the_clock_and_ends_nothing() -> None:
    events = run(visits(90, (10, 200), change(), hidden=(15, 45)))
    assert phases(events) == ["started", "raised"]
    assert 58 <= events[1].t_s <= 62


def test_shadow_without_print_is_none() -> None:
    assert not run(visits(80, (10, 70), change(edges=0.0)))


def test_ragged_stain_is_none() -> None:
    assert not run(visits(80, (10, 70), change(fill=0.4)))


def test_what_reaches_up_from_below_the_surface_stands_before_it_and_is_none() -> None:
    assert not run(visits(80, (10, 70), change((0.2, 0.7, 0.3, 0.99))))
    assert run(visits(80, (10, 70), change((0.2, 0.7, 0.3, 0.92))))


def test_change_of_nearly_the_whole_surface_is_none() -> None:
    assert not run(visits(80, (10, 70), change((0.0, 0.0, 1.0, 0.9))))


def test_two_sheets_side_by_side_are_two_offences() -> None:
    seen = [
        observation(t, surfaces=(SurfaceLook("wall", 1.0, (change(), change((0.6, 0.3, 0.7, 0.5))), ()),))
        for t in range(40)
    ]
    assert phases(run(iter(seen))).count("raised") == 2


def test_other_surfaces_do_not_concern_the_rule() -> None:
    seen = [observation(t, surfaces=(SurfaceLook("shutter", 1.0, (change(),), ()),)) for t in range(40)]
    assert not run(iter(seen))


def test_gap_does_not_count_as_time_on_the_wall() -> None:
    look = (SurfaceLook("wall", 1.0, (change(),), ()),)
    seen = [observation(t, surfaces=look) for t in range(10)]
    seen += [observation(600 + t, surfaces=look, gap_s=591.0 if t == 0 else 0.0) for t in range(30)]
    raised = [event for event in run(iter(seen)) if event.phase == "raised"]
    assert 609 <= raised[0].t_s <= 612


def test_rule_cut_at_any_moment_gives_the_same_events() -> None:
    seen = list(visits(90, (10, 60), change(), hidden=(15, 25)))
    whole = judged(zone(RULE, zone_id="wall"), seen)
    assert phases(whole) == ["started", "raised", "ended"]
    for cut in range(1, 90, 7):
        assert judged(zone(RULE, zone_id="wall"), seen, [cut]) == whole
