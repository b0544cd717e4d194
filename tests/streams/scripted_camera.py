"""A camera that answers by a script, and streams what a test hands it when the test says so."""

import socket
import threading
from collections import defaultdict
from types import TracebackType

from streams.asking import ask
from streams.connection import Pace
from streams.errors import StreamError
from streams.rtsp_stream import RtspStream, open_stream
from streams.settings import StreamSettings
from streams.timeline import Clocks
from streams.units import Unit
from tests.simulator.dialogue import Reply, Request, parse_request
from tests.streams.helpers import LIMIT_S
from tests.streams.rtp_packets import IDR, PAYLOAD_TYPE, PPS, SPS, Sender, interleaved

SESSION = "4711"
DESCRIPTION = f"m=video 0 RTP/AVP {PAYLOAD_TYPE}\r\na=rtpmap:{PAYLOAD_TYPE} H264/90000\r\na=control:track\r\n".encode()
STEP = 3600


class ScriptedCamera:
    """Serves one connection; a context manager.

    Attributes:
        replies: what each method is answered, in turn; the last one goes on, None is no answer.
        ahead: bytes that are sent in front of the answer to a method.
        seen: what came: requests, and answers to ours, whose method is `RTSP/1.0` and whose URL begins with the status.
    """

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply | None]] = {
            "DESCRIBE": [Reply(headers={"Content-Type": "application/sdp"}, body=DESCRIPTION)],
            "SETUP": [Reply(headers={"Session": SESSION, "Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"})],
        }
        self.ahead: dict[str, bytes] = {}
        self.gates: dict[str, threading.Event] = {}  # what the answer to a method waits for
        self.seen: list[Request] = []
        self.sender = Sender()
        self._changed = threading.Condition()
        self._asked: dict[str, int] = defaultdict(int)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._client: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, name="scripted-camera", daemon=True)

    def __enter__(self) -> "ScriptedCamera":
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for gate in self.gates.values():
            gate.set()
        self._listener.close()
        if self._client is not None:
            self.hang_up()
            self._thread.join(LIMIT_S)
            self._client.close()

    @property
    def url(self) -> str:
        """Where it listens, with a login that it asks for only where its script does."""
        return f"rtsp://operator:geheim@127.0.0.1:{self._listener.getsockname()[1]}/live"

    def play(self, settings: StreamSettings | None = None) -> RtspStream:
        """Return the stream that plays from it; the caller closes it."""
        end_s = Clocks().monotonic() + LIMIT_S
        asked = ask(self.url, end_s)
        try:
            stream = open_stream(asked, settings or StreamSettings(), end_s)
        except BaseException:
            asked.client.close()
            raise
        assert stream is not None
        return stream

    def send(self, data: bytes) -> None:
        """Send bytes in the open connection."""
        assert self._client is not None
        self._client.sendall(data)

    def send_picture(self, number: int) -> None:
        """Send a key picture of two packets, shown at `number` times 0.04 s."""
        self.send(self.picture(number))

    def picture(self, number: int, channel: int = 0) -> bytes:
        """Return the bytes that `send_picture` sends."""
        payloads = [SPS, PPS, IDR]
        packets = [self.sender.packet(each, number * STEP, is_last=each is IDR) for each in payloads]
        return b"".join(interleaved(channel, packet) for packet in packets)

    def hang_up(self) -> None:
        """Close the connection."""
        assert self._client is not None
        try:
            self._client.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def wait(self, method: str, count: int = 1) -> list[Request]:
        """Wait until so many messages of a method came, and return all of them."""

        def of_method() -> list[Request]:
            return [each for each in self.seen if each.method == method]

        with self._changed:
            assert self._changed.wait_for(lambda: len(of_method()) >= count, LIMIT_S), f"no {method} came"
            return of_method()

    def _run(self) -> None:
        try:
            self._client, _ = self._listener.accept()
            self._serve(self._client)
        except OSError:
            return

    def _serve(self, client: socket.socket) -> None:
        buffer = b""
        while data := client.recv(65_536):
            buffer += data
            while b"\r\n\r\n" in buffer:
                head, _, buffer = buffer.partition(b"\r\n\r\n")
                request = parse_request(head)
                answer = self._answer(request)
                with self._changed:
                    self.seen.append(request)
                    self._changed.notify_all()
                if gate := self.gates.get(request.method):
                    gate.wait(LIMIT_S)
                if answer:
                    client.sendall(answer)

    def _answer(self, request: Request) -> bytes:
        if request.method == "RTSP/1.0":
            return b""
        script = self.replies.get(request.method, [Reply()])
        reply = script[min(self._asked[request.method], len(script) - 1)]
        self._asked[request.method] += 1
        ahead = self.ahead.get(request.method, b"")
        return ahead + (reply.encoded(request.headers.get("cseq", "0")) if reply is not None else b"")


class Reading:
    """Reads a stream in a thread of its own, and closes it at the end; a context manager."""

    def __init__(self, stream: RtspStream, pace: Pace) -> None:
        self.units: list[Unit] = []
        self.error: StreamError | None = None
        self.stream = stream
        self._pace = pace
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="reading", daemon=True)

    def __enter__(self) -> "Reading":
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._pace.stop.set()
        self.join()
        self.stream.close()

    def wait(self, count: int) -> list[Unit]:
        """Wait until so many pictures came, and return all of them."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self.units) >= count, LIMIT_S)
            assert came, f"only {len(self.units)} pictures came"
            return list(self.units)

    @property
    def is_going(self) -> bool:
        """Whether the stream has not ended."""
        return self._thread.is_alive()

    def join(self) -> None:
        """Wait until the stream has ended."""
        self._thread.join(LIMIT_S)
        assert not self._thread.is_alive(), "reading does not end"

    def _run(self) -> None:
        try:
            for unit in self.stream.units(self._pace):
                with self._changed:
                    self.units.append(unit)
                    self._changed.notify_all()
        except StreamError as err:
            self.error = err
