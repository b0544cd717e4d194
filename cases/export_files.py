"""Says which files of a case go into an export: blurred copies with their notes by default, originals where asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cases.blurred_copies import NOTE_SUFFIX, BlurredCopies, needs_blurring
from cases.evidence import EvidenceStore
from cases.export_form import BLURRED, EVIDENCE
from cases.packs import folder_name
from cases.records import Case, CaseFile


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """One file of an export.

    Attributes:
        pack: number of the pack that it is of.
        file: name of the evidence file that it shows; empty for a note.
        name: path in the export.
        path: where it is now.
    """

    pack: int
    file: str
    name: str
    path: Path


def exported_files(evidence: EvidenceStore, case: Case, copies: BlurredCopies | None) -> tuple[ExportedFile, ...]:
    """Return the files of a case in the order of its packs, without manifests; what was deleted by rule is left out.

    Args:
        evidence: where the originals are.
        case: the case.
        copies: makes the blurred copies; None hands out the originals.

    Raises:
        BlurError: a copy cannot be made.
        EvidenceError: an original is missing or not as it was written.
    """
    return tuple(
        each
        for pack in case.packs
        if pack.deleted_at is None
        for file in pack.files
        for each in _of_file(evidence, case, file, copies if needs_blurring(file) else None)
    )


def _of_file(
    evidence: EvidenceStore, case: Case, file: CaseFile, copies: BlurredCopies | None
) -> Iterator[ExportedFile]:
    folder = folder_name(file.pack)
    if copies is None:
        yield ExportedFile(file.pack, file.name, f"{EVIDENCE}/{folder}/{file.name}", evidence.root / file.path)
        return
    copy = copies.of(case, file)
    inside = f"{BLURRED}/{folder}/{file.name}"
    yield ExportedFile(file.pack, file.name, inside, copy.path)
    yield ExportedFile(file.pack, "", inside + NOTE_SUFFIX, copy.path.with_name(copy.path.name + NOTE_SUFFIX))
