"""Words what goes wrong with a stream: one sentence each, with the way out and without the password.

Belongs here: sentences that more than one module says. Does not: who says which (asking, opening).
"""

from streams.errors import (
    NotRtspError,
    NoVideoError,
    StreamAuthError,
    StreamBusyError,
    StreamNotFoundError,
    StreamRefusedError,
    StreamStalledError,
    StreamTimeoutError,
    StreamTransportError,
    StreamUnreachableError,
)
from streams.urls import redact


def wrong_login(url: str) -> StreamAuthError:
    """Return what is said when the user name or password is refused."""
    return StreamAuthError(
        f"{redact(url)} refused the user name or password; correct them at the camera's settings here"
    )


def not_found(url: str) -> StreamNotFoundError:
    """Return what is said when there is no such path or file."""
    return StreamNotFoundError(f"{redact(url)} does not exist there; check the path")


def timed_out(url: str) -> StreamTimeoutError:
    """Return what is said when no whole answer came in time, however much came."""
    return StreamTimeoutError(f"{redact(url)} did not answer in time; check address, network and that the camera is on")


def nobody_listens(url: str) -> StreamRefusedError:
    """Return what is said when nothing listens at the port."""
    return StreamRefusedError(f"{redact(url)} refused the connection; check the port and that RTSP is switched on")


def unreachable(url: str, reason: str | None) -> StreamUnreachableError:
    """Return what is said when no way leads to the host; `reason` is the system's own word for it."""
    return StreamUnreachableError(
        f"{redact(url)} cannot be reached ({reason or 'unknown reason'}); check the host name and the network"
    )


def not_rtsp(url: str) -> NotRtspError:
    """Return what is said when the answer makes no sense."""
    return NotRtspError(f"{redact(url)} did not answer as an RTSP camera does; check address, port and path")


def no_video(url: str) -> NoVideoError:
    """Return what is said when there is a stream, and no video in it."""
    return NoVideoError(f"{redact(url)} carries no video; check the stream's path and that its video is switched on")


def busy(url: str) -> StreamBusyError:
    """Return what is said when the camera has no room for us."""
    return StreamBusyError(
        f"{redact(url)} has no free session; end other viewers of this camera, or wait until it forgets lost ones"
    )


def stalled(url: str) -> StreamStalledError:
    """Return what is said when packets stopped coming."""
    return StreamStalledError(f"{redact(url)} sends no more packets; check the camera and the network")


def other_transport(url: str) -> StreamTransportError:
    """Return what is said when the camera does not send by the transport that is set."""
    return StreamTransportError(
        f"{redact(url)} does not send by the transport that is set; change the camera's transport between tcp and udp"
    )
