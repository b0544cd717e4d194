"""Says what a side of the capacity benchmark is told, and what it tells; light enough for a peer's own environment.

A side watches cameras with a parking, a vending and a flyer zone each and reports what stays there beyond its limit.
It runs alone in a fresh process (`capacity_worker`). Plain dataclasses and JSON, because a peer's environment holds
the peer's libraries and not ours.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

SIDES = ("ours", "ultralytics", "opencv", "vidgear")
"""Every side, ours first."""

OWN_ENVIRONMENT = ("ultralytics", "vidgear")
"""Sides that need the peers' environment; the others run in ours."""

VEHICLE_NAMES = ("car", "bus", "truck")
STALL_NAMES = ("stall", "umbrella", "table", "tricycle", "goods")
"""Names of the model's classes that a peer's parking and vending rules look at."""

PEER_KINDS = ("parking", "vending")
"""What a peer can find at all: none has an eye for paper, and the model has no class for it."""


Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class ZoneTask:
    """A zone as a peer knows it: kind of violation, corners as fractions of the picture, and limit in seconds."""

    kind: str
    polygon: tuple[tuple[float, float], ...]
    limit_s: float


@dataclass(frozen=True, slots=True)
class CameraTask:
    """One camera: its URL, its street's name, the number of the picture that it begins with, and its zones."""

    url: str
    story: str
    first: int
    zones: tuple[ZoneTask, ...]


@dataclass(frozen=True, slots=True)
class WatchTask:
    """What a side's process is told.

    Attributes:
        side: which one.
        cameras: what it watches.
        fps: pictures a second of every camera.
        pictures: pictures in a clip's period.
        size_wh: of every camera's pictures.
        card: the model's card (ours, opencv).
        weights_folder: where the card's weights lie; empty for the card's own folder.
        weights: the same model's file (peers in their own environment).
        input_wh: size of the model's input.
        score: least score of a detection.
        engine: a name of `models.choice.ENGINE_NAMES` (ours, opencv).
        cache_dir: scratch folder.
    """

    side: str
    cameras: tuple[CameraTask, ...]
    fps: int
    pictures: int
    size_wh: tuple[int, int]
    card: str
    weights_folder: str
    weights: str
    input_wh: tuple[int, int]
    score: float
    engine: str
    cache_dir: str


@dataclass(frozen=True, slots=True)
class CameraState:
    """How a side stands with one camera; counts since it began.

    Attributes:
        delivered: encoded pictures that reached the side: packets read (ours), pictures grabbed (peers).
        looked: pictures that went through the model.
        moment_s: the newest moment of the street that was looked at; None before the first.
        breaks: how often the camera's clock began anew.
        reconnects: connections after the first.
        kept_bytes: encoded bytes that are kept for looking back.
    """

    delivered: int
    looked: int
    moment_s: float | None
    breaks: int
    reconnects: int = 0
    kept_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """Something that stayed beyond its limit.

    Attributes:
        camera: from 0.
        kind: `parking`, `vending` or `flyers`.
        started_s: moment of the street at which it began, as the side says.
        raised_s: moment at which it was reported.
        box: x1, y1, x2, y2 as fractions of the picture.
    """

    camera: int
    kind: str
    started_s: float
    raised_s: float
    box: Box


class Watcher(Protocol):
    """A running side; its methods are called from its process's main thread."""

    def start(self) -> None:
        """Connect to all cameras and begin to look.

        Raises:
            ConnectionError: it cannot; the message says why.
        """
        ...

    def states(self) -> Sequence[CameraState]:
        """Return how it stands with every camera."""
        ...

    def found(self) -> Sequence[Found]:
        """Return everything that was found so far."""
        ...

    def problem(self) -> str:
        """Return what keeps the side from looking, or an empty string."""
        ...

    def stop(self) -> None:
        """End all threads."""
        ...


def task_to_json(task: WatchTask) -> dict[str, Any]:
    """Return a task as JSON."""
    return asdict(task)


def task_from_json(raw: dict[str, Any]) -> WatchTask:
    """Return what `task_to_json` wrote."""
    cameras = tuple(
        CameraTask(
            camera["url"],
            camera["story"],
            camera["first"],
            tuple(
                ZoneTask(zone["kind"], tuple((x, y) for x, y in zone["polygon"]), zone["limit_s"])
                for zone in camera["zones"]
            ),
        )
        for camera in raw["cameras"]
    )
    sizes = {name: (raw[name][0], raw[name][1]) for name in ("size_wh", "input_wh")}
    return WatchTask(**{**raw, "cameras": cameras, **sizes})
