"""One mono sound in memory: from a file, to a file, at another rate.

`AudioClip` is what travels between phrases, speech and horns. Loading goes through PyAV, so any format that libav knows
may stand in the folder of recordings.

Belongs here: reading, writing, joining, resampling. Does not: levels (loudness), chime and filters (shaping), G.711
(g711).
"""

import hashlib
import io
import os
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray
from scipy.signal import resample_poly

from broadcast.errors import AudioError

Samples = NDArray[np.float32]

MAX_CLIP_S = 180.0
"""Longest sound we load or speak: a warning lasts seconds, and three minutes at 48 kHz are 35 MB."""

RATE_LIMITS_HZ = (8_000, 192_000)
"""Rates we take: telephone quality to what studio cards offer."""


@dataclass(frozen=True, slots=True, eq=False)
class AudioClip:
    """A mono sound.

    Attributes:
        samples: (N,) float32 in [-1, 1]; made read-only.
        rate_hz: samples per second.
    """

    samples: Samples
    rate_hz: int

    def __post_init__(self) -> None:
        if self.samples.ndim != 1 or self.samples.dtype != np.float32:
            raise ValueError(f"an audio clip is (N,) float32, not {self.samples.shape} {self.samples.dtype}")
        if not RATE_LIMITS_HZ[0] <= self.rate_hz <= RATE_LIMITS_HZ[1]:
            raise ValueError(f"{self.rate_hz=} lies outside {RATE_LIMITS_HZ}")
        if not np.isfinite(self.samples).all():
            raise ValueError("an audio clip holds a sample that is not a number")
        self.samples.setflags(write=False)

    @property
    def duration_s(self) -> float:
        """How long it sounds."""
        return len(self.samples) / self.rate_hz

    @property
    def sha256(self) -> str:
        """Hex digest of the sound as 16-bit samples with its rate; the same for what was said and what was logged."""
        return hashlib.sha256(str(self.rate_hz).encode() + b":" + pcm16(self).tobytes()).hexdigest()

    def scaled(self, gain_ratio: float) -> "AudioClip":
        """Return the sound with every sample multiplied, cut off at full scale."""
        return AudioClip(np.clip(self.samples * np.float32(gain_ratio), -1, 1).astype(np.float32), self.rate_hz)

    def first(self, duration_s: float) -> "AudioClip":
        """Return what sounds within the first `duration_s` seconds."""
        return AudioClip(self.samples[: max(0, round(duration_s * self.rate_hz))].copy(), self.rate_hz)


def silence(duration_s: float, rate_hz: int) -> AudioClip:
    """Return that many seconds of nothing."""
    return AudioClip(np.zeros(round(duration_s * rate_hz), np.float32), rate_hz)


def joined(clips: Sequence[AudioClip]) -> AudioClip:
    """Return the clips one after the other.

    Raises:
        ValueError: no clip, or clips of different rates.
    """
    rates = {clip.rate_hz for clip in clips}
    if len(rates) != 1:
        raise ValueError(f"clips to be joined need one common rate, not {sorted(rates)}")
    return AudioClip(np.concatenate([clip.samples for clip in clips]), rates.pop())


def resampled(clip: AudioClip, rate_hz: int) -> AudioClip:
    """Return the sound at another rate, low-pass filtered on the way (polyphase FIR, Kaiser window)."""
    if clip.rate_hz == rate_hz:
        return clip
    if not len(clip.samples):
        return AudioClip(clip.samples.copy(), rate_hz)
    common = gcd(clip.rate_hz, rate_hz)
    samples = resample_poly(clip.samples, rate_hz // common, clip.rate_hz // common)
    return AudioClip(np.clip(samples, -1, 1).astype(np.float32), rate_hz)


def load_audio(path: Path) -> AudioClip:
    """Read a recording of any format libav knows, mixed down to mono at its own rate.

    Raises:
        AudioError: it is missing, no sound file, empty, or longer than `MAX_CLIP_S`.
    """
    try:
        with path.open("rb") as file:
            return decode_audio(file, path.name)
    except OSError as err:
        raise AudioError(f"recording {path.name}: {err.strerror or 'cannot be read'}") from None


def decode_audio(file: BinaryIO, name: str) -> AudioClip:
    """Read a recording from an open binary file; see `load_audio`."""
    try:
        with av.open(file, mode="r") as container:
            if not container.streams.audio:
                raise AudioError(f"recording {name} holds no sound")
            blocks: list[Samples] = []
            rate_hz = container.streams.audio[0].rate
            resampler = AudioResampler(format="fltp")  # its own mixing to mono adds 3 dB and may clip: we average
            for frame in container.decode(audio=0):
                blocks.extend(_mono(resampler.resample(frame)))
                if sum(map(len, blocks)) > MAX_CLIP_S * rate_hz:
                    raise AudioError(f"recording {name} is longer than {MAX_CLIP_S:.0f} s; cut it")
            blocks.extend(_mono(resampler.resample(None)))
    except av.FFmpegError as err:
        raise AudioError(f"recording {name} is no sound file we can read: {err.strerror}") from None
    if not sum(map(len, blocks)):
        raise AudioError(f"recording {name} is empty")
    samples = np.nan_to_num(np.concatenate(blocks), nan=0.0, posinf=1.0, neginf=-1.0)
    try:
        return AudioClip(np.clip(samples, -1, 1), rate_hz)
    except ValueError as err:
        raise AudioError(f"recording {name}: {err}") from None


def pcm16(clip: AudioClip) -> NDArray[np.int16]:
    """Return (N,) int16 samples, full scale being 32767."""
    return np.round(clip.samples * 32767).astype(np.int16)


def wav_bytes(clip: AudioClip) -> bytes:
    """Return the sound as a 16-bit mono WAV file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(clip.rate_hz)
        writer.writeframes(pcm16(clip).astype("<i2").tobytes())
    return buffer.getvalue()


def write_wav(clip: AudioClip, path: Path) -> int:
    """Write the sound as a WAV file in one step: a reader sees the whole file or none.

    Returns:
        The number of bytes written.

    Raises:
        OSError: no permission, no room.
    """
    data = wav_bytes(clip)
    partial = path.with_name(f".{path.name}.part")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return len(data)


def _mono(frames: Sequence[AudioFrame]) -> list[Samples]:
    return [frame.to_ndarray().mean(axis=0, dtype=np.float32) for frame in frames]
