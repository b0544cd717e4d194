"""Says what is missing for a pack of evidence to be whole; what falls short is marked, never passed off as whole.

Source: GA/T 832-2014, pictures of a stationary vehicle: two panoramas taken at different times, at least 10 s apart,
1280 x 720 or more from a digital camera, and a clock that is off by at most 1.0 s. What is off is the camera's picture
against Beijing time: how far the picture's time may be from this machine's clock, and this machine's clock from UTC.
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
    PICTURE_TOO_SMALL = "picture_too_small"  # though the camera has more
    CAMERA_TOO_SMALL = "camera_too_small"  # the camera has no more, so none of its cases is whole
    CLOCK_ERROR_TOO_LARGE = "clock_error_too_large"
    CLOCK_ERROR_UNKNOWN = "clock_error_unknown"
    NO_CLOSE_UP = "no_close_up"
    NO_CLIP = "no_clip"
    CLIP_TOO_SHORT = "clip_too_short"


@dataclass(frozen=True, slots=True)
class Shot:
    """One panorama as far as completeness depends on it.

    Attributes:
        captured_at: as in `Frame`.
        clock_error_s: bound of its error against UTC, seconds; None where nobody knows it.
        size_wh: of the picture.
        camera_wh: the largest picture that the camera is known to have; the picture's own size where nobody said.
    """

    captured_at: datetime
    clock_error_s: float | None
    size_wh: SizeWH
    camera_wh: SizeWH = (0, 0)


def total_clock_error_s(picture_s: float, machine_s: float | None) -> float | None:
    """Return the bound of a picture's clock error against UTC, or None where this machine's own is not known.

    Args:
        picture_s: bound against this machine's clock.
        machine_s: bound of this machine's clock against UTC; None where nobody knows it.
    """
    return None if machine_s is None else picture_s + machine_s


def shortfalls(
    shots: Sequence[Shot], *, has_close_up: bool, has_clip: bool, min_gap_s: float = MIN_GAP_S
) -> tuple[Shortfall, ...]:
    """Return what is missing for whole evidence, in the order of `Shortfall`; empty when nothing is.

    Args:
        shots: the panoramas, in any order.
        has_close_up: whether there is one.
        has_clip: whether there is one.
        min_gap_s: seconds that the first and the last panorama must be apart; never less than the law's.
    """
    times = sorted(shot.captured_at for shot in shots)
    gap_s = (times[-1] - times[0]).total_seconds() if times else 0.0
    small = [shot for shot in shots if not _is_large_enough(shot.size_wh)]
    errors_s = [shot.clock_error_s for shot in shots]
    missing = {
        Shortfall.NO_PANORAMA: not shots,
        Shortfall.NO_SECOND_PANORAMA: len(shots) == 1,
        Shortfall.PANORAMAS_TOO_CLOSE: len(shots) > 1 and gap_s < max(min_gap_s, MIN_GAP_S),
        Shortfall.PICTURE_TOO_SMALL: any(_is_large_enough(shot.camera_wh) for shot in small),
        Shortfall.CAMERA_TOO_SMALL: any(not _is_large_enough(shot.camera_wh) for shot in small),
        Shortfall.CLOCK_ERROR_TOO_LARGE: any(error is not None and error > MAX_CLOCK_ERROR_S for error in errors_s),
        Shortfall.CLOCK_ERROR_UNKNOWN: None in errors_s,
        Shortfall.NO_CLOSE_UP: not has_close_up,
        Shortfall.NO_CLIP: not has_clip,
    }
    return tuple(shortfall for shortfall in Shortfall if missing.get(shortfall))


def _is_large_enough(size_wh: SizeWH) -> bool:
    return max(size_wh) >= MIN_LONG_SIDE_PX and min(size_wh) >= MIN_SHORT_SIDE_PX
