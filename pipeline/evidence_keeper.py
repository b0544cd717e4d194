"""Takes the pictures of an offence: looks back into the packet ring for stills and clips, and names what is missing.

The first panorama is taken when an offence's clock opens, minutes before it may become a case, and waits in a folder
of its own; it goes into the case, or away with the offence. Everything is decoded from the ring at full size, so that
a camera that is looked at on key frames alone loses no evidence.

Belongs here: which pictures, from when. Does not: writing them for good (cases.evidence), when (case_flow).
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from cases.closing import ClosingFacts
from cases.completeness import Shortfall, shortfalls, total_clock_error_s
from cases.disk import way_out
from cases.packs import ModelFacts, OpeningFacts, PackFacts, PackPurpose, Part, PartRole, Taking, Unknown, Why
from cases.stills import Marks, close_up_jpeg, marked_jpeg
from detectors.events import Event
from pipeline.kept_stills import KeptStills, Moment, Still, still_of
from pipeline.machine_clock import MachineClock, read_machine_clock
from pipeline.offence_place import Place
from pipeline.settings import EvidenceSettings
from streams.clips import clip_bytes, decode_at
from streams.errors import NotInRingError, OtherViewError, StreamError
from streams.packets import Segment
from streams.reader import CameraReader
from vision.classes import StreetClass
from vision.frames import Frame

logger = logging.getLogger(__name__)

ACT_BEFORE_S = 1.0
"""Before its paper is free to see, who posts it still stands there with raised hands."""

NEAR_S = 2.0
"""A picture this near to a moment is one of it; cameras of a picture a second exist."""

CLIP_SLACK_S = 1.0
"""A clip that ends by less before its time is whole: cameras of a picture a second exist."""

LATEST_SECOND_S = 5.0
"""The second panorama is at most so much later than it may be; who left meanwhile must not be in doubt for long."""


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
        program: name and version of this program, for manifests.
        machine_clock: says how good this machine's clock is.
        shows: whether a picture is of the view in which an event was judged.
    """

    model: ModelFacts
    reader: Callable[[str], CameraReader]
    place: Callable[[Event], Place]
    local: tzinfo
    program: str = ""
    machine_clock: Callable[[], MachineClock] = read_machine_clock
    shows: Callable[[Event, Frame], bool] = lambda _event, _frame: True


class EvidenceKeeper:
    """Makes the parts of evidence packs; used by the `cases-writer` thread."""

    def __init__(self, folder: Path, settings: EvidenceSettings, parts: KeeperParts) -> None:
        """Keep first stills in `folder`, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._firsts, self._acts = KeptStills(folder), KeptStills(folder / "acts")
        self._settings = settings
        self._model, self._reader, self._place, self._local = parts.model, parts.reader, parts.place, parts.local
        self._program, self._machine_clock, self._shows = parts.program, parts.machine_clock, parts.shows

    def keep_first(self, event: Event) -> None:
        """Keep a panorama from when the offence began, or the newest one there is.

        Raises:
            StreamError: the camera has no picture in its ring.
            OSError: it cannot be kept.
        """
        self._firsts.keep(event.event_id, self._still(event, event.started_t_s))

    def keep_act(self, camera_id: str, event_id: str, appeared_t_s: float) -> None:
        """Keep a picture of whoever posted a paper that became visible at `appeared_t_s`.

        Raises:
            StreamError: the camera does not hold that moment any more.
            OSError: it cannot be kept.
        """
        act_t_s = appeared_t_s - ACT_BEFORE_S
        still = still_of(self._reader(camera_id).still(act_t_s))
        if abs(still.t_s - act_t_s) > NEAR_S:
            raise NotInRingError(f"camera {camera_id} has no picture of that moment")
        self._acts.keep(event_id, still)

    def forget_first(self, event: Event) -> None:
        """Remove the pictures kept of an offence that is over or whose case has them."""
        try:
            self._firsts.forget(event.event_id)
            self._acts.forget(event.event_id)
        except OSError as err:
            logger.warning("event %s: its first panorama stays in %s: %s", event.event_id, self._folder, way_out(err))

    def keep_only(self, event_ids: Collection[str]) -> None:
        """Remove the first panoramas of all other events: their camera or zone is gone, or a stop lost their end."""
        try:
            self._firsts.keep_only(event_ids)
            self._acts.keep_only(event_ids)
        except OSError as err:
            logger.warning("first panoramas that nobody needs stay in %s: %s", self._folder, way_out(err))

    def opening(self, event: Event, case_label: str, code: str) -> Taken:
        """Return panoramas, close-up and marked copy for a new case.

        Raises:
            StreamError: the camera has no picture in its ring.
        """
        frame = self._of_view(event, self._frame(event.camera_id, event.t_s))
        now = still_of(frame)
        first = self._firsts.read(event.event_id) or now
        panoramas = [first]
        is_of_the_moment = abs(now.t_s - event.t_s) <= NEAR_S  # a later one may show the street after the offence
        if is_of_the_moment and now.t_s - first.t_s >= self.gap_s(event):
            panoramas.append(now)
        parts = [
            Part(f"panorama-{number}.jpg", still.data, PartRole.PANORAMA, still.taken)
            for number, still in enumerate(panoramas, start=1)
        ]
        close_up = close_up_jpeg(frame, event.box_in(frame.size_wh))
        parts.append(Part("close-up.jpg", close_up, PartRole.CLOSE_UP, now.taken))
        parts.append(Part("marked.jpg", self._marked(event, case_label, now), PartRole.MARKED, now.taken))
        parts += self._act(event)
        missing = self._missing(event, panoramas)
        opening = OpeningFacts(
            code=code,
            box=event.box_in(now.size_wh),
            class_label=StreetClass(event.class_id).label,
            score=event.score,
            started_at=event.started_at,
            raised_at=event.captured_at,
        )
        facts = self._facts(event, PackPurpose.OPENING, now, missing, opening)
        return Taken(tuple(parts), facts, first if len(panoramas) == 1 else None)

    def gap_s(self, event: Event) -> float:
        """Return how many seconds the panoramas of an offence must be apart: what the settings or its zone ask for."""
        return max(self._settings.still_gap_s, self._place(event).still_gap_s or 0.0)

    def second(self, event: Event, first: Moment, end_t_s: float | None) -> Taken:
        """Return the first panorama that is at least the set gap later than `first`.

        Args:
            event: the offence.
            first: when the first panorama was taken.
            end_t_s: stream time at which the offence was seen to be over; None while it stands.

        Raises:
            StreamError: the camera has no such picture in its ring; it may be away, or the offence was over before.
        """
        from_t_s = first.t_s + self.gap_s(event)
        if end_t_s is not None and end_t_s < from_t_s:
            raise NotInRingError(f"the offence was over {from_t_s - end_t_s:.1f} s before its time")
        ring = self._reader(event.camera_id).ring
        span = ring.span()
        if span is None or span[1] < from_t_s:
            raise NotInRingError(f"camera {event.camera_id} has sent nothing of that time yet")
        segment = ring.segment(from_t_s, from_t_s + LATEST_SECOND_S)
        wanted_t_s = _late_enough(segment, from_t_s, first.at.timestamp() + self.gap_s(event))
        still = still_of(self._of_view(event, decode_at(segment, wanted_t_s)))
        if still.t_s < from_t_s:
            raise NotInRingError(f"camera {event.camera_id} sent no picture in time")
        return self._one_still(event, still, PackPurpose.PERSISTENCE, "panorama-2.jpg", first_at=first.at)

    def late_second(self, event: Event, first_at: datetime) -> Taken:
        """Return the newest panorama as the second one, of an offence that was just seen to stand still.

        Args:
            event: the offence.
            first_at: wall time of the first panorama; stream time may have begun anew since.

        Raises:
            StreamError: the camera has no picture that is late enough.
        """
        still = self._still(event, None)
        if (still.captured_at - first_at).total_seconds() < self.gap_s(event):
            raise NotInRingError(f"camera {event.camera_id} has no picture that is late enough")
        return self._one_still(event, still, PackPurpose.PERSISTENCE, "panorama-2.jpg", first_at=first_at)

    def after_warning(self, event: Event) -> Taken:
        """Return a panorama of now, of what a warning has brought about.

        Raises:
            StreamError: the camera has no picture in its ring.
        """
        still = self._still(event, None)
        return self._one_still(event, still, PackPurpose.AFTER_WARNING, "after-warning.jpg")

    def newest(self, camera_id: str) -> Frame:
        """Return the newest picture of a camera at full size.

        Raises:
            StreamError: the camera has no picture in its ring, or there is no such camera.
        """
        return self._frame(camera_id, None)

    def closing(self, event: Event, still: Still, copy: tuple[bytes, bytes], facts: ClosingFacts) -> Taken:
        """Return the pack of a look after dispatch: the whole picture, the place at full size, both side by side.

        Args:
            event: the offence.
            still: the whole picture.
            copy: the place as JPEG, and the copy that shows it beside what it was.
            facts: what the look came to.
        """
        taken = self._one_still(event, still, PackPurpose.CLOSING, "closing.jpg")
        more = (
            Part("closing-close-up.jpg", copy[0], PartRole.CLOSE_UP, still.taken),
            Part("before-after.jpg", copy[1], PartRole.MARKED, still.taken),
        )
        return Taken((*taken.parts, *more), replace(taken.facts, closing=facts), still)

    def clip(self, event: Event) -> Taken:
        """Return the clip around the moment the offence passed its limit.

        Raises:
            StreamError: the moment is no longer in the ring, or cannot be cut.
        """
        return self.clip_of(event, self.clip_segment(event))

    def clip_segment(self, event: Event) -> Segment:
        """Return what the ring holds by now of the clip of an event.

        Raises:
            StreamError: the moment is no longer in the ring.
        """
        from_t_s, to_t_s = self._clip_span(event)
        ring = self._reader(event.camera_id).ring
        span = ring.span()
        if span is not None:
            from_t_s, to_t_s = max(from_t_s, span[0]), min(to_t_s, span[1])
        if to_t_s < from_t_s:
            raise NotInRingError(f"what camera {event.camera_id} keeps is not of that time any more")
        return ring.segment(from_t_s, to_t_s)

    def clip_of(self, event: Event, segment: Segment) -> Taken:
        """Return the clip that a segment makes, marked where it does not show all that it should.

        Raises:
            StreamError: it cannot be cut.
        """
        (from_t_s, to_t_s), shown = self._clip_span(event), segment.span()
        is_short = shown[0] > from_t_s or shown[1] < to_t_s - CLIP_SLACK_S
        missing = (Shortfall.CLIP_TOO_SHORT,) if is_short else ()
        still = still_of(decode_at(segment, event.t_s))
        begin = segment.packets[0]
        taken = Taking(datetime.fromtimestamp(begin.unix_s, UTC), begin.clock_error_s)
        parts = (Part("clip.mp4", clip_bytes(segment), PartRole.CLIP, taken),)
        return Taken(parts, self._facts(event, PackPurpose.CLIP, still, missing), None)

    def _clip_span(self, event: Event) -> tuple[float, float]:
        return event.t_s - self._settings.clip_before_s, event.t_s + self._settings.clip_after_s

    def _one_still(
        self, event: Event, still: Still, purpose: PackPurpose, name: str, *, first_at: datetime | None = None
    ) -> Taken:
        """Return a pack of one panorama; `first_at` is the wall time of the first one where this is the second."""
        missing = self._missing(event, [still])
        own = tuple(shortfall for shortfall in missing if shortfall is not Shortfall.NO_SECOND_PANORAMA)
        # Both were taken far enough apart in stream time; wall time may have been set back between them.
        if first_at is not None and (still.captured_at - first_at).total_seconds() < self.gap_s(event):
            own = (*own, Shortfall.PANORAMAS_TOO_CLOSE)
        part = Part(name, still.data, PartRole.PANORAMA, still.taken)
        return Taken((part,), self._facts(event, purpose, still, own), still)

    def _missing(self, event: Event, panoramas: Sequence[Still]) -> tuple[Shortfall, ...]:
        clock, camera_wh = self._machine_clock(), self._reader(event.camera_id).ring.newest().format.size_wh
        shots = [still.shot(clock, camera_wh) for still in panoramas]
        return shortfalls(shots, has_close_up=True, has_clip=True, min_gap_s=self.gap_s(event))

    def _frame(self, camera_id: str, t_s: float | None) -> Frame:
        """Return the picture of a moment, or the newest one; never to be used where it proves that something lasted."""
        reader = self._reader(camera_id)
        try:
            return reader.still(t_s)
        except StreamError:
            if t_s is None:
                raise
            return reader.still()

    def _still(self, event: Event, t_s: float | None) -> Still:
        return still_of(self._of_view(event, self._frame(event.camera_id, t_s)))

    def _of_view(self, event: Event, frame: Frame) -> Frame:
        """Return a picture that is to prove an event.

        Raises:
            OtherViewError: it is of another view than that in which the event was judged.
        """
        if not self._shows(event, frame):
            raise OtherViewError(f"camera {event.camera_id} looks elsewhere in the picture of that moment")
        return frame

    def _act(self, event: Event) -> list[Part]:
        still = self._acts.read(event.event_id)
        return [] if still is None else [Part("act.jpg", still.data, PartRole.ACT, still.taken)]

    def _marked(self, event: Event, case_label: str, still: Still) -> bytes:
        place = self._place(event)
        device = _device(place.camera_name, event.camera_id)
        where = "" if place.place == place.camera_name else place.place
        error_s = total_clock_error_s(still.clock_error_s, self._machine_clock().error_s)
        marks = Marks(
            polygon=place.zone.polygon,
            box=event.box_in(still.size_wh),
            captured_at=still.captured_at,
            clock_error_s=error_s,
            place=" ".join(filter(None, (where, device, place.zone.name))),
            event=place.offence,
            case_label=case_label,
        )
        return marked_jpeg(still.data, marks, local=self._local)

    def _facts(
        self,
        event: Event,
        purpose: PackPurpose,
        still: Still,
        missing: Sequence[Shortfall],
        opening: OpeningFacts | None = None,
    ) -> PackFacts:
        place, clock = self._place(event), self._machine_clock()
        preset = None if isinstance(place.preset, Why) else place.preset
        unknown = [Unknown("preset", place.preset)] if isinstance(place.preset, Why) else []
        unknown += [Unknown("machine_clock_error_s", clock.why)] if clock.why else []
        unknown += [Unknown(name, Why.ZONE_CHANGED) for name in ("rule", "zone_polygon") if place.rule is None]
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
            incomplete=tuple(shortfall.value for shortfall in missing),
            opening=opening,
            machine_clock_error_s=clock.error_s,
            preset=preset,
            rule=place.rule,
            zone_polygon=place.zone.polygon if place.rule is not None else None,
            program=self._program,
            unknown=tuple(unknown),
        )


def _late_enough(segment: Segment, from_t_s: float, from_unix_s: float) -> float:
    """Return the stream time of the first picture that is late enough by stream time and by wall time.

    The two differ by a second or so while a camera's delay is being learned; by more where a clock was set back, which
    nothing can wait for: the pack says then that its panoramas are too close.
    """
    late = [packet for packet in segment.packets if packet.t_s >= from_t_s]
    if not late or from_unix_s - late[0].unix_s > LATEST_SECOND_S:
        return late[0].t_s if late else from_t_s
    found = next((packet.t_s for packet in late if packet.unix_s >= from_unix_s), None)
    if found is None:
        raise NotInRingError(f"camera {segment.camera_id} has sent nothing yet that is late enough by the clock")
    return found


def _device(name: str, camera_id: str) -> str:
    """Return a camera's name with its number, which the standard wants on the picture."""
    return camera_id if name == camera_id else f"{name} [{camera_id}]"
