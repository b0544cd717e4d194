"""Keeps the last packets of one camera in memory, in whole groups that each begin with a key frame.

Bounded in seconds and in bytes, and in bytes of all cameras together; the oldest group is pushed out first. Any thread
may read while the reader writes.

Belongs here: keeping and cutting. Does not: decoding or muxing what was cut (clips).
"""

import threading
from collections import deque
from collections.abc import Iterable
from itertools import takewhile

from streams.errors import NotInRingError
from streams.packets import EncodedPacket, Segment, StreamFormat


class _Group:
    """A key frame and the packets up to the next one."""

    __slots__ = ("bytes", "first_t_s", "format", "last_t_s", "packets")

    def __init__(self, stream_format: StreamFormat, key: EncodedPacket) -> None:
        self.format = stream_format
        self.packets = [key]
        self.bytes = len(key.data)
        self.first_t_s = self.last_t_s = key.t_s

    def add(self, packet: EncodedPacket) -> None:
        self.packets.append(packet)
        self.bytes += len(packet.data)
        self.first_t_s = min(self.first_t_s, packet.t_s)
        self.last_t_s = max(self.last_t_s, packet.t_s)


class RingBudget:
    """Bounds the bytes of many rings together; where they are too many the largest ring gives first. Thread-safe.

    Args:
        most_bytes: what all rings may keep together; each keeps its newest group in any case.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._charged: dict[PacketRing, int] = {}
        self._total = 0
        self._lock = threading.Lock()

    def join(self, ring: "PacketRing") -> None:
        """Count a ring from now on."""
        with self._lock:
            self._charged[ring] = ring.bytes
            self._total += ring.bytes

    def leave(self, ring: "PacketRing") -> None:
        """Count a ring no longer, whatever it is still charged."""
        with self._lock:
            self._total -= self._charged.pop(ring, 0)

    def charge(self, ring: "PacketRing", change: int) -> None:
        """Note that a ring grew or shrank by so many bytes, and make room; to be called without the ring's lock.

        One that is not counted is charged nothing.
        """
        with self._lock:
            if ring not in self._charged:
                return
            self._add(ring, change)
            if change <= 0 or self._total <= self._most_bytes:
                return
            for each in sorted(self._charged, key=lambda each: -each.bytes):
                while self._total > self._most_bytes and (freed := each.shed()):
                    self._add(each, -freed)

    def _add(self, ring: "PacketRing", change: int) -> None:
        self._charged[ring] += change
        self._total += change


class PacketRing:
    """The newest packets of one camera; thread-safe.

    Args:
        camera_id: the camera.
        ring_s: seconds kept at most.
        ring_bytes: bytes kept at most.
        budget: bounds all rings together.
    """

    def __init__(self, camera_id: str, *, ring_s: float, ring_bytes: int, budget: RingBudget | None = None) -> None:
        self._budget = budget
        self._camera_id = camera_id
        self._ring_s = ring_s
        self._ring_bytes = ring_bytes
        self._groups: deque[_Group] = deque()
        self._bytes = 0
        self._overflows = 0
        self._lock = threading.Lock()

    def add(self, stream_format: StreamFormat, packet: EncodedPacket) -> None:
        """Keep a packet; packets before the first key frame (or after an overflow, up to the next) are ignored."""
        with self._lock:
            before = self._bytes
            if packet.is_key:
                self._groups.append(_Group(stream_format, packet))
            elif self._groups:
                self._groups[-1].add(packet)
            else:
                return
            self._bytes += len(packet.data)
            self._trim()
            change = self._bytes - before
        if self._budget is not None:
            self._budget.charge(self, change)

    def shed(self) -> int:
        """Throw away the oldest group, unless it is the only one; returns the bytes freed."""
        with self._lock:
            if len(self._groups) < 2:
                return 0
            freed = self._groups.popleft().bytes
            self._bytes -= freed
            return freed

    @property
    def bytes(self) -> int:
        """Bytes kept."""
        return self._bytes

    def span(self) -> tuple[float, float] | None:
        """Return the `t_s` of the oldest and the newest kept picture, or None while empty."""
        with self._lock:
            if not self._groups:
                return None
            return self._groups[0].first_t_s, self._groups[-1].last_t_s

    def kept(self) -> tuple[float, int]:
        """Return how many seconds and bytes are kept."""
        span = self.span()
        # With pictures out of order the newest group may, for a moment, show less than the one before it.
        return (max(0.0, span[1] - span[0]) if span else 0.0), self._bytes

    @property
    def overflows(self) -> int:
        """How often one single group was larger than the whole ring and was thrown away."""
        return self._overflows

    def segment(self, from_t_s: float, to_t_s: float) -> Segment:
        """Cut out what shows `from_t_s` to `to_t_s`; packets are shared, not copied.

        The segment begins with the last key frame at or before `from_t_s` (or the oldest one kept, if that moment was
        pushed out already) and ends with the last packet shown at or before `to_t_s`. It never mixes formats: where
        the camera changed its resolution or codec in between, it ends before the change.

        Raises:
            NotInRingError: nothing of that time is kept.
            ValueError: `to_t_s` lies before `from_t_s`.
        """
        if to_t_s < from_t_s:
            raise ValueError(f"a segment cannot end before it begins: {from_t_s=} {to_t_s=}")
        with self._lock:
            groups = [(group, tuple(group.packets)) for group in self._groups if group.first_t_s <= to_t_s]
            span = (self._groups[0].first_t_s, self._groups[-1].last_t_s) if self._groups else None
        if not groups or span is None or span[1] < from_t_s:
            kept = "nothing" if span is None else f"{span[0]:.1f} to {span[1]:.1f}"
            raise NotInRingError(
                f"camera {self._camera_id} keeps {kept}, not {from_t_s:.1f} to {to_t_s:.1f}; lengthen its ring_s"
            )
        starts = [number for number, (group, _) in enumerate(groups) if group.first_t_s <= from_t_s]
        wanted = groups[starts[-1] if starts else 0 :]
        return self._joined(wanted, to_t_s)

    def keys(self, from_t_s: float, to_t_s: float) -> tuple[tuple[StreamFormat, EncodedPacket], ...]:
        """Return the key packets shown from `from_t_s` to `to_t_s`, each with its format, in the order of time."""
        with self._lock:
            found = [(group.format, group.packets[0]) for group in self._groups]
        return tuple(pair for pair in found if from_t_s <= pair[1].t_s <= to_t_s)

    def newest(self) -> Segment:
        """Return the newest group: from the last key frame up to now.

        Raises:
            NotInRingError: the ring is empty.
        """
        with self._lock:
            if not self._groups:
                raise NotInRingError(f"camera {self._camera_id} has sent no picture yet; wait until it is live")
            group = self._groups[-1]
            return Segment(self._camera_id, group.format, tuple(group.packets))

    def _joined(self, groups: Iterable[tuple[_Group, tuple[EncodedPacket, ...]]], to_t_s: float) -> Segment:
        groups = list(groups)
        stream_format = groups[0][0].format
        same = takewhile(lambda pair: pair[0].format == stream_format, groups)
        packets = [packet for _, group_packets in same for packet in group_packets]
        # In decoding order a late picture may come first; all up to the last one that is shown in time are needed.
        last = max(number for number, packet in enumerate(packets) if packet.t_s <= to_t_s or number == 0)
        return Segment(self._camera_id, stream_format, tuple(packets[: last + 1]))

    def _trim(self) -> None:
        newest_t_s = self._groups[-1].last_t_s
        while len(self._groups) > 1 and (
            self._bytes > self._ring_bytes or newest_t_s - self._groups[1].first_t_s > self._ring_s
        ):
            self._bytes -= self._groups.popleft().bytes
        if self._bytes > self._ring_bytes or newest_t_s - self._groups[0].first_t_s > 2 * self._ring_s:
            # A stream (almost) without key frames: one group must not grow without end either.
            self._groups.clear()
            self._bytes = 0
            self._overflows += 1
