"""RTP, RTCP, descriptions and their framing from anybody: no surprise, bounded, and the same however they are cut."""

from itertools import chain, pairwise
from unittest import mock

from hypothesis import example, given
from hypothesis import strategies as st

import streams.rtp
from streams.rtp import Picture, PictureAssembler, WallClock, holds_recovery_point
from streams.rtsp_messages import Interleaved, MessageBuffer, RtspFormatError, RtspMessage
from streams.sdp import MOST_FPS, video_track
from tests.streams.rtp_packets import (
    CRA,
    IDR,
    PAYLOAD_TYPE,
    PPS,
    RECOVERY_SEI,
    SLICE,
    SPS,
    TRAIL,
    VPS,
    Sender,
    annexb,
    fragments,
    goodbye,
    hevc_fragments,
    interleaved,
    joined,
    sender_report,
)

MOST_BYTES, MOST_PARTS, LONGEST_PACKET = 400, 30, 80
"""Bounds in place of the real ones, so that few packets reach them."""

CODECS = st.sampled_from(["h264", "hevc"])
HEADS = st.sampled_from(
    [b"\x7c\x85", b"\x7c\x05", b"\x7c\x45", b"\x62\x01\x93", b"\x62\x01\x13", b"\x62\x01\x53", b"\x78\x00\x03", b"\x41"]
)
"""Beginning, middle and end of fragments of both codecs, joined units, a slice."""

PAYLOADS = st.tuples(st.one_of(HEADS, st.just(b"")), st.binary(max_size=LONGEST_PACKET - 20)).map(b"".join)
FIRSTS = st.one_of(st.just(0x80), st.integers(0, 255))
STAMPS = st.one_of(st.integers(0, 3), st.sampled_from([2**31, 2**32 - 1]))
SENT = st.lists(st.tuples(FIRSTS, PAYLOADS, STAMPS, st.booleans(), st.booleans(), st.integers(0, 20)), max_size=80)
"""What each packet holds: first byte, payload, stamp, marker, whether of a second source, and 0 for a loss before."""

UNITS = {"h264": [SPS, PPS, RECOVERY_SEI, IDR, SLICE, IDR * 40], "hevc": [VPS, CRA, TRAIL, TRAIL * 40, CRA * 40]}
MESSAGES = st.sampled_from(
    [
        b"RTSP/1.0 200 OK\r\nCSeq: 4\r\nSession: 1\r\n\r\n",
        b"RTSP/1.0 401 Unauthorized\r\nCSeq: 5\r\nContent-Length: 9\r\n\r\n$\x00\r\n\r\nRTS",
        b"OPTIONS rtsp://10.0.0.8/live RTSP/1.0\r\nCSeq: 7\r\n\r\n",
        b"SET_PARAMETER rtsp://10.0.0.8/live RTSP/1.0\nContent-Length: 4\n\nx: y",
        b"\r\n",
    ]
)
WIRE = st.lists(
    st.one_of(st.builds(interleaved, st.integers(0, 255), st.binary(max_size=40)), MESSAGES), max_size=12
).map(b"".join)
CUTS = st.lists(st.integers(0, 600), max_size=30)
NOISE = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.sampled_from(
            [b"$", b"$\x00\xff\xff", b"$\x00\x00\x00", b"RTSP/1.0 ", b"RTSP/1.0 x\r\n\r\n", b"OPTIONS ", b"\r"]
        ),
        st.just(b"RTSP/1.0 200 OK\r\nContent-Length: 60000\r\n\r\n"),
        MESSAGES,
    ),
    max_size=12,
).map(b"".join)
SDP_LINES = st.sampled_from(
    [
        "v=0", "m=video 0 RTP/AVP 96", "m=video 0 RTP/SAVP 96", "m=video", "m=", "m=audio 0 RTP/AVP 8",
        "m=video 0 RTP/AVP ٣",
        "a=rtpmap:96 H264/90000", "a=rtpmap:96 H265/90000", "a=rtpmap:96 H264/²", "a=rtpmap:96 H264/0", "a=rtpmap: /",
        "a=control:*", "a=control:track", "a=control:rtsp://", "a=control:rtsp://u:p@[::1/x", "a=framerate:1e400",
        "a=framerate:nan", "a=framerate:25", "a=fmtp:96 sprop-parameter-sets=Z0IAKQ==,aM4=",
        "a=fmtp:96 sprop-sps=%%%;;=;",
    ]
)  # fmt: skip
DESCRIPTIONS = st.lists(st.one_of(SDP_LINES, st.text(max_size=30)), max_size=12).map("\r\n".join)


def pictures_of(assembler: PictureAssembler, packets: list[bytes]) -> list[Picture]:
    return list(chain.from_iterable(map(assembler.add, packets)))


def in_pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """Return the data cut at these places."""
    places = [0, *sorted(each % (len(data) + 1) for each in cuts), len(data)]
    return [data[begin:end] for begin, end in pairwise(places)]


def drained(buffer: MessageBuffer) -> list[tuple[int, bytes] | RtspMessage | str]:
    """Take out what can be had; noise is skipped, and shown as such."""
    found: list[tuple[int, bytes] | RtspMessage | str] = []
    while True:
        found += buffer.packets()
        begin = buffer.begins_with()
        if begin in ("nothing", "packet"):
            return found
        try:
            message = buffer.next() if begin == "message" else None
        except RtspFormatError:
            begin = "noise"
        if begin == "noise":
            buffer.skip_noise((0, 1))
            found.append("noise")
        elif message is None:
            return found
        else:
            found.append((message.channel, message.data) if isinstance(message, Interleaved) else message)


@given(CODECS, st.lists(st.binary(max_size=60), max_size=40))
def test_fuzz_any_bytes_give_pictures_of_what_came(codec: str, packets: list[bytes]) -> None:
    pictures = pictures_of(PictureAssembler(codec, PAYLOAD_TYPE), packets)
    assert sum(len(each.data) for each in pictures) <= sum(6 * len(packet) for packet in packets)


@given(CODECS, SENT)
@example("h264", [(0x80, b"\x7c\x85", 0, False, False, 1), *[(0x80, b"\x7c\x05", 0, False, False, 1)] * 60])
def test_fuzz_pictures_stay_within_the_bounds(codec: str, sent: list[tuple[int, bytes, int, bool, bool, int]]) -> None:
    ours, other = Sender(), Sender(source=1)
    packets = []
    for first, payload, stamp, is_last, is_other, gap in sent:
        sender = other if is_other else ours
        sender.lose(int(gap == 0))
        packets.append(sender.odd(first, payload, stamp, is_last=is_last))
    packets += [ours.packet(SLICE, 9, is_last=True), ours.packet(SLICE, 10, is_last=True)]
    with (
        mock.patch.object(streams.rtp, "MOST_PICTURE_BYTES", MOST_BYTES),
        mock.patch.object(streams.rtp, "MOST_PARTS", MOST_PARTS),
    ):
        pictures = pictures_of(PictureAssembler(codec, PAYLOAD_TYPE), packets)
    assert all(len(each.data) <= MOST_BYTES + LONGEST_PACKET for each in pictures)
    assert all(len(each.data) <= MOST_PARTS * LONGEST_PACKET for each in pictures)


@given(CODECS, st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=5), max_size=8), st.data())
def test_fuzz_pictures_come_out_as_they_went_in(codec: str, numbers: list[list[int]], data: st.DataObject) -> None:
    sender = Sender(sequence=0xFFF0)
    slices = UNITS[codec][-1]
    went_in, packets = [], []
    for stamp, chosen in enumerate(numbers):
        units = [UNITS[codec][number % len(UNITS[codec])] for number in chosen] + [slices]
        went_in.append((annexb(*units), stamp * 3600, True))
        payloads = [payload for unit in units for payload in data.draw(st.sampled_from(packed(codec, unit)))]
        has_marker = data.draw(st.booleans())
        packets += [
            sender.packet(each, stamp * 3600, is_last=has_marker and number == len(payloads))
            for number, each in enumerate(payloads, 1)
        ]
    packets.append(sender.packet(slices, -3600))
    came_out = pictures_of(PictureAssembler(codec, PAYLOAD_TYPE), packets)
    assert [(each.data, each.stamp, each.is_whole) for each in came_out] == went_in


def packed(codec: str, unit: bytes) -> list[list[bytes]]:
    """Return every way to send a unit: alone, joined, in fragments."""
    if codec == "h264":
        return [[unit], [joined(b"\x78", unit)], fragments(unit, 1), fragments(unit, *[2] * 12)]
    return [[unit], [joined(b"\x60\x01", unit)], hevc_fragments(unit, 1), hevc_fragments(unit, *[2] * 12)]


@given(
    st.lists(
        st.one_of(st.binary(max_size=60), st.sampled_from([sender_report(1.5e9, 7), goodbye(), b"\x81\xca\x00\x00"])),
        max_size=8,
    ).map(b"".join),
    st.one_of(st.none(), st.integers(0, 2**32 - 1)),
    st.integers(-(2**40), 2**40),
)
def test_fuzz_reports_of_any_bytes(packet: bytes, source: int | None, stamp: int) -> None:
    clock = WallClock(90_000)
    clock.add(packet, source)
    unix_s = clock.unix_s(stamp)
    assert unix_s is None or -2_208_988_801 - 2**15 < unix_s < 2**32 + 2**15


@given(st.one_of(st.binary(max_size=80), st.lists(st.sampled_from([b"\x06", b"\xff", b"\x01", b"\x00"])).map(b"".join)))
def test_fuzz_recovery_point_of_any_bytes(unit: bytes) -> None:
    assert holds_recovery_point(unit) in (True, False)


@given(DESCRIPTIONS, st.sampled_from(["rtsp://10.0.0.8/live", "rtsp://10.0.0.8/live?a=b/", "rtsp://[::1]:8554"]))
def test_fuzz_description_of_any_text_keeps_to_the_host(text: str, base_url: str) -> None:
    track = video_track(text.encode(), base_url)
    if track is None:
        return
    assert track.control.startswith(base_url.partition("//")[0] + "//" + base_url.split("/")[2])
    assert track.control.isprintable()
    assert 0 <= track.payload_type <= 127
    assert track.clock_hz > 0
    assert track.fps is None or 0 < track.fps <= MOST_FPS


@given(st.binary(max_size=200))
def test_fuzz_description_of_any_bytes(sdp: bytes) -> None:
    assert video_track(sdp, "rtsp://10.0.0.8/live") is None
    video_track(b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n" + sdp, "rtsp://10.0.0.8/live")


@given(WIRE, CUTS)
def test_fuzz_messages_and_packets_are_the_same_however_they_are_cut(wire: bytes, cuts: list[int]) -> None:
    whole, cut = MessageBuffer(), MessageBuffer()
    whole.feed(wire)
    found = []
    for piece in in_pieces(wire, cuts):
        cut.feed(piece)
        found += drained(cut)
    assert found == drained(whole)
    assert "noise" not in found
    assert cut.begins_with() == "nothing"


@given(NOISE, CUTS)
@example(b"$\x00\xff\xff", [])
@example(b"RTSP/1.0 ", [])
def test_fuzz_packets_are_found_again_behind_any_noise(noise: bytes, cuts: list[int]) -> None:
    buffer, sender = MessageBuffer(), Sender()
    packets = [sender.packet(bytes(1400)) for _ in range(150)]  # more than the longest message or packet
    found = []
    for piece in [*in_pieces(noise, cuts), *(interleaved(0, packet) for packet in packets)]:
        buffer.feed(piece)
        found += drained(buffer)
    assert found[-1] == (0, packets[-1])
