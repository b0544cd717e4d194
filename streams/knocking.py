"""Finds out whether a camera's port answers, before a dial is spent on it.

A dial to a host without power hangs: the system repeats its request after 1, 3 and 7 seconds and so notices the
return late. A knock is a bare TCP connect that gives up before the second repetition and is made anew, so that there
is a request about every second. It asks for nothing and takes no session.
"""

import socket

import av

from streams.errors import StreamError, StreamReadError, StreamRefusedError, StreamTimeoutError, StreamUnreachableError
from streams.opening import open_error
from streams.rtsp_client import Place
from streams.urls import NETWORK_SCHEMES, scheme_of

KNOCK_S = 1.2
"""Seconds a host may take to accept; the system's first repetition comes after one second."""

_DARK = (StreamReadError, StreamTimeoutError, StreamRefusedError, StreamUnreachableError)
"""Errors after which the host may have no power; all others were its own answers."""


def needs_knock(url: str, before: StreamError | None) -> bool:
    """Return whether to knock before dialling, after the error of the try before."""
    return scheme_of(url) in NETWORK_SCHEMES and isinstance(before, _DARK)


def knock(url: str) -> None:
    """Return once the camera's port accepts a connection, which is closed at once.

    Raises:
        StreamError: it does not; the same errors as a dial has.
    """
    place = Place.of(url)
    try:
        socket.create_connection((place.host, place.port), KNOCK_S).close()
    except TimeoutError:
        raise open_error(av.TimeoutError(0, "timed out"), url) from None
    except ConnectionRefusedError:
        raise open_error(av.ConnectionRefusedError(0, "refused"), url) from None
    except OSError as err:
        raise open_error(av.OSError(err.errno or 0, err.strerror or "no route"), url) from None
    except UnicodeError:
        raise open_error(av.OSError(0, "no such host"), url) from None
