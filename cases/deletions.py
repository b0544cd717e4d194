"""The record of files that a rule of retention deleted: which hashes, when, by which rule; part of the case's chain.

It is written as a pack of its own, signed like every pack, before the first file goes. So `verify` tells a file that
was deleted by rule from one that is missing, and nobody can call a loss a deletion later without the signing key.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from cases.packs import canonical_bytes

DELETION_NAME = "deletion.json"
"""Name of the record in its pack."""


@dataclass(frozen=True, slots=True)
class DeletedFile:
    """A file that is deleted: number of its pack, name, what it was, hash and length."""

    pack: int
    name: str
    role: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class DeletionRecord:
    """What `deletion.json` says.

    Attributes:
        case_id: the case.
        ordered_at: when it was decided, aware UTC.
        rule: which rule of retention, a value of `cases.retention.Rule`.
        days: how many days the rule keeps such evidence.
        since: from when the days were counted, aware UTC.
        files: what is deleted.
        program: name and version of what deletes.
        format: version of this layout.
    """

    case_id: str
    ordered_at: datetime
    rule: str
    days: int
    since: datetime
    files: tuple[DeletedFile, ...]
    program: str
    format: Literal["streetwarden-deletion/1"] = "streetwarden-deletion/1"


_RECORDS: TypeAdapter[DeletionRecord] = TypeAdapter(DeletionRecord)


def deletion_bytes(record: DeletionRecord) -> bytes:
    """Return the one form of a record."""
    return canonical_bytes(_RECORDS.dump_python(record, mode="json"))


def parse_deletion(content: bytes) -> DeletionRecord:
    """Read what `deletion_bytes` wrote.

    Raises:
        ValueError: it is none.
    """
    try:
        return _RECORDS.validate_json(content)
    except ValidationError as err:
        raise ValueError(err.errors(include_url=False, include_input=False)[0]["msg"]) from None
