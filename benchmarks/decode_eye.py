"""Watches one recorded camera as the service does, packet by packet and as fast as it goes, and counts what that costs.

`adaptive` runs the gears that the rules' pace asks for, glances, and looks back; `full` decodes every picture and sends
two a second through the model, whatever there is to see. Both have the same ring, model and rules.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from math import inf
from pathlib import Path
from typing import Literal

from detectors.catalog import ZoneSettings
from detectors.events import Event, Phase
from detectors.rules import Pace
from pipeline.inference import Looker
from pipeline.look_back import Question, since_when
from pipeline.watch import CameraWatch
from streams.connection import Pace as Reading
from streams.errors import StreamError
from streams.gears import Gear, cheapest_gear
from streams.health import HealthMeter
from streams.looking import GearedDecoder
from streams.offers import KeyDecoders, Offer
from streams.opening import Openers
from streams.packets import EncodedPacket, StreamFormat
from streams.ring import PacketRing
from streams.settings import StreamSettings
from streams.source import PacketSource
from streams.timeline import Clocks, TimeLine
from vision.observations import Dated

EyeName = Literal["adaptive", "full"]

EYES: tuple[EyeName, ...] = ("adaptive", "full")

FULL = Pace.steady(2.0)
"""How often the eye that decodes everything looks, with the model each time."""


@dataclass(slots=True)
class Cost:
    """What watching cost, in processor seconds of this process.

    Attributes:
        decode_s: finding and decoding pictures, those looked back at included.
        look_s: comparing, inferring and judging.
        decoded: pictures decoded while watching.
        inferred: pictures that went through the model.
        looked_back: questions that were looked back for.
    """

    decode_s: float = 0.0
    look_s: float = 0.0
    decoded: int = 0
    inferred: int = 0
    looked_back: int = 0


@dataclass(slots=True)
class Seen:
    """What came of watching: raised events, and what it cost."""

    events: list[Event] = field(default_factory=list)
    cost: Cost = field(default_factory=Cost)


class Eye:
    """One camera's ring, decoder and watch in one thread."""

    def __init__(self, name: EyeName, zones: tuple[ZoneSettings, ...], looker: Looker) -> None:
        self._name, self._looker = name, looker
        self._ring = PacketRing("camera", ring_s=60.0, ring_bytes=2**28)
        self._geared = GearedDecoder("camera", self._take, self._ring.newest)
        self._meter = HealthMeter("camera", None, Clocks())
        self._decoders = KeyDecoders()
        self._watch = CameraWatch("camera", zones)
        self.seen = Seen()

    def feed(self, stream_format: StreamFormat, packet: EncodedPacket) -> None:
        """Take the next packet."""
        began_s, look_before_s = time.process_time(), self.seen.cost.look_s
        self._ring.add(stream_format, packet)
        self._meter.packet(stream_format, packet)
        self._geared.look(stream_format, packet, self._gear(packet.t_s))
        spent_s = time.process_time() - began_s
        self.seen.cost.decode_s += spent_s - (self.seen.cost.look_s - look_before_s)
        self.seen.cost.decoded = self._geared.frames

    def _gear(self, t_s: float) -> Gear:
        if self._name == "full":
            return Gear.full()
        pace = self._watch.pace()
        key_pause_s = self._meter.key_pause_s(t_s) if self._geared.keys_stand_alone else inf
        return cheapest_gear([Gear.scout(pace.look_hz, pace.longest_s)], key_pause_s)

    def _take(self, offer: Offer) -> None:
        pace = FULL if self._name == "full" else self._watch.pace()
        if not self._watch.is_due(offer.t_s, pace.look_hz):
            return
        frame = offer.open(self._decoders)
        if frame is None:
            return
        began_s = time.process_time()
        glance = self._watch.glance(frame)
        found = None
        if self._name == "full" or self._watch.wants_model(glance, pace.model_hz):
            found = self._looker.detect([frame])[0]
            self.seen.cost.inferred += 1
        looked = self._watch.take(glance, found)
        self.seen.cost.look_s += time.process_time() - began_s
        self.seen.events += [event for event in looked.events if event.phase is Phase.RAISED]
        for question in looked.questions:
            self._look_back(question)

    def _look_back(self, question: Question) -> None:
        self.seen.cost.looked_back += 1
        try:
            t_s = since_when(self._ring, question, self._decoders)
        except StreamError:
            t_s = None
        self._watch.answer(Dated(question.subject, t_s))


def watch(name: EyeName, clip: Path, pictures: int, zones: tuple[ZoneSettings, ...], looker: Looker) -> Seen:
    """Watch so many pictures of a clip, which is played again from its beginning as often as it takes."""
    eye = Eye(name, zones, looker)
    for stream_format, packet in islice(_packets(clip), pictures):
        eye.feed(stream_format, packet)
    return eye.seen


def _packets(clip: Path) -> Iterator[tuple[StreamFormat, EncodedPacket]]:
    line = TimeLine(start_t_s=0.0, follows_arrival=False)
    url = clip.resolve().as_uri() + "?loop=1"
    source = PacketSource(url, StreamSettings(), Openers(), line, Reading(threading.Event(), is_paced=False))
    source.open()
    try:
        yield from source.packets()
    finally:
        source.close()
