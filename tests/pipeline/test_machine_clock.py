"""How good this machine's clock is: what the kernel says, or a reason why nobody knows; never a made-up number."""

import pytest

from cases.packs import Why
from pipeline.machine_clock import MachineClock, judged, read_machine_clock


@pytest.mark.parametrize(
    ("state", "max_error_us", "expected"),
    [
        (0, 12_345, MachineClock(0.012345)),
        (1, 0, MachineClock(0.0)),  # a leap second is announced
        (5, 16_000_000, MachineClock(None, Why.CLOCK_NOT_SYNCHRONISED)),
        (5, 10, MachineClock(None, Why.CLOCK_NOT_SYNCHRONISED)),
        (0, 10**10, MachineClock(None, Why.CLOCK_NOT_SYNCHRONISED)),
        (-1, 0, MachineClock(None, Why.CLOCK_NOT_TOLD)),
    ],
)
def test_answer_of_the_kernel_is_a_bound_or_a_reason(state: int, max_error_us: int, expected: MachineClock) -> None:
    assert judged(state, max_error_us) == expected


def test_this_machine_gives_a_bound_or_a_reason() -> None:
    clock = read_machine_clock()

    assert (clock.error_s is None) == (clock.why is not None)
