"""Snapshots for people: cameras, horns and the whole system as the page and the command line show them.

No URL here holds a password.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from detectors.catalog import ZoneSettings
from streams.health import CameraHealth


@dataclass(frozen=True, slots=True)
class LookCounts:
    """What became of the pictures a camera offered; `offered == looked + sum of the dropped`, plus those still waiting.

    Attributes:
        offered: pictures that could be looked at; key frames among them are decoded only once their turn comes.
        looked: pictures that went through perception.
        inferred: those of them that went through the model.
        dropped: pictures not looked at, by cause.
        waiting: pictures that wait for the looking thread at this moment, or are in its hands.
        wanted_hz: looks a second that the camera's rules want at present.
        reached_hz: looks a second over the last minute.
    """

    offered: int
    looked: int
    inferred: int
    dropped: dict[str, int]
    waiting: int
    wanted_hz: float = 0.0
    reached_hz: float = 0.0


@dataclass(frozen=True, slots=True)
class CameraView:
    """One camera as people see it."""

    camera_id: str
    name: str
    url: str  # redacted
    horn_id: str | None
    place: str
    health: CameraHealth
    zones: tuple[ZoneSettings, ...]
    looks: LookCounts
    view_state: str
    views: "tuple[ViewOfCamera, ...]" = ()


@dataclass(frozen=True, slots=True)
class ViewOfCamera:
    """One of the views of a camera that has several.

    Attributes:
        view_id, name: of the view.
        is_known: somebody has said what it looks like.
        is_here: the camera was recognised to look there.
        seen_at: when its zones were last judged, aware UTC; None where they never were.
        every_s: how often a tour leads there; None where none does.
    """

    view_id: str
    name: str
    is_known: bool
    is_here: bool
    seen_at: datetime | None
    every_s: float | None


@dataclass(frozen=True, slots=True)
class SystemProblem:
    """One thing that an operator should know.

    Attributes:
        code: what kind of problem it is; the page words it by this.
        message: the same as a sentence, for who does not know the code.
        facts: what the page fills into its own sentence.
    """

    code: str
    message: str
    facts: Mapping[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HornView:
    """One horn as people see it; `state`, `problem` and `problem_code` as in `broadcast.horn_worker.HornHealth`."""

    horn_id: str
    name: str
    url: str  # redacted
    state: str
    problem: str
    last_spoken_at: datetime | None
    last_detail: str
    last_file: str | None
    problem_code: str = ""


@dataclass(frozen=True, slots=True)
class TargetView:
    """One receiver outside as people see it.

    Attributes:
        target_id: its name in the settings.
        kind: `webhook`, `mqtt`, `gat1400`; empty for one that the settings name no more.
        address: scheme and host.
        problem: why it takes nothing now, one sentence without secrets; empty while it does.
        failures: in a row.
        delivered: letters since the start.
        waiting: letters that it is still to get.
        dead: letters that were given up.
        oldest_at: when the oldest waiting one happened, None where none waits.
    """

    target_id: str
    kind: str
    address: str
    problem: str
    failures: int
    delivered: int
    waiting: int
    dead: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class SystemHealth:
    """The system at one moment.

    Attributes:
        started_at: aware UTC.
        version: of the program.
        model: name of the model.
        engine: engine and precision that run it, with its measured milliseconds per picture.
        disk_free_bytes: where evidence is kept.
        evidence_held_back: evidence that could not be written yet; it is kept in memory and tried again.
        problems: what an operator should know, empty on a good day.
    """

    started_at: datetime
    version: str
    model: str
    engine: str
    disk_free_bytes: int
    evidence_held_back: int
    problems: tuple[SystemProblem, ...]
