"""Says what is missing for a pack of evidence to be whole; what falls short is marked, never passed off as whole.

Source: GA/T 832-2014, pictures of a stationary vehicle: two panoramas taken at different times, at least 10 s apart,
1280 x 720 or more from a digital camera, and a clock that is off by at most 1.0 s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vision.arrays import SizeWH

MIN_GAP_S = 10.0
MIN_LONG_SIDE_PX, MIN_SHORT_SIDE_PX = 1280, 720
MAX_CLOCK_ERROR_S = 1.0


class Shortfall(StrEnum):
    """What is missing; the page words it by this key in the reader's language."""

    NO_PANORAMA = "no_panorama"
    NO_SECOND_PANORAMA = "no_second_panorama"
    PANORAMAS_TOO_CLOSE = "panoramas_too_close"
    PICTURE_TOO_SMALL = "picture_too_small"
    CLOCK_ERROR_TOO_LARGE = "clock_error_too_large"
    NO_CLOSE_UP = "no_close_up"
    NO_CLIP = "no_clip"
    CLIP_TOO_SHORT = "clip_too_short"


@dataclass(frozen=True, slots=True)
class Shot:
    """One panorama as far as completeness depends on it; times as in `Frame`."""

    captured_at: datetime
    clock_error_s: float
    size_wh: SizeWH


def shortfalls(shots: Sequence[Shot], *, has_close_up: bool, has_clip: bool) -> tuple[Shortfall, ...]:
    """Return what is missing for whole evidence, in the order of `Shortfall`; empty when nothing is."""
    times = sorted(shot.captured_at for shot in shots)
    gap_s = (times[-1] - times[0]).total_seconds() if times else 0.0
    missing = {
        Shortfall.NO_PANORAMA: not shots,
        Shortfall.NO_SECOND_PANORAMA: len(shots) == 1,
        Shortfall.PANORAMAS_TOO_CLOSE: len(shots) > 1 and gap_s < MIN_GAP_S,
        Shortfall.PICTURE_TOO_SMALL: any(not _is_large_enough(shot.size_wh) for shot in shots),
        Shortfall.CLOCK_ERROR_TOO_LARGE: any(shot.clock_error_s > MAX_CLOCK_ERROR_S for shot in shots),
        Shortfall.NO_CLOSE_UP: not has_close_up,
        Shortfall.NO_CLIP: not has_clip,
    }
    return tuple(shortfall for shortfall in Shortfall if missing.get(shortfall))


def _is_large_enough(size_wh: SizeWH) -> bool:
    return max(size_wh) >= MIN_LONG_SIDE_PX and min(size_wh) >= MIN_SHORT_SIDE_PX
