"""Evidence whose time is over goes with proof; what is held, altered or in work stays; a crash changes nothing."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partialmethod
from pathlib import Path

import pytest

from cases.blurred_copies import BlurredCopies
from cases.deletions import DELETION_NAME, parse_deletion
from cases.evidence import EvidenceStore
from cases.evidence_errors import EvidenceWriteError, LockError
from cases.marks import MarkKind, Marks
from cases.noting import EvidenceDeed
from cases.packs import Part, PartRole
from cases.problems import Checked, ProblemKind
from cases.readings import Reading, ReadingKind, Readings
from cases.records import Case, CasePack, case_id_of
from cases.recovery import recover
from cases.replay import Replayed, replay
from cases.retention import RetentionDays
from cases.retention_job import KEPT_CROP, RetentionJob, RetentionParts
from cases.states import Action
from cases.store import CaseStore
from tests.cases.blurring import BrokenLooker, copies, decoded, detail, finder, noise_jpeg
from tests.cases.builders import KEY, NOON, OTHER_KEY, TRUST, facts, new_case

LATE = NOON + timedelta(days=31)


@dataclass
class Site:
    """An evidence folder with its database, at a time that a test sets."""

    cases: CaseStore
    evidence: EvidenceStore
    copies: BlurredCopies
    at: datetime = LATE

    @property
    def job(self) -> RetentionJob:
        days = RetentionDays()
        parts = RetentionParts(self.cases, self.evidence, self.copies, days, lambda: self.at, TRUST, "streetwarden 9")
        return RetentionJob(parts)

    def open(self, event: str = "event-1", *actions: Action) -> Case:
        pictures = [
            Part("panorama-1.jpg", noise_jpeg(), PartRole.PANORAMA),
            Part("close-up.jpg", noise_jpeg(), PartRole.CLOSE_UP),
        ]
        pack = self.evidence.write_pack(case_id_of(event), pictures, facts(event_id=event))
        case = self.cases.open_case(new_case(event), pack)
        clip = self.evidence.write_pack(case.case_id, [Part("clip.mp4", b"moving", PartRole.CLIP)], facts())
        case = self.cases.add_pack(case.case_id, clip)
        for action in actions:
            case = self.cases.apply(case.case_id, action, actor="li", reason="x", at=NOON)
        return case

    def verify(self, case: Case) -> Checked:
        return self.evidence.verify(case.case_id, self.cases.get(case.case_id).manifests, trust=TRUST)

    def files(self, case: Case) -> list[str]:
        folder = self.evidence.case_folder(case.case_id)
        assert folder is not None
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def site(store: CaseStore, tmp_path: Path) -> Site:
    evidence = EvidenceStore(tmp_path / "evidence", signer=KEY, clock=lambda: NOON)
    return Site(store, evidence, copies(tmp_path / "blurred", evidence))


def test_expired_evidence_goes_and_a_signed_record_in_the_chain_says_what_when_why(site: Site) -> None:
    case = site.open()

    done = site.job.run()

    assert (done.cases, done.files, done.left) == ((case.number,), 3, ())
    assert site.files(case) == [
        "pack-0001/manifest.json", "pack-0001/manifest.sig",
        "pack-0002/manifest.json", "pack-0002/manifest.sig",
        "pack-0003/deletion.json", "pack-0003/manifest.json", "pack-0003/manifest.sig",
    ]  # fmt: skip
    after = site.cases.get(case.case_id)
    record = parse_deletion(site.evidence.path_of(f"{after.packs[2].folder}/{DELETION_NAME}").read_bytes())
    assert [(file.pack, file.name, file.sha256) for file in record.files] == [
        (file.pack, file.name, file.sha256) for file in case.files
    ]
    assert (record.rule, record.days, record.ordered_at) == ("unconfirmed", 30, LATE)
    assert record.since == NOON + timedelta(seconds=1)


def test_verify_tells_deleted_by_rule_from_missing(site: Site) -> None:
    case, kept = site.open(), site.open("event-2", Action.CONFIRM)
    site.job.run()
    assert (site.verify(case).problems, site.verify(case).deleted) == ((), 3)

    site.evidence.path_of(kept.files[0].path).unlink()

    (problem,) = site.verify(kept).problems
    assert (problem.kind, problem.path) == (ProblemKind.MISSING, "pack-0001/panorama-1.jpg")


def test_rows_and_history_stay_and_replay(site: Site) -> None:
    case = site.open()

    site.job.run()

    after = site.cases.get(case.case_id)
    assert [(pack.deletion_rule, pack.deletion_pack) for pack in after.packs] == [("unconfirmed", 3)] * 2 + [("", None)]
    assert after.files[:3] == case.files
    assert after.incomplete == case.incomplete
    row = next(row for row in site.cases.history(case.case_id) if row.action == "delete")
    assert (row.actor, row.reason, row.detail["packs"]) == ("system", "unconfirmed: 30 d", [1, 2])
    assert replay(site.cases.history(case.case_id)) == Replayed.of_case(after)


def test_second_run_finds_nothing_to_do(site: Site) -> None:
    case = site.open()
    site.job.run()
    before = site.files(case)

    assert site.job.run().cases == ()
    assert site.files(case) == before


def test_of_a_dismissed_case_a_blurred_close_up_is_kept(site: Site) -> None:
    case = site.open("event-1", Action.DISMISS)

    site.job.run()

    after = site.cases.get(case.case_id)
    crop = next(file for file in after.files if file.role is PartRole.BLURRED)
    assert crop.name == KEPT_CROP
    picture = decoded(site.evidence.path_of(crop.path).read_bytes())
    assert detail(picture[60:95, 200:240]) < 10
    assert site.verify(case).problems == ()


def test_dismissed_case_whose_crop_cannot_be_blurred_waits_and_loses_nothing(site: Site, tmp_path: Path) -> None:
    broken = copies(tmp_path / "blurred", site.evidence, finder(looker=BrokenLooker([])))
    case = site.open("event-1", Action.DISMISS)
    before = site.files(case)

    done = replace(site, copies=broken).job.run()

    assert "cannot be blurred" in done.left[0]
    assert site.files(case) == before
    assert site.verify(case).problems == ()
    assert site.job.run().files == 3


@pytest.mark.parametrize("kind", [MarkKind.LOCK, MarkKind.RELEASE])
def test_lock_and_release_outlive_every_rule(site: Site, kind: MarkKind) -> None:
    case = site.open()
    marks, deed = Marks(site.cases.database), EvidenceDeed("li", NOON, "appeal")
    if kind is MarkKind.LOCK:
        marks.lock(case.case_id, deed)
    else:
        marks.release(case.case_id, deed, {})
    before = site.files(case)

    late = replace(site, at=NOON + timedelta(days=10_000))

    assert late.job.plan() == ()
    assert late.job.run().cases == ()
    assert site.files(case) == before
    marks.lift(case.case_id, kind, EvidenceDeed("li", LATE, "over"))
    assert late.job.run().cases == (case.number,)


def test_lock_that_comes_between_plan_and_deletion_still_holds(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    case = site.open()
    job = site.job
    plan = job.plan()
    Marks(site.cases.database).lock(case.case_id, EvidenceDeed("li", LATE, "just in time"))
    monkeypatch.setattr(job, "plan", lambda _limit: plan)

    assert job.run().files == 0
    assert site.verify(case).deleted == 0


def test_what_is_deleted_already_cannot_be_locked(site: Site) -> None:
    case = site.open()
    site.job.run()

    with pytest.raises(LockError, match="was deleted by rule"):
        Marks(site.cases.database).lock(case.case_id, EvidenceDeed("li", LATE, "too late"))


def test_evidence_that_is_not_as_it_was_written_is_left_alone_and_said(site: Site) -> None:
    case = site.open()
    site.evidence.path_of(case.files[0].path).write_bytes(b"altered")

    done = site.job.run()

    assert done.files == 0
    assert "pack-0001/panorama-1.jpg is not as it was written" in done.left[0]
    assert site.cases.get(case.case_id).packs[0].deleted_at is None


def test_altered_evidence_is_said_once_and_holds_up_no_other_case(site: Site) -> None:
    altered, whole = site.open("event-1"), site.open("event-2")
    site.evidence.path_of(altered.files[0].path).write_bytes(b"altered")
    job = site.job

    assert [job.run(limit=1).cases for _ in range(2)] == [(), (whole.number,)]
    assert job.run(limit=1).left == ()


def test_deletion_that_fails_each_time_holds_up_no_other_that_was_begun(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [site.open(f"event-{i}") for i in range(2)]
    first, second = sorted(cases, key=lambda case: case.case_id)
    job = site.job
    remove = RetentionJob._remove

    def refuse(self: RetentionJob, begun: tuple[CasePack, ...], *, refused: str = "") -> tuple[int, int]:
        if refused in begun[0].folder:
            raise EvidenceWriteError("no")
        return remove(self, begun)

    monkeypatch.setattr(RetentionJob, "_remove", refuse)
    job.run()
    monkeypatch.setattr(RetentionJob, "_remove", partialmethod(refuse, refused=first.case_id))

    assert [done for _ in range(2) for done in job.run(limit=1).cases] == [second.number]


def test_history_of_what_is_too_young_for_its_rule_is_not_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.open("event-1", Action.FILE, Action.CLOSE)
    monkeypatch.setattr(site.cases, "history", None)

    assert site.job.plan() == ()


class Crashed(Exception):  # noqa: N818
    """The program stops here."""


@pytest.mark.parametrize("method", ["_write_record", "_remove", "_name_record"])
def test_run_after_a_crash_finishes_what_was_begun(site: Site, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    case = site.open()
    job = site.job

    def crash(*_args: object) -> None:
        raise Crashed

    monkeypatch.setattr(job, method, crash)
    with pytest.raises(Crashed):
        job.run()

    done = site.job.run()

    assert done.cases == (case.number,)
    after = site.cases.get(case.case_id)
    assert [pack.deletion_pack for pack in after.packs] == [3, 3, None]
    assert (site.verify(case).problems, site.verify(case).deleted) == ((), 3)


def test_record_whose_row_a_crash_lost_is_taken_up_and_not_written_twice(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = site.open()
    job = site.job
    with monkeypatch.context() as crashing:
        crashing.setattr(site.cases, "add_pack", lambda *_args: (_ for _ in ()).throw(Crashed))
        with pytest.raises(Crashed):
            job.run()
    recover(site.cases, site.evidence)

    assert site.job.run().cases == (case.number,)
    assert len(site.cases.get(case.case_id).packs) == 3
    assert site.verify(case).problems == ()


def test_full_disk_keeps_the_files_until_the_record_can_be_written(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    case = site.open()
    before = site.files(case)

    def full(*_args: object) -> None:
        raise EvidenceWriteError("the disk is full")

    with monkeypatch.context() as filling:
        filling.setattr(site.evidence, "write_pack", full)
        done = site.job.run()

    assert (done.files, "the disk is full" in done.left[0]) == (0, True)
    assert site.files(case) == before
    assert site.job.run().files == 3


def test_file_that_a_record_calls_deleted_and_that_is_there_is_found(site: Site) -> None:
    case = site.open()
    content = site.evidence.path_of(case.files[0].path).read_bytes()
    site.job.run()

    (site.evidence.root / case.files[0].path).write_bytes(content)

    (problem,) = site.verify(case).problems
    assert (problem.kind, problem.said) == (ProblemKind.EXTRA, "deleted_but_there")


def test_record_of_a_foreign_key_excuses_no_loss(site: Site) -> None:
    case = site.open()
    forged = EvidenceStore(site.evidence.root, signer=OTHER_KEY, clock=lambda: NOON)
    replace(site, evidence=forged).job.run()

    kinds = {problem.kind for problem in site.verify(case).problems}

    assert kinds == {ProblemKind.FOREIGN_SIGNATURE, ProblemKind.MISSING}


def test_altered_record_excuses_no_loss(site: Site) -> None:
    case = site.open()
    site.job.run()
    path = site.evidence.path_of(f"{site.cases.get(case.case_id).packs[2].folder}/{DELETION_NAME}")
    path.write_bytes(path.read_bytes().replace(b"unconfirmed", b"unconfirmeD"))

    kinds = [problem.kind for problem in site.verify(case).problems]

    assert kinds.count(ProblemKind.MISSING) == 3


def test_copies_go_with_the_originals(site: Site, tmp_path: Path) -> None:
    case = site.open()
    site.copies.of(case, case.files[0])

    site.job.run()

    assert list((tmp_path / "blurred").rglob("*")) == []


def test_plan_names_what_is_due_and_alters_nothing(site: Site) -> None:
    case = site.open()
    before = site.files(case)

    (found,) = site.job.plan()

    assert (found.case.number, found.rule.value, len(found.packs)) == (case.number, "unconfirmed", 2)
    assert site.files(case) == before
    assert [row.action for row in site.cases.history(case.case_id)] == ["open", "add_pack", "add_pack"]
    assert replace(site, at=NOON + timedelta(days=29)).job.plan() == ()


def test_case_that_is_reopened_and_gets_new_evidence_loses_only_that_the_next_time(site: Site) -> None:
    case = site.open("event-1", Action.DISMISS)
    site.job.run()
    site.cases.apply(case.case_id, Action.REOPEN, actor="li", reason="back", at=LATE)
    again = site.evidence.write_pack(case.case_id, [Part("new.jpg", noise_jpeg(), PartRole.PANORAMA)], facts())
    site.cases.add_pack(case.case_id, again)
    site.cases.apply(case.case_id, Action.DISMISS, actor="li", reason="no", at=LATE)

    done = replace(site, at=LATE + timedelta(days=31)).job.run()

    assert done.files == 1
    assert [pack.deletion_pack for pack in site.cases.get(case.case_id).packs] == [3, 3, None, 5, None]
    assert (site.verify(case).problems, site.verify(case).deleted) == ((), 4)


def test_what_was_read_on_the_pictures_goes_with_them_and_is_not_kept_afterwards(site: Site) -> None:
    case, kept = site.open(), site.open("event-2", Action.CONFIRM)
    readings, plate = Readings(site.cases.database), Reading(ReadingKind.PLATE, "晋M12345", "晋M12345", 0.95)
    for each in (case, kept):
        readings.note(each.case_id, (plate,))

    site.job.run()
    readings.note(case.case_id, (plate,))  # a reader that was still at it

    assert (readings.of(case.case_id), readings.of(kept.case_id)) == ((), (plate,))
    assert "12345" not in str([row.detail for row in site.cases.history(case.case_id)])
