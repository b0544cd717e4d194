"""Leads an event to a case: first still, evidence, row; then has it examined, which hands it to the ladder.

All of it happens on the thread `cases-writer`, one step after the other, and nothing is dropped: a step that fails
because the disk is full or the database locked is held back and tried again. Pictures are taken once, in time, and
kept in memory until they are written. Evidence is written before the row that names it. New cases are opened before
later pictures of older ones are written: those are on the disk already, what a new case needs is not.

Belongs here: the order of things. Does not: which pictures (evidence_keeper), those that come after the case is made
(later_pictures), second opinions (examining), warnings (ladder_runner, speaking).
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from cases.codes import CodeTable
from cases.deeds import Order
from cases.disk import way_out
from cases.evidence import EvidenceStore
from cases.packs import Pack
from cases.permits import check_filing
from cases.posts import Doer
from cases.records import Case, case_id_of, new_case_of
from cases.states import LADDER_STATES, Action
from cases.store import CaseStore
from cases.timekeeping import keep_time
from cases.units import check_unit
from detectors.events import Event, Phase
from pipeline.agenda import Agenda
from pipeline.evidence_keeper import EvidenceKeeper, Taken
from pipeline.examining import Examining
from pipeline.hub import Hub
from pipeline.ladder_runner import LadderRunner
from pipeline.later_pictures import LOOK_AGAIN_S, LOOKS_AGAIN, LaterPictures
from pipeline.merging import merged_if_sure
from pipeline.messages import CaseMessage
from pipeline.places import Places
from streams.errors import OtherViewError, StreamError

logger = logging.getLogger(__name__)

LOOK_FOR_S = LOOK_AGAIN_S * LOOKS_AGAIN
"""How long an offence without its case or ladder is looked for: a camera that was away for longer has lost sight of it.
"""

LOST_AGAIN_S = 1.0
"""How often one is looked for whose case a crash left unmade: it may be there for seconds only."""


@dataclass(frozen=True, slots=True)
class FlowParts:
    """What the flow works with."""

    cases: CaseStore
    evidence: EvidenceStore
    keeper: EvidenceKeeper
    codes: CodeTable
    later: LaterPictures
    hub: Hub
    ladders: LadderRunner
    places: Places
    sees: Callable[[str, str], bool]
    """Whether a camera sees the offence of an event now; takes both ids."""
    keep_watch: Callable[[str], None]
    """Keeps on disk what a camera knew of its street when an offence last began or ended; may raise `OSError`."""
    examining: Examining


class CaseFlow:
    """Takes events from the looking thread and makes cases of them."""

    def __init__(self, parts: FlowParts, agenda: Agenda) -> None:
        self._parts = parts
        self._agenda = agenda
        self._opening: dict[str, Event | None] = {}  # id of an event whose case is being written: its end, if it came

    def on_event(self, event: Event) -> None:
        """Take an event; returns at once, may be called from any thread."""
        step = {Phase.STARTED: self._started, Phase.RAISED: self._raised, Phase.ENDED: self._ended}[event.phase]
        self._agenda.now(f"event {event.event_id} {event.phase.value}", lambda: step(event), is_urgent=True)

    def on_posted(self, camera_id: str, event_id: str, t_s: float) -> None:
        """Take when the paper of a flyer event became visible; returns at once, may be called from any thread."""
        self._agenda.now(f"event {event_id} act", lambda: self._keep_act(camera_id, event_id, t_s), is_urgent=True)

    def make_up(self, standing: Iterable[Event]) -> None:
        """Make the cases that a stop or a crash lost, once their offence is seen again.

        Args:
            standing: events of before the start that have not ended.
        """
        for event in standing:
            if event.phase is Phase.RAISED and self._parts.cases.of_event(event.event_id) is None:
                logger.warning("event %s: it has no case; one is made once its offence is seen again", event.event_id)
                self._look_later(event, LOOK_FOR_S, is_lost=True)

    def resume(self, standing: Iterable[Event]) -> None:
        """Begin the ladders that a stop or a crash lost, once their offence is seen again, after ladders have resumed.

        What was kept for events that are no more goes.

        Args:
            standing: events that have not ended.
        """
        standing = tuple(standing)
        event_ids = {event.event_id for event in standing}
        self._parts.keeper.keep_only(event_ids)
        self._parts.later.keep_only(event_ids)
        for event in standing:
            if event.phase is not Phase.RAISED:
                continue
            case = self._parts.cases.of_event(event.event_id)
            if case is not None and self._parts.ladders.lacks(case):
                self._look_later(event, LOOK_FOR_S)

    def take_ends(self, ends: Iterable[Event]) -> None:
        """Tell cases that do not know it that their offence ended before the start; their ladders see it themselves.

        Raises:
            DatabaseError: the database refuses; calling it again goes on.
        """
        for event in ends:
            case = self._parts.cases.of_event(event.event_id)
            if case is not None and case.ended_at is None:
                self.tell(self._parts.cases.end_offence(case.case_id, event.captured_at), "ended")

    def decide(self, case_id: str, order: Order, *, by: Doer, expected_revision: int | None = None) -> Case:
        """Do what a person decided; the ladder of a case that is decided ends by itself at its next step.

        Raises:
            CasesError: it is not possible, not his work, lacks something, or somebody was faster.
        """
        if order.action is Action.FILE:
            check_filing(self._parts.places.findings(self._parts.cases.get(case_id)), order.reason)
        if order.unit:
            check_unit(order.unit, self._parts.places.units())
        if order.condition is not None:  # one that the table has not would leave the case without its limit
            self._parts.codes.item(self._parts.cases.get(case_id).code).condition(order.condition)
        at = datetime.now(UTC)
        case = self._parts.cases.decide(case_id, order, by=by, at=at, expected_revision=expected_revision)
        self.tell(case, "state")
        self._agenda.now(f"case {case_id}: decided", lambda: self._parts.examining.decided(case, order))
        return case

    def merged(self, cases: Iterable[Case]) -> tuple[Case, ...]:
        """Merge cases of before a restart that are to be merged by the program, and return the others."""
        cases = [self._parts.cases.get(case.case_id) for case in cases]  # some may have ended since they were read
        return tuple(case for case in map(self._merged, cases) if case.state in LADDER_STATES)

    def keep_time(self) -> None:
        """Let go on what was put off until now, and urge units that are late; any thread may call it.

        Raises:
            DatabaseError: the database refuses; the next call tries again.
        """
        for case in keep_time(self._parts.cases, datetime.now(UTC)):
            logger.info("case %s: %s, as its time has come", case.number, case.state.value)
            self.tell(case, "state")

    def tell(self, case: Case, change: str) -> None:
        """Tell the page that a case changed."""
        tell(self._parts.hub, case, change)

    def _merged(self, case: Case) -> Case:
        merged = merged_if_sure(self._parts.cases, case, self._parts.places.same, datetime.now(UTC))
        if merged is not case:
            self.tell(merged, "state")
        return merged

    def _started(self, event: Event) -> None:
        try:
            self._parts.keeper.keep_first(event)
        except StreamError as err:
            logger.warning("event %s: no first panorama: %s", event.event_id, err)
        except OSError as err:
            logger.warning("event %s: its first panorama cannot be kept: %s", event.event_id, way_out(err))

    def _keep_act(self, camera_id: str, event_id: str, t_s: float) -> None:
        try:
            self._parts.keeper.keep_act(camera_id, event_id, t_s)
        except StreamError as err:
            logger.warning("event %s: no picture of the act: %s", event_id, err)
        except OSError as err:
            logger.warning("event %s: the picture of the act cannot be kept: %s", event_id, way_out(err))

    def _raised(self, event: Event, left_s: float = LOOK_FOR_S) -> None:
        case_id, code = case_id_of(event.event_id), self._parts.codes.for_kind(event.kind, event.offence).code
        try:
            taken = self._parts.keeper.opening(event, case_id[:12], code)
        except OtherViewError as err:
            logger.warning("event %s: its case is made once it is seen again: %s", event.event_id, err)
            self._look_later(event, left_s)
            return
        except StreamError as err:
            logger.error("event %s: no case can be made, as there is no picture of it: %s", event.event_id, err)
            return
        self._opening.setdefault(event.event_id, None)
        self._parts.later.plan(event, taken.still)
        self._open_by(event, "evidence", lambda: self._write_opening(event, taken))

    def _look_later(self, event: Event, left_s: float, *, is_lost: bool = False) -> None:
        if left_s <= 0:
            logger.warning("event %s: looked for no longer, as nobody saw the offence again", event.event_id)
            return
        if self._agenda.is_stopping:
            return
        wait_s, name = LOST_AGAIN_S if is_lost else LOOK_AGAIN_S, f"event {event.event_id}: look again"

        def look() -> None:
            self._look_again(event, left_s - wait_s, is_lost=is_lost)

        self._agenda.after(wait_s, name, look, is_urgent=is_lost)

    def _look_again(self, event: Event, left_s: float, *, is_lost: bool) -> None:
        case = self._parts.cases.of_event(event.event_id)
        if event.event_id in self._opening or not (case is None or self._parts.ladders.lacks(case)):
            return
        if not self._parts.sees(event.camera_id, event.event_id):
            self._look_later(event, left_s, is_lost=is_lost)
        elif case is None:
            self._raised(event, left_s)
        else:
            self._parts.examining.begin(case, event)

    def _write_opening(self, event: Event, taken: Taken) -> None:
        self._keep_watch(event)
        pack = self._parts.evidence.write_pack(case_id_of(event.event_id), taken.parts, taken.facts)
        # The pack is on the medium now: its row is a step of its own, so that trying that again writes no second pack.
        self._open_by(event, "opening", lambda: self._open(event, pack))

    def _keep_watch(self, event: Event) -> None:
        """Keep that an offence began or ended before anything of that is written of its case.

        A start after a crash then knows what stands there: it opens no second case for it, and does not take the next
        thing at the place for one that had left.
        """
        try:
            self._parts.keep_watch(event.camera_id)
        except OSError as err:
            logger.warning("event %s: a crash now could double or lose a case: %s", event.event_id, way_out(err))

    def _open_by(self, event: Event, what: str, step: Callable[[], None]) -> None:
        name = f"case {case_id_of(event.event_id)}: {what}"
        self._agenda.now(name, step, is_urgent=True, if_lost=lambda: self._lost(event))

    def _lost(self, event: Event) -> None:
        """Let go of an event whose case cannot be opened."""
        self._opening.pop(event.event_id, None)
        self._parts.later.lost(case_id_of(event.event_id))

    def _open(self, event: Event, pack: Pack) -> None:
        new = new_case_of(pack)
        if new is None:
            raise ValueError(f"evidence {pack.folder} does not say what a case is opened with")
        case = self._parts.cases.open_case(self._parts.places.placed(new, pack), pack)
        ended = self._opening.pop(event.event_id, None)
        self._parts.keeper.forget_first(event)
        logger.info("case %s: opened, %s at camera %s", case.number, case.kind, case.camera_id)
        case = self._merged(case)
        self.tell(case, "opened")
        self._parts.later.opened(case.case_id)
        if ended is None:
            self._parts.examining.begin(case, event)
        else:
            self._agenda.now(f"case {case.case_id}: ended", lambda: self._ended_before_its_case(ended))

    def _ended_before_its_case(self, event: Event) -> None:
        """End an offence whose case was held back until it was over: nobody is there any more to be warned."""
        self._keep_watch(event)
        case = self._parts.cases.end_offence(case_id_of(event.event_id), event.captured_at)
        self.tell(case, "ended")
        self._parts.ladders.begin(case, event)

    def _ended(self, event: Event) -> None:
        self._parts.later.ended(event)
        if event.event_id in self._opening:  # its evidence is held back; the case must be there before it can end
            self._opening[event.event_id] = event
            return
        self._parts.keeper.forget_first(event)
        case = self._parts.cases.of_event(event.event_id)
        if case is None:
            return
        self._keep_watch(event)
        case = self._parts.cases.end_offence(case.case_id, event.captured_at)
        self.tell(case, "ended")
        self._parts.examining.ended(case.case_id)
        if self._parts.ladders.lacks(case):  # a crash came before it was put there
            self._parts.ladders.begin(case, event)
        self._parts.ladders.ended(case.case_id)


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
