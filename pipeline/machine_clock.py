"""Asks the kernel how far this machine's clock may be from UTC; whoever keeps it right (NTP, PTP) tells the kernel.

Source: adjtimex(2): `maxerror` is the bound that the time daemon set, and that grows by 500 ppm until it sets it again.
"""

import ctypes
import sys
from dataclasses import dataclass

from cases.packs import Why

TIME_ERROR = 5
"""What the call returns while nothing keeps the clock right."""

SANE_S = 3600.0
"""A bound beyond this was not set by any time daemon."""


@dataclass(frozen=True, slots=True)
class MachineClock:
    """How good the clock is: `error_s` bounds its error against UTC; None where nobody knows, and `why`."""

    error_s: float | None
    why: Why | None = None


class _Timex(ctypes.Structure):
    """`struct timex` of Linux as far as it is asked; the kernel writes beyond it, hence the room."""

    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("room", ctypes.c_byte * 256),
    ]


def read_machine_clock() -> MachineClock:
    """Return what the kernel says; any thread may call it, and nothing is set."""
    if not sys.platform.startswith("linux"):
        return MachineClock(None, Why.CLOCK_NOT_TOLD)
    told = _Timex()
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.byref(told))
    except (OSError, AttributeError):
        return MachineClock(None, Why.CLOCK_NOT_TOLD)
    return judged(state, told.maxerror)


def judged(state: int, max_error_us: int) -> MachineClock:
    """Return what an answer of the kernel means: state (negative where it refused) and bound in microseconds."""
    if state < 0:
        return MachineClock(None, Why.CLOCK_NOT_TOLD)
    error_s = max_error_us / 1e6
    if state == TIME_ERROR or not 0 <= error_s < SANE_S:
        return MachineClock(None, Why.CLOCK_NOT_SYNCHRONISED)
    return MachineClock(error_s)
