"""Keeps count of how one camera is doing, for the health page."""

import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from typing import Literal

from streams.errors import StreamError, StreamUndecodableError
from streams.gears import Gear
from streams.packets import EncodedPacket, StreamFormat
from streams.timeline import Clocks
from vision.arrays import SizeWH
from vision.error_codes import code_of

RATE_WINDOW_S = 10.0
"""The delivered frame rate is counted over this time: long enough to be steady, short enough to show a fault."""

KEYS_KEPT = 6
"""The key interval is the median of the last five: encoders insert extra key frames at scene cuts."""

LATE_KEY_RATIO = 1.5
"""A key frame that is later than the usual one by so many times its pictures says that the interval has changed.

Counted in pictures: on a machine with too much to do packets come late and times are stretched, and to decode more then
would end in decoding everything."""

USUAL_FPS = 25.0
"""Taken where a camera does not tell, for the first group."""

RARE_KEYS_S = 5.0
"""Key frames further apart make every look more costly and every new viewer wait; two seconds are usual."""

KeyFault = Literal["", "rare", "not_alone"]
UNDECODABLE_S = 12.0
"""Packets of which nothing whole could be decoded for so long are a fault, also where only every fourth second one
picture is decoded; a lossy network spoils a picture group or two."""

CameraState = Literal["starting", "live", "away", "refused", "stopped"]


@dataclass(frozen=True, slots=True)
class CameraHealth:
    """How a camera is doing.

    Attributes:
        camera_id: the camera.
        state: `starting` before the first packet; `live`; `away` while we try to reconnect; `refused` when trying again
            is useless until an operator changes something; `stopped` at the end of a file or after `stop`.
        since: when this state began, aware UTC.
        problem: one sentence, without secrets, empty while all is well.
        problem_code: what kind of problem it is (`vision.error_codes`); empty while all is well.
        key_fault: what is odd about its key frames, so that looking at it costs more: `rare` (over five seconds apart),
            `not_alone` (they cannot be decoded without what came before, as with intra refresh); else empty.
        codec: libav's name; empty until known.
        size_wh: picture size; (0, 0) until known.
        declared_fps: what the stream or the settings say; None if neither does.
        delivered_fps: packets a second over the last ten seconds.
        key_interval_s: measured seconds between key frames; None until two were seen.
        gear: what is decoded at present.
        packets: packets read since the start.
        decoded: whole pictures decoded since the start.
        reconnects: connections made after the first one.
        clock_error_s: bound of the error of `captured_at`.
        ring_s: seconds kept in the ring.
        ring_bytes: bytes kept in the ring.
        passed_over: of `decoded`, those decoded only because later ones need them, and offered to nobody.
        corrupt: packets skipped because they could not be read or decoded.
        clock_offset_s: the camera's own clock minus ours, where it tells (RTCP); good to `clock_error_s`.
        next_try_at: until when we wait before we dial again, aware UTC; None while we do not wait.
        looked_wh: size of the pictures that are looked at: those of the smaller stream, where there is one.
    """

    camera_id: str
    state: CameraState
    since: datetime
    problem: str
    codec: str
    size_wh: SizeWH
    declared_fps: float | None
    delivered_fps: float
    key_interval_s: float | None
    gear: Gear
    packets: int
    decoded: int
    reconnects: int
    clock_error_s: float
    ring_s: float
    ring_bytes: int
    passed_over: int = 0
    corrupt: int = 0
    clock_offset_s: float | None = None
    problem_code: str = ""
    key_fault: KeyFault = ""
    next_try_at: datetime | None = None
    looked_wh: SizeWH = (0, 0)


class HealthMeter:
    """Counts for one camera; written by its reader, read by any thread."""

    def __init__(self, camera_id: str, declared_fps: float | None, clocks: Clocks) -> None:
        self._camera_id = camera_id
        self._told_fps = declared_fps
        self._clocks = clocks
        self._lock = threading.Lock()
        self._state: CameraState = "starting"
        self._since_s = clocks.wall()
        self._problem: StreamError | None = None
        self._format: StreamFormat | None = None
        self._arrivals: deque[float] = deque()
        self._keys: deque[float] = deque(maxlen=KEYS_KEPT)
        self._key_interval_s: float | None = None
        self._groups: deque[int] = deque(maxlen=KEYS_KEPT)  # pictures from key frame to key frame
        self._late_from = 0.0  # so many pictures after a key frame the next one is late
        self._since_key = 0
        self._packets = self._decoded = self._passed_over = self._corrupt = self._connections = 0
        self._clock_error_s = 0.0
        self._clock_offset_s: float | None = None
        self._next_try_s: float | None = None  # wall time
        self._spoilt_s: tuple[float, float] | None = None  # first and last failure since a picture could be decoded

    @property
    def state(self) -> CameraState:
        """The present state."""
        return self._state

    def key_pause_s(self, t_s: float) -> float:
        """Return the seconds between key frames, or those since the last one where it is clearly late at `t_s`."""
        if self._key_interval_s is None:
            fps = (self._format.declared_fps if self._format else None) or USUAL_FPS
            return self._since_key / fps
        if self._since_key <= self._late_from or not self._keys:
            return self._key_interval_s
        return max(t_s - self._keys[-1], self._key_interval_s)

    def enter(self, state: CameraState, problem: StreamError | None = None, *, wait_s: float | None = None) -> bool:
        """Change state or problem; returns whether the state changed. A repeated state keeps its `since`.

        Args:
            state: the new one.
            problem: why, if it is a bad one.
            wait_s: seconds until the next try, where there will be one.
        """
        with self._lock:
            self._next_try_s = None if wait_s is None else self._clocks.wall() + wait_s
            is_new = state != self._state
            if is_new:
                self._state, self._since_s = state, self._clocks.wall()
            self._problem = problem
            return is_new

    def connected(self) -> None:
        """Count a connection that delivered its first packet."""
        with self._lock:
            self._connections += 1
            self._spoilt_s = None
            self._keys.clear()
            self._since_key = 0
            self._arrivals.clear()

    def packet(self, stream_format: StreamFormat, packet: EncodedPacket) -> None:
        """Count a packet that was kept."""
        now_s = self._clocks.monotonic()
        with self._lock:
            self._format = stream_format
            self._packets += 1
            self._clock_error_s = packet.clock_error_s
            self._arrivals.append(now_s)
            self._forget(now_s)
            self._since_key += 1
            if packet.is_key:
                if self._keys:
                    self._groups.append(self._since_key)
                    self._late_from = LATE_KEY_RATIO * median(self._groups)
                self._since_key = 0
                self._keys.append(packet.t_s)
                if len(self._keys) > 1:
                    self._key_interval_s = median(later - earlier for earlier, later in pairwise(self._keys))

    def decoded(self, offered: int, passed_over: int = 0) -> None:
        """Set how many pictures were decoded since the start: for somebody, and only because later ones need them."""
        with self._lock:
            if offered + passed_over > self._decoded:
                self._spoilt_s = None
            self._decoded, self._passed_over = offered + passed_over, passed_over

    def corrupted(self, total: int) -> None:
        """Set how many packets could not be read or decoded since the start."""
        with self._lock:
            if total > self._corrupt:
                now_s = self._clocks.monotonic()
                self._spoilt_s = self._spoilt_s[0] if self._spoilt_s else now_s, now_s
            self._corrupt = total

    def camera_clock(self, offset_s: float | None) -> None:
        """Set the camera's clock minus ours; None while it tells nothing."""
        self._clock_offset_s = offset_s

    def report(self, gear: Gear, ring_s: float, ring_bytes: int, *, keys_stand_alone: bool = True) -> CameraHealth:
        """Return the present health."""
        now_s = self._clocks.monotonic()
        with self._lock:
            self._forget(now_s)
            known = self._format
            problem = self._problem or self._undecodable()
            fps = self._told_fps or (known.declared_fps if known else None)
            return CameraHealth(
                camera_id=self._camera_id,
                state=self._state,
                since=datetime.fromtimestamp(self._since_s, UTC),
                problem=str(problem or ""),
                problem_code=code_of(problem) if problem else "",
                codec=known.codec if known else "",
                size_wh=known.size_wh if known else (0, 0),
                declared_fps=fps,
                delivered_fps=self._rate(now_s),
                key_interval_s=self._key_interval_s,
                gear=gear,
                packets=self._packets,
                decoded=self._decoded,
                passed_over=self._passed_over,
                corrupt=self._corrupt,
                reconnects=max(0, self._connections - 1),
                clock_error_s=self._clock_error_s,
                ring_s=ring_s,
                ring_bytes=ring_bytes,
                clock_offset_s=self._clock_offset_s,
                next_try_at=None if self._next_try_s is None else datetime.fromtimestamp(self._next_try_s, UTC),
                key_fault="not_alone" if not keys_stand_alone else "rare" if self._keys_are_rare() else "",
            )

    def _keys_are_rare(self) -> bool:
        return self._key_interval_s is not None and self._key_interval_s > RARE_KEYS_S

    def _undecodable(self) -> StreamError | None:
        if self._state != "live" or self._spoilt_s is None or self._spoilt_s[1] - self._spoilt_s[0] < UNDECODABLE_S:
            return None
        return StreamUndecodableError(
            f"camera {self._camera_id} sends packets, but no whole picture can be decoded from them; check the network "
            "to it for losses, and try transport tcp"
        )

    def _forget(self, now_s: float) -> None:
        while self._arrivals and now_s - self._arrivals[0] > RATE_WINDOW_S:
            self._arrivals.popleft()

    def _rate(self, now_s: float) -> float:
        if len(self._arrivals) < 2:
            return 0.0
        return (len(self._arrivals) - 1) / max(now_s - self._arrivals[0], 1e-3)
