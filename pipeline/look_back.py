"""Looks back into a camera's packets for when a thing really came to rest, or paper really appeared.

A slow scout knows a parked car seconds after it stopped. The packets of those seconds are still in the ring: key frames
are compared from the newest back until the thing is not there, then the one group in which it came is decoded whole.
That costs some tenths of a second of a processor once, instead of decoding every camera all the time.

Belongs here: the threads, which pictures are decoded. Does not: judging them (vision.rest), what follows (watch).
"""

import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from streams.clips import decode_all, decode_at
from streams.decoding import planes_of
from streams.errors import StreamError
from streams.offers import KeyDecoders
from streams.packets import EncodedPacket, StreamFormat
from streams.ring import PacketRing
from vision.arrays import FloatArray, Picture, SizeWH
from vision.observations import Dated
from vision.places import PROOF_SAME
from vision.rest import SAME, rest_began, walk_back
from vision.stillness import correlation, is_other_shape, levelled, patch

logger = logging.getLogger(__name__)

MOST_WAITING = 64
"""More questions than this at once are not answered: dates judged from the looks are good to some seconds."""

AT_ONCE = 2
"""So many questions are worked on at a time: where many cameras have an offence at once, all are answered in time."""

SLACK_S = 4.0
"""Looks may take a thing that still rolls for one at rest; the walk back begins so much later."""

JOIN_LIMIT_S = 30.0

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Since when has something been as it is?

    Attributes:
        camera_id: the camera.
        subject: the id of a place, or of an event.
        box: where it is, in pixels of a frame of `size_wh`.
        size_wh: as above; the ring's pictures may have another size.
        seen_t_s: a moment at which it was there.
        since_t_s: since when it was there as far as looks told; good to the pause between two.
        pixels: the (32, 32) patch of the box that looks compared; None where they did not.
        edges: (8, 8, 8) shape of a vehicle that is large enough, as `vision.appearance` tells it; None of all else.
        view: the view it is in, of a camera that has several; ids of places are unique within one.
    """

    camera_id: str
    subject: int | str
    box: Box
    size_wh: SizeWH
    seen_t_s: float
    since_t_s: float
    pixels: FloatArray | None = None
    edges: FloatArray | None = None
    view: str = ""


class LookBack:
    """The threads `look-back-<name>-<number>`; `ask` may be called from any thread.

    Args:
        name: goes into the threads' names.
        ring_of: gives the ring of a camera; raises `StreamError` where there is none.
        on_answer: takes each answer, on one of these threads.
    """

    def __init__(
        self, name: str, ring_of: Callable[[str], PacketRing], on_answer: Callable[[Question, Dated], None]
    ) -> None:
        self._ring_of, self._on_answer = ring_of, on_answer
        self._questions: queue.Queue[Question | None] = queue.Queue(MOST_WAITING)
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, name=f"look-back-{name}-{number}", daemon=True)
            for number in range(AT_ONCE)
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads after the questions they work on; those that wait are not answered."""
        self._stop.set()
        for _ in self._threads:
            with contextlib.suppress(queue.Full):  # then they see `_stop` at the next question
                self._questions.put_nowait(None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join(JOIN_LIMIT_S)

    def ask(self, question: Question) -> None:
        """Ask; returns at once."""
        try:
            self._questions.put_nowait(question)
        except queue.Full:
            self._on_answer(question, Dated(question.subject, None))

    def _run(self) -> None:
        decoders = KeyDecoders()
        while (question := self._questions.get()) is not None and not self._stop.is_set():
            try:
                t_s = since_when(self._ring_of(question.camera_id), question, decoders)
            except StreamError as err:
                logger.debug("camera %s: nothing to look back at: %s", question.camera_id, err)
                t_s = None
            except Exception as err:  # top of the thread: one camera's odd picture must not end looking back
                logger.error("camera %s: looking back failed: %s", question.camera_id, err, exc_info=err)
                t_s = None
            self._on_answer(question, Dated(question.subject, t_s))


class Past(Protocol):
    """Pictures of one camera's last minute, as (H, W) uint8 luma, decoded (or drawn) when somebody asks for them."""

    def check(self, t_s: float) -> None:
        """Make sure that a moment is kept.

        Raises:
            StreamError: it is not.
        """
        ...

    def key_times(self, from_t_s: float, to_t_s: float) -> Sequence[float]:
        """Return the stream times of the key frames of a span, the oldest first."""
        ...

    def key(self, t_s: float) -> Picture | None:
        """Return one of these key frames; None where it is broken."""
        ...

    def at(self, t_s: float) -> Picture:
        """Return what was shown at a moment."""
        ...

    def group(self, from_t_s: float, to_t_s: float) -> Iterator[tuple[float, Picture]]:
        """Yield time and picture of everything from the key frame before `from_t_s` to `to_t_s`."""
        ...


def since_when(ring: PacketRing, question: Question, decoders: KeyDecoders) -> float | None:
    """Return the stream time since when what is asked for has been as it is; None where the pictures do not tell.

    Where it was there before everything that the ring keeps, that is the time of the oldest key frame.

    Raises:
        StreamError: the ring does not hold the moment, or nothing of it can be decoded.
    """
    return since_when_in(_RingPast(ring, decoders), question)


def since_when_in(past: Past, question: Question) -> float | None:
    """Return the same of any pictures of the past."""
    from_t_s = min(question.seen_t_s, question.since_t_s + SLACK_S)
    spot, span = None, None
    for spot in _spots(past, question, from_t_s):
        span = walk_back(_keys_back(past, question, from_t_s), from_t_s, spot.likeness, spot.remember)
        if span.is_shown:
            break
    if spot is None or span is None:
        return None
    if span.other_t_s is None:
        return span.first_t_s
    group = past.group(span.other_t_s, min(span.next_t_s, question.seen_t_s))
    began_t_s = rest_began(((t_s, spot.likeness(luma)) for t_s, luma in group), span.level)
    return span.first_t_s if began_t_s is None else began_t_s


class _RingPast:
    """What a ring of packets keeps; what was once named stays, also where the ring has pushed it out meanwhile."""

    def __init__(self, ring: PacketRing, decoders: KeyDecoders) -> None:
        self._ring, self._decoders = ring, decoders
        self._keys: dict[float, tuple[StreamFormat, EncodedPacket]] = {}

    def check(self, t_s: float) -> None:
        self._ring.segment(t_s, t_s)

    def key_times(self, from_t_s: float, to_t_s: float) -> Sequence[float]:
        found = {key.t_s: (stream_format, key) for stream_format, key in self._ring.keys(from_t_s, to_t_s)}
        self._keys |= found
        return list(found)

    def key(self, t_s: float) -> Picture | None:
        picture = self._decoders.decode(*self._keys[t_s])
        return None if picture is None else planes_of(picture).y

    def at(self, t_s: float) -> Picture:
        return decode_at(self._ring.segment(t_s, t_s), t_s).luma()

    def group(self, from_t_s: float, to_t_s: float) -> Iterator[tuple[float, Picture]]:
        segment = self._ring.segment(from_t_s, to_t_s)
        return ((frame.t_s, frame.luma()) for frame in decode_all(segment, is_rough=True))


def _spots(past: Past, question: Question, from_t_s: float) -> Iterator["_Spot"]:
    """Yield what is looked for: as looks compared it, and where that is not found, as pictures of the rest show it."""
    box = _as_ratios(question)
    if question.pixels is not None:
        pixels = levelled(question.pixels)
        yield _Spot(box, pixels, pixels, question.edges)
    spot = _Spot.of(_at_rest(past, question, from_t_s), box, question.edges)
    if spot is not None:
        yield spot


def _at_rest(past: Past, question: Question, from_t_s: float) -> list[Picture]:
    """Return some pictures of the time in which it was there."""
    past.check(question.seen_t_s)
    times = past.key_times(from_t_s, question.seen_t_s)
    rows = sorted({0, len(times) // 4, len(times) // 2, len(times) - 1}) if times else []
    found = [luma for row in rows if (luma := past.key(times[row])) is not None]
    return found or [past.at(question.seen_t_s)]


def _keys_back(past: Past, question: Question, from_t_s: float) -> Iterator[tuple[float, Picture]]:
    """Yield the key frames before a moment with their times, the newest first; broken ones are left out.

    Of the time in which looks saw it there one picture is enough.
    """
    times = past.key_times(float("-inf"), from_t_s)
    earlier = [t_s for t_s in times[:-1] if t_s <= question.since_t_s]
    for t_s in reversed([*earlier, *times[-1:]]):
        luma = past.key(t_s)
        if luma is not None:
            yield t_s, luma


@dataclass(slots=True, eq=False)
class _Spot:
    """What is looked for and where, its box as fractions of the picture.

    It is known as it was seen and as it was in the earliest picture that is like that: a stall is set up alone and has
    people around it later. What is only like the earliest one is not remembered, or each step back could take a little
    more of the empty street for the thing.
    """

    box: Box
    pixels: FloatArray
    earliest: FloatArray
    edges: FloatArray | None

    @classmethod
    def of(cls, pictures: Sequence[Picture], box: Box, edges: FloatArray | None) -> Self | None:
        """Return what most pictures show in a box, as in some of them somebody may stand before it.

        None where that has no texture.
        """
        known = [pixels for luma in pictures if (pixels := _pixels(luma, box)) is not None]
        if not known:
            return None
        usual = max(known, key=lambda pixels: sum(correlation(pixels, other) for other in known))
        return cls(box, usual, usual, edges)

    def remember(self, luma: Picture) -> None:
        """Take a picture as the earliest one, where it shows the thing as it was seen."""
        pixels = _pixels(luma, self.box)
        if pixels is not None and correlation(self.pixels, pixels) >= SAME:
            self.earliest = pixels

    def likeness(self, luma: Picture) -> float:
        """Return how alike a picture is in the box, in [0, 1]; 0 where its shape is surely another one."""
        pixels = _pixels(luma, self.box)
        if pixels is None:
            return 0.0
        found = max(correlation(known, pixels) for known in (self.pixels, self.earliest))
        is_other = SAME <= found < PROOF_SAME and is_other_shape(self.edges, luma, _in_pixels(self.box, luma))
        return 0.0 if is_other else found


def _pixels(luma: Picture, box: Box) -> FloatArray | None:
    pixels = patch(luma, _in_pixels(box, luma))
    return None if pixels is None else levelled(pixels)


def _as_ratios(question: Question) -> Box:
    (x1, y1, x2, y2), (width, height) = question.box, question.size_wh
    return x1 / width, y1 / height, x2 / width, y2 / height


def _in_pixels(box: Box, luma: Picture) -> Box:
    height, width = luma.shape
    return box[0] * width, box[1] * height, box[2] * width, box[3] * height
