"""Speaks G.711 into an ONVIF audio backchannel: describe, set up, play, send in real time, tear down.

Source: ONVIF Streaming Specification 5.3 (Require: www.onvif.org/ver20/backchannel); RFC 2326.
"""

import contextlib
import secrets
import socket
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from broadcast.errors import HornError, HornRefusedError, HornUnavailableError, HornUrlError
from broadcast.g711 import G711Codec
from broadcast.rtp import PACKET_S
from broadcast.rtsp_connection import BackchannelTimeouts, RtspConnection
from broadcast.sdp import BackTrack, Encoding, parse_back_tracks
from streams.rtsp_auth import Credentials
from streams.rtsp_client import Place
from streams.sdp import base_of

REQUIRE = {"Require": "www.onvif.org/ver20/backchannel"}
"""Asks for the backchannel; a server without it answers 551."""

DRAIN_S = 1.0
"""Time between the last packet and TEARDOWN, so that the horn's jitter buffer plays out."""

TEARDOWN_S = 1.0
"""How long we wait for the answer to TEARDOWN."""

MAX_LAG_S = 0.2
"""When we are later than this with a packet, the following ones shift: a burst would overflow the horn's buffer."""

DEFAULT_SESSION_S = 60.0
"""Session time-out where the server names none (RFC 2326, 12.37)."""

MIN_SESSION_S = 2.0
"""A server that names less is not kept alive more often than each second."""

Transport = Literal["tcp", "udp"]


@dataclass(frozen=True, slots=True)
class BackchannelReport:
    """What a device says of its way back.

    Attributes:
        has_backchannel: it offers an audio track towards itself.
        codecs: what that track takes, for example `PCMU/8000`.
        usable: one of them is G.711 at 8 kHz.
        problem: why not, as a sentence; empty where it is usable.
    """

    has_backchannel: bool
    codecs: tuple[str, ...]
    usable: bool
    problem: str


@dataclass(frozen=True, slots=True)
class SpokenPart:
    """How much of a clip went out.

    Attributes:
        packets: RTP packets sent.
        whole: none is missing.
        late: packets that left more than `MAX_LAG_S` late and shifted those behind them.
    """

    packets: int
    whole: bool
    late: int


def parse_place(horn_id: str, parts: SplitResult) -> tuple[Place, Transport]:
    """Read `onvif://user:password@host[:port]/path[?transport=tcp|udp&...]`; other options belong to the device.

    Raises:
        HornUrlError: no host, an unknown transport, or a password that must be escaped.
    """
    if "@" in parts.netloc and ("@" in parts.path or (not parts.path and "@" in parts.query + parts.fragment)):
        raise HornUrlError(
            horn_id, "its URL holds / or @ in the user name or password; write them as %2F and %40 (? as %3F, # as %23)"
        )
    if not parts.hostname:
        raise HornUrlError(horn_id, "its URL names no host, as in onvif://user:password@10.0.0.7/path")
    query = parse_qsl(parts.query, keep_blank_values=True)
    wanted = [value for name, value in query if name == "transport"] or ["tcp"]
    if wanted[-1] not in ("tcp", "udp"):
        raise HornUrlError(horn_id, "transport is tcp or udp")
    kept = urlencode([(name, value) for name, value in query if name != "transport"], safe="/:")
    port = parts.port or 554
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    url = f"rtsp://{host}:{port}{parts.path or '/'}" + (f"?{kept}" if kept else "")
    if not all(char.isascii() and char.isprintable() and char != " " for char in url):
        raise HornUrlError(horn_id, "its URL holds blanks or other signs; write them as %20 and so on")
    credentials = Credentials(unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return Place(parts.hostname, port, is_tls=False, bare_url=url, credentials=credentials), "udp" if wanted[
        -1
    ] == "udp" else "tcp"


class Backchannel:
    """A backchannel that stands: opened by `with`, torn down at its end.

    Args:
        horn_id: for the errors.
        place: where.
        transport: interleaved in the RTSP connection, or UDP.
        timeouts: how long the device may take.
    """

    def __init__(
        self,
        horn_id: str,
        place: Place,
        transport: Transport = "tcp",
        timeouts: BackchannelTimeouts | None = None,
    ) -> None:
        self._horn_id = horn_id
        self._place = place
        self._transport = transport
        self._timeouts = timeouts or BackchannelTimeouts()
        self._session = ""
        self._session_s = DEFAULT_SESSION_S
        self._channel = 0
        self._base_url = place.bare_url
        self._udp: list[socket.socket] = []
        self._udp_target = ("", 0)

    def __enter__(self) -> "Backchannel":
        self._connection = RtspConnection(self._horn_id, self._place, self._timeouts)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._connection, contextlib.ExitStack() as sockets:
            for udp in self._udp:
                sockets.enter_context(udp)
            if self._session and not isinstance(error, HornUnavailableError):
                with contextlib.suppress(HornError):  # it has hung up first, which ends the session as well
                    self._tear_down()

    def describe(self) -> tuple[BackTrack, ...]:
        """Return the audio tracks towards the device."""
        response = self._connection.request("DESCRIBE", self._place.bare_url, {"Accept": "application/sdp", **REQUIRE})
        self._base_url = base_of(response, self._place.bare_url)
        return parse_back_tracks(response.body, self._base_url)

    def choose(self) -> tuple[BackTrack, Encoding, G711Codec]:
        """Return the track to speak on, with its codec.

        Raises:
            HornRefusedError: no backchannel, or none that takes G.711.
        """
        tracks = self.describe()
        for track in tracks:
            if found := track.g711():
                return track, *found
        raise HornRefusedError(self._horn_id, unusable(tracks))

    def set_up(self, track: BackTrack) -> None:
        """Set the track up and start it; from here on it takes packets."""
        response = self._connection.request("SETUP", track.control, {"Transport": self._offer(), **REQUIRE})
        session, _, rest = response.value("session").partition(";")
        if not session.strip():
            raise HornRefusedError(self._horn_id, "it gives our session no name; its backchannel cannot be used")
        self._session = session.strip()
        limit = rest.strip().removeprefix("timeout=")
        if limit.isascii() and limit.isdigit() and len(limit) < 6:
            self._session_s = max(MIN_SESSION_S, float(limit))
        self._take_transport(response.value("transport"))
        self._connection.request("PLAY", self._base_url, {"Session": self._session, "Range": "npt=0.000-", **REQUIRE})

    def speak(self, packets: Iterable[bytes], stop: threading.Event) -> SpokenPart:
        """Send RTP packets, one each 20 ms, until they or `stop` end; then let the horn play out.

        Raises:
            HornError: the device hung up, or sent nonsense.
        """
        due_s = time.monotonic()
        alive_s = due_s
        sent = late = 0
        for packet in packets:
            self._connection.pump(due_s, *self._udp)
            if stop.is_set():
                return SpokenPart(sent, whole=False, late=late)
            now_s = time.monotonic()
            if now_s - due_s > MAX_LAG_S:
                due_s, late = now_s, late + 1
            if now_s - alive_s > self._session_s / 2:
                self._connection.send_request("GET_PARAMETER", self._base_url, {"Session": self._session})
                alive_s = now_s
            self._send(packet)
            sent += 1
            due_s += PACKET_S
        self._connection.pump(due_s + DRAIN_S, *self._udp)
        return SpokenPart(sent, whole=True, late=late)

    def _tear_down(self) -> None:
        """Wait for the answer, as closing on unread data would take our last words back."""
        headers = {"Session": self._session, **REQUIRE}
        self._connection.request("TEARDOWN", self._base_url, headers, answer_s=TEARDOWN_S)

    def _send(self, packet: bytes) -> None:
        if self._transport == "tcp":
            self._connection.send(b"$" + bytes([self._channel]) + len(packet).to_bytes(2, "big") + packet)
            return
        try:
            self._udp[0].sendto(packet, self._udp_target)
        except OSError:  # a full buffer or a passing "unreachable": UDP may lose a packet
            return

    def _offer(self) -> str:
        if self._transport == "tcp":
            return "RTP/AVP/TCP;unicast;interleaved=0-1"
        self._udp = _udp_pair(self._horn_id, self._connection.hosts[0])
        port = self._udp[0].getsockname()[1]
        return f"RTP/AVP;unicast;client_port={port}-{port + 1}"

    def _take_transport(self, answer: str) -> None:
        fields = dict(part.strip().partition("=")[::2] for part in answer.split(";"))
        wanted = "interleaved" if self._transport == "tcp" else "server_port"
        number = fields.get(wanted, "").partition("-")[0]
        limit = 255 if self._transport == "tcp" else 65_535
        if not (number.isascii() and number.isdigit() and len(number) < 6 and int(number) <= limit):
            raise HornRefusedError(self._horn_id, f"it does not say where to send the sound ({wanted} is missing)")
        if self._transport == "tcp":
            self._channel = int(number)
        else:
            self._udp_target = (self._connection.hosts[1], int(number))


def probe_backchannel(url: str, timeouts: BackchannelTimeouts | None = None) -> BackchannelReport:
    """Ask a camera or horn, by its rtsp:// or onvif:// URL, whether one can speak through it.

    Makes no sound, and raises nothing: what went wrong is the report's problem.
    """
    try:
        place, transport = parse_place("probe", urlsplit(url))
        with Backchannel("probe", place, transport, timeouts) as backchannel:
            tracks = backchannel.describe()
    except HornError as err:
        return BackchannelReport(has_backchannel=False, codecs=(), usable=False, problem=err.problem)
    except ValueError:
        problem = "the URL cannot be read; check its brackets and its port"
        return BackchannelReport(has_backchannel=False, codecs=(), usable=False, problem=problem)
    codecs = tuple(f"{encoding.name}/{encoding.rate_hz}" for track in tracks for encoding in track.encodings)
    usable = any(track.g711() for track in tracks)
    return BackchannelReport(bool(tracks), codecs, usable, "" if usable else unusable(tracks))


def unusable(tracks: tuple[BackTrack, ...]) -> str:
    """Return why we cannot speak on any of these tracks."""
    if not tracks:
        return "it offers no audio backchannel; switch audio output on in the device, or use another horn"
    names = {f"{encoding.name}/{encoding.rate_hz}" for track in tracks for encoding in track.encodings}
    taken = ", ".join(sorted(names)) or "nothing known"
    return f"its backchannel takes {taken}, we speak G.711 at 8000 Hz; choose G.711 in the device"


def random_seeds() -> tuple[int, int, int]:
    """Return a first sequence number, a first timestamp and an SSRC for one announcement."""
    return secrets.randbits(16), secrets.randbits(32), secrets.randbits(32)


def _udp_pair(horn_id: str, host: str) -> list[socket.socket]:
    """Return two UDP sockets on an even port and the one above it, as RFC 3550 wants for RTP and RTCP."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _ in range(50):
        rtp, rtcp = socket.socket(family, socket.SOCK_DGRAM), socket.socket(family, socket.SOCK_DGRAM)
        try:
            rtp.bind((host, 0))
            port = rtp.getsockname()[1]
            if port % 2 == 0:
                rtcp.bind((host, port + 1))
                return [rtp, rtcp]
        except OSError:
            pass
        rtp.close()
        rtcp.close()
    raise HornUnavailableError(horn_id, "no pair of free UDP ports on this machine; use ?transport=tcp")
