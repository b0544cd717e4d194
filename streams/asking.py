"""Asks a camera over RTSP for its description, and learns from the answer what libav never tells.

libav follows every redirect with the password, a thousand times a second where it leads in a circle, reads headers
without end, and has one error for most refusals. So the first question is ours, bounded in time and bytes. Only what
the answer proves is an error here: whatever we do not understand, libav may try.

Belongs here: one DESCRIBE and what its answer means. Does not: setting up and playing (rtsp_stream, or libav by
opening).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from streams.errors import NotRtspError, StreamOpenError, StreamRedirectedError
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
from streams.rtsp_client import EARLY_BYTES, Place, RtspClient
from streams.rtsp_messages import NoRtspError, RtspFormatError, RtspLengthError, RtspMessage
from streams.urls import NETWORK_SCHEMES, check_url, redact, split_login

MOST_REDIRECTS = 3
"""More hops than a camera behind a recorder behind a relay."""

BUSY = (453, 503)
"""Not enough bandwidth, service unavailable: what cameras answer that serve too many."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A camera that was asked for its description.

    Attributes:
        url: where, with the login: as given, or where the camera sent us on, elsewhere on the same host with the login,
            on another host only where no login goes along.
        client: the connection, still open; the caller closes it.
        reply: its answer; None where it is none that we understand.
    """

    url: str
    client: RtspClient
    reply: RtspMessage | None


def ask(url: str, deadline_s: float) -> Asked:
    """Ask for the description of a stream.

    Args:
        url: a checked RTSP URL.
        deadline_s: monotonic time until which all of it must be done.

    Raises:
        StreamError: what the answer, or the lack of one, proves to be wrong.
    """
    asked = url
    for _ in range(MOST_REDIRECTS + 1):
        with refusals_of(url):
            client = RtspClient(Place.of(asked), deadline_s, early_bytes=EARLY_BYTES)
        try:
            with refusals_of(url):
                headers = {"Accept": "application/sdp"}
                reply = answer_of(client, "DESCRIBE", client.place.bare_url, headers, deadline_s)
            if reply is None or not 300 <= reply.status < 400:
                if reply is not None:
                    _judge(reply, asked)
                return Asked(asked, client, reply if reply is not None and reply.status < 300 else None)
            asked = _sent_on(asked, reply.value("location"))
        except BaseException:
            client.close()
            raise
        client.close()
    raise StreamRedirectedError(f"{redact(url)} sends us on in a circle; correct its address, or the camera's settings")


def answer_of(
    client: RtspClient, method: str, url: str, headers: dict[str, str], deadline_s: float
) -> RtspMessage | None:
    """Ask a camera, and return its answer; None where it hangs up, or answers what we do not understand.

    Raises:
        OSError: the connection broke; TimeoutError at the deadline.
        RtspFormatError: what answers is no RTSP server, or sends without end.
    """
    try:
        return client.ask(method, url, headers, deadline_s)
    except (NoRtspError, RtspLengthError):
        raise
    except (ConnectionError, RtspFormatError):
        return None


@contextmanager
def refusals_of(url: str) -> Iterator[None]:
    """Turn what goes wrong between sockets into an error that names the stream."""
    try:
        yield
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


def _judge(reply: RtspMessage, url: str) -> None:
    """Raise what the answer proves to be wrong."""
    if reply.status in (401, 403):
        raise wrong_login(url)
    if reply.status == 404:
        raise not_found(url)
    if reply.status in BUSY:
        raise busy(url)
    if reply.status >= 500:
        raise StreamOpenError(f"{redact(url)} answered {reply.status}; restart the camera if that lasts")
    if 200 <= reply.status < 300 and not _has_video(reply.body):
        raise no_video(url)


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
