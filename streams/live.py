"""Makes a camera's live picture for browsers: fragmented MP4 for Media Source Extensions, never re-encoded.

The reader's thread only appends packets; muxing happens in the viewer's thread, in `LiveFeed.__next__`.

Belongs here: the viewer's bounded queue and the muxing. Does not: sockets (api), decoding.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Literal

import av
from av.container import OutputContainer
from av.video.stream import VideoStream

from streams.clips import add_track, moved
from streams.errors import FeedClosedError, UnsupportedCodecError
from streams.packets import EncodedPacket, Segment, StreamFormat, to_libav
from streams.parameter_sets import codec_string

QUEUE_PACKETS = 300
"""A viewer may lag this many packets behind its first group (12 s at 25 fps) before it loses some."""

QUEUE_BYTES = 16 * 2**20
"""The same limit for streams of high bit rate, and that of the first group, which the ring keeps anyway."""

_FLAGS = "empty_moov+default_base_moof+frag_every_frame"


@dataclass(frozen=True, slots=True)
class LiveChunk:
    """A piece for `SourceBuffer.appendBuffer`.

    Attributes:
        kind: `init` begins a new stream (at the start, after a reconnect or a change of format); `media` goes on.
        data: MP4 boxes.
        mime: type with codecs, e.g. `video/mp4; codecs="avc1.64001f"`.
        t_s: stream time of its first picture; with the media time of the first chunk after an `init` it ties boxes to
            pictures: media time 0 is the `t_s` of that `init`.
    """

    kind: Literal["init", "media"]
    data: bytes
    mime: str
    t_s: float


class LiveFeed:
    """One viewer's bounded feed of one camera: iterate over it in a thread of your own, close it to end that.

    A viewer that is too slow loses packets up to the next key frame; `dropped` counts them.
    """

    def __init__(self, camera_id: str, *, on_close: Callable[["LiveFeed"], None] | None = None) -> None:
        self._camera_id = camera_id
        self._on_close = on_close
        self._packets: deque[tuple[StreamFormat, EncodedPacket]] = deque()
        self._bytes = 0
        self._first: deque[tuple[StreamFormat, EncodedPacket]] = deque()  # read before `_packets`
        self._is_closed = False
        self._needs_key = True
        self._changed = threading.Condition()
        self._muxer: _Muxer | None = None
        self._ready: deque[LiveChunk] = deque()
        self.dropped = 0

    def __enter__(self) -> "LiveFeed":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> "LiveFeed":
        return self

    def __next__(self) -> LiveChunk:
        try:
            return self.next_chunk()
        except FeedClosedError:
            raise StopIteration from None

    def begin(self, group: Segment) -> None:
        """Begin with a group that has come already, however many packets it has; called before the first `put`.

        Where it has more than `QUEUE_BYTES` it is dropped, and the viewer waits for the next key frame.
        """
        with self._changed:
            if sum(len(packet.data) for packet in group.packets) > QUEUE_BYTES:
                self.dropped += len(group.packets)
                return
            self._first.extend((group.format, packet) for packet in group.packets)
            self._needs_key = False
            self._changed.notify()

    def put(self, stream_format: StreamFormat, packet: EncodedPacket) -> None:
        """Append a packet; called by the reader, never blocks."""
        with self._changed:
            if self._is_closed:
                return
            if len(self._packets) >= QUEUE_PACKETS or self._bytes >= QUEUE_BYTES:
                self.dropped += len(self._first) + len(self._packets)
                self._clear()
                self._needs_key = True
            if self._needs_key and not packet.is_key:
                self.dropped += 1
                return
            self._needs_key = False
            self._packets.append((stream_format, packet))
            self._bytes += len(packet.data)
            self._changed.notify()

    def next_chunk(self, timeout_s: float | None = None) -> LiveChunk:
        """Return the next chunk, waiting for it; one thread at a time.

        Raises:
            FeedClosedError: the feed was closed, by the viewer or because the camera was removed.
            TimeoutError: nothing came within `timeout_s`; the camera may be away, ask again.
            UnsupportedCodecError: browsers do not play this codec.
        """
        while not self._ready:
            self._mux(*self._take(timeout_s))
        return self._ready.popleft()

    def close(self) -> None:
        """End the feed and wake who waits for it; any thread, any number of times."""
        with self._changed:
            if self._is_closed:
                return
            self._is_closed = True
            self._clear()
            self._changed.notify_all()
        if self._on_close is not None:
            self._on_close(self)

    def _take(self, timeout_s: float | None) -> tuple[StreamFormat, EncodedPacket]:
        with self._changed:
            if not self._changed.wait_for(lambda: self._first or self._packets or self._is_closed, timeout_s):
                raise TimeoutError(f"camera {self._camera_id} sent nothing for {timeout_s} s")
            if self._is_closed:
                raise FeedClosedError(f"live feed of camera {self._camera_id} is closed")
            if self._first:
                return self._first.popleft()
            taken = self._packets.popleft()
            self._bytes -= len(taken[1].data)
            return taken

    def _clear(self) -> None:
        self._first.clear()
        self._packets.clear()
        self._bytes = 0

    def _mux(self, stream_format: StreamFormat, packet: EncodedPacket) -> None:
        try:
            if self._muxer is None or self._muxer.format is not stream_format:
                self._begin(stream_format, packet)
            elif made := self._muxer.mux(packet):
                self._ready.extend(made)
        except av.FFmpegError:  # a packet that is broken: the next one, or the next key frame, may be whole
            self.dropped += 1

    def _begin(self, stream_format: StreamFormat, packet: EncodedPacket) -> None:
        if not packet.is_key:
            return
        mime = f'video/mp4; codecs="{codec_string(stream_format.codec, stream_format.extradata)}"'
        try:
            muxer = _Muxer(stream_format, packet, mime)
        except UnsupportedCodecError:  # browsers know the codec, so it is this key frame that is broken
            self.dropped += 1
            return
        self._muxer = muxer
        self._ready.append(muxer.init)
        self._ready.extend(muxer.mux(packet))


class _Boxes:
    """A file for libav to write to; keeps what was written until it is taken."""

    name = "live.mp4"

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        data, self._parts = b"".join(self._parts), []
        return data


class _Muxer:
    """Fragmented MP4 of one format, its media time beginning at 0 with the first packet."""

    def __init__(self, stream_format: StreamFormat, key: EncodedPacket, mime: str) -> None:
        self.format = stream_format
        self._mime = mime
        self._boxes = _Boxes()
        self._origin = key.dts
        self._waiting: EncodedPacket | None = None
        options = {"movflags": _FLAGS, "use_editlist": "0", "avoid_negative_ts": "disabled"}
        self._container: OutputContainer = av.open(self._boxes, mode="w", format="mp4", options=options)
        self._stream: VideoStream = add_track(self._container, stream_format, key)
        self._container.start_encoding()
        self.init = LiveChunk("init", self._boxes.take(), self._mime, key.t_s - (key.pts - key.dts) / 90_000)

    def mux(self, packet: EncodedPacket) -> list[LiveChunk]:
        """Take a packet and return the chunk of the one before: a fragment is complete when its length is known."""
        earlier, self._waiting = self._waiting, packet
        copy = to_libav(moved(packet, self._origin))
        copy.stream = self._stream
        self._container.mux(copy)
        data = self._boxes.take()
        return [LiveChunk("media", data, self._mime, (earlier or packet).t_s)] if data else []
