"""Decodes a camera's packets in the gear that its consumers need, and delivers frames.

Belongs here: when to decode, changing gears in the middle of a group. Does not: what gear is wanted (gears), reading.
"""

from collections.abc import Callable
from enum import Enum

from av.video.frame import VideoFrame

from streams.decoding import Deliver, PacketDecoder, make_frame
from streams.gears import Gear
from streams.packets import EncodedPacket, Segment, StreamFormat

EARLY_RATIO = 0.1
"""A frame may come this share of the wanted interval early: key frames of one second come a little unevenly."""


class _Following(Enum):
    """Whether the decoder has followed every packet since the last key frame."""

    YES = "yes"
    FROM_GROUP = "from group"  # no, but it can from the ring's newest group
    FROM_KEY = "from key"  # one was corrupt: without it all pictures up to the next key frame are smeared


class GearedDecoder:
    """Decodes one camera in changing gears; used by the reader's thread alone.

    Args:
        camera_id: goes into the frames.
        deliver: takes each frame; called in this thread.
        newest_group: gives the packets from the last key frame to now, this one included; used for shifting up.
    """

    def __init__(self, camera_id: str, deliver: Deliver, newest_group: Callable[[], Segment]) -> None:
        self._camera_id = camera_id
        self._deliver = deliver
        self._newest_group = newest_group
        self._decoder: PacketDecoder | None = None
        self._gear = Gear.off()
        self._following = _Following.FROM_GROUP
        self._next_due_s = float("-inf")
        self._last_t_s = float("-inf")
        self._corrupt_before = 0
        self.frames = 0

    @property
    def gear(self) -> Gear:
        """The gear that was used for the last packet."""
        return self._gear

    @property
    def corrupt(self) -> int:
        """How many packets could not be decoded so far."""
        return self._corrupt_before + (self._decoder.corrupt if self._decoder else 0)

    def look(self, stream_format: StreamFormat, packet: EncodedPacket, gear: Gear) -> None:
        """Take one packet, which must be in the ring already, and deliver the frames that become ready."""
        self._follow(stream_format)
        if gear != self._gear:
            self._shift(gear)
        if gear.mode == "off":
            return
        if gear.mode == "key":
            self._look_at_key(packet)
        elif packet.is_key or self._following is _Following.YES:
            self._following = _Following.YES
            self._hand_on(self._ready(packet))
        elif self._following is _Following.FROM_GROUP:
            self._catch_up()

    def reset(self) -> None:
        """Deliver what the decoder holds back and forget it; the next key frame starts a new one."""
        if self._decoder is not None and self._following is _Following.YES:
            self._hand_on(self._decoder.drain())
        self._corrupt_before = self.corrupt
        self._decoder = None
        self._following = _Following.FROM_GROUP

    def _follow(self, stream_format: StreamFormat) -> None:
        if self._decoder is not None and self._decoder.format is not stream_format:
            self.reset()
        if self._decoder is None:
            self._decoder = PacketDecoder(stream_format)
            self._decoder.skip_unneeded(is_wanted=self._gear.mode == "rate")

    def _shift(self, gear: Gear) -> None:
        assert self._decoder is not None  # noqa: S101  # `_follow` came before
        if self._gear.decodes_all and not gear.decodes_all:
            self._decoder.restart()
        if not (self._gear.decodes_all and gear.decodes_all):
            self._following = _Following.FROM_GROUP
        self._decoder.skip_unneeded(is_wanted=gear.mode == "rate")
        self._gear = gear
        self._next_due_s = float("-inf")

    def _look_at_key(self, packet: EncodedPacket) -> None:
        assert self._decoder is not None  # noqa: S101
        if not packet.is_key or not self._is_due(packet):
            return
        self._hand_on(self._decoder.decode_alone(packet))

    def _catch_up(self) -> None:
        # Shifted up between key frames: decode from the last one, so that the first picture is whole and comes now.
        group = self._newest_group()
        assert self._decoder is not None  # noqa: S101
        if group.format is not self._decoder.format:
            return
        self._following = _Following.YES
        newest: list[tuple[EncodedPacket, VideoFrame]] = []
        for packet in group.packets:  # only the newest is kept: a group can be hundreds of pictures
            newest = self._ready(packet)[-1:] or newest
        self._hand_on(newest)

    def _ready(self, packet: EncodedPacket) -> list[tuple[EncodedPacket, VideoFrame]]:
        assert self._decoder is not None  # noqa: S101
        corrupt = self._decoder.corrupt
        ready = self._decoder.decode(packet)
        if self._decoder.corrupt > corrupt:
            self._following = _Following.FROM_KEY
        return ready

    def _hand_on(self, ready: list[tuple[EncodedPacket, VideoFrame]]) -> None:
        for packet, picture in ready:
            if packet.t_s <= self._last_t_s or not self._is_due(packet):
                continue
            self._set_due(packet)
            self._last_t_s = packet.t_s
            frame = make_frame(self._camera_id, self.frames, packet, picture)
            self.frames += 1
            self._deliver(frame)

    def _is_due(self, packet: EncodedPacket) -> bool:
        return not self._gear.hz or packet.t_s >= self._next_due_s - EARLY_RATIO / self._gear.hz

    def _set_due(self, packet: EncodedPacket) -> None:
        if self._gear.hz:
            # Due times form a grid, so that being early once does not shift all that follow; a gap starts it anew.
            following_s = self._next_due_s + 1 / self._gear.hz
            self._next_due_s = following_s if following_s > packet.t_s else packet.t_s + 1 / self._gear.hz
