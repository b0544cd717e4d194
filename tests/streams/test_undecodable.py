"""Packets of which no picture can come are noticed and named."""

import pytest

from streams.errors import StreamUndecodableError
from streams.undecodable import KEY_WAIT_S, STRANGE_AFTER_S, STRANGE_IN_A_ROW, PictureWatch
from tests.streams.helpers import HandClock

H264_PICTURE = b"\x00\x00\x01\x41\x9a\x00"
HEVC_PICTURE = b"\x00\x00\x01\x02\x01\xd0"


class Watched:
    """A watch of an H.264 camera on a clock that is turned by hand."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.watch = PictureWatch("h264", "rtsp://gate", self.clock.clocks.monotonic)

    def take(self, data: bytes, *, is_key: bool = False, has_sets: bool = True, step_s: float = 0.04) -> bool:
        self.clock.advance(step_s)
        return self.watch.may_pass(data, is_key=is_key, has_sets=has_sets)


def test_nothing_passes_before_the_first_key_frame() -> None:
    watched = Watched()
    assert [watched.take(H264_PICTURE), watched.take(H264_PICTURE, is_key=True), watched.take(H264_PICTURE)] == [
        False,
        True,
        True,
    ]


def test_key_frame_without_parameter_sets_does_not_count() -> None:
    assert not Watched().take(H264_PICTURE, is_key=True, has_sets=False)


def test_stream_without_key_frames_is_named() -> None:
    watched = Watched()
    with pytest.raises(StreamUndecodableError, match="rtsp://gate sent no key frame for 30 s"):
        watched.take(H264_PICTURE, step_s=KEY_WAIT_S + 1)


def test_stream_without_parameter_sets_is_named() -> None:
    watched = Watched()
    watched.take(H264_PICTURE, is_key=True, has_sets=False)
    with pytest.raises(StreamUndecodableError, match="no parameter sets"):
        watched.take(H264_PICTURE, step_s=KEY_WAIT_S + 1)


def test_other_codec_than_declared_is_named() -> None:
    watched = Watched()
    watched.take(H264_PICTURE, is_key=True)
    watched.clock.advance(STRANGE_AFTER_S)
    for _ in range(STRANGE_IN_A_ROW - 1):
        watched.take(HEVC_PICTURE)
    with pytest.raises(StreamUndecodableError, match="something else than the h264"):
        watched.take(HEVC_PICTURE)


def test_stream_that_goes_on_for_ever_without_a_key_frame_passes() -> None:
    watched = Watched()
    watched.take(H264_PICTURE, is_key=True)
    assert all(watched.take(H264_PICTURE) for _ in range(3000))


def test_some_packets_without_a_picture_are_no_other_codec() -> None:
    watched = Watched()
    watched.take(H264_PICTURE, is_key=True)
    watched.clock.advance(STRANGE_AFTER_S)
    assert all(
        watched.take(H264_PICTURE if turn % STRANGE_IN_A_ROW == 0 else b"\x00\x00\x01\x06x") for turn in range(99)
    )
