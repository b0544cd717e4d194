"""A case that is handed out: whole or not at all, signed, readable, and verifiable with openssl and sha256sum alone."""

import json
import random
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cases.code_files import bundled_table
from cases.errors import ReasonMissingError
from cases.evidence import EvidenceStore
from cases.evidence_errors import CaseExportError, EvidenceAlteredError
from cases.export import ExportDesk, Exported, ExportRequest, export_case
from cases.export_check import check_export, signer_of
from cases.packs import Part, PartRole, Taking, Unknown, Why, sha256_hex
from cases.plain_zip import Entry, moment, pieces
from cases.problems import ProblemKind
from cases.records import Case, case_id_of
from cases.replay import Replayed, replay
from cases.states import Action
from cases.store import CaseStore
from cases.trust import Trust
from cases.wording import Words
from tests.cases.builders import KEY, NOON, OTHER_KEY, TRUST, facts, new_case, warning

NASTY = "<script>alert('东门')</script> & \"more\""
SHANGHAI = ZoneInfo("Asia/Shanghai")


def make_case(store: CaseStore, evidence: EvidenceStore, first: EvidenceStore | None = None) -> Case:
    """Open a case with two packs, a warning and a decision; its names are as nasty as a person can type."""
    case_id = case_id_of("event-1")
    named = facts(camera_name=NASTY, zone_name=NASTY, program="streetwarden 0.1.0")
    named = replace(named, machine_clock_error_s=0.004, rule={"kind": "vending", "limit_s": 300.0})
    named = replace(named, unknown=(Unknown("preset", Why.PRESETS_NOT_READ),))
    pictures = [
        Part("panorama-1.jpg", b"panorama", PartRole.PANORAMA, Taking(NOON - timedelta(seconds=12), 0.6)),
        Part("close-up.jpg", b"close", PartRole.CLOSE_UP),
    ]
    store.open_case(
        new_case(camera_name=NASTY, zone_name=NASTY), (first or evidence).write_pack(case_id, pictures, named)
    )
    clip = [Part("clip.mp4", b"moving", PartRole.CLIP)]
    store.add_pack(case_id, evidence.write_pack(case_id, clip, named))
    store.add_warning(case_id, warning(text=NASTY))
    return store.apply(case_id, Action.DISMISS, actor=NASTY, reason=NASTY, at=NOON)


@pytest.fixture
def evidence(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence", signer=KEY, clock=lambda: NOON)


@pytest.fixture
def desk(store: CaseStore, evidence: EvidenceStore) -> ExportDesk:
    return ExportDesk(store, evidence, KEY, TRUST, bundled_table(), Words.load(), SHANGHAI, "streetwarden 0.1.0")


def request(target: Path, **changes: str) -> ExportRequest:
    """Ask for the originals; `test_blurred_export` asks for copies."""
    asked = ExportRequest("li", "court 民事 <b>", NOON + timedelta(days=1), target, wants_originals=True)
    return replace(asked, **changes)


@pytest.fixture
def exported(desk: ExportDesk, tmp_path: Path) -> Exported:
    return export_case(desk, make_case(desk.cases, desk.evidence), request(tmp_path))


def unpacked(path: Path, folder: Path) -> Path:
    subprocess.run(["unzip", "-q", str(path), "-d", str(folder)], check=True)
    (top,) = folder.iterdir()
    return top


def test_export_is_named_for_its_case_and_holds_all_that_belongs_to_it(exported: Exported) -> None:
    with zipfile.ZipFile(exported.path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()

    number = exported.path.stem
    inside = [name.removeprefix(f"{number}/") for name in names]
    assert inside == [
        "sheet.html",
        "VERIFY.txt",
        "case.json",
        "export.json",
        "key.pem",
        f"keys/{KEY.public.fingerprint}.pem",
        "evidence/pack-0001/panorama-1.jpg",
        "evidence/pack-0001/close-up.jpg",
        "evidence/pack-0001/manifest.json",
        "evidence/pack-0001/manifest.sig",
        "evidence/pack-0002/clip.mp4",
        "evidence/pack-0002/manifest.json",
        "evidence/pack-0002/manifest.sig",
        "SHA256SUMS",
        "SHA256SUMS.sig",
    ]


def test_whole_export_has_no_problem_and_tells_its_key(exported: Exported) -> None:
    checked = check_export(exported.path, TRUST)

    assert (checked.problems, checked.files) == ((), 13)
    assert signer_of(exported.path) == KEY.public.fingerprint


def test_only_its_owner_may_read_an_export(exported: Exported) -> None:
    assert exported.path.stat().st_mode & 0o777 == 0o600


def test_who_took_it_why_and_which_bytes_stands_in_the_history(exported: Exported, desk: ExportDesk) -> None:
    case = desk.cases.get(case_id_of("event-1"))
    row = desk.cases.history(case.case_id)[-1]

    assert (row.action, row.actor, row.reason) == ("export", "li", "court 民事 <b>")
    assert row.detail == {"sha256": sha256_hex(exported.path.read_bytes())}
    assert replay(desk.cases.history(case.case_id)) == Replayed.of_case(case)


def test_same_case_gives_the_same_bytes(desk: ExportDesk, tmp_path: Path) -> None:
    case = make_case(desk.cases, desk.evidence)
    parts = [Entry("a/b.txt", 1, 2), Entry("a/照片.jpg", 3, 4)]

    assert list(pieces(parts, moment(NOON))) == list(pieces(parts, moment(NOON)))
    first = export_case(desk, case, request(tmp_path / "a.zip")).path
    with zipfile.ZipFile(first) as archive:
        assert {info.date_time for info in archive.infolist()} == {(2026, 11, 22, 12, 0, 0)}  # as clocks in Beijing


def commands(folder: Path) -> list[str]:
    """The lines that VERIFY.txt tells to type, without those that unpack."""
    lines = (folder / "VERIFY.txt").read_text("utf-8").splitlines()
    typed = [line.strip() for line in lines if re.match(r" {4}\S", line)]
    assert typed[0].startswith("unzip ")
    assert typed[1].startswith("cd ")
    return typed[2:]


def run(folder: Path) -> list[str]:
    """What each command of VERIFY.txt prints, typed into the shell of a plain Debian."""
    return [
        subprocess.run(["/bin/sh", "-c", command], cwd=folder, capture_output=True, text=True).stdout
        for command in commands(folder)
    ]


def test_written_steps_verify_it_with_openssl_and_sha256sum_alone(exported: Exported, tmp_path: Path) -> None:
    folder = unpacked(exported.path, tmp_path / "court")

    fingerprint, signature, hashes, besides, first, second, named, chain = run(folder)

    assert fingerprint.split()[0] == KEY.public.fingerprint
    assert KEY.public.fingerprint in (folder / "VERIFY.txt").read_text("utf-8")
    assert "Signature Verified Successfully" in signature
    assert [line.rsplit(": ")[-1] for line in hashes.splitlines()] == ["OK"] * 13
    assert besides == "nothing besides\n"
    assert "Signature Verified Successfully" in first
    assert "Signature Verified Successfully" in second
    assert [line.rsplit(": ")[-1] for line in named.splitlines()] == ["OK"] * 3
    assert [line.rsplit(": ")[-1] for line in chain.splitlines()] == ["OK"] * 2


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


TAMPERED: dict[str, tuple[Callable[[Path], object], int]] = {
    "another key": (lambda folder: (folder / "key.pem").write_bytes(OTHER_KEY.public.pem), 1),
    "a hash": (lambda folder: flip(folder / "SHA256SUMS"), 1),
    "a picture": (lambda folder: flip(folder / "evidence/pack-0001/panorama-1.jpg"), 2),
    "a sheet": (lambda folder: flip(folder / "sheet.html"), 2),
    "a file besides": (lambda folder: (folder / "evidence/pack-0001/more.jpg").write_bytes(b"x"), 3),
    "a manifest": (lambda folder: flip(folder / "evidence/pack-0001/manifest.json"), 4),
    "a signature of the second pack": (lambda folder: flip(folder / "evidence/pack-0002/manifest.sig"), 5),
    "a picture and its hash": (lambda folder: flip(folder / "evidence/pack-0001/close-up.jpg"), 6),
    "the order": (lambda folder: (folder / "evidence/pack-0001").rename(folder / "evidence/pack-0003"), 7),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_written_steps_find_what_was_tampered_with(exported: Exported, tmp_path: Path, what: str) -> None:
    whole, folder = unpacked(exported.path, tmp_path / "whole"), unpacked(exported.path, tmp_path / "court")
    tamper, step = TAMPERED[what]
    tamper(folder)

    good, found = run(whole)[step], run(folder)[step]

    assert good != found
    assert ("FAILED" in found) if step in (2, 6, 7) else (found.strip() == "" or "Failure" in found)


def flipped(content: bytes, bit: int) -> bytes:
    altered = bytearray(content)
    altered[bit // 8] ^= 1 << bit % 8
    return bytes(altered)


def test_flipped_bit_anywhere_in_a_zip_is_found(exported: Exported, tmp_path: Path) -> None:
    whole = exported.path.read_bytes()
    directory = whole.index(b"PK\1\2")
    chance = random.Random(6)  # noqa: S311 - a place, not a secret
    headers = [
        *range(80 * 8),
        *range(directory * 8, directory * 8 + 100 * 8),
        *range((len(whole) - 22) * 8, len(whole) * 8),
    ]
    altered = tmp_path / exported.path.name.replace("SW", "XX")
    for bit in [*headers, *(chance.randrange(len(whole) * 8) for _ in range(600))]:
        altered.write_bytes(flipped(whole, bit))
        assert check_export(altered, TRUST).problems, f"bit {bit}"


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content + b"x",
        lambda content: b"x" + content,
        lambda content: content[:-1],
        lambda content: content[: len(content) // 2],
        lambda content: b"",
        lambda content: b"no zip at all",
        lambda content: content.replace(b"sheet.html", b"../../x.sh"),
        lambda content: content.replace(b"/sheet.html", b"/case.json\0"),
    ],
)
def test_zip_that_was_changed_around_its_files_is_found(
    exported: Exported, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    altered = tmp_path / "altered.zip"
    altered.write_bytes(change(exported.path.read_bytes()))

    assert check_export(altered, TRUST).problems


def repacked(source: Path, target: Path, changes: dict[str, bytes | None], squeeze: int = zipfile.ZIP_STORED) -> Path:
    """Write the ZIP anew by another program, with files changed, added or left out (None)."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", squeeze) as new:
        top = old.namelist()[0].split("/")[0]
        contents = {name: old.read(name) for name in old.namelist()}
        contents |= {f"{top}/{name}": data for name, data in changes.items()}  # type: ignore[misc]
        for name, data in contents.items():
            if data is not None:
                new.writestr(name, data)
    return target


def found(path: Path, trust: Trust = TRUST) -> set[tuple[ProblemKind, str]]:
    return {(problem.kind, problem.path) for problem in check_export(path, trust).problems}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"evidence/pack-0001/panorama-1.jpg": b"Panorama"},
            (ProblemKind.CHANGED, "evidence/pack-0001/panorama-1.jpg"),
        ),
        ({"evidence/pack-0001/panorama-1.jpg": None}, (ProblemKind.MISSING, "evidence/pack-0001/panorama-1.jpg")),
        ({"evidence/pack-0001/more.jpg": b"x"}, (ProblemKind.EXTRA, "evidence/pack-0001/more.jpg")),
        ({"evidence/pack-0002/manifest.sig": b"x" * 64}, (ProblemKind.CHANGED, "evidence/pack-0002/manifest.sig")),
        ({"sheet.html": b"<h1>innocent</h1>"}, (ProblemKind.CHANGED, "sheet.html")),
        ({"SHA256SUMS.sig": None}, (ProblemKind.MISSING, "SHA256SUMS.sig")),
        ({"SHA256SUMS": b"nothing"}, (ProblemKind.BAD_SIGNATURE, "SHA256SUMS.sig")),
        ({"key.pem": OTHER_KEY.public.pem}, (ProblemKind.BAD_SIGNATURE, "SHA256SUMS.sig")),
        ({"key.pem": b"no key"}, (ProblemKind.CHANGED, "key.pem")),
        ({"export.json": b"{}"}, (ProblemKind.CHANGED, "export.json")),
    ],
)
def test_tampered_file_is_named(
    exported: Exported, tmp_path: Path, changes: dict[str, bytes | None], expected: tuple[ProblemKind, str]
) -> None:
    assert expected in found(repacked(exported.path, tmp_path / "altered.zip", changes))


def test_export_that_was_packed_anew_is_told_even_where_every_file_is_whole(exported: Exported, tmp_path: Path) -> None:
    altered = repacked(exported.path, tmp_path / "altered.zip", {})

    assert found(altered) == {(ProblemKind.CHANGED, "altered.zip")}


def test_squeezed_zip_is_not_read_to_its_end(exported: Exported, tmp_path: Path) -> None:
    bomb = repacked(exported.path, tmp_path / "bomb.zip", {"case.json": bytes(200_000_000)}, zipfile.ZIP_DEFLATED)

    checked = check_export(bomb, TRUST)

    assert [(problem.kind, problem.path) for problem in checked.problems] == [(ProblemKind.CHANGED, "bomb.zip")]
    assert checked.size_bytes == 0


def test_zip_of_somebody_else_is_no_export(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.txt", b"x")
        archive.writestr("../b.txt", b"x")

    assert found(tmp_path / "a.zip") == {(ProblemKind.CHANGED, "a.zip")}
    assert signer_of(tmp_path / "a.zip") == ""


def test_export_of_a_key_that_nobody_vouches_for_is_told_once(exported: Exported) -> None:
    assert found(exported.path, Trust()) == {(ProblemKind.FOREIGN_SIGNATURE, "SHA256SUMS.sig")}
    assert found(exported.path, Trust(fingerprints=frozenset([KEY.public.fingerprint]))) == set()


def test_forged_export_signed_by_another_key_is_foreign(desk: ExportDesk, tmp_path: Path) -> None:
    case = make_case(desk.cases, desk.evidence)
    forged = export_case(replace(desk, key=OTHER_KEY), case, request(tmp_path))

    assert found(forged.path) == {(ProblemKind.FOREIGN_SIGNATURE, "SHA256SUMS.sig")}


def test_case_that_two_keys_signed_is_verified_by_the_newer_one_alone(
    desk: ExportDesk, evidence: EvidenceStore, tmp_path: Path
) -> None:
    old = EvidenceStore(evidence.root, signer=OTHER_KEY, clock=lambda: NOON)
    case = make_case(desk.cases, evidence, first=old)
    made = export_case(replace(desk, trust=TRUST.also([OTHER_KEY.public])), case, request(tmp_path))

    assert found(made.path) == set()
    outputs = run(unpacked(made.path, tmp_path / "court"))
    assert all("Signature Verified Successfully" in outputs[step] for step in (1, 4, 5))


def test_pack_of_before_signing_is_handed_out_as_unsigned(
    desk: ExportDesk, evidence: EvidenceStore, tmp_path: Path
) -> None:
    case = make_case(desk.cases, evidence, first=EvidenceStore(evidence.root, clock=lambda: NOON))
    trust = TRUST.also(earlier={(case.case_id, 1): case.manifests[1]})
    made = export_case(replace(desk, trust=trust), case, request(tmp_path))

    checked = check_export(made.path, TRUST)
    folder = unpacked(made.path, tmp_path / "court")

    assert (checked.problems, checked.unsigned) == ((), 1)
    assert "pack-0001: written before signing began" in (folder / "VERIFY.txt").read_text("utf-8")
    assert "没有签名" in (folder / "sheet.html").read_text("utf-8")
    assert all("FAILED" not in output for output in run(folder))


def test_altered_evidence_is_not_handed_out(desk: ExportDesk, tmp_path: Path) -> None:
    case = make_case(desk.cases, desk.evidence)
    (desk.evidence.root / case.files[0].path).write_bytes(b"altered")

    with pytest.raises(EvidenceAlteredError, match=r"pack-0001/panorama-1\.jpg: changed"):
        export_case(desk, case, request(tmp_path))

    assert not list(tmp_path.glob("*.zip"))
    assert desk.cases.history(case.case_id)[-1].action != "export"


@pytest.mark.parametrize("reason", ["", "  "])
def test_nothing_is_handed_out_without_a_reason(desk: ExportDesk, tmp_path: Path, reason: str) -> None:
    with pytest.raises(ReasonMissingError):
        export_case(desk, make_case(desk.cases, desk.evidence), request(tmp_path, reason=reason))

    assert not list(tmp_path.glob("*.zip"))


def test_file_that_is_there_is_left_alone(desk: ExportDesk, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"mine")

    with pytest.raises(CaseExportError, match="left alone"):
        export_case(desk, make_case(desk.cases, desk.evidence), request(tmp_path / "a.zip"))

    assert (tmp_path / "a.zip").read_bytes() == b"mine"


def test_evidence_folder_takes_no_export(desk: ExportDesk) -> None:
    case = make_case(desk.cases, desk.evidence)

    with pytest.raises(CaseExportError, match="holds evidence only"):
        export_case(desk, case, request(desk.evidence.root))


def test_folder_that_is_not_there_is_one_sentence_and_nothing_is_left(desk: ExportDesk, tmp_path: Path) -> None:
    case = make_case(desk.cases, desk.evidence)

    with pytest.raises(CaseExportError, match="No such file or directory"):
        export_case(desk, case, request(tmp_path / "none" / "a.zip"))

    assert desk.cases.history(case.case_id)[-1].action != "export"


def test_full_disk_leaves_no_half_export(desk: ExportDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = make_case(desk.cases, desk.evidence)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cases.export.os.fsync", full)
    with pytest.raises(CaseExportError, match="the disk is full; make room there"):
        export_case(desk, case, request(tmp_path))

    assert [path.name for path in tmp_path.iterdir() if "zip" in path.name] == []
    assert desk.cases.history(case.case_id)[-1].action != "export"


def test_export_that_cannot_be_noted_is_not_handed_out(
    desk: ExportDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = make_case(desk.cases, desk.evidence)

    def refuse(*_given: object, **_named: object) -> None:
        raise RuntimeError("the database is gone")

    monkeypatch.setattr(CaseStore, "note_export", refuse)
    with pytest.raises(RuntimeError):
        export_case(desk, case, request(tmp_path))

    assert [path.name for path in tmp_path.iterdir() if "zip" in path.name] == []


class Page(HTMLParser):
    """Gathers tags, addresses and words of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses |= {value or "" for name, value in attrs if name in ("src", "href")}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_sheet_shows_pictures_of_the_zip_only_and_says_everything_in_both_languages(
    exported: Exported, tmp_path: Path
) -> None:
    folder = unpacked(exported.path, tmp_path / "court")
    page = Page()
    page.feed((folder / "sheet.html").read_text("utf-8"))

    assert page.addresses == {
        "evidence/pack-0001/panorama-1.jpg",
        "evidence/pack-0001/close-up.jpg",
        "evidence/pack-0002/clip.mp4",
    }
    assert all((folder / address).is_file() for address in page.addresses)
    assert "script" not in page.tags
    assert page.text.count(NASTY) > 5
    for words in (
        "占道经营",
        "Street vending",
        "隐私提示",
        "as was asked for",
        "limit_s = 300.0",
        "0.004",
        "未读取摄像机的预置位",
        "preset was not read",
        "court 民事 <b>",
        KEY.public.fingerprint,
        "2026-11-21 12:00:00.000 (04:00:00 UTC)",
        "has stayed for 312.5 s",
        "2026-11-21 11:59:48.000 ± 0.600 s",
    ):
        assert words in page.text, words


def test_sheet_names_nothing_from_elsewhere(exported: Exported, tmp_path: Path) -> None:
    text = (unpacked(exported.path, tmp_path / "court") / "sheet.html").read_text("utf-8")

    assert re.findall(r"https?://|url\(|@import|\bon\w+=", text) == []
    assert "default-src 'none'" in text


def test_record_of_the_case_is_inside_as_json(exported: Exported, tmp_path: Path) -> None:
    folder = unpacked(exported.path, tmp_path / "court")

    record, note = (json.loads((folder / name).read_bytes()) for name in ("case.json", "export.json"))

    assert record["case"]["number"] == note["number"] == exported.path.stem
    assert [row["action"] for row in record["history"]] == ["open", "add_pack", "add_pack", "add_warning", "dismiss"]
    assert (note["actor"], note["is_blurred"], note["signed_by"]) == ("li", False, KEY.public.fingerprint)
    assert note["packs"][1]["previous_sha256"] == note["packs"][0]["manifest_sha256"]


def test_unpacked_evidence_is_still_checked_as_it_lies_in_the_store(
    exported: Exported, desk: ExportDesk, tmp_path: Path
) -> None:
    """The packs are copied as they are: put back, they are a case's evidence again."""
    folder = unpacked(exported.path, tmp_path / "court")
    case = desk.cases.get(case_id_of("event-1"))
    there = tmp_path / "restored" / "2026" / "11" / "21" / case.case_id
    shutil.copytree(folder / "evidence", there)

    assert EvidenceStore(tmp_path / "restored").verify(case.case_id, case.manifests, trust=TRUST).problems == ()
