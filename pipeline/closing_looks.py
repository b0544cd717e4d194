"""Has the camera look again at cases that a unit has: takes the evidence, weighs it, records what is proposed.

Which cases are due follows from their rows, asked again and again; nothing is remembered here but what is under way. A
look is one pack of evidence and then its row. What cannot be judged is said, and tried again later: nothing is guessed.

Belongs here: the order of things. Does not: the judgement (cases.closing), what is due (cases.closing_due), cameras
(closing_street), pictures (evidence_keeper).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from cases.before_after import Half, before_after_jpeg, decoded
from cases.closing import LOOK_STATES, ClosingFacts, Cues, Delay, weigh
from cases.closing_due import due_at, due_looks
from cases.closing_settings import ClosingSettings
from cases.evidence import EvidenceStore
from cases.evidence_errors import EvidenceError
from cases.packs import Pack, PackPurpose, PartRole, sha256_hex
from cases.records import Case, CaseFile
from cases.stills import close_up_jpeg
from cases.store import CaseStore
from detectors.events import Event, Phase, Reason
from pipeline.agenda import Agenda
from pipeline.closing_street import Box, ClosingStreet
from pipeline.evidence_keeper import EvidenceKeeper, Taken
from pipeline.kept_stills import still_of
from streams.errors import StreamError
from vision.classes import StreetClass
from vision.frames import Frame, Planes
from vision.observations import ViewState
from vision.stillness import correlation, levelled, patch
from vision.view_check import view_after

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 5
"""Looks begun at a time: each decodes and asks the model, and new cases must not wait behind a hundred of them."""

TURNED = "turned_camera"
"""Key of the measurement that tells that the program turned the camera for a look, and how long before it."""

SAME_SHAPE = 0.01
"""Aspect ratios that differ by more are of another picture."""

BEFORE = (PackPurpose.OPENING, PackPurpose.PERSISTENCE)
"""Packs that show the offence as it was; the latest panorama among them is what is compared with."""


@dataclass(frozen=True, slots=True)
class LookParts:
    """What the looks work with.

    Attributes:
        cases, evidence: where they are recorded and written.
        keeper: what takes pictures.
        agenda: on whose thread everything runs.
        street: what is known of cameras now.
        on_change: told of a case that was looked at.
        now: wall time, aware UTC.
        local: the zone of the times on copies.
        offence: code and name of an offence, from its kind.
    """

    cases: CaseStore
    evidence: EvidenceStore
    keeper: EvidenceKeeper
    agenda: Agenda
    street: ClosingStreet
    on_change: Callable[[Case, str], None]
    now: Callable[[], datetime]
    local: tzinfo
    offence: Callable[[str], str]


@dataclass(frozen=True, slots=True, eq=False)
class _Before:
    """The opening picture that a look is compared with, and the box in its pixels."""

    original: bytes
    frame: Frame
    box: Box


class ClosingLooks:
    """The looks after dispatch of all cases."""

    def __init__(self, parts: LookParts, settings: ClosingSettings) -> None:
        self._parts = parts
        self._settings = settings
        self._under_way: set[str] = set()
        self._given_up: set[str] = set()  # a fault of ours, said in the log: it would come again every ten seconds

    def begin_due(self) -> None:
        """Begin the looks that are due and not under way; returns at once, may be called from one thread at a time.

        Raises:
            DatabaseError: the database refuses; the next call asks again.
        """
        due = due_looks(self._parts.cases.database, self._settings, self._parts.now())
        waiting = [case_id for case_id in due if case_id not in self._under_way | self._given_up]
        for case_id in waiting[: max(0, MOST_AT_ONCE - len(self._under_way))]:
            self._under_way.add(case_id)
            self._step(case_id, "look after dispatch", lambda case_id=case_id: self._look(case_id))  # type: ignore[misc]

    def _step(self, case_id: str, what: str, step: Callable[[], None]) -> None:
        self._parts.agenda.now(f"case {case_id}: {what}", step, if_lost=lambda: self._give_up(case_id))

    def _give_up(self, case_id: str) -> None:
        """Leave a case whose look cannot be taken at all to people, until the next start."""
        self._under_way.discard(case_id)
        self._given_up.add(case_id)

    def _look(self, case_id: str) -> None:
        case = self._parts.cases.get(case_id)
        dispatched_at = case.handling.dispatched_at
        if dispatched_at is None or case.state not in LOOK_STATES or not self._is_due(case, dispatched_at):
            self._under_way.discard(case_id)  # decided, or looked at, since it was found to be due
            return
        taken = self._taken(case, dispatched_at)
        if taken is Delay.VIEW_ELSEWHERE and self._parts.street.bring(case):
            self._under_way.discard(case_id)  # still due: it is looked at once the camera is there
            return
        if isinstance(taken, Delay):
            self._delay(case, taken, dispatched_at)
            return
        self._step(case_id, "evidence of a look after dispatch", lambda: self._write(case_id, taken))

    def _is_due(self, case: Case, dispatched_at: datetime) -> bool:
        at = due_at(case.closing, case.code, dispatched_at, self._settings)
        return at is not None and at <= self._parts.now()

    def _delay(self, case: Case, why: Delay, dispatched_at: datetime) -> None:
        is_news = why.value != case.closing.delay
        noted = self._parts.cases.note_delay(case.case_id, why, dispatched_at, self._parts.now())
        if is_news:
            logger.warning("case %s: the look after dispatch is put off: %s", case.number, why.value)
            self._parts.on_change(noted, "look")
        self._under_way.discard(case.case_id)

    def _write(self, case_id: str, taken: Taken) -> None:
        pack = self._parts.evidence.write_pack(case_id, taken.parts, taken.facts)
        # The pack is on the medium: should its row never come, the next start makes it, so nobody looks a second time.
        self._parts.agenda.now(f"case {case_id}: look after dispatch {pack.number}", lambda: self._record(pack))

    def _record(self, pack: Pack) -> None:
        case = self._parts.cases.add_pack(pack.case_id, pack)
        self._under_way.discard(pack.case_id)
        logger.info("case %s: looked at after dispatch: %s", case.number, case.closing.finding or "not in force")
        self._parts.on_change(case, "look")

    def _taken(self, case: Case, dispatched_at: datetime) -> Taken | Delay:
        """Return the evidence of a look, or why nothing can be judged."""
        street = self._parts.street
        if (hindrance := street.hindrance(case)) is not None:
            return hindrance
        try:
            now = self._parts.keeper.newest(case.camera_id)
        except StreamError:
            return Delay.CAMERA_AWAY
        before = self._before(case)
        if before is None:
            return Delay.NO_BEFORE
        if not _same_shape(before.frame, now):
            return Delay.PICTURE_CHANGED
        view = view_after(before.frame.luma(), now.luma(), street.things(case.camera_id, now.size_wh))
        if view is not ViewState.OK:
            return Delay(f"view_{view.value}")
        event = _event_of(case, before.frame)
        box = event.box_in(now.size_wh)
        weighed = weigh(self._cues(case, before, now, box))
        told = (weighed.finding.value, weighed.proposal.value, dispatched_at, sha256_hex(before.original))
        turned_s = street.turned_s(case.camera_id)
        turned = () if turned_s is None else (Reason(TURNED, round(turned_s, 1), "s"),)
        facts = ClosingFacts(*told, (*weighed.measures, *turned))
        still = still_of(now)
        halves = Half(before.original, before.frame.captured_at, before.box), Half(still.data, still.captured_at, box)
        words = f"{case.camera_name} {case.zone_name}   {self._parts.offence(case.code)}   {case.number}"
        copies = close_up_jpeg(now, box), before_after_jpeg(*halves, words, self._parts.local)
        return self._parts.keeper.closing(event, still, copies, facts)

    def _cues(self, case: Case, before: _Before, now: Frame, box: Box) -> Cues:
        street = self._parts.street
        return Cues(
            watched=street.watched(case, box, now.size_wh),
            found_before=street.found(before.frame, before.box, case.class_label),
            found_now=street.found(now, box, case.class_label),
            likeness=likeness_of(before.frame, before.box, now, box),
        )

    def _before(self, case: Case) -> _Before | None:
        files = [f for pack in case.packs if pack.purpose in BEFORE and pack.deleted_at is None for f in pack.files]
        file = next((file for file in reversed(files) if file.role is PartRole.PANORAMA), None)
        if file is None:
            return None
        try:
            return self._read(case, file)
        except (EvidenceError, OSError, ValueError) as err:
            logger.warning("case %s: its opening picture cannot be used: %s", case.number, err)
            return None

    def _read(self, case: Case, file: CaseFile) -> _Before:
        """Return an opening picture.

        Raises:
            EvidenceMissingError, OSError: it is not there, or cannot be read.
            ValueError: it is not as it was written, or no picture.
        """
        original = self._parts.evidence.path_of(file.path).read_bytes()
        if sha256_hex(original) != file.sha256:
            raise ValueError(f"{file.path} is not as it was written")
        planes = Planes.from_bgr(decoded(original))
        return _Before(original, Frame(case.camera_id, 0, 0.0, file.captured_at, 0.0, planes), case.box)


def likeness_of(before: Frame, box_before: Box, now: Frame, box_now: Box) -> float | None:
    """Return how alike the pixels of a place are in two pictures, in [0, 1]; None where both are plain.

    Free of brightness, contrast and of slopes of light, as `vision.stillness`.
    """
    then, present = patch(before.luma(), box_before), patch(now.luma(), box_now)
    if then is None and present is None:
        return None
    if then is None or present is None:  # a thing stands on plain ground, or left it
        return 0.0
    return correlation(levelled(then), levelled(present))


def _same_shape(before: Frame, now: Frame) -> bool:
    ratios = [frame.size_wh[0] / frame.size_wh[1] for frame in (before, now)]
    return abs(ratios[0] / ratios[1] - 1) <= SAME_SHAPE


def _event_of(case: Case, before: Frame) -> Event:
    """Return the event that opened a case, as far as its row tells; its stream times are not known any more."""
    class_id = next((each for each in StreetClass if each.label == case.class_label), StreetClass.UNKNOWN)
    return Event(
        event_id=case.event_id,
        kind=case.kind,
        phase=Phase.RAISED,
        camera_id=case.camera_id,
        zone_id=case.zone_id,
        zone_version=case.zone_version,
        t_s=0.0,
        captured_at=case.raised_at,
        started_t_s=0.0,
        started_at=case.started_at,
        box=case.box,
        class_id=int(class_id),
        score=case.score,
        reasons=case.reasons,
        size_wh=before.size_wh,
    )
