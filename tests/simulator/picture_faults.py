"""Faults in what the camera sends: pictures, their stamps, RTP packets, bytes of the connection."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from tests.simulator.dialogue import Reply, Request, description
from tests.simulator.faults import Chunk, Fault, HangUpError, seeded
from tests.simulator.units import RTP_HZ, Unit, is_set, load_clip, looped

if TYPE_CHECKING:
    from tests.simulator.camera import SimulatedCamera


@dataclass(frozen=True, slots=True)
class Loss(Fault):
    """Some packets never arrive."""

    share: float = 0.02
    seed: int = 1

    def packets(self, packets: Iterator[Chunk]) -> Iterator[Chunk]:
        chance = seeded(self.seed)
        return (chunk for chunk in packets if chunk.is_rtcp or chance.random() >= self.share)


@dataclass(frozen=True, slots=True)
class Reorder(Fault):
    """Some packets come after the one that follows them; a network does that to UDP."""

    share: float = 0.2
    seed: int = 1

    def packets(self, packets: Iterator[Chunk]) -> Iterator[Chunk]:
        chance = seeded(self.seed)
        held: Chunk | None = None
        for chunk in packets:
            if held is None and chance.random() < self.share:
                held = chunk
                continue
            yield chunk
            if held is not None:
                yield replace(held, due_s=chunk.due_s)
                held = None


@dataclass(frozen=True, slots=True)
class Bursts(Fault):
    """Nothing comes for a while before each key frame, then all at once."""

    pause_s: float = 0.5

    def units(self, units: Iterator[Unit]) -> Iterator[Unit]:
        held_until_s = 0.0
        for unit in units:
            if unit.is_key:
                held_until_s = unit.due_s + self.pause_s
            yield replace(unit, due_s=max(unit.due_s, held_until_s))


@dataclass(frozen=True, slots=True)
class StartsInGroup(Fault):
    """The first pictures of a session refer to a key frame that was never sent."""

    skipped: int = 7

    def units(self, units: Iterator[Unit]) -> Iterator[Unit]:
        first = next(units)
        for unit in islice(units, self.skipped - 1, None):
            yield replace(unit, due_s=unit.due_s - first.due_s)


@dataclass(frozen=True, slots=True)
class PlaysInstead(Fault):
    """The camera is set to another resolution or codec while we watch: another clip goes on, the stamps continuing.

    Who connects anew is told so, unless `declares` is False.
    """

    clip: Path
    declares: bool = True

    def sdp(self, text: str) -> str:
        return description(load_clip(self.clip)) if self.declares else text

    def units(self, units: Iterator[Unit]) -> Iterator[Unit]:
        for unit, other in zip(units, looped(load_clip(self.clip)), strict=False):
            shift = other.pts - round(other.due_s * RTP_HZ)  # B-frames are sent before they are shown
            yield replace(other, pts=unit.pts + shift, due_s=unit.due_s)


@dataclass(frozen=True, slots=True)
class SetsApart(Fault):
    """Parameter sets come in packets of their own; with `own_picture` they even count as a picture of their own."""

    own_picture: bool = False

    def units(self, units: Iterator[Unit]) -> Iterator[Unit]:
        for unit in units:
            sets = tuple(nal for nal in unit.nals if is_set(unit.codec, nal))
            rest = tuple(nal for nal in unit.nals if nal not in sets)
            if not (self.own_picture and sets and rest):
                yield replace(unit, joins_sets=False)
                continue
            yield replace(unit, nals=sets, is_key=False, joins_sets=False)
            yield replace(unit, nals=rest)


@dataclass(frozen=True, slots=True)
class NoSets(Fault):
    """Parameter sets come nowhere in the stream; only the description has them."""

    def units(self, units: Iterator[Unit]) -> Iterator[Unit]:
        for unit in units:
            yield replace(unit, nals=tuple(nal for nal in unit.nals if not is_set(unit.codec, nal)))


@dataclass(frozen=True, slots=True)
class StampJumps(Fault):
    """The stamps jump now and then, by turns forwards and backwards."""

    by_s: float = 3600.0
    every: int = 20

    def units(self, units: Iterator[Unit]) -> Iterator[Unit]:
        for number, unit in enumerate(units):
            is_away = number // self.every % 2
            yield replace(unit, pts=unit.pts + round(self.by_s * RTP_HZ) * is_away)


@dataclass(frozen=True, slots=True)
class StampsWrap(Fault):
    """The 32-bit RTP stamp runs over `after_s` seconds into the session, as it does every 13 hours."""

    after_s: float = 2.0

    def units(self, units: Iterator[Unit]) -> Iterator[Unit]:
        first: int | None = None
        for unit in units:
            first = unit.pts if first is None else first
            # The counter adds its own first stamp; what is taken here makes both together reach 2**32 in time.
            yield replace(unit, pts=unit.pts - first + 2**32 - 123_456 - round(self.after_s * RTP_HZ))


@dataclass(frozen=True, slots=True)
class StampsStandStill(Fault):
    """Every picture has the same stamp."""

    def units(self, units: Iterator[Unit]) -> Iterator[Unit]:
        for unit in units:
            yield replace(unit, pts=0)


@dataclass(frozen=True, slots=True)
class WrongTicks(Fault):
    """The stamps tick at a wrong rate: 2 counts two seconds in one."""

    factor: float = 2.0

    def units(self, units: Iterator[Unit]) -> Iterator[Unit]:
        for unit in units:
            yield replace(unit, pts=round(unit.pts * self.factor))


@dataclass(frozen=True, slots=True)
class ClockJumps(Fault):
    """The camera's own clock, as its RTCP reports tell it, is set."""

    by_s: float = -86_400.0

    def clock(self, unix_s: float) -> float:
        return unix_s + self.by_s


@dataclass(frozen=True, slots=True)
class CutUnits(Fault):
    """Some NAL units are cut off in the middle."""

    share: float = 0.3
    seed: int = 1

    def units(self, units: Iterator[Unit]) -> Iterator[Unit]:
        chance = seeded(self.seed)
        for unit in units:
            nals = (nal[: max(1, len(nal) // 2)] if chance.random() < self.share else nal for nal in unit.nals)
            yield replace(unit, nals=tuple(nals))


@dataclass(frozen=True, slots=True)
class EmptyUnits(Fault):
    """NAL units without content stand among the others, and packets that hold nothing at all."""

    def units(self, units: Iterator[Unit]) -> Iterator[Unit]:
        for unit in units:
            head = unit.nals[-1][:1]
            yield replace(unit, nals=(b"", head, *unit.nals, b""))


@dataclass(frozen=True, slots=True)
class HugeUnits(Fault):
    """Now and then a NAL unit of many megabytes comes, of a kind that no decoder knows."""

    size_bytes: int = 6_000_000
    every: int = 25

    def units(self, units: Iterator[Unit]) -> Iterator[Unit]:
        for number, unit in enumerate(units):
            head = b"\x0c" if unit.codec == "h264" else b"\x4c\x01"  # filler data
            huge = head + b"\xff" * self.size_bytes
            yield replace(unit, nals=(*unit.nals, huge)) if number % self.every == self.every - 1 else unit


@dataclass(frozen=True, slots=True)
class Noise(Fault):
    """Bits of the pictures are flipped: RTP is whole, what it carries is not."""

    share: float = 0.3
    seed: int = 1

    def units(self, units: Iterator[Unit]) -> Iterator[Unit]:
        chance = seeded(self.seed)
        for unit in units:
            yield replace(unit, nals=tuple(self._noisy(nal, chance) for nal in unit.nals))

    def _noisy(self, nal: bytes, chance: random.Random) -> bytes:
        if chance.random() >= self.share:
            return nal
        data = bytearray(nal)
        for _ in range(8):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return bytes(data)


@dataclass(frozen=True, slots=True)
class GarbagePackets(Fault):
    """RTP packets of random bytes come between the good ones."""

    seed: int = 1

    def packets(self, packets: Iterator[Chunk]) -> Iterator[Chunk]:
        chance = seeded(self.seed)
        for chunk in packets:
            yield chunk
            yield replace(chunk, data=chance.randbytes(chance.randrange(12, 60)))


@dataclass(frozen=True, slots=True)
class Silence(Fault):
    """Nothing comes any more, no answer and no goodbye: a power cut, or a router that forgot the connection."""

    def packets(self, packets: Iterator[Chunk]) -> Iterator[Chunk]:
        return (replace(chunk, data=b"") for chunk in packets)

    def reply(self, request: Request, reply: Reply, camera: "SimulatedCamera") -> Reply | None:
        return None


@dataclass(frozen=True, slots=True)
class BadFraming(Fault):
    """Bytes that belong to no packet stand between the interleaved ones."""

    every: int = 10
    junk: bytes = b"\x00\xffjunk$"

    def wire(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        for number, chunk in enumerate(chunks):
            yield replace(chunk, data=self.junk + chunk.data) if number % self.every == self.every - 1 else chunk


@dataclass(frozen=True, slots=True)
class HangsUpInPacket(Fault):
    """The connection is closed in the middle of a packet."""

    after: int = 15

    def wire(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        for number, chunk in enumerate(chunks):
            if number == self.after:
                yield replace(chunk, data=chunk.data[: len(chunk.data) // 2])
                raise HangUpError
            yield chunk


@dataclass(frozen=True, slots=True)
class DripsPackets(Fault):
    """Gives one byte of the packets at a time; with 10 a second a picture takes minutes."""

    wait_s: float = 0.1

    def wire(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        due_s: float | None = None
        for chunk in chunks:
            for byte in chunk.data:
                due_s = (chunk.due_s if due_s is None else due_s) + self.wait_s
                yield replace(chunk, due_s=due_s, data=bytes([byte]))
