"""Clips cut from packets: what they show, their times, and packets left as they are."""

from pathlib import Path

import av
import numpy as np
import pytest

from streams.clips import decode_all, decode_at, write_clip
from streams.errors import ClipError
from streams.packets import Segment
from streams.ring import PacketRing
from tests.rtsp.clips import pattern_frame
from tests.streams.helpers import decoded, luma, read_all, segment_of

KINDS = [("h264", 0), ("h264", 2), ("h265", 0), ("h265", 2), ("mpeg4", 0)]


def kept(path: Path) -> PacketRing:
    ring = PacketRing("gate", ring_s=60, ring_bytes=10**8)
    for stream_format, packet in read_all(path):
        ring.add(stream_format, packet)
    return ring


@pytest.mark.parametrize(("codec", "b_frames"), KINDS)
def test_clip_from_the_middle_shows_what_the_camera_showed(clip, tmp_path: Path, codec: str, b_frames: int) -> None:
    segment = kept(clip(codec=codec, b_frames=b_frames, seconds=4)).segment(1.5, 2.5)
    info = write_clip(segment, tmp_path / "clip.mp4")
    pictures = decoded(info.path)
    first = round(info.from_t_s * 25)
    assert len(pictures) == info.frames
    for number, picture in enumerate(pictures[:20]):
        expected = luma(pattern_frame(first + number, (320, 240))).astype(int)
        assert np.abs(luma(picture).astype(int) - expected).mean() < 8, f"picture {number} is another one"


@pytest.mark.parametrize(("codec", "b_frames"), KINDS)
def test_packets_in_a_clip_are_untouched(clip, tmp_path: Path, codec: str, b_frames: int) -> None:
    segment = segment_of(clip(codec=codec, b_frames=b_frames, seconds=2))
    info = write_clip(segment, tmp_path / "clip.mp4")
    again = segment_of(info.path)
    before, after = ([p.data for p in each.packets if not p.is_key] for each in (segment, again))
    assert before == after  # key packets gain or lose parameter sets, which lie in the MP4's head


def test_clip_has_the_times_of_the_stream(clip, tmp_path: Path) -> None:
    segment = kept(clip(seconds=4, b_frames=2)).segment(1.0, 3.0)
    info = write_clip(segment, tmp_path / "clip.mp4")
    times = [float(picture.pts * picture.time_base) for picture in decoded(info.path)]
    assert np.diff(times) == pytest.approx(0.04, abs=1e-3)
    assert info.to_t_s == pytest.approx(3.0, abs=0.05)


def test_gap_of_a_reconnect_stays_a_gap_in_the_clip(clip, tmp_path: Path) -> None:
    first = read_all(clip(seconds=2))
    later = read_all(clip(seconds=2), start_t_s=30.0)
    moved = [
        (f, p.__class__(p.data, p.pts + 2_700_000, p.dts + 2_700_000, p.duration, p.is_key, p.t_s, p.unix_s, 0.5))
        for f, p in later
    ]
    segment = Segment("gate", first[0][0], tuple(packet for _, packet in first + moved))
    pictures = decoded(write_clip(segment, tmp_path / "clip.mp4").path)
    assert float(pictures[-1].pts * pictures[-1].time_base) == pytest.approx(31.96, abs=0.1)
    assert len(pictures) == 100


def test_clip_opens_in_browsers_that_want_hvc1(clip, tmp_path: Path) -> None:
    info = write_clip(segment_of(clip(codec="h265", seconds=1)), tmp_path / "clip.mp4")
    with av.open(str(info.path)) as container:
        assert container.streams.video[0].codec_context.codec_tag == "hvc1"


def test_clip_begins_with_its_index_so_that_it_plays_while_it_loads(clip, tmp_path: Path) -> None:
    data = write_clip(segment_of(clip(seconds=1)), tmp_path / "clip.mp4").path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_clip_into_a_missing_folder_is_an_error_that_names_it(clip, tmp_path: Path) -> None:
    with pytest.raises(ClipError, match=r"nowhere/clip\.mp4 cannot be written"):
        write_clip(segment_of(clip(seconds=1)), tmp_path / "nowhere" / "clip.mp4")


@pytest.mark.parametrize(("codec", "b_frames"), KINDS)
def test_all_frames_come_in_the_order_shown(clip, codec: str, b_frames: int) -> None:
    frames = list(decode_all(segment_of(clip(codec=codec, b_frames=b_frames, seconds=2))))
    assert len(frames) == 50
    assert np.diff([frame.t_s for frame in frames]) == pytest.approx(0.04, abs=1e-3)
    assert [frame.seq for frame in frames] == list(range(50))


@pytest.mark.parametrize(("codec", "b_frames"), KINDS)
def test_frame_at_a_moment_is_the_picture_of_that_moment(clip, codec: str, b_frames: int) -> None:
    segment = segment_of(clip(codec=codec, b_frames=b_frames, seconds=3))
    begins = min(packet.t_s for packet in segment.packets)
    frame = decode_at(segment, begins + 1.81)
    assert frame.t_s - begins == pytest.approx(1.8, abs=0.01)
    expected = luma(pattern_frame(45, (320, 240))).astype(int)
    assert np.abs(frame.planes.y.astype(int) - expected).mean() < 8


def test_frame_with_nothing_to_decode_is_an_error_that_names_the_camera(clip) -> None:
    whole = segment_of(clip(seconds=1))
    torn = Segment("gate", whole.format, whole.packets[3:5])
    with pytest.raises(ClipError, match="gate"):
        decode_at(torn, torn.packets[0].t_s)
