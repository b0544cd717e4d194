"""Lays out a ZIP in the one plainest way, so that the same files always give the same bytes.

Files are stored, not squeezed (pictures and clips would not shrink), one after the other, with one time for all and
without extra fields, comments or gaps. So a reader can say of every byte of such a ZIP what it must be: nothing can
hide in it.

Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (end of it).
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

MAX_ZIP_BYTES = 2**32 - 1
MAX_ENTRIES = 2**16 - 1
"""Beyond either a ZIP needs a layout that not every program reads."""

VERSION = 20
"""2.0: the oldest version that knows folders in names."""

MADE_BY_UNIX = 3 << 8 | VERSION
UTF8_NAMES = 1 << 11
STORED = 0
MODE = 0o100644 << 16
"""A plain file that everybody may read."""

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")

Moment = tuple[int, int]
"""Time and date as MS-DOS counts them, in steps of two seconds."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file as the ZIP's headers tell of it: name with forward slashes, checksum and length."""

    name: str
    crc32: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes that are not a file's own, and where they lie."""

    offset: int
    content: bytes


def moment(at: datetime) -> Moment:
    """Return an aware time as a ZIP keeps it; it knows no zone, so the clock that is shown counts."""
    year = min(max(at.year, 1980), 2107)
    return at.hour << 11 | at.minute << 5 | at.second // 2, (year - 1980) << 9 | at.month << 5 | at.day


def zip_size(entries: Sequence[Entry]) -> int:
    """Return how long a ZIP of these files is.

    Raises:
        ValueError: it would be too large.
    """
    names = sum(len(entry.name.encode()) for entry in entries)
    headers = (_LOCAL.size + _CENTRAL.size) * len(entries) + 2 * names + _END.size
    size_bytes = headers + sum(entry.size_bytes for entry in entries)
    if size_bytes > MAX_ZIP_BYTES or len(entries) > MAX_ENTRIES:
        raise ValueError(
            f"{len(entries)} files of {size_bytes} bytes do not fit into a plain ZIP (4 GiB, 65,535 files)"
        )
    return size_bytes


def pieces(entries: Sequence[Entry], at: Moment) -> Iterator[Piece]:
    """Yield all that stands between the files, in order: after the piece of a file come its own bytes.

    The last piece is the directory.

    Raises:
        ValueError: it would be too large.
    """
    zip_size(entries)
    offset, central = 0, []
    for entry in entries:
        name = entry.name.encode()
        told = (VERSION, UTF8_NAMES, STORED, *at, entry.crc32, entry.size_bytes, entry.size_bytes, len(name), 0)
        yield Piece(offset, _LOCAL.pack(b"PK\3\4", *told) + name)
        central.append(_CENTRAL.pack(b"PK\1\2", MADE_BY_UNIX, *told, 0, 0, 0, MODE, offset) + name)
        offset += _LOCAL.size + len(name) + entry.size_bytes
    directory = b"".join(central)
    count = len(entries)
    yield Piece(offset, directory + _END.pack(b"PK\5\6", 0, 0, count, count, len(directory), offset, 0))
