"""One camera's watch: what it sees can be put aside, taken up and replayed without changing what it reports."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from detectors.catalog import ZoneSettings
from detectors.events import Event, Phase
from pipeline.watch import CameraWatch, Looked, WatchState
from tests.vision.roads import ROAD, away
from vision.classes import StreetClass
from vision.detections import Detections
from vision.frames import Frame, Planes
from vision.observations import Observation

SIZE_WH = (320, 240)
CAR = (100.0, 100.0, 180.0, 160.0)
START = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)

_RNG = np.random.default_rng(3)
STREET = _RNG.integers(60, 200, (SIZE_WH[1], SIZE_WH[0]), np.uint8)


def zone(limit_s: float = 20, zone_id: str = "kerb") -> ZoneSettings:
    return ZoneSettings.model_validate(
        {
            "id": zone_id,
            "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]],
            "rule": {"kind": "parking", "limit_s": limit_s},
        }
    )


CAR_PIXELS = _RNG.integers(20, 120, (60, 80), np.uint8)


def frame(t_s: float, *, is_parked: bool = False) -> Frame:
    noise = np.random.default_rng(int(t_s * 100)).integers(0, 3, STREET.shape, np.uint8)
    chroma = np.full((SIZE_WH[1] // 2, SIZE_WH[0] // 2), 128, np.uint8)
    luma = STREET + noise
    if is_parked:
        luma[100:160, 100:180] = CAR_PIXELS + noise[100:160, 100:180]
    planes = Planes(luma, chroma, chroma.copy())
    return Frame("gate", int(t_s * 2), t_s, START + timedelta(seconds=t_s), 0.1, planes)


def dark(t_s: float) -> Frame:
    seen = frame(t_s)
    chroma = seen.planes.u
    return replace(seen, planes=Planes(np.full_like(STREET, 16), chroma, chroma.copy()))


def parked() -> Detections:
    return Detections.of([(CAR, 0.9, StreetClass.CAR)])


def watched(watch: CameraWatch, from_s: float, to_s: float, step_s: float = 1.0) -> list[Looked]:
    return [watch.look(frame(float(t_s)), parked()) for t_s in np.arange(from_s, to_s, step_s)]


def events_of(looks: list[Looked]) -> list[Event]:
    return [event for looked in looks for event in looked.events]


def through_disk(kept: WatchState) -> WatchState:
    return WatchState(json.loads(json.dumps(kept.state)), dict(kept.arrays))


def test_parked_car_starts_and_is_raised_once_at_its_limit() -> None:
    events = events_of(watched(CameraWatch("gate", [zone(20)]), 0, 60))
    assert [event.phase for event in events] == [Phase.STARTED, Phase.RAISED]
    assert events[1].t_s - events[1].started_t_s == 20


def test_known_ground_judges_what_the_picture_cannot_tell() -> None:
    far = [Detections.of([(away(240, speed_m_s=4.5)(t_s), 0.9, StreetClass.CAR)]) for t_s in np.arange(0, 6, 0.2)]
    in_picture, on_ground = CameraWatch("gate", [zone()]), CameraWatch("gate", [zone()], ground=ROAD)
    for watch, has_places in ((in_picture, True), (on_ground, False)):
        for index, found in enumerate(far):
            watch.replay(
                Observation("gate", index / 5, START + timedelta(seconds=index / 5), (1280, 720), detections=found)
            )
        assert watch.scene is not None
        assert bool(watch.scene.places) == has_places


def test_recorded_observations_give_the_same_events_without_pixels() -> None:
    looks = watched(CameraWatch("gate", [zone(20)]), 0, 60)
    replaying = CameraWatch("gate", [zone(20)])
    assert events_of([replaying.replay(looked.observation) for looked in looks]) == events_of(looks)


def test_watch_taken_up_from_disk_reports_what_the_old_one_would_have() -> None:
    whole = CameraWatch("gate", [zone(20)])
    expected = events_of(watched(whole, 0, 60))
    before = CameraWatch("gate", [zone(20)])
    first = events_of(watched(before, 0, 12))
    after = CameraWatch("gate", [zone(20)])
    after.restore(through_disk(before.checkpoint()))
    assert first + events_of(watched(after, 12, 60)) == expected


def test_raised_offence_is_still_known_after_a_restart() -> None:
    before = CameraWatch("gate", [zone(20)])
    watched(before, 0, 30)
    after = CameraWatch("gate", [zone(20)])
    after.restore(through_disk(before.checkpoint()))
    assert after.offences == before.offences != ()


def test_pause_of_the_camera_does_not_count_as_dwell() -> None:
    watch = CameraWatch("gate", [zone(20)])
    events = events_of(watched(watch, 0, 10) + watched(watch, 40, 80))
    raised = next(event for event in events if event.phase is Phase.RAISED)
    assert 20 <= next(reason.value for reason in raised.reasons if reason.key == "dwell") <= 22
    assert raised.t_s >= 50


def test_changed_zone_begins_anew_and_the_others_keep_their_clocks() -> None:
    watch = CameraWatch("gate", [zone(20, "a"), zone(20, "b")])
    watched(watch, 0, 12)
    changed = zone(20, "b").model_copy(update={"version": 2})
    watch.set_zones([zone(20, "a"), changed])
    raised = [event for event in events_of(watched(watch, 12, 25)) if event.phase is Phase.RAISED]
    assert ("a", 20) in [(event.zone_id, event.t_s) for event in raised]


def test_camera_without_zones_is_still_looked_at_now_and_then() -> None:
    watch = CameraWatch("gate", [])
    assert watch.pace().look_hz > 0
    assert events_of(watched(watch, 0, 30)) == []


def test_state_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="gate"):
        CameraWatch("gate", [zone()]).restore(WatchState({"something": 1}, {}))


def test_clock_that_runs_is_known_over_a_restart_until_its_offence_ends() -> None:
    watch = CameraWatch("gate", [zone(60)])
    started = events_of([watch.look(frame(float(t_s), is_parked=True), parked()) for t_s in range(20)])
    again = CameraWatch("gate", [zone(60)])
    again.restore(through_disk(watch.checkpoint()))
    assert again.standing == tuple(started)
    assert again.offences == ()
    for t_s in range(20, 60):
        again.look(frame(float(t_s)), Detections.empty())
    assert again.standing == ()


class Eye:
    """A watch that is looked at as the looking thread does: the model sees only what is wanted."""

    def __init__(self, limit_s: float = 60) -> None:
        self.watch = CameraWatch("gate", [zone(limit_s)])
        self.model_at: list[float] = []
        self.events: list[Event] = []

    def run(self, from_s: float, to_s: float, *, is_parked: bool) -> None:
        for t_s in np.arange(from_s, to_s, 0.5):
            pace = self.watch.pace()
            if self.watch.is_due(float(t_s), pace.look_hz):
                self._look(frame(float(t_s), is_parked=is_parked), pace.model_hz, is_parked)

    def _look(self, picture: Frame, model_hz: float, is_parked: bool) -> None:
        glance = self.watch.glance(picture)
        found = None
        if self.watch.wants_model(glance, model_hz):
            self.model_at.append(picture.t_s)
            found = parked() if is_parked else Detections.empty()
        self.events += self.watch.take(glance, found).events

    def asked(self, from_s: float, to_s: float) -> int:
        return sum(from_s <= t_s < to_s for t_s in self.model_at)


@pytest.fixture
def eye() -> Eye:
    return Eye()


def test_quiet_street_needs_the_model_twice_a_minute(eye: Eye) -> None:
    eye.run(0, 300, is_parked=False)
    assert eye.asked(60, 300) == pytest.approx(8, abs=1)


def test_car_that_stops_on_a_quiet_street_is_known_by_two_scouts_and_watched_more_closely(eye: Eye) -> None:
    eye.run(0, 100, is_parked=False)
    scouting = eye.watch.pace()
    eye.run(100, 124, is_parked=True)
    assert [event.phase for event in eye.events] == [Phase.STARTED]
    assert 1 <= eye.asked(100, 124) <= 4
    assert eye.watch.pace().look_hz > scouting.look_hz


def test_thing_that_was_there_for_one_scout_only_is_no_place_of_the_empty_street(eye: Eye) -> None:
    eye.run(0, 100, is_parked=False)
    eye.run(100, 118, is_parked=True)
    eye.run(118, 200, is_parked=False)
    assert eye.watch.scene is not None
    assert eye.watch.scene.places == ()


def test_standing_car_is_proven_by_pixels_and_needs_the_model_now_and_then(eye: Eye) -> None:
    eye.run(0, 20, is_parked=True)
    eye.run(20, 48, is_parked=True)
    assert eye.asked(20, 48) <= 5


def test_vehicle_that_a_look_finds_in_a_zone_and_that_is_no_place_yet_is_looked_for_once_more(eye: Eye) -> None:
    eye.run(0, 65, is_parked=False)
    asked: list[bool] = []
    for t_s, found in ((90.0, parked()), (98.0, Detections.empty()), (106.0, None)):
        glance = eye.watch.glance(frame(t_s))
        asked.append(eye.watch.wants_model(glance, 1 / 30))
        eye.watch.take(glance, found)
    assert asked == [True, True, False]


def test_model_sees_it_when_the_limit_passes(eye: Eye) -> None:
    eye.run(0, 70, is_parked=True)
    [started, raised] = eye.events
    assert raised.phase is Phase.RAISED
    assert raised.t_s - started.started_t_s == pytest.approx(60, abs=1)
    assert eye.asked(56, 61) >= 1


def test_car_that_leaves_ends_within_seconds(eye: Eye) -> None:
    eye.run(0, 80, is_parked=True)
    eye.run(80, 100, is_parked=False)
    assert eye.events[-1].phase is Phase.ENDED
    assert eye.events[-1].t_s <= 90


def test_car_that_looks_like_the_street_behind_it_is_looked_for_until_it_has_left(
    eye: Eye, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind = STREET[100:160, 100:180]
    monkeypatch.setattr("tests.pipeline.test_watch.CAR_PIXELS", (0.42 * behind + CAR_PIXELS).astype(np.uint8))
    eye.run(0, 80, is_parked=True)
    eye.run(80, 130, is_parked=False)
    assert eye.events[-1].phase is Phase.ENDED
    assert eye.events[-1].t_s <= 100


def test_car_that_left_while_the_camera_looked_elsewhere_is_looked_for_again(eye: Eye) -> None:
    eye.run(0, 80, is_parked=True)
    eye.watch.turn_away(frame(80))
    eye.run(200, 230, is_parked=False)
    assert eye.events[-1].phase is Phase.ENDED
    assert eye.asked(200, 230) >= 3


def test_offence_that_ended_lately_is_known_over_a_restart_as_over_and_the_next_car_is_another_one(eye: Eye) -> None:
    eye.run(0, 80, is_parked=True)
    eye.run(80, 100, is_parked=False)
    after = Eye()
    after.watch.restore(through_disk(eye.watch.checkpoint()))
    assert after.watch.over == eye.watch.over == (eye.events[-1],)
    after.run(100, 180, is_parked=True)
    assert [event.phase for event in after.events] == [Phase.STARTED, Phase.RAISED]
    after.run(180, 720, is_parked=True)
    assert after.watch.over == ()


def test_car_that_took_the_place_of_another_during_a_restart_is_another_one(
    eye: Eye, monkeypatch: pytest.MonkeyPatch
) -> None:
    eye.run(0, 80, is_parked=True)
    after = Eye()
    after.watch.restore(through_disk(eye.watch.checkpoint()))
    after.run(100, 108, is_parked=False)
    monkeypatch.setattr("tests.pipeline.test_watch.CAR_PIXELS", CAR_PIXELS[::-1].copy())
    after.run(108, 200, is_parked=True)
    assert [event.phase for event in after.events] == [Phase.ENDED, Phase.STARTED, Phase.RAISED]
    assert after.events[0].t_s <= 112


def test_car_that_left_while_the_lens_was_dark_is_looked_for_when_the_view_is_back(eye: Eye) -> None:
    eye.run(0, 80, is_parked=True)
    for t_s in range(80, 200):
        eye.watch.take(eye.watch.glance(dark(float(t_s))), Detections.empty())
    eye.run(200, 240, is_parked=False)
    assert eye.events[-1].phase is Phase.ENDED
    assert eye.events[-1].t_s <= 212


def test_stop_that_was_no_offence_is_not_kept_as_one_that_is_over(eye: Eye) -> None:
    eye.run(0, 40, is_parked=True)
    eye.run(40, 60, is_parked=False)
    assert [event.phase for event in eye.events] == [Phase.STARTED, Phase.ENDED]
    assert eye.watch.over == ()


def test_street_falls_back_to_scouting_when_the_car_is_gone(eye: Eye) -> None:
    eye.run(0, 80, is_parked=True)
    eye.run(80, 120, is_parked=False)
    assert eye.watch.pace() == CameraWatch("gate", [zone(60)]).pace()
