"""Offers pictures of cameras to whoever looks, decoded or not yet.

Most pictures are never looked at, and a decoded one of 1080p takes 3 MB. So a key frame, which can be decoded alone, is
offered as a packet: only who takes the offer decodes it, with a decoder that many cameras share. A picture that had to
be decoded anyway, because those after it need it, is offered as it is.

Belongs here: what is offered, the shared decoders. Does not: when to offer (looking), which to take (pipeline.intake).
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from streams.decoding import open_decoder
from streams.packets import EncodedPacket, StreamFormat, to_libav
from vision.arrays import SizeWH
from vision.frames import Frame

LARGE_PX = 1280
"""Width from which a picture is looked at at half its size or less."""

DECODERS_KEPT = 4
"""Decoders kept open, one a codec and size; each holds the memory of a few pictures of its size."""


class KeyDecoders:
    """Decodes key frames of many cameras alone, with a few decoders; used by one thread.

    Large pictures are decoded without what smooths the borders of blocks: whoever looks at them makes them smaller.
    """

    def __init__(self) -> None:
        self._contexts: OrderedDict[tuple[str, SizeWH], VideoCodecContext] = OrderedDict()

    def decode(self, stream_format: StreamFormat, key: EncodedPacket) -> VideoFrame | None:
        """Return the picture of a key frame; None where it cannot be decoded whole.

        Raises:
            UnsupportedCodecError: there is no decoder for its codec.
        """
        name = stream_format.codec, stream_format.size_wh
        context = self._contexts.pop(name, None) or open_decoder(
            stream_format.codec, is_rough=stream_format.size_wh[0] >= LARGE_PX
        )
        packet = to_libav(key, stream_format.extradata)
        try:
            pictures = [*context.decode(packet), *context.decode(None)]
            context.flush_buffers()
        except av.FFmpegError:
            return None  # and the decoder with it
        self._contexts[name] = context
        if len(self._contexts) > DECODERS_KEPT:
            self._contexts.popitem(last=False)
        whole = [picture for picture in pictures if not picture.is_corrupt]
        return whole[-1] if len(whole) == len(pictures) and whole else None


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """A picture that can be looked at.

    Attributes:
        camera_id: the camera.
        t_s: its stream time.
        open: gives the frame; decodes it with the taker's decoders where that was not done yet, and gives None where
            that fails. To be called once, by the taker's thread.
    """

    camera_id: str
    t_s: float
    open: Callable[[KeyDecoders], Frame | None]


Deliver = Callable[[Offer], None]
"""Takes an offer; must return quickly, as the reader's thread calls it."""
