"""Notices that packets come of which no picture can be made, and says what the camera lacks.

Belongs here: waiting for the first key frame and its parameter sets, and a codec other than the declared one. Does not:
decoding; a picture with errors in it is the decoder's matter.
"""

from collections.abc import Callable

from streams.errors import StreamUndecodableError
from streams.parameter_sets import holds_picture

KEY_WAIT_S = 30.0
"""A stream without a key frame for this long shows nothing; an interval over 10 s is a mistake in its settings."""

STRANGE_AFTER_S = 4.0
"""So long after the last key frame we begin to look whether packets hold pictures at all: longer than the key interval
of nearly all cameras, as looking at each packet costs time."""

STRANGE_IN_A_ROW = 20
"""So many packets without a picture, one after the other, are not the codec that was declared."""


class PictureWatch:
    """Watches the packets of one connection; used by its thread.

    Args:
        codec: libav's name.
        shown: the stream's URL without its password.
        monotonic: seconds.
    """

    def __init__(self, codec: str, shown: str, monotonic: Callable[[], float]) -> None:
        self._codec = codec
        self._shown = shown
        self._monotonic = monotonic
        self._since_s = monotonic()  # of the last key frame that could be used, at first of the beginning
        self._has_begun = False
        self._lacks_sets = False
        self._strange = 0

    def may_pass(self, data: bytes, *, is_key: bool, has_sets: bool) -> bool:
        """Return whether a packet may be handed on; those before the first usable key frame may not.

        Args:
            data: the packet, Annex B for H.264 and H.265.
            is_key: whether it is a key frame.
            has_sets: whether its parameter sets are known.

        Raises:
            StreamUndecodableError: no key frame or no parameter sets for too long, or another codec than declared.
        """
        if is_key and has_sets:
            self._since_s, self._has_begun, self._strange = self._monotonic(), True, 0
            return True
        waited_s = self._monotonic() - self._since_s
        if not self._has_begun:
            self._lacks_sets |= is_key
            if waited_s > KEY_WAIT_S:
                raise StreamUndecodableError(self._what_is_missing())
            return False
        if waited_s > STRANGE_AFTER_S:
            self._strange = 0 if holds_picture(self._codec, data) else self._strange + 1
            if self._strange >= STRANGE_IN_A_ROW:
                raise StreamUndecodableError(
                    f"{self._shown} sends something else than the {self._codec} it declared; set its codec again"
                )
        return True

    def _what_is_missing(self) -> str:
        if self._lacks_sets:
            return f"{self._shown} sends no parameter sets (SPS, PPS); restart the camera, or set its codec again"
        return f"{self._shown} sent no key frame for {KEY_WAIT_S:.0f} s; shorten the camera's I-frame interval"
