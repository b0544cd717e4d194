"""Opens streams by their scheme, and turns libav's errors into ours.

Belongs here: libav's options, the meaning of its errors. Does not: what is asked before libav opens anything (asking),
reading packets (source), trying again (reader).
"""

import errno
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import av
from av.container import InputContainer

from streams.asking import ask
from streams.errors import (
    BadUrlError,
    NotMediaError,
    StreamBusyError,
    StreamError,
    StreamOpenError,
    StreamReadError,
)
from streams.problems import (
    busy,
    no_video,
    nobody_listens,
    not_found,
    not_rtsp,
    other_transport,
    stalled,
    timed_out,
    unreachable,
    wrong_login,
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
    if scheme_of(url) == "file":
        options = {"format_whitelist": _FILE_DEMUXERS}
        container = _opened(str(file_source(url).path), url, options, settings)
    else:
        began_s = time.monotonic()
        target = ask(url, settings.open_timeout_s)
        left_s = max(settings.open_timeout_s - (time.monotonic() - began_s), SHORTEST_OPEN_S)
        options = _network_options(settings, with_audio=with_audio)
        limited = settings.model_copy(update={"open_timeout_s": left_s})
        try:
            container = _opened(target, url, options, limited)
        except StreamBusyError:
            # It described the stream a moment ago. GStreamer's server takes that down when nobody stays, and meanwhile
            # refuses: of 60 dials two.
            time.sleep(TAKEN_DOWN_S)
            container = _opened(target, url, options, limited)
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


def read_error(err: av.FFmpegError, url: str) -> StreamError:
    """Return our error for one of libav's while packets are read."""
    if isinstance(err, av.TimeoutError | av.ExitError):
        return stalled(url)
    return StreamReadError(f"{redact(url)} broke off ({err.strerror}); check the network to the camera")


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
