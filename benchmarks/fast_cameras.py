"""Runs RTSP cameras that go faster than real time, in a process of their own whose memory is not taken for ours.

Their stamps and reports are those of a camera that plays at its usual rate; only the packets come sooner.
"""

import multiprocessing
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.errors import SideFailedError
from tests.simulator.camera import SimulatedCamera

START_LIMIT_S, STOP_LIMIT_S = 60.0, 30.0


class FastCameras:
    """Cameras in a process of their own; a context manager that leaves no process behind.

    Args:
        clip: H.264 or H.265, played over and over.
        count: how many.
        speed: so many times faster than real time; they wait where we do not take their packets.
    """

    def __init__(self, clip: Path, count: int, speed: float) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, str(clip), count, speed), daemon=True)
        self.urls: tuple[str, ...] = ()

    def __enter__(self) -> "FastCameras":
        self._process.start()
        try:
            if not self._pipe.poll(START_LIMIT_S):
                raise SideFailedError("cameras", f"did not start within {START_LIMIT_S:.0f} s")
            self.urls = tuple(self._pipe.recv())
        except EOFError:
            self._end()
            raise SideFailedError("cameras", "their process ended by itself") from None
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        self._pipe.close()  # which ends it
        self._process.join(STOP_LIMIT_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join(STOP_LIMIT_S)


def _serve(pipe: Connection, clip: str, count: int, speed: float) -> None:
    with ExitStack() as stack:
        cameras = [stack.enter_context(SimulatedCamera(Path(clip), speed=speed)) for _ in range(count)]
        try:
            pipe.send([camera.url() for camera in cameras])
            pipe.recv()
        except (EOFError, OSError):
            return
