"""Plays a camera's video over RTSP in its own TCP connection (RFC 2326 10.12): set up, play, keep alive, tear down.

libav reads each RTP packet by three calls into the system and asks for Python's interpreter lock at each, which costs a
hundred cameras half a processor and everybody else the lock. Here a heap of packets is one call and one loop.

Belongs here: the session. Does not: asking for the description (asking), bytes to pictures (rtp).
"""

import time
from collections import deque
from collections.abc import Callable, Iterator

from streams.asking import Asked, answer_of, refusals_of
from streams.connection import NAP_S, Pace
from streams.errors import StreamEndedError, StreamError, StreamReadError
from streams.problems import busy, not_found, not_rtsp, other_transport, stalled, wrong_login
from streams.rtp import Picture, PictureAssembler, WallClock
from streams.rtsp_messages import Interleaved, RtspFormatError, RtspMessage
from streams.sdp import VideoTrack, base_of, video_track
from streams.settings import StreamSettings
from streams.timeline import Clocks
from streams.units import Unit
from streams.urls import redact
from vision.arrays import SizeWH

WAKE_S = 0.2
"""A silent connection looks so often whether it should end."""

MOST_READS = 64
"""Reads of one heap: four megabytes, after which others have their turn."""

HEAP_S = 0.02
"""Work on one heap, in seconds of the processor, after which others have their turn: tiny packets cost more to read
than to send. Four megabytes of packets as they should be take less."""

MOST_ODD_PER_S = 5000
"""Messages, and pieces of noise or blank lines between packets, that one second of a stream may hold. A camera that
pads every packet has some hundreds, and after a pause as many as the system keeps for us: six megabytes, 4,300 packets.
"""

GOODBYE_S = 0.3
"""How long we wait for the answer to TEARDOWN: closing on unread data would take our last words back."""

DEFAULT_SESSION_S, SHORTEST_SESSION_S = 60.0, 2.0
"""Session time-out where the server names none (RFC 2326, 12.37), and the shortest that is kept alive in time."""

REFUSED_METHODS = (400, 405, 501, 551)


class RtspStream:
    """A stream that plays; made by `open_stream`, used by one thread."""

    def __init__(self, asked: Asked, track: VideoTrack, base_url: str, settings: StreamSettings) -> None:
        self._url = asked.url
        self._client = asked.client
        self._track = track
        self._base_url = base_url
        self._settings = settings
        self._pictures = PictureAssembler(track.codec, track.payload_type)
        self._clock = WallClock(track.clock_hz)
        self._channels = (0, 1)
        self._session: dict[str, str] = {}
        self._session_s = DEFAULT_SESSION_S
        self._keep_alive = "GET_PARAMETER"
        self._unheeded: deque[RtspMessage] = deque()
        self._odd, self._odd_since_s = 0, 0.0
        self._now = Clocks().monotonic
        self._may_sign_anew = True  # once each: a refusal that is always answered is a storm, and may lock the account
        self._is_over = False
        self.codec = track.codec
        self.extradata = track.extradata
        self.size_wh: SizeWH | None = None
        self.fps = track.fps
        self.corrupt = 0

    def start(self, deadline_s: float) -> None:
        """Set the stream up and let it play.

        Args:
            deadline_s: monotonic time until which it must be done.

        Raises:
            StreamError: the camera refuses, or breaks off.
        """
        reply = self._asked(
            "SETUP", self._track.control, {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}, deadline_s
        )
        name, _, rest = reply.value("session").partition(";")
        if not name.strip():
            raise not_rtsp(self._url)
        self._session = {"Session": name.strip()}
        fields = dict(part.strip().partition("=")[::2] for part in rest.split(";"))
        limit = fields.get("timeout", "")
        if limit.isascii() and limit.isdigit() and len(limit) < 6:
            self._session_s = max(SHORTEST_SESSION_S, float(limit))
        self._take_transport(reply.value("transport"))
        self._asked("PLAY", self._base_url, {**self._session, "Range": "npt=0.000-"}, deadline_s)

    def units(self, pace: Pace) -> Iterator[Unit]:
        """Yield the pictures as they come; see `Connection`."""
        now = self._now = pace.clocks.monotonic
        came_s = alive_s = now()
        units = self._made(self._client.early()) + self._taken()
        while not pace.stop.is_set():
            for unit in units:
                yield unit
                came_s = now()
                if pace.stop.is_set():
                    return
            if self._is_over:
                return
            while self._unheeded:  # not in the turn: to answer takes as long as the camera takes to read
                self._heed(self._unheeded.popleft())
            if now() - came_s >= self._settings.read_timeout_s:
                raise stalled(self._url)
            if now() - alive_s > self._session_s / 2:
                self._may_sign_anew = True
                self._say(self._keep_alive)
                alive_s = now()
            if not pace.may_nap():
                units = self._taken() if self._received(WAKE_S) else []
            elif not pace.stop.wait(NAP_S):
                with pace.turn:
                    units = self._heap(pace.clocks.work)

    def again(self) -> None:
        """Raise that the camera ended the stream; see `Connection`."""
        raise StreamEndedError(f"{redact(self._url)} ended the stream; check the camera if this repeats")

    def audio_tracks(self) -> tuple[str, ...]:
        """Return nothing, as audio is not set up."""
        return ()

    def close(self) -> None:
        """Take leave, so that the camera has its session back, and close the connection; may be called twice."""
        if not self._is_over and self._session:
            self._is_over = True
            try:
                self._client.send("TEARDOWN", self._base_url, self._session, GOODBYE_S)
                until_s = time.monotonic() + GOODBYE_S
                while (left_s := until_s - time.monotonic()) > 0 and self._client.receive(left_s):
                    self._client.buffer.packets()
                    if self._client.buffer.begins_with() == "message":
                        break
            except OSError:
                pass  # it has hung up first, which ends the session as well
        self._is_over = True
        self._client.close()

    def _asked(self, method: str, url: str, headers: dict[str, str], deadline_s: float) -> RtspMessage:
        with refusals_of(self._url):
            reply = answer_of(self._client, method, url, headers, deadline_s)
        if reply is None:
            raise StreamReadError(f"{redact(self._url)} hung up on {method}; check the camera")
        if not 200 <= reply.status < 300:
            raise self._refused(reply.status)
        return reply

    def _refused(self, status: int) -> StreamError:
        if status == 461:
            return other_transport(self._url)
        # It has described the stream a moment ago: what else it answers now (454, 500 and the like) is want of room.
        if status in (401, 403):
            return wrong_login(self._url)
        return not_found(self._url) if status == 404 else busy(self._url)

    def _take_transport(self, answer: str) -> None:
        fields = dict(part.strip().partition("=")[::2] for part in answer.split(";"))
        if "server_port" in fields and "interleaved" not in fields:
            raise other_transport(self._url)
        first, _, second = fields.get("interleaved", "").partition("-")
        if first.isascii() and first.isdigit() and int(first[:4]) < 256:
            is_pair = second.isascii() and second.isdigit() and int(second[:4]) < 256
            self._channels = int(first[:4]), int(second[:4]) if is_pair else int(first[:4]) + 1

    def _heap(self, work: Callable[[], float]) -> list[Unit]:
        """Return what came meanwhile, or as much of it as others can wait for."""
        units: list[Unit] = []
        until_s = work() + HEAP_S
        for _ in range(MOST_READS):
            if not self._received(0.0):
                break
            units += self._taken()
            if work() >= until_s:
                break
        return units

    def _taken(self) -> list[Unit]:
        """Return the pictures of the buffer; answers and requests between packets are kept, noise is skipped."""
        buffer = self._client.buffer
        units: list[Unit] = []
        while True:
            units += self._made(buffer.packets())
            begin = buffer.begins_with()
            if begin in ("nothing", "packet"):
                return units
            try:
                message = buffer.next() if begin == "message" else None
            except RtspFormatError:
                begin = "noise"
            if begin == "noise":
                self.corrupt += 1
                buffer.skip_noise(self._channels)
            elif message is None:
                return units
            elif isinstance(message, Interleaved):  # behind blank lines
                units += self._made([(message.channel, message.data)])
            else:
                self._unheeded.append(message)
            self._count_odd()

    def _count_odd(self) -> None:
        now_s = self._now()
        if now_s - self._odd_since_s >= 1.0:
            self._odd, self._odd_since_s = 0, now_s
        self._odd += 1
        if self._odd > MOST_ODD_PER_S:
            raise StreamReadError(
                f"{redact(self._url)} sends more than {MOST_ODD_PER_S} messages or pieces of noise a second; restart "
                "the camera, and check its firmware if this repeats"
            )

    def _heed(self, message: RtspMessage) -> None:
        try:
            if message.method:
                self._client.answer(message, WAKE_S)
        except OSError as err:
            raise self._broken(err) from None
        if message.status in REFUSED_METHODS and self._keep_alive != "OPTIONS":
            self._keep_alive = "OPTIONS"
            self._say(self._keep_alive)  # at once: half of the session's time is over
        elif message.status == 401 and self._may_sign_anew and self._client.take_challenge(message):
            self._may_sign_anew = False
            self._say(self._keep_alive)
        elif message.status == 454:
            raise StreamReadError(f"{redact(self._url)} forgot our session; check the camera if this repeats")

    def _say(self, method: str) -> None:
        try:
            self._client.send(method, self._base_url, self._session, WAKE_S)
        except OSError as err:
            raise self._broken(err) from None

    def _received(self, limit_s: float) -> bool:
        try:
            return self._client.receive(limit_s)
        except ConnectionResetError:
            self._is_over = True
            return False
        except OSError as err:
            raise self._broken(err) from None

    def _broken(self, err: OSError) -> StreamReadError:
        self._is_over = True
        reason = err.strerror or "it takes no more data"
        return StreamReadError(f"{redact(self._url)} broke off ({reason}); check the network to the camera")

    def _made(self, packets: list[tuple[int, bytes]]) -> list[Unit]:
        units: list[Unit] = []
        video, control = self._channels
        for channel, data in packets:
            if channel == video:
                if pictures := self._pictures.add(data):
                    units += map(self._unit, pictures)
            elif channel == control:
                self._clock.add(data, self._pictures.source)
                self._is_over |= self._clock.said_goodbye
        return units

    def _unit(self, picture: Picture) -> Unit:
        self.corrupt += not picture.is_whole
        return Unit(
            picture.data,
            picture.stamp / self._track.clock_hz,
            None,
            1 / self.fps if self.fps else 0.0,
            picture.is_key,
            self._clock.unix_s(picture.stamp) if picture.is_key else None,
        )


def open_stream(asked: Asked, settings: StreamSettings, deadline_s: float) -> RtspStream | None:
    """Play the video of a camera that was asked; None where it is none that we play ourselves.

    Args:
        asked: the camera's answer and its connection, which is the stream's where one is returned.
        settings: time limits.
        deadline_s: monotonic time until which it must play.

    Raises:
        StreamError: the camera refuses, or breaks off.
    """
    if asked.reply is None:
        return None
    base_url = base_of(asked.reply, asked.client.place.bare_url)
    track = video_track(asked.reply.body, base_url)
    if track is None:
        return None
    stream = RtspStream(asked, track, base_url, settings)
    try:
        stream.start(deadline_s)
    except BaseException:
        stream.close()
        raise
    return stream
