"""Leads an event to a case: first still, evidence, row, clip; then hands it to the ladder.

All of it happens on the thread `cases-writer`, one step after the other, and nothing is dropped: a step that fails
because the disk is full or the database locked is held back and tried again. Pictures are taken once, in time, and
kept in memory until they are written. Evidence is written before the row that names it.

Belongs here: the order of things. Does not: which pictures (evidence_keeper), warnings (ladder_runner, speaking).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from cases.codes import CodeTable
from cases.disk import way_out
from cases.evidence import EvidenceStore
from cases.packs import Pack
from cases.records import Case, NewCase, case_id_of
from cases.states import Action
from cases.store import CaseStore
from detectors.events import Event, Phase
from pipeline.agenda import Agenda
from pipeline.evidence_keeper import EvidenceKeeper, Place, Still, Taken
from pipeline.hub import Hub
from pipeline.ladder_runner import LadderRunner
from pipeline.messages import CaseMessage
from pipeline.settings import EvidenceSettings
from streams.errors import StreamError
from vision.classes import StreetClass

logger = logging.getLogger(__name__)

SYSTEM = "system"
CLIP_SLACK_S = 2.0
"""How much later than its end a clip is cut: the last packets of a camera arrive late."""

MOST_HELD_BACK = 50
"""While so many steps are held back, new cases come without clips: at 10 MB each, memory would not last the night."""


@dataclass(frozen=True, slots=True)
class FlowParts:
    """What the flow works with."""

    cases: CaseStore
    evidence: EvidenceStore
    keeper: EvidenceKeeper
    codes: CodeTable
    place: Callable[[Event], Place]
    hub: Hub
    ladders: LadderRunner


class CaseFlow:
    """Takes events from the looking thread and makes cases of them."""

    def __init__(self, parts: FlowParts, settings: EvidenceSettings, agenda: Agenda) -> None:
        self._parts = parts
        self._settings = settings
        self._agenda = agenda
        self._opening: dict[str, Event | None] = {}  # id of an event whose case is being written: its end, if it came

    def on_event(self, event: Event) -> None:
        """Take an event; returns at once, may be called from any thread."""
        step = {Phase.STARTED: self._started, Phase.RAISED: self._raised, Phase.ENDED: self._ended}[event.phase]
        self._agenda.now(f"event {event.event_id} {event.phase.value}", lambda: step(event))

    def act(
        self, case_id: str, action: Action, *, actor: str, reason: str, expected_revision: int | None = None
    ) -> Case:
        """Do what a person decided; the ladder of a case that is decided ends by itself at its next step.

        Raises:
            CasesError: it is not possible in the case's state, a reason is missing, or somebody was faster.
        """
        case = self._parts.cases.apply(
            case_id, action, actor=actor, reason=reason, at=datetime.now(UTC), expected_revision=expected_revision
        )
        self.tell(case, "state")
        return case

    def tell(self, case: Case, change: str) -> None:
        """Tell the page that a case changed."""
        tell(self._parts.hub, case, change)

    def _started(self, event: Event) -> None:
        try:
            self._parts.keeper.keep_first(event)
        except StreamError as err:
            logger.warning("event %s: no first panorama: %s", event.event_id, err)
        except OSError as err:
            logger.warning("event %s: its first panorama cannot be kept: %s", event.event_id, way_out(err))

    def _raised(self, event: Event) -> None:
        case_id = case_id_of(event.event_id)
        try:
            taken = self._parts.keeper.opening(event, case_id[:12], self._parts.codes.for_kind(event.kind).code)
        except StreamError as err:
            logger.error("event %s: no case can be made, as there is no picture of it: %s", event.event_id, err)
            return
        self._opening.setdefault(event.event_id, None)
        self._agenda.now(f"case {case_id}: evidence", lambda: self._write_opening(event, taken))

    def _write_opening(self, event: Event, taken: Taken) -> None:
        case_id = case_id_of(event.event_id)
        pack = self._parts.evidence.write_pack(case_id, taken.parts, taken.facts)
        # The pack is on the medium now: its row is a step of its own, so that trying that again writes no second pack.
        self._agenda.now(f"case {case_id}: opening", lambda: self._open(event, pack, taken.still))

    def _open(self, event: Event, pack: Pack, lone_still: Still | None) -> None:
        case = self._parts.cases.open_case(self._new_case(event), pack)
        ended = self._opening.pop(event.event_id, None)
        self._parts.keeper.forget_first(event)
        logger.info("case %s: opened, %s at camera %s", case.number, case.kind, case.camera_id)
        self.tell(case, "opened")
        if lone_still is not None:
            wait_s = self._settings.still_gap_s
            self._later(case.case_id, wait_s, "second panorama", lambda: self._parts.keeper.second(event, lone_still))
        wait_s = self._settings.clip_after_s + CLIP_SLACK_S
        self._later(case.case_id, wait_s, "clip", lambda: self._parts.keeper.clip(event))
        if ended is None:
            self._parts.ladders.begin(case, event)
        else:
            self._agenda.now(f"case {case.case_id}: ended", lambda: self._ended_before_its_case(ended))

    def _ended_before_its_case(self, event: Event) -> None:
        """End an offence whose case was held back until it was over: nobody is there any more to be warned."""
        case = self._parts.cases.end_offence(case_id_of(event.event_id), event.captured_at)
        self.tell(case, "ended")
        self._parts.ladders.begin(case, event)

    def _ended(self, event: Event) -> None:
        if event.event_id in self._opening:  # its evidence is held back; the case must be there before it can end
            self._opening[event.event_id] = event
            return
        self._parts.keeper.forget_first(event)
        case = self._parts.cases.of_event(event.event_id)
        if case is None:
            return
        self.tell(self._parts.cases.end_offence(case.case_id, event.captured_at), "ended")
        self._parts.ladders.ended(case.case_id)

    def _later(self, case_id: str, wait_s: float, what: str, take: Callable[[], Taken]) -> None:
        """Take more evidence in a while; a camera that is away by then leaves the case incomplete, and that is said."""

        def take_and_write() -> None:
            if self._agenda.held_back >= MOST_HELD_BACK:
                logger.error("case %s: no %s: %d steps are held back already", case_id, what, self._agenda.held_back)
                return
            try:
                taken = take()
            except StreamError as err:
                logger.warning("case %s: no %s: %s", case_id, what, err)
                return
            self.add_pack(case_id, taken)

        self._agenda.after(wait_s, f"case {case_id}: {what}", take_and_write)

    def add_pack(self, case_id: str, taken: Taken) -> None:
        """Have a further pack written and then its row, each a step of its own, tried again until it is done."""

        def record(pack: Pack) -> None:
            self.tell(self._parts.cases.add_pack(case_id, pack), "evidence")

        def write() -> None:
            pack = self._parts.evidence.write_pack(case_id, taken.parts, taken.facts)
            self._agenda.now(f"case {case_id}: pack {pack.number}", lambda: record(pack))

        self._agenda.now(f"case {case_id}: {taken.facts.purpose.value}", write)

    def _new_case(self, event: Event) -> NewCase:
        place = self._parts.place(event)
        return NewCase(
            case_id=case_id_of(event.event_id),
            event_id=event.event_id,
            kind=event.kind,
            code=self._parts.codes.for_kind(event.kind).code,
            camera_id=event.camera_id,
            camera_name=place.camera_name,
            zone_id=event.zone_id,
            zone_name=place.zone.name,
            zone_version=event.zone_version,
            started_at=event.started_at,
            raised_at=event.captured_at,
            opened_at=datetime.now(UTC),
            box=event.box,
            class_label=StreetClass(event.class_id).label,
            score=event.score,
            reasons=event.reasons,
        )


def tell(hub: Hub, case: Case, change: str) -> None:
    """Publish what changed of a case."""
    hub.publish(
        CaseMessage(
            case_id=case.case_id,
            number=case.number,
            camera_id=case.camera_id,
            offence=case.kind,
            state=case.state.value,
            change=change,
            at=case.updated_at,
        )
    )
