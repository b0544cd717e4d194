"""One RTSP connection to a horn: requests, sign-in, and reading with limits on time and bytes.

Belongs here: whatever any RTSP client needs. Does not: which track to speak on, and the pace (rtsp_backchannel).
"""

import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

from broadcast.errors import (
    HornAuthError,
    HornBusyError,
    HornError,
    HornProtocolError,
    HornRefusedError,
    HornUnavailableError,
)
from streams.rtsp_auth import Challenge, Credentials, parse_challenges
from streams.rtsp_messages import (
    Interleaved,
    MessageBuffer,
    RtspFormatError,
    RtspMessage,
    format_answer,
    format_request,
)

MAX_STRAY_MESSAGES = 1000
"""Messages that may come before the answer we wait for; a horn that also sends sound stays far below it."""

USER_AGENT = "Streetwarden"
"""How we name ourselves."""


@dataclass(frozen=True, slots=True)
class BackchannelTimeouts:
    """How long a horn may take.

    Attributes:
        connect_s: until the TCP connection stands.
        answer_s: from a request to the end of its answer, however it drips; some wait for a key frame first.
    """

    connect_s: float = 5.0
    answer_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a horn is asked.

    Attributes:
        host: name or address.
        port: TCP port.
        url: `rtsp://host:port/path` without user and password.
        credentials: user and password, or None.
    """

    host: str
    port: int
    url: str
    credentials: Credentials | None = field(repr=False)


class RtspConnection:
    """Asks one server, on one thread.

    Args:
        horn_id: for the errors.
        place: where to connect; done at once.
        timeouts: how long the server may take.
        clock: monotonic seconds.

    Raises:
        HornUnavailableError: nobody there.
    """

    def __init__(
        self,
        horn_id: str,
        place: Place,
        timeouts: BackchannelTimeouts,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.horn_id = horn_id
        self._place = place
        self._timeouts = timeouts
        self._clock = clock
        self._buffer = MessageBuffer()
        self._cseq = 0
        self._challenge: Challenge | None = None
        self._uses = 0
        try:
            self._socket = socket.create_connection((place.host, place.port), timeout=timeouts.connect_s)
        except (OSError, UnicodeError) as err:  # UnicodeError: a host name that cannot be one
            reason = (
                "it does not answer"
                if isinstance(err, TimeoutError)
                else getattr(err, "strerror", None) or "no such host"
            )
            raise HornUnavailableError(
                horn_id, f"cannot connect to {place.host} port {place.port}: {reason}; check address, cable and power"
            ) from None
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def local_host(self) -> str:
        """Our own address on this connection."""
        return str(self._socket.getsockname()[0])

    @property
    def peer_host(self) -> str:
        """The server's address on this connection."""
        return str(self._socket.getpeername()[0])

    def request(self, method: str, url: str, headers: dict[str, str], *, answer_s: float | None = None) -> RtspMessage:
        """Ask, sign in where asked to, and return a response of 200 to 299.

        Args:
            method: what to ask.
            url: of whom.
            headers: besides CSeq and the like.
            answer_s: how long the answer may take; the connection's own limit by default.

        Raises:
            HornError: of the kind that the status, the silence or the nonsense calls for.
        """
        answered: Challenge | None = None
        while True:
            response = self._exchange(method, url, headers, answer_s or self._timeouts.answer_s)
            if response.status != 401:
                break
            answered = self._choose_challenge(response, answered)
        if not 200 <= response.status < 300:
            raise status_error(self.horn_id, method, response.status)
        return response

    def send_request(self, method: str, url: str, headers: dict[str, str]) -> int:
        """Ask without waiting for the answer, and return the request's number."""
        self._cseq += 1
        lines = {"CSeq": str(self._cseq), "User-Agent": USER_AGENT, **headers}
        if self._challenge and self._place.credentials:
            self._uses += 1
            lines["Authorization"] = self._place.credentials.header(self._challenge, method, url, self._uses)
        self.send(format_request(method, url, lines))
        return self._cseq

    def send(self, data: bytes) -> None:
        """Send bytes as they are.

        Raises:
            HornUnavailableError: the server hung up or takes nothing any more.
        """
        self._socket.settimeout(self._timeouts.answer_s)
        try:
            self._socket.sendall(data)
        except OSError as err:
            reason = "it takes no more data" if isinstance(err, TimeoutError) else err.strerror or "unknown reason"
            raise HornUnavailableError(self.horn_id, f"the connection broke: {reason}") from None

    def pump(self, until: float, *others: socket.socket) -> None:
        """Read and answer whatever comes until `until` on the clock; what comes from `others` is thrown away.

        Raises:
            HornError: the server hung up or sent nonsense.
        """
        self._drain()  # what came in one piece with the last answer
        while (left_s := until - self._clock()) > 0:
            ready, _, _ = select.select([self._socket, *others], [], [], left_s)
            for readable in ready:
                if readable is self._socket:
                    self._receive(until)
                    self._drain()
                else:
                    _throw_away(readable)

    def __enter__(self) -> "RtspConnection":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def _exchange(self, method: str, url: str, headers: dict[str, str], answer_s: float) -> RtspMessage:
        cseq = self.send_request(method, url, headers)
        deadline = self._clock() + answer_s
        for _ in range(MAX_STRAY_MESSAGES):
            message = self._next_message(deadline)
            if message is None:
                raise HornUnavailableError(self.horn_id, f"it did not answer {method} in {answer_s:g} s")
            if isinstance(message, Interleaved):
                continue
            if message.method:
                self.send(format_answer(message))
            elif message.cseq in (cseq, None) and message.status >= 200:
                return message
        raise HornProtocolError(
            self.horn_id, f"it sends {MAX_STRAY_MESSAGES} other messages instead of answering {method}"
        )

    def _next_message(self, deadline: float) -> RtspMessage | Interleaved | None:
        while True:
            message = self._parsed()
            if message is not None:
                return message
            if self._clock() >= deadline:
                return None
            self._receive(deadline)

    def _receive(self, deadline: float) -> None:
        self._socket.settimeout(max(0.001, deadline - self._clock()))
        try:
            data = self._socket.recv(65_536)
        except TimeoutError:
            return
        except OSError as err:
            raise HornUnavailableError(
                self.horn_id, f"the connection broke: {err.strerror or 'unknown reason'}"
            ) from None
        if not data:
            raise HornUnavailableError(self.horn_id, "it hung up")
        self._buffer.feed(data)

    def _drain(self) -> None:
        while (message := self._parsed()) is not None:
            if isinstance(message, RtspMessage) and message.method:
                self.send(format_answer(message))

    def _parsed(self) -> RtspMessage | Interleaved | None:
        try:
            return self._buffer.next()
        except RtspFormatError as err:
            raise HornProtocolError(self.horn_id, str(err)) from None

    def _choose_challenge(self, response: RtspMessage, answered: Challenge | None) -> Challenge:
        if self._place.credentials is None:
            raise HornAuthError(
                self.horn_id, "it asks for a user and a password; add them to its URL as user:password@"
            )
        offered = parse_challenges(response.values("www-authenticate"))
        if not offered:
            raise HornRefusedError(
                self.horn_id, "it asks for a way of signing in that we do not know (digest and basic we do)"
            )
        first_time = answered is None
        renewed = answered is not None and not answered.stale and offered[0].stale
        if not (first_time or renewed):
            raise HornAuthError(self.horn_id, "it refuses our user or password; correct them in its URL")
        self._challenge, self._uses = offered[0], 0
        return offered[0]


def status_error(horn_id: str, method: str, status: int) -> HornError:
    """Return the error that an unsuccessful status calls for, with the way out."""
    said = f"it answers {status} to {method}"
    if status == 403:
        return HornAuthError(horn_id, f"{said}: this user may not speak; give the user audio rights on the device")
    if status == 404:
        return HornRefusedError(horn_id, f"{said}: it has no such path; correct the path in its URL")
    if status == 453:
        return HornBusyError(horn_id, f"{said}: somebody else is speaking through it; we try again later")
    if status == 461:
        return HornRefusedError(
            horn_id, f"{said}: not by this transport; try the other of ?transport=tcp and ?transport=udp"
        )
    if status == 551:
        return HornRefusedError(horn_id, f"{said}: it has no ONVIF audio backchannel; use another horn")
    if 300 <= status < 400:
        return HornRefusedError(horn_id, f"{said}: it sends us elsewhere; name the device itself in the URL")
    if status >= 500:
        return HornUnavailableError(horn_id, f"{said}: it has trouble of its own; restart it if that lasts")
    return HornRefusedError(horn_id, f"{said}; see the device's manual")


def _throw_away(readable: socket.socket) -> None:
    try:
        readable.recv(65_536)
    except OSError:  # an ICMP "port unreachable" of an earlier packet: what is lost by UDP is lost
        return
