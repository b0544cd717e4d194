"""Deletes evidence whose time is over, and proves it: decision, signed record, then the files; the rows stay.

A case's evidence goes in four steps, each of which a crash may end; the next run goes on where it stopped:

1. one transaction asks for locks and releases, marks the packs and writes the history: from here on no lock comes late;
2. a pack with `deletion.json` joins the case's chain, signed, with a blurred close-up where the rule keeps one;
3. the files go, the manifests and their signatures stay;
4. the packs' rows name the pack that holds the record.

Evidence that is not as it was written is left alone: deleting it would hide that.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from pydantic import JsonValue
from sqlalchemy import and_, exists, or_, select

from cases.blurred_copies import BlurredCopies
from cases.deletions import DELETION_NAME, DeletedFile, DeletionRecord, deletion_bytes, parse_deletion
from cases.disk import Disk, way_out
from cases.evidence import EvidenceStore
from cases.evidence_errors import BlurError, EvidenceError, EvidenceMissingError, EvidenceWriteError
from cases.marks import is_held
from cases.noting import EvidenceDeed, case_for_change, note_deed
from cases.packs import Pack, PackPurpose, Part, PartRole
from cases.readings import forget_readings
from cases.records import DELETE, Case, CasePack
from cases.retention import RULE_OF_STATE, Due, RetentionDays, Rule, due
from cases.store import SYSTEM, CaseStore
from cases.tables import CaseRow, MarkRow, PackRow
from cases.trust import Trust

logger = logging.getLogger(__name__)

KEPT_CROP = "close-up-blurred.jpg"


@dataclass(frozen=True, slots=True)
class RetentionParts:
    """What the job works with.

    Attributes:
        cases, evidence: what is kept.
        copies: makes the blurred close-up that a dismissed case keeps, and lets copies go with their originals.
        days: how long what is kept.
        clock: wall time, aware UTC.
        trust: whose signatures on packs count; the store's own key where it is None.
        program: name and version, for records.
    """

    cases: CaseStore
    evidence: EvidenceStore
    copies: BlurredCopies
    days: RetentionDays
    clock: Callable[[], datetime]
    trust: Trust | None
    program: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """What a run did: cases whose evidence is deleted, files and bytes that went, and cases that were left and why."""

    cases: tuple[str, ...] = ()
    files: int = 0
    size_bytes: int = 0
    left: tuple[str, ...] = ()


class RetentionJob:
    """Applies the rules of retention; used by one thread at a time."""

    def __init__(self, parts: RetentionParts, disk: Disk | None = None) -> None:
        self._parts = parts
        self._disk = disk or Disk()
        self._altered: set[str] = set()
        self._failures: Counter[str] = Counter()

    def plan(self, limit: int = 1000) -> tuple[Due, ...]:
        """Return what is due now, oldest first; nothing is altered."""
        return tuple(islice(self._due(), limit))

    def run(self, limit: int = 20) -> Deleted:
        """Finish what was begun and delete what is due of up to `limit` cases.

        A case whose evidence is altered is said once by each job and then passed over, so that it holds up no other.

        Raises:
            DatabaseError: it may be tried again.
        """
        done = Deleted()
        for case_id in self._begun()[:limit]:
            done = self._finished(done, self._parts.cases.get(case_id))
        for is_due in islice((each for each in self._due() if each.case.case_id not in self._altered), limit):
            if (refusal := self._refusal(is_due.case)) is not None:
                self._altered.add(is_due.case.case_id)
                logger.error("case %s: its evidence is not deleted: %s", is_due.case.number, refusal)
                done = replace(done, left=(*done.left, f"{is_due.case.number}: {refusal}"))
            elif self._decide(is_due):
                done = self._finished(done, self._parts.cases.get(is_due.case.case_id))
        return done

    def _due(self) -> Iterator[Due]:
        now = self._parts.clock()
        for case_id in self._candidates(now):
            case = self._parts.cases.get(case_id)
            is_due = due(case, self._parts.cases.history(case_id), self._parts.days, now)
            if is_due is not None:
                yield is_due

    def _candidates(self, now: datetime) -> list[str]:
        """Return cases of an age and state that a rule may reach, that keep files, and that nothing holds.

        Each rule looks only at what is old enough for it: of each that is found the whole history is read.
        """
        kept = exists().where(
            PackRow.case_id == CaseRow.id, PackRow.deleted_at.is_(None), PackRow.purpose != "deletion"
        )
        held = exists().where(
            MarkRow.case_id == CaseRow.id, MarkRow.kind.in_(("lock", "release")), MarkRow.lifted_at.is_(None)
        )
        over = or_(
            *(
                and_(
                    CaseRow.state.in_([state for state, decides in RULE_OF_STATE.items() if decides is rule]),
                    CaseRow.raised_at < now - timedelta(days=self._parts.days.of(rule)),
                )
                for rule in Rule
            )
        )
        wanted = select(CaseRow.id).where(over, kept, ~held)
        with self._parts.cases.database.reading() as session:
            return list(session.scalars(wanted.order_by(CaseRow.raised_at, CaseRow.id)).all())

    def _begun(self) -> list[str]:
        wanted = select(PackRow.case_id).where(PackRow.deleted_at.is_not(None), PackRow.deletion_pack.is_(None))
        with self._parts.cases.database.reading() as session:
            begun = set(session.scalars(wanted).all())
        return sorted(begun, key=lambda case_id: (self._failures[case_id], case_id))  # what failed waits for the rest

    def _refusal(self, case: Case) -> str | None:
        problems = self._parts.evidence.verify(case.case_id, case.manifests, trust=self._parts.trust).problems
        if not problems:
            return None
        return f"{problems[0].path} is not as it was written (see streetwarden evidence verify {case.number})"

    def _decide(self, is_due: Due) -> bool:
        """Mark the packs in one transaction, unless a lock or release came meanwhile or the case went on."""
        case, at = is_due.case, self._parts.clock()
        with self._parts.cases.database.writing() as session:
            row = case_for_change(session, case.case_id)
            if row.state != case.state.value or is_held(session, case.case_id):
                return False
            numbers = [pack.number for pack in is_due.packs]
            for pack in row.packs:
                if pack.number in numbers:
                    pack.deleted_at, pack.deletion_rule = at, is_due.rule.value
            forget_readings(session, case.case_id)  # plates and numbers are as personal as the pictures they stand on
            reason = f"{is_due.rule.value}: {is_due.days} d"
            detail: dict[str, JsonValue] = {
                "rule": is_due.rule.value,
                "since": is_due.since.isoformat(),
                "packs": [*numbers],
            }
            note_deed(session, row, DELETE, EvidenceDeed(SYSTEM, at, reason), detail)
        return True

    def _finished(self, done: Deleted, case: Case) -> Deleted:
        begun = tuple(pack for pack in case.packs if pack.deleted_at is not None and pack.deletion_pack is None)
        try:
            record = self._record_of(case, begun) or self._write_record(case, begun)
            files, size_bytes = self._remove(begun)
        except (EvidenceError, OSError) as err:
            why = way_out(err) if isinstance(err, OSError) else str(err)
            logger.error("case %s: its evidence is to be deleted, tried again: %s", case.number, why)
            self._failures[case.case_id] += 1
            return replace(done, left=(*done.left, f"{case.number}: {why}"))
        self._name_record(case.case_id, begun, record)
        logger.info("case %s: %d files deleted by the rule %s", case.number, files, begun[0].deletion_rule)
        return replace(
            done,
            cases=(*done.cases, case.number),
            files=done.files + files,
            size_bytes=done.size_bytes + size_bytes,
        )

    def _record_of(self, case: Case, begun: tuple[CasePack, ...]) -> int | None:
        """Return the pack with the record of a deletion that a crash ended, or None where it was not written yet."""
        wanted = {(pack.number, file.name) for pack in begun for file in pack.files}
        for pack in self._parts.evidence.packs(case.case_id):
            if pack.manifest.facts.purpose is PackPurpose.DELETION:
                content = self._parts.evidence.path_of(f"{pack.folder}/{DELETION_NAME}").read_bytes()
                if wanted <= {(file.pack, file.name) for file in parse_deletion(content).files}:
                    self._parts.cases.add_pack(case.case_id, pack)
                    return pack.number
        return None

    def _write_record(self, case: Case, begun: tuple[CasePack, ...]) -> int:
        rule = Rule(begun[0].deletion_rule)
        ordered_at = begun[0].deleted_at or self._parts.clock()
        days = self._parts.days.of(rule)
        record = DeletionRecord(
            case_id=case.case_id,
            ordered_at=ordered_at,
            rule=rule.value,
            days=days,
            since=self._since(case.case_id, ordered_at),
            files=tuple(
                DeletedFile(file.pack, file.name, file.role.value, file.sha256, file.size_bytes)
                for pack in begun
                for file in pack.files
            ),
            program=self._parts.program,
        )
        parts = [Part(DELETION_NAME, deletion_bytes(record), PartRole.DELETION)]
        if rule is Rule.DISMISSED:
            parts += self._kept_crop(case, begun)
        written = self._write(case, parts)
        self._parts.cases.add_pack(case.case_id, written)
        return written.number

    def _since(self, case_id: str, ordered_at: datetime) -> datetime:
        """Return from when the days counted, as the decision has it in the history."""
        for row in reversed(self._parts.cases.history(case_id)):
            if row.action == DELETE and row.at == ordered_at:
                return datetime.fromisoformat(str(row.detail["since"]))
        return ordered_at

    def _write(self, case: Case, parts: list[Part]) -> Pack:
        packs = self._parts.evidence.packs(case.case_id)
        if not packs:
            raise EvidenceWriteError(f"case {case.number} has no pack that can be read, so no record can follow it")
        before = packs[0].manifest.facts
        bare = replace(before, reasons=(), incomplete=(), opening=None, closing=None)
        facts = replace(bare, purpose=PackPurpose.DELETION, program=self._parts.program)
        return self._parts.evidence.write_pack(case.case_id, parts, facts)

    def _kept_crop(self, case: Case, begun: tuple[CasePack, ...]) -> list[Part]:
        """Return the blurred close-up that a dismissed case keeps, as false alarms teach the rules."""
        unmarked = replace(
            case, packs=tuple(replace(pack, deleted_at=None) if pack in begun else pack for pack in case.packs)
        )
        for file in (file for pack in begun for file in pack.files if file.role is PartRole.CLOSE_UP):
            try:
                copy = self._parts.copies.of(unmarked, file)
            except BlurError as err:
                raise BlurError(f"the close-up that is kept of a dismissed case cannot be blurred: {err}") from err
            return [Part(KEPT_CROP, copy.path.read_bytes(), PartRole.BLURRED)]
        return []

    def _remove(self, begun: tuple[CasePack, ...]) -> tuple[int, int]:
        files = size_bytes = 0
        for pack in begun:
            folder = self._parts.evidence.root / pack.folder
            for file in pack.files:
                with suppress(EvidenceMissingError):  # a crash may have ended an earlier run just here
                    self._parts.evidence.path_of(file.path).unlink()
                    files, size_bytes = files + 1, size_bytes + file.size_bytes
            self._disk.sync_folder(folder)
        return files, size_bytes

    def _name_record(self, case_id: str, begun: tuple[CasePack, ...], record: int) -> None:
        numbers = [pack.number for pack in begun]
        with self._parts.cases.database.writing() as session:
            for row in session.scalars(select(PackRow).where(PackRow.case_id == case_id, PackRow.number.in_(numbers))):
                row.deletion_pack = record
        for number in numbers:
            self._parts.copies.forget(case_id, number)
