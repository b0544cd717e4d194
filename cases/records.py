"""What a case is to everybody outside this package: frozen records, never rows of a table."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from cases.closing import ClosingLook
from cases.completeness import Shortfall
from cases.handling import Handling, Standing
from cases.packs import Pack, PackPurpose, PartRole
from cases.queries import CasePlace
from cases.spots import NOTHING_PROPOSED, NOWHERE, Proposal, Spot
from cases.states import Action, CaseState
from cases.tables import MAX_ID_LENGTH, MAX_NAME_LENGTH
from detectors.events import Reason

_EVENT_IDS = uuid.UUID("6d2c7b0e-6f0b-4f5e-9c39-5d1f0c6a7e21")


def case_id_of(event_id: str) -> str:
    """Return the id of the case that an event opens: always the same, so that a repeated event finds its own files."""
    return uuid.uuid5(_EVENT_IDS, event_id).hex


@dataclass(frozen=True, slots=True)
class NewCase:
    """What is known when a case is opened.

    Attributes:
        case_id: from `case_id_of`; also the name of its evidence folder.
        event_id: the event that opened it; a second case of the same event is never made.
        kind: `parking`, `vending`, `spillover` or `flyers`.
        code: the item's code in the city's table.
        camera_id, camera_name, zone_id, zone_name, zone_version: where it was seen.
        started_at: when the offence began, aware UTC.
        raised_at: when the rule raised it, aware UTC.
        opened_at: now, aware UTC; its day in local time is that of the case number.
        box: (x1, y1, x2, y2) in pixels of the frame.
        class_label: what it is, `StreetClass.label`.
        score: certainty in [0, 1].
        reasons: the measurements that led to it.
        actor: who opened it.
        spot: where it is.
        proposal: what the program proposes because of that.
    """

    case_id: str
    event_id: str
    kind: str
    code: str
    camera_id: str
    camera_name: str
    zone_id: str
    zone_name: str
    zone_version: int
    started_at: datetime
    raised_at: datetime
    opened_at: datetime
    box: tuple[float, float, float, float]
    class_label: str
    score: float
    reasons: tuple[Reason, ...]
    actor: str = "system"
    spot: Spot = NOWHERE
    proposal: Proposal = NOTHING_PROPOSED

    def __post_init__(self) -> None:
        for text in (self.case_id, self.event_id, self.camera_id, self.zone_id):
            if not 0 < len(text) <= MAX_ID_LENGTH:
                raise ValueError(f"an id has 1 to {MAX_ID_LENGTH} characters, not {text!r}")
        for text in (self.camera_name, self.zone_name, self.actor):
            if len(text) > MAX_NAME_LENGTH:
                raise ValueError(f"a name has up to {MAX_NAME_LENGTH} characters, not {text!r}")
        for at in (self.started_at, self.raised_at, self.opened_at):
            if at.tzinfo is None:
                raise ValueError(f"times of a case must be aware, not {at!r}")


def new_case_of(pack: Pack) -> NewCase | None:
    """Return what is known of the case that a first pack opens, or None where the pack opens none.

    A name longer than its row holds is cut; the manifest keeps it whole.

    Raises:
        ValueError: the pack says what no case can be, for example an id of 500 characters.
    """
    facts = pack.manifest.facts
    if facts.opening is None or case_id_of(facts.event_id) != pack.case_id:
        return None
    return NewCase(
        case_id=pack.case_id,
        event_id=facts.event_id,
        kind=facts.kind,
        code=facts.opening.code,
        camera_id=facts.camera_id,
        camera_name=facts.camera_name[:MAX_NAME_LENGTH],
        zone_id=facts.zone_id,
        zone_name=facts.zone_name[:MAX_NAME_LENGTH],
        zone_version=facts.zone_version,
        started_at=facts.opening.started_at,
        raised_at=facts.opening.raised_at,
        opened_at=pack.manifest.written_at,
        box=facts.opening.box,
        class_label=facts.opening.class_label,
        score=facts.opening.score,
        reasons=facts.reasons,
    )


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One evidence file of a case.

    Attributes:
        name: file name within its pack.
        role: what it shows.
        pack: number of its pack.
        path: relative to the evidence root, with forward slashes; for `EvidenceStore.path_of`.
        sha256: lower-case hex.
        size_bytes: length.
        captured_at: wall time of the pack's main picture, aware UTC.
    """

    name: str
    role: PartRole
    pack: int
    path: str
    sha256: str
    size_bytes: int
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class CasePack:
    """One evidence pack of a case as the database knows it.

    Attributes:
        incomplete: what is missing for a whole one.
        deleted_at: when a rule of retention ordered its files to be deleted, aware UTC; None while they are kept.
        deletion_rule: which rule, a value of `cases.retention.Rule`; empty while they are kept.
        deletion_pack: number of the pack that holds the signed record; None while it is not written or they are kept.
    """

    number: int
    purpose: PackPurpose
    folder: str
    manifest_sha256: str
    written_at: datetime
    captured_at: datetime
    clock_error_s: float
    incomplete: tuple[str, ...]
    files: tuple[CaseFile, ...]
    deleted_at: datetime | None = None
    deletion_rule: str = ""
    deletion_pack: int | None = None


@dataclass(frozen=True, slots=True)
class CaseWarning:
    """A warning that was spoken, or tried, because of a case.

    Attributes:
        horn_id: the horn.
        phrase: key of the phrase, empty for free words.
        level: step of the ladder, from 1; 0 for an operator's own.
        text: the words.
        started_at: when it began, aware UTC.
        duration_s: how long it lasted.
        ok: whether the horn took it whole.
        detail: what the horn answered, or why it failed.
        codec: how it was sent.
        bytes_sent: how much was sent.
        audio_sha256: hash of the samples that were sent.
        file: WAV file that was written instead of sounding, empty otherwise.
    """

    horn_id: str
    phrase: str
    level: int
    text: str
    started_at: datetime
    duration_s: float
    ok: bool
    detail: str
    codec: str
    bytes_sent: int
    audio_sha256: str
    file: str


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the row of a case says by itself.

    Attributes as in `NewCase`; spot and proposal are as they were when it was opened. And:
        number: what people call it, for example `SW202611210001`.
        state: where it is in its life.
        ended_at: when the offence was seen to be over, None while it goes on.
        reviewed_by: who vouched for it last, empty when nobody did.
        reviewed_at: when.
        created_at, updated_at: first and last change, aware UTC.
        revision: counts decisions, from 1; hand it back with the next one to notice that somebody was faster.
        handling: where it stands in the workflow besides its state: unit, clock, returns, requests.
        closing: what the camera saw after its last dispatch; nothing before that and after its end.
    """

    case_id: str
    number: str
    event_id: str
    kind: str
    code: str
    state: CaseState
    camera_id: str
    camera_name: str
    zone_id: str
    zone_name: str
    zone_version: int
    spot: Spot
    proposal: Proposal
    started_at: datetime
    raised_at: datetime
    ended_at: datetime | None
    box: tuple[float, float, float, float]
    class_label: str
    score: float
    reasons: tuple[Reason, ...]
    reviewed_by: str
    reviewed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    revision: int
    handling: Handling
    closing: ClosingLook

    @property
    def standing(self) -> Standing:
        """Everything that a decision may change."""
        return Standing(self.state, self.revision, self.reviewed_by, self.reviewed_at, self.handling)

    @property
    def place(self) -> CasePlace:
        """Where it stands in lists, newest first."""
        return CasePlace(self.raised_at, self.case_id)


@dataclass(frozen=True, slots=True)
class CaseLine(CaseFacts):
    """A case as a list shows it: its evidence is not looked up.

    Attributes as in `CaseFacts`, and:
        warnings_count: how often somebody was spoken to because of it.
    """

    warnings_count: int


@dataclass(frozen=True, slots=True)
class Case(CaseFacts):
    """One case with everything that belongs to it but its history.

    Attributes as in `CaseFacts`, and:
        packs: evidence in the order it was taken.
        warnings: in the order they were spoken.
    """

    packs: tuple[CasePack, ...]
    warnings: tuple[CaseWarning, ...]

    @property
    def warnings_count(self) -> int:
        """How often somebody was spoken to because of it."""
        return len(self.warnings)

    @property
    def files(self) -> tuple[CaseFile, ...]:
        """All evidence files in the order they were taken."""
        return tuple(file for pack in self.packs for file in pack.files)

    @property
    def incomplete(self) -> tuple[str, ...]:
        """What is missing for whole evidence, as values of `Shortfall`; a later pack can make it whole."""
        later = (PackPurpose.AFTER_WARNING, PackPurpose.CLOSING)
        roles = [file.role for pack in self.packs if pack.purpose not in later for file in pack.files]
        brought = {
            Shortfall.NO_PANORAMA: PartRole.PANORAMA in roles,
            Shortfall.NO_SECOND_PANORAMA: roles.count(PartRole.PANORAMA) > 1,
            Shortfall.NO_CLOSE_UP: PartRole.CLOSE_UP in roles,
            Shortfall.NO_CLIP: PartRole.CLIP in roles,
        }
        told = {key for pack in self.packs for key in pack.incomplete}
        return tuple(what.value for what in Shortfall if not brought.get(what, what.value not in told))

    @property
    def manifests(self) -> dict[int, str]:
        """Pack number to manifest hash, for `EvidenceStore.verify`."""
        return {pack.number: pack.manifest_sha256 for pack in self.packs}


OPEN, ADD_PACK, ADD_WARNING, END, EXPORT = "open", "add_pack", "add_warning", "end", "export"
VIEW, LOCK, UNLOCK, DELETE = "view", "lock", "unlock", "delete"
RELEASE, WITHDRAW_RELEASE = "release", "withdraw_release"
"""What the history tells besides the actions of `cases.states`."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One thing that happened to a case.

    Attributes:
        case_id: the case.
        seq: counts within the case, from 1, without gaps.
        at: when, aware UTC.
        actor: who.
        action: a value of `Action`, or one of the words above.
        from_state: state before; None when the case was opened.
        to_state: state after.
        reason: why, empty where nobody had to say.
        detail: what was added, as JSON.
    """

    case_id: str
    seq: int
    at: datetime
    actor: str
    action: str
    from_state: CaseState | None
    to_state: CaseState
    reason: str
    detail: dict[str, JsonValue]

    @property
    def decision(self) -> Action | None:
        """The action where this row is a decision about the state, None for what was merely added."""
        return Action(self.action) if self.action in set(Action) else None
