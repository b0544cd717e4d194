"""Says whether a view can see a sheet of A4 on a watched surface at all, and whether its print can be read.

An overview camera cannot: at the 62.5 pixels a metre at which one recognises people, A4 is 13 by 19 pixels. Without the
surface's real size nobody can tell.

Source of the densities: IEC 62676-4, as in domain.md 4.3. What can be read: docs/reading.md.

Belongs here: the judgement. Does not: geometry (vision.surface_scale), words (api, api/web).
"""

from dataclasses import dataclass
from enum import StrEnum

from detectors.flyers import FlyerRule
from vision.arrays import SizeWH
from vision.surface_scale import SurfaceScale
from vision.surfaces import MIN_AREA_PX, rectified_ratio
from vision.zones import Zone

A4_M = (0.21, 0.297)

HEADLINE_M = 0.03
"""Height of a headline's or a number's characters on a flyer of A4: what one reads from across a road."""

READ_PX = 8.0
"""Pixels of a character's height from which all drawn numbers and plates are read right (docs/reading.md); worn print
wants more."""


class Sight(StrEnum):
    """What a view can do with a sheet of A4."""

    UNKNOWN = "unknown"  # the surface's size in metres is not set
    TOO_SMALL = "too_small"  # too few pixels for the rule
    SEEN = "seen"
    READ = "read"


@dataclass(frozen=True, slots=True)
class SheetSight:
    """Whether A4 is seen on a surface, at its worst spot.

    Attributes:
        sight: what the view can do.
        px_per_m: pixels a metre, the smaller of both directions; 0 where it is not known.
        sheet_wh_px: width and height of an upright sheet, pixels; 0 where they are not known.
        character_px: height of a headline's characters, pixels; 0 where it is not known.
    """

    sight: Sight
    px_per_m: float = 0.0
    sheet_wh_px: tuple[float, float] = (0.0, 0.0)
    character_px: float = 0.0


def sheet_sight(zone: Zone, rule: FlyerRule, looked_wh: SizeWH, evidence_wh: SizeWH | None = None) -> SheetSight:
    """Return whether a view can see a sheet of A4 and read it.

    Args:
        zone: the watched surface.
        rule: its rule, with the surface's size where it is known.
        looked_wh: size in pixels of the pictures that are looked at; figures are told of these.
        evidence_wh: of those that evidence is taken from and that are read; the same if None.
    """
    if rule.surface_m is None:
        return SheetSight(Sight.UNKNOWN)
    along, up = SurfaceScale(zone, looked_wh, rule.surface_m).px_per_m()
    sheet = A4_M[0] * along, A4_M[1] * up
    character_px = HEADLINE_M * up
    read_px = HEADLINE_M * SurfaceScale(zone, evidence_wh or looked_wh, rule.surface_m).px_per_m()[1]
    sight = Sight.READ if read_px >= READ_PX else Sight.SEEN
    if not _is_found(zone, rule, looked_wh, sheet):
        sight = Sight.TOO_SMALL
    return SheetSight(sight, min(along, up), sheet, character_px)


def _is_found(zone: Zone, rule: FlyerRule, looked_wh: SizeWH, sheet: tuple[float, float]) -> bool:
    """Return whether a sheet passes the rule's smallest side and area, and is enough of the rectified surface."""
    width, height = rule.surface_m or (1.0, 1.0)
    area_ratio = A4_M[0] * A4_M[1] / (width * height)
    rectified_px = sheet[0] * sheet[1] * rectified_ratio(zone, looked_wh) ** 2
    return min(sheet) >= rule.min_side_px and area_ratio >= rule.min_area_ratio and rectified_px >= MIN_AREA_PX
