"""Asks a camera over RTSP for its description before libav does, and learns from the answer what libav never tells.

libav follows every redirect with the password, a thousand times a second where it leads in a circle, reads headers
without end, and has one error for most refusals. So the first question is ours, bounded in time and bytes. Only what
the answer proves is an error here: whatever we do not understand, libav may try.

Belongs here: one DESCRIBE and what its answer means. Does not: setting up and playing (libav, by opening).
"""

import socket
import ssl
import time
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from streams.errors import NotRtspError, StreamError, StreamOpenError, StreamRedirectedError
from streams.problems import (
    busy,
    no_video,
    nobody_listens,
    not_found,
    not_rtsp,
    timed_out,
    unreachable,
    wrong_login,
)
from streams.rtsp_auth import Credentials, parse_challenges
from streams.rtsp_messages import (
    Interleaved,
    MessageBuffer,
    RtspFormatError,
    RtspLengthError,
    RtspMessage,
    format_request,
)
from streams.urls import NETWORK_SCHEMES, check_url, redact, split_login

PORTS = {"rtsp": 554, "rtsps": 322}
MOST_REDIRECTS = 3
"""More hops than a camera behind a recorder behind a relay."""

RTSP = b"RTSP/"
USER_AGENT = "Streetwarden"
BUSY = (453, 503)
"""Not enough bandwidth, service unavailable: what cameras answer that serve too many."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where to ask, and as whom."""

    host: str
    port: int
    is_tls: bool
    bare_url: str
    credentials: Credentials | None


def ask(url: str, limit_s: float) -> str:
    """Ask for the description of a stream and return the URL at which libav should open it.

    That is the same URL, or where the camera sends us on: elsewhere on the same host with the login, on another host
    only where no login goes along.

    Args:
        url: a checked RTSP URL.
        limit_s: seconds for all of it.

    Raises:
        StreamError: what the answer, or the lack of one, proves to be wrong.
    """
    deadline_s = time.monotonic() + limit_s
    asked = url
    for _ in range(MOST_REDIRECTS + 1):
        try:
            reply = _describe(_place(asked), deadline_s)
        except TimeoutError:
            raise timed_out(url) from None
        except ConnectionRefusedError:
            raise nobody_listens(url) from None
        except RtspLengthError as err:
            raise NotRtspError(f"{redact(url)} does not answer as a camera does: {err}; check its address") from None
        except RtspFormatError:
            raise not_rtsp(url) from None
        except (OSError, UnicodeError) as err:  # UnicodeError: a host name that cannot be one
            raise unreachable(url, getattr(err, "strerror", None)) from None
        if reply is None:
            return asked
        if not 300 <= reply.status < 400:
            _judge(reply, asked)
            return asked
        asked = _sent_on(asked, reply.value("location"))
    raise StreamRedirectedError(f"{redact(url)} sends us on in a circle; correct its address, or the camera's settings")


def _place(url: str) -> _Place:
    login, bare = split_login(url)
    parts = urlsplit(bare)
    user, _, password = login.partition(":")
    credentials = Credentials(unquote(user), unquote(password)) if user else None
    return _Place(parts.hostname or "", parts.port or PORTS[parts.scheme], parts.scheme == "rtsps", bare, credentials)


def _describe(place: _Place, deadline_s: float) -> RtspMessage | None:
    """Return the answer to DESCRIBE, signed in where that is asked for; None where it is none that we understand."""
    raw = socket.create_connection((place.host, place.port), timeout=_left_s(deadline_s))
    with _secured(raw, place) as connection:
        try:
            reply = _exchange(connection, place, 1, "", deadline_s)
            for number in (2, 3):
                if place.credentials is None or reply is None or reply.status != 401:
                    return reply
                challenges = parse_challenges(reply.values("www-authenticate"))
                if not challenges:
                    return None  # a way of signing in that libav may know
                if number > 2 and not challenges[0].stale:  # stale: the password was right, the nonce too old
                    return reply
                signed = place.credentials.header(challenges[0], "DESCRIBE", place.bare_url, 1)
                reply = _exchange(connection, place, number, signed, deadline_s)
            return reply
        except ConnectionError:  # it hung up on the question; libav may ask otherwise
            return None


def _exchange(
    connection: socket.socket, place: _Place, number: int, signed: str, deadline_s: float
) -> RtspMessage | None:
    headers = {"CSeq": str(number), "User-Agent": USER_AGENT, "Accept": "application/sdp"}
    if signed:
        headers["Authorization"] = signed
    connection.settimeout(_left_s(deadline_s))
    connection.sendall(format_request("DESCRIBE", place.bare_url, headers))
    buffer, begin = MessageBuffer(), b""
    while True:
        connection.settimeout(_left_s(deadline_s))
        data = connection.recv(65_536)
        if not data:
            return None
        begin = (begin + data.lstrip(b"\r\n"))[: len(RTSP)]
        buffer.feed(data)
        try:
            if begin and not RTSP.startswith(begin) and not begin.startswith(b"$"):
                raise RtspFormatError("it does not speak RTSP")
            while (message := buffer.next()) is not None:
                if not isinstance(message, Interleaved) and message.status >= 200 and message.cseq in (number, None):
                    return message
        except RtspLengthError:
            raise
        except RtspFormatError:
            if begin != RTSP:
                raise
            return None  # RTSP with a mistake in it, which libav may take


def _left_s(deadline_s: float) -> float:
    left_s = deadline_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


def _secured(raw: socket.socket, place: _Place) -> socket.socket:
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


def _judge(reply: RtspMessage, url: str) -> None:
    """Raise what the answer proves to be wrong."""
    err: StreamError | None = None
    if reply.status in (401, 403):
        err = wrong_login(url)
    elif reply.status == 404:
        err = not_found(url)
    elif reply.status in BUSY:
        err = busy(url)
    elif reply.status >= 500:
        err = StreamOpenError(f"{redact(url)} answered {reply.status}; restart the camera if that lasts")
    elif 200 <= reply.status < 300 and not _has_video(reply.body):
        err = no_video(url)
    if err is not None:
        raise err


def _has_video(description: bytes) -> bool:
    return any(line.strip().startswith(b"m=video") for line in description.splitlines())


def _sent_on(url: str, location: str) -> str:
    """Return where a redirect leads, with our login where it is the same host."""
    login, bare = split_login(url)
    there = split_login(location)[1]
    try:
        check_url(there, NETWORK_SCHEMES)
        parts = urlsplit(there)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or not location.isascii() or not location.isprintable() or " " in location:
        raise StreamRedirectedError(f"{redact(url)} sends us on to no RTSP address; correct the camera's settings")
    if not login:
        return there
    if host != urlsplit(bare).hostname:
        password = login.partition(":")[2]
        # A camera that asks for the password in the clear knows it, and may put it anywhere.
        is_shown = not any(each and each in there for each in (password, unquote(password)))
        raise StreamRedirectedError(
            f"{redact(url)} sends us on to {redact(there) if is_shown else 'another host'}; if that is right, enter "
            "that address as this camera's: its password goes nowhere else by itself"
        )
    return there.replace("://", f"://{login}@", 1)
