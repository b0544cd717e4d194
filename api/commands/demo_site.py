"""The site of `streetwarden demo`: four drawn streets with their zones, and one horn that is always awake.

Limits and waits are far shorter than a city's, so that a case runs its whole way within two minutes.
"""

from pathlib import Path
from urllib.parse import quote

from datasets.demo_scenes import demo_zones
from datasets.scenario import DemoZone
from detectors.catalog import ZoneSettings, ZonesFile
from pipeline.settings import Settings

DEMO_USER = "demo"
DEMO_PASSWORD = "streetwarden"  # noqa: S105 - shown to whoever starts the demo, which listens on loopback only

STREETS = {
    "parking": "人民路 Renmin Road",
    "vending": "菜场街 Market Street",
    "flyers": "西墙 West Wall",
    "quiet": "安静街 Quiet Street",
}
"""Scene to the name that people read."""

PARKING_LIMIT_S, VENDING_LIMIT_S, FLYER_LIMIT_S = 20.0, 15.0, 12.0
LADDER_WAIT_S = 20.0
FPS = 12


def demo_settings(data: Path, port: int, card: Path | None) -> Settings:
    """Return the settings of the demo with its data in `data` and, where a card is given, another model."""
    folder = data.resolve()
    cameras = [
        {
            "id": scene,
            "name": name,
            "place": name,
            "url": f"synthetic://{scene}?fps={FPS}",
            "horn": "demo",
            "zones": folder / f"{scene}.zones.json",
        }
        for scene, name in STREETS.items()
    ]
    horn = {"id": "demo", "name": "演示喇叭 Demo horn", "url": f"auto://{quote(str(folder))}/horn", "quiet_hours": []}
    ladder = {"wait_s": LADDER_WAIT_S, "max_plays": 20}
    return Settings.model_validate(
        {
            "data": folder,
            "server": {"port": port},
            "model": {"card": card},
            "broadcast": {"horns": [horn], "ladder": ladder},
            "cameras": cameras,
        }
    )


def write_demo_zones(data: Path) -> None:
    """Write the zones files that the demo's cameras begin with."""
    for scene in STREETS:
        zones = tuple(_zone(zone) for zone in demo_zones(scene))
        text = ZonesFile(zones=zones).model_dump_json(indent=2)
        (data / f"{scene}.zones.json").write_text(text, encoding="utf-8")


def _zone(zone: DemoZone) -> ZoneSettings:
    limits = {"parking": PARKING_LIMIT_S, "vending": VENDING_LIMIT_S, "flyers": FLYER_LIMIT_S}
    rule = {"kind": zone.kind, "limit_s": limits[zone.kind]}
    return ZoneSettings.model_validate({"id": zone.zone_id, "name": zone.name, "polygon": zone.polygon, "rule": rule})
