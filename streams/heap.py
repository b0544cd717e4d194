"""Keeps large blocks of memory apart from small ones, so that what rings drop goes back to the machine.

Key frames of a hundred cameras come and go between small objects that stay. glibc gives a block of 128 kB and more
pages of its own at first, but moves that bound up to 32 MB as soon as such a block is freed; from then on each key
frame leaves a hole that something smaller settles in: 1 to 2 MB a camera.
"""

import ctypes

LARGE_BYTES = 128 * 1024
_M_MMAP_THRESHOLD = -3  # malloc.h


def keep_large_blocks_apart() -> bool:
    """Hold that bound where it begins, for this process; returns False where the C library is another one."""
    try:
        return bool(ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES))
    except (OSError, AttributeError):
        return False
