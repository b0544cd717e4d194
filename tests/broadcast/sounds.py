"""Hand-made sounds for the tests."""

import numpy as np

from broadcast.audio import AudioClip


def tone(duration_s: float = 1.0, *, hz: float = 1000.0, amplitude: float = 0.25, rate_hz: int = 16_000) -> AudioClip:
    """Return a sine."""
    t_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    return AudioClip((amplitude * np.sin(2 * np.pi * hz * t_s)).astype(np.float32), rate_hz)
