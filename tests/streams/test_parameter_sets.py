"""Parameter sets of H.264 and H.265: found, merged, and named for browsers."""

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import UnsupportedCodecError
from streams.parameter_sets import (
    codec_string,
    has_all_sets,
    holds_picture,
    merged_extradata,
    parameter_sets,
    split_annexb,
    without_emulation,
)
from tests.streams.helpers import read_all

START = b"\x00\x00\x00\x01"


def test_codec_string_of_h264_is_profile_constraints_and_level() -> None:
    assert codec_string("h264", START + bytes.fromhex("6764001facd9")) == "avc1.64001f"


def test_codec_string_of_h265_follows_the_standard_examples() -> None:
    # main profile, tier low, level 3.1 (93), progressive and frame-only flags: the string players show for it
    sps = bytes.fromhex("4201 01 01 60000000 b00000000000 5d a0".replace(" ", "")).replace(
        b"\x00\x00\x00", b"\x00\x00\x03\x00"
    )
    assert codec_string("hevc", START + sps) == "hvc1.1.6.L93.B0"


@pytest.mark.parametrize(("codec", "begins"), [("h264", "avc1."), ("h265", "hvc1.")])
def test_real_encoders_give_a_codec_string(clip, codec: str, begins: str) -> None:
    stream_format, _ = read_all(clip(codec=codec, seconds=0.5))[0]
    assert codec_string(stream_format.codec, stream_format.extradata).startswith(begins)


@pytest.mark.parametrize("codec", ["mpeg4", "mjpeg", "vp9"])
def test_codec_that_browsers_do_not_play_is_named(codec: str) -> None:
    with pytest.raises(UnsupportedCodecError, match=codec):
        codec_string(codec, b"")


@pytest.mark.parametrize(("codec", "other"), [("h264", "hevc"), ("hevc", "h264")])
def test_pictures_of_one_codec_do_not_pass_for_the_other(clip, codec: str, other: str) -> None:
    pattern = {"h264": "h264", "hevc": "h265"}[codec]
    packets = [packet.data for _, packet in read_all(clip(codec=pattern, seconds=2, b_frames=2))]
    assert all(holds_picture(codec, data) for data in packets)
    assert not any(holds_picture(other, data) for data in packets)


@pytest.mark.parametrize(("codec", "sets"), [("h264", 2), ("hevc", 3)])
def test_all_kinds_of_sets_must_be_there(clip, codec: str, sets: int) -> None:
    stream_format, _ = read_all(clip(codec={"h264": "h264", "hevc": "h265"}[codec], seconds=0.5))[0]
    units = list(split_annexb(stream_format.extradata))
    assert len(units) == sets
    assert has_all_sets(codec, stream_format.extradata)
    assert not any(has_all_sets(codec, START + START.join(units[:at] + units[at + 1 :])) for at in range(sets))


@given(codec=st.sampled_from(["h264", "hevc"]), data=st.binary(max_size=200))
def test_broken_parameter_sets_raise_only_our_error(codec: str, data: bytes) -> None:
    parameter_sets(codec, data)
    merged_extradata(codec, data, data)
    try:
        assert codec_string(codec, START + data).startswith(("avc1.", "hvc1."))
    except UnsupportedCodecError:
        return


@given(st.lists(st.binary(min_size=1, max_size=30), max_size=8))
def test_units_are_found_between_start_codes(payloads: list[bytes]) -> None:
    units = [b"\x67" + payload.replace(b"\x00", b"\x01") for payload in payloads]
    assert list(split_annexb(b"".join(START + unit for unit in units))) == units


@given(st.binary(max_size=100))
def test_emulation_prevention_is_taken_out_as_an_encoder_put_it_in(payload: bytes) -> None:
    escaped = bytearray()
    for byte in payload:
        if escaped[-2:] == b"\x00\x00" and byte <= 3:
            escaped.append(3)
        escaped.append(byte)
    assert without_emulation(bytes(escaped)) == payload


def test_sets_inside_a_packet_take_the_place_of_the_old_ones() -> None:
    old = START + b"\x67old" + START + b"\x68pps"
    merged = merged_extradata("h264", old, START + b"\x67new" + START + b"\x65slice")
    assert merged == START + b"\x67new" + START + b"\x68pps"


def test_packet_without_new_sets_leaves_the_extradata_alone() -> None:
    old = START + b"\x67old" + START + b"\x68pps"
    assert merged_extradata("h264", old, START + b"\x67old" + START + b"\x65slice") is old


def test_extradata_of_a_file_becomes_annexb_that_a_decoder_takes(clip) -> None:
    stream_format, key = read_all(clip(codec="h265", seconds=0.5))[0]
    context = av.CodecContext.create("hevc", "r")
    context.extradata = stream_format.extradata
    assert list(parameter_sets("hevc", stream_format.extradata)) == ["VPS", "SPS", "PPS"]
    assert context.decode(av.Packet(key.data)) or context.decode(None)
