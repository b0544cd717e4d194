"""Makes and keeps the copies of evidence in which bystanders are hidden; what leaves the case desk is one of these.

They lie in a folder of their own beside the evidence, as `<case id>/pack-0001/<name>`, each with a note `<name>.note`
that says of which original it is, by hashes, and how it was made. They are no evidence: they can be made again at any
time, and go when their original goes. Where a copy cannot be made there is an error, never the original.
"""

import logging
import secrets
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from pydantic import TypeAdapter, ValidationError

from cases.blurred_clip import blurred_clip
from cases.bystander_finder import COARSE_TILES, BystanderFinder, FinderFacts
from cases.bystanders import Box
from cases.disk import Disk, digest_of, way_out
from cases.evidence import EvidenceStore
from cases.evidence_errors import BlurError, EvidenceAlteredError, EvidenceDeletedError, EvidenceMissingError
from cases.mosaic import MOVING_CELLS, STILL_CELLS, hide
from cases.packs import PackPurpose, PartRole, canonical_bytes, folder_name, sha256_hex
from cases.records import Case, CaseFile, CasePack
from cases.stills import close_up_box, encode_jpeg
from vision.arrays import Picture

logger = logging.getLogger(__name__)

NOTE_SUFFIX = ".note"

STILLS, CLIPS = (".jpg", ".jpeg"), (".mp4",)
"""What can be blurred, by the ending of the name."""

OPEN_ROLES = (PartRole.DELETION, PartRole.BLURRED)
"""What shows nobody and is handed out as it is."""

COPY_QUALITY = 88

AFTERWARDS = (PackPurpose.AFTER_WARNING, PackPurpose.CLOSING)
"""Packs of a time when the offender may have left: who stands in the case's box then may be a bystander."""


@dataclass(frozen=True, slots=True)
class CopyNote:
    """What a note says of a copy.

    Attributes:
        case_id, pack, name: the original; its copy has the same name.
        original_sha256: hash of the original that it was made of.
        sha256, size_bytes: of the copy.
        cells: flat cells that each hidden region was turned into, along a side.
        regions: how many regions are hidden in it; of a clip, how often it was looked at.
        spares_offender: whether the plate of the vehicle that the case is about was left to be seen.
        found_by: which model looked for people and vehicles, with which thresholds.
        format: version of this layout.
    """

    case_id: str
    pack: int
    name: str
    original_sha256: str
    sha256: str
    size_bytes: int
    cells: int
    regions: int
    spares_offender: bool
    found_by: FinderFacts
    format: Literal["streetwarden-blurred/1"] = "streetwarden-blurred/1"


@dataclass(frozen=True, slots=True)
class BlurredCopy:
    """A copy on the disk, and its note."""

    path: Path
    note: CopyNote


_NOTES: TypeAdapter[CopyNote] = TypeAdapter(CopyNote)


class BlurredCopies:
    """The copies of all cases. Any thread may call it; copies are made one at a time.

    Args:
        folder: where they are kept; outside the evidence folder.
        evidence: where the originals are; only read.
        finder: gives what looks for people and vehicles; called when the first copy is made, as opening a model takes
            a second. It may raise `BlurError`.
    """

    def __init__(self, folder: Path, evidence: EvidenceStore, finder: Callable[[], BystanderFinder]) -> None:
        self._folder = folder
        self._evidence = evidence
        self._open = finder
        self._finder: BystanderFinder | None = None
        self._making = threading.Lock()

    def of(self, case: Case, file: CaseFile) -> BlurredCopy:
        """Return the blurred copy of a picture or clip, made now where there is none yet.

        Raises:
            BlurError: it cannot be made, or the file is of a kind that cannot be blurred.
            EvidenceDeletedError: a rule of retention has deleted the original.
            EvidenceMissingError: the original is not there.
            EvidenceAlteredError: the original is not as it was written.
        """
        pack = next(pack for pack in case.packs if pack.number == file.pack)
        check_kept(case, pack)
        with self._making:
            kept = self._kept(case, file)
            return kept if kept is not None else self._made(case, pack, file)

    def forget(self, case_id: str, pack: int) -> None:
        """Remove the copies of a pack whose originals are deleted."""
        with self._making:
            shutil.rmtree(self._folder / case_id / folder_name(pack), ignore_errors=True)
            with suppress(OSError):
                (self._folder / case_id).rmdir()

    def _path(self, case: Case, file: CaseFile) -> Path:
        return self._folder / case.case_id / folder_name(file.pack) / file.name

    def _kept(self, case: Case, file: CaseFile) -> BlurredCopy | None:
        path = self._path(case, file)
        try:
            note = parse_note(path.with_name(path.name + NOTE_SUFFIX).read_bytes())
            is_whole = (note.original_sha256, note.sha256) == (file.sha256, digest_of(path).sha256)
        except (OSError, ValueError):
            return None
        return BlurredCopy(path, note) if is_whole else None

    def _made(self, case: Case, pack: CasePack, file: CaseFile) -> BlurredCopy:
        original = self._evidence.path_of(file.path)
        if digest_of(original).sha256 != file.sha256:
            raise EvidenceAlteredError(
                f"{file.path} is not as it was written, so no copy of it is made (see streetwarden evidence verify)"
            )
        if self._finder is None:
            self._finder = self._open()
        spared = _spared(case, pack, file, self._shape_of(pack))
        ending = Path(file.name).suffix.lower()
        if ending in STILLS:
            content, regions, cells = *self._still(original, spared, self._also(pack, file)), STILL_CELLS
        elif ending in CLIPS:
            finder = self._finder
            content, regions = blurred_clip(original, lambda bgr: finder.regions(bgr, spared, tiles=COARSE_TILES).all)
            cells = MOVING_CELLS
        else:
            raise BlurError(f"{file.name} is neither a picture nor a clip that can be blurred, so it stays here")
        made = len(content), cells, regions, spared is not None, self._finder.facts
        note = CopyNote(case.case_id, file.pack, file.name, file.sha256, sha256_hex(content), *made)
        return self._keep(self._path(case, file), content, note)

    def _still(self, original: Path, spared: Box | None, also: Path | None) -> tuple[bytes, int]:
        assert self._finder is not None  # noqa: S101  (`_made` opens it)
        bgr = _picture(original)
        regions = self._finder.regions(bgr, spared).all
        if also is not None:
            regions = np.concatenate([regions, self._finder.regions(_picture(also), spared).all])
        return encode_jpeg(hide(bgr, regions), quality=COPY_QUALITY), len(regions)

    def _also(self, pack: CasePack, file: CaseFile) -> Path | None:
        """Return the untouched panorama below a marked copy: lines drawn over somebody may hide him from the model."""
        if file.role is not PartRole.MARKED:
            return None
        panoramas = [other for other in pack.files if other.role is PartRole.PANORAMA]
        try:
            return self._evidence.path_of(panoramas[-1].path) if panoramas else None
        except EvidenceMissingError:
            return None

    def _shape_of(self, pack: CasePack) -> tuple[int, int] | None:
        """Return width and height of the pack's panorama, to which the case's box refers."""
        for file in reversed(pack.files):
            if file.role is PartRole.PANORAMA:
                height, width = _picture(self._evidence.path_of(file.path)).shape[:2]
                return width, height
        return None

    def _keep(self, path: Path, content: bytes, note: CopyNote) -> BlurredCopy:
        disk = Disk()
        try:
            disk.make_folder(path.parent)
            for target, data in ((path, content), (path.with_name(path.name + NOTE_SUFFIX), note_bytes(note))):
                part = target.with_name(f".{secrets.token_hex(4)}.part")
                try:
                    disk.write(part, [data])
                    part.replace(target)
                finally:
                    part.unlink(missing_ok=True)
        except OSError as err:
            raise BlurError(f"the blurred copy of {path.name} cannot be kept in {path.parent}: {way_out(err)}") from err
        return BlurredCopy(path, note)


def check_kept(case: Case, pack: CasePack) -> None:
    """Refuse what a rule of retention has deleted.

    Raises:
        EvidenceDeletedError: the files of the pack were deleted.
    """
    if pack.deleted_at is not None:
        raise EvidenceDeletedError(
            f"pack {pack.number} of case {case.number} was deleted on {pack.deleted_at:%Y-%m-%d} by the rule "
            f"{pack.deletion_rule!r}; its hashes and the signed record of that stay"
        )


def note_bytes(note: CopyNote) -> bytes:
    """Return the one form of a note."""
    return canonical_bytes(_NOTES.dump_python(note, mode="json"))


def parse_note(content: bytes) -> CopyNote:
    """Read what `note_bytes` wrote.

    Raises:
        ValueError: it is none.
    """
    try:
        return _NOTES.validate_json(content)
    except ValidationError as err:
        raise ValueError(err.errors(include_url=False, include_input=False)[0]["msg"]) from None


def needs_blurring(file: CaseFile) -> bool:
    """Say whether a file may show bystanders, so that only a blurred copy of it may leave the desk."""
    return file.role not in OPEN_ROLES


def _spared(case: Case, pack: CasePack, file: CaseFile, size_wh: tuple[int, int] | None) -> Box | None:
    """Return the box of the offender's vehicle in a file's own pixels; None where no plate is to be spared."""
    if case.kind != "parking" or pack.purpose in AFTERWARDS:
        return None
    if file.role is not PartRole.CLOSE_UP:
        return case.box
    if size_wh is None:  # nobody can tell which part of the view it shows
        return None
    left, top, _right, _bottom = close_up_box(case.box, size_wh)
    x1, y1, x2, y2 = case.box
    return x1 - left, y1 - top, x2 - left, y2 - top


def _picture(path: Path) -> Picture:
    bgr = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise BlurError(f"{path.name} is no picture that can be read, so no copy of it is made")
    return np.asarray(bgr, np.uint8)
