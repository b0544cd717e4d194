"""Gears: which is the cheapest that serves everyone."""

from math import inf

import pytest

from streams.gears import Gear, cheapest_gear


@pytest.mark.parametrize(
    ("wanted", "key_interval_s", "expected"),
    [
        ([], 2.0, Gear.off()),
        ([Gear.off(), Gear.off()], 2.0, Gear.off()),
        ([Gear.key()], 0.0, Gear.key()),
        ([Gear.key()], inf, Gear.key()),
        ([Gear.scout(0.25, 6.0)], 0.0, Gear("key", 0.25)),
        ([Gear.scout(0.25, 6.0)], 5.0, Gear("key", 0.25)),
        ([Gear.scout(0.25, 5.0)], 10.0, Gear.rate(0.25)),
        ([Gear.scout(0.25, 5.0)], inf, Gear.rate(0.25)),
        ([Gear.scout(0.25, 6.0), Gear.rate(1.0)], 2.0, Gear.rate(1.0)),
        ([Gear.scout(0.25, 6.0), Gear.rate(1.0)], 1.0, Gear("key", 1.0)),
        ([Gear.rate(5), Gear.full()], 0.1, Gear.full()),
        ([Gear.rate(0.5)], 2.0, Gear("key", 0.5)),
        ([Gear.rate(0.2), Gear.rate(0.5)], 1.0, Gear("key", 0.5)),
        ([Gear.rate(1.0)], 2.0, Gear.rate(1.0)),
        ([Gear.rate(1.0), Gear.rate(4.0)], 2.0, Gear.rate(4.0)),
        ([Gear.rate(1.0)], inf, Gear.rate(1.0)),
        ([Gear.rate(1.0)], 1.04, Gear("key", 1.0)),
        ([Gear.key(), Gear.rate(0.1)], 2.0, Gear.key()),
        ([Gear.key(), Gear.rate(5.0)], 2.0, Gear.rate(5.0)),
    ],
)
def test_cheapest_gear_serves_everyone(wanted: list[Gear], key_interval_s: float, expected: Gear) -> None:
    assert cheapest_gear(wanted, key_interval_s) == expected


@pytest.mark.parametrize(("mode", "hz"), [("rate", 0.0), ("rate", -1.0), ("full", 5.0), ("off", 1.0), ("key", -1.0)])
def test_gear_without_sense_is_refused(mode: str, hz: float) -> None:
    with pytest.raises(ValueError, match="does not go with"):
        Gear(mode, hz)
