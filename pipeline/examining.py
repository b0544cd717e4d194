"""Has each new candidate examined before anything is said or filed because of it, then lets it onto the ladder.

The case is there by then, with its evidence. Each examiner has a thread and a queue of its own, so that one that hangs
holds up no other and never the `cases-writer`. What each says goes into the case's history. A case that one doubts is
held back until a person confirms it. What fails, or is not said within the limit, is told and holds back nothing. A
restart asks again those that had not answered.

Belongs here: the order of things. Does not: what an examiner is (examiners), what follows from a verdict
(cases.examining), the ladder (ladder_runner).
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from cases.deeds import Order
from cases.evidence import EvidenceStore
from cases.examining import Examination, Verdict
from cases.records import Case
from cases.states import LADDER_STATES, CaseState
from cases.store import CaseStore
from detectors.events import Event
from pipeline.agenda import Agenda
from pipeline.examiners import Examiner, ExaminerError, Learner, Subject, opening_pictures
from pipeline.ladder_runner import LadderRunner
from pipeline.views import SystemProblem

logger = logging.getLogger(__name__)

STOP_LIMIT_S = 5.0
"""An answer that a stop interrupts is asked for again by the next start, so it is waited for no longer than this."""


@dataclass(frozen=True, slots=True)
class ExaminingParts:
    """What examining works with.

    Attributes:
        cases: where it is recorded.
        evidence: where the pictures are; only read.
        agenda: the `cases-writer`, on whose thread everything but the examiners runs.
        ladders: where a case goes afterwards.
        on_change: told of a case about which something was said.
    """

    cases: CaseStore
    evidence: EvidenceStore
    agenda: Agenda
    ladders: LadderRunner
    on_change: Callable[[Case, str], None]


@dataclass(slots=True)
class _Open:
    """A case under examination: what opened it, who has not answered, and whether it has gone on to its ladder."""

    event: Event
    waiting: set[str]
    has_gone_on: bool = False


class Examining:
    """The examinations of all cases; but for `problems`, `removed`, `start` and `stop` used on the agenda's thread.

    Args:
        parts: what it works with.
        examiners: who is asked, all at the same time; none lets every case on at once.
        wait_s: a case waits so long at most, in seconds.
        learners: those among the examiners that go by what people decided.
        desk: makes the queue and thread of an examiner from its name.
    """

    def __init__(
        self,
        parts: ExaminingParts,
        examiners: Sequence[Examiner],
        *,
        wait_s: float,
        learners: Sequence[Learner] = (),
        desk: Callable[[str], Agenda] = Agenda,
    ) -> None:
        self._parts = parts
        self._learners = tuple(learners)
        self._wait_s = wait_s
        self._examiners = {examiner.name: examiner for examiner in examiners}
        self._desks = {name: desk(f"examiner-{name}") for name in self._examiners}
        self._open: dict[str, _Open] = {}
        self._held: dict[str, Event] = {}
        self._problems: dict[str, tuple[str, str]] = {}  # examiner → cause and words of its last failure; a thread each
        self._is_stopping = False

    @property
    def names(self) -> tuple[str, ...]:
        """Who is asked."""
        return tuple(self._examiners)

    def start(self) -> None:
        """Start the threads of the examiners."""
        for desk in self._desks.values():
            desk.start()

    def stop(self) -> None:
        """Ask nobody any more; what is being said now is waited for a moment.

        Raises:
            TimeoutError: an examiner is still at it; its thread ends with the program.
        """
        self._is_stopping = True
        for desk in self._desks.values():
            desk.stop(STOP_LIMIT_S)

    def begin(self, case: Case, event: Event) -> None:
        """Have a new case examined and then put on the ladder; one that needs no examination goes there at once."""
        if case.case_id in self._open:
            return
        is_new = case.state is CaseState.CANDIDATE and case.ended_at is None and self._parts.ladders.lacks(case)
        waiting = self._asked(case, event) if is_new and not case.held_back else set()
        if not waiting:
            self._go_on(case, event)
            return
        self._open[case.case_id] = _Open(event, waiting)
        until_s = time.monotonic() + self._wait_s
        limit = f"case {case.case_id}: examined for {self._wait_s:.0f} s"
        self._parts.agenda.after(self._wait_s, limit, lambda: self._time_is_up(case.case_id))
        for name in sorted(waiting):
            self._desks[name].now(f"case {case.case_id}: {name}", partial(self._ask, name, case, event, until_s))
        self._move_on(case.case_id)

    def decided(self, case: Case, order: Order) -> None:
        """Take note of what a person decided: what he confirmed goes on the ladder, whatever an examiner says."""
        for learner in self._learners:
            name = f"case {case.case_id}: {learner.name} learns"
            self._desks[learner.name].now(name, partial(learner.learn, case, order))
        self._let_on(case.case_id)

    def ended(self, case_id: str) -> None:
        """Take note that the offence of a case is over: nobody is there any more to be warned."""
        self._held.pop(case_id, None)

    def removed(self, camera_id: str) -> None:
        """Have what was learned at a camera forgotten, as it was removed for good; any thread may call."""
        for learner in self._learners:
            name = f"camera {camera_id}: {learner.name} forgets"
            self._desks[learner.name].now(name, partial(learner.forget, camera_id))

    def problems(self) -> tuple[SystemProblem, ...]:
        """Return which examiners failed when they were asked last; any thread may ask."""
        return tuple(
            SystemProblem("examiner_fails", f"examiner {name} cannot judge: {why}", {"examiner": name, "cause": cause})
            for name, (cause, why) in sorted(self._problems.copy().items())
        )

    def _let_on(self, case_id: str) -> None:
        """Put a case on the ladder whose doubt a person has just set aside."""
        opened = self._open.get(case_id)
        event = self._held.get(case_id)
        if event is None and opened is not None and not opened.has_gone_on:
            event = opened.event
        if event is None:
            return
        case = self._parts.cases.get(case_id)
        if case.held_back or case.state is CaseState.CANDIDATE:
            return
        self._held.pop(case_id, None)
        if case.state in LADDER_STATES:
            self._parts.ladders.begin(case, event)

    def _asked(self, case: Case, event: Event) -> set[str]:
        able = {name for name, examiner in self._examiners.items() if examiner.examines(event.kind)}
        return able - self._parts.cases.examiners_of(case.case_id) if able else able

    def _go_on(self, case: Case, event: Event) -> None:
        if case.held_back and case.ended_at is None:
            self._held[case.case_id] = event
            return
        self._parts.ladders.begin(case, event)

    def _ask(self, name: str, case: Case, event: Event, until_s: float) -> None:
        """Ask one examiner, on its own thread; a case that has gone on meanwhile is not asked about any more."""
        began_s = time.monotonic()
        if self._is_stopping or began_s > until_s:
            return
        try:
            subject = Subject(case, event, opening_pictures(self._parts.evidence, case))
            said: Examination | None = self._examiners[name].examine(subject)
        except ExaminerError as err:
            logger.warning("case %s: examiner %s said nothing: %s", case.number, name, err)
            self._problems[name] = err.cause, str(err)
            said = Examination(name, Verdict.FAILED, err.cause)
        except Exception as err:  # whatever it is, the case must go on
            logger.error("case %s: examiner %s failed: %s", case.number, name, err, exc_info=err)
            self._problems[name] = "fault", f"{err.__class__.__name__}, see the log"
            said = Examination(name, Verdict.FAILED, "fault")
        else:
            self._problems.pop(name, None)
        if said is not None:
            said = replace(said, examiner=name, took_s=time.monotonic() - began_s)
        self._parts.agenda.now(f"case {case.case_id}: {name} said", lambda: self._answered(case.case_id, name, said))

    def _answered(self, case_id: str, name: str, said: Examination | None) -> None:
        opened = self._open.get(case_id)
        if opened is None:
            logger.warning("case %s: what examiner %s said came too late", case_id, name)
            return
        if said is not None and name in opened.waiting:  # else this is tried again, as the next step failed
            self._note(case_id, said)
        opened.waiting.discard(name)
        self._move_on(case_id)

    def _time_is_up(self, case_id: str) -> None:
        """Go on without those that have not answered; a doubt that comes later is too late to hold anything back."""
        opened = self._open.get(case_id)
        if opened is None:
            return
        for name in sorted(opened.waiting):
            self._note(case_id, Examination(name, Verdict.FAILED, "too_late", took_s=self._wait_s))
            opened.waiting.discard(name)
        self._move_on(case_id)

    def _note(self, case_id: str, said: Examination) -> None:
        case = self._parts.cases.note_examination(case_id, said, datetime.now(UTC))
        logger.info("case %s: examiner %s: %s, %s", case.number, said.examiner, said.verdict.value, said.reason)
        self._parts.on_change(case, "examined")

    def _move_on(self, case_id: str) -> None:
        """Let a case go on once all who judge have answered; who merely reads is not waited for."""
        opened = self._open[case_id]
        if not opened.has_gone_on and not any(self._examiners[name].judges for name in opened.waiting):
            case = self._parts.cases.get(case_id)
            if case.held_back:
                logger.info("case %s: held back, as it is doubted; an operator must decide", case.number)
            self._go_on(case, opened.event)
            opened.has_gone_on = True
        if not opened.waiting:
            del self._open[case_id]
