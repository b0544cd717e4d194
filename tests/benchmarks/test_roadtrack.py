"""The RoadTrack benchmark: the set's scoring rule, and what we report of a sequence."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

from benchmarks.errors import NotPossibleError
from benchmarks.report import Beginning
from benchmarks.roadtrack import (
    ARCHIVE,
    HOMOGRAPHIES,
    SIZE_WH,
    Choice,
    make_report,
    read_grounds,
    read_recordings,
    reported_boxes,
    run,
)
from benchmarks.roadtrack_scoring import Box, Score, score, total

HERE: Box = (100.0, 100.0, 120.0, 120.0)
NEAR: Box = (102.0, 100.0, 122.0, 120.0)
THERE: Box = (300.0, 100.0, 320.0, 120.0)


def over(frames: range, box: Box = HERE) -> dict[int, Box]:
    return dict.fromkeys(frames, box)


def test_event_that_is_covered_is_found_with_its_latency() -> None:
    assert score({1: over(range(30, 100), NEAR)}, {0: over(range(10, 100))}) == Score((0,), (), (), 0, (20,))


def test_event_covered_on_less_than_a_fifth_is_missed() -> None:
    assert score({1: over(range(90, 100))}, {0: over(range(100))}).missed == (0,)


def test_track_that_overlaps_on_less_than_nine_tenths_is_false() -> None:
    assert score({1: over(range(100))}, {0: over(range(15, 100))}).false == (1,)
    assert score({1: over(range(100))}, {0: over(range(5, 100))}).false == ()
    assert score({1: over(range(100), THERE)}, {0: over(range(100))}).false == (1,)


def test_track_beyond_the_first_of_an_event_is_a_duplicate() -> None:
    assert score({1: over(range(50)), 2: over(range(50, 100))}, {0: over(range(100))}).duplicates == 1


def test_total_divides_found_by_reported_and_by_present() -> None:
    sums = total([Score((0, 1), (2,), (7,), 1, (10, 30)), Score((), (), (3,), 0, ())], fps=10)
    assert (sums.precision, sums.recall, sums.f1) == (0.5, 0.6667, 0.5714)
    assert (sums.mean_latency_s, sums.duplicate_ratio) == (2.0, 0.5)


def test_total_of_nothing_has_no_ratios_and_misses_every_goal() -> None:
    report = make_report({}, {}, Beginning())
    assert [goal.value for goal in report.goals] == [None, None, None]
    assert not any(goal.met for goal in report.goals)


def archive(folder: Path, files: dict[str, str]) -> Path:
    with tarfile.open(folder / ARCHIVE, "w:xz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"roadtrack/{name}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return folder


def car(frame: int, x: float, y: float = 200) -> str:
    return f"{frame},-1,{x},{y},40,30,0.9,2,-1,-1\n"


def test_vehicle_that_stands_is_reported_and_one_that_drives_is_not(tmp_path: Path) -> None:
    det = "".join(car(f, 300) + car(f, 10 + 12 * f, 400) for f in range(1, 101))
    gt = "".join(f"{f},0,300,200,40,30,0.9,2\n" for f in range(1, 101))
    archive(
        tmp_path,
        {
            "event/a_K1_0/det.txt": det,
            "event/a_K1_0/gt.txt": gt,
            "normal/b_K1_0/det.txt": "1,-1,-1,-1,-1,-1,-1,-1,-1,-1\n",
        },
    )
    scores = run(tmp_path, Choice(2, 1), 1, lambda rows, total: rows)
    assert list(scores) == ["event/a_K1_0", "normal/b_K1_0"]
    assert (scores["event/a_K1_0"].found, scores["event/a_K1_0"].false) == ((0,), ())
    assert scores["normal/b_K1_0"] == Score((), (), (), 0, ())


def plane(folder: Path, camera: str) -> None:
    """A camera eight metres high whose horizon is the upper edge: 1000 px wide focal length, units of decimetres."""
    matrix = [[80.0, 0.0, -80.0 * 960], [0.0, 0.0, 80000.0], [0.0, 1.0, 0.0]]
    (folder / HOMOGRAPHIES).write_text(json.dumps({camera: matrix}))


def on_road(frame: int, away_m: float, x_m: float = 0.0) -> str:
    """A row of a car that drives on the plane above."""
    width, height, x, y = 2300 / away_m, 1600 / away_m, 960 + 1000 * x_m / away_m, 8000 / away_m
    return f"{frame},-1,{x - width / 2:.1f},{y - height:.1f},{width:.1f},{height:.1f},0.9,2,-1,-1\n"


def test_plane_of_the_ground_finds_what_creeps_and_leaves_out_what_drives_far_away(tmp_path: Path) -> None:
    frames = range(1, 201)
    det = "".join(on_road(f, 30 + 0.15 * f) + on_road(f, 240 + 0.45 * f, x_m=20) for f in frames)
    gt = "".join(on_road(f, 30 + 0.15 * f).replace(",-1,", ",0,", 1) for f in frames if f > 40)
    gt = "\n".join(",".join(row.split(",")[:8]) for row in gt.splitlines())
    archive(tmp_path, {"event/a_K1_0/det.txt": det, "event/a_K1_0/gt.txt": gt})
    plane(tmp_path, "K1")
    (on_ground,) = run(tmp_path, Choice(2, 1), 1, lambda rows, total: rows).values()
    (in_picture,) = run(tmp_path, Choice(2, 1, knows_ground=False), 1, lambda rows, total: rows).values()
    assert (on_ground.found, on_ground.false) == ((0,), ())
    assert in_picture.missed == (0,)


def test_planes_are_scaled_to_metres_by_the_cars_of_each_camera(tmp_path: Path) -> None:
    archive(tmp_path, {"normal/a_K1_0/det.txt": "".join(on_road(f, 20 + f) for f in range(1, 201))})
    plane(tmp_path, "K1")
    grounds = read_grounds(tmp_path, list(read_recordings(tmp_path / ARCHIVE)))
    cars = np.array([[960, 100, 980, 200], [960, 100, 980, 160]], np.float32)
    near_m, far_m = grounds["K1"].feet_m(cars, SIZE_WH)
    assert np.linalg.norm(far_m - near_m) == pytest.approx(10, abs=0.5)


@pytest.mark.parametrize("content", ["no matrices", '{"K1": [[1, 2], [3]]}'])
def test_homographies_that_cannot_be_read_are_named(tmp_path: Path, content: str) -> None:
    archive(tmp_path, {"normal/a_K1_0/det.txt": "".join(on_road(f, 20 + f) for f in range(1, 201))})
    (tmp_path / HOMOGRAPHIES).write_text(content)
    with pytest.raises(NotPossibleError, match=HOMOGRAPHIES):
        read_grounds(tmp_path, list(read_recordings(tmp_path / ARCHIVE)))


def test_opposite_road_of_k249_is_left_out(tmp_path: Path) -> None:
    archive(tmp_path, {"normal/a_K249_0/det.txt": "".join(car(f, 100, 100) for f in range(1, 60))})
    (recording,) = read_recordings(tmp_path / ARCHIVE)
    assert not reported_boxes(recording, 2)


@pytest.mark.parametrize("content", [None, b"no archive"])
def test_archive_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / ARCHIVE).write_bytes(content)
    with pytest.raises(NotPossibleError, match=ARCHIVE):
        list(read_recordings(tmp_path / ARCHIVE))
