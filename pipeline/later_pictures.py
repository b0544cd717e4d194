"""Takes what a case needs after its first pictures, each in its time: the clip, and the second panorama.

Both are planned when the rule raises the event and taken then, also while the case itself cannot be written yet: what
a camera keeps is gone a minute later. Until the case stands they wait in memory. A stop takes the clip as far as it
goes; after a crash it is what `clip_spool` wrote down in time. The plan of a second panorama is a file as well: where
it could not be had in time, because the program stopped or the camera was away, it is taken once the offence is seen
to stand still.

Belongs here: when, and what becomes of it. Does not: which pictures (evidence_keeper), events (case_flow).
"""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from broadcast.ladder import Presence
from cases.completeness import Shortfall
from cases.disk import way_out
from cases.evidence import EvidenceStore
from cases.packs import Pack, PackPurpose
from cases.records import Case, case_id_of
from cases.store import CaseStore
from detectors.events import Event
from pipeline.agenda import Agenda
from pipeline.clip_spool import ClipSpool
from pipeline.evidence_keeper import EvidenceKeeper, Taken
from pipeline.kept_stills import Moment, Still
from pipeline.settings import EvidenceSettings
from pipeline.whole_files import write_whole
from streams.errors import StreamError

logger = logging.getLogger(__name__)

SLACK_S = 2.0
"""How much later than its time something is taken: the last packets of a camera arrive late."""

MOST_HELD_BACK = 50
"""While so many steps are held back, new cases come without clips: at 10 MB each, memory would not last the night."""

LOOK_AGAIN_S = 5.0
"""How often an offence is looked for that lacks something of its case."""

LOOKS_AGAIN = 120
"""After so many looks, ten minutes, it is given up: a camera that was away for longer has lost sight of the offence."""


@dataclass(frozen=True, slots=True)
class LaterParts:
    """What later pictures work with.

    Attributes:
        cases: where they are recorded.
        evidence: where they are written.
        keeper: what takes them.
        agenda: on whose thread everything runs.
        clips: on whose thread clips that are being taken are written down for a crash.
        presence: whether the offence of a case is still there.
        on_change: told of a case that got more evidence.
    """

    cases: CaseStore
    evidence: EvidenceStore
    keeper: EvidenceKeeper
    agenda: Agenda
    clips: Agenda
    presence: Callable[[Case], Presence]
    on_change: Callable[[Case, str], None]


class _Plan(BaseModel):
    """A second panorama that is still wanted; the form of its file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event: Event
    first_t_s: float
    first_at: datetime

    @property
    def case_id(self) -> str:
        return case_id_of(self.event.event_id)


class LaterPictures:
    """The pictures that are still to come, of all cases; used on the agenda's thread."""

    def __init__(self, parts: LaterParts, settings: EvidenceSettings, folder: Path) -> None:
        """Keep plans in `folder`, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        self._parts = parts
        self._settings = settings
        self._folder = folder
        self._spool = ClipSpool(folder / "clips", parts.keeper.clip_segment, parts.clips)
        self._waiting: dict[str, list[Taken]] = {}  # case id, as long as the case itself is not written
        self._spooled: set[str] = set()  # cases whose clip is made of what was written down
        self._seconds: dict[str, float | None] = {}  # case id, while its second panorama is planned: when it was over

    def plan(self, event: Event, lone_still: Still | None) -> None:
        """Plan what a case that was raised just now still needs; it is kept until `opened` or `lost` is called.

        Args:
            event: as raised.
            lone_still: the first panorama where it is the only one.
        """
        case_id = case_id_of(event.event_id)
        self._waiting.setdefault(case_id, [])
        if not (self._spool.is_of_before(case_id) and self._parts.evidence.case_folder(case_id)):
            self._spool.begin(event)  # else what is there shows the moment of the evidence that is there
        if lone_still is not None:
            plan = _Plan(event=event, first_t_s=lone_still.t_s, first_at=lone_still.captured_at)
            self._seconds[case_id] = None
            self._keep(plan)
            wait_s = self._parts.keeper.gap_s(event) + SLACK_S
            name = f"case {case_id}: second panorama"
            self._parts.agenda.after(wait_s, name, lambda: self._take_second(plan), at_stop=True)
        wait_s = self._settings.clip_after_s + SLACK_S
        self._parts.agenda.after(wait_s, f"case {case_id}: clip", lambda: self._take_clip(event), at_stop=True)

    def opened(self, case_id: str) -> None:
        """Write what waited for the case, and from now on what comes."""
        for taken in self._waiting.pop(case_id, ()):
            self.add_pack(case_id, taken)
        if self._spool.is_of_before(case_id):
            self._take_spooled(case_id)

    def lost(self, case_id: str) -> None:
        """Give up what was taken for a case that cannot be opened; the next start may find its evidence and open it."""
        self._waiting.pop(case_id, None)
        self._spooled.discard(case_id)

    def ended(self, event: Event) -> None:
        """Take note that an offence is over; no later picture shows that it lasted."""
        case_id = case_id_of(event.event_id)
        if case_id in self._seconds:
            self._seconds[case_id] = event.t_s

    def keep_only(self, event_ids: Collection[str]) -> None:
        """Forget the clips of before a restart whose case was never written, but for those of some events."""
        wanted = {case_id_of(event_id) for event_id in event_ids} | self._waiting.keys()
        for case_id, spooled in list(self._spool.of_before()):
            if spooled is None or (case_id not in wanted and not self._case_of(spooled.event)):
                self._spool.forget(case_id)

    def resume(self) -> None:
        """Go on with the clips and the second panoramas that were planned before a restart."""
        for case_id, spooled in list(self._spool.of_before()):
            if spooled is not None and self._case_of(spooled.event):
                self._take_spooled(case_id)
        for path in sorted(self._folder.glob("*.json")):
            try:
                plan = _Plan.model_validate_json(path.read_text(encoding="utf-8"))
            except (OSError, ValidationError) as err:
                logger.warning("%s: this plan of a second panorama cannot be read: %s", path, err)
                continue
            if plan.case_id not in self._seconds:  # else it was planned since the start
                self._look_later(plan, LOOKS_AGAIN)

    def add_pack(self, case_id: str, taken: Taken) -> None:
        """Have a further pack written and then its row, each a step of its own, tried again until it is done."""

        def record(pack: Pack) -> None:
            self._parts.on_change(self._parts.cases.add_pack(case_id, pack), "evidence")
            if taken.facts.purpose is PackPurpose.PERSISTENCE:
                self._forget(case_id)
            if taken.facts.purpose is PackPurpose.CLIP:
                self._spool.forget(case_id)
                self._spooled.discard(case_id)

        def write() -> None:
            if self._parts.cases.of_event(taken.facts.event_id) is None:
                logger.warning("case %s: %s not kept, as there is no such case", case_id, taken.facts.purpose.value)
                return
            pack = self._parts.evidence.write_pack(case_id, taken.parts, taken.facts)
            self._parts.agenda.now(f"case {case_id}: pack {pack.number}", lambda: record(pack))

        self._parts.agenda.now(f"case {case_id}: {taken.facts.purpose.value}", write)

    def _take_clip(self, event: Event) -> None:
        case_id = case_id_of(event.event_id)
        if self._spool.is_of_before(case_id) or self._has_clip(event):  # that shows the moment, before the restart
            return
        if self._held_back() >= MOST_HELD_BACK:
            logger.error("case %s: no clip: %d steps are held back already", case_id, self._held_back())
            return
        try:
            taken = self._parts.keeper.clip(event)
        except StreamError as err:
            logger.warning("case %s: no clip of what the camera keeps: %s", case_id, err)
            self._take_spooled(case_id)
            return
        if self._parts.agenda.is_stopping and Shortfall.CLIP_TOO_SHORT.value in taken.facts.incomplete:
            logger.warning("case %s: its clip ends early, as the program stops", case_id)
        self._hand_over(case_id, taken)

    def _take_spooled(self, case_id: str) -> None:
        """Take the clip as far as it is on the disk, unless the case has one or is about to."""
        spooled = self._spool.read(case_id)
        if spooled is None or case_id in self._spooled:
            return
        if self._has_clip(spooled.event):
            self._spool.forget(case_id)
            return
        try:
            taken = self._parts.keeper.clip_of(spooled.event, spooled.segment)
        except StreamError as err:
            logger.warning("case %s: no clip: %s", case_id, err)
            self._spool.forget(case_id)
            return
        self._spooled.add(case_id)
        logger.info("case %s: its clip is made of what was written down in time", case_id)
        self._hand_over(case_id, taken)

    def _has_clip(self, event: Event) -> bool:
        case = self._case_of(event)
        return case is not None and any(pack.purpose is PackPurpose.CLIP for pack in case.packs)

    def _case_of(self, event: Event) -> Case | None:
        return self._parts.cases.of_event(event.event_id)

    def _take_second(self, plan: _Plan) -> None:
        if plan.case_id not in self._seconds:  # it was taken meanwhile
            return
        end_t_s = self._seconds.pop(plan.case_id)
        try:
            taken = self._parts.keeper.second(plan.event, Moment(plan.first_t_s, plan.first_at), end_t_s)
        except StreamError as err:
            if end_t_s is not None:
                logger.warning("case %s: no second panorama: %s", plan.case_id, err)
                self._forget(plan.case_id)
                return
            when = "after the restart" if self._parts.agenda.is_stopping else "once the offence is seen to stand still"
            logger.warning("case %s: no second panorama yet, it is taken %s: %s", plan.case_id, when, err)
            self._look_later(plan, LOOKS_AGAIN)
            return
        self._hand_over(plan.case_id, taken)

    def _look_later(self, plan: _Plan, looks: int) -> None:
        name = f"case {plan.case_id}: second panorama"
        self._parts.agenda.after(LOOK_AGAIN_S, name, lambda: self._look_again(plan, looks - 1))

    def _look_again(self, plan: _Plan, looks: int) -> None:
        """Take the second panorama if the offence is there now; come back later where nobody can tell."""
        case = self._parts.cases.of_event(plan.event.event_id)
        if case is None and plan.case_id in self._waiting:
            self._look_later(plan, looks + 1)  # held back: how long does not count
            return
        if case is None or Shortfall.NO_SECOND_PANORAMA.value not in case.incomplete:
            self._forget(plan.case_id)
            return
        if case.ended_at is not None or looks <= 0:
            why = "the offence was over before its time" if case.ended_at else "nobody saw the offence again"
            logger.warning("case %s: no second panorama: %s", case.number, why)
            self._forget(plan.case_id)
            return
        if self._parts.presence(case) != "present":
            self._look_later(plan, looks)
            return
        try:
            self._hand_over(plan.case_id, self._parts.keeper.late_second(plan.event, plan.first_at))
        except StreamError as err:
            logger.debug("case %s: no second panorama yet: %s", case.number, err)
            self._look_later(plan, looks)

    def _hand_over(self, case_id: str, taken: Taken) -> None:
        if case_id in self._waiting:
            self._waiting[case_id].append(taken)
        else:
            self.add_pack(case_id, taken)

    def _held_back(self) -> int:
        return self._parts.agenda.held_back + sum(len(waiting) for waiting in self._waiting.values())

    def _keep(self, plan: _Plan) -> None:
        try:
            write_whole(self._path(plan.case_id), plan.model_dump_json().encode())
        except OSError as err:
            logger.warning("case %s: a restart now would lose its second panorama: %s", plan.case_id, way_out(err))

    def _forget(self, case_id: str) -> None:
        self._seconds.pop(case_id, None)
        try:
            self._path(case_id).unlink(missing_ok=True)
        except OSError as err:  # of no harm: the next start finds that nothing is missing
            logger.warning("case %s: its plan stays in %s: %s", case_id, self._folder, way_out(err))

    def _path(self, case_id: str) -> Path:
        return self._folder / f"{case_id}.json"
