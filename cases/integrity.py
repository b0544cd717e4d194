"""Finds what does not fit in a case's evidence: missing, changed or extra files, and breaks in the chain of packs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cases.disk import digest_of
from cases.packs import (
    MANIFEST_NAME,
    Manifest,
    PackFile,
    canonical_json,
    folder_name,
    number_of,
    numbered_packs,
    parse_manifest,
    sha256_hex,
)


class ProblemKind(StrEnum):
    """What is wrong."""

    MISSING = "missing"  # a file or pack that should be there is not
    CHANGED = "changed"  # bytes differ from their hash
    EXTRA = "extra"  # a file that no manifest names
    UNREADABLE = "unreadable"  # the medium or the permissions refuse
    BROKEN_CHAIN = "broken_chain"  # a manifest does not follow from the one before, or is not the case's


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not fit.

    Attributes:
        kind: what is wrong.
        path: relative to the case's folder, with forward slashes.
        detail: what was expected and found, an English sentence.
    """

    kind: ProblemKind
    path: str
    detail: str


def verify_case(folder: Path | None, case_id: str, manifests: Mapping[int, str] | None = None) -> tuple[Problem, ...]:
    """Read every byte of a case's evidence and return what does not fit; nothing is altered.

    Args:
        folder: where the packs lie; None when there is no such folder.
        case_id: the case they should belong to.
        manifests: pack number to manifest hash as the database has them; None when it is not asked.
    """
    if folder is None:
        return (Problem(ProblemKind.MISSING, ".", f"case {case_id} has no evidence folder"),)
    return tuple(_problems(folder, case_id, manifests))


def _problems(folder: Path, case_id: str, manifests: Mapping[int, str] | None) -> Iterator[Problem]:
    hashes: dict[int, str] = {}
    previous = ""
    packs = numbered_packs(folder)
    for path in sorted(set(folder.iterdir()) - {path for _, path in packs}):
        yield Problem(ProblemKind.EXTRA, path.name, "no pack has this name")
    for expected_number, (number, path) in enumerate(packs, start=1):
        try:
            content = (path / MANIFEST_NAME).read_bytes()
        except OSError as err:
            kind = ProblemKind.MISSING if isinstance(err, FileNotFoundError) else ProblemKind.UNREADABLE
            yield Problem(kind, f"{path.name}/{MANIFEST_NAME}", f"the pack's manifest: {err.strerror}")
            continue
        hashes[number] = sha256_hex(content)
        yield from _pack_problems(path, content, (case_id, expected_number, previous))
        previous = hashes[number]
    yield from _row_problems(hashes, manifests or {})


def _pack_problems(path: Path, content: bytes, expected: tuple[str, int, str]) -> Iterator[Problem]:
    name = f"{path.name}/{MANIFEST_NAME}"
    try:
        manifest = parse_manifest(content)
    except ValueError as err:
        yield Problem(ProblemKind.CHANGED, name, f"is no manifest: {err}")
        return
    if canonical_json(manifest) != content:
        yield Problem(ProblemKind.CHANGED, name, "is not in canonical form, so it was edited")
    yield from _link_problems(path, manifest, expected)
    for file in manifest.files:
        yield from _file_problems(path, file)
    named = {file.name for file in manifest.files} | {MANIFEST_NAME}
    for extra in sorted(child.name for child in path.iterdir() if child.name not in named):
        yield Problem(ProblemKind.EXTRA, f"{path.name}/{extra}", "the manifest does not name this file")


def _link_problems(folder: Path, manifest: Manifest, expected: tuple[str, int, str]) -> Iterator[Problem]:
    case_id, number, previous = expected
    name = f"{folder.name}/{MANIFEST_NAME}"
    if (manifest.case_id, manifest.pack) != (case_id, number) or number_of(folder) != number:
        found = f"pack {manifest.pack} of case {manifest.case_id}"
        yield Problem(ProblemKind.BROKEN_CHAIN, name, f"holds {found}, expected pack {number} of case {case_id}")
    if manifest.previous_sha256 != previous:
        yield Problem(
            ProblemKind.BROKEN_CHAIN,
            name,
            f"follows manifest {manifest.previous_sha256 or 'none'}, but the one before is {previous or 'none'}",
        )


def _file_problems(folder: Path, file: PackFile) -> Iterator[Problem]:
    name = f"{folder.name}/{file.name}"
    try:
        found = digest_of(folder / file.name)
    except FileNotFoundError:
        yield Problem(ProblemKind.MISSING, name, "the manifest names it, but it is not there")
    except OSError as err:
        yield Problem(ProblemKind.UNREADABLE, name, f"cannot be read: {err.strerror}")
    else:
        if (found.sha256, found.size_bytes) != (file.sha256, file.size_bytes):
            yield Problem(
                ProblemKind.CHANGED,
                name,
                f"has {found.size_bytes} bytes with hash {found.sha256}; "
                f"the manifest says {file.size_bytes} bytes with hash {file.sha256}",
            )


def _row_problems(hashes: Mapping[int, str], manifests: Mapping[int, str]) -> Iterator[Problem]:
    for number, sha256 in sorted(manifests.items()):
        name = f"{folder_name(number)}/{MANIFEST_NAME}"
        if number not in hashes:
            yield Problem(ProblemKind.MISSING, name, "the database knows this pack, but it is not there")
        elif hashes[number] != sha256:
            yield Problem(ProblemKind.CHANGED, name, f"has hash {hashes[number]}; the database says {sha256}")
