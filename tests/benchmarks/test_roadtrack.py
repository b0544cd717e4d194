"""The RoadTrack benchmark: the set's scoring rule, and what we report of a sequence."""

import io
import tarfile
from pathlib import Path

import pytest

from benchmarks.errors import NotPossibleError
from benchmarks.report import Beginning
from benchmarks.roadtrack import ARCHIVE, Choice, make_report, read_recordings, reported_boxes, run
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
