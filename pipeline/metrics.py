"""Counts for Prometheus, read from the parts at the moment somebody asks; nothing is counted twice or kept here."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.views import CameraView, HornView, SystemHealth, TargetView


@dataclass(frozen=True, slots=True)
class MetricSources:
    """Where the figures come from; each is called once per request."""

    cameras: Callable[[], Iterable[CameraView]]
    horns: Callable[[], Iterable[HornView]]
    health: Callable[[], SystemHealth]
    cases_by_state: Callable[[], dict[str, int]]
    targets: Callable[[], Iterable[TargetView]] = tuple
    unrecorded: Callable[[], int] = int


class Metrics(Collector):
    """The registry of one system; two systems in a process have one each."""

    def __init__(self, sources: MetricSources) -> None:
        self._sources = sources
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def text(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield the metric families; called by the registry."""
        yield from _camera_metrics(tuple(self._sources.cameras()))
        horns = GaugeMetricFamily("streetwarden_horn_ok", "1 where the horn can speak", labels=["horn"])
        for horn in self._sources.horns():
            horns.add_metric([horn.horn_id], float(horn.state in {"ok", "speaking"}))
        yield horns
        cases = GaugeMetricFamily("streetwarden_cases", "cases by state", labels=["state"])
        for state, count in self._sources.cases_by_state().items():
            cases.add_metric([state], count)
        yield cases
        yield from _target_metrics(tuple(self._sources.targets()))
        yield CounterMetricFamily(
            "streetwarden_observations_unrecorded", "observations lost to recordings", value=self._sources.unrecorded()
        )
        health = self._sources.health()
        yield GaugeMetricFamily(
            "streetwarden_disk_free_bytes", "free bytes where evidence is kept", value=health.disk_free_bytes
        )
        yield GaugeMetricFamily(
            "streetwarden_evidence_held_back", "evidence waiting to be written", value=health.evidence_held_back
        )


def _camera_metrics(cameras: tuple[CameraView, ...]) -> Iterator[Metric]:
    live = GaugeMetricFamily("streetwarden_camera_live", "1 while packets arrive", labels=["camera"])
    fps = GaugeMetricFamily("streetwarden_camera_fps", "delivered packets a second", labels=["camera"])
    offered = CounterMetricFamily("streetwarden_frames_offered", "frames that could be looked at", labels=["camera"])
    decoded = CounterMetricFamily("streetwarden_frames_decoded", "decoded frames", labels=["camera"])
    passed_over = CounterMetricFamily(
        "streetwarden_frames_passed_over", "frames decoded only because later ones need them", labels=["camera"]
    )
    looked = CounterMetricFamily("streetwarden_frames_looked", "frames looked at", labels=["camera"])
    dropped = CounterMetricFamily("streetwarden_frames_dropped", "frames not looked at", labels=["camera", "cause"])
    reconnects = CounterMetricFamily("streetwarden_camera_reconnects", "connections after the first", labels=["camera"])
    for camera in cameras:
        live.add_metric([camera.camera_id], float(camera.health.state == "live"))
        fps.add_metric([camera.camera_id], camera.health.delivered_fps)
        offered.add_metric([camera.camera_id], camera.looks.offered)
        decoded.add_metric([camera.camera_id], camera.health.decoded)
        passed_over.add_metric([camera.camera_id], camera.health.passed_over)
        looked.add_metric([camera.camera_id], camera.looks.looked)
        reconnects.add_metric([camera.camera_id], camera.health.reconnects)
        for cause, count in camera.looks.dropped.items():
            dropped.add_metric([camera.camera_id, cause], count)
    yield from (live, fps, offered, decoded, passed_over, looked, dropped, reconnects)


def _target_metrics(targets: tuple[TargetView, ...]) -> Iterator[Metric]:
    up = GaugeMetricFamily("streetwarden_outbox_up", "1 while the receiver takes letters", labels=["target"])
    waiting = GaugeMetricFamily("streetwarden_outbox_waiting", "letters still to be delivered", labels=["target"])
    dead = GaugeMetricFamily("streetwarden_outbox_dead", "letters that were given up", labels=["target"])
    delivered = CounterMetricFamily("streetwarden_outbox_delivered", "letters delivered", labels=["target"])
    oldest = GaugeMetricFamily(
        "streetwarden_outbox_oldest_timestamp_seconds", "when the oldest waiting letter was queued", labels=["target"]
    )
    for target in targets:
        up.add_metric([target.target_id], float(not target.problem))
        waiting.add_metric([target.target_id], target.waiting)
        dead.add_metric([target.target_id], target.dead)
        delivered.add_metric([target.target_id], target.delivered)
        if target.oldest_at is not None:
            oldest.add_metric([target.target_id], target.oldest_at.timestamp())
    yield from (up, waiting, dead, delivered, oldest)
