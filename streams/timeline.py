"""Turns a stream's own stamps into seconds that never run backwards, and knows what wall time that was.

Cameras' stamps jump, wrap, stand still, are missing, or tick at a wrong rate. The line follows the stamps as long as
they agree with the arrival of packets, because stamps are smooth and arrival is not; where they disagree for long,
arrival wins.

Belongs here: time. Does not: opening, reading, waiting.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

TRANSIT_S = 0.5
"""Assumed bound of the time from the lens to our socket (encoder, network, reordering); part of every clock error."""

SETTLE_S = 5.0
"""Seconds after a connection in which a packet with less delay than all before moves the anchor: cameras begin with a
burst of buffered packets, and the least delayed one is nearest to the truth."""

LONGEST_BURST_S = 10.0
"""A first burst holds at most this much; a stream that runs further ahead of arrival ticks too fast instead."""

SLEW_FROM_S = 1.0
"""Stamps and arrival may differ this much (network jitter) before the line is slewed towards arrival."""

JUMP_FROM_S = 4.0
"""Beyond this lag the line jumps forward to arrival at once."""

LAG_GROWTH = 0.25
"""The lag that counts grows by at most this share of stream time, so that packets held up for some seconds (network, a
busy machine) and then coming in a burst change nothing: their stamps are right."""

LONGEST_HOLD_S = 6.0
"""A lag beyond this counts at once: a connection that is silent for 5 s is given up, so no burst is later than that."""

SLEW_RATIO = 0.5
"""A slewed step is longer or shorter by this ratio: follows cameras that tick up to half too slow or twice too fast."""

MAX_STEP_S = 2.0
"""A step of the stamps longer than this, and much longer than the arrival says, is a jump of the camera's clock."""

MIN_STEP_S = 1e-4
"""Two packets are never at the same moment; a tick of 90 kHz is 1.1e-5 s."""

SET_BACK_PAUSE_S = 60.0
"""Where the wall clock says that an earlier line ended in the future, nobody knows how long the pause was: this long is
watched time to nobody."""

ERROR_DECAY_PER_S = 0.98
"""How fast the measured jitter is forgotten: halved in 34 s."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks a reader uses; parameters, so that tests can hand in their own.

    Attributes:
        monotonic: seconds, never set.
        wall: Unix seconds; read once per connection.
        work: seconds of the processor that the calling thread has had; waiting is not in them.
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    work: Callable[[], float] = time.thread_time


@dataclass(frozen=True, slots=True)
class Stamp:
    """The times of one packet.

    Attributes:
        t_s: stream time at which its picture is shown.
        decode_t_s: stream time at which it is decoded; grows with every packet.
        unix_s: wall time of the picture.
        clock_error_s: bound of the error of `unix_s`.
    """

    t_s: float
    decode_t_s: float
    unix_s: float
    clock_error_s: float

    @property
    def captured_at(self) -> datetime:
        """The wall time as an aware UTC `datetime`."""
        return datetime.fromtimestamp(self.unix_s, UTC)


class TimeLine:
    """The time line of one camera over all its connections; used by one thread.

    Args:
        start_t_s: where the line begins; None for Unix seconds at the first packet, which live cameras use.
        after_t_s: where the line of an earlier run ended, which Unix seconds must not fall back behind; they do where
            the wall clock was set back meanwhile, and the line then goes on from there after a pause.
        follows_arrival: False for a file that is read as fast as it goes: its stamps alone count.
        clocks: where time comes from.
    """

    def __init__(
        self,
        *,
        start_t_s: float | None = None,
        after_t_s: float | None = None,
        follows_arrival: bool = True,
        clocks: Clocks | None = None,
    ) -> None:
        self._start_t_s = start_t_s
        self._after_t_s = after_t_s
        self._follows_arrival = follows_arrival
        self._clocks = clocks or Clocks()
        self._is_fresh = True  # no packet since the last `connected`
        # Decode time of the last packet since the line's start: next to Unix seconds a step of 0.04 s would be rounded
        # by a millionth, always to the same side.
        self._line_s: float | None = None
        self._media_s: float | None = None
        self._arrival_s = 0.0
        self._anchor_line_s = 0.0
        self._anchor_arrival_s = 0.0
        self._anchor_wall_s = 0.0
        self._connected_at_s = 0.0
        self._lag_s = 0.0  # how late packets come at the least; a single late one does not count
        self._jitter_s = 0.0
        self.jumps = 0

    @property
    def start_t_s(self) -> float | None:
        """Stream time of the first packet ever; None before it."""
        return self._start_t_s

    def connected(self) -> None:
        """Say that a new connection begins: the next packet's stamps have nothing to do with the last one's."""
        self._is_fresh = True

    def stamp(self, pts_s: float | None, dts_s: float | None, duration_s: float) -> Stamp:
        """Return the times of the packet that arrives now; packets come in decoding order.

        Args:
            pts_s: the stream's presentation stamp in seconds, if it has one.
            dts_s: its decoding stamp.
            duration_s: what the stream says of its length; 0 when unknown.
        """
        now_s = self._clocks.monotonic()
        media_s = dts_s if dts_s is not None else pts_s
        if self._is_fresh or self._line_s is None:
            line_s = self._begin(now_s)
        else:
            line_s = self._line_s + self._step(self._line_s, media_s, now_s, duration_s)
        # Without a stamp of its own the packet takes the place that the line gave it.
        self._media_s = media_s if media_s is not None else self._extrapolated(line_s)
        self._line_s, self._arrival_s = line_s, now_s
        shift_s = pts_s - media_s if pts_s is not None and media_s is not None else 0.0
        shown_s = line_s + (shift_s if abs(shift_s) <= MAX_STEP_S else 0.0)
        unix_s = self._anchor_wall_s + (shown_s - self._anchor_line_s)
        start_s = self._start_t_s or 0.0
        return Stamp(start_s + shown_s, start_s + line_s, unix_s, TRANSIT_S + self._jitter_s)

    def _begin(self, now_s: float) -> float:
        wall_s = self._clocks.wall()
        if self._line_s is None:
            line_s = 0.0
            self._start_t_s = self._begins_at(wall_s) if self._start_t_s is None else self._start_t_s
        else:
            away_s = now_s - self._arrival_s if self._follows_arrival else MIN_STEP_S
            line_s = self._line_s + max(away_s, MIN_STEP_S)
        self._anchor_line_s, self._anchor_arrival_s, self._anchor_wall_s = line_s, now_s, wall_s
        self._connected_at_s = now_s
        self._is_fresh = False
        self._media_s = None
        self._lag_s = self._jitter_s = 0.0
        return line_s

    def _begins_at(self, wall_s: float) -> float:
        if self._after_t_s is None or wall_s > self._after_t_s:
            return wall_s
        return self._after_t_s + SET_BACK_PAUSE_S

    def _extrapolated(self, line_s: float) -> float | None:
        if self._media_s is None or self._line_s is None:
            return None
        return self._media_s + (line_s - self._line_s)

    def _step(self, line_s: float, media_s: float | None, now_s: float, duration_s: float) -> float:
        arrived_s = max(now_s - self._arrival_s, 0.0)
        step_s = duration_s or arrived_s
        if media_s is not None and self._media_s is not None:
            step_s = media_s - self._media_s
            limit_s = MAX_STEP_S + arrived_s if self._follows_arrival else float("inf")
            if not 0 < step_s <= limit_s:
                self.jumps += 1
                step_s = max(arrived_s, duration_s) if self._follows_arrival else duration_s
        if self._follows_arrival:
            step_s = self._towards_arrival(line_s, step_s, now_s)
        return max(step_s, MIN_STEP_S)

    def _towards_arrival(self, line_s: float, step_s: float, now_s: float) -> float:
        arrived_s = max(now_s - self._arrival_s, 0.0)
        lag_s = (now_s - self._anchor_arrival_s) - (line_s + step_s - self._anchor_line_s)
        early_s = self._connected_at_s - (self._anchor_arrival_s + lag_s)
        if lag_s < 0 and now_s - self._connected_at_s < SETTLE_S and early_s <= LONGEST_BURST_S:
            # Less delayed than every packet before: what we took for "now" at the anchor was late by this much.
            self._anchor_arrival_s += lag_s
            self._anchor_wall_s += lag_s
            lag_s = 0.0
        if lag_s < LONGEST_HOLD_S:
            lag_s = min(lag_s, self._lag_s + LAG_GROWTH * step_s)
        self._lag_s = lag_s
        self._jitter_s = max(abs(lag_s), self._jitter_s * ERROR_DECAY_PER_S**arrived_s)
        if lag_s > JUMP_FROM_S:
            self.jumps += 1
            self._lag_s = 0.0
            return step_s + lag_s
        if lag_s > SLEW_FROM_S:
            return step_s * (1 + SLEW_RATIO)
        if lag_s < -JUMP_FROM_S:
            return min(step_s, arrived_s) * SLEW_RATIO
        if lag_s < -SLEW_FROM_S:
            return step_s * SLEW_RATIO
        return step_s
