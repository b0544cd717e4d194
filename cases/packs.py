"""What an evidence pack holds and how its manifest is written: canonical JSON, so that equal facts give equal bytes.

A pack is a folder of files that were taken for one purpose at one moment, with a `manifest.json` that names each
file with its SHA-256 and the hash of the previous pack's manifest. Packs of a case thereby form a chain. Beside it lies
`manifest.sig`, the Ed25519 signature of the manifest's bytes as they stand. Packs of the first format have none: they
were written before evidence was signed.

Belongs here: the records and their JSON. Does not: writing files (evidence), rows (store).
"""

import hashlib
import json
import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import JsonValue, TypeAdapter, ValidationError

from cases.closing import ClosingFacts
from detectors.events import Reason

MANIFEST_NAME = "manifest.json"
SIGNATURE_NAME = "manifest.sig"
MAX_NAME_LENGTH = 96

MAX_MANIFEST_BYTES = 1 << 20
"""A manifest is some kilobytes; what is longer was not written by us and is not read."""

UNSIGNED_FORMAT: Final = "streetwarden-pack/1"
SIGNED_FORMAT: Final = "streetwarden-pack/2"
PackFormat = Literal["streetwarden-pack/1", "streetwarden-pack/2"]

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class PackPurpose(StrEnum):
    """Why a pack was taken."""

    OPENING = "opening"  # when the rule raised the case: first panorama, close-up
    PERSISTENCE = "persistence"  # the second panorama, at least 10 s later
    CLIP = "clip"  # the moving picture around the moment
    AFTER_WARNING = "after_warning"  # how the place looked after a warning
    CLOSING = "closing"  # how it looked some time after dispatch, before and after side by side
    DELETION = "deletion"  # files of earlier packs were deleted by a rule of retention: which, when, why
    OTHER = "other"


class PartRole(StrEnum):
    """What a file of a pack shows; the page arranges files by it."""

    PANORAMA = "panorama"  # the whole picture, untouched
    CLOSE_UP = "close_up"  # the object with a margin, untouched
    MARKED = "marked"  # a copy with zone, box and caption burnt in
    ACT = "act"  # the whole picture at the moment of the act, untouched
    CLIP = "clip"
    REFERENCE = "reference"  # the empty scene
    AUDIO = "audio"
    DELETION = "deletion"  # the record of what was deleted
    BLURRED = "blurred"  # a copy in which bystanders are hidden, kept when its original was deleted
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Taking:
    """When a picture or a clip's beginning was taken: wall time, aware UTC, and the bound of its error in seconds."""

    captured_at: datetime
    clock_error_s: float


@dataclass(frozen=True, slots=True)
class Part:
    """One file to be put into a pack.

    Attributes:
        name: file name, ASCII letters, digits, `.`, `_`, `-`; unique within the pack.
        data: the bytes, or the path of a file that is copied (the original is left alone).
        role: what it shows.
        taken: when; None where nobody said.
    """

    name: str
    data: bytes | Path
    role: PartRole = PartRole.OTHER
    taken: Taking | None = None

    def __post_init__(self) -> None:
        _check_file_name(self.name)


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """Which model judged, and how sure it had to be.

    Attributes:
        name: the model card's name.
        sha256: hash of the weights.
        threshold: smallest score that counts, in [0, 1].
        engine: what ran it, for example `onnxruntime-cpu`.
    """

    name: str
    sha256: str
    threshold: float
    engine: str


@dataclass(frozen=True, slots=True)
class OpeningFacts:
    """What a case is opened with besides its place; with it, a first pack can open its case after a crash.

    Attributes:
        code: the item's code in the city's table.
        box: (x1, y1, x2, y2) in pixels of the frame.
        class_label: what it is, `StreetClass.label`.
        score: certainty in [0, 1].
        started_at: when the offence began, aware UTC.
        raised_at: when the rule raised it, aware UTC.
    """

    code: str
    box: tuple[float, float, float, float]
    class_label: str
    score: float
    started_at: datetime
    raised_at: datetime


class Why(StrEnum):
    """Why something is not known about a pack; export sheets word it by this in both languages."""

    NO_MODEL = "no_model"  # no model had a part in it
    PRESETS_NOT_READ = "presets_not_read"  # the program does not ask cameras for the preset they stand at
    ZONE_CHANGED = "zone_changed"  # the zone was changed or removed between the event and the pack
    CLOCK_NOT_SYNCHRONISED = "clock_not_synchronised"  # nothing sets this machine's clock, says its kernel
    CLOCK_NOT_TOLD = "clock_not_told"  # the system does not say how good its clock is
    NOT_TOLD = "not_told"  # whoever made the pack did not say


@dataclass(frozen=True, slots=True)
class Unknown:
    """One field of `PackFacts` that is null, and why."""

    field: str
    why: Why


MAY_BE_UNKNOWN = ("model", "machine_clock_error_s", "preset", "rule", "zone_polygon")
"""Fields of `PackFacts` that may be null; a signed manifest says why for each."""


@dataclass(frozen=True, slots=True)
class PackFacts:
    """How the files of a pack came about; written into the manifest.

    Attributes:
        event_id: the event the pack belongs to.
        kind: `parking`, `vending`, `spillover` or `flyers`.
        purpose: why it was taken.
        camera_id: the camera.
        camera_name: what the operator calls the camera.
        zone_id: the zone that was violated.
        zone_name: what the operator calls the zone.
        zone_version: the version of the zone that judged.
        t_s: stream time of the main picture, seconds.
        captured_at: wall time of the main picture, aware UTC.
        clock_error_s: bound of the error of `captured_at` against this machine's clock, seconds.
        model: what judged; None where no model had a part in it.
        reasons: the measurements that led to the event.
        incomplete: what is missing for a whole pack, as keys or sentences; empty when nothing is.
        opening: what the case is opened with; None in every pack but the first.
        machine_clock_error_s: bound of the error of this machine's clock against UTC as its kernel told it, seconds.
        preset: where the camera looked, as it calls it.
        rule: the zone's rule as it was set: its kind, limits and other thresholds.
        zone_polygon: the zone's corners as fractions of width and height.
        program: name and version of the program that wrote the pack.
        unknown: which of these are None, and why; what nobody gave a reason for is `Why.NOT_TOLD`.
        closing: what a look after dispatch came to; None, and not in the manifest, in every other pack.
    """

    event_id: str
    kind: str
    purpose: PackPurpose
    camera_id: str
    camera_name: str
    zone_id: str
    zone_name: str
    zone_version: int
    t_s: float
    captured_at: datetime
    clock_error_s: float
    model: ModelFacts | None
    reasons: tuple[Reason, ...]
    incomplete: tuple[str, ...] = ()
    opening: OpeningFacts | None = None
    machine_clock_error_s: float | None = None
    preset: str | None = None
    rule: dict[str, JsonValue] | None = None
    zone_polygon: tuple[tuple[float, float], ...] | None = None
    program: str = ""
    unknown: tuple[Unknown, ...] = ()
    closing: ClosingFacts | None = None

    def __post_init__(self) -> None:
        if self.captured_at.tzinfo is None:
            raise ValueError(f"captured_at must be an aware time, not {self.captured_at!r}")

    def explained(self) -> "PackFacts":
        """Return the same with a reason for each field that is null, and none for one that is not."""
        told = {unknown.field: unknown.why for unknown in self.unknown}
        missing = [name for name in MAY_BE_UNKNOWN if getattr(self, name) is None]
        return replace(self, unknown=tuple(Unknown(name, told.get(name, Why.NOT_TOLD)) for name in missing))


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file of a pack as the manifest names it; `taken` is None where nobody said, and in the first format."""

    name: str
    role: PartRole
    sha256: str
    size_bytes: int
    taken: Taking | None = None

    def __post_init__(self) -> None:
        _check_file_name(self.name)  # a manifest may come from anywhere


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `manifest.json` says.

    Attributes:
        case_id: the case.
        pack: number of the pack within the case, from 1.
        written_at: when it was written, aware UTC.
        previous_sha256: hash of the manifest of the pack before, empty for the first.
        files: what the pack holds besides the manifest.
        facts: how the files came about.
        signed_by: fingerprint of the key whose signature lies beside it; empty in the first format.
        format: version of this layout.
    """

    case_id: str
    pack: int
    written_at: datetime
    previous_sha256: str
    files: tuple[PackFile, ...]
    facts: PackFacts
    signed_by: str = ""
    format: PackFormat = UNSIGNED_FORMAT

    def __post_init__(self) -> None:
        if self.is_signed != bool(self.signed_by):
            raise ValueError(f"format {self.format} with signed_by {self.signed_by!r}: the two do not belong together")

    @property
    def is_signed(self) -> bool:
        """Whether a signature belongs beside it."""
        return self.format != UNSIGNED_FORMAT


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that is whole and on the medium.

    Attributes:
        folder: path relative to the evidence root, with forward slashes.
        manifest: what it says.
        manifest_sha256: hash of the manifest's bytes.
    """

    folder: str
    manifest: Manifest
    manifest_sha256: str

    @property
    def case_id(self) -> str:
        """The case it belongs to."""
        return self.manifest.case_id

    @property
    def number(self) -> int:
        """Its number within the case, from 1."""
        return self.manifest.pack

    @property
    def files(self) -> tuple[PackFile, ...]:
        """The files besides the manifest."""
        return self.manifest.files


_MANIFESTS: TypeAdapter[Manifest] = TypeAdapter(Manifest)
_SINCE_SIGNED = ("machine_clock_error_s", "preset", "rule", "zone_polygon", "program", "unknown")


def is_safe_name(name: str) -> bool:
    """Say whether a name can neither leave its folder nor upset a file system."""
    return len(name) <= MAX_NAME_LENGTH and _SAFE_NAME.fullmatch(name) is not None


def folder_name(number: int) -> str:
    """Return the name of a finished pack's folder."""
    return f"pack-{number:04d}"


def unfinished_name(number: int) -> str:
    """Return the name of a pack's folder while it is being written."""
    return f".{folder_name(number)}.writing"


def is_unfinished_name(name: str) -> bool:
    """Say whether a name is that of a pack that is being written."""
    return name.startswith(".pack-") and name.endswith(".writing")


def is_unfinished(folder: Path) -> bool:
    """Say whether a path is named like a pack that is being written."""
    return is_unfinished_name(folder.name)


def pack_number(name: str) -> int | None:
    """Return the number of the pack that a name is of, or None where it is no finished pack's name."""
    digits = name.removeprefix("pack-")
    return int(digits) if digits.isdecimal() and name == folder_name(int(digits)) else None


def number_of(folder: Path) -> int | None:
    """Return the number of the pack that a path is named for, or None where it is no finished pack's name."""
    return pack_number(folder.name)


def numbered_packs(case_folder: Path) -> list[tuple[int, Path]]:
    """Return number and folder of a case's finished packs, in the order of their numbers."""
    return sorted((number, path) for path in case_folder.iterdir() if (number := number_of(path)) is not None)


def canonical_json(manifest: Manifest) -> bytes:
    """Return the one form of a manifest, byte by byte as it is written and signed.

    Raises:
        ValueError: a number is not finite.
    """
    plain = _MANIFESTS.dump_python(manifest, mode="json")
    if manifest.facts.closing is None:  # packs that were written before there were looks stay as they are
        del plain["facts"]["closing"]
    if not manifest.is_signed:  # the first format is kept as it was written
        del plain["signed_by"]
        for name in _SINCE_SIGNED:
            del plain["facts"][name]
        for file in plain["files"]:
            del file["taken"]
    return canonical_bytes(plain)


def canonical_bytes(plain: Any) -> bytes:
    """Return the one form of something that JSON can say: sorted keys, no spaces, UTF-8.

    Raises:
        ValueError: a number is not finite.
    """
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def parse_manifest(content: bytes) -> Manifest:
    """Read what `canonical_json` wrote.

    Raises:
        ValueError: it is no manifest; the message says what is wrong with it.
    """
    try:
        return _MANIFESTS.validate_json(content)
    except ValidationError as err:
        first = err.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "manifest"
        raise ValueError(f"{where}: {first['msg']}") from None


def sha256_hex(content: bytes) -> str:
    """Return the SHA-256 as lower-case hex."""
    return hashlib.sha256(content).hexdigest()


def _check_file_name(name: str) -> None:
    if not is_safe_name(name) or name in (MANIFEST_NAME, SIGNATURE_NAME):
        raise ValueError(
            f"{name!r} is no name for an evidence file; use up to {MAX_NAME_LENGTH} ASCII letters, digits, "
            f"'.', '_' and '-', beginning with a letter or digit, and not {MANIFEST_NAME!r} or {SIGNATURE_NAME!r}"
        )
