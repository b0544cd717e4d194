"""Checks an exported ZIP: each byte of it must be what an export writes, and a key that counts must have signed it.

The ZIP may come from anybody: names are compared with what an export holds and never become paths, nothing is unpacked,
and nothing is read beyond the length of the file.
"""

import zipfile
from collections.abc import Mapping
from pathlib import Path

from cases.blurred_copies import NOTE_SUFFIX
from cases.blurred_copies import parse_note as parse_copy_note
from cases.export_form import (
    BLURRED,
    EVIDENCE,
    EXPORT,
    KEY,
    KEYS,
    MAX_TEXT_BYTES,
    SIGNATURE,
    SUMS,
    ExportNote,
    note_bytes,
    parse_note,
    parse_sums_line,
)
from cases.integrity import Expected, FileKey, check_packs
from cases.packs import folder_name
from cases.plain_zip import Entry, moment, pieces, zip_size
from cases.problems import Checked, Findings, Problem, ProblemKind
from cases.signing import MAX_PEM_BYTES, SIGNATURE_BYTES, PublicKey
from cases.trees import Kind, ZipTree, digest_in, small_file
from cases.trust import Trust


def check_export(path: Path, trust: Trust) -> Checked:
    """Read every byte of an export and return what does not fit; nothing is altered or unpacked.

    Args:
        path: the ZIP.
        trust: whose signature counts.

    Raises:
        OSError: the file cannot be opened.
    """
    found = Findings()
    with path.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                return _Check(archive, trust, found).all(path)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as err:
            found.add(ProblemKind.CHANGED, path.name, "zip_damaged", why=str(err))
    return found.checked()


def signer_of(path: Path) -> str:
    """Return the fingerprint of the key that an export says it is signed by, empty where it says none."""
    try:
        with zipfile.ZipFile(path) as archive:
            tree = _top(archive)
            return PublicKey.from_pem(small_file(tree, KEY, MAX_PEM_BYTES)).fingerprint if tree else ""
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return ""


class _Check:
    """One run over one ZIP."""

    def __init__(self, archive: zipfile.ZipFile, trust: Trust, found: Findings) -> None:
        self._archive = archive
        self._trust = trust
        self._found = found

    def all(self, path: Path) -> Checked:
        """Check layout, signature, hashes and evidence, in this order."""
        tree = _top(self._archive)
        if tree is None:
            self._found.add(ProblemKind.CHANGED, path.name, "zip_no_export")
            return self._found.checked()
        note = self._note(tree)
        if note is None:
            return self._found.checked()
        if not _is_laid_out(self._archive, path, note):
            self._found.add(ProblemKind.CHANGED, path.name, "zip_layout")
            if not _is_stored(self._archive, path):
                return self._found.checked()
        is_vouched = self._signature(tree)
        self._sums(tree)
        evidence = self._evidence(tree, note, is_vouched=is_vouched)
        # Evidence is read twice, for the list of hashes and for its manifests; each file counts once.
        accounted = Checked(evidence.problems, evidence.unsigned, 0, 0, evidence.deleted, evidence.withheld)
        return self._found.checked() + accounted

    def _note(self, tree: ZipTree) -> ExportNote | None:
        with self._found.refusals(EXPORT):
            content = small_file(tree, EXPORT, MAX_TEXT_BYTES)
            try:
                note = parse_note(content)
            except ValueError:
                self._found.add(ProblemKind.CHANGED, EXPORT, "zip_no_export")
                return None
            if note_bytes(note) != content or f"{note.number}/" != tree.prefix:
                self._found.add(ProblemKind.CHANGED, EXPORT, "not_canonical")
            return note
        return None

    def _signature(self, tree: ZipTree) -> bool:
        """Say whether a key that counts signed the list of hashes."""
        with self._found.refusals(SIGNATURE):
            sums = small_file(tree, SUMS, MAX_TEXT_BYTES)
            signature = small_file(tree, SIGNATURE, SIGNATURE_BYTES)
            try:
                offered = PublicKey.from_pem(small_file(tree, KEY, MAX_PEM_BYTES))
            except ValueError as err:
                self._found.add(ProblemKind.CHANGED, KEY, "refused", why=str(err))
                return False
            if not offered.fits(sums, signature):
                self._found.add(ProblemKind.BAD_SIGNATURE, SIGNATURE, "misfit")
                return False
            if self._trust.key(offered.fingerprint, {offered.fingerprint: offered}) is None:
                self._found.add(ProblemKind.FOREIGN_SIGNATURE, SIGNATURE, "foreign", fingerprint=offered.fingerprint)
                return False
            return True
        return False

    def _sums(self, tree: ZipTree) -> None:
        listed: dict[str, str] = {}
        with self._found.refusals(SUMS):
            for line in small_file(tree, SUMS, MAX_TEXT_BYTES).decode("utf-8", "replace").splitlines():
                row = parse_sums_line(line)
                if row is None or row[1] in listed:
                    self._found.add(ProblemKind.CHANGED, SUMS, "zip_line", line=line[:200])
                else:
                    listed[row[1]] = row[0]
        there = {name.removeprefix(tree.prefix) for name in self._archive.namelist()} - {SUMS, SIGNATURE}
        for name in sorted(there - listed.keys()):
            self._found.add(ProblemKind.EXTRA, name, "zip_not_listed")
        for name, wanted in listed.items():
            with self._found.refusals(name):
                digest = digest_in(tree, name)
                self._found.read(digest.size_bytes)
                if digest.sha256 != wanted:
                    facts = {"sha256": digest.sha256, "wanted_sha256": wanted}
                    self._found.add(ProblemKind.CHANGED, name, "zip_differs", **facts)

    def _evidence(self, tree: ZipTree, note: ExportNote, *, is_vouched: bool) -> Checked:
        """Check the packs; who signed the export vouches for the public keys and the unsigned packs in it."""
        keys = self._keys(tree)
        hashes = {pack.pack: pack.manifest_sha256 for pack in note.packs}
        unsigned = {(note.case_id, pack.pack): pack.manifest_sha256 for pack in note.packs if not pack.signed_by}
        trust = self._trust.also(keys.values() if is_vouched else (), unsigned)
        withheld = self._withheld(tree, note) if note.is_blurred else ()
        checked = check_packs(tree.folder(EVIDENCE), Expected(note.case_id, hashes, trust, keys, withheld))
        problems = [
            Problem(problem.kind, f"{EVIDENCE}/{problem.path}", problem.said, problem.facts)
            for problem in checked.problems
            # A key that nobody vouches for was told of once, for the export.
            if is_vouched or problem.kind is not ProblemKind.FOREIGN_SIGNATURE
        ]
        return Checked(tuple(problems), checked.unsigned, 0, 0, checked.deleted, checked.withheld)

    def _withheld(self, tree: ZipTree, note: ExportNote) -> set[FileKey]:
        """Return the originals for which a blurred copy that fits its note stands in the ZIP."""
        found: set[FileKey] = set()
        for pack in note.packs:
            name = f"{BLURRED}/{folder_name(pack.pack)}"
            folder = tree.folder(BLURRED).folder(folder_name(pack.pack))
            for each in sorted(name for name in folder.kinds() if name.endswith(NOTE_SUFFIX)):
                with self._found.refusals(f"{name}/{each}"):
                    try:
                        told = parse_copy_note(small_file(folder, each, MAX_TEXT_BYTES))
                        is_fitting = digest_in(folder, told.name).sha256 == told.sha256
                    except ValueError:
                        is_fitting = False
                    if is_fitting and (told.case_id, told.pack) == (note.case_id, pack.pack):
                        found.add((told.pack, told.name, told.original_sha256))
                    else:
                        self._found.add(ProblemKind.CHANGED, f"{name}/{each}", "no_copy_note")
        return found

    def _keys(self, tree: ZipTree) -> Mapping[str, PublicKey]:
        keys: dict[str, PublicKey] = {}
        folder = tree.folder(KEYS)
        for name, kind in folder.kinds().items():
            with self._found.refusals(f"{KEYS}/{name}"):
                if kind is not Kind.FILE:
                    continue
                try:
                    key = PublicKey.from_pem(small_file(folder, name, MAX_PEM_BYTES))
                except ValueError as err:
                    self._found.add(ProblemKind.CHANGED, f"{KEYS}/{name}", "refused", why=str(err))
                    continue
                keys[key.fingerprint] = key
        return keys


def _top(archive: zipfile.ZipFile) -> ZipTree | None:
    """Return the one folder that holds everything, or None where the ZIP is no export of ours."""
    names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    is_ours = len(tops) == 1 and len(names) == len(set(names)) and all(not name.endswith("/") for name in names)
    return ZipTree(archive, f"{tops.pop()}/") if is_ours else None


def _is_stored(archive: zipfile.ZipFile, path: Path) -> bool:
    """Say whether reading every file takes no more than the ZIP has bytes; squeezed ones could be without end."""
    infos = archive.infolist()
    are_stored = all(info.compress_type == zipfile.ZIP_STORED for info in infos)
    return are_stored and sum(info.file_size for info in infos) <= path.stat().st_size


def _is_laid_out(archive: zipfile.ZipFile, path: Path, note: ExportNote) -> bool:
    """Say whether every byte outside the files themselves is the one that an export writes."""
    infos = archive.infolist()
    entries = [Entry(info.orig_filename, info.CRC, info.file_size) for info in infos]
    try:
        is_as_long = zip_size(entries) == path.stat().st_size
    except ValueError:
        return False
    if not is_as_long:
        return False
    with path.open("rb") as file:
        for piece in pieces(entries, moment(note.exported_at)):
            file.seek(piece.offset)
            if file.read(len(piece.content)) != piece.content:
                return False
    return True
