"""How loud a sound is, and how to bring it to the level that a warning needs.

Loudness is ITU-R BS.1770-4 (integrated, gated), by pyloudnorm; the true peak is read at four times the rate, as the
same recommendation asks.
"""

import math

import numpy as np
from pyloudnorm import Meter
from scipy.ndimage import minimum_filter1d, uniform_filter1d
from scipy.signal import resample_poly

from broadcast.audio import AudioClip, Samples

TARGET_LUFS = -18.0
"""Level of our announcements: in the -16 to -23 LUFS of voice announcements, leaves 16 dB for the peaks of speech."""

MAX_TRUE_PEAK_DB = -1.5
"""Highest true peak in dBTP, so that no converter or G.711 coder behind us clips (R128: 1 dB; coding: half more)."""

MIN_MEASURED_S = 0.4
"""One gating block of BS.1770: shorter sounds are repeated up to it before being measured."""

MIN_LUFS = -70.0
"""BS.1770's absolute gate: below it a sound counts as silence and is never amplified."""


MAX_LIMITING_DB = 6.0
"""Most that a peak is lowered: speech limited by more sounds pressed, and is understood worse."""

LIMITER_S = 0.005
"""Width of the limiter's gain window: a pitch period of speech, so that it follows words and not waves."""

BETWEEN_SAMPLES_DB = 0.3
"""Room left above the samples for the true peak between them."""


def rms_dbfs(clip: AudioClip) -> float:
    """Return the root mean square in dB of full scale; a full-scale square wave is 0, silence is -inf."""
    power = float(np.mean(np.square(clip.samples, dtype=np.float64))) if len(clip.samples) else 0.0
    return 10 * math.log10(power) if power > 0 else -math.inf


def loudness_lufs(clip: AudioClip) -> float:
    """Return the integrated loudness; -inf for silence."""
    if not np.any(clip.samples):
        return -math.inf
    least = math.ceil(MIN_MEASURED_S * clip.rate_hz) + 1
    samples = clip.samples if len(clip.samples) >= least else np.resize(clip.samples, least)
    return float(Meter(clip.rate_hz).integrated_loudness(samples.astype(np.float64)))


def true_peak_db(clip: AudioClip) -> float:
    """Return the highest level between the samples as well as on them, in dBTP; -inf for silence."""
    if not np.any(clip.samples):
        return -math.inf
    peak = float(np.max(np.abs(resample_poly(clip.samples.astype(np.float64), 4, 1))))
    return 20 * math.log10(max(peak, float(np.max(np.abs(clip.samples)))))


def normalised(clip: AudioClip, target_lufs: float = TARGET_LUFS) -> AudioClip:
    """Return the sound at the target loudness, its true peak at most `MAX_TRUE_PEAK_DB`.

    Peaks in the way are lowered by up to `MAX_LIMITING_DB`; a sound that needs more stays below the target. Silence is
    returned as it is.
    """
    now_lufs = loudness_lufs(clip)
    if now_lufs < MIN_LUFS:
        return clip
    headroom_db = MAX_TRUE_PEAK_DB - true_peak_db(clip)
    loud = clip.samples * np.float32(_ratio(min(target_lufs - now_lufs, headroom_db + MAX_LIMITING_DB)))
    if target_lufs - now_lufs > headroom_db:
        loud = _limited(loud, _ratio(MAX_TRUE_PEAK_DB - BETWEEN_SAMPLES_DB), round(LIMITER_S * clip.rate_hz) | 1)
    result = AudioClip(np.clip(loud, -1, 1).astype(np.float32), clip.rate_hz)
    return result.scaled(_ratio(min(0.0, MAX_TRUE_PEAK_DB - true_peak_db(result))))


def _limited(samples: Samples, ceiling: float, window: int) -> Samples:
    """Lower the surroundings of each peak smoothly: no sample passes the ceiling, and none is bent.

    The least allowed gain within the window, averaged over the same window, is at no place above what is allowed there.
    """
    allowed = np.minimum(1.0, ceiling / np.maximum(np.abs(samples), 1e-9))
    gain = uniform_filter1d(minimum_filter1d(allowed, window), window)
    return (samples * gain).astype(np.float32)


def _ratio(level_db: float) -> float:
    return 10 ** (level_db / 20)
