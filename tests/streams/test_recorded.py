"""Recorded files frame by frame, and files that are none."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from streams.errors import NotMediaError, StreamNotFoundError
from streams.recorded import Recorded


def test_every_frame_of_a_file_comes_with_its_time(clip) -> None:
    begins_at = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
    with Recorded(clip(seconds=2, b_frames=2), "gate", begins_at=begins_at) as recorded:
        frames = list(recorded)
    assert len(frames) == 50
    assert [frames[0].t_s, frames[-1].t_s] == pytest.approx([0.0, 1.96])
    assert frames[25].captured_at - begins_at == pytest.approx(timedelta(seconds=1), abs=timedelta(milliseconds=1))
    assert all(later.t_s > earlier.t_s for earlier, later in pairwise(frames))


def test_duration_is_known_before_reading(clip) -> None:
    with Recorded(clip(seconds=2), "gate") as recorded:
        assert recorded.duration_s == pytest.approx(2.0, abs=0.1)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StreamNotFoundError, match=r"missing\.mp4 does not exist"):
        Recorded(tmp_path / "missing.mp4", "gate")


def test_text_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_text("not a clip\n" * 30)
    with pytest.raises(NotMediaError, match="text file"):
        Recorded(path, "gate")


def test_avi_that_was_cut_off_says_so_though_its_length_is_guessed_from_what_is_left(cut_avi: Path) -> None:
    with Recorded(cut_avi, "gate") as recorded:
        frames = list(recorded)
    assert 0 < len(frames) < 75
    assert "it is truncated" in recorded.problem


def test_whole_avi_has_no_problem(clip) -> None:
    with Recorded(clip("avi", seconds=4), "gate") as recorded:
        frames = list(recorded)
    assert (len(frames), recorded.problem) == (100, "")
