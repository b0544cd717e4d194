"""Says where and what an offence is in people's words, as it was when the offence was judged."""

from collections.abc import Iterable

from cases.codes import CodeTable
from detectors.catalog import ZoneSettings
from detectors.events import Event
from pipeline.evidence_keeper import Place
from pipeline.site import Site
from streams.errors import UnknownCameraError
from vision.zones import Zone

WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
"""Stands for a zone that is no more."""


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
        return Place(entry.shown_name, entry.place, whole, offence)
    rule = zone.rule.model_dump(mode="json") if zone.version == event.zone_version else None
    return Place(entry.shown_name, entry.place, zone.zone(), offence, rule, zone.still_gap_s)
