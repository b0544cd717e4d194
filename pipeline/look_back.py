"""Looks back into a camera's packets for when a thing really came to rest, or paper really appeared.

A slow scout knows a parked car seconds after it stopped. The packets of those seconds are still in the ring: key frames
are compared from the newest back until the thing is not there, then the one group in which it came is decoded whole.
That costs some tenths of a second of a processor once, instead of decoding every camera all the time.

Belongs here: the thread, which pictures are decoded. Does not: judging them (vision.rest), what follows (watch).
"""

import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from streams.clips import decode_all, decode_at
from streams.decoding import planes_of
from streams.errors import StreamError
from streams.offers import KeyDecoders
from streams.ring import PacketRing
from vision.arrays import FloatArray, Picture, SizeWH
from vision.observations import Dated
from vision.rest import SAME, rest_began, walk_back
from vision.stillness import correlation, normed, patch

logger = logging.getLogger(__name__)

MOST_WAITING = 64
"""More questions than this at once are not answered: dates judged from the looks are good to some seconds."""

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
    """

    camera_id: str
    subject: int | str
    box: Box
    size_wh: SizeWH
    seen_t_s: float
    since_t_s: float
    pixels: FloatArray | None = None


class LookBack:
    """The thread `look-back-<name>`; `ask` may be called from any thread.

    Args:
        name: goes into the thread's name.
        ring_of: gives the ring of a camera; raises `StreamError` where there is none.
        on_answer: takes each answer, on this thread.
    """

    def __init__(
        self, name: str, ring_of: Callable[[str], PacketRing], on_answer: Callable[[Question, Dated], None]
    ) -> None:
        self._ring_of, self._on_answer = ring_of, on_answer
        self._questions: queue.Queue[Question | None] = queue.Queue(MOST_WAITING)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"look-back-{name}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the question it works on; those that wait are not answered."""
        self._stop.set()
        with contextlib.suppress(queue.Full):  # then it sees `_stop` at the next question
            self._questions.put_nowait(None)
        if self._thread.is_alive():
            self._thread.join(JOIN_LIMIT_S)

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


def since_when(ring: PacketRing, question: Question, decoders: KeyDecoders) -> float | None:
    """Return the stream time since when what is asked for has been as it is; None where the pictures do not tell.

    Where it was there before everything that the ring keeps, that is the time of the oldest key frame.

    Raises:
        StreamError: the ring does not hold the moment, or nothing of it can be decoded.
    """
    from_t_s = min(question.seen_t_s, question.since_t_s + SLACK_S)
    spot, span = None, None
    for spot in _spots(ring, question, from_t_s, decoders):
        span = walk_back(_keys_back(ring, question, from_t_s, spot, decoders), from_t_s)
        if span.is_shown:
            break
    if spot is None or span is None:
        return None
    if span.other_t_s is None:
        return span.first_t_s
    group = ring.segment(span.other_t_s, min(span.next_t_s, question.seen_t_s))
    series = ((frame.t_s, spot.likeness(frame.luma())) for frame in decode_all(group, is_rough=True))
    began_t_s = rest_began(series, span.level)
    return span.first_t_s if began_t_s is None else began_t_s


def _spots(ring: PacketRing, question: Question, from_t_s: float, decoders: KeyDecoders) -> Iterator["_Spot"]:
    """Yield what is looked for: as looks compared it, and where that is not found, as pictures of the rest show it."""
    box = _as_ratios(question)
    if question.pixels is not None:
        pixels = normed(question.pixels)
        yield _Spot(box, pixels, pixels)
    spot = _Spot.of(_at_rest(ring, question, from_t_s, decoders), box)
    if spot is not None:
        yield spot


def _at_rest(ring: PacketRing, question: Question, from_t_s: float, decoders: KeyDecoders) -> list[Picture]:
    """Return some pictures of the time in which it was there."""
    newest = ring.segment(question.seen_t_s, question.seen_t_s)
    keys = ring.keys(from_t_s, question.seen_t_s)
    rows = sorted({0, len(keys) // 4, len(keys) // 2, len(keys) - 1}) if keys else []
    decoded = [decoders.decode(*keys[row]) for row in rows]
    found = [planes_of(picture).y for picture in decoded if picture is not None]
    return found or [decode_at(newest, question.seen_t_s).luma()]


def _keys_back(
    ring: PacketRing, question: Question, from_t_s: float, spot: "_Spot", decoders: KeyDecoders
) -> Iterator[tuple[float, float]]:
    """Yield time and likeness of the key frames before a moment, the newest first; broken ones are left out.

    Of the time in which looks saw it there one picture is enough.
    """
    keys = ring.keys(float("-inf"), from_t_s)
    earlier = [(stream_format, key) for stream_format, key in keys[:-1] if key.t_s <= question.since_t_s]
    for stream_format, key in reversed([*earlier, *keys[-1:]]):
        picture = decoders.decode(stream_format, key)
        if picture is None:
            continue
        luma = planes_of(picture).y
        likeness = spot.likeness(luma)
        if likeness >= SAME:
            spot.remember(luma)
        yield key.t_s, likeness


@dataclass(slots=True, eq=False)
class _Spot:
    """What is looked for and where, its box as fractions of the picture.

    It is known as it was seen and as it was in the earliest picture that still shows it: a stall is set up alone and
    has people around it later.
    """

    box: Box
    pixels: FloatArray
    earliest: FloatArray

    @classmethod
    def of(cls, pictures: Sequence[Picture], box: Box) -> Self | None:
        """Return what most pictures show in a box, as in some of them somebody may stand before it.

        None where that has no texture.
        """
        patches = [patch(luma, _in_pixels(box, luma)) for luma in pictures]
        known = [pixels for pixels in patches if pixels is not None]
        if not known:
            return None
        usual = max(known, key=lambda pixels: sum(correlation(pixels, other) for other in known))
        return cls(box, usual, usual)

    def remember(self, luma: Picture) -> None:
        """Take a picture that shows it as the earliest one."""
        pixels = patch(luma, _in_pixels(self.box, luma))
        self.earliest = self.earliest if pixels is None else pixels

    def likeness(self, luma: Picture) -> float:
        """Return how alike a picture is in the box, in [0, 1]."""
        pixels = patch(luma, _in_pixels(self.box, luma))
        if pixels is None:
            return 0.0
        return max(correlation(known, pixels) for known in (self.pixels, self.earliest))


def _as_ratios(question: Question) -> Box:
    (x1, y1, x2, y2), (width, height) = question.box, question.size_wh
    return x1 / width, y1 / height, x2 / width, y2 / height


def _in_pixels(box: Box, luma: Picture) -> Box:
    height, width = luma.shape
    return box[0] * width, box[1] * height, box[2] * width, box[3] * height
