"""Plays a camera's clip to one session: paces pictures, cuts them into RTP, and passes them through the faults."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.simulator.faults import Chunk, Fault, HangUpError
from tests.simulator.rtp import RtpCounter, rtp_packets, sender_report
from tests.simulator.units import Unit, looped

if TYPE_CHECKING:
    from tests.simulator.camera import SimulatedCamera

REPORT_EVERY_S = 1.0


class TcpRoad:
    """Packets go between the answers of the RTSP connection (RFC 2326, 10.12)."""

    def __init__(self, client: socket.socket, sending: threading.Lock, channel: int) -> None:
        self._client = client
        self._sending = sending
        self._channel = channel

    def framed(self, chunk: Chunk) -> Chunk:
        if not chunk.data:
            return chunk
        head = b"$" + bytes([self._channel + chunk.is_rtcp]) + len(chunk.data).to_bytes(2, "big")
        return Chunk(chunk.due_s, head + chunk.data, chunk.is_rtcp)

    def send(self, chunk: Chunk) -> None:
        with self._sending:
            self._client.sendall(chunk.data)

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Nothing: the connection belongs to its server thread."""


class UdpRoad:
    """Packets go as datagrams to the client's two ports."""

    def __init__(self, host: str, client_port: int) -> None:
        self._sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        for each in self._sockets:
            each.bind(("127.0.0.1", 0))
        self._host, self._client_port = host, client_port

    @property
    def ports(self) -> tuple[int, int]:
        return self._sockets[0].getsockname()[1], self._sockets[1].getsockname()[1]

    def framed(self, chunk: Chunk) -> Chunk:
        return chunk

    def send(self, chunk: Chunk) -> None:
        with contextlib.suppress(OSError):  # nobody listens any more, or the buffer is full: UDP loses it
            self._sockets[chunk.is_rtcp].sendto(chunk.data, (self._host, self._client_port + chunk.is_rtcp))

    def hang_up(self) -> None:
        """Nothing: UDP has no connection to close."""

    def close(self) -> None:
        for each in self._sockets:
            each.close()


class Player:
    """Sends the clip until `stop` is set; follows the camera's faults as they change."""

    def __init__(self, camera: "SimulatedCamera", road: TcpRoad | UdpRoad) -> None:
        self.stop = threading.Event()
        self.road = road
        self._camera = camera
        self._counter = RtpCounter()
        self._units = looped(camera.clip)
        self._next_report_s = 0.0
        self._began_unix_s = 0.0

    def run(self) -> None:
        began_s, self._began_unix_s = time.monotonic(), time.time()
        faults: tuple[Fault, ...] | None = None
        chunks: Iterator[Chunk] = iter(())
        try:
            while not self.stop.is_set():
                if faults is not self._camera.faults:
                    faults = self._camera.faults
                    chunks = self._through(faults)
                chunk = next(chunks)
                if self.stop.wait(max(0.0, began_s + chunk.due_s / self._camera.speed - time.monotonic())):
                    return
                if chunk.data:
                    self.road.send(chunk)
        except (HangUpError, OSError):
            self.road.hang_up()

    def _through(self, faults: tuple[Fault, ...]) -> Iterator[Chunk]:
        units: Iterator[Unit] = self._counted(self._units)
        for fault in faults:
            units = fault.units(units)
        packets = self._packets(units, faults)
        for fault in faults:
            packets = fault.packets(packets)
        wire = (self.road.framed(chunk) for chunk in packets)
        for fault in faults:
            wire = fault.wire(wire) if isinstance(self.road, TcpRoad) else wire
        return wire

    def _counted(self, units: Iterator[Unit]) -> Iterator[Unit]:
        for unit in units:
            self._camera.sent_units += 1
            yield unit

    def _packets(self, units: Iterator[Unit], faults: tuple[Fault, ...]) -> Iterator[Chunk]:
        for unit in units:
            if unit.due_s >= self._next_report_s:
                self._next_report_s = unit.due_s + REPORT_EVERY_S
                unix_s = self._began_unix_s + unit.due_s
                for fault in faults:
                    unix_s = fault.clock(unix_s)
                yield Chunk(unit.due_s, sender_report(self._counter, unit.pts, unix_s), is_rtcp=True)
            for packet in rtp_packets(unit, self._counter):
                yield Chunk(unit.due_s, packet)
