"""Decoded pictures as planes that share the decoder's memory."""

import gc

import numpy as np
import pytest

from streams.decoding import PacketDecoder, planes_of
from streams.errors import UnsupportedCodecError
from streams.offers import KeyDecoders
from streams.packets import TICK, StreamFormat
from tests.rtsp.clips import pattern_frame
from tests.streams.helpers import decoded, fake_packet, luma, read_all


def test_planes_are_read_only_views_on_the_decoder_memory(clip) -> None:
    picture = decoded(clip(seconds=0.4))[0]
    planes = planes_of(picture)
    assert not planes.y.flags.writeable
    assert not planes.y.flags.owndata
    shared = np.frombuffer(memoryview(picture.planes[0]), np.uint8)
    assert np.shares_memory(planes.y, shared)


def test_planes_outlive_picture_and_decoder(clip) -> None:
    stream_format, packet = read_all(clip(seconds=0.4))[0]
    decoders = KeyDecoders()
    planes = planes_of(decoders.decode(stream_format, packet))
    before = planes.y.copy()
    del decoders
    gc.collect()
    np.testing.assert_array_equal(planes.y, before)


def test_planes_of_an_odd_size_have_rounded_up_chroma() -> None:
    planes = planes_of(pattern_frame(0, (322, 240)).reformat(width=321, height=239))
    assert planes.y.shape == (239, 321)
    assert planes.u.shape == planes.v.shape == (120, 161)


@pytest.mark.parametrize("pix_fmt", ["yuv444p", "nv12", "yuv420p10le", "gray", "rgb24"])
def test_other_pixel_formats_become_420_with_the_same_brightness(pix_fmt: str) -> None:
    source = pattern_frame(3, (320, 240))
    planes = planes_of(source.reformat(format=pix_fmt))
    np.testing.assert_allclose(planes.y.astype(int), luma(source).astype(int), atol=45 if pix_fmt == "gray" else 4)


def test_full_range_is_told() -> None:
    assert planes_of(pattern_frame(0, (320, 240)).reformat(format="yuvj420p")).full_range
    assert not planes_of(pattern_frame(0, (320, 240))).full_range


def test_corrupt_packets_are_counted_and_the_next_key_frame_decodes(clip) -> None:
    read = read_all(clip(seconds=3, gop=25))
    decoder = PacketDecoder(read[0][0])
    for number, (_, packet) in enumerate(read[:30]):
        if number == 10:
            decoder.decode(fake_packet(packet.t_s, size=50))
        decoder.decode(packet)
    key = next(packet for _, packet in read[30:] if packet.is_key)
    assert decoder.corrupt >= 1
    assert [packet for packet, _ in (*decoder.decode(key), *decoder.drain())] == [key]


def test_codec_without_a_decoder_is_named() -> None:
    with pytest.raises(UnsupportedCodecError, match="teletext99"):
        PacketDecoder(StreamFormat("teletext99", b"", (64, 48), TICK, None))
