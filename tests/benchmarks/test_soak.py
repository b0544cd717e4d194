"""The soak benchmark: slopes, what is left behind, and a short run of it."""

from pathlib import Path

import pytest

from benchmarks.errors import SideFailedError
from benchmarks.soak import Plan, measure_churn, measure_hours, slope
from tests.rtsp.clips import Pattern, encode_clip
from tests.rtsp.server import missing_reason


def test_slope_leaves_the_first_hour_out() -> None:
    samples = [(number / 10, 100 + 50 * min(number / 10, 1.0)) for number in range(40)]
    assert slope(samples) == pytest.approx(0)
    assert slope([(at, 100 + 2 * at) for at, _ in samples]) == pytest.approx(2)


def test_slope_of_too_short_a_run_is_refused() -> None:
    with pytest.raises(SideFailedError, match="run longer"):
        slope([(0.1, 100.0), (0.5, 101.0)])


@pytest.mark.e2e
@pytest.mark.skipif(bool(missing_reason()), reason=missing_reason())
def test_cameras_that_come_and_go_leave_no_thread_descriptor_or_child_behind(tmp_path: Path) -> None:
    clip = encode_clip(tmp_path / "camera.mp4", Pattern(seconds=2, gop=12))
    churn = measure_churn(clip, Plan(churn_cycles=3, churn_cameras=4))
    before, after = churn.before, churn.after
    assert (after.threads, after.descriptors, after.children) == (
        before.threads,
        before.descriptors,
        before.children,
    )


def test_fast_cameras_are_watched_as_if_time_went_fast(tmp_path: Path) -> None:
    clip = encode_clip(tmp_path / "camera.mp4", Pattern(seconds=60, fps=5, gop=10, size_wh=(128, 96)))
    plan = Plan(cameras=2, fps=5, speed=400.0, hours=1.2)
    hours = measure_hours(clip, plan, lambda _text: None)
    assert hours.reconnects == 0
    assert hours.looks > 20
    assert hours.times_real_time > 1
    assert hours.grown_kb
