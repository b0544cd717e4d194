"""Walks each open case up the warning ladder: speaks, waits, looks again, files or resolves.

The rules are `broadcast.ladder`'s; this module gives them time, presence and receipts, and does what they say. Where
a case stands is kept in a file per case, so that a restart goes on from there. All of it runs on the agenda's thread.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from broadcast.ladder import Ladder, Presence, Step
from broadcast.receipts import Receipt
from cases.disk import way_out
from cases.kinship import CAME_BACK
from cases.permits import Findings
from cases.records import Case
from cases.states import LADDER_STATES, Action
from cases.store import CaseStore
from detectors.events import Event
from pipeline.agenda import Agenda
from pipeline.whole_files import write_whole

logger = logging.getLogger(__name__)

SYSTEM = "system"
LOOK_AGAIN_S = 5.0
"""How often a case whose camera is away is looked at again; coming back must not go unnoticed for long."""


@dataclass(frozen=True, slots=True)
class RunnerParts:
    """What the runner works with.

    Attributes:
        ladder: the rules.
        cases: where decisions are recorded.
        agenda: on whose thread everything runs.
        presence: whether the offence of a case is still there.
        refusal: why nothing may be said for a case now; empty when the horn may speak.
        speak: speaks the warning of a level and gives the receipt to a callback, on any thread.
        look_back: takes a still of what a warning has brought about.
        findings: what permits a case or holds its filing back: what is permitted is not spoken to, and a person files.
        on_change: told of a case whose state changed.
    """

    ladder: Ladder
    cases: CaseStore
    agenda: Agenda
    presence: Callable[[Case], Presence]
    refusal: Callable[[Case], str]
    speak: Callable[[Case, int, Callable[[Receipt], None]], None]
    look_back: Callable[[Event, str], None]
    findings: Callable[[Case], Findings]
    on_change: Callable[[Case, str], None]


class _Climb(BaseModel):
    """Where one case stands; the form of its file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event: Event
    step: Step


class LadderRunner:
    """The ladders of all open cases."""

    def __init__(self, parts: RunnerParts, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        """Keep the cases' steps in `folder`, which is made.

        Args:
            parts: what it works with.
            folder: one JSON file per open case.
            clock: Unix seconds; steps outlive the process.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._parts = parts
        self._folder = folder
        self._clock = clock
        self._climbs: dict[str, _Climb] = {}
        self._is_paused = False

    def begin(self, case: Case, event: Event) -> None:
        """Put a new case on the ladder; one that already stands on it goes on from there, one that is over resolves."""
        if not self.lacks(case):
            return
        now_s = self._clock()
        if self._parts.presence(case) == "gone":
            self._enter(case, _Climb(event=event, step=Step("resolve", 0, now_s, now_s, 0, "")))
            return
        if case.held_back:
            logger.info("case %s: no warning, an examiner doubts it; an operator must decide", case.number)
            return
        if self._is_permitted(case):
            return
        refusal, has_returned = self._parts.refusal(case), self._has_returned(case)
        first = self._parts.ladder.first(now_s, refusal=refusal, has_returned=has_returned)
        self._enter(case, _Climb(event=event, step=first))

    def lacks(self, case: Case) -> bool:
        """Return whether a case should stand on the ladder and does not."""
        return case.case_id not in self._climbs and case.state in LADDER_STATES

    def resume(self, cases: Sequence[Case]) -> None:
        """Go on with the cases of before a restart; one that lost its step stays with the operator until `begin`."""
        for case in cases:
            path = self._path(case.case_id)
            try:
                climb = _Climb.model_validate_json(path.read_text(encoding="utf-8"))
            except (OSError, ValidationError) as err:
                self._without_step(case, err)
                continue
            if self._is_permitted(case):  # a permit that was read at this start
                self._forget(case.case_id)
                continue
            if climb.step.kind == "warn" and self._parts.presence(case) == "gone":
                self._resolve(case)
                continue
            self._climbs[case.case_id] = climb
            if climb.step.kind == "warn":  # it may not have sounded: say it again rather than never
                self._enter(case, climb)
            else:
                self._look_at(case.case_id, max(0.0, climb.step.until_s - self._clock()))

    def ended(self, case_id: str) -> None:
        """Take note that the offence of a case is over."""
        climb = self._climbs.get(case_id)
        if climb is not None and climb.step.kind != "warn":  # else its receipt comes first
            self._look(case_id)

    def pause(self) -> None:
        """Say nothing more and take no silence for an answer, as the program stops; any thread.

        A warning that the stop cuts off or that is due now stays the case's step, so that the next start says it.
        """
        self._is_paused = True

    def _is_permitted(self, case: Case) -> bool:
        """Return whether a permit covers a case: it is lawful as far as we know, and a person must decide on it."""
        found = self._parts.findings(case)
        if found.permits:
            logger.info("case %s: no warning, %s; an operator must decide", case.number, found.shown)
        return bool(found.permits)

    def _has_returned(self, case: Case) -> bool:
        """Return whether what a case is about was warned at its place shortly before, left and came back."""
        if not case.proposal.kin or case.proposal.why not in CAME_BACK:
            return False
        return any(warning.ok for warning in self._parts.cases.get(case.proposal.kin).warnings)

    def _without_step(self, case: Case, err: Exception) -> None:
        """Resolve a case that is over; one that is not begins anew once its offence is seen, or stays with people."""
        if self._parts.presence(case) != "gone":
            if case.held_back:
                return  # it was never there
            logger.warning("case %s: its step on the ladder is lost, it begins anew if seen: %s", case.number, err)
            return
        self._resolve(case)

    def _resolve(self, case: Case) -> None:
        """Resolve a case that was over before the start, by the warnings that were heard."""
        now_s, spoken = self._clock(), sum(warning.ok for warning in case.warnings)
        self._finish(case, Step("resolve", spoken, now_s, now_s, spoken, ""))

    def _enter(self, case: Case, climb: _Climb) -> None:
        if climb.step.is_final:  # not kept: while the database refuses it, the step before it is asked again
            self._finish(case, climb.step)
            return
        self._climbs[case.case_id] = climb
        self._keep(case, climb)
        if self._is_paused:
            return
        if climb.step.kind == "warn":
            self._parts.speak(case, climb.step.level, lambda receipt: self._heard(case.case_id, receipt))
        else:
            self._look_at(case.case_id, max(0.0, climb.step.until_s - self._clock()))

    def _heard(self, case_id: str, receipt: Receipt) -> None:
        """Take a receipt; called on any thread."""
        if self._is_paused and not receipt.ok:
            return
        refusal = "" if receipt.ok else receipt.detail
        self._parts.agenda.now(f"case {case_id}: warned", lambda: self._look(case_id, refusal))

    def _look_at(self, case_id: str, wait_s: float) -> None:
        step = self._climbs[case_id].step

        def look() -> None:
            climb = self._climbs.get(case_id)
            if climb is not None and climb.step == step:  # else somebody was faster
                self._look(case_id)

        self._parts.agenda.after(wait_s, f"case {case_id}: look again", look)

    def _look(self, case_id: str, refusal: str = "") -> None:
        climb = self._climbs.get(case_id)
        if climb is None:
            return
        case = self._parts.cases.get(case_id)
        if case.state not in LADDER_STATES:  # a person decided
            self._forget(case_id)
            return
        presence = self._parts.presence(case)
        if climb.step.kind != "warn":
            refusal = self._parts.refusal(case)
        following = self._parts.ladder.next(climb.step, self._clock(), presence, refusal=refusal)
        if following == climb.step:
            if climb.step.kind != "warn":
                self._look_at(case_id, max(LOOK_AGAIN_S, following.until_s - self._clock()))
            return
        self._enter(case, _Climb(event=climb.event, step=following))
        if climb.step.kind == "wait":
            self._parts.look_back(climb.event, case_id)

    def _finish(self, case: Case, step: Step) -> None:
        if step.kind == "resolve":
            action = Action.RESOLVE
            reason = "left after the warning" if step.spoken else "left before any warning"
        elif not (found := self._parts.findings(case)).is_free:
            logger.info("case %s: not filed, %s; an operator must decide", case.number, found.shown)
            self._forget(case.case_id)
            return
        else:
            action = Action.FILE
            reason = step.reason or f"still there after {step.spoken} warnings"
        decided = self._parts.cases.apply(case.case_id, action, actor=SYSTEM, reason=reason, at=datetime.now(UTC))
        logger.info("case %s: %s, %s", decided.number, decided.state.value, reason)
        self._forget(case.case_id)
        self._parts.on_change(decided, "state")

    def _forget(self, case_id: str) -> None:
        self._climbs.pop(case_id, None)
        try:
            self._path(case_id).unlink(missing_ok=True)
        except OSError as err:  # of no harm: a case that is decided is not asked for at the next start
            logger.warning("case %s: its step on the ladder stays in %s: %s", case_id, self._folder, way_out(err))

    def _keep(self, case: Case, climb: _Climb) -> None:
        """Keep the step for a restart; a disk that refuses must not silence the warning."""
        try:
            write_whole(self._path(case.case_id), climb.model_dump_json().encode())
        except OSError as err:
            logger.warning("case %s: a restart now would lose its step on the ladder: %s", case.number, way_out(err))

    def _path(self, case_id: str) -> Path:
        return self._folder / f"{case_id}.json"
