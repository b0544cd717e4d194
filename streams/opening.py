"""Opens streams by their scheme, and turns libav's errors into ours.

H.264 and H.265 over RTSP in TCP we play ourselves (rtsp_stream); everything else is libav's.

Belongs here: who opens what, libav's options, the meaning of its errors. Does not: what is asked before anything is
opened (asking), reading packets (source), trying again (reader).
"""

import errno
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import av
from av.container import InputContainer

from streams.asking import ask
from streams.connection import Connection
from streams.container import ContainerStream
from streams.errors import (
    BadUrlError,
    NotMediaError,
    StreamBusyError,
    StreamError,
    StreamOpenError,
)
from streams.problems import (
    busy,
    no_video,
    nobody_listens,
    not_found,
    not_rtsp,
    other_transport,
    timed_out,
    unreachable,
    wrong_login,
)
from streams.rtsp_stream import RtspStream, open_stream
from streams.settings import StreamSettings
from streams.urls import KNOWN_SCHEMES, NETWORK_SCHEMES, check_url, file_source, redact, scheme_of

StreamOpener = Callable[[str, StreamSettings], InputContainer | RtspStream]
"""Opens a URL. Raises a `StreamError`; a container it returns has packets paced as its source paces them."""

PROBE_BYTES = 500_000
PROBE_US = 500_000
"""How much of a live stream libav may read before the first packet: half a second finds every parameter set."""

REORDER_US = 200_000
"""How long libav waits for a late UDP packet; longer adds delay to every picture of a lossy stream."""

UDP_BUFFER_BYTES = 1 << 20
"""Socket buffer for UDP: a 4K key frame comes as one burst of several hundred kB."""

TAKEN_DOWN_S = 0.3
"""So long a server may take to clear away what it prepared for our question."""

SHORTEST_OPEN_S = 0.5
"""What libav gets at least of the time limit, however long the camera took for its first answer."""

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
    """Picks the opener by the URL's scheme: our own for cameras, libav for files, what was handed in for the others."""

    def __init__(self, extra: Mapping[str, StreamOpener] | None = None) -> None:
        network = dict.fromkeys(NETWORK_SCHEMES, open_camera)
        self._by_scheme: dict[str, StreamOpener] = network | {"file": open_file} | dict(extra or {})

    @property
    def schemes(self) -> frozenset[str]:
        """The schemes that can be opened."""
        return frozenset(self._by_scheme)

    def with_audio(self) -> "Openers":
        """Return the same openers, but with RTSP set up for the audio tracks too, so that they can be listed."""
        network = dict.fromkeys(NETWORK_SCHEMES, partial(open_camera, with_audio=True))
        ours = {scheme: opener for scheme, opener in network.items() if self._by_scheme.get(scheme) is open_camera}
        return Openers(self._by_scheme | ours)

    def open(self, url: str, settings: StreamSettings) -> Connection:
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
            opened = opener(url, settings)
        except av.FFmpegError as err:
            raise open_error(err, url) from None
        except StreamError:
            raise
        except ValueError as err:
            raise BadUrlError(f"{redact(url)} cannot be opened: {redact(str(err))}") from None
        return opened if isinstance(opened, RtspStream) else ContainerStream(opened, url, settings)


def open_file(url: str, settings: StreamSettings) -> InputContainer:
    """Open a file with libav; the video stream comes first in its `streams.video`.

    Args:
        url: `file:` URL or path.
        settings: time limits.

    Raises:
        StreamError: one sentence that names the file, and the way out.
    """
    check_url(url)
    return _with_video(_opened(str(file_source(url).path), url, {"format_whitelist": _FILE_DEMUXERS}, settings), url)


def open_camera(url: str, settings: StreamSettings, *, with_audio: bool = False) -> InputContainer | RtspStream:
    """Open an RTSP stream: by ourselves where it is H.264 or H.265 over TCP, else with libav.

    Args:
        url: RTSP URL.
        settings: transport and time limits.
        with_audio: also ask the server for its audio tracks, to list them; packets of audio are never decoded.

    Raises:
        StreamError: one sentence that names the stream without its password, and the way out.
    """
    check_url(url)
    deadline_s = time.monotonic() + settings.open_timeout_s
    asked = ask(url, deadline_s)
    stream = None
    try:
        if settings.transport == "tcp" and not with_audio:
            stream = open_stream(asked, settings, deadline_s)
    finally:
        if stream is None:
            asked.client.close()
    if stream is not None:
        return stream
    left_s = max(deadline_s - time.monotonic(), SHORTEST_OPEN_S)
    options = _network_options(settings, with_audio=with_audio)
    limited = settings.model_copy(update={"open_timeout_s": left_s})
    try:
        container = _opened(asked.url, url, options, limited)
    except StreamBusyError:
        # It described the stream a moment ago. GStreamer's server takes that down when nobody stays, and meanwhile
        # refuses: of 60 dials two.
        time.sleep(TAKEN_DOWN_S)
        container = _opened(asked.url, url, options, limited)
    return _with_video(container, url)


def _with_video(container: InputContainer, url: str) -> InputContainer:
    if not container.streams.video:
        container.close()
        raise no_video(url)
    return container


def _opened(target: str, url: str, options: dict[str, str], settings: StreamSettings) -> InputContainer:
    began_s = time.monotonic()
    try:
        return av.open(target, mode="r", options=options, timeout=(settings.open_timeout_s, settings.read_timeout_s))
    except av.InvalidDataError as err:
        if scheme_of(url) != "file" and time.monotonic() - began_s >= settings.open_timeout_s:
            raise timed_out(url) from None  # what libav makes of an answer that our time limit cut off
        raise open_error(err, url) from None
    except av.FFmpegError as err:
        raise open_error(err, url) from None


def open_error(err: av.FFmpegError, url: str) -> StreamError:
    """Return our error for one of libav's while opening; `str(err)` is never used, as it holds the password."""
    if isinstance(err, av.HTTPUnauthorizedError | av.HTTPForbiddenError):
        return wrong_login(url)
    if isinstance(err, av.HTTPNotFoundError | av.FileNotFoundError):
        return not_found(url)
    if isinstance(err, av.TimeoutError | av.ExitError):
        return timed_out(url)
    if scheme_of(url) == "file":
        return _file_error(err, url, redact(url))
    if isinstance(err, av.ConnectionRefusedError):
        return nobody_listens(url)
    if isinstance(err, av.HTTPOtherClientError | av.HTTPServerError):  # 453, 454, 455, 503; libav does not tell which
        return busy(url)
    if isinstance(err, av.InvalidDataError):
        return not_rtsp(url)
    if isinstance(err, av.OSError):
        return other_transport(url) if err.errno == errno.EPROTONOSUPPORT else unreachable(url, err.strerror)
    return StreamOpenError(f"{redact(url)} could not be opened ({err.strerror}); check address, path and transport")


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
