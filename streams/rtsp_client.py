"""Asks an RTSP server over one connection: requests and answers, sign-in, limits of time and bytes (RFC 2326).

Belongs here: what any question needs. Does not: what an answer means for a camera (asking) or a horn (broadcast),
playing (rtsp_stream).
"""

import socket
import ssl
import time
from collections import deque
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from streams.rtsp_auth import Challenge, Credentials, parse_challenges
from streams.rtsp_messages import (
    NO_RTSP,
    Interleaved,
    MessageBuffer,
    NoRtspError,
    RtspFormatError,
    RtspMessage,
    format_answer,
    format_request,
)
from streams.urls import split_login

PORTS = {"rtsp": 554, "rtsps": 322}
USER_AGENT = "Streetwarden"
READ_BYTES = 1 << 16
"""Taken from the socket at once, into memory that is taken once: fresh memory for each heap of packets cost a hundred
cameras more than reading them."""

MOST_EARLY = 4096
"""Packets and messages that may come before the answer to a question."""

EARLY_BYTES = 6 * 2**20
"""What is kept of such packets for who plays them: `MOST_EARLY` of 1400 bytes are 5.7 MB. One may have 65,535."""


class UnknownSignInError(RtspFormatError):
    """It asks for a way of signing in that we do not know."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to ask, and as whom.

    Attributes:
        host: name or address.
        port: TCP port.
        is_tls: whether to ask by TLS.
        bare_url: the URL without its login.
        credentials: the login, if there is one.
    """

    host: str
    port: int
    is_tls: bool
    bare_url: str
    credentials: Credentials | None

    @classmethod
    def of(cls, url: str) -> "Place":
        """Return the place of a checked RTSP URL."""
        login, bare = split_login(url)
        parts = urlsplit(bare)
        user, _, password = login.partition(":")
        credentials = Credentials(unquote(user), unquote(password)) if user else None
        return cls(parts.hostname or "", parts.port or PORTS[parts.scheme], parts.scheme == "rtsps", bare, credentials)


class RtspClient:
    """One connection, used by one thread.

    Args:
        place: where to connect; done at once.
        deadline_s: monotonic time until which the connection must stand.
        early_bytes: what is kept for `early`, on the wire; the oldest go first. Nothing by default.

    Raises:
        OSError: it could not be connected; TimeoutError at the deadline.
    """

    def __init__(self, place: Place, deadline_s: float, *, early_bytes: int = 0) -> None:
        self.place = place
        self.buffer = MessageBuffer()
        self._read = bytearray(READ_BYTES)
        self._cseq = 0
        self._challenge: Challenge | None = None
        self._uses = 0
        self._early: deque[tuple[int, bytes]] = deque()
        self._early_room = self._most_early_bytes = early_bytes
        raw = socket.create_connection((place.host, place.port), timeout=_left_s(deadline_s))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = _secured(raw, place)

    @property
    def hosts(self) -> tuple[str, str]:
        """Our own address on this connection, and the server's."""
        return str(self._socket.getsockname()[0]), str(self._socket.getpeername()[0])

    def fileno(self) -> int:
        """Return the socket's number, so that `select` may wait for this connection."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close the connection; may be called twice."""
        self._socket.close()

    def ask(self, method: str, url: str, headers: dict[str, str], deadline_s: float) -> RtspMessage:
        """Ask, sign in where that is asked for, and return the answer, also where it is a refusal.

        Args:
            method: what to ask.
            url: of what, without a login.
            headers: besides CSeq and the like.
            deadline_s: monotonic time until which the whole answer must be there.

        Raises:
            OSError: the connection broke: ConnectionError where it hung up, TimeoutError at the deadline.
            NoRtspError: what answers is no RTSP server.
            UnknownSignInError: we have a login, and it asks for it in a way that we do not know.
            RtspFormatError: it is one, but what it answers is not understood.
        """
        reply = self._exchange(method, url, headers, deadline_s)
        for attempt in range(2):
            if self.place.credentials is None or reply.status != 401:
                return reply
            if not self.take_challenge(reply):
                raise UnknownSignInError("it asks for a way of signing in that we do not know (digest and basic we do)")
            assert self._challenge is not None  # noqa: S101  # it was just taken
            if attempt and not self._challenge.stale:  # stale: the password was right, the nonce too old
                return reply
            reply = self._exchange(method, url, headers, deadline_s)
        return reply

    def take_challenge(self, refusal: RtspMessage) -> bool:
        """Sign what follows as a refusal of 401 asks; returns False where it asks for nothing that we can do."""
        challenges = parse_challenges(refusal.values("www-authenticate"))
        if challenges:
            self._challenge, self._uses = challenges[0], 0
        return bool(challenges)

    def send(self, method: str, url: str, headers: dict[str, str], limit_s: float) -> int:
        """Send a request without waiting for its answer, and return its number.

        Raises:
            OSError: the connection broke; TimeoutError where it takes no bytes within the limit.
        """
        self._cseq += 1
        lines = {"CSeq": str(self._cseq), "User-Agent": USER_AGENT, **headers}
        if self._challenge is not None and self.place.credentials is not None:
            self._uses += 1
            lines["Authorization"] = self.place.credentials.header(self._challenge, method, url, self._uses)
        self.send_bytes(format_request(method, url, lines), limit_s)
        return self._cseq

    def answer(self, request: RtspMessage, limit_s: float) -> None:
        """Answer a request of the server.

        Raises:
            OSError: the connection broke.
        """
        self.send_bytes(format_answer(request), limit_s)

    def send_bytes(self, data: bytes, limit_s: float) -> None:
        """Send bytes as they are.

        Raises:
            OSError: the connection broke; TimeoutError where it takes no bytes within the limit.
        """
        self._socket.settimeout(limit_s)
        self._socket.sendall(data)

    def receive(self, limit_s: float) -> bool:
        """Wait for bytes and put them into the buffer; returns False where none came within the limit.

        Raises:
            ConnectionResetError: it hung up.
            OSError: the connection broke.
        """
        self._socket.settimeout(limit_s)
        try:
            size = self._socket.recv_into(self._read)
        except (TimeoutError, BlockingIOError, ssl.SSLWantReadError):
            return False
        if not size:
            raise ConnectionResetError("it hung up")
        with memoryview(self._read) as read:
            self.buffer.feed(read[:size])
        return True

    def early(self) -> list[tuple[int, bytes]]:
        """Take the packets that came before the last answer, with their channels, as far as they were kept."""
        early = list(self._early)
        self._early.clear()
        self._early_room = self._most_early_bytes
        return early

    def _exchange(self, method: str, url: str, headers: dict[str, str], deadline_s: float) -> RtspMessage:
        number = self.send(method, url, headers, _left_s(deadline_s))
        for _ in range(MOST_EARLY):
            message = self._next(deadline_s)
            if isinstance(message, Interleaved):
                self._keep(message)
            elif message.method:
                self.answer(message, _left_s(deadline_s))
            elif message.status >= 200 and message.cseq in (number, None):
                return message
        raise RtspFormatError(f"it sends {MOST_EARLY} other messages instead of answering {method}")

    def _keep(self, packet: Interleaved) -> None:
        self._early.append((packet.channel, packet.data))
        self._early_room -= 4 + len(packet.data)
        while self._early_room < 0:
            self._early_room += 4 + len(self._early.popleft()[1])

    def _next(self, deadline_s: float) -> RtspMessage | Interleaved:
        while (message := self.buffer.next()) is None:
            if self.buffer.begins_with() == "noise":
                raise NoRtspError(NO_RTSP)
            if not self.receive(_left_s(deadline_s)):
                raise TimeoutError
        return message


def _left_s(deadline_s: float) -> float:
    left_s = deadline_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


def _secured(raw: socket.socket, place: Place) -> socket.socket:
    if not place.is_tls:
        return raw
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Cameras sign their certificates themselves; libav does not check them either.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        return context.wrap_socket(raw, server_hostname=place.host)
    except BaseException:
        raw.close()
        raise
