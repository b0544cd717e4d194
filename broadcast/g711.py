"""G.711 by libav: 16-bit samples to one byte each, and back for measuring what arrived."""

from typing import Literal

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.packet import Packet

from broadcast.audio import AudioClip, pcm16
from broadcast.shaping import G711_RATE_HZ

G711Codec = Literal["PCMU", "PCMA"]

LIBAV_NAMES: dict[G711Codec, str] = {"PCMU": "pcm_mulaw", "PCMA": "pcm_alaw"}
"""RTP encoding names to libav's."""

SILENCE_BYTE: dict[G711Codec, int] = {"PCMU": 0xFF, "PCMA": 0xD5}
"""What zero becomes; fills up the last packet."""


def encode_g711(clip: AudioClip, codec: G711Codec) -> bytes:
    """Return one byte per sample.

    Args:
        clip: a sound at 8 kHz (`shaping.for_g711`).
        codec: µ-law or A-law.
    """
    if clip.rate_hz != G711_RATE_HZ:
        raise ValueError(f"G.711 is 8000 Hz, not {clip.rate_hz}")
    if not len(clip.samples):
        return b""
    encoder = _context(codec, "w")
    frame = AudioFrame.from_ndarray(pcm16(clip).reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = G711_RATE_HZ
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def decode_g711(data: bytes, codec: G711Codec) -> AudioClip:
    """Return the sound behind G.711 bytes."""
    if not data:
        return AudioClip(np.zeros(0, np.float32), G711_RATE_HZ)
    blocks = [frame.to_ndarray().reshape(-1) for frame in _context(codec, "r").decode(Packet(data))]
    return AudioClip((np.concatenate(blocks).astype(np.float32) / 32768).astype(np.float32), G711_RATE_HZ)


def _context(codec: G711Codec, mode: Literal["r", "w"]) -> AudioCodecContext:
    context = av.CodecContext.create(LIBAV_NAMES[codec], mode)
    if not isinstance(context, AudioCodecContext):
        raise TypeError(f"libav holds {codec} for no audio codec")
    context.sample_rate = G711_RATE_HZ
    context.layout = "mono"
    context.format = "s16"
    return context
