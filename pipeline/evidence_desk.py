"""Decides who gets which picture of a case, and does what people ask about its evidence: leave, locks, releases.

At the alarm desk an operator judges within seconds what he sees live on the wall anyway: there he gets originals. Once
a case has left the alarm desk, its originals are for whoever gives a reason, which is written down; everybody else, and
everybody without a reason, gets the blurred copy. Who works for a unit may ask for its own cases only, and neither
locks nor releases.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

from cases.blurred_copies import BlurredCopies, check_kept, needs_blurring
from cases.devices import DeviceEntry
from cases.errors import ForeignUnitError, PostMissingError
from cases.evidence import EvidenceStore
from cases.marks import Mark, MarkKind, Marks
from cases.noting import EvidenceDeed
from cases.posts import CENTRE_POSTS, Doer
from cases.records import LOCK, RELEASE, UNLOCK, WITHDRAW_RELEASE, Case, CaseFile
from cases.releases import hindrances, release
from cases.store import CaseStore

ALARM_STATES = frozenset({"candidate", "confirmed", "warned"})
"""States of the alarm desk; a state that is not here is one in which a reason is asked."""


@dataclass(frozen=True, slots=True)
class Seer:
    """Who asks for a picture.

    Attributes:
        name, session_id: account and sign-in.
        has_desk: whether he sits at the case desk: an operator or above with a post of the centre.
        own: who acts for a unit, as whom he may ask to see its cases; None for nobody.
    """

    name: str
    session_id: str
    has_desk: bool
    own: Doer | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """A file to hand over, and whether it is the original."""

    path: Path
    is_original: bool


@dataclass(frozen=True, slots=True)
class DeskParts:
    """What the desk works with.

    Attributes:
        cases, evidence, copies, marks: what there is.
        device: what the register says of a camera, by its id; None where it says nothing.
        local: the zone of days.
        view_minutes: how long leave to see originals lasts.
        clock: wall time, aware UTC.
    """

    cases: CaseStore
    evidence: EvidenceStore
    copies: BlurredCopies
    marks: Marks
    device: Callable[[str], DeviceEntry | None]
    local: tzinfo
    view_minutes: float
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a case's evidence stands for who asks.

    Attributes:
        sees_originals: whether it is shown untouched.
        view_until: when that ends, aware UTC; None where it does not end by itself or is not so.
        lock, released: the lock and the release that hold now.
        hindrances: why it cannot be released; empty where it can or is.
    """

    sees_originals: bool
    view_until: datetime | None
    lock: Mark | None
    released: Mark | None
    hindrances: tuple[str, ...]


class EvidenceDesk:
    """Any thread may call it; the first copy of a clip takes some seconds."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts

    def served(self, case: Case, file: CaseFile, seer: Seer) -> Served:
        """Return the original of a file for who may see it, the blurred copy for everybody else.

        Raises:
            BlurError: there is no copy, and the original is not for this person.
            EvidenceError: the file is deleted, missing, or not as it was written.
        """
        check_kept(case, next(pack for pack in case.packs if pack.number == file.pack))
        if not needs_blurring(file) or self._sees(case, seer):
            return Served(self._parts.evidence.path_of(file.path), is_original=needs_blurring(file))
        return Served(self._parts.copies.of(case, file).path, is_original=False)

    def blurred(self, case: Case, file: CaseFile) -> bytes:
        """Return a file as it may leave the house: with bystanders hidden, never the original of a picture.

        Raises:
            BlurError: it cannot be made; it says why.
        """
        return self._parts.copies.of(case, file).path.read_bytes()

    def standing(self, case: Case, seer: Seer) -> Standing:
        """Return how a case's evidence stands."""
        marks = self._parts.marks
        view = marks.may_view(case.case_id, seer.name, seer.session_id, self._parts.clock())
        released = marks.current(case.case_id, MarkKind.RELEASE)
        in_the_way = hindrances(case, self._parts.device(case.camera_id), self._parts.local)
        return Standing(
            sees_originals=self._sees(case, seer),
            view_until=view.until if view else None,
            lock=marks.current(case.case_id, MarkKind.LOCK),
            released=released,
            hindrances=() if released else in_the_way,
        )

    def grant_view(self, case_id: str, seer: Seer, reason: str) -> Mark:
        """Let a person see the originals of a case for a while; the history says who and why.

        Raises:
            ForeignUnitError: the case is not his unit's, and he is not of the centre.
            ReasonMissingError, UnknownCaseError, DatabaseError: as they say.
        """
        case = self._parts.cases.get(case_id)
        if not _may_ask(case, seer):
            raise ForeignUnitError(seer.name, seer.own.unit if seer.own else "", case.handling.unit)
        deed = self._deed(seer, reason)
        return self._parts.marks.grant_view(case_id, seer.session_id, deed, self._parts.view_minutes)

    def lock(self, case_id: str, seer: Seer, reason: str) -> Mark:
        """Keep a case's evidence whatever the rules say; see `Marks.lock`."""
        _check_centre(seer, LOCK)
        return self._parts.marks.lock(case_id, self._deed(seer, reason))

    def unlock(self, case_id: str, seer: Seer, reason: str) -> Mark:
        """Give it back to the rules; see `Marks.unlock`."""
        _check_centre(seer, UNLOCK)
        return self._parts.marks.unlock(case_id, self._deed(seer, reason))

    def release(self, case_id: str, seer: Seer, reason: str) -> Mark:
        """Mark a case as fit for penal use; see `cases.releases.release`."""
        _check_centre(seer, RELEASE)
        case = self._parts.cases.get(case_id)
        device = self._parts.device(case.camera_id)
        return release(self._parts.marks, case, device, self._deed(seer, reason), self._parts.local)

    def withdraw_release(self, case_id: str, seer: Seer, reason: str) -> Mark:
        """Take a release back; see `Marks.lift`."""
        _check_centre(seer, WITHDRAW_RELEASE)
        return self._parts.marks.lift(case_id, MarkKind.RELEASE, self._deed(seer, reason))

    def _sees(self, case: Case, seer: Seer) -> bool:
        if case.state.value in ALARM_STATES:
            return seer.has_desk
        if not _may_ask(case, seer):
            return False
        marks = self._parts.marks
        return marks.may_view(case.case_id, seer.name, seer.session_id, self._parts.clock()) is not None

    def _deed(self, seer: Seer, reason: str) -> EvidenceDeed:
        return EvidenceDeed(seer.name, self._parts.clock(), reason.strip())


def _may_ask(case: Case, seer: Seer) -> bool:
    return seer.has_desk or (seer.own is not None and seer.own.is_of(case.handling.unit))


def _check_centre(seer: Seer, action: str) -> None:
    """Refuse what binds the whole city to who works for one unit."""
    if not seer.has_desk:
        raise PostMissingError(seer.name, action, CENTRE_POSTS)
