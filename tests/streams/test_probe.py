"""A probe reports what a camera really sends."""

import threading
from pathlib import Path

import pytest

from streams.connection import Pace
from streams.errors import NotMediaError, StreamAuthError, StreamReadError, UnsupportedCodecError
from streams.opening import Openers
from streams.probe import probe
from streams.settings import StreamSettings
from tests.rtsp.server import Mount, RtspServer
from tests.streams.fakes import paced_opener

SETTINGS = StreamSettings()


def test_file_is_reported_as_it_was_encoded(clip) -> None:
    report = probe(str(clip(seconds=4, fps=12, gop=24, size_wh=(640, 360))), SETTINGS, Openers())
    assert (report.codec, report.size_wh, report.transport) == ("h264", (640, 360), "file")
    assert report.declared_fps == pytest.approx(12)
    assert report.delivered_fps == pytest.approx(12, rel=0.01)
    assert report.key_interval_s == pytest.approx(2.0)
    assert report.browser_codec.startswith("avc1.")
    assert report.audio_tracks == ()


def test_bit_rate_is_that_of_the_packets(clip) -> None:
    path = clip(seconds=4)
    assert probe(str(path), SETTINGS, Openers()).bit_rate_bps == pytest.approx(path.stat().st_size * 8 / 4, rel=0.4)


def test_progress_grows_to_one(clip) -> None:
    told: list[float] = []
    probe(str(clip(seconds=4)), SETTINGS, Openers(), watch_s=2, on_progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 5


def test_scene_of_another_scheme_is_watched_in_real_time(clip) -> None:
    openers = Openers({"synthetic": paced_opener(clip("ts", seconds=4), 4.0)})
    report = probe("synthetic://street", SETTINGS, openers, watch_s=2)
    assert report.transport == "synthetic"
    assert report.delivered_fps == pytest.approx(25, rel=0.3)


def test_file_that_is_no_video_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("shopping list\n" * 40)
    with pytest.raises(NotMediaError, match="text file"):
        probe(str(path), SETTINGS, Openers())


def test_codec_that_no_camera_sends_is_named(clip) -> None:
    with pytest.raises(UnsupportedCodecError, match="vp9"):
        probe(str(clip("mkv", codec="vp9", seconds=0.4, size_wh=(64, 48))), SETTINGS, Openers())


@pytest.mark.e2e
def test_rtsp_camera_tells_its_clock_and_its_sound(clip) -> None:
    with RtspServer([Mount("/gate", clip(seconds=4), audio=True)], user="op", password="geheim") as server:
        # The first sender report comes after 1.0 to 3.1 s (RFC 3550, 6.3.1), counted from PLAY.
        report = probe(server.url("/gate"), SETTINGS, Openers(), watch_s=6)
        assert (report.clock, report.audio_tracks) == ("rtcp", ("pcm_alaw 8000 Hz mono",))
        assert report.clock_offset_s == pytest.approx(0.0, abs=report.clock_error_s + 1)  # its clock is this machine's
        assert report.delivered_fps == pytest.approx(25, rel=0.2)
        assert "geheim" not in report.url
        with pytest.raises(StreamAuthError):
            probe(server.url("/gate", password="falsch"), SETTINGS, Openers())


@pytest.mark.e2e
def test_stream_without_a_key_frame_in_time_says_so(clip) -> None:
    mount = Mount("/gate", clip(seconds=20, gop=500))
    with RtspServer([mount]) as server, pytest.raises(StreamReadError, match="no key frame"):
        probe_in_the_middle(server)


def probe_in_the_middle(server: RtspServer) -> None:
    """Probe while another viewer keeps the stream running, so that we join between key frames."""
    other = Openers().open(server.url("/gate"), SETTINGS)
    try:
        units = iter(other.units(Pace(threading.Event())))
        for _ in range(10):
            next(units)
        probe(server.url("/gate"), SETTINGS, Openers(), watch_s=1)
    finally:
        other.close()


def test_file_that_was_cut_off_is_reported_with_what_is_wrong(cut_avi: Path) -> None:
    report = probe(str(cut_avi), StreamSettings(), Openers(), watch_s=10)
    assert report.watched_s < 3
    assert "is truncated: it holds" in report.problem


@pytest.mark.parametrize("ending", ["avi", "mp4", "mkv", "ts"])
def test_whole_file_is_reported_without_a_problem(clip, ending: str) -> None:
    assert probe(str(clip(ending, seconds=4)), StreamSettings(), Openers(), watch_s=10).problem == ""
