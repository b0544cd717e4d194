"""Runs simulated cameras in a process of their own, so that what they cost is not taken for ours.

Steered by a pipe: the main process opens cameras, injects the faults of a row of the table by its name, and heals.
"""

import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

from benchmarks.errors import SideFailedError
from tests.simulator.camera import SimulatedCamera
from tests.simulator.dialogue import Login
from tests.simulator.table import CLIPS, TABLE

LOGIN = Login("operator", "geheim")
ANSWER_LIMIT_S = 60.0
STOP_LIMIT_S = 30.0


@dataclass(frozen=True, slots=True)
class _Order:
    what: Literal["open", "close", "inject", "heal", "sent"]
    camera: int = 0
    row: str = ""


class SimulatedCameras:
    """Cameras in a process of their own; a context manager that leaves no process behind.

    Args:
        folder: where the clips of the table lie (`encode_clips`).
    """

    def __init__(self, folder: Path) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, str(folder)), daemon=True)

    def __enter__(self) -> "SimulatedCameras":
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.close()  # the end of its orders ends it
        self._process.join(STOP_LIMIT_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join(STOP_LIMIT_S)

    def open(self, camera: int) -> str:
        """Start a good camera under a number and return its URL with its login."""
        return str(self._ask(_Order("open", camera)))

    def close(self, camera: int) -> None:
        """End a camera."""
        self._ask(_Order("close", camera))

    def inject(self, camera: int, row: str) -> None:
        """Let a camera have the faults of a row from now on; returns when it has them."""
        self._ask(_Order("inject", camera, row))

    def heal(self, camera: int) -> None:
        """Make it a good camera again."""
        self._ask(_Order("heal", camera))

    def sent(self, camera: int) -> int:
        """Return how many pictures it has sent."""
        return int(self._ask(_Order("sent", camera)))

    def _ask(self, order: _Order) -> str:
        try:
            self._pipe.send(order)
            if not self._pipe.poll(ANSWER_LIMIT_S):
                raise SideFailedError("cameras", f"silent for {ANSWER_LIMIT_S:.0f} s")
            return str(self._pipe.recv())
        except (OSError, EOFError):
            raise SideFailedError("cameras", "their process ended by itself") from None


def _serve(pipe: Connection, folder: str) -> None:
    rows = {row.name: row for row in TABLE}
    clips = {name: Path(folder) / f"{name}.mp4" for name in CLIPS}
    cameras: dict[int, SimulatedCamera] = {}

    def opened(order: _Order) -> str:
        cameras[order.camera] = camera = SimulatedCamera(clips["plain"], login=LOGIN)
        camera.start()
        return camera.url()

    def injected(order: _Order) -> str:
        row = rows[order.row]
        cameras[order.camera].inject(*row.all_faults(clips), cut=row.is_new)
        return ""

    def closed(order: _Order) -> str:
        cameras.pop(order.camera).close()
        return ""

    def healed(order: _Order) -> str:
        cameras[order.camera].heal()
        return ""

    answers: dict[str, Callable[[_Order], str]] = {
        "open": opened,
        "close": closed,
        "inject": injected,
        "heal": healed,
        "sent": lambda order: str(cameras[order.camera].sent_units),
    }
    try:
        while True:
            order = pipe.recv()
            pipe.send(answers[order.what](order))
    except (EOFError, OSError):
        for camera in cameras.values():
            camera.close()
