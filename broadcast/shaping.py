"""What stands before and around the words: silence that wakes the amplifier, a chime, and the band a horn can carry."""

from collections.abc import Sequence

import numpy as np
from scipy.signal import butter, sosfiltfilt

from broadcast.audio import AudioClip, Samples, joined, resampled, silence
from broadcast.loudness import loudness_lufs, normalised

LEAD_IN_S = 0.4
"""Silence before the chime: amplifiers and backchannels swallow their first 300 to 500 ms while they wake up."""

CHIME_S = 1.0
"""A second of tones tells people that a message follows, before its first word is lost on them."""

PAUSE_S = 0.5
"""Between the languages of one announcement."""

ANNOUNCEMENT_RATE_HZ = 16_000
"""Rate of finished announcements: twice the band that a horn carries; sound cards resample without being heard."""

G711_RATE_HZ = 8_000
"""The rate of G.711."""

HORN_BAND_HZ = (300.0, 3400.0)
"""Telephone band (ITU-T G.712): below it a horn's driver only moves, above it G.711 at 8 kHz has nothing."""

PRESENCE_BAND_HZ = (2000.0, 3400.0)
"""Consonants live here; they decide whether speech is understood in street noise."""

PRESENCE_GAIN_DB = 4.0
"""Boost of the presence band: within the 3 to 6 dB that makers of horns recommend."""

CHIME_TONES_HZ = (880.0, 659.3)
"""Two falling tones (A5, E5): known as an announcement, within the band of every horn."""


def chime(rate_hz: int = ANNOUNCEMENT_RATE_HZ) -> AudioClip:
    """Return the tones that stand before every announcement, `CHIME_S` long."""
    tone_s = CHIME_S / len(CHIME_TONES_HZ)
    t_s = np.arange(round(tone_s * rate_hz)) / rate_hz
    attack_and_decay = np.minimum(t_s / 0.005, 1.0) * np.exp(-4.0 * t_s) * np.minimum((tone_s - t_s) / 0.02, 1.0)
    tones = [0.5 * attack_and_decay * np.sin(2 * np.pi * hz * t_s) for hz in CHIME_TONES_HZ]
    return AudioClip(np.concatenate(tones).astype(np.float32), rate_hz)


def announcement(spoken: Sequence[AudioClip]) -> AudioClip:
    """Return what a horn is to play: lead-in, chime, then the spoken parts with a pause between them.

    Each spoken part is normalised by itself, so that one language is not louder than the other.

    Args:
        spoken: the words, one clip per language, at any rate; may be empty, then the chime stands alone.

    Returns:
        A clip of `ANNOUNCEMENT_RATE_HZ`.
    """
    parts = [silence(LEAD_IN_S, ANNOUNCEMENT_RATE_HZ), normalised(chime())]
    for index, clip in enumerate(spoken):
        if index:
            parts.append(silence(PAUSE_S, ANNOUNCEMENT_RATE_HZ))
        parts.append(normalised(resampled(clip, ANNOUNCEMENT_RATE_HZ)))
    return joined(parts)


def for_g711(clip: AudioClip) -> AudioClip:
    """Return the sound as a G.711 horn can carry it: 8 kHz, telephone band, consonants lifted, as loud as it came."""
    if not np.any(clip.samples):
        return resampled(clip, G711_RATE_HZ)
    wanted_lufs = loudness_lufs(clip)
    narrow = resampled(clip, G711_RATE_HZ)
    low, high = (_band(narrow.samples, band) for band in (HORN_BAND_HZ, PRESENCE_BAND_HZ))
    lift = 10 ** (PRESENCE_GAIN_DB / 20) - 1
    shaped = np.clip(0.5 * (low + lift * high), -1, 1).astype(np.float32)  # halved: normalising below sets the level
    return normalised(AudioClip(shaped, G711_RATE_HZ), wanted_lufs)


def _band(samples: Samples, band_hz: tuple[float, float]) -> Samples:
    sections = butter(2, band_hz, btype="bandpass", fs=G711_RATE_HZ, output="sos")
    # forwards and backwards: without a phase of their own, the two bands add up instead of cancelling each other
    return sosfiltfilt(sections, samples, padtype=None).astype(np.float32)
