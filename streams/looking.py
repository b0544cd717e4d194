"""Offers a camera's pictures in the gear that its consumers need: key frames as packets, others decoded.

Belongs here: when to decode, changing gears in the middle of a group. Does not: what gear is wanted (gears), reading.
"""

import threading
from collections.abc import Callable
from enum import Enum
from functools import partial
from math import inf

from av.video.frame import VideoFrame

from streams.decoding import PacketDecoder, make_frame
from streams.gears import Gear
from streams.offers import Deliver, KeyDecoders, Offer
from streams.packets import EncodedPacket, Segment, StreamFormat
from vision.frames import Frame

EARLY_RATIO = 0.1
"""A frame may come this share of the wanted interval early: key frames of one second come a little unevenly."""


KEYS_TRIED = 3
"""So many key frames in a row that cannot be decoded alone are none: the encoder refreshes its picture bit by bit."""

RETRY_S = 30.0
"""Then one is tried alone so often: it may have been the network that spoilt them, and all pictures cost tenfold."""


class _Following(Enum):
    """Whether the decoder has followed every packet since the last key frame."""

    YES = "yes"
    FROM_GROUP = "from group"  # no, but it can from the ring's newest group
    FROM_KEY = "from key"  # one was corrupt: without it all pictures up to the next key frame are smeared


class GearedDecoder:
    """Decodes one camera in changing gears; used by the reader's thread alone.

    Only the frames of the `key` gear are made by the thread that takes the offer.

    Args:
        camera_id: goes into the frames.
        deliver: takes each offer; called in this thread.
        newest_group: gives the packets from the last key frame to now, this one included; used for shifting up.
    """

    def __init__(self, camera_id: str, deliver: Deliver, newest_group: Callable[[], Segment]) -> None:
        self._camera_id = camera_id
        self._deliver = deliver
        self._newest_group = newest_group
        self._decoder: PacketDecoder | None = None
        self._gear = Gear.off()
        self._following = _Following.FROM_GROUP
        self._next_due_s = -inf
        self._last_t_s = -inf
        self._corrupt_before = 0
        self._lock = threading.Lock()  # guards what takers of key frames count
        self._frames = self._bad_keys = self._bad_keys_in_a_row = 0
        self._retry_at_s = -inf
        self._passed_over = 0

    @property
    def gear(self) -> Gear:
        """The gear that was used for the last packet."""
        return self._gear

    @property
    def corrupt(self) -> int:
        """How many packets could not be decoded so far."""
        return self._corrupt_before + self._bad_keys + (self._decoder.corrupt if self._decoder else 0)

    @property
    def frames(self) -> int:
        """How many frames were decoded and offered so far, or decoded by who took the offer."""
        return self._frames

    @property
    def passed_over(self) -> int:
        """How many pictures were decoded only because later ones need them, and offered to nobody."""
        return self._passed_over

    @property
    def keys_stand_alone(self) -> bool:
        """Whether key frames can be decoded without what came before them; where not, the `key` gear shows nothing."""
        return self._bad_keys_in_a_row < KEYS_TRIED

    def look(self, stream_format: StreamFormat, packet: EncodedPacket, gear: Gear) -> None:
        """Take one packet, which must be in the ring already, and offer the pictures that become ready."""
        if gear != self._gear:
            self._shift(gear)
        if gear.mode == "key":
            self._look_at_key(stream_format, packet)
        elif gear.decodes_all:
            self._try_key(stream_format, packet)
            self._look_at_all(self._decoder_for(stream_format), packet)

    def reset(self) -> None:
        """Offer what the decoder holds back and forget it; the next key frame starts a new one."""
        if self._decoder is not None and self._following is _Following.YES:
            self._hand_on(self._decoder.drain())
        self._bad_keys_in_a_row = 0
        self._let_go()

    def _let_go(self) -> None:
        """Close the decoder: open, it holds the memory of several pictures whether it is used or not."""
        if self._decoder is not None:
            self._corrupt_before += self._decoder.corrupt
        self._decoder = None
        self._following = _Following.FROM_GROUP

    def _decoder_for(self, stream_format: StreamFormat) -> PacketDecoder:
        if self._decoder is not None and self._decoder.format is not stream_format:
            self.reset()
        if self._decoder is None:
            self._decoder = PacketDecoder(stream_format)
            self._decoder.skip_unneeded(is_wanted=self._gear.mode == "rate")
        return self._decoder

    def _shift(self, gear: Gear) -> None:
        if not gear.decodes_all:
            self._let_go()
        elif self._decoder is not None:
            self._decoder.skip_unneeded(is_wanted=gear.mode == "rate")
        self._gear = gear
        self._next_due_s = -inf

    def _try_key(self, stream_format: StreamFormat, packet: EncodedPacket) -> None:
        """Find out now and then whether key frames stand alone again."""
        if self.keys_stand_alone or not packet.is_key:
            return
        if self._retry_at_s == -inf:
            self._retry_at_s = packet.t_s + RETRY_S
        elif packet.t_s >= self._retry_at_s:
            self._retry_at_s = packet.t_s + RETRY_S
            if KeyDecoders().decode(stream_format, packet) is not None:
                self._bad_keys_in_a_row = 0

    def _look_at_all(self, decoder: PacketDecoder, packet: EncodedPacket) -> None:
        if packet.is_key or self._following is _Following.YES:
            self._following = _Following.YES
            self._hand_on(self._ready(decoder, packet))
        elif self._following is _Following.FROM_GROUP:
            self._catch_up(decoder)

    def _look_at_key(self, stream_format: StreamFormat, packet: EncodedPacket) -> None:
        if not packet.is_key or packet.t_s <= self._last_t_s or not self._is_due(packet):
            return
        self._set_due(packet)
        self._last_t_s = packet.t_s
        self._deliver(Offer(self._camera_id, packet.t_s, partial(self._key_frame, stream_format, packet)))

    def _key_frame(self, stream_format: StreamFormat, key: EncodedPacket, decoders: KeyDecoders) -> Frame | None:
        """Decode a key frame; runs in the thread of whoever takes the offer."""
        picture = decoders.decode(stream_format, key)
        with self._lock:
            if picture is None:
                self._bad_keys += 1
                self._bad_keys_in_a_row += 1
                return None
            self._bad_keys_in_a_row, self._retry_at_s = 0, -inf
        return self._frame(key, picture)

    def _frame(self, packet: EncodedPacket, picture: VideoFrame) -> Frame:
        with self._lock:
            number = self._frames
            self._frames += 1
        return make_frame(self._camera_id, number, packet, picture)

    def _catch_up(self, decoder: PacketDecoder) -> None:
        # Shifted up between key frames: decode from the last one, so that the first picture is whole and comes now.
        group = self._newest_group()
        if group.format is not decoder.format:
            return
        self._following = _Following.YES
        newest: list[tuple[EncodedPacket, VideoFrame]] = []
        for packet in group.packets:  # only the newest is kept: a group can be hundreds of pictures
            ready = self._ready(decoder, packet)
            self._passed_over += len(ready)
            newest = ready[-1:] or newest
        self._passed_over -= len(newest)
        self._hand_on(newest)

    def _ready(self, decoder: PacketDecoder, packet: EncodedPacket) -> list[tuple[EncodedPacket, VideoFrame]]:
        corrupt = decoder.corrupt
        ready = decoder.decode(packet)
        if decoder.corrupt > corrupt:
            self._following = _Following.FROM_KEY
        return ready

    def _hand_on(self, ready: list[tuple[EncodedPacket, VideoFrame]]) -> None:
        for packet, picture in ready:
            if packet.t_s <= self._last_t_s or not self._is_due(packet):
                self._passed_over += 1
                continue
            self._set_due(packet)
            self._last_t_s = packet.t_s
            frame = self._frame(packet, picture)
            self._deliver(Offer(self._camera_id, packet.t_s, partial(_as_is, frame)))

    def _is_due(self, packet: EncodedPacket) -> bool:
        return not self._gear.hz or packet.t_s >= self._next_due_s - EARLY_RATIO / self._gear.hz

    def _set_due(self, packet: EncodedPacket) -> None:
        if self._gear.hz:
            # Due times form a grid, so that being early once does not shift all that follow; a gap starts it anew.
            following_s = self._next_due_s + 1 / self._gear.hz
            self._next_due_s = following_s if following_s > packet.t_s else packet.t_s + 1 / self._gear.hz


def _as_is(frame: Frame, _decoders: KeyDecoders) -> Frame:
    return frame
