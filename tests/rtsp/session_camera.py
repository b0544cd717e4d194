"""A small camera that counts: connections, requests, sessions; with few sessions, a poor memory and faults on demand.

    with SessionCamera(clip, max_sessions=1, forgets_s=60) as camera:
        url = camera.url()
        camera.go_dark()        # the switch before it loses power: nothing is answered, no packet leaves
        camera.come_back()

It speaks just enough RTSP for libav and sends H.264 over TCP or UDP from one thread per connection. For what real
servers do see `tests.rtsp.server`.
"""

import base64
import contextlib
import itertools
import select
import socket
import struct
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.rtsp.clips import RECORD, write_units

MTU = 1400
RTP_TYPE = 96
CLOCK_HZ = 90_000
SSRC = 0x5EED
REPORT_EVERY_S = 1.0


@dataclass
class Conduct:
    """How the camera behaves; may be changed while it runs.

    Attributes:
        max_sessions: sessions that it has; more are answered with `busy_code`.
        busy_code: 453 (not enough bandwidth) as most say, or 503.
        forgets_s: seconds after which a session without a connection is forgotten; 0 forgets it with its connection.
        password: asked for as `admin:<password>` (Basic); empty asks for none.
        spoils: cuts every picture in half, as a network does that loses packets.
        video: False holds the video back, while sender reports go on.
        refuses: status code per method instead of 200.
        hangs: methods that are never answered.
    """

    max_sessions: int = 10
    busy_code: int = 453
    forgets_s: float = 0.0
    password: str = ""
    spoils: bool = False
    video: bool = True
    refuses: dict[str, int] = field(default_factory=dict)
    hangs: set[str] = field(default_factory=set)


class SessionCamera:
    """The camera; a context manager that leaves no thread and no socket behind."""

    def __init__(self, clip: Path, *, backlog: int = 1, **conduct: object) -> None:
        self.conduct = Conduct(**conduct)
        self._backlog = backlog
        self._units = _units_of(clip)
        self._stop = threading.Event()
        self._dark = threading.Event()
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._sessions: dict[str, float] = {}  # and since when its connection is gone; infinity while it stands
        self._threads: list[threading.Thread] = []
        self._fillers: list[socket.socket] = []
        self.connected_at: list[float] = []
        self.requests: Counter[str] = Counter()
        self.replies: Counter[int] = Counter()
        self.most_sessions = 0
        self._listener = self._listen(0)
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> "SessionCamera":
        self._begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._dark.clear()
        self.power_off()

    def url(self, password: str = "") -> str:
        login = f"admin:{password}@" if password else ""
        return f"rtsp://{login}127.0.0.1:{self.port}/live"

    @property
    def sessions(self) -> int:
        """Sessions that are taken, stale ones included."""
        with self._lock:
            self._forget()
            return len(self._sessions)

    def go_dark(self) -> None:
        """Stop answering, sending and accepting; connections stay half open, and new ones hang as if no packet came."""
        self._dark.set()
        # A full queue of connections nobody accepts makes the kernel leave further SYNs unanswered.
        for _ in range(self._backlog + 3):
            filler = socket.socket()
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(("127.0.0.1", self.port))
            self._fillers.append(filler)

    def come_back(self) -> None:
        """Answer again, as after a cable was plugged in; connections of before have been forgotten."""
        for filler in self._fillers:
            filler.close()
        self._fillers.clear()
        self._dark.clear()

    def power_off(self) -> None:
        """End everything at once; sessions are lost."""
        self._stop.set()
        self._listener.close()
        for thread in self._threads:
            thread.join(20)
        self._threads.clear()
        for filler in self._fillers:
            filler.close()
        with self._lock:
            self._sessions.clear()

    def power_on(self) -> None:
        """Boot again on the same port."""
        self._stop.clear()
        self._dark.clear()
        self._listener = self._listen(self.port)
        self._begin()

    def _listen(self, port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(self._backlog)
        return listener

    def _begin(self) -> None:
        self._spawn(self._accept)

    def _spawn(self, run, *args) -> None:
        thread = threading.Thread(target=run, args=args, name="session-camera", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stop.is_set():
            if self._dark.is_set():
                self._stop.wait(0.01)
                continue
            with contextlib.suppress(OSError, ValueError):
                if select.select([self._listener], [], [], 0.05)[0]:
                    connection, _ = self._listener.accept()
                    self.connected_at.append(time.monotonic())
                    self._spawn(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        client = _Client(connection)
        try:
            while not self._stop.is_set():
                if self._dark.is_set():
                    # After the dark the camera has rebooted: it knows this connection no more.
                    while self._dark.is_set() and not self._stop.is_set():
                        self._stop.wait(0.01)
                    return
                if not self._turn(client):
                    return
        except OSError:
            return
        finally:
            client.close()
            self._gone(client.session)

    def _turn(self, client: "_Client") -> bool:
        wait_s = 0.05 if not client.playing else max(0.0, min(0.05, client.due_s - time.monotonic()))
        if select.select([client.connection], [], [], wait_s)[0]:
            data = client.connection.recv(65536)
            if not data:
                return False
            for request in client.requests(data):
                self._answer(client, request)
        if client.playing and time.monotonic() >= client.due_s:
            client.send_due(self._units, self.conduct)
        return True

    def _answer(self, client: "_Client", request: str) -> None:
        method, rest = request.split(" ", 1)
        self.requests[method] += 1
        headers = dict(line.split(": ", 1) for line in rest.split("\r\n")[1:] if ": " in line)
        if method in self.conduct.hangs:
            return
        code, extra, body = self._reply(client, method, headers)
        self.replies[code] += 1
        head = f"RTSP/1.0 {code} Reply\r\nCSeq: {headers.get('CSeq', 0)}\r\n{extra}"
        if body:
            head += f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n"
        client.connection.sendall(f"{head}\r\n{body}".encode())
        if method == "PLAY" and code == 200:
            client.begin()

    def _reply(self, client: "_Client", method: str, headers: dict[str, str]) -> tuple[int, str, str]:
        if method == "OPTIONS":
            return 200, "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n", ""
        if self.conduct.password and headers.get("Authorization") != _basic(self.conduct.password):
            return 401, 'WWW-Authenticate: Basic realm="camera"\r\n', ""
        if method in self.conduct.refuses:
            return self.conduct.refuses[method], "", ""
        if method == "DESCRIBE":
            return 200, "", _sdp(self._units[0][4])
        if method == "SETUP":
            return self._set_up(client, headers["Transport"])
        if method == "TEARDOWN":
            client.playing = False
            with self._lock:
                self._sessions.pop(client.session, None)
            client.session = ""
        return 200, f"Session: {client.session}\r\n", ""

    def _set_up(self, client: "_Client", transport: str) -> tuple[int, str, str]:
        with self._lock:
            self._forget()
            if len(self._sessions) >= self.conduct.max_sessions:
                return self.conduct.busy_code, "", ""
            client.session = f"{next(self._numbers):08d}"
            self._sessions[client.session] = float("inf")
            self.most_sessions = max(self.most_sessions, len(self._sessions))
        if "client_port=" in transport:
            port = int(transport.split("client_port=")[1].split("-")[0])
            transport += f";server_port={client.use_udp(port)}"
        return 200, f"Session: {client.session};timeout=60\r\nTransport: {transport}\r\n", ""

    def _gone(self, session: str) -> None:
        with self._lock:
            if session in self._sessions:
                self._sessions[session] = time.monotonic()
            self._forget()

    def _forget(self) -> None:
        end_s = time.monotonic() - self.conduct.forgets_s
        self._sessions = {name: gone_s for name, gone_s in self._sessions.items() if gone_s > end_s}


class _Client:
    """One connection: what came in so far, and where in the clip it is."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.session = ""
        self.playing = False
        self.due_s = 0.0
        self._buffer = b""
        self._udp: socket.socket | None = None
        self._seq = 0
        self._at = 0
        self._began_s = 0.0
        self._report_s = 0.0

    def close(self) -> None:
        self.connection.close()
        if self._udp is not None:
            self._udp.close()

    def use_udp(self, port: int) -> str:
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.connect(("127.0.0.1", port))
        own = self._udp.getsockname()[1]
        return f"{own}-{own + 1}"

    def requests(self, data: bytes) -> list[str]:
        self._buffer += data
        found = []
        while self._buffer:
            if self._buffer[:1] == b"$":
                length = 4 + int.from_bytes(self._buffer[2:4], "big")
                if len(self._buffer) < length:
                    break
                self._buffer = self._buffer[length:]
                continue
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                break
            found.append(head.decode())
            self._buffer = rest
        return found

    def begin(self) -> None:
        self.playing = True
        self._began_s = self.due_s = time.monotonic()

    def send_due(self, units: list[tuple[int, int, int, bool, bytes]], conduct: Conduct) -> None:
        pts_us, dts_us, duration_us, _, data = units[self._at % len(units)]
        length_us = units[-1][1] + units[-1][2] - units[0][1]
        base_us = self._at // len(units) * length_us
        if time.monotonic() >= self._report_s:
            self._report_s = time.monotonic() + REPORT_EVERY_S
            ticks = (base_us + dts_us) * 9 // 100
            report = struct.pack(">BBHIIIIII", 0x80, 200, 6, SSRC, 1, 1, ticks & 0xFFFFFFFF, 1, 1)
            if self._udp is None:
                self.connection.sendall(struct.pack(">cBH", b"$", 1, len(report)) + report)
        if conduct.video:
            self._send((base_us + pts_us - units[0][0]) * 9 // 100, _spoilt(data) if conduct.spoils else data)
        self._at += 1
        self.due_s = self._began_s + (base_us + dts_us - units[0][1] + duration_us) / 1e6

    def _send(self, ticks: int, data: bytes) -> None:
        nals = _nals(data)
        for number, nal in enumerate(nals):
            pieces = _fragments(nal)
            for piece_number, piece in enumerate(pieces):
                is_last = number == len(nals) - 1 and piece_number == len(pieces) - 1
                kind = RTP_TYPE | (0x80 if is_last else 0)
                self._seq = (self._seq + 1) & 0xFFFF
                packet = struct.pack(">BBHII", 0x80, kind, self._seq, ticks & 0xFFFFFFFF, SSRC) + piece
                if self._udp is None:
                    self.connection.sendall(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
                else:
                    with contextlib.suppress(ConnectionRefusedError):
                        self._udp.send(packet)


def _units_of(clip: Path) -> list[tuple[int, int, int, bool, bytes]]:
    with tempfile.TemporaryDirectory(prefix="session-camera-") as folder:
        write_units(clip, Path(folder) / "units")
        data = (Path(folder) / "units").read_bytes()
    at, units = 0, []
    while at < len(data):
        pts, dts, duration, is_key, length = RECORD.unpack_from(data, at)
        at += RECORD.size
        units.append((pts, dts, duration, bool(is_key), data[at : at + length]))
        at += length
    return units


def _nals(data: bytes) -> list[bytes]:
    parts = data.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").split(b"\x00\x00\x01")
    return [part for part in parts if part]


def _spoilt(data: bytes) -> bytes:
    nals = [nal[: len(nal) // 2] if nal[0] & 0x1F in (1, 5) else nal for nal in _nals(data)]
    return b"".join(b"\x00\x00\x00\x01" + nal for nal in nals)


def _fragments(nal: bytes) -> list[bytes]:
    if len(nal) <= MTU:
        return [nal]
    indicator, kind = (nal[0] & 0xE0) | 28, nal[0] & 0x1F
    pieces = [nal[at : at + MTU] for at in range(1, len(nal), MTU)]
    last = len(pieces) - 1
    heads = [kind | (0x80 if n == 0 else 0) | (0x40 if n == last else 0) for n in range(len(pieces))]
    return [bytes([indicator, head]) + piece for head, piece in zip(heads, pieces, strict=True)]


def _sdp(first_unit: bytes) -> str:
    sets = [base64.b64encode(nal).decode() for nal in _nals(first_unit) if nal[0] & 0x1F in (7, 8)]
    return (
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n"
        f"m=video 0 RTP/AVP {RTP_TYPE}\r\na=rtpmap:{RTP_TYPE} H264/{CLOCK_HZ}\r\n"
        f"a=fmtp:{RTP_TYPE} packetization-mode=1;sprop-parameter-sets={','.join(sets)}\r\na=control:track1\r\n"
    )


def _basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"admin:{password}".encode()).decode()
