"""Finds what does not fit in a case's evidence: missing, changed or extra files, breaks in the chain, wrong signatures.

The same check reads a case's folder and the copy of it in an exported ZIP.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from cases.deletions import DELETION_NAME, parse_deletion
from cases.packs import (
    MANIFEST_NAME,
    MAX_MANIFEST_BYTES,
    SIGNATURE_NAME,
    Manifest,
    PackFile,
    PackPurpose,
    canonical_json,
    folder_name,
    is_unfinished_name,
    pack_number,
    parse_manifest,
    sha256_hex,
)
from cases.problems import Checked, Facts, Findings, ProblemKind
from cases.signing import SIGNATURE_BYTES, PublicKey
from cases.trees import Kind, Tree, digest_in, small_file
from cases.trust import Trust

FileKey = tuple[int, str, str]
"""Pack number, name and SHA-256 of a file."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a case's evidence is held against.

    Attributes:
        case_id: the case that it should belong to.
        manifests: pack number to manifest hash as the database has them; None when it is not asked.
        trust: whose signatures count; None where nobody's are asked for, and then a signed pack is none of ours.
        offered: public keys that came along with the evidence.
        withheld: pack number, name and hash of originals for which blurred copies stand in an export.
    """

    case_id: str
    manifests: Mapping[int, str] | None = None
    trust: Trust | None = None
    offered: Mapping[str, PublicKey] | None = None
    withheld: Collection[FileKey] = ()


def check_packs(tree: Tree | None, expected: Expected) -> Checked:
    """Read every byte of a case's evidence and return what does not fit; nothing is altered.

    Args:
        tree: where the packs lie; None when there is no such folder.
        expected: what they should be.
    """
    check = _Check(expected)
    if tree is None:
        check.found.add(ProblemKind.MISSING, ".", "no_folder")
    else:
        with check.found.refusals("."):
            check.all(tree)
    return check.found.checked()


class _Check:
    """One run over one case; knows the manifest before the one it is at."""

    def __init__(self, expected: Expected) -> None:
        self.found = Findings()
        self._expected = expected
        self._hashes: dict[int, str] = {}
        self._previous = ""
        self._is_signed = False
        self._there: dict[FileKey, str] = {}
        self._gone: dict[FileKey, str] = {}
        self._deleted: set[FileKey] = set()

    def all(self, tree: Tree) -> None:
        """Check every pack in order, then the rows."""
        kinds = tree.kinds()
        numbers = {name: number for name in kinds if (number := pack_number(name)) is not None}
        for name in sorted(kinds.keys() - numbers.keys()):
            if not is_unfinished_name(name):  # the service may be writing one just now
                self.found.add(ProblemKind.EXTRA, name, "no_pack_name")
        for position, name in enumerate(sorted(numbers, key=lambda name: numbers[name]), start=1):
            if kinds[name] is Kind.FOLDER:
                with self.found.refusals(name):
                    self._pack(tree.folder(name), name, position)
            else:
                self.found.add(ProblemKind.NOT_A_FILE, name, "no_folder_of_its_own")
        self._absences()
        self._rows()

    def _pack(self, pack: Tree, name: str, position: int) -> None:
        path = f"{name}/{MANIFEST_NAME}"
        kinds = pack.kinds()
        content = None
        with self.found.refusals(path):
            content = small_file(pack, MANIFEST_NAME, MAX_MANIFEST_BYTES)
        if content is None:
            return
        self._hashes[pack_number(name) or 0] = sha256_hex(content)
        problems_before = self.found.count
        manifest = self._parsed(path, content)
        if manifest is not None:
            self._link(path, manifest, (pack_number(name) or 0, position))
            self._signature(pack, name, manifest, content)
            for file in manifest.files:
                self._file(pack, name, file)
            named = {file.name for file in manifest.files} | {MANIFEST_NAME}
            named |= {SIGNATURE_NAME} if manifest.is_signed else set()
            for extra in sorted(kinds.keys() - named):
                self.found.add(ProblemKind.EXTRA, f"{name}/{extra}", "not_named")
            if manifest.facts.purpose is PackPurpose.DELETION and self.found.count == problems_before:
                self._deletion(pack, manifest)
        self._previous = sha256_hex(content)

    def _parsed(self, path: str, content: bytes) -> Manifest | None:
        try:
            manifest = parse_manifest(content)
            if canonical_json(manifest) != content:
                self.found.add(ProblemKind.CHANGED, path, "not_canonical")
        except (ValueError, RecursionError) as err:
            self.found.add(ProblemKind.CHANGED, path, "no_manifest", why=str(err))
            return None
        return manifest

    def _link(self, path: str, manifest: Manifest, numbers: tuple[int, int]) -> None:
        case_id = self._expected.case_id
        if manifest.case_id != case_id or {manifest.pack} != set(numbers):
            wanted: Facts = {"wanted_pack": numbers[1], "wanted_case": case_id}
            self.found.add(
                ProblemKind.BROKEN_CHAIN, path, "other_pack", pack=manifest.pack, case=manifest.case_id, **wanted
            )
        if manifest.previous_sha256 != self._previous:
            named, previous = manifest.previous_sha256 or "—", self._previous or "—"
            self.found.add(ProblemKind.BROKEN_CHAIN, path, "not_following", named=named, previous=previous)

    def _signature(self, pack: Tree, name: str, manifest: Manifest, content: bytes) -> None:
        path = f"{name}/{SIGNATURE_NAME}"
        if not manifest.is_signed:
            self._unsigned(path, manifest, content)
            return
        self._is_signed = True
        signature = None
        with self.found.refusals(path):
            signature = small_file(pack, SIGNATURE_NAME, SIGNATURE_BYTES)
        if signature is None:
            return
        key = (self._expected.trust or Trust()).key(manifest.signed_by, self._expected.offered)
        if key is None:
            self.found.add(ProblemKind.FOREIGN_SIGNATURE, path, "foreign", fingerprint=manifest.signed_by)
        elif not key.fits(content, signature):
            self.found.add(ProblemKind.BAD_SIGNATURE, path, "misfit")

    def _unsigned(self, path: str, manifest: Manifest, content: bytes) -> None:
        trust = self._expected.trust
        if trust is None or not (trust.has_begun or self._is_signed):
            self.found.unsigned_of_before()
        elif self._is_signed:
            self.found.add(ProblemKind.UNSIGNED, path, "unsigned_after_signed")
        elif trust.earlier.get((manifest.case_id, manifest.pack)) != sha256_hex(content):
            self.found.add(ProblemKind.UNSIGNED, path, "unsigned_since")
        else:
            self.found.unsigned_of_before()

    def _file(self, pack: Tree, name: str, file: PackFile) -> None:
        path = f"{name}/{file.name}"
        key = pack_number(name) or 0, file.name, file.sha256
        with self.found.refusals(path):
            try:
                digest = digest_in(pack, file.name)
            except FileNotFoundError:  # whether that is right is known once all records of deletion are read
                self._gone[key] = path
                return
            self._there[key] = path
            self.found.read(digest.size_bytes)
            if (digest.sha256, digest.size_bytes) != (file.sha256, file.size_bytes):
                facts: Facts = {"bytes": digest.size_bytes, "sha256": digest.sha256}
                wanted: Facts = {"wanted_bytes": file.size_bytes, "wanted_sha256": file.sha256}
                self.found.add(ProblemKind.CHANGED, path, "differs", **facts, **wanted)

    def _deletion(self, pack: Tree, manifest: Manifest) -> None:
        """Take what a record says was deleted; its pack fits in every way, so a key that counts signed it."""
        path = f"{folder_name(manifest.pack)}/{DELETION_NAME}"
        with self.found.refusals(path):
            try:
                record = parse_deletion(small_file(pack, DELETION_NAME, MAX_MANIFEST_BYTES))
            except ValueError as err:
                self.found.add(ProblemKind.CHANGED, path, "no_deletion", why=str(err))
                return
            if record.case_id != manifest.case_id or any(file.pack >= manifest.pack for file in record.files):
                self.found.add(ProblemKind.CHANGED, path, "no_deletion", why="it speaks of another case or pack")
                return
            self._deleted |= {(file.pack, file.name, file.sha256) for file in record.files}

    def _absences(self) -> None:
        """Tell what was deleted by rule or withheld from what is missing."""
        for key, path in self._gone.items():
            if key in self._deleted:
                self.found.deleted_by_rule()
            elif key in self._expected.withheld:
                self.found.withheld_for_privacy()
            else:
                self.found.add(ProblemKind.MISSING, path, "gone")
        for key in self._there.keys() & self._deleted:
            self.found.add(ProblemKind.EXTRA, self._there[key], "deleted_but_there")

    def _rows(self) -> None:
        for number, sha256 in sorted((self._expected.manifests or {}).items()):
            path = f"{folder_name(number)}/{MANIFEST_NAME}"
            if number not in self._hashes:
                self.found.add(ProblemKind.MISSING, path, "row_without_pack")
            elif self._hashes[number] != sha256:
                self.found.add(
                    ProblemKind.CHANGED, path, "row_differs", sha256=self._hashes[number], wanted_sha256=sha256
                )
