"""One RTSP connection to a horn: asks by `streams.rtsp_client`, and says what went wrong as a horn's error."""

import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

from broadcast.errors import (
    HornAuthError,
    HornBusyError,
    HornError,
    HornProtocolError,
    HornRefusedError,
    HornUnavailableError,
)
from streams.rtsp_client import Place, RtspClient, UnknownSignInError
from streams.rtsp_messages import RtspFormatError, RtspMessage


@dataclass(frozen=True, slots=True)
class BackchannelTimeouts:
    """How long a horn may take.

    Attributes:
        connect_s: until the TCP connection stands.
        answer_s: from a request to the end of its answer, however it drips; some wait for a key frame first.
    """

    connect_s: float = 5.0
    answer_s: float = 10.0


class RtspConnection:
    """Asks one server, on one thread.

    Args:
        horn_id: for the errors.
        place: where to connect; done at once.
        timeouts: how long the server may take.

    Raises:
        HornUnavailableError: nobody there.
    """

    def __init__(self, horn_id: str, place: Place, timeouts: BackchannelTimeouts) -> None:
        self.horn_id = horn_id
        self._has_login = place.credentials is not None
        self._timeouts = timeouts
        try:
            self._client = RtspClient(place, time.monotonic() + timeouts.connect_s)
        except (OSError, UnicodeError) as err:  # UnicodeError: a host name that cannot be one
            reason = (
                "it does not answer"
                if isinstance(err, TimeoutError)
                else getattr(err, "strerror", None) or "no such host"
            )
            raise HornUnavailableError(
                horn_id, f"cannot connect to {place.host} port {place.port}: {reason}; check address, cable and power"
            ) from None

    @property
    def hosts(self) -> tuple[str, str]:
        """Our own address on this connection, and the server's."""
        return self._client.hosts

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
        limit_s = answer_s or self._timeouts.answer_s
        with self._told(f"it did not answer {method} in {limit_s:g} s"):
            response = self._client.ask(method, url, headers, time.monotonic() + limit_s)
        if response.status == 401:
            raise self._not_signed_in()
        if not 200 <= response.status < 300:
            raise status_error(self.horn_id, method, response.status)
        return response

    def send_request(self, method: str, url: str, headers: dict[str, str]) -> None:
        """Ask without waiting for the answer."""
        with self._told("it takes no more data"):
            self._client.send(method, url, headers, self._timeouts.answer_s)

    def send(self, data: bytes) -> None:
        """Send bytes as they are.

        Raises:
            HornUnavailableError: the server hung up or takes nothing any more.
        """
        with self._told("it takes no more data"):
            self._client.send_bytes(data, self._timeouts.answer_s)

    def pump(self, until_s: float, *others: socket.socket) -> None:
        """Read and answer whatever comes until `until_s` (monotonic); what comes from `others` is thrown away.

        Raises:
            HornError: the server hung up or sent nonsense.
        """
        with self._told("it takes no more data"):
            self._drain()  # what came in one piece with the last answer
            waited: list[int | socket.socket] = [self._client.fileno(), *others]
            while (left_s := until_s - time.monotonic()) > 0:
                for readable in select.select(waited, [], [], left_s)[0]:
                    if isinstance(readable, socket.socket):
                        _throw_away(readable)
                    else:
                        self._client.receive(0.0)
                        self._drain()

    def __enter__(self) -> "RtspConnection":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def _drain(self) -> None:
        while (message := self._client.buffer.next()) is not None:
            if isinstance(message, RtspMessage) and message.method:
                self._client.answer(message, self._timeouts.answer_s)

    @contextmanager
    def _told(self, on_timeout: str) -> Iterator[None]:
        """Turn what goes wrong on the connection into the horn's error."""
        try:
            yield
        except TimeoutError:
            raise HornUnavailableError(self.horn_id, on_timeout) from None
        except OSError as err:
            reason = f"the connection broke: {err.strerror}" if err.strerror else "it hung up"
            raise HornUnavailableError(self.horn_id, reason) from None
        except UnknownSignInError as err:
            raise HornRefusedError(self.horn_id, str(err)) from None
        except RtspFormatError as err:
            raise HornProtocolError(self.horn_id, str(err)) from None

    def _not_signed_in(self) -> HornAuthError:
        if self._has_login:
            return HornAuthError(self.horn_id, "it refuses our user or password; correct them in its URL")
        return HornAuthError(self.horn_id, "it asks for a user and a password; add them to its URL as user:password@")


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
