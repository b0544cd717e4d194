"""What an evidence pack holds and how its manifest is written: canonical JSON, so that equal facts give equal bytes.

A pack is a folder of files that were taken for one purpose at one moment, with a `manifest.json` that names each
file with its SHA-256 and the hash of the previous pack's manifest. Packs of a case thereby form a chain.

Belongs here: the records and their JSON. Does not: writing files (evidence), rows (store).
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from detectors.events import Reason

MANIFEST_NAME = "manifest.json"
MAX_NAME_LENGTH = 96

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class PackPurpose(StrEnum):
    """Why a pack was taken."""

    OPENING = "opening"  # when the rule raised the case: first panorama, close-up
    PERSISTENCE = "persistence"  # the second panorama, at least 10 s later
    CLIP = "clip"  # the moving picture around the moment
    AFTER_WARNING = "after_warning"  # how the place looked after a warning
    CLOSING = "closing"  # how it looked when the case was closed
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
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Part:
    """One file to be put into a pack.

    Attributes:
        name: file name, ASCII letters, digits, `.`, `_`, `-`; unique within the pack.
        data: the bytes, or the path of a file that is copied (the original is left alone).
        role: what it shows.
    """

    name: str
    data: bytes | Path
    role: PartRole = PartRole.OTHER

    def __post_init__(self) -> None:
        if not is_safe_name(self.name) or self.name == MANIFEST_NAME:
            raise ValueError(
                f"{self.name!r} is no name for an evidence file; use up to {MAX_NAME_LENGTH} ASCII letters, digits, "
                f"'.', '_' and '-', beginning with a letter or digit, and not {MANIFEST_NAME!r}"
            )


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


@dataclass(frozen=True, slots=True)
class PackFacts:
    """How the files of a pack came about; written into the manifest.

    Attributes:
        event_id: the event the pack belongs to.
        kind: `parking`, `vending` or `flyers`.
        purpose: why it was taken.
        camera_id: the camera.
        camera_name: what the operator calls the camera.
        zone_id: the zone that was violated.
        zone_name: what the operator calls the zone.
        zone_version: the version of the zone that judged.
        t_s: stream time of the main picture, seconds.
        captured_at: wall time of the main picture, aware UTC.
        clock_error_s: bound of the error of `captured_at`, seconds.
        model: what judged; None where no model had a part in it.
        reasons: the measurements that led to the event.
        incomplete: what is missing for a whole pack, as keys or sentences; empty when nothing is.
        opening: what the case is opened with; None in every pack but the first.
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

    def __post_init__(self) -> None:
        if self.captured_at.tzinfo is None:
            raise ValueError(f"captured_at must be an aware time, not {self.captured_at!r}")


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file of a pack as the manifest names it."""

    name: str
    role: PartRole
    sha256: str
    size_bytes: int


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
        format: version of this layout.
    """

    case_id: str
    pack: int
    written_at: datetime
    previous_sha256: str
    files: tuple[PackFile, ...]
    facts: PackFacts
    format: Literal["streetwarden-pack/1"] = "streetwarden-pack/1"


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


def is_safe_name(name: str) -> bool:
    """Say whether a name can neither leave its folder nor upset a file system."""
    return len(name) <= MAX_NAME_LENGTH and _SAFE_NAME.fullmatch(name) is not None


def folder_name(number: int) -> str:
    """Return the name of a finished pack's folder."""
    return f"pack-{number:04d}"


def unfinished_name(number: int) -> str:
    """Return the name of a pack's folder while it is being written."""
    return f".{folder_name(number)}.writing"


def is_unfinished(folder: Path) -> bool:
    """Say whether a path is named like a pack that is being written."""
    return folder.name.startswith(".pack-") and folder.name.endswith(".writing")


def number_of(folder: Path) -> int | None:
    """Return the number of the pack that a path is named for, or None where it is no finished pack's name."""
    digits = folder.name.removeprefix("pack-")
    return int(digits) if digits.isdecimal() and folder.name == folder_name(int(digits)) else None


def numbered_packs(case_folder: Path) -> list[tuple[int, Path]]:
    """Return number and folder of a case's finished packs, in the order of their numbers."""
    return sorted((number, path) for path in case_folder.iterdir() if (number := number_of(path)) is not None)


def canonical_json(manifest: Manifest) -> bytes:
    """Return the one form of a manifest: sorted keys, no spaces, UTF-8.

    Raises:
        ValueError: a number is not finite.
    """
    plain = _MANIFESTS.dump_python(manifest, mode="json")
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
