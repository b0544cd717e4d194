"""The ways in which a camera of the simulator can be bad; each is plain data, and several go together.

A fault overrides the hooks where it bites, all others pass on what they are given: `units` (pictures), `packets` (RTP),
`wire` (bytes of a TCP connection), `clock` (the camera's own), `sdp`, `reply` and `spoken` (the dialogue). What a
stream hook needs to remember it keeps in its generator, which is made anew for each session and each injection.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.simulator.dialogue import Reply, Request
from tests.simulator.units import Unit

if TYPE_CHECKING:
    from tests.simulator.camera import SimulatedCamera


class HangUpError(Exception):
    """Raised by a hook: the camera closes the connection here."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some bytes to send, when (seconds since the session began), and whether they are RTCP."""

    due_s: float
    data: bytes
    is_rtcp: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of a reply, and how long to wait before the next."""

    data: bytes
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Fault:
    """Does nothing: the base of all faults."""

    def units(self, units: Iterator[Unit]) -> Iterator[Unit]:
        return units

    def packets(self, packets: Iterator[Chunk]) -> Iterator[Chunk]:
        return packets

    def wire(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        return chunks

    def clock(self, unix_s: float) -> float:
        return unix_s

    def sdp(self, text: str) -> str:
        return text

    def reply(self, request: Request, reply: Reply, camera: "SimulatedCamera") -> Reply | None:
        return reply

    def spoken(self, request: Request, pieces: Iterator[Piece]) -> Iterator[Piece]:
        return pieces


def seeded(seed: int) -> random.Random:
    """Return chance that is the same in every run."""
    return random.Random(seed)  # noqa: S311  # nothing secret comes of it
