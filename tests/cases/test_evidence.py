"""What evidence promises: whole or not there, hashed, chained, and a clear word when it cannot be written."""

import errno
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cases.disk import Digest, Disk
from cases.evidence import EvidenceStore
from cases.evidence_errors import EvidenceMissingError, EvidencePartError, EvidenceWriteError
from cases.packs import (
    MANIFEST_NAME,
    SIGNATURE_NAME,
    Part,
    PartRole,
    Taking,
    canonical_json,
    parse_manifest,
    sha256_hex,
)
from cases.problems import ProblemKind
from tests.cases.builders import KEY, NOON, facts, parts
from tests.cases.failing_disk import FailingDisk

NIGHT = datetime(2026, 11, 21, 23, 59, tzinfo=UTC)


@pytest.fixture
def evidence(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence", clock=lambda: NIGHT)


def folders(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))


def test_pack_lies_below_day_and_case_and_holds_files_and_manifest(evidence: EvidenceStore) -> None:
    pack = evidence.write_pack("case-1", parts(), facts())

    assert pack.folder == "2026/11/21/case-1/pack-0001"
    names = sorted(path.name for path in (evidence.root / pack.folder).iterdir())
    assert names == ["close-up.jpg", "manifest.json", "panorama-1.jpg"]


def test_manifest_is_canonical_and_names_every_file_with_its_hash(evidence: EvidenceStore) -> None:
    pack = evidence.write_pack("case-1", parts(), facts())

    content = (evidence.root / pack.folder / MANIFEST_NAME).read_bytes()
    plain = json.loads(content)
    assert content == json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert plain["files"][0] == {
        "name": "panorama-1.jpg",
        "role": "panorama",
        "sha256": sha256_hex(b"panorama"),
        "size_bytes": 8,
    }
    assert plain["facts"]["camera_name"] == "东门"
    assert pack.manifest_sha256 == sha256_hex(content)


def test_signed_manifest_says_of_each_file_when_it_was_taken(tmp_path: Path) -> None:
    part = Part("panorama-1.jpg", b"panorama", PartRole.PANORAMA, Taking(NOON, 0.6))

    pack = EvidenceStore(tmp_path, signer=KEY).write_pack("case-1", [part], facts())

    plain = json.loads((tmp_path / pack.folder / MANIFEST_NAME).read_bytes())
    assert plain["files"][0]["taken"] == {"captured_at": "2026-11-21T04:00:00Z", "clock_error_s": 0.6}


def test_manifest_comes_back_as_it_was_written(evidence: EvidenceStore) -> None:
    pack = evidence.write_pack("case-1", parts(), facts(incomplete=("clip_missing",), model=None))

    assert parse_manifest(canonical_json(pack.manifest)) == pack.manifest
    assert evidence.packs("case-1") == (pack,)


class RecordingDisk(Disk):
    """Notes in which order files are written, forced to the medium and named."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.log: list[str] = []

    def write(self, path: Path, chunks: Iterable[bytes]) -> Digest:
        self.log.append(f"write {path.name}")
        return super().write(path, chunks)

    def sync(self, descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").resolve()
        self.log.append(f"sync {path.name}")
        super().sync(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        self.log.append(f"rename {old.name} {new.name}")
        super().rename(old, new)


def test_everything_is_on_the_medium_before_the_pack_gets_its_name(tmp_path: Path) -> None:
    disk = RecordingDisk(tmp_path)
    evidence = EvidenceStore(tmp_path, signer=KEY, disk=disk, clock=lambda: NIGHT)

    evidence.write_pack("case-1", parts(), facts())

    assert disk.log == [
        *(f"sync {folder}" for folder in (tmp_path.name, "2026", "11", "21")),  # a new folder's name, in its parent
        "sync case-1",
        "write panorama-1.jpg",
        "sync panorama-1.jpg",
        "write close-up.jpg",
        "sync close-up.jpg",
        "write manifest.json",
        "sync manifest.json",
        "write manifest.sig",
        "sync manifest.sig",
        "sync .pack-0001.writing",
        "rename .pack-0001.writing pack-0001",
        "sync case-1",
    ]


def test_later_pack_lies_beside_the_first_and_follows_its_manifest(tmp_path: Path) -> None:
    times = iter([NIGHT, NIGHT, NIGHT.replace(day=22), NIGHT.replace(day=22)])
    evidence = EvidenceStore(tmp_path, clock=lambda: next(times))
    first = evidence.write_pack("case-1", parts(), facts())

    # the clock is past midnight now, but a case stays in one folder
    second = evidence.write_pack("case-1", parts(), facts())

    assert second.folder == "2026/11/21/case-1/pack-0002"
    assert second.manifest.previous_sha256 == first.manifest_sha256


def test_clip_is_copied_from_its_path_and_the_original_left_alone(evidence: EvidenceStore, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(bytes(range(256)) * 10_000)

    pack = evidence.write_pack("case-1", [Part("clip.mp4", clip, PartRole.CLIP)], facts())

    assert (evidence.root / pack.folder / "clip.mp4").read_bytes() == clip.read_bytes()
    assert pack.files[0].sha256 == sha256_hex(clip.read_bytes())


def test_missing_clip_is_named_and_nothing_is_kept(evidence: EvidenceStore, tmp_path: Path) -> None:
    with pytest.raises(EvidencePartError, match=r"'clip.mp4' cannot be read from .*No such file"):
        evidence.write_pack("case-1", [*parts(), Part("clip.mp4", tmp_path / "gone.mp4")], facts())

    assert evidence.packs("case-1") == ()


def test_empty_file_is_no_evidence(evidence: EvidenceStore) -> None:
    with pytest.raises(EvidencePartError, match=r"'a.jpg' is empty"):
        evidence.write_pack("case-1", [Part("a.jpg", b"")], facts())


@pytest.mark.parametrize(
    "name", ["../a.jpg", "/etc/passwd", "", ".hidden", "a b.jpg", "照片.jpg", "a" * 97, MANIFEST_NAME, SIGNATURE_NAME]
)
def test_unsafe_file_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no name for an evidence file"):
        Part(name, b"x")


@pytest.mark.parametrize("case_id", ["..", "a/b", "", "orphans"])
def test_unsafe_case_id_is_refused(evidence: EvidenceStore, case_id: str) -> None:
    with pytest.raises(ValueError, match="no case id"):
        evidence.write_pack(case_id, parts(), facts())


def test_two_files_of_one_name_are_refused(evidence: EvidenceStore) -> None:
    with pytest.raises(ValueError, match="different name for each"):
        evidence.write_pack("case-1", [Part("a.jpg", b"1"), Part("a.jpg", b"2")], facts())


def test_number_that_is_not_finite_is_refused_and_nothing_is_kept(evidence: EvidenceStore) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        evidence.write_pack("case-1", parts(), facts(clock_error_s=float("nan")))

    assert evidence.packs("case-1") == ()


@pytest.mark.parametrize(
    ("error_number", "words"),
    [
        (errno.ENOSPC, "the disk is full; make room there"),
        (errno.EROFS, "the disk is read-only"),
        (errno.EACCES, "there is no permission to write"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_refusing_disk_is_said_in_one_sentence_and_may_be_tried_again(
    tmp_path: Path, error_number: int, words: str
) -> None:
    evidence = EvidenceStore(tmp_path, disk=FailingDisk(9, error_number))

    with pytest.raises(EvidenceWriteError, match=words) as caught:
        evidence.write_pack("case-1", parts(), facts())

    assert caught.value.retryable
    assert "case-1" in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def steps_of_a_pack(tmp_path: Path) -> int:
    counting = FailingDisk(0, 0)
    EvidenceStore(tmp_path, signer=KEY, disk=counting).write_pack("case-0", parts(), facts())
    return counting.steps


def test_disk_that_fills_up_at_any_step_leaves_nothing_and_the_next_try_succeeds(tmp_path: Path) -> None:
    steps = steps_of_a_pack(tmp_path / "counting")
    assert steps > 12
    for step in range(1, steps + 1):
        evidence = EvidenceStore(tmp_path / str(step), signer=KEY, disk=FailingDisk(step, errno.ENOSPC))
        with pytest.raises(EvidenceWriteError):
            evidence.write_pack("case-1", parts(), facts())
        assert not [name for name in folders(evidence.root) if "pack" in name], f"step {step}"

        pack = evidence.write_pack("case-1", parts(), facts())

        assert pack.number == 1
        assert evidence.verify("case-1", {1: pack.manifest_sha256}).problems == ()


def test_disk_that_fills_up_during_a_second_pack_leaves_the_first_untouched(tmp_path: Path) -> None:
    first = EvidenceStore(tmp_path).write_pack("case-1", parts(), facts())
    evidence = EvidenceStore(tmp_path, disk=FailingDisk(5, errno.ENOSPC))

    with pytest.raises(EvidenceWriteError):
        evidence.write_pack("case-1", parts(), facts())

    assert evidence.verify("case-1", {1: first.manifest_sha256}).problems == ()


def test_folder_that_cannot_be_made_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "evidence").write_text("a file where the folder should be")

    with pytest.raises(EvidenceWriteError, match="could not be written below"):
        EvidenceStore(tmp_path / "evidence").write_pack("case-1", parts(), facts())


def test_path_that_leaves_the_root_is_not_served(evidence: EvidenceStore, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    evidence.write_pack("case-1", parts(), facts())

    with pytest.raises(EvidenceMissingError):
        evidence.path_of("../secret")


def test_file_of_a_pack_is_found_by_its_path(evidence: EvidenceStore) -> None:
    pack = evidence.write_pack("case-1", parts(), facts())

    assert evidence.path_of(f"{pack.folder}/close-up.jpg").read_bytes() == b"close"


def written(evidence: EvidenceStore, packs: int = 3) -> list[Path]:
    return [evidence.root / evidence.write_pack("case-1", parts(), facts()).folder for _ in range(packs)]


def test_whole_evidence_has_no_problems(evidence: EvidenceStore) -> None:
    written(evidence)

    assert evidence.verify("case-1").problems == ()


def test_every_flipped_bit_of_a_picture_is_found(evidence: EvidenceStore) -> None:
    picture = written(evidence, 1)[0] / "close-up.jpg"
    whole = picture.read_bytes()
    for bit in range(len(whole) * 8):
        altered = bytearray(whole)
        altered[bit // 8] ^= 1 << bit % 8
        picture.write_bytes(bytes(altered))

        (problem,) = evidence.verify("case-1").problems

        assert (problem.kind, problem.path) == (ProblemKind.CHANGED, "pack-0001/close-up.jpg")


def test_every_flipped_bit_of_a_manifest_is_found_with_the_row_beside_it(evidence: EvidenceStore) -> None:
    pack = evidence.write_pack("case-1", parts(), facts())
    manifest = evidence.root / pack.folder / MANIFEST_NAME
    whole = manifest.read_bytes()
    for bit in range(0, len(whole) * 8, 7):
        altered = bytearray(whole)
        altered[bit // 8] ^= 1 << bit % 8
        manifest.write_bytes(bytes(altered))

        assert evidence.verify("case-1", {1: pack.manifest_sha256}).problems, f"bit {bit}"


def test_edited_manifest_breaks_the_chain_of_the_next_pack(evidence: EvidenceStore) -> None:
    folder = written(evidence, 2)[0]
    edited = (folder / MANIFEST_NAME).read_bytes().replace(b'"clock_error_s":0.2', b'"clock_error_s":0.1')
    (folder / MANIFEST_NAME).write_bytes(edited)

    (problem,) = evidence.verify("case-1").problems

    assert (problem.kind, problem.path) == (ProblemKind.BROKEN_CHAIN, "pack-0002/manifest.json")


def test_rewritten_manifest_that_says_the_same_is_found(evidence: EvidenceStore) -> None:
    manifest = written(evidence, 1)[0] / MANIFEST_NAME
    manifest.write_text(json.dumps(json.loads(manifest.read_bytes()), indent=1), "utf-8")

    (problem,) = evidence.verify("case-1").problems

    assert (problem.kind, problem.path) == (ProblemKind.CHANGED, "pack-0001/manifest.json")


def test_removed_file_is_found(evidence: EvidenceStore) -> None:
    (written(evidence, 1)[0] / "close-up.jpg").unlink()

    (problem,) = evidence.verify("case-1").problems

    assert (problem.kind, problem.path) == (ProblemKind.MISSING, "pack-0001/close-up.jpg")


@pytest.mark.parametrize("place", ["pack-0001/added.jpg", "added.jpg"])
def test_added_file_is_found(evidence: EvidenceStore, place: str) -> None:
    folder = written(evidence, 1)[0].parent
    (folder / place).write_bytes(b"x")

    (problem,) = evidence.verify("case-1").problems

    assert (problem.kind, problem.path) == (ProblemKind.EXTRA, place)


def test_removed_manifest_is_found(evidence: EvidenceStore) -> None:
    (written(evidence, 1)[0] / MANIFEST_NAME).unlink()

    assert (ProblemKind.MISSING, "pack-0001/manifest.json") in [
        (p.kind, p.path) for p in evidence.verify("case-1").problems
    ]


def test_removed_pack_in_the_middle_breaks_the_chain(evidence: EvidenceStore) -> None:
    Disk().remove_tree(written(evidence)[1])

    assert {problem.kind for problem in evidence.verify("case-1").problems} == {ProblemKind.BROKEN_CHAIN}


def test_pack_cut_off_the_end_is_found_with_the_rows_beside_it(evidence: EvidenceStore) -> None:
    packs = [evidence.write_pack("case-1", parts(), facts()) for _ in range(2)]
    Disk().remove_tree(evidence.root / packs[1].folder)
    assert evidence.verify("case-1").problems == ()  # the files alone cannot show it

    (problem,) = evidence.verify("case-1", {pack.number: pack.manifest_sha256 for pack in packs}).problems

    assert (problem.kind, problem.path) == (ProblemKind.MISSING, "pack-0002/manifest.json")


def test_case_without_evidence_folder_is_a_problem(evidence: EvidenceStore) -> None:
    (problem,) = evidence.verify("case-1").problems

    assert problem.kind is ProblemKind.MISSING
