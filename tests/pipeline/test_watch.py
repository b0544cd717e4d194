"""One camera's watch: what it sees can be put aside, taken up and replayed without changing what it reports."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from detectors.catalog import ZoneSettings
from detectors.events import Event, Phase
from pipeline.watch import CameraWatch, Looked, WatchState
from vision.classes import StreetClass
from vision.detections import Detections
from vision.frames import Frame, Planes

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


def frame(t_s: float) -> Frame:
    noise = np.random.default_rng(int(t_s * 100)).integers(0, 3, STREET.shape, np.uint8)
    chroma = np.full((SIZE_WH[1] // 2, SIZE_WH[0] // 2), 128, np.uint8)
    planes = Planes(STREET + noise, chroma, chroma.copy())
    return Frame("gate", int(t_s * 2), t_s, START + timedelta(seconds=t_s), 0.1, planes)


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
    assert watch.look_hz() > 0
    assert events_of(watched(watch, 0, 30)) == []


def test_state_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="gate"):
        CameraWatch("gate", [zone()]).restore(WatchState({"something": 1}, {}))


def test_clock_that_runs_is_known_over_a_restart_until_its_offence_ends() -> None:
    watch = CameraWatch("gate", [zone(60)])
    started = events_of(watched(watch, 0, 20))
    again = CameraWatch("gate", [zone(60)])
    again.restore(through_disk(watch.checkpoint()))
    assert again.standing == tuple(started)
    assert again.offences == ()
    for t_s in range(20, 60):
        again.look(frame(float(t_s)), Detections.empty())
    assert again.standing == ()
