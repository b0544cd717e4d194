"""What a signature adds: the files alone show every change, who signed, and what was left unsigned on purpose."""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.evidence import EvidenceStore
from cases.packs import (
    MANIFEST_NAME,
    MAX_MANIFEST_BYTES,
    SIGNATURE_NAME,
    Manifest,
    PackFacts,
    Unknown,
    Why,
    canonical_json,
    parse_manifest,
    sha256_hex,
)
from cases.problems import Problem, ProblemKind
from cases.trust import Trust
from tests.cases.builders import KEY, NOON, OTHER_KEY, TRUST, facts, parts

CASE = "case-1"


@pytest.fixture
def evidence(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence", signer=KEY, clock=lambda: NOON)


def problems(evidence: EvidenceStore, trust: Trust = TRUST) -> tuple[Problem, ...]:
    return evidence.verify(CASE, trust=trust).problems


def kinds(evidence: EvidenceStore, trust: Trust = TRUST) -> set[ProblemKind]:
    return {problem.kind for problem in problems(evidence, trust)}


def pack(evidence: EvidenceStore, number: int = 1) -> Path:
    while len(evidence.packs(CASE)) < number:
        evidence.write_pack(CASE, parts(), facts())
    return evidence.root / evidence.packs(CASE)[number - 1].folder


def test_manifest_is_signed_byte_by_byte_as_it_lies_there_and_names_its_key(evidence: EvidenceStore) -> None:
    folder = pack(evidence)
    content = (folder / MANIFEST_NAME).read_bytes()

    assert KEY.public.fits(content, (folder / SIGNATURE_NAME).read_bytes())
    assert json.loads(content)["signed_by"] == KEY.public.fingerprint
    assert problems(evidence) == ()


def test_every_flipped_bit_of_any_file_of_a_pack_is_found_by_the_files_alone(evidence: EvidenceStore) -> None:
    folder = pack(evidence)
    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        for bit in range(len(whole) * 8):
            altered = bytearray(whole)
            altered[bit // 8] ^= 1 << bit % 8
            path.write_bytes(altered)
            assert problems(evidence), f"{path.name}: bit {bit}"
        path.write_bytes(whole)
    assert problems(evidence) == ()


def flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def swap(path: Path, chance: random.Random) -> None:
    other = chance.choice([each for each in path.parent.iterdir() if each != path])
    mine, theirs = path.read_bytes(), other.read_bytes()
    path.write_bytes(theirs)
    other.write_bytes(mine)


def link(path: Path, chance: random.Random) -> None:
    hidden = path.parents[2] / "elsewhere"
    path.rename(hidden)
    path.symlink_to(hidden)


def add(path: Path, chance: random.Random) -> None:
    (path.parent / f"added-{chance.randrange(100)}.jpg").write_bytes(b"x")


WAYS: dict[str, Callable[[Path, random.Random], None]] = {
    "flip": flip,
    "cut": lambda path, chance: os.truncate(path, chance.randrange(path.stat().st_size)),
    "grow": lambda path, chance: path.write_bytes(path.read_bytes() + chance.randbytes(chance.randrange(1, 9))),
    "remove": lambda path, _: path.unlink(),
    "swap": swap,
    "link": link,
    "add": add,
}


@settings(max_examples=120)
@given(st.sampled_from(sorted(WAYS)), st.integers(0, 10**9))
def test_whatever_is_done_to_any_file_is_found(tmp_path_factory: pytest.TempPathFactory, way: str, seed: int) -> None:
    evidence = EvidenceStore(tmp_path_factory.mktemp("evidence"), signer=KEY)
    pack(evidence, 3)
    folder = evidence.case_folder(CASE)
    assert folder is not None
    chance = random.Random(seed)  # noqa: S311 - a place, not a secret
    WAYS[way](chance.choice(sorted(folder.glob("*/*"))), chance)

    assert problems(evidence)


def test_pack_of_a_key_that_nobody_vouches_for_is_told_as_foreign(evidence: EvidenceStore) -> None:
    foreign = EvidenceStore(evidence.root, signer=OTHER_KEY)
    pack(foreign)

    (problem,) = problems(evidence)

    assert (problem.kind, problem.path) == (ProblemKind.FOREIGN_SIGNATURE, "pack-0001/manifest.sig")
    assert problem.facts == {"fingerprint": OTHER_KEY.public.fingerprint}


def test_foreign_key_counts_where_somebody_vouches_for_it(evidence: EvidenceStore) -> None:
    pack(EvidenceStore(evidence.root, signer=OTHER_KEY))

    assert problems(evidence, TRUST.also([OTHER_KEY.public])) == ()


def test_signature_of_another_key_under_our_name_is_bad(evidence: EvidenceStore) -> None:
    folder = pack(evidence)
    (folder / SIGNATURE_NAME).write_bytes(OTHER_KEY.sign((folder / MANIFEST_NAME).read_bytes()))

    assert kinds(evidence) == {ProblemKind.BAD_SIGNATURE}


def test_signature_of_another_pack_is_bad(evidence: EvidenceStore) -> None:
    first, second = pack(evidence, 1), pack(evidence, 2)
    (second / SIGNATURE_NAME).write_bytes((first / SIGNATURE_NAME).read_bytes())

    assert kinds(evidence) == {ProblemKind.BAD_SIGNATURE}


def test_case_goes_on_under_another_key_that_counts(evidence: EvidenceStore) -> None:
    pack(evidence)
    EvidenceStore(evidence.root, signer=OTHER_KEY).write_pack(CASE, parts(), facts())

    assert problems(evidence, TRUST.also([OTHER_KEY.public])) == ()


def unsign(folder: Path) -> None:
    """Turn a signed pack into one that looks as if it had been written before signing began."""
    plain = json.loads((folder / MANIFEST_NAME).read_bytes())
    del plain["signed_by"]
    for name in ("machine_clock_error_s", "preset", "rule", "zone_polygon", "program", "unknown"):
        del plain["facts"][name]
    for file in plain["files"]:
        del file["taken"]
    plain["format"] = "streetwarden-pack/1"
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    (folder / MANIFEST_NAME).write_text(text, "utf-8")
    (folder / SIGNATURE_NAME).unlink()


def test_pack_whose_signature_was_taken_off_is_found(evidence: EvidenceStore) -> None:
    unsign(pack(evidence))

    (problem,) = problems(evidence)

    assert (problem.kind, problem.said) == (ProblemKind.UNSIGNED, "unsigned_since")


def test_unsigned_pack_behind_a_signed_one_is_found_whatever_is_said_of_it(evidence: EvidenceStore) -> None:
    pack(evidence)
    unsigned = EvidenceStore(evidence.root).write_pack(CASE, parts(), facts())

    (problem,) = problems(evidence, TRUST.also(earlier={(CASE, 2): unsigned.manifest_sha256}))

    assert (problem.kind, problem.said) == (ProblemKind.UNSIGNED, "unsigned_after_signed")


def test_pack_of_before_signing_is_checked_and_told_as_unsigned(evidence: EvidenceStore) -> None:
    old = EvidenceStore(evidence.root).write_pack(CASE, parts(), facts())
    evidence.write_pack(CASE, parts(), facts())
    trust = TRUST.also(earlier={(CASE, 1): old.manifest_sha256})

    checked = evidence.verify(CASE, trust=trust)
    (evidence.root / old.folder / "close-up.jpg").write_bytes(b"Close")

    assert (checked.problems, checked.unsigned, checked.files) == ((), 1, 4)
    assert kinds(evidence, trust) == {ProblemKind.CHANGED}


def test_pack_of_before_signing_keeps_the_bytes_of_its_time(evidence: EvidenceStore) -> None:
    """A manifest as version 0.1 wrote it, byte by byte."""
    old = (
        '{"case_id":"case-1","facts":{"camera_id":"gate-3","camera_name":"东门","captured_at":"2026-11-21T04:00:00Z",'
        '"clock_error_s":0.2,"event_id":"event-1","incomplete":[],"kind":"vending","model":{"engine":"onnxruntime-cpu",'
        '"name":"street-nano","sha256":"abab","threshold":0.35},"opening":null,"purpose":"opening","reasons":[{"key":'
        '"dwell","unit":"s","value":312.5}],"t_s":1763697600.25,"zone_id":"kerb","zone_name":"人行道","zone_version":2},'
        '"files":[{"name":"a.jpg","role":"panorama","sha256":"cd","size_bytes":8}],"format":"streetwarden-pack/1",'
        '"pack":1,"previous_sha256":"","written_at":"2026-11-21T04:00:01Z"}'
    ).encode()

    manifest = parse_manifest(old)

    assert (canonical_json(manifest), manifest.is_signed) == (old, False)


HOSTILE = {
    "leaves its folder": lambda plain: plain["files"][0].update(name="../../../../etc/passwd"),
    "absolute": lambda plain: plain["files"][0].update(name="/etc/passwd"),
    "names itself": lambda plain: plain["files"][0].update(name=MANIFEST_NAME),
    "no number": lambda plain: plain["facts"].update(clock_error_s=float("nan")),
    "no text": lambda plain: plain["facts"].update(camera_name="\ud800"),
    "deep": lambda plain: plain["facts"].update(rule=nested(100)),
    "newer": lambda plain: plain.update(format="streetwarden-pack/3"),
    "not signed by anybody": lambda plain: plain.update(signed_by=""),
    "no zone in a time": lambda plain: plain["facts"].update(captured_at="2026-11-21T04:00:00"),
    "number without end": lambda plain: plain.update(pack=10**4000),
}


def nested(depth: int) -> dict[str, object]:
    inner: dict[str, object] = {}
    for _ in range(depth):
        inner = {"a": inner}
    return inner


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_manifest_is_a_problem_and_nothing_else(evidence: EvidenceStore, what: str) -> None:
    path = pack(evidence) / MANIFEST_NAME
    plain = json.loads(path.read_bytes())
    HOSTILE[what](plain)
    path.write_text(json.dumps(plain, sort_keys=True, separators=(",", ":")), "utf-8")

    assert kinds(evidence) & {ProblemKind.CHANGED, ProblemKind.BAD_SIGNATURE}


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"null", b"1" * 5000])
def test_what_is_no_manifest_is_a_problem_and_nothing_else(evidence: EvidenceStore, content: bytes) -> None:
    (pack(evidence) / MANIFEST_NAME).write_bytes(content)

    assert kinds(evidence) == {ProblemKind.CHANGED}


def test_manifest_without_end_is_not_read_to_its_end(evidence: EvidenceStore) -> None:
    path = pack(evidence) / MANIFEST_NAME
    os.truncate(path, 1 << 40)  # a terabyte of nothing

    assert kinds(evidence) == {ProblemKind.UNREADABLE}
    assert evidence.packs(CASE) == ()
    assert MAX_MANIFEST_BYTES < 1 << 40


def pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("name", ["close-up.jpg", MANIFEST_NAME, SIGNATURE_NAME])
@pytest.mark.parametrize("put", [pipe, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_plain_file_is_neither_followed_nor_waited_for(
    evidence: EvidenceStore, name: str, put: Callable[[Path], None]
) -> None:
    path = pack(evidence) / name
    path.unlink()
    put(path)

    (problem,) = problems(evidence)

    assert (problem.kind, problem.path) == (ProblemKind.NOT_A_FILE, f"pack-0001/{name}")


def test_folder_of_a_pack_that_lies_elsewhere_is_a_problem(evidence: EvidenceStore, tmp_path: Path) -> None:
    folder = pack(evidence)
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")

    (problem,) = problems(evidence)

    assert (problem.kind, problem.path) == (ProblemKind.NOT_A_FILE, "pack-0001")


def test_check_leaves_everything_as_it_is(evidence: EvidenceStore) -> None:
    pack(evidence, 2)
    (pack(evidence, 2) / "close-up.jpg").write_bytes(b"altered")

    def seen() -> list[tuple[str, int, int]]:
        return [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(evidence.root.rglob("*"))]

    before = seen()
    assert problems(evidence)
    assert seen() == before


def test_null_is_never_without_its_reason(evidence: EvidenceStore) -> None:
    told = facts(unknown=(Unknown("preset", Why.PRESETS_NOT_READ), Unknown("model", Why.NO_MODEL)))

    written = evidence.write_pack(CASE, parts(), told).manifest.facts

    assert {each.field: each.why for each in written.unknown} == {
        "preset": Why.PRESETS_NOT_READ,
        "machine_clock_error_s": Why.NOT_TOLD,
        "rule": Why.NOT_TOLD,
        "zone_polygon": Why.NOT_TOLD,
    }


def test_rule_clock_and_outline_are_inside_and_come_back(evidence: EvidenceStore) -> None:
    told = facts(
        machine_clock_error_s=0.012,
        rule={"kind": "parking", "limit_s": 300, "min_score": 0.3, "hours": [{"start": "07:00", "end": "09:00"}]},
        zone_polygon=((0, 0), (1, 0.5), (0.5, 1)),
        program="streetwarden 0.1.0",
    )

    written = evidence.write_pack(CASE, parts(), told)

    (read,) = evidence.packs(CASE)
    assert read == written
    assert (read.manifest.facts.rule, read.manifest.facts.zone_polygon) == (told.rule, told.zone_polygon)
    assert problems(evidence) == ()


_numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)
_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_rules = st.dictionaries(_texts, _numbers | _texts | st.booleans() | st.none() | st.lists(_numbers, max_size=3))


@settings(max_examples=200)
@given(_numbers, _texts, _rules, st.tuples(st.tuples(_numbers, _numbers)))
def test_written_manifest_reads_back_to_the_same_bytes_whatever_it_says(
    number: float, text: str, rule: dict[str, object], polygon: tuple[tuple[float, float], ...]
) -> None:
    told: PackFacts = facts(t_s=number, clock_error_s=number, camera_name=text, rule=rule, zone_polygon=polygon)
    signed = Manifest(CASE, 1, NOON, "", (), told.explained(), "ab" * 32, "streetwarden-pack/2")

    content = canonical_json(parse_manifest(canonical_json(signed)))

    assert canonical_json(parse_manifest(content)) == content
    assert sha256_hex(content) == sha256_hex(canonical_json(parse_manifest(content)))
