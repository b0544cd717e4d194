"""What stands in an exported ZIP and under which names; written by `export`, read again by `export_check`.

<case number>/sheet.html, VERIFY.txt         to read
case.json, export.json         the case with its history; who handed it out and why
evidence/pack-0001/...         the packs as they lie on the disk; in a blurred export without pictures and clips
blurred/pack-0001/...          in a blurred export: a copy of each of those, and a note of how it was made
key.pem, keys/<fingerprint>.pem   public keys: of this export, of the packs
SHA256SUMS, SHA256SUMS.sig     hash of each file above, and the signature of that list
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from cases.packs import canonical_bytes

SHEET, STEPS, CASE, EXPORT = "sheet.html", "VERIFY.txt", "case.json", "export.json"
EVIDENCE, BLURRED, KEYS, KEY = "evidence", "blurred", "keys", "key.pem"
SUMS, SIGNATURE = "SHA256SUMS", "SHA256SUMS.sig"

MAX_TEXT_BYTES = 16 << 20
"""Limit of what is read whole: the list of hashes and `export.json`."""

_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9][A-Za-z0-9._/-]*)")


@dataclass(frozen=True, slots=True)
class ExportedPack:
    """A pack of an export: its number and the hash of its manifest; `signed_by` is empty where it was never signed."""

    pack: int
    manifest_sha256: str
    previous_sha256: str
    signed_by: str


@dataclass(frozen=True, slots=True)
class ExportNote:
    """What `export.json` says.

    Attributes:
        case_id, number: the case.
        exported_at: when, aware; its own clock stands in the ZIP's directory too.
        actor, reason: who and why.
        packs: in their order.
        signed_by: fingerprint of the key that signed the list of hashes.
        program: name and version of what wrote it.
        is_blurred: whether blurred copies stand for the pictures and clips.
        is_released: whether a named reviewer has marked the case fit for penal use; a lead only (线索) otherwise.
        format: version of this layout; the first one knows neither of the two.
    """

    case_id: str
    number: str
    exported_at: datetime
    actor: str
    reason: str
    packs: tuple[ExportedPack, ...]
    signed_by: str
    program: str
    is_blurred: bool = False
    is_released: bool = False
    format: Literal["streetwarden-export/1", "streetwarden-export/2"] = "streetwarden-export/2"


_NOTES: TypeAdapter[ExportNote] = TypeAdapter(ExportNote)


def note_bytes(note: ExportNote) -> bytes:
    """Return the one form of `export.json`."""
    plain = _NOTES.dump_python(note, mode="json")
    if note.format == "streetwarden-export/1":
        del plain["is_released"]
    return canonical_bytes(plain)


def parse_note(content: bytes) -> ExportNote:
    """Read what `note_bytes` wrote.

    Raises:
        ValueError: it is none.
    """
    try:
        return _NOTES.validate_json(content)
    except ValidationError as err:
        raise ValueError(err.errors(include_url=False, include_input=False)[0]["msg"]) from None


def sums_line(sha256: str, name: str) -> str:
    """Return the line of a file as `sha256sum` writes it."""
    return f"{sha256}  {name}\n"


def parse_sums_line(line: str) -> tuple[str, str] | None:
    """Return hash and name of a line, or None where it is none that we write."""
    found = _LINE.fullmatch(line)
    return (found[1], found[2]) if found else None
