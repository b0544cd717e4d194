"""RTSP 1.0 on the wire: bytes to messages, bounded in every direction (RFC 2326).

`MessageBuffer` is fed what the socket gives and hands out whole responses, requests of the server and interleaved data.
What it is fed may come from anybody: a length, a count or a line that no camera or horn needs is refused.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

DOLLAR = ord("$")
MOST_PACKETS = 1 << 16
"""Packets taken out at once: more than any buffer holds."""

MESSAGE_BEGINS = (
    b"RTSP/1.0 ",
    b"RTSP/2.0 ",
    b"OPTIONS ",
    b"GET_PARAMETER ",
    b"SET_PARAMETER ",
    b"ANNOUNCE ",
    b"REDIRECT ",
    b"TEARDOWN ",
    b"PLAY_NOTIFY ",
    b"\r",
    b"\n",
)
"""How a message of a server begins: an answer, or one of the requests that it may make."""

LONGEST_BEGIN = max(len(each) for each in MESSAGE_BEGINS)

Begin = Literal["nothing", "packet", "message", "noise"]

MAX_HEADER_BYTES = 16_384
"""A DESCRIBE answer with two challenges has 600 bytes of header; more than this is no camera or horn."""

MAX_HEADER_LINES = 100
"""Header lines of one message."""

MAX_BODY_BYTES = 65_536
"""An SDP of a camera with eight tracks has 3 kB."""


NO_RTSP = "it does not speak RTSP; check host and port"


class RtspFormatError(ValueError):
    """Bytes that are no RTSP; the message says what is wrong, and quotes none of them."""


class NoRtspError(RtspFormatError):
    """What answers speaks another protocol."""


class RtspLengthError(RtspFormatError):
    """More bytes than any camera or horn has reason to send."""


@dataclass(frozen=True, slots=True)
class RtspMessage:
    """A response, or a request of the server.

    Attributes:
        status: of a response; 0 for a request.
        method: of a request; empty for a response.
        headers: names in lower case with their values, in order; a name may come twice.
        body: what followed.
    """

    status: int
    method: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def values(self, name: str) -> tuple[str, ...]:
        """Return every value of a header; `name` in lower case."""
        return tuple(value for key, value in self.headers if key == name)

    def value(self, name: str) -> str:
        """Return the first value of a header, or an empty text."""
        return next(iter(self.values(name)), "")

    @property
    def cseq(self) -> int | None:
        """The number of the request this belongs to; None where the server left it out or wrote no number."""
        text = self.value("cseq")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


@dataclass(frozen=True, slots=True)
class Interleaved:
    """RTP or RTCP that came between the messages.

    Attributes:
        channel: 0 to 255.
        data: the packet.
    """

    channel: int
    data: bytes


class MessageBuffer:
    """Collects bytes and hands out messages; belongs to one connection and one thread."""

    def __init__(self) -> None:
        self._bytes = b""

    def feed(self, data: bytes | memoryview) -> None:
        """Add what was received."""
        self._bytes = b"".join((self._bytes, data))

    def next(self) -> RtspMessage | Interleaved | None:
        """Return the next whole message, or None while it is incomplete.

        Raises:
            RtspFormatError: what was fed is no RTSP, or passes a limit.
        """
        self._bytes = self._bytes.lstrip(b"\r\n")
        if self._bytes.startswith(b"$"):
            packets = self.packets(1)
            return Interleaved(*packets[0]) if packets else None
        end = self._header_end()
        if end is None:
            return None
        status, method, headers = _parse_header(self._bytes[: end[0]])
        length = _content_length(headers)
        if len(self._bytes) < end[1] + length:
            return None
        body = self._bytes[end[1] : end[1] + length]
        self._bytes = self._bytes[end[1] + length :]
        return RtspMessage(status, method, headers, body)

    def packets(self, most: int = MOST_PACKETS) -> list[tuple[int, bytes]]:
        """Take out the RTP and RTCP packets, with their channels, that lie whole in front of the next message."""
        found: list[tuple[int, bytes]] = []
        data, at, size = self._bytes, 0, len(self._bytes)
        while at + 4 <= size and data[at] == DOLLAR and len(found) < most:
            end = at + 4 + (data[at + 2] << 8 | data[at + 3])
            if end > size:
                break
            found.append((data[at + 1], data[at + 4 : end]))
            at = end
        if at:
            self._bytes = data[at:]
        return found

    def begins_with(self) -> Begin:
        """Tell what the next byte begins."""
        if not self._bytes:
            return "nothing"
        if self._bytes[0] == DOLLAR:
            return "packet"
        begin = self._bytes[:LONGEST_BEGIN]
        return "message" if any(each.startswith(begin[: len(each)]) for each in MESSAGE_BEGINS) else "noise"

    def skip_noise(self, channels: Collection[int]) -> None:
        """Throw away bytes up to what looks like an RTP or RTCP packet of these channels; all where nothing does."""
        at = self._bytes.find(b"$", 1)
        while 0 <= at < len(self._bytes) - 5:
            if self._bytes[at + 1] in channels and self._bytes[at + 4] >> 6 == 2:
                break
            at = self._bytes.find(b"$", at + 1)
        self._bytes = self._bytes[at:] if at >= 0 else b""

    def _header_end(self) -> tuple[int, int] | None:
        ends = [(at, at + len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if (at := self._bytes.find(mark)) >= 0]
        end = min(ends, default=None)
        if (end[0] if end else len(self._bytes)) > MAX_HEADER_BYTES:
            raise RtspLengthError(f"its header is longer than {MAX_HEADER_BYTES} bytes")
        return end


def format_request(method: str, url: str, headers: dict[str, str]) -> bytes:
    """Return a request without a body."""
    lines = [f"{method} {url} RTSP/1.0", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def format_answer(request: RtspMessage) -> bytes:
    """Return our answer to a request of the server: yes to keepalives, no to the rest."""
    known = request.method in ("OPTIONS", "GET_PARAMETER", "SET_PARAMETER")
    return f"RTSP/1.0 {'200 OK' if known else '405 Method Not Allowed'}\r\nCSeq: {request.cseq or 0}\r\n\r\n".encode()


def _parse_header(header: bytes) -> tuple[int, str, tuple[tuple[str, str], ...]]:
    lines = header.decode("latin-1").split("\n")
    if len(lines) > MAX_HEADER_LINES:
        raise RtspLengthError(f"its header has more than {MAX_HEADER_LINES} lines")
    status, method = _parse_start(lines[0].rstrip("\r"))
    headers: list[tuple[str, str]] = []
    for line in lines[1:]:
        text = line.rstrip("\r")
        if any(not (char.isprintable() or char == "\t") for char in text):
            raise RtspFormatError("its header holds control characters")
        if text[:1] in (" ", "\t") and headers:  # a folded line goes on where the last one ended
            headers[-1] = (headers[-1][0], f"{headers[-1][1]} {text.strip()}")
            continue
        name, colon, value = text.partition(":")
        if not colon:
            raise RtspFormatError("its header has a line without a colon")
        headers.append((name.strip().lower(), value.strip()))
    return status, method, tuple(headers)


def _parse_start(line: str) -> tuple[int, str]:
    words = line.split(" ", 2)
    if words[0] in ("RTSP/1.0", "RTSP/2.0"):
        code = words[1] if len(words) > 1 else ""
        if len(code) != 3 or not (code.isascii() and code.isdigit()) or code[0] not in "12345":
            raise RtspFormatError("its status is no number from 100 to 599")
        return int(code), ""
    if len(words) == 3 and words[2].startswith("RTSP/") and words[0].replace("_", "").isalpha() and words[0].isascii():
        return 0, words[0].upper()
    raise NoRtspError(NO_RTSP)


def _content_length(headers: tuple[tuple[str, str], ...]) -> int:
    lengths = {value for name, value in headers if name == "content-length"}
    if not lengths:
        return 0
    text = lengths.pop()
    if lengths or not (text.isascii() and text.isdigit()):
        raise RtspFormatError("its content length is no number")
    if len(text) > 10 or int(text) > MAX_BODY_BYTES:
        raise RtspLengthError(f"its body is longer than {MAX_BODY_BYTES} bytes")
    return int(text)
