"""Zones that are tried on recordings: what they would have raised, and what cannot be tried."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from detectors.catalog import ZoneSettings
from pipeline.recordings import RecordingFolder
from pipeline.rerun import Rerun
from pipeline.trial import run_trial
from pipeline.trial_records import TrialRequest, TrialResult
from tests.pipeline.recorded import LEFT, RIGHT, TWO_STOPS, WHOLE, observations, record, zone
from tests.vision.streets import BEGAN_AT
from vision.errors import RecordingError
from vision.observations import SurfaceChange, SurfaceLook

UNTIL_S = 400


def tried(root: Path, *zones: ZoneSettings, from_s: float = 0, to_s: float = UNTIL_S, **more: float) -> TrialResult:
    from_at, to_at = (BEGAN_AT + timedelta(seconds=s) for s in (from_s, to_s))
    files = tuple(recording.path for recording in RecordingFolder(root).of_camera("gate"))
    request = TrialRequest(camera_id="gate", zones=zones, from_at=from_at, to_at=to_at, files=files, **more)
    return run_trial(request, lambda _: None)


def codes(result: TrialResult) -> list[list[str]]:
    return [[caveat.code for caveat in each.caveats] for each in result.zones]


def test_zone_as_it_was_gives_what_was_raised(tmp_path: Path) -> None:
    kerb = zone(limit_s=60)
    live = record(tmp_path, [kerb], observations(TWO_STOPS, UNTIL_S), begin_at_s=(50, 200))
    [found] = tried(tmp_path, kerb).zones

    assert found.tried == found.real
    assert found.real_count == 2
    assert {event.event_id for event in found.real} == {event.event_id for event in live}
    assert codes(tried(tmp_path, kerb)) == [[]]


def test_longer_limit_raises_less_and_what_was_raised_stands_beside(tmp_path: Path) -> None:
    record(tmp_path, [zone(limit_s=60)], observations(TWO_STOPS, UNTIL_S), begin_at_s=(50, 200))
    [found] = tried(tmp_path, zone(limit_s=120)).zones

    assert (found.tried_count, found.real_count) == (1, 2)
    [event] = found.tried
    assert event.length_s == pytest.approx(180, abs=15)
    assert event.box[0] == pytest.approx(840 / 1280, abs=0.02)
    assert {reason.key: reason.value for reason in event.reasons}["limit"] == 120
    assert event.event_id in {each.event_id for each in found.real}


def test_new_zone_is_tried_and_one_that_was_deleted_is_shown(tmp_path: Path) -> None:
    record(tmp_path, [zone(limit_s=60)], observations(TWO_STOPS, UNTIL_S))
    new, former = tried(tmp_path, zone("bay", RIGHT, limit_s=30)).zones

    assert (new.zone_id, new.tried_count, new.real_count, new.is_tried) == ("bay", 1, 0, True)
    assert (former.zone_id, former.tried_count, former.real_count, former.is_tried) == ("kerb", 0, 2, False)


def test_car_that_stands_when_a_file_begins_is_judged_by_its_whole_stay(tmp_path: Path) -> None:
    record(tmp_path, [zone(limit_s=600)], observations(TWO_STOPS, UNTIL_S), begin_at_s=(250,))
    RecordingFolder(tmp_path).of_camera("gate")[0].path.unlink()
    [found] = tried(tmp_path, zone(limit_s=90), from_s=250).zones

    [event] = found.tried
    assert event.started_at == pytest.approx(BEGAN_AT + timedelta(seconds=150), abs=timedelta(seconds=3))
    assert {reason.key: reason.value for reason in event.reasons}["dwell"] >= 90


def test_offence_that_stood_before_the_span_is_told_once_and_one_after_it_is_not(tmp_path: Path) -> None:
    kerb = zone(limit_s=60)
    record(tmp_path, [kerb], observations(TWO_STOPS, UNTIL_S), begin_at_s=(100,))

    assert [z.real_count for z in tried(tmp_path, kerb, from_s=95, to_s=150).zones] == [1]
    assert [z.real_count for z in tried(tmp_path, kerb, from_s=130, to_s=205).zones] == [0]


def test_ground_that_no_zone_watched_is_said(tmp_path: Path) -> None:
    record(tmp_path, [zone(polygon=LEFT)], observations(TWO_STOPS, 60))
    result = tried(tmp_path, zone(polygon=LEFT, limit_s=5), zone("bay", RIGHT), zone("all", WHOLE))

    assert codes(result) == [[], ["rarely_looked_at"], ["rarely_looked_at"]]
    assert [z.caveats[0].ratio for z in result.zones[1:]] == pytest.approx([0.0, 0.5], abs=0.02)


@pytest.mark.parametrize("kind", ["vending", "spillover", "goods"])
def test_unknown_things_are_not_looked_for_where_no_rule_about_things_was(tmp_path: Path, kind: str) -> None:
    record(tmp_path, [zone(polygon=LEFT)], observations(TWO_STOPS, 60))
    assert codes(tried(tmp_path, zone("v", LEFT, kind=kind)))[0] == ["unknown_not_looked_for"]


def test_unknown_things_were_looked_for_whichever_rule_asked(tmp_path: Path) -> None:
    record(tmp_path, [zone("shop", LEFT, kind="spillover")], observations(TWO_STOPS, 60))
    assert codes(tried(tmp_path, zone("v", LEFT, kind="vending")))[0] == []


def visits(changes: Sequence[SurfaceChange], until_s: int) -> list[SurfaceLook]:
    return [SurfaceLook("wall", 1.0, tuple(changes) if t > 10 else (), ()) for t in range(until_s + 1)]


def test_flyers_are_tried_on_the_surface_that_was_watched_and_on_no_other(tmp_path: Path) -> None:
    paper = SurfaceChange((0.3, 0.3, 0.4, 0.5), (300.0, 200.0, 340.0, 260.0), 0.3, 0.95, 0.4)
    seen = observations([], 100)
    looks = visits([paper], 100)
    wall = zone("wall", LEFT, kind="flyers", limit_s=60)
    record(tmp_path, [wall], [replace(o, surfaces=(look,)) for o, look in zip(seen, looks, strict=True)])

    quicker = wall.model_copy(update={"rule": wall.rule.model_copy(update={"limit_s": 20})})
    moved = quicker.model_copy(update={"polygon": RIGHT})
    [same] = tried(tmp_path, quicker, to_s=60).zones
    [other] = tried(tmp_path, moved).zones
    assert (same.tried_count, same.real_count, same.caveats) == (1, 0, ())
    assert (other.tried_count, other.real_count, other.is_tried) == (0, 1, False)
    assert [caveat.code for caveat in other.caveats] == ["surface_not_visited"]


def test_time_that_was_not_recorded_is_told(tmp_path: Path) -> None:
    seen = [o for o in observations(TWO_STOPS, UNTIL_S) if not 100 < o.t_s < 200]
    record(tmp_path, [zone()], seen)
    spans = tried(tmp_path, zone()).recorded

    assert [[(at - BEGAN_AT).total_seconds() for at in span] for span in spans] == [[0, 100], [200, 400]]


def test_trial_whose_time_is_up_tells_how_far_it_came(tmp_path: Path) -> None:
    record(tmp_path, [zone()], observations(TWO_STOPS, UNTIL_S))
    result = tried(tmp_path, zone(), limit_s=0.0)

    assert result.until_at == result.recorded[-1][1] < result.to_at


def test_recording_of_a_power_cut_is_tried_as_far_as_it_is_whole(tmp_path: Path) -> None:
    kerb = zone(limit_s=30)
    record(tmp_path, [kerb], observations(TWO_STOPS, UNTIL_S))
    [file] = RecordingFolder(tmp_path).of_camera("gate")
    file.path.write_bytes(file.path.read_bytes()[:-500])
    rerun = Rerun([kerb])
    steps = list(rerun.run(file.path))

    assert rerun.is_cut
    assert 100 < len(steps) < UNTIL_S
    assert tried(tmp_path, kerb).zones[0].real_count >= 1


def test_start_with_an_offence_that_is_none_is_refused_in_words(tmp_path: Path) -> None:
    record(tmp_path, [zone()], observations(TWO_STOPS, 20))
    [file] = RecordingFolder(tmp_path).of_camera("gate")
    header, rest = gzip.decompress(file.path.read_bytes()).split(b"\n", 1)
    start = json.loads(header)
    start["start"]["known"]["offences"] = [{"event_id": "gate-kerb-1"}]
    file.path.write_bytes(gzip.compress(json.dumps(start).encode() + b"\n" + rest))

    with pytest.raises(RecordingError, match=r"cannot be used, at known\.offences\.0"):
        tried(tmp_path, zone())


def test_recording_that_another_version_began_is_refused_in_words(tmp_path: Path) -> None:
    record(tmp_path, [zone()], observations(TWO_STOPS, 20))
    [file] = RecordingFolder(tmp_path).of_camera("gate")
    header, rest = gzip.decompress(file.path.read_bytes()).split(b"\n", 1)
    start = json.loads(header)
    start["start"]["known"]["memory"]["version"] = 99
    file.path.write_bytes(gzip.compress(json.dumps(start).encode() + b"\n" + rest))

    with pytest.raises(RecordingError, match="made by another version"):
        tried(tmp_path, zone())
