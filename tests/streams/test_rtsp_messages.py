"""What taking messages out of a buffer costs: counted in copies and searched bytes, as time depends on the machine."""

import re

import pytest

from streams import rtsp_messages
from streams.rtsp_messages import MAX_HEADER_BYTES, MessageBuffer, RtspFormatError
from tests.streams.rtp_packets import Sender, interleaved

PACKET = interleaved(0, Sender().packet(b"\x65key"))


class SearchedBytes:
    """A pattern that counts the bytes which it looked at."""

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        self.count = 0
        self._pattern = pattern

    def search(self, data: bytes, begin: int, end: int) -> re.Match[bytes] | None:
        found = self._pattern.search(data, begin, end)
        self.count += (found.end() if found else min(end, len(data))) - begin
        return found


@pytest.mark.parametrize("wire", [b"RTSP/1.0 200\r\n\r\n", b"X$\0\0\1\x80", b"\r\n" + PACKET, b"\n\n\n$\0\0\0"])
def test_what_lies_behind_a_message_is_not_copied(wire: bytes) -> None:
    buffer = MessageBuffer()
    buffer.feed(wire * 1000)
    held, steps = buffer._bytes, 0
    while buffer.begins_with() != "nothing" and buffer._bytes is held:
        buffer.packets(1)
        if buffer.begins_with() == "message":
            buffer.next()
        elif buffer.begins_with() == "noise":
            buffer.skip_noise((0, 1))
        steps += 1
    assert steps >= 1000


@pytest.mark.parametrize("end", [b"\r\n\r\n", b"\n\n"])
def test_end_of_a_header_is_not_looked_for_behind_it(monkeypatch: pytest.MonkeyPatch, end: bytes) -> None:
    searched = SearchedBytes(rtsp_messages._HEADER_END)
    monkeypatch.setattr(rtsp_messages, "_HEADER_END", searched)
    buffer = MessageBuffer()
    wire = (b"RTSP/1.0 200" + end) * 1000
    buffer.feed(wire)
    while buffer.next() is not None:
        pass
    assert searched.count <= len(wire)


def test_end_of_a_header_is_not_looked_for_beyond_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    searched = SearchedBytes(rtsp_messages._HEADER_END)
    monkeypatch.setattr(rtsp_messages, "_HEADER_END", searched)
    buffer = MessageBuffer()
    buffer.feed(b"RTSP/1.0 200\r\n" + b"x" * 100 * MAX_HEADER_BYTES)
    with pytest.raises(RtspFormatError, match="longer than"):
        buffer.next()
    assert searched.count <= MAX_HEADER_BYTES + 4


@pytest.mark.parametrize("end", [b"\r\n\r\n", b"\n\n"])
@pytest.mark.parametrize("over", [0, 1])
def test_header_may_be_as_long_as_its_limit(end: bytes, over: int) -> None:
    header = b"RTSP/1.0 200\r\nX: "
    buffer = MessageBuffer()
    buffer.feed(PACKET + header + b"x" * (MAX_HEADER_BYTES - len(header) + over) + end)
    buffer.packets()
    if over:
        with pytest.raises(RtspFormatError, match="longer than"):
            buffer.next()
    else:
        assert buffer.next() is not None


@pytest.mark.parametrize("kept", range(1, 6))
def test_packet_whose_begin_is_cut_off_is_not_taken_for_noise(kept: int) -> None:
    buffer = MessageBuffer()
    buffer.feed(b"noise" + PACKET[:kept])
    buffer.skip_noise((0, 1))
    buffer.feed(PACKET[kept:])
    assert buffer.packets() == [(0, PACKET[4:])]


def test_packet_is_found_behind_signs_that_look_like_one() -> None:
    buffer = MessageBuffer()
    buffer.feed(b"noise$$\x09$" + PACKET)
    buffer.skip_noise((0, 1))
    assert buffer.packets() == [(0, PACKET[4:])]
