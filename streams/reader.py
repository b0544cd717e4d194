"""Keeps one connection to a camera alive, keeps its packets, and hands its frames on.

A `CameraReader` owns one thread: it dials under the shared budget, reads packets into the ring and the live feeds, and
decodes them in the gear its consumers need. After an error it waits and tries again, unless that is useless.

Belongs here: the loop and its consumers. Does not: opening (opening), reading (source), decoding (looking), time
(timeline).
"""

import logging
import threading
import traceback
from dataclasses import dataclass, field
from math import inf
from typing import Literal

import av

from streams.clips import decode_at
from streams.connection import Pace
from streams.dialing import DialBudget, Waits
from streams.errors import FeedClosedError, StreamEndedError, StreamError, StreamNotFoundError
from streams.gears import Gear, cheapest_gear
from streams.health import CameraHealth, HealthMeter
from streams.knocking import knock, needs_knock
from streams.live import LiveFeed
from streams.looking import GearedDecoder
from streams.offers import Deliver
from streams.opening import Openers
from streams.packets import EncodedPacket, StreamFormat
from streams.ring import PacketRing, RingBudget
from streams.settings import StreamSettings
from streams.source import PacketSource
from streams.timeline import Clocks, TimeLine
from streams.urls import redact, scheme_of
from vision.frames import Frame

logger = logging.getLogger(__name__)

JOIN_SLACK_S = 10.0
"""A reader ends within its longest time limit plus this; libav looks at our limits a few times a second."""


STABLE_S = 10.0
"""Only a connection that lasted this long shortens the waits again; a camera that flaps is tried ever more slowly."""


@dataclass(frozen=True, slots=True)
class ReaderOptions:
    """What tests and replays set otherwise.

    Attributes:
        start_t_s: stream time of the first packet; None for Unix seconds.
        after_t_s: stream time at which an earlier run ended; None where there was none.
        clocks: where time comes from.
        budget: bounds what all rings keep together; None for no bound.
        stream: which of the camera's streams it is; goes into the thread's name.
        turn: held by the reader that takes in a heap of packets; one for all.
    """

    start_t_s: float | None = None
    after_t_s: float | None = None
    clocks: Clocks = field(default_factory=Clocks)
    budget: RingBudget | None = None
    stream: Literal["main", "sub"] = "main"
    turn: threading.Lock = field(default_factory=threading.Lock)


class CameraReader:
    """One stream of a camera: its thread, ring, live feeds, gear and health.

    `line_offset_s` is stream time minus wall time at the newest packet, None before the first.

    Args:
        camera_id: names the camera in frames, logs and errors.
        url: `rtsp://`, `file:` (plays in real time; `?loop=1` repeats it), a path, or a scheme of `openers`.
        settings: how to pull it.
        openers: how each scheme is opened.
        deliver: takes each picture that can be looked at, in the reader's thread; must return quickly.
        dial: the pool's budget of concurrent dials.
        options: clocks and start time.
    """

    def __init__(
        self,
        camera_id: str,
        url: str,
        settings: StreamSettings,
        *,
        openers: Openers,
        deliver: Deliver,
        dial: DialBudget,
        options: ReaderOptions | None = None,
    ) -> None:
        options = options or ReaderOptions()
        self.camera_id = camera_id
        self.url = url
        self.settings = settings
        self.ring = PacketRing(camera_id, ring_s=settings.ring_s, ring_bytes=settings.ring_bytes, budget=options.budget)
        self._openers = openers
        self._dial = dial
        self._clocks = options.clocks
        self._turn = options.turn
        self._timeline = TimeLine(start_t_s=options.start_t_s, after_t_s=options.after_t_s, clocks=options.clocks)
        self._meter = HealthMeter(camera_id, settings.declared_fps, options.clocks)
        self._looking = GearedDecoder(camera_id, deliver, self.ring.newest)
        self._waits = Waits(settings, options.clocks.monotonic)
        self._problem: StreamError | None = None  # of the try before
        self._stop = threading.Event()
        name = f"reader-{camera_id}" if options.stream == "main" else f"reader-{camera_id}-{options.stream}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.line_offset_s: float | None = None
        self._lock = threading.Lock()  # guards `_wanted` and `_feeds`
        self._wanted: dict[str, Gear] = {}
        self._feeds: list[LiveFeed] = []
        self._corrupt_before = 0  # by earlier connections

    def start(self) -> None:
        """Start the thread; returns at once, whether the camera answers or not."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Let the thread end without waiting for it; a pool asks all its readers before it joins any."""
        self._stop.set()
        self._dial.wake()

    def stop(self) -> None:
        """End the thread and close the live feeds; the ring stays readable.

        Raises:
            TimeoutError: the thread did not end within its time limits.
        """
        self.ask_to_stop()
        with self._lock:
            feeds = list(self._feeds)
        for feed in feeds:
            feed.close()
        if self._thread.ident is not None:
            limit_s = max(self.settings.open_timeout_s, self.settings.read_timeout_s) + JOIN_SLACK_S
            self._thread.join(limit_s)
            if self._thread.is_alive():
                raise TimeoutError(f"reader of camera {self.camera_id} did not end within {limit_s:.0f} s")

    def want(self, consumer: str, gear: Gear) -> None:
        """Set what a consumer needs; the reader runs the cheapest gear that serves all, from the next packet on."""
        with self._lock:
            self._wanted[consumer] = gear

    def unwant(self, consumer: str) -> None:
        """Forget a consumer; unknown ones are ignored."""
        with self._lock:
            self._wanted.pop(consumer, None)

    def health(self) -> CameraHealth:
        """Return how the camera is doing; any thread."""
        ring_s, ring_bytes = self.ring.kept()
        looking = self._looking
        return self._meter.report(looking.gear, ring_s, ring_bytes, keys_stand_alone=looking.keys_stand_alone)

    def live(self) -> LiveFeed:
        """Return a new live feed that begins with the newest group of the ring; the caller closes it.

        Raises:
            FeedClosedError: the reader was stopped.
        """
        feed = LiveFeed(self.camera_id, on_close=self._forget_feed)
        with self._lock:
            if self._stop.is_set():
                raise FeedClosedError(f"camera {self.camera_id} was stopped; it has no live picture")
            if self.ring.span() is not None:
                feed.begin(self.ring.newest())
            self._feeds.append(feed)
        return feed

    def still(self, t_s: float | None = None) -> Frame:
        """Decode the newest picture (or the one nearest to `t_s`) at full size from the ring, in the caller's thread.

        Raises:
            NotInRingError: the ring is empty, or does not hold that time.
            ClipError: nothing of it can be decoded.
        """
        segment = self.ring.newest() if t_s is None else self.ring.segment(t_s, t_s)
        return decode_at(segment, segment.span()[1] if t_s is None else t_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._one_connection()
            except StreamError as err:
                if self._gives_up(err):
                    break
                self._stop.wait(self._say_away(err))
            except Exception as err:  # noqa: BLE001  # top of the thread: one surprise must not end a camera's watch
                self._stop.wait(self._say_away(self._surprise(err)))
        if self._meter.state not in {"refused", "stopped"}:
            self._meter.enter("stopped")

    def _one_connection(self) -> None:
        pace = Pace(self._stop, self._clocks, may_nap=self._may_nap, turn=self._turn)
        source = PacketSource(self.url, self.settings, self._openers, self._timeline, pace)
        try:
            if needs_knock(self.url, self._problem):
                if not self._dial.knock(self._stop):
                    return
                knock(self.url)
            with self._dial.slot(self._stop) as has_slot:
                if not has_slot:
                    return
                source.open()
            self._read(source)
        finally:
            source.close()
            self._looking.reset()
            self._corrupt_before += source.corrupt
            self._meter.corrupted(self._corrupt_before + self._looking.corrupt)

    def _read(self, source: PacketSource) -> None:
        live_since_s: float | None = None
        for stream_format, packet in source.packets():
            if live_since_s is None:
                live_since_s = self._clocks.monotonic()
                self._say_live(stream_format)
            elif self._clocks.monotonic() - live_since_s > STABLE_S:
                self._waits.succeeded()
            self._keep(stream_format, packet)
            self.line_offset_s = packet.t_s - packet.unix_s
            self._meter.packet(stream_format, packet)
            self._looking.look(stream_format, packet, self._gear(packet.t_s))
            self._meter.decoded(self._looking.frames, self._looking.passed_over)
            self._meter.corrupted(self._corrupt_before + source.corrupt + self._looking.corrupt)
            self._meter.camera_clock(source.clock_offset_s)

    def _keep(self, stream_format: StreamFormat, packet: EncodedPacket) -> None:
        # One lock over both, so that a feed made meanwhile gets each packet once: from the ring or from here.
        with self._lock:
            self.ring.add(stream_format, packet)
            for feed in self._feeds:
                feed.put(stream_format, packet)

    def _may_nap(self) -> bool:
        """Whether nobody waits for the next picture: nobody watches live, and only key frames are looked at."""
        return not self._feeds and not self._looking.gear.decodes_all

    def _gear(self, t_s: float) -> Gear:
        with self._lock:
            wanted = list(self._wanted.values())
        return cheapest_gear(wanted, self._meter.key_pause_s(t_s) if self._looking.keys_stand_alone else inf)

    def _gives_up(self, err: StreamError) -> bool:
        if isinstance(err, StreamEndedError) and scheme_of(self.url) == "file":
            self._meter.enter("stopped", err)
            logger.info("camera %s: the file ended%s", self.camera_id, f": {err}" if str(err) else "")
            return True
        # What a file is does not change by itself; only a missing one may still be put there.
        is_final = scheme_of(self.url) == "file" and not isinstance(err, StreamNotFoundError)
        if is_final or not err.retryable:
            self._meter.enter("refused", err)
            logger.error("camera %s: given up: %s", self.camera_id, err)
            return True
        return False

    def _surprise(self, err: Exception) -> StreamError:
        # libav's messages hold URLs with passwords, and a ValueError's the very text that was wrong: where is enough.
        told = "" if isinstance(err, av.FFmpegError | ValueError) else f": {redact(str(err))}"
        where = "".join(traceback.format_tb(err.__traceback__))
        logger.error("camera %s: unexpected %s%s, reconnecting\n%s", self.camera_id, type(err).__name__, told, where)
        return StreamError(f"an unexpected {type(err).__name__} in this program; its log says where")

    def _say_away(self, err: StreamError) -> float:
        self._problem = err
        delay_s = self._waits.after(err)
        if self._meter.enter("away", err, wait_s=delay_s):
            logger.warning("camera %s: away: %s; next try in %.1f s", self.camera_id, err, delay_s)
        else:
            logger.debug("camera %s: still away: %s; next try in %.1f s", self.camera_id, err, delay_s)
        return delay_s

    def _say_live(self, stream_format: StreamFormat) -> None:
        self._waits.connected()
        self._problem = None
        self._meter.connected()
        self._meter.enter("live")
        width, height = stream_format.size_wh
        shown = redact(self.url)
        logger.info("camera %s: live, %s %dx%d from %s", self.camera_id, stream_format.codec, width, height, shown)

    def _forget_feed(self, feed: LiveFeed) -> None:
        with self._lock:
            if feed in self._feeds:
                self._feeds.remove(feed)
