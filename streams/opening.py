"""Opens streams by their scheme, and turns libav's errors into ours.

Belongs here: libav's options, the meaning of its errors. Does not: reading packets (source), trying again (reader).
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import av
from av.container import InputContainer

from streams.errors import (
    BadUrlError,
    NotMediaError,
    NotRtspError,
    NoVideoError,
    StreamAuthError,
    StreamBusyError,
    StreamError,
    StreamNotFoundError,
    StreamOpenError,
    StreamReadError,
    StreamRefusedError,
    StreamStalledError,
    StreamTimeoutError,
    StreamUnreachableError,
)
from streams.settings import StreamSettings
from streams.urls import KNOWN_SCHEMES, NETWORK_SCHEMES, check_url, file_source, redact, scheme_of

StreamOpener = Callable[[str, StreamSettings], InputContainer]
"""Opens a URL. Raises a `StreamError`; a container it returns has packets paced as its source paces them."""

PROBE_BYTES = 500_000
PROBE_US = 500_000
"""How much of a live stream libav may read before the first packet: half a second finds every parameter set."""

REORDER_US = 200_000
"""How long libav waits for a late UDP packet; longer adds delay to every picture of a lossy stream."""

UDP_BUFFER_BYTES = 1 << 20
"""Socket buffer for UDP: a 4K key frame comes as one burst of several hundred kB."""

_NETWORK_OPTIONS = {
    "probesize": str(PROBE_BYTES),
    "analyzeduration": str(PROBE_US),
    "max_delay": str(REORDER_US),
    "buffer_size": str(UDP_BUFFER_BYTES),
    "allowed_media_types": "video",
}
_FILE_DEMUXERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,avi,flv,asf,h264,hevc,m4v,mjpeg,mxf,nut,ogg,ivf"
"""What may be a file camera. libav plays more: text as a terminal's screen, play lists that open other files."""

_SNIFFED_BYTES = 4096


class Openers:
    """Picks the opener by the URL's scheme: libav for RTSP and files, what was handed in for the others."""

    def __init__(self, extra: Mapping[str, StreamOpener] | None = None) -> None:
        self._by_scheme: dict[str, StreamOpener] = dict.fromkeys((*NETWORK_SCHEMES, "file"), open_libav) | dict(
            extra or {}
        )

    @property
    def schemes(self) -> frozenset[str]:
        """The schemes that can be opened."""
        return frozenset(self._by_scheme)

    def with_audio(self) -> "Openers":
        """Return the same openers, but with RTSP set up for the audio tracks too, so that they can be listed."""
        network = dict.fromkeys(NETWORK_SCHEMES, partial(open_libav, with_audio=True))
        ours = {scheme: opener for scheme, opener in network.items() if self._by_scheme.get(scheme) is open_libav}
        return Openers(self._by_scheme | ours)

    def open(self, url: str, settings: StreamSettings) -> InputContainer:
        """Open the stream; blocks up to `settings.open_timeout_s`.

        Raises:
            StreamError: it could not be opened.
        """
        opener = self._by_scheme.get(scheme_of(url))
        if opener is None:
            known = scheme_of(url) in KNOWN_SCHEMES
            way_out = "this program was started without it" if known else f"known are {', '.join(sorted(self.schemes))}"
            raise StreamOpenError(f"{redact(url)} cannot be opened: nothing opens {scheme_of(url)}:// here; {way_out}")
        try:
            return opener(url, settings)
        except av.FFmpegError as err:
            raise open_error(err, url) from None
        except StreamError:
            raise
        except ValueError as err:
            raise BadUrlError(f"{redact(url)} cannot be opened: {err}") from None


def open_libav(url: str, settings: StreamSettings, *, with_audio: bool = False) -> InputContainer:
    """Open an RTSP stream or a file with libav; the video stream comes first in its `streams.video`.

    Args:
        url: RTSP URL, `file:` URL or path.
        settings: transport and time limits.
        with_audio: also ask an RTSP server for its audio tracks, to list them; packets of audio are never decoded.

    Raises:
        StreamError: one sentence that names the stream without its password, and the way out.
    """
    check_url(url)
    is_file = scheme_of(url) == "file"
    target = str(file_source(url).path) if is_file else url
    options = {"format_whitelist": _FILE_DEMUXERS} if is_file else _network_options(settings, with_audio=with_audio)
    try:
        container = av.open(
            target, mode="r", options=options, timeout=(settings.open_timeout_s, settings.read_timeout_s)
        )
    except av.HTTPOtherClientError as err:
        if is_file or with_audio:
            raise open_error(err, url) from None
        # A server without video refuses to play nothing; asked for everything, it shows what it has.
        return open_libav(url, settings, with_audio=True)
    except av.FFmpegError as err:
        raise open_error(err, url) from None
    if not container.streams.video:
        container.close()
        raise NoVideoError(f"{redact(url)} carries no video; check the stream's path and that its video is switched on")
    return container


def open_error(err: av.FFmpegError, url: str) -> StreamError:
    """Return our error for one of libav's while opening; `str(err)` is never used, as it holds the password."""
    shown = redact(url)
    if isinstance(err, av.HTTPUnauthorizedError | av.HTTPForbiddenError):
        return StreamAuthError(f"{shown} refused the user name or password; correct them at the camera's settings here")
    if isinstance(err, av.HTTPNotFoundError | av.FileNotFoundError):
        return StreamNotFoundError(f"{shown} does not exist there; check the path")
    if isinstance(err, av.HTTPOtherClientError | av.HTTPServerError):
        # 453, 454, 455 and 503; libav does not tell which.
        return StreamBusyError(
            f"{shown} has no free session; end other viewers of this camera, or wait until it forgets lost ones"
        )
    if isinstance(err, av.TimeoutError | av.ExitError):
        return StreamTimeoutError(f"{shown} did not answer in time; check address, network and that the camera is on")
    if scheme_of(url) == "file":
        return _file_error(err, url, shown)
    if isinstance(err, av.ConnectionRefusedError):
        return StreamRefusedError(f"{shown} refused the connection; check the port and that RTSP is switched on")
    if isinstance(err, av.InvalidDataError):
        return NotRtspError(f"{shown} did not answer as an RTSP camera does; check address, port and path")
    if isinstance(err, av.OSError):
        return StreamUnreachableError(
            f"{shown} cannot be reached ({err.strerror}); check the host name and the network"
        )
    return StreamOpenError(f"{shown} could not be opened ({err.strerror}); check address, path and transport")


def read_error(err: av.FFmpegError, url: str) -> StreamError:
    """Return our error for one of libav's while packets are read."""
    shown = redact(url)
    if isinstance(err, av.TimeoutError | av.ExitError):
        return StreamStalledError(f"{shown} sends no more packets; check the camera and the network")
    return StreamReadError(f"{shown} broke off ({err.strerror}); check the network to the camera")


def _network_options(settings: StreamSettings, *, with_audio: bool) -> dict[str, str]:
    options = _NETWORK_OPTIONS | {"rtsp_transport": settings.transport}
    if with_audio:
        del options["allowed_media_types"]
    return options


def _file_error(err: av.FFmpegError, url: str, shown: str) -> StreamError:
    path = file_source(url).path
    if isinstance(err, av.IsADirectoryError) or path.is_dir():
        return NotMediaError(f"{shown} is a folder; give the path of a video file")
    if isinstance(err, av.PermissionError):
        return NotMediaError(f"{shown} may not be read by this program's user; change its permissions")
    if not isinstance(err, av.InvalidDataError | av.EOFError | av.ArgumentError):
        return NotMediaError(f"{shown} could not be opened ({err.strerror}); give a video file")
    return NotMediaError(f"{shown} {_what_is_it(path)}")


def _what_is_it(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(_SNIFFED_BYTES)
    if not head:
        return "is empty; copy it again"
    if head[4:8] == b"ftyp":
        return "is truncated: its index is missing; copy it again from where it came"
    if b"\x00" not in head:
        return "is a text file, not a video; give a video file"
    return "is not a video that can be read; give an MP4, MKV or MPEG-TS file"
