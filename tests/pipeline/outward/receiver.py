"""A receiver on the loopback address that fails, delays and repeats as a test tells it to."""

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

LIMIT_S = 20.0
"""How long a test waits for what must come."""


@dataclass(frozen=True)
class Reply:
    """What the receiver does with a request.

    `how`: answer; `reset` the connection after reading; stay `silent`; `drip` headers a byte at a time.
    """

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    how: Literal["answer", "reset", "silent", "drip"] = "answer"


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Answers with `replies` in turn, then with 204."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.requests: list[Request] = []
        self.most_at_once = 0
        self.ending = threading.Event()
        self._under_way = 0
        self._changed = threading.Condition()

    def take(self, request: Request) -> Reply:
        with self._changed:
            self.requests.append(request)
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
            self._changed.notify_all()
            return self.replies.pop(0) if self.replies else Reply()

    def answered(self) -> None:
        with self._changed:
            self._under_way -= 1

    def wait_for(self, count: int) -> list[Request]:
        """Wait until so many requests came."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.requests) >= count, LIMIT_S), f"{len(self.requests)} came"
            return list(self.requests)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        receiver: Receiver = self.server.receiver  # type: ignore[attr-defined]
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length)
        if len(body) < length:  # the sender was killed while it told: nobody was told
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = receiver.take(Request(self.path, headers, body))
        try:
            self._answer(receiver, reply)
        except OSError:  # the sender has hung up, as it should
            self.close_connection = True
        finally:
            receiver.answered()

    def _answer(self, receiver: Receiver, reply: Reply) -> None:
        if reply.how == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            self.close_connection = True
            self.connection.close()
            return
        if reply.how == "silent":
            receiver.ending.wait(LIMIT_S)
            self.close_connection = True
            return
        if reply.how == "drip":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nx: ")
            while not receiver.ending.wait(0.02):
                self.wfile.write(b"x")
            return
        self.send_response(reply.status)
        for name, value in {"content-length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that hangs up, or refuses our certificate, is what tests are about."""


@contextmanager
def receiving(certificate: Path | None = None) -> Iterator[tuple[Receiver, str]]:
    """Run a receiver and give it with its address; with a PEM file of key and certificate it speaks TLS."""
    receiver = Receiver()
    server = _Server(("127.0.0.1", 0), _Handler)
    server.receiver = receiver  # type: ignore[attr-defined]
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    thread = threading.Thread(target=server.serve_forever, name="receiver", kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver, f"{scheme}://127.0.0.1:{server.server_address[1]}"
    finally:
        receiver.ending.set()
        server.shutdown()
        server.server_close()
        thread.join()
