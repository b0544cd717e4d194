"""Takes the pictures of an offence: looks back into the packet ring for stills and clips, and names what is missing.

The first panorama is taken when an offence's clock opens, minutes before it may become a case, and waits in a folder
of its own; it goes into the case, or away with the offence. Everything is decoded from the ring at full size, so that
a camera that is looked at on key frames alone loses no evidence.

Belongs here: which pictures, from when. Does not: writing them for good (cases.evidence), when (case_flow).
"""

import json
import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

from cases.packs import ModelFacts, PackFacts, PackPurpose, Part, PartRole
from cases.stills import Marks, close_up_jpeg, marked_jpeg, original_jpeg
from detectors.events import Event
from pipeline.settings import EvidenceSettings
from streams.clips import write_clip
from streams.errors import StreamError
from streams.reader import CameraReader
from vision.frames import Frame
from vision.zones import Zone

logger = logging.getLogger(__name__)

NO_FIRST_STILL = "no panorama from when the offence began: its moment was no longer in the packet ring"
SECOND_STILL_FOLLOWS = "the second panorama follows, at least {gap_s:.0f} s after the first"


@dataclass(frozen=True, slots=True)
class Still:
    """One untouched panorama with its times."""

    data: bytes
    t_s: float
    captured_at: datetime
    clock_error_s: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where and what an offence is, in the words that stand on stills and in manifests.

    Attributes:
        camera_name: what people call the camera.
        place: where it looks, in words; may be empty.
        zone: the zone that was violated.
        offence: code and name of the offence in the city's table.
    """

    camera_name: str
    place: str
    zone: Zone
    offence: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Parts of one pack and how they came about."""

    parts: tuple[Part, ...]
    facts: PackFacts
    still: Still | None


@dataclass(frozen=True, slots=True)
class KeeperParts:
    """What the keeper asks.

    Attributes:
        model: what judged, for manifests.
        reader: gives the reader of a camera.
        place: gives names and zone of an event.
        local: the zone of the times that stand on marked copies.
    """

    model: ModelFacts
    reader: Callable[[str], CameraReader]
    place: Callable[[Event], Place]
    local: tzinfo


class EvidenceKeeper:
    """Makes the parts of evidence packs; used by the `cases-writer` thread."""

    def __init__(self, folder: Path, settings: EvidenceSettings, parts: KeeperParts) -> None:
        """Keep first stills in `folder`, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._settings = settings
        self._model, self._reader, self._place, self._local = parts.model, parts.reader, parts.place, parts.local

    def keep_first(self, event: Event) -> None:
        """Keep a panorama from when the offence began, or the newest one there is.

        Raises:
            StreamError: the camera has no picture in its ring.
            OSError: it cannot be kept.
        """
        still = self._still(event.camera_id, event.started_t_s)
        times = {"t_s": still.t_s, "captured_at": still.captured_at.isoformat(), "clock_error_s": still.clock_error_s}
        self._path(event, "jpg").write_bytes(still.data)
        self._path(event, "json").write_text(json.dumps(times), encoding="utf-8")

    def forget_first(self, event: Event) -> None:
        """Remove the first panorama of an offence that is over or whose case has it."""
        self._path(event, "jpg").unlink(missing_ok=True)
        self._path(event, "json").unlink(missing_ok=True)

    def opening(self, event: Event, case_label: str) -> Taken:
        """Return panoramas, close-up and marked copy for a new case.

        Raises:
            StreamError: the camera has no picture in its ring.
        """
        first = self._first(event)
        frame = self._frame(event.camera_id, event.t_s)
        now = _still_of(frame, original_jpeg(frame))
        missing: list[str] = [] if first else [NO_FIRST_STILL]
        parts = [Part("panorama-1.jpg", (first or now).data, PartRole.PANORAMA)]
        second = now if first and now.t_s - first.t_s >= self._settings.still_gap_s else None
        if second is not None:
            parts.append(Part("panorama-2.jpg", second.data, PartRole.PANORAMA))
        else:
            missing.append(SECOND_STILL_FOLLOWS.format(gap_s=self._settings.still_gap_s))
        parts.append(Part("close-up.jpg", close_up_jpeg(frame, event.box), PartRole.CLOSE_UP))
        parts.append(Part("marked.jpg", self._marked(event, case_label, now), PartRole.MARKED))
        return Taken(
            tuple(parts), self._facts(event, PackPurpose.OPENING, now, missing), None if second else (first or now)
        )

    def second(self, event: Event, first: Still) -> Taken:
        """Return a panorama that is at least the set gap later than `first`.

        Raises:
            StreamError: the camera has no such picture in its ring; it may be away.
        """
        return self._one_still(event, first.t_s + self._settings.still_gap_s, PackPurpose.PERSISTENCE, "panorama-2.jpg")

    def after_warning(self, event: Event) -> Taken:
        """Return a panorama of now, of what a warning has brought about.

        Raises:
            StreamError: the camera has no picture in its ring.
        """
        return self._one_still(event, None, PackPurpose.AFTER_WARNING, "after-warning.jpg")

    def clip(self, event: Event) -> Taken:
        """Return the clip around the moment the offence passed its limit.

        Raises:
            StreamError: the moment is no longer in the ring, or cannot be cut.
            OSError: there is no room for it.
        """
        from_t_s, to_t_s = event.t_s - self._settings.clip_before_s, event.t_s + self._settings.clip_after_s
        reader = self._reader(event.camera_id)
        span = reader.ring.span()
        missing = []
        if span is not None and (span[0] > from_t_s or span[1] < to_t_s):
            missing.append("the clip is shorter than asked: the packet ring did not hold all of it")
            from_t_s, to_t_s = max(from_t_s, span[0]), min(to_t_s, span[1])
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            path = Path(folder) / "clip.mp4"
            write_clip(reader.ring.segment(from_t_s, to_t_s), path)
            data = path.read_bytes()
        still = self._still(event.camera_id, max(from_t_s, min(event.t_s, to_t_s)))
        return Taken(
            (Part("clip.mp4", data, PartRole.CLIP),), self._facts(event, PackPurpose.CLIP, still, missing), None
        )

    def _one_still(self, event: Event, t_s: float | None, purpose: PackPurpose, name: str) -> Taken:
        still = self._still(event.camera_id, t_s)
        return Taken((Part(name, still.data, PartRole.PANORAMA),), self._facts(event, purpose, still, []), still)

    def _frame(self, camera_id: str, t_s: float | None) -> Frame:
        reader = self._reader(camera_id)
        try:
            return reader.still(t_s)
        except StreamError:
            if t_s is None:
                raise
            return reader.still()

    def _still(self, camera_id: str, t_s: float | None) -> Still:
        frame = self._frame(camera_id, t_s)
        return _still_of(frame, original_jpeg(frame))

    def _first(self, event: Event) -> Still | None:
        try:
            times = json.loads(self._path(event, "json").read_text(encoding="utf-8"))
            data = self._path(event, "jpg").read_bytes()
            captured_at = datetime.fromisoformat(times["captured_at"])
            return Still(data, float(times["t_s"]), captured_at, float(times["clock_error_s"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError) as err:
            logger.warning("event %s: its first panorama cannot be read: %s", event.event_id, err)
            return None

    def _marked(self, event: Event, case_label: str, still: Still) -> bytes:
        place = self._place(event)
        marks = Marks(
            polygon=place.zone.polygon,
            box=event.box,
            captured_at=still.captured_at,
            clock_error_s=still.clock_error_s,
            place=" ".join(filter(None, (place.place, place.camera_name, place.zone.name))),
            event=place.offence,
            case_label=case_label,
        )
        return marked_jpeg(still.data, marks, local=self._local)

    def _facts(self, event: Event, purpose: PackPurpose, still: Still, missing: list[str]) -> PackFacts:
        place = self._place(event)
        return PackFacts(
            event_id=event.event_id,
            kind=event.kind,
            purpose=purpose,
            camera_id=event.camera_id,
            camera_name=place.camera_name,
            zone_id=event.zone_id,
            zone_name=place.zone.name,
            zone_version=event.zone_version,
            t_s=still.t_s,
            captured_at=still.captured_at,
            clock_error_s=still.clock_error_s,
            model=self._model,
            reasons=event.reasons,
            incomplete=tuple(missing),
        )

    def _path(self, event: Event, suffix: str) -> Path:
        return self._folder / f"{event.event_id}.{suffix}"


def _still_of(frame: Frame, data: bytes) -> Still:
    return Still(data, frame.t_s, frame.captured_at, frame.clock_error_s)
