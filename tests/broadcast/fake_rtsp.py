"""A scripted RTSP server on the loopback address: answers what a test tells it to, however wrong."""

import re
import socket
import threading
from collections.abc import Callable
from types import TracebackType

SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    "m=video 0 RTP/AVP 96\r\na=control:video\r\na=rtpmap:96 H264/90000\r\na=recvonly\r\n"
    "m=audio 0 RTP/AVP 0\r\na=control:back\r\na=rtpmap:0 PCMU/8000\r\na=sendonly\r\n"
)

Script = Callable[[str, str], bytes | None]
"""Takes a request's method and CSeq, gives bytes to send; None closes the connection."""


def answer(cseq: str, *headers: str, status: str = "200 OK", body: str = "") -> bytes:
    """Return a response."""
    lines = [f"RTSP/1.0 {status}", f"CSeq: {cseq}", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def well_behaved(method: str, cseq: str) -> bytes | None:
    """Answer like a horn."""
    if method == "DESCRIBE":
        return answer(cseq, "Content-Type: application/sdp", body=SDP)
    if method == "SETUP":
        return answer(cseq, "Session: 42;timeout=60", "Transport: RTP/AVP/TCP;unicast;interleaved=4-5")
    return answer(cseq, "Session: 42")


class FakeRtspServer:
    """Serves one connection after the other by a script.

    Attributes:
        requests: every request as text, in order.
        sound: the RTP packets that came interleaved, as (channel, packet).
        connections: how many there were.
    """

    def __init__(self, script: Script = well_behaved) -> None:
        self._script = script
        self.requests: list[str] = []
        self.sound: list[tuple[int, bytes]] = []
        self.connections = 0
        self._closing = False

    def __enter__(self) -> "FakeRtspServer":
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._client: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, name="fake-rtsp")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        socket.create_connection(("127.0.0.1", self.port)).close()
        if self._client:
            self._client.close()
        self._thread.join(30)
        self._listener.close()

    @property
    def url(self) -> str:
        """The horn's URL."""
        return f"onvif://127.0.0.1:{self.port}/talk"

    def _serve(self) -> None:
        while not self._closing:
            self._client, _ = self._listener.accept()
            if self._closing:
                self._client.close()
                return
            self.connections += 1
            with self._client:
                try:
                    self._talk(self._client)
                except OSError:
                    continue

    def _talk(self, client: socket.socket) -> None:
        client.settimeout(30)
        data = b""
        while chunk := client.recv(65_536):
            data += chunk
            while True:
                if data[:1] == b"$" and len(data) >= 4:
                    size = int.from_bytes(data[2:4], "big")
                    if len(data) < 4 + size:
                        break
                    self.sound.append((data[1], data[4 : 4 + size]))
                    data = data[4 + size :]
                elif b"\r\n\r\n" in data and data[:1] != b"$":
                    head, data = data.split(b"\r\n\r\n", 1)
                    if not self._answer(client, head.decode()):
                        return
                else:
                    break

    def _answer(self, client: socket.socket, request: str) -> bool:
        self.requests.append(request)
        if request.startswith("RTSP/"):
            return True  # the client's answer to a request of ours
        found = re.search(r"CSeq: (\d+)", request)
        reply = self._script(request.split()[0], found[1] if found else "0")
        if reply is None:
            return False
        client.sendall(reply)
        return True
