"""Says where and what an offence is in people's words, as it was when the offence was judged."""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import JsonValue

from cases.codes import CodeTable
from cases.packs import Why
from detectors.catalog import ZoneSettings
from detectors.events import Event
from pipeline.camera_settings import CameraEntry
from pipeline.site import Site
from streams.errors import UnknownCameraError
from vision.zones import Zone

WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
"""Stands for a zone that is no more."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where and what an offence is, in the words that stand on stills and in manifests.

    Attributes:
        camera_name: what people call the camera.
        place: where it looks, in words; may be empty.
        zone: the zone that was violated.
        offence: code and name of the offence in the city's table.
        rule: the zone's rule as it was when the offence was judged; None where it was changed or removed since.
        still_gap_s: seconds between panoramas that the zone asks for; None where it asks for no more than the rest.
        preset: the camera's view in which the zone judged, as evidence calls it; or why that is not known.
    """

    camera_name: str
    place: str
    zone: Zone
    offence: str
    rule: dict[str, JsonValue] | None = None
    still_gap_s: float | None = None
    preset: str | Why = Why.PRESETS_NOT_READ


def require_items(zones: Iterable[ZoneSettings], codes: CodeTable) -> None:
    """Make sure that the cases of all zones will have an item of the table.

    Raises:
        KindWithoutItemError: those of one would have none.
    """
    for zone in zones:
        codes.for_kind(zone.rule.kind)


def place_of(event: Event, site: Site, codes: CodeTable) -> Place:
    """Return names, zone and rule of an event; a camera or a zone may have been removed since its offence began."""
    item = codes.for_kind(event.kind, event.offence)
    offence = f"{item.code} {item.name_zh} {item.name_en}"
    whole = Zone(event.zone_id, event.zone_id, WHOLE)
    try:
        entry, zones = site.camera(event.camera_id), site.zones(event.camera_id)
    except UnknownCameraError:
        return Place(event.camera_id, "", whole, offence)
    zone = next((zone for zone in zones if zone.id == event.zone_id), None)
    if zone is None:
        return Place(entry.shown_name, entry.place, whole, offence, preset=_preset(entry, None))
    is_same = zone.version == event.zone_version
    rule = zone.rule.model_dump(mode="json") if is_same else None
    preset = _preset(entry, zone if is_same else None)
    return Place(entry.shown_name, entry.place, zone.zone(), offence, rule, zone.still_gap_s, preset)


def _preset(entry: CameraEntry, zone: ZoneSettings | None) -> str | Why:
    """Return the view in which a zone judged, as evidence calls it; None: it was changed or removed since."""
    if not entry.views:
        return Why.ONE_VIEW
    if len(entry.views) == 1:
        return entry.views[0].preset
    view = None if zone is None else entry.view_of(zone)
    return Why.ZONE_CHANGED if view is None else view.preset
