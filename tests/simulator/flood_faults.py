"""Floods: bytes that come without end, as fast as the connection takes them, instead of pictures or among them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle

from tests.simulator.faults import Chunk, Fault, seeded

ANSWER = b"RTSP/1.0 200\r\n\r\n"
REQUEST = b"GET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\n\r\n"
BLOCK_BYTES = 1 << 16
"""Sent at once: a camera of the simulator must not spend more on sending than we do on reading."""

NOISE_BLOCKS = 8


@dataclass(frozen=True, slots=True)
class FloodOf(Fault):
    """One message over and over, and nothing else."""

    message: bytes = ANSWER

    def wire(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        block = self.message * (BLOCK_BYTES // len(self.message))
        while True:
            yield Chunk(0.0, block)


@dataclass(frozen=True, slots=True)
class FloodOfNoise(Fault):
    """Bytes that are no RTSP; in each block stands one `$` with channel, length and version of an RTP packet."""

    seed: int = 1

    def wire(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        chance = seeded(self.seed)
        blocks = []
        for _ in range(NOISE_BLOCKS):
            noise = chance.randbytes(BLOCK_BYTES).replace(b"$", b"#")
            at = chance.randrange(BLOCK_BYTES - 8)
            blocks.append(noise[:at] + b"$\x00\x05\x00\x80" + noise[at + 5 :])
        for block in cycle(blocks):
            yield Chunk(0.0, block)


@dataclass(frozen=True, slots=True)
class Chatter(Fault):
    """Many messages in front of each packet; the pictures go on."""

    message: bytes = ANSWER
    count: int = 100

    def wire(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        for chunk in chunks:
            yield replace(chunk, data=self.message * self.count + chunk.data)
