"""RTSP 1.0 on the wire: bytes to messages, bounded in every direction (RFC 2326).

`MessageBuffer` is fed what the socket gives and hands out whole responses, requests of the server and interleaved data.
What it is fed may come from anybody: a length, a count or a line that no camera or horn needs is refused.
"""

import re
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
_BEGINS_BY_BYTE = {
    first: tuple(each for each in MESSAGE_BEGINS if each[0] == first) for first in {each[0] for each in MESSAGE_BEGINS}
}

Begin = Literal["nothing", "packet", "message", "noise"]

MAX_HEADER_BYTES = 16_384
"""A DESCRIBE answer with two challenges has 600 bytes of header; more than this is no camera or horn."""

MAX_HEADER_LINES = 100
"""Header lines of one message."""

MAX_BODY_BYTES = 65_536
"""An SDP of a camera with eight tracks has 3 kB."""

_NO_BLANK = re.compile(rb"[^\r\n]")
_HEADER_END = re.compile(rb"\r\n\r\n|\n\n")
_LONGEST_END = 4
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
"""Not those from 0x80: each character is a byte, perhaps of a longer one of UTF-8 or GBK."""

_RTP_BEGIN = re.compile(rb"\$(?=(.)..[\x80-\xbf])", re.DOTALL)
"""An interleaved packet of RTP or RTCP, whose version is 2; the group is its channel."""

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
        headers: names in lower case with their values, in order; a name may come twice. Each character is a byte.
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
    """Collects bytes and hands out messages; belongs to one connection and one thread.

    What was taken is cut off at the next feed: to cut at each message copies all that lies behind it, and a camera that
    sends many small ones would hold up everybody.
    """

    def __init__(self) -> None:
        self._bytes = b""
        self._at = 0  # what lies before was taken

    def feed(self, data: bytes | memoryview) -> None:
        """Add what was received."""
        self._bytes = self._bytes[self._at :]  # a step of its own: frees the memory that the next one takes
        self._bytes = b"".join((self._bytes, data))
        self._at = 0

    def next(self) -> RtspMessage | Interleaved | None:
        """Return the next whole message, or None while it is incomplete.

        Raises:
            RtspFormatError: what was fed is no RTSP, or passes a limit.
        """
        begin = _NO_BLANK.search(self._bytes, self._at)
        self._at = begin.start() if begin else len(self._bytes)
        if self._bytes.startswith(b"$", self._at):
            packets = self.packets(1)
            return Interleaved(*packets[0]) if packets else None
        end = self._header_end()
        if end is None:
            return None
        status, method, headers = _parse_header(self._bytes[self._at : end[0]])
        body_end = end[1] + _content_length(headers)
        if len(self._bytes) < body_end:
            return None
        self._at = body_end
        return RtspMessage(status, method, headers, self._bytes[end[1] : body_end])

    def packets(self, most: int = MOST_PACKETS) -> list[tuple[int, bytes]]:
        """Take out the RTP and RTCP packets, with their channels, that lie whole in front of the next message."""
        found: list[tuple[int, bytes]] = []
        data, at, size = self._bytes, self._at, len(self._bytes)
        while at + 4 <= size and data[at] == DOLLAR and len(found) < most:
            end = at + 4 + (data[at + 2] << 8 | data[at + 3])
            if end > size:
                break
            found.append((data[at + 1], data[at + 4 : end]))
            at = end
        self._at = at
        return found

    def begins_with(self) -> Begin:
        """Tell what the next byte begins."""
        begin = self._bytes[self._at : self._at + LONGEST_BEGIN]
        if not begin:
            return "nothing"
        if begin[0] == DOLLAR:
            return "packet"
        known = _BEGINS_BY_BYTE.get(begin[0], ())
        return "message" if any(each.startswith(begin[: len(each)]) for each in known) else "noise"

    def skip_noise(self, channels: Collection[int]) -> None:
        """Throw away bytes up to what looks like an RTP or RTCP packet of these channels; all where nothing does."""
        for found in _RTP_BEGIN.finditer(self._bytes, self._at + 1):
            if found[1][0] in channels:
                self._at = found.start()
                return
        end = len(self._bytes)
        cut_off = self._bytes.find(b"$", max(self._at + 1, end - 4))  # too near to the end to be judged
        self._at = cut_off if cut_off >= 0 else end

    def _header_end(self) -> tuple[int, int] | None:
        """Return where the header and the blank line behind it end; None while that has not come."""
        longest = self._at + MAX_HEADER_BYTES
        end = _HEADER_END.search(self._bytes, self._at, longest + _LONGEST_END)
        if (end.start() if end else len(self._bytes)) > longest:
            raise RtspLengthError(f"its header is longer than {MAX_HEADER_BYTES} bytes")
        return end.span() if end else None


def format_request(method: str, url: str, headers: dict[str, str]) -> bytes:
    """Return a request without a body; of headers each character is a byte, as in those that came, the URL is UTF-8."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {url} RTSP/1.0\r\n".encode() + lines.encode("latin-1") + b"\r\n"


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
        if _CONTROL.search(text):
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
