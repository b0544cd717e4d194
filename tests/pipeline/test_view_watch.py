"""A camera that turns: its zones judge only their own view, and nothing ends because nobody looks."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from datasets.camera_faults import CameraFaults, PtzMove
from datasets.demo_scenes import demo_script
from datasets.scene import StreetScene
from detectors.catalog import ZoneSettings
from detectors.events import Event, Phase
from pipeline.view_watch import ViewWatch
from pipeline.watch import CameraWatch, Looked, WatchState
from tests.pipeline.drawn_street import RED, street
from vision.arrays import Picture
from vision.classes import StreetClass
from vision.detections import Detections
from vision.frames import Frame, Planes
from vision.observations import Dated, ViewState
from vision.view_prints import Thumb

START = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
EVERYWHERE = [[0, 0], [1, 0], [1, 1], [0, 1]]
KERB = street(blue=None, seed=3)
GATE = cv2.flip(street(red=None, seed=8), 1)
WHERE = {"kerb": (KERB, [RED]), "gate": (GATE, []), "between": (street(red=None, blue=None, seed=21)[::-1], [])}
"""What the camera shows, and where a car parks in it."""


def zone(view: str, zone_id: str, limit_s: float = 20.0) -> ZoneSettings:
    rule = {"kind": "parking", "limit_s": limit_s}
    return ZoneSettings.model_validate({"id": zone_id, "polygon": EVERYWHERE, "view": view, "rule": rule})


def frame(bgr: Picture, t_s: float) -> Frame:
    planes = Planes.from_bgr(
        np.clip(bgr.astype(np.int16) + np.random.default_rng(int(t_s)).integers(-2, 3, bgr.shape), 0, 255).astype(
            np.uint8
        )
    )
    return Frame("gate", int(t_s * 2), t_s, START + timedelta(seconds=t_s), 0.1, planes)


def new_watch(*zones: ZoneSettings) -> ViewWatch:
    given = zones or (zone("", "first"), zone("gate", "second"))
    return ViewWatch("gate", ("kerb", "gate"), given, lambda _: CameraWatch("gate", ()))


class Turning:
    """A watch fed with what the camera shows, a look a second."""

    def __init__(self, watch: ViewWatch) -> None:
        self.watch = watch
        self.t_s = 0.0

    def at(self, where: str, seconds: int, *, cars: bool = True) -> list[Looked]:
        bgr, boxes = WHERE[where]
        found = Detections.of([(box, 0.9, StreetClass.CAR) for box in boxes if cars])
        looks = []
        for _ in range(seconds):
            looks.append(self.watch.look(frame(bgr, self.t_s), found))
            self.t_s += 1.0
        return looks

    def learn(self) -> None:
        """Tell the watch both views, as a person does."""
        for view in ("gate", "kerb"):
            self.watch.tell(view, Thumb.of(frame(WHERE[view][0], self.t_s).luma()))
            self.at(view, 3, cars=False)


@pytest.fixture
def camera() -> Turning:
    made = Turning(new_watch())
    made.learn()
    return made


def events_of(looks: list[Looked]) -> list[Event]:
    return [event for looked in looks for event in looked.events]


def states(looks: list[Looked]) -> list[str]:
    return [looked.scene.view.value for looked in looks]


def test_rules_abstain_until_somebody_says_which_view_it_is() -> None:
    camera = Turning(new_watch())
    assert set(states(camera.at("kerb", 5))) == {"moved"}
    assert not camera.watch.wants_model(camera.watch.glance(frame(KERB, 9.0)), 10.0)
    camera.watch.tell("kerb", Thumb.of(frame(KERB, 9.0).luma()))
    assert states(camera.at("kerb", 8))[-1] == "ok"
    assert camera.watch.view == "kerb"


def test_view_that_the_camera_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="no view 'roof'"):
        new_watch().tell("roof", Thumb.of(frame(KERB, 0.0).luma()))


def test_picture_that_was_taken_for_another_view_is_of_the_one_that_was_said_last(camera: Turning) -> None:
    camera.watch.tell("gate", Thumb.of(frame(KERB, camera.t_s).luma()))
    camera.at("kerb", 5)
    assert camera.watch.view == "gate"
    assert camera.watch.prints.known == {"gate"}


def test_offence_survives_that_the_camera_looks_elsewhere_and_its_clock_stands_still(camera: Turning) -> None:
    before = events_of(camera.at("kerb", 14))
    assert {event.phase for event in before} <= {Phase.STARTED}
    away = events_of([*camera.at("between", 3), *camera.at("gate", 60), *camera.at("between", 3)])
    assert away == []
    after = camera.at("kerb", 40)
    [raised] = [event for event in events_of(after) if event.phase is Phase.RAISED]
    watched_s = 14 + next(number for number, looked in enumerate(after) if looked.events)
    assert raised.zone_id == "first"
    assert 20 <= watched_s <= 26


def test_raised_offence_is_neither_ended_nor_seen_while_the_camera_looks_elsewhere(camera: Turning) -> None:
    camera.at("kerb", 40)
    assert [event.zone_id for event in camera.watch.offences] == ["first"]
    assert events_of(camera.at("gate", 90)) == []
    assert camera.watch.offences == ()
    assert [event.zone_id for event in camera.watch.standing] == ["first"]
    assert events_of(camera.at("kerb", 10)) == []
    assert [event.zone_id for event in camera.watch.offences] == ["first"]


def test_offence_that_is_gone_when_the_camera_returns_ends_then(camera: Turning) -> None:
    camera.at("kerb", 40)
    camera.at("gate", 30)
    WHERE["empty kerb"] = (street(red=None, blue=None, seed=3), [])
    ended = [event for event in events_of(camera.at("empty kerb", 120)) if event.phase is Phase.ENDED]
    assert [event.zone_id for event in ended] == ["first"]
    assert camera.watch.over == tuple(ended)


def test_zone_of_one_view_never_judges_another(camera: Turning) -> None:
    camera = Turning(new_watch(zone("gate", "second", limit_s=5.0)))
    camera.learn()
    assert events_of(camera.at("kerb", 60)) == []


def test_picture_between_views_is_judged_by_nobody(camera: Turning) -> None:
    camera.at("kerb", 5)
    looks = camera.at("between", 20)
    assert states(looks)[0] == "unsure"
    assert states(looks)[-1] == "moved"
    assert all(len(looked.observation.detections) == 0 for looked in looks)
    assert camera.watch.pace().look_hz >= 0.5


def test_single_look_at_a_view_in_passing_is_no_arrival(camera: Turning) -> None:
    camera.at("kerb", 5)
    [passing] = camera.at("gate", 1)
    assert passing.scene.view is not ViewState.OK
    camera.at("between", 1)
    assert camera.watch.view is None


def test_dark_and_covered_pictures_are_said_to_be_so(camera: Turning) -> None:
    camera.at("kerb", 5)
    WHERE["dark"] = (np.full_like(KERB, 5), [])
    assert states(camera.at("dark", 20))[-1] == "dark"


def test_answers_of_looking_back_reach_the_view_that_asked(camera: Turning) -> None:
    asked = [question for looked in camera.at("kerb", 19) for question in looked.questions]
    assert {question.view for question in asked} == {"kerb"}
    camera.watch.answer(Dated(asked[0].subject, 8.0), "kerb")
    camera.watch.answer(Dated(asked[0].subject, 8.0), "nowhere")
    raised = [event for event in events_of(camera.at("kerb", 10)) if event.phase is Phase.RAISED]
    assert [event.started_t_s for event in raised] == [8.0]


def test_state_of_all_views_outlives_a_restart(camera: Turning) -> None:
    camera.at("kerb", 40)
    camera.at("gate", 5)
    kept = camera.watch.checkpoint()
    again = new_watch()
    again.restore(WatchState(json.loads(json.dumps(kept.state)), dict(kept.arrays)))
    assert again.standing == camera.watch.standing
    assert again.last_t_s == camera.watch.last_t_s
    assert dict(again.seen_at) == dict(camera.watch.seen_at)
    taken_up = Turning(again)
    taken_up.t_s = camera.t_s + 300
    assert events_of(taken_up.at("kerb", 10)) == []
    assert [event.zone_id for event in again.offences] == ["first"]


def test_state_of_when_the_camera_had_one_view_is_that_of_its_first() -> None:
    single = CameraWatch("gate", [zone("", "first")])
    for t_s in range(40):
        single.look(frame(KERB, float(t_s)), Detections.of([(RED, 0.9, StreetClass.CAR)]))
    watch = new_watch()
    watch.restore(single.checkpoint())
    assert [event.zone_id for event in watch.standing] == ["first"]


def test_zone_of_a_view_that_is_no_more_is_judged_nowhere() -> None:
    camera = Turning(new_watch(zone("roof", "third", limit_s=5.0)))
    camera.learn()
    assert events_of(camera.at("kerb", 30)) == []


def _street(scene: StreetScene, step_s: float, until_s: float) -> Iterator[tuple[Frame, Detections]]:
    for t_s in np.arange(0.0, until_s, step_s):
        bgr, truth = scene.render(float(t_s))
        rows = zip(truth.boxes, truth.class_ids, truth.visible_ratios, strict=True)
        found = [(tuple(box.tolist()), 0.9, int(class_id)) for box, class_id, seen in rows if seen > 0.3]
        yield frame(bgr, float(t_s)), Detections.of(found)


def test_offence_before_a_drawn_camera_that_turns_away_and_back_is_one_offence() -> None:
    move = PtzMove(40.0, 70.0, 24.0, 2.0)
    script = replace(demo_script("parking", 2), faults=CameraFaults(moves=(move,)))
    scene = StreetScene(script, (640, 360))
    watch = new_watch(zone("kerb", "first", 20.0), zone("gate", "second", 5.0))
    watch.tell("kerb", Thumb.of(frame(scene.picture(0.0), 0.0).luma()))
    events: dict[str, list[tuple[float, Event]]] = {"first": [], "second": []}
    views = []
    for seen, found in _street(scene, 2.0, 100.0):
        if seen.t_s == 42.0:
            watch.tell("gate", Thumb.of(seen.luma()))
        looked = watch.look(seen, found)
        views.append((seen.t_s, watch.view))
        for event in looked.events:
            events[event.zone_id].append((seen.t_s, event))
    assert {view for t_s, view in views if 4 < t_s < 40} == {"kerb"}
    assert {view for t_s, view in views if 46 < t_s < 69} == {"gate"}
    assert {view for t_s, view in views if t_s > 74} == {"kerb"}
    assert all(not 40 < t_s <= 70 for t_s, _ in events["first"])
    assert all(40 < t_s <= 70 for t_s, _ in events["second"])
    ids = [event.event_id for _, event in events["first"] if event.phase is Phase.RAISED]
    assert len(ids) == len(set(ids)) > 0
