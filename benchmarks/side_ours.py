"""Our side: a `Shard` as the service runs it, with one parking zone per camera and a packet ring.

Nothing is left out: reader with ring, gears, glances, model, perception, places, tracks and the parking rule. The rule
says at every moment how often it wants to look (`detectors.rules.Pace`); most looks are glances without the model.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.sides import CameraCounts, SideSettings
from detectors.catalog import ZoneSettings
from detectors.parking import ParkingRule
from models.model import Model
from pipeline.checkpoints import CheckpointFolder
from pipeline.shard import Shard, ShardListeners
from streams.opening import Openers
from streams.settings import StreamSettings

PARKING_ZONE = ZoneSettings(
    id="no-parking",
    polygon=((0.05, 0.35), (0.95, 0.35), (0.95, 0.95), (0.05, 0.95)),
    rule=ParkingRule(limit_s=300.0),
)
"""Most of the street, with the limit that is the rule's default."""


class OurSide:
    """A shard with one parking zone per camera."""

    def __init__(self, settings: SideSettings, model: Model) -> None:
        self._urls = {f"camera-{number}": url for number, url in enumerate(settings.urls, start=1)}
        listeners = ShardListeners(on_event=lambda _event: None, on_boxes=lambda _boxes: None)
        self._folder = tempfile.TemporaryDirectory(prefix="checkpoints-")  # each window begins knowing nothing
        self._shard = Shard("0", model, Openers(), CheckpointFolder(Path(self._folder.name)), listeners)

    def start(self) -> None:
        """Start the shard and add all cameras."""
        self._shard.start()
        for camera_id, url in self._urls.items():
            self._shard.add(camera_id, url, StreamSettings(), [PARKING_ZONE])

    def counts(self) -> Sequence[CameraCounts]:
        """Return every camera's counts."""
        return [self._counts(camera_id) for camera_id in self._urls]

    def problem(self) -> str:
        """Return what is wrong with the model or with a camera, or an empty string."""
        refused = (h.problem for h in self._shard.health() if h.state in {"refused", "stopped"})
        return self._shard.problem or next(refused, "")

    def stop(self) -> None:
        """End all threads and forget what was seen."""
        self._shard.stop()
        self._folder.cleanup()

    def _counts(self, camera_id: str) -> CameraCounts:
        looks = self._shard.counts(camera_id)
        health = self._shard.reader(camera_id).health()
        return CameraCounts(
            delivered=health.packets,
            passed_over=health.packets - looks.offered,
            decoded=looks.offered,
            looked=looks.looked,
            inferred=looks.inferred,
            dropped=looks.dropped,
            waiting=looks.waiting,
            reconnects=health.reconnects,
            kept_bytes=health.ring_bytes,
            wanted_hz=looks.wanted_hz,
        )
