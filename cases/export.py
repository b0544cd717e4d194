"""Hands a case out as one signed ZIP that can be read and verified without this program.

The evidence is checked before, and the finished ZIP after: what was altered is not handed out as if it were whole. The
file gets its name last, when it is on the medium and the audit log says who took it and why.

Belongs here: what goes into the ZIP, and in which order things happen. Does not: its bytes (plain_zip), its names
(export_form), its page (sheet), reading it again (export_check).
"""

import hashlib
import logging
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

from pydantic import TypeAdapter

from cases.audit import check_case
from cases.blurred_copies import BlurredCopies
from cases.codes import CodeTable
from cases.disk import Disk, read_chunks, way_out
from cases.errors import ReasonMissingError, UnknownCodeError
from cases.evidence import EvidenceStore
from cases.evidence_errors import BlurError, CaseExportError, EvidenceAlteredError, EvidenceMissingError
from cases.export_check import check_export
from cases.export_files import ExportedFile, exported_files
from cases.export_form import (
    CASE,
    EVIDENCE,
    EXPORT,
    KEY,
    KEYS,
    SHEET,
    SIGNATURE,
    STEPS,
    SUMS,
    ExportedPack,
    ExportNote,
    note_bytes,
    sums_line,
)
from cases.marks import Mark, MarkKind, Marks
from cases.noting import EvidenceDeed
from cases.packs import MANIFEST_NAME, SIGNATURE_NAME, Pack, canonical_bytes, folder_name
from cases.plain_zip import Entry, moment, pieces, zip_size
from cases.records import AuditRow, Case
from cases.sheet import SheetCase, SheetExport, SheetPack, sheet_html
from cases.signing import SigningKey
from cases.store import CaseStore
from cases.trust import Trust
from cases.wording import Words

logger = logging.getLogger(__name__)

STEPS_FILE = Path(__file__).parent / "verify_steps.txt"
BLURRED_FILE, ORIGINALS_FILE = STEPS_FILE.with_name("verify_blurred.txt"), STEPS_FILE.with_name("verify_originals.txt")

_CASES = TypeAdapter(Case)
_HISTORIES = TypeAdapter(tuple[AuditRow, ...])


@dataclass(frozen=True, slots=True)
class ExportDesk:
    """What exporting works with.

    Attributes:
        cases, evidence: where the case is; the evidence is read only.
        key: signs the export.
        trust: whose signatures on packs count.
        codes: the city's table.
        words: of the sheet.
        local: the zone of its times.
        program: name and version.
        copies: makes the blurred copies; without it only originals can be handed out.
    """

    cases: CaseStore
    evidence: EvidenceStore
    key: SigningKey
    trust: Trust
    codes: CodeTable
    words: Words
    local: tzinfo
    program: str
    copies: BlurredCopies | None = None


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """Who wants a case and why.

    Attributes:
        actor, reason: go into the history and the ZIP.
        at: when, aware.
        target: the path that the ZIP shall get, or a folder that it shall lie in.
        wants_originals: hand out the untouched pictures instead of copies in which bystanders are hidden.
    """

    actor: str
    reason: str
    at: datetime
    target: Path
    wants_originals: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """What was handed out: the ZIP, its hash and its length."""

    path: Path
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class _Member:
    """One file of the ZIP: its bytes, or where they are; and what they are."""

    name: str
    source: bytes | Path
    crc32: int
    size_bytes: int
    sha256: str

    @classmethod
    def of(cls, name: str, source: bytes | Path) -> "_Member":
        """Read a file once for its checksums."""
        crc32, size_bytes, sha256 = 0, 0, hashlib.sha256()
        for chunk in _chunks(source):
            crc32, size_bytes = zlib.crc32(chunk, crc32), size_bytes + len(chunk)
            sha256.update(chunk)
        return cls(name, source, crc32, size_bytes, sha256.hexdigest())


def export_case(desk: ExportDesk, case: Case, request: ExportRequest) -> Exported:
    """Write a case into a ZIP, sign it and note in its history who took it and why.

    Raises:
        ReasonMissingError: nobody says why.
        EvidenceAlteredError: the evidence is not as it was written; it must not be handed out as if it were.
        BlurError: bystanders cannot be hidden, and nobody asked for the originals.
        CaseExportError: the ZIP cannot be written there, or there is a file already; nothing was left.
        DatabaseError: it cannot be noted, so it was not handed out.
    """
    if not request.reason.strip():
        raise ReasonMissingError("export")
    target = _target(desk, case, request.target)
    _check(desk, case)
    packs = {pack.number: pack for pack in desk.evidence.packs(case.case_id)}
    members = _members(desk, case, [packs[each.number] for each in case.packs], request)
    part = target.with_name(f".{target.name}.part")
    try:
        sha256 = _written(part, members, request.at.astimezone(desk.local))
        _check_written(part, desk, case)
        _note_handed_out(desk, case, request, sha256)
        size_bytes = part.stat().st_size
        Disk().rename(part, target)
    except OSError as err:
        raise CaseExportError(f"case {case.number} cannot be written to {target}: {way_out(err)}") from err
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    logger.info("case %s: handed out to %s by %s, SHA-256 %s", case.number, target, request.actor, sha256)
    return Exported(target, sha256, size_bytes)


def _target(desk: ExportDesk, case: Case, wanted: Path) -> Path:
    target = wanted / f"{case.number}.zip" if wanted.is_dir() else wanted
    if target.exists():
        raise CaseExportError(f"there is a file {target} already; it is left alone, name another by --out")
    if target.resolve().is_relative_to(desk.evidence.root):
        raise CaseExportError(f"{target} lies in the evidence folder, which holds evidence only; name another by --out")
    return target


def _check(desk: ExportDesk, case: Case) -> None:
    problems = check_case(desk.cases, desk.evidence, case, desk.trust).problems
    if problems:
        raise EvidenceAlteredError(
            f"case {case.number} is not handed out, as its evidence is not as it was written: "
            f"{desk.words.problem(problems[0], 'en')} (see streetwarden evidence verify {case.number})"
        )


def _note_handed_out(desk: ExportDesk, case: Case, request: ExportRequest, sha256: str) -> None:
    """Write down who took the case and why; seeing the originals is written down as such."""
    noted = {"actor": request.actor, "reason": request.reason}
    if request.wants_originals:
        Marks(desk.cases.database).note_originals(case.case_id, EvidenceDeed(request.actor, request.at, request.reason))
    desk.cases.note_export(case.case_id, request.at, **noted, sha256=sha256)


def _check_written(path: Path, desk: ExportDesk, case: Case) -> None:
    """Read the ZIP back before anybody gets it: the disk may have failed, the evidence changed meanwhile."""
    problems = check_export(path, Trust().also([desk.key.public])).problems
    if problems:
        raise CaseExportError(
            f"case {case.number} is not handed out, as the ZIP cannot be read back: "
            f"{desk.words.problem(problems[0], 'en')}"
        )


def _members(desk: ExportDesk, case: Case, packs: Sequence[Pack], request: ExportRequest) -> list[_Member]:
    """Return everything that goes into the ZIP; the list of hashes and its signature last."""
    shown = exported_files(desk.evidence, case, None if request.wants_originals else _copies(desk, case))
    texts = _texts(_Telling(desk, case, packs, request, shown))
    members = [_Member.of(name, content) for name, content in texts.items()]
    for pack in packs:
        folder = desk.evidence.root / pack.folder
        inside = f"{EVIDENCE}/{folder_name(pack.number)}"
        members += [_Member.of(each.name, each.path) for each in shown if each.pack == pack.number]
        names = [MANIFEST_NAME, SIGNATURE_NAME] if pack.manifest.is_signed else [MANIFEST_NAME]
        members += [_Member.of(f"{inside}/{name}", folder / name) for name in names]
    sums = "".join(sums_line(member.sha256, member.name) for member in members).encode()
    members += [_Member.of(SUMS, sums), _Member.of(SIGNATURE, desk.key.sign(sums))]
    return [
        _Member(f"{case.number}/{each.name}", each.source, each.crc32, each.size_bytes, each.sha256) for each in members
    ]


def _copies(desk: ExportDesk, case: Case) -> BlurredCopies:
    if desk.copies is None:
        raise BlurError(f"case {case.number} is not handed out: nothing here can hide bystanders in its pictures")
    return desk.copies


@dataclass(frozen=True, slots=True)
class _Telling:
    """What the texts of one export are made of."""

    desk: ExportDesk
    case: Case
    packs: Sequence[Pack]
    request: ExportRequest
    shown: Sequence[ExportedFile]


def _texts(telling: _Telling) -> Mapping[str, bytes]:
    desk, case, packs, request = telling.desk, telling.case, telling.packs, telling.request
    history = desk.cases.history(case.case_id)
    release = Marks(desk.cases.database).current(case.case_id, MarkKind.RELEASE)
    fingerprint = desk.key.public.fingerprint
    exported = [
        ExportedPack(p.number, p.manifest_sha256, p.manifest.previous_sha256, p.manifest.signed_by) for p in packs
    ]
    note = ExportNote(
        case_id=case.case_id,
        number=case.number,
        exported_at=request.at.astimezone(desk.local),
        actor=request.actor,
        reason=request.reason,
        packs=tuple(exported),
        signed_by=fingerprint,
        program=desk.program,
        is_blurred=not request.wants_originals,
        is_released=release is not None,
    )
    record = {
        "case": _CASES.dump_python(case, mode="json"),
        "history": _HISTORIES.dump_python(history, mode="json"),
    }
    sheet = _sheet(telling, history, release)
    signers = {pack.manifest.signed_by for pack in packs if pack.manifest.is_signed}
    return {
        SHEET: sheet_html(sheet, desk.words, desk.local).encode(),
        STEPS: _steps(case.number, note).encode(),
        CASE: canonical_bytes(record),
        EXPORT: note_bytes(note),
        KEY: desk.key.public.pem,
        **{f"{KEYS}/{signer}.pem": _public_pem(desk, signer) for signer in sorted(signers)},
    }


def _public_pem(desk: ExportDesk, fingerprint: str) -> bytes:
    key = desk.trust.key(fingerprint)
    if key is None:  # the check of the case has found each of them
        raise EvidenceMissingError(f"the public key {fingerprint} is not there any more")
    return key.pem


def _sheet(telling: _Telling, history: Sequence[AuditRow], release: Mark | None) -> SheetCase:
    desk, case, request = telling.desk, telling.case, telling.request
    shown = [
        SheetPack(
            number=pack.number,
            addresses={each.file: each.name for each in telling.shown if each.pack == pack.number and each.file},
            files=pack.files,
            facts=pack.manifest.facts,
            manifest_sha256=pack.manifest_sha256,
            previous_sha256=pack.manifest.previous_sha256,
            signed_by=pack.manifest.signed_by,
        )
        for pack in telling.packs
    ]
    try:
        item = desk.codes.item(case.code)
        names = (item.name_zh, item.name_en)
    except UnknownCodeError:  # the table may have been another one when the case was opened
        names = ("", "")
    key, is_blurred = desk.key.public.fingerprint, not request.wants_originals
    export = SheetExport(request.actor, request.reason, request.at, key, is_blurred)
    return SheetCase(case, names, shown, history, export, release)


def _steps(number: str, note: ExportNote) -> str:
    lines = []
    for pack in note.packs:
        folder = f"{EVIDENCE}/{folder_name(pack.pack)}"
        told = (
            f"    openssl pkeyutl -verify -pubin -inkey {KEYS}/{pack.signed_by}.pem -rawin -in {folder}/{MANIFEST_NAME}"
        )
        unsigned = f"   {folder}: written before signing began 写于启用签名之前，没有签名"
        lines.append(f"{told} -sigfile {folder}/{SIGNATURE_NAME}" if pack.signed_by else unsigned)
    text = STEPS_FILE.read_text("utf-8")
    text = text.replace("@SIGNATURES@", "\n".join(lines))
    text = text.replace("@PRIVACY@", (BLURRED_FILE if note.is_blurred else ORIGINALS_FILE).read_text("utf-8"))
    return text.replace("@NUMBER@", number).replace("@FINGERPRINT@", note.signed_by)


def _written(path: Path, members: Sequence[_Member], at: datetime) -> str:
    """Write the ZIP, readable by its owner only, force it to the medium and return its SHA-256.

    Raises:
        CaseExportError: it would be too large, or evidence changed meanwhile.
        OSError: as from `open`, `write` and `fsync`.
    """
    entries = [Entry(member.name, member.crc32, member.size_bytes) for member in members]
    try:
        zip_size(entries)
    except ValueError as err:
        raise CaseExportError(f"the case is too large to be handed out: {err}") from None
    path.unlink(missing_ok=True)
    sha256 = hashlib.sha256()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        layout = pieces(entries, moment(at))
        for piece, member in zip(layout, [*members, None], strict=True):
            sha256.update(piece.content)
            file.write(piece.content)
            for chunk in _chunks(member.source) if member else ():
                sha256.update(chunk)
                file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return sha256.hexdigest()


def _chunks(source: bytes | Path) -> Iterator[bytes]:
    yield from [source] if isinstance(source, bytes) else read_chunks(source)
