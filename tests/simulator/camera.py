"""A camera for tests: a small RTSP server on the loopback address that plays a clip, with faults on purpose.

    with SimulatedCamera(clip, faults=[Loss(0.05)]) as camera:
        pool.add("gate", camera.url())
        camera.inject(Silence())   # from now on, in running sessions and new ones
        camera.heal()

TCP interleaved and UDP; one thread listens, one serves each connection, one plays each session.
"""

import contextlib
import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.simulator.dialogue import PUBLIC, Login, Reply, Request, description, parse_request
from tests.simulator.faults import Fault, Piece
from tests.simulator.playing import Player, TcpRoad, UdpRoad
from tests.simulator.units import load_clip

POLL_S = 0.2
SEND_LIMIT_S = 5.0
JOIN_LIMIT_S = 20.0
PATH = "/live"


class SimulatedCamera:
    """One camera; a context manager that listens at once and leaves nothing behind.

    Args:
        clip: what it plays, over and over.
        faults: what it does wrong from the first.
        login: who may look; everybody if None.
        host: address on which it listens.
        tls: its certificate; None for plain RTSP.
        speed: its packets come so many times faster than they should; their stamps do not.
    """

    def __init__(
        self,
        clip: Path,
        *,
        faults: Iterable[Fault] = (),
        login: Login | None = None,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        speed: float = 1.0,
    ) -> None:
        self.host = host
        self.speed = speed
        self._tls = tls
        self.clip = load_clip(clip)
        self.faults: tuple[Fault, ...] = tuple(faults)
        self.login = login
        self.seen: deque[Request] = deque(maxlen=1000)
        self.connections = 0
        self.sent_units = 0
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._ended_s: list[float] = []  # when sessions ended without TEARDOWN
        self._players: dict[Player, socket.socket] = {}
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None
        self.port = 0

    def __enter__(self) -> "SimulatedCamera":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def bare_url(self) -> str:
        """Its URL without a login."""
        return f"{'rtsps' if self._tls else 'rtsp'}://{self.host}:{self.port}{PATH}"

    def url(self, password: str | None = None) -> str:
        """Return its URL with its login, or with another password."""
        if self.login is None:
            return self.bare_url
        secret = self.login.password if password is None else password
        return self.bare_url.replace("//", f"//{self.login.user}:{secret}@")

    def start(self) -> None:
        """Listen; on the same port as before after `close`."""
        self._stop.clear()
        self._listener = socket.create_server((self.host, self.port), backlog=64)
        self._listener.settimeout(POLL_S)
        self.port = self._listener.getsockname()[1]
        self._begin(self._listen, self._listener)

    def close(self) -> None:
        """End everything, as a power switch does; waits for all threads."""
        self._stop.set()
        self.cut()
        for thread in list(self._threads):
            thread.join(JOIN_LIMIT_S)
        alive = [thread.name for thread in self._threads if thread.is_alive()]
        self._threads.clear()
        assert not alive, f"threads of the simulator hang: {alive}"

    def inject(self, *faults: Fault, cut: bool = False) -> None:
        """Have these faults from now on instead of those before; with `cut` the client must connect again."""
        self.faults = faults
        if cut:
            self.cut()

    def heal(self) -> None:
        """Be a good camera again; connections stay."""
        self.faults = ()

    def cut(self) -> None:
        """Close all connections."""
        with self._lock:
            sockets = list(self._sockets)
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def sessions(self, kept_s: float = 0.0) -> int:
        """Return how many sessions there are, those included that ended without TEARDOWN within `kept_s`."""
        now_s = time.monotonic()
        with self._lock:
            return len(self._players) + sum(now_s - ended_s < kept_s for ended_s in self._ended_s)

    def count(self, method: str) -> int:
        """Return how many requests of a method came."""
        return sum(request.method == method for request in list(self.seen))

    def _begin(self, what: object, *arguments: object) -> None:
        thread = threading.Thread(target=what, args=arguments, name=f"simulator-{self.port}", daemon=True)
        self._threads = [each for each in self._threads if each.is_alive()] + [thread]
        thread.start()

    def _listen(self, listener: socket.socket) -> None:
        with listener:
            while not self._stop.is_set():
                try:
                    client, _ = listener.accept()
                except TimeoutError:
                    continue
                except OSError:
                    return
                self.connections += 1
                with self._lock:
                    self._sockets.add(client)
                self._begin(self._serve, client)

    def _serve(self, raw: socket.socket) -> None:
        try:
            client = self._tls.wrap_socket(raw, server_side=True) if self._tls else raw
        except OSError:
            raw.close()
            return
        connection = _Connection(self, client)
        try:
            connection.run(self._stop)
        except OSError:
            pass
        finally:
            connection.close()
            with self._lock:
                self._sockets.discard(raw)
            client.close()

    def began(self, player: Player, client: socket.socket) -> None:
        """Count a session from its SETUP on."""
        with self._lock:
            self._players[player] = client

    def ended(self, player: Player, *, politely: bool) -> None:
        """Count a session no more; an impolite end is remembered."""
        with self._lock:
            if self._players.pop(player, None) is not None and not politely:
                self._ended_s.append(time.monotonic())


class _Connection:
    """One client's connection: reads requests, answers them, and holds its one session."""

    def __init__(self, camera: SimulatedCamera, client: socket.socket) -> None:
        self._camera = camera
        self._client = client
        self._client.settimeout(SEND_LIMIT_S)
        self._sending = threading.Lock()
        self._buffer = b""
        self._player: Player | None = None
        self._thread: threading.Thread | None = None

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            if not select.select([self._client], [], [], POLL_S)[0]:
                continue
            data = self._client.recv(65_536)
            if not data:
                return
            self._buffer += data
            for request in self._requests():
                self._camera.seen.append(request)
                self._answer(request, stop)

    def close(self) -> None:
        self._end(politely=False)

    def _requests(self) -> Iterator[Request]:
        while self._buffer:
            if self._buffer.startswith(b"$"):  # the client's receiver reports
                if len(self._buffer) < 4 or len(self._buffer) < 4 + int.from_bytes(self._buffer[2:4], "big"):
                    return
                self._buffer = self._buffer[4 + int.from_bytes(self._buffer[2:4], "big") :]
                continue
            head, mark, rest = self._buffer.partition(b"\r\n\r\n")
            if not mark:
                return
            self._buffer = rest
            if not head.startswith(b"RTSP/"):  # what it answers to our requests
                yield parse_request(head)

    def _answer(self, request: Request, stop: threading.Event) -> None:
        camera = self._camera
        is_signed_in = camera.login is None or request.method == "OPTIONS" or camera.login.admits(request)
        reply: Reply | None = self._good_reply(request) if is_signed_in else camera.login.challenge(request)
        for fault in camera.faults:
            if reply is not None:
                reply = fault.reply(request, reply, camera)
        if reply is None:
            return
        if reply.status != 200 and request.method == "SETUP":
            self._end(politely=True)
        pieces: Iterator[Piece] = iter([Piece(reply.encoded(request.headers.get("cseq", "0")))])
        for fault in camera.faults:
            pieces = fault.spoken(request, pieces)
        for piece in pieces:
            with self._sending:
                self._client.sendall(piece.data)
            if stop.wait(piece.wait_s) or self._client.fileno() < 0:
                return
        if request.method == "PLAY" and reply.status == 200 and self._player is not None and self._thread is None:
            self._thread = threading.Thread(target=self._player.run, name=f"player-{camera.port}", daemon=True)
            self._thread.start()

    def _good_reply(self, request: Request) -> Reply:
        if request.method == "OPTIONS":
            return Reply(headers={"Public": PUBLIC})
        if request.method == "DESCRIBE":
            text = description(self._camera.clip)
            for fault in self._camera.faults:
                text = fault.sdp(text)
            headers = {"Content-Base": f"{self._camera.bare_url}/", "Content-Type": "application/sdp"}
            return Reply(headers=headers, body=text.encode("latin-1"))
        if request.method == "SETUP":
            return self._set_up(request)
        if request.method == "PLAY" and self._player is None and self._thread is None:
            return Reply(454)
        if request.method == "TEARDOWN":
            self._end(politely=True)
        return Reply(headers={"Session": "12345678;timeout=60"})

    def _set_up(self, request: Request) -> Reply:
        asked = request.headers.get("transport", "")
        if "track-" in request.url and "track-video" not in request.url:
            return Reply(headers={"Session": "12345678;timeout=60", "Transport": f"{asked};ssrc=1"})
        if "TCP" in asked:
            channel = int(asked.partition("interleaved=")[2].partition("-")[0] or 0)
            road: TcpRoad | UdpRoad = TcpRoad(self._client, self._sending, channel)
            told = asked
        else:
            ports = asked.partition("client_port=")[2].partition("-")
            road = UdpRoad(self._client.getpeername()[0], int(ports[0]))
            told = f"{asked};server_port={road.ports[0]}-{road.ports[1]}"
        self._player = Player(self._camera, road)
        self._camera.began(self._player, self._client)
        return Reply(headers={"Session": "12345678;timeout=60", "Transport": told})

    def _end(self, *, politely: bool) -> None:
        player, self._player = self._player, None
        if player is None:
            return
        player.stop.set()
        if self._thread is not None:
            self._thread.join(JOIN_LIMIT_S)
        player.road.close()
        self._camera.ended(player, politely=politely)
