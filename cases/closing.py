"""Weighs what a camera sees at the place of a case after its dispatch: gone, still there, or not to be told.

Three cues speak independently of each other: the memory of whoever watches the street, the model on both pictures, and
the pixels of both pictures. Two of them must agree and none may contradict; else nothing is proposed. A person decides
in any case.

Belongs here: the judgement and its words. Does not: pictures (pipeline.closing_looks), when (closing_due).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from cases.states import CaseState
from detectors.events import Reason

SAME_PIXELS, OTHER_PIXELS = 0.8, 0.3
"""Likeness from which pixels prove that the same thing stands there, and below which something else is seen: those of
`vision.places` (PROOF_SAME, PROOF_GONE), by which the watch judges. In between lie shadows and another light."""

LOOK, LOOK_DELAYED = "look", "look_delayed"
"""What the history tells of looks: one that was taken, and one that could not be judged, once per cause."""

AGREEING = 2
"""So many cues must agree."""

LOOK_STATES = (CaseState.DISPATCHED, CaseState.HANDLING, CaseState.HANDLED, CaseState.CHECKING)
"""Where a look after dispatch is of use: with the unit, or handed back and to be checked. Not while put off."""

PROPOSAL_STATES = (*LOOK_STATES, CaseState.CHECKED)
"""Where what it proposed still counts."""

Watched = Literal["standing", "empty", "unknown"]


class Finding(StrEnum):
    """What a look found."""

    GONE = "gone"
    STILL_THERE = "still_there"
    UNCLEAR = "unclear"


class ClosingProposal(StrEnum):
    """What is proposed because of it; empty where nothing is."""

    NONE = ""
    CLOSE = "close"
    SUPERVISE = "supervise"


PROPOSALS = {
    Finding.GONE: ClosingProposal.CLOSE,
    Finding.STILL_THERE: ClosingProposal.SUPERVISE,
    Finding.UNCLEAR: ClosingProposal.NONE,
}


class Delay(StrEnum):
    """Why nothing could be judged when it was time; it is tried again."""

    CAMERA_REMOVED = "camera_removed"
    CAMERA_AWAY = "camera_away"
    ZONE_CHANGED = "zone_changed"
    NOT_WATCHED = "not_watched"  # nobody has looked at the camera since the start
    NO_BEFORE = "no_before"  # the opening picture is deleted, altered or cannot be read
    PICTURE_CHANGED = "picture_changed"  # the camera sends pictures of another shape
    VIEW_ELSEWHERE = "view_elsewhere"  # the camera looks at another of its views
    VIEW_UNSURE = "view_unsure"
    VIEW_DARK = "view_dark"
    VIEW_BLOCKED = "view_blocked"
    VIEW_FROZEN = "view_frozen"
    VIEW_MOVED = "view_moved"
    VIEW_DEFOCUSED = "view_defocused"


@dataclass(frozen=True, slots=True)
class Cues:
    """What there is to go by.

    Attributes:
        watched: what the watch knows of the place: the offence, or a thing like it, stands there; nothing does; or it
            cannot tell.
        found_before, found_now: best score in [0, 1] of a thing of its class at the place in the opening picture and
            now, 0 where the model finds none; None where no model can tell.
        likeness: of the place's pixels now to those of the opening picture, in [0, 1]; None where both are plain.
    """

    watched: Watched
    found_before: float | None = None
    found_now: float | None = None
    likeness: float | None = None


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a look comes to, with the measurements that the page words by their keys."""

    finding: Finding
    measures: tuple[Reason, ...]

    @property
    def proposal(self) -> ClosingProposal:
        """What is proposed."""
        return PROPOSALS[self.finding]


def weigh(cues: Cues) -> Weighed:
    """Return what the cues come to."""
    votes = [vote for vote in (_watch(cues), _model(cues), _pixels(cues)) if vote is not None]
    return Weighed(_finding(votes), _measures(cues))


def _finding(votes: list[bool]) -> Finding:
    if len(votes) < AGREEING or len(set(votes)) > 1:
        return Finding.UNCLEAR
    return Finding.STILL_THERE if votes[0] else Finding.GONE


def _watch(cues: Cues) -> bool | None:
    return {"standing": True, "empty": False, "unknown": None}[cues.watched]


def _model(cues: Cues) -> bool | None:
    if not cues.found_before or cues.found_now is None:  # what it never saw there, it cannot miss there
        return None
    return cues.found_now > 0


def _pixels(cues: Cues) -> bool | None:
    if cues.likeness is None or OTHER_PIXELS < cues.likeness < SAME_PIXELS:
        return None
    return cues.likeness >= SAME_PIXELS


def _measures(cues: Cues) -> tuple[Reason, ...]:
    measures = [Reason(f"place_{cues.watched}", 1.0, "")]
    told = (("model_before", cues.found_before), ("model_now", cues.found_now), ("pixels_alike", cues.likeness))
    measures += [Reason(key, round(value, 3), "ratio") for key, value in told if value is not None]
    return tuple(measures)


@dataclass(frozen=True, slots=True)
class ClosingFacts:
    """What a look after dispatch came to; with it, its pack can be recorded after a crash.

    Attributes:
        finding, proposal: values of `Finding` and `ClosingProposal`.
        dispatched_at: the dispatch after which it was taken, aware UTC.
        before_sha256: hash of the opening picture that it was compared with.
        measures: what was measured.
    """

    finding: str
    proposal: str
    dispatched_at: datetime
    before_sha256: str
    measures: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class ClosingLook:
    """How far the looks after dispatch of a case have come.

    Attributes:
        finding, proposal: of the last look; empty before the first.
        looked_at: when its picture was taken, aware UTC.
        looks: how many there were since the dispatch that they belong to.
        round_at: that dispatch, as `Handling.dispatched_at`; a later one begins anew.
        delay: why the last try came to nothing, a value of `Delay`; empty where it did not.
        tried_at: when that was.
    """

    finding: str = ""
    proposal: str = ""
    looked_at: datetime | None = None
    looks: int = 0
    round_at: datetime | None = None
    delay: str = ""
    tried_at: datetime | None = None


NO_LOOK = ClosingLook()


def current_look(look: ClosingLook, state: CaseState, dispatched_at: datetime | None) -> ClosingLook:
    """Return the look as it counts now: nothing in other states, and nothing of what was before the last dispatch."""
    if state not in PROPOSAL_STATES or look.round_at is None or look.round_at != dispatched_at:
        return NO_LOOK
    return look
