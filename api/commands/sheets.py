"""Says in words whether a view can see a sheet of A4 on its watched surfaces, for `check` and `replay`."""

from collections.abc import Iterable, Iterator

from detectors.catalog import ZoneSettings
from detectors.flyers import FlyerRule
from detectors.sheet_visibility import SheetSight, Sight, sheet_sight
from vision.arrays import SizeWH

SENTENCES = {
    Sight.UNKNOWN: "whether A4 is seen cannot be told; set surface_width_m and surface_height_m in its rule",
    Sight.TOO_SMALL: "a sheet of A4 is not seen: {sheet}; zoom in, or draw a smaller zone",
    Sight.SEEN: "a sheet of A4 is seen: {sheet}; its print, some {character:.0f} px high, can hardly be read",
    Sight.READ: "a sheet of A4 is seen: {sheet}; its headline and number can be read",
}


def sheet_sentences(zones: Iterable[ZoneSettings], frame_wh: SizeWH) -> Iterator[tuple[Sight, str]]:
    """Yield for each watched surface what can be done there, in one sentence that names the zone."""
    for zone in zones:
        if isinstance(zone.rule, FlyerRule):
            seen = sheet_sight(zone.zone(), zone.rule, frame_wh)
            yield seen.sight, f"zone {zone.id!r}, looked at in {frame_wh[0]} x {frame_wh[1]}: {_words(seen)}"


def _words(seen: SheetSight) -> str:
    width, height = seen.sheet_wh_px
    sheet = f"{width:.0f} x {height:.0f} px at the far end, {seen.px_per_m:.0f} px a metre"
    return SENTENCES[seen.sight].format(sheet=sheet, character=seen.character_px)
