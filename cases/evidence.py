"""Keeps the evidence files of cases: written whole or not at all, hashed, chained, never altered.

Layout below the root: `YYYY/MM/DD/<case id>/pack-0001/`, the day being that of the case's first pack in UTC. A pack is
written into `.pack-0001.writing`, each file forced to the medium, then the manifest and its signature; then the folder
gets its name in one rename. So a pack that has its name is whole, whatever happened in between.

Belongs here: writing packs, finding files. Does not: checking them (integrity), clearing up at start (sweeping), rows
(store), keys (keyring).
"""

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cases.disk import Digest, Disk, read_chunks, way_out
from cases.evidence_errors import EvidenceMissingError, EvidencePartError, EvidenceWriteError
from cases.integrity import Expected, check_packs
from cases.packs import (
    MANIFEST_NAME,
    MAX_MANIFEST_BYTES,
    SIGNATURE_NAME,
    SIGNED_FORMAT,
    UNSIGNED_FORMAT,
    Manifest,
    Pack,
    PackFacts,
    PackFile,
    PackFormat,
    Part,
    canonical_json,
    folder_name,
    is_safe_name,
    numbered_packs,
    parse_manifest,
    sha256_hex,
    unfinished_name,
)
from cases.problems import Checked
from cases.signing import SigningKey
from cases.sweeping import ORPHANS, PackKey, Swept, sweep_evidence
from cases.trees import DiskTree, small_file
from cases.trust import Trust

logger = logging.getLogger(__name__)


def utc_now() -> datetime:
    """Return the wall time, aware UTC; the default of every `clock` argument in this package."""
    return datetime.now(UTC)


class EvidenceStore:
    """Evidence of all cases below one folder.

    Any thread may call any method; packs are written one after the other, as each needs the hash of the one before.

    Args:
        root: the folder; made with the first pack.
        signer: signs packs; without it they are written in the first format, as before signing began (tools, tests).
        disk: what writes.
        clock: wall time, aware UTC.
    """

    def __init__(
        self,
        root: Path,
        *,
        signer: SigningKey | None = None,
        disk: Disk | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.root = root.resolve()
        self._signer = signer
        self._disk = disk or Disk()
        self._clock = clock
        self._writing = threading.Lock()  # held for a whole pack: only writers take it, readers need no lock

    def write_pack(self, case_id: str, parts: Sequence[Part], facts: PackFacts) -> Pack:
        """Add a pack to a case; when this returns, it survives a power cut.

        Args:
            case_id: letters, digits, `.`, `_` and `-` only.
            parts: at least one; names differ.
            facts: how the files came about.

        Raises:
            EvidenceWriteError: disk full, read-only, no permission; nothing was kept, and it may be tried again.
            EvidencePartError: a part is empty or its file cannot be read.
            ValueError: a name is not usable, two parts have one name, or there is none.
        """
        _check(case_id, parts)
        with self._writing:
            try:
                return self._write(case_id, parts, facts)
            except OSError as err:
                raise EvidenceWriteError(_sentence(case_id, self.root, err)) from err

    def packs(self, case_id: str) -> tuple[Pack, ...]:
        """Return the whole packs of a case as they lie on the disk, in order; unreadable ones are left to `verify`."""
        folder = self.case_folder(case_id)
        if folder is None:
            return ()
        return tuple(pack for _, path in numbered_packs(folder) if (pack := self.read_pack(path)) is not None)

    def read_pack(self, folder: Path) -> Pack | None:
        """Return the pack in a folder below the root, or None where there is no readable manifest of it."""
        try:
            content = small_file(DiskTree(folder), MANIFEST_NAME, MAX_MANIFEST_BYTES)
            manifest = parse_manifest(content)
        except (OSError, ValueError) as err:
            logger.warning("evidence %s: no readable manifest (%s)", folder, err)
            return None
        return Pack(folder.relative_to(self.root).as_posix(), manifest, sha256_hex(content))

    def case_folder(self, case_id: str) -> Path | None:
        """Return where a case's packs lie, or None when it has none."""
        if not is_safe_name(case_id):
            raise ValueError(f"{case_id!r} is no case id")
        return next(iter(sorted(self.root.glob(f"[0-9]*/[0-9]*/[0-9]*/{case_id}"))), None)

    def path_of(self, relative: str) -> Path:
        """Return the full path of a file that a row names by its path relative to the root.

        Raises:
            EvidenceMissingError: it is not there, or lies outside the root.
        """
        path = (self.root / relative).resolve()
        if not path.is_relative_to(self.root) or not path.is_file():
            raise EvidenceMissingError(f"evidence file {relative!r} is not there; see streetwarden evidence verify")
        return path

    def verify(
        self, case_id: str, manifests: Mapping[int, str] | None = None, *, trust: Trust | None = None
    ) -> Checked:
        """Read every byte of a case's evidence again and say what does not fit.

        Args:
            case_id: the case.
            manifests: pack number to manifest hash as the database has them; finds packs that were replaced or cut off
                as a whole, which the files alone cannot show.
            trust: whose signatures count; this store's own key where it is left out.
        """
        if trust is None and self._signer is not None:
            trust = Trust().also([self._signer.public])
        folder = self.case_folder(case_id)
        return check_packs(DiskTree(folder) if folder else None, Expected(case_id, manifests, trust))

    def sweep(self, known: Collection[PackKey]) -> Swept:
        """Clear up after a crash; call it before the first pack is written. See `cases.sweeping`."""
        with self._writing:
            return sweep_evidence(self, self._disk, known)

    def _write(self, case_id: str, parts: Sequence[Part], facts: PackFacts) -> Pack:
        folder = self.case_folder(case_id) or self.root / f"{self._clock():%Y/%m/%d}" / case_id
        self._disk.make_folder(folder)
        number, previous = _link(folder)
        unfinished, final = folder / unfinished_name(number), folder / folder_name(number)
        self._disk.remove_tree(unfinished)
        try:
            self._disk.make_folder(unfinished)
            files = tuple(self._write_part(unfinished, part) for part in parts)
            manifest, content = self._manifest((case_id, number), previous, files, facts)
            self._disk.write(unfinished / MANIFEST_NAME, [content])
            if self._signer is not None:
                self._disk.write(unfinished / SIGNATURE_NAME, [self._signer.sign(content)])
            self._disk.sync_folder(unfinished)
            self._disk.rename(unfinished, final)
        except BaseException:
            # The name may have been given before its fsync failed; without this a pack nobody was told of would stay.
            self._disk.remove_tree(unfinished)
            self._disk.remove_tree(final)
            raise
        return Pack(final.relative_to(self.root).as_posix(), manifest, sha256_hex(content))

    def _manifest(
        self, key: PackKey, previous: str, files: tuple[PackFile, ...], facts: PackFacts
    ) -> tuple[Manifest, bytes]:
        """Return a manifest with its bytes; what is read back from them gives the same bytes again."""
        signed_by = self._signer.public.fingerprint if self._signer else ""
        told: PackFormat = SIGNED_FORMAT if signed_by else UNSIGNED_FORMAT
        manifest = Manifest(*key, self._clock(), previous, files, facts.explained(), signed_by, told)
        manifest = parse_manifest(canonical_json(manifest))  # a whole number where a fraction belongs becomes one
        return manifest, canonical_json(manifest)

    def _write_part(self, folder: Path, part: Part) -> PackFile:
        digest: Digest = self._disk.write(folder / part.name, _chunks(part))
        if digest.size_bytes == 0:
            raise EvidencePartError(f"evidence file {part.name!r} is empty; a pack holds only what can be looked at")
        return PackFile(part.name, part.role, digest.sha256, digest.size_bytes, part.taken)


def _link(case_folder: Path) -> tuple[int, str]:
    packs = numbered_packs(case_folder)
    next_number = packs[-1][0] + 1 if packs else 1
    for _, folder in reversed(packs):
        if (folder / MANIFEST_NAME).is_file():
            return next_number, sha256_hex((folder / MANIFEST_NAME).read_bytes())
    return next_number, ""


def _chunks(part: Part) -> Iterable[bytes]:
    return [part.data] if isinstance(part.data, bytes) else _readable_chunks(part.name, part.data)


def _readable_chunks(name: str, path: Path) -> Iterator[bytes]:
    try:
        yield from read_chunks(path)
    except OSError as err:
        raise EvidencePartError(f"evidence file {name!r} cannot be read from {path}: {err.strerror}") from err


def _check(case_id: str, parts: Sequence[Part]) -> None:
    if not is_safe_name(case_id) or case_id == ORPHANS:
        raise ValueError(f"{case_id!r} is no case id; use ASCII letters, digits, '.', '_' and '-'")
    names = [part.name for part in parts]
    if not names or len(set(names)) != len(names):
        raise ValueError(f"a pack needs at least one file and a different name for each, not {names}")


def _sentence(case_id: str, root: Path, err: OSError) -> str:
    return f"evidence of case {case_id} could not be written below {root}: {way_out(err)}"
