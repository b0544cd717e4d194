"""Footprints: which vehicles stand in a zone along the kerb, seen from oblique."""

import pytest

from detectors.footprint import footprint_ratio, stands_in, vehicle_footprint_ratio, vehicle_stands_in
from vision.zones import Zone

SIZE_WH = (640, 360)
KERB = Zone("kerb", "kerb", ((0.225, 0.73), (0.801, 0.405), (0.727, 0.393), (0.127, 0.662)))
BUS = (164.0, 109.0, 381.0, 224.0)
"""Wholly in the zone at the kerb: its wheels stand on a line that rises to the right."""


def moved(box: tuple[float, float, float, float], x: float, y: float) -> tuple[float, float, float, float]:
    return box[0] + x, box[1] + y, box[2] + x, box[3] + y


def mirrored(zone: Zone) -> Zone:
    return Zone("mirrored", "mirrored", tuple((1 - x, y) for x, y in zone.polygon))


def test_bus_at_the_kerb_stands_in_a_narrow_zone_though_neither_its_foot_nor_its_lowest_part_does() -> None:
    assert not stands_in(BUS, KERB, SIZE_WH, 0.5)
    assert vehicle_stands_in(BUS, KERB, SIZE_WH, 0.5)


def test_so_it_does_on_the_other_side_of_the_street() -> None:
    box = (640 - BUS[2], BUS[1], 640 - BUS[0], BUS[3])
    assert vehicle_footprint_ratio(box, mirrored(KERB), SIZE_WH) == vehicle_footprint_ratio(BUS, KERB, SIZE_WH)


@pytest.mark.parametrize("lane_px", [(40, 25), (80, 50), (-40, -30)])
def test_bus_in_the_next_lane_or_on_the_pavement_does_not(lane_px: tuple[int, int]) -> None:
    assert not vehicle_stands_in(moved(BUS, *lane_px), KERB, SIZE_WH, 0.5)


@pytest.mark.parametrize(
    "corners",
    [
        ((0.2, 0.4), (0.6, 0.4), (0.6, 0.7), (0.2, 0.7)),
        ((0.45, 0.3), (0.5, 0.3), (0.48, 0.95), (0.3, 0.95)),
    ],
    ids=["neither long nor narrow", "leads away"],
)
def test_zone_that_does_not_tell_how_vehicles_stand_in_it_counts_their_lowest_part(
    corners: tuple[tuple[float, float], ...],
) -> None:
    zone = Zone("zone", "zone", corners)
    assert 0 < vehicle_footprint_ratio(BUS, zone, SIZE_WH) == footprint_ratio(BUS, zone, SIZE_WH)
