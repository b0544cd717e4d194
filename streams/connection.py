"""What every connection to a camera gives, whoever opened it, and when its packets are handed on.

Belongs here: the common front and waiting. Does not: opening (opening), libav's side of it (container), ours
(rtsp_stream).
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from streams.timeline import Clocks
from streams.units import Unit
from vision.arrays import SizeWH

NAP_S, CAUGHT_UP_S = 0.2, 0.005
"""Who waited so long for a packet has read all that came; those of the next tenths of a second are then read in one go.

A hundred threads that wake for every packet of their camera spend more time on handing over the interpreter than on the
packets: 127,000 switches a second at 100 cameras of 25 pictures/s, 16,000 with naps."""


@dataclass(frozen=True, slots=True)
class Pace:
    """When packets are handed on, and until when.

    Attributes:
        stop: ends reading and waiting at once.
        clocks: where time comes from.
        is_paced: False to read a file as fast as it goes; live streams pace themselves.
        may_nap: whether packets of a camera may come some tenths of a second late at present, in little heaps.
        turn: held by who takes in a heap of packets, so that of a hundred readers one asks for the interpreter.
    """

    stop: threading.Event
    clocks: Clocks = field(default_factory=Clocks)
    is_paced: bool = True
    may_nap: Callable[[], bool] = lambda: False
    turn: threading.Lock = field(default_factory=threading.Lock)

    def nap_after(self, waited_s: float) -> None:
        """Nap, if one may, after having waited so long for what was read last."""
        if waited_s > CAUGHT_UP_S and self.may_nap():
            self.stop.wait(NAP_S)


class Connection(Protocol):
    """One open stream; used by one thread."""

    @property
    def codec(self) -> str:
        """Libav's name; empty for one that libav does not know."""

    @property
    def extradata(self) -> bytes:
        """Parameter sets as Annex B, as far as they are known before the first packet."""

    @property
    def size_wh(self) -> SizeWH | None:
        """Picture size in pixels; None where only the packets tell."""

    @property
    def fps(self) -> float | None:
        """Pictures a second, as declared; None where nothing is."""

    @property
    def corrupt(self) -> int:
        """Packets or pictures so far that did not come whole."""

    def units(self, pace: Pace) -> Iterator[Unit]:
        """Yield what comes, until `pace.stop` is set or the stream ends.

        Raises:
            StreamReadError: packets stopped coming or the connection broke.
            UnsupportedCodecError: parameters that cannot be read.
        """

    def again(self) -> None:
        """Go back to the beginning.

        Raises:
            StreamEndedError: there is none; says how the stream ended, or nothing where it ended as it should.
        """

    def audio_tracks(self) -> tuple[str, ...]:
        """Return codec, rate and channels of each audio track that was opened, e.g. `pcm_alaw 8000 Hz mono`."""

    def close(self) -> None:
        """Close it; may be called twice."""
