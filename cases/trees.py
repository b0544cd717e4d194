"""Reads evidence for checking, from a folder or out of a ZIP, trusting neither.

Nothing is ever written, no link is followed, no device or pipe is waited for, and what should be small is not read
beyond its limit.
"""

import hashlib
import os
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import BinaryIO, Protocol

from cases.disk import CHUNK_BYTES, Digest
from cases.problems import DamagedError, NotPlainError


class Kind(Enum):
    """What stands behind a name."""

    FILE = auto()
    FOLDER = auto()
    OTHER = auto()  # a link, a device, a pipe


class TooLargeError(OSError):
    """A file that should be small is not."""


class Tree(Protocol):
    """A folder of evidence, wherever it lies."""

    def kinds(self) -> dict[str, Kind]:
        """Return what lies directly in it, by name.

        Raises:
            OSError: it cannot be read.
        """
        ...

    def folder(self, name: str) -> "Tree":
        """Return a folder in it."""
        ...

    def open(self, name: str) -> BinaryIO:
        """Open a file in it for reading.

        Raises:
            OSError: it is not there or cannot be read; `NotPlainError` where it is no file.
        """
        ...


@dataclass(frozen=True, slots=True)
class DiskTree:
    """A folder on a disk."""

    path: Path

    def kinds(self) -> dict[str, Kind]:
        """See `Tree`."""
        with os.scandir(self.path) as entries:
            return {entry.name: _kind(entry) for entry in entries}

    def folder(self, name: str) -> "DiskTree":
        """See `Tree`."""
        return DiskTree(self.path / name)

    def open(self, name: str) -> BinaryIO:
        """See `Tree`."""
        path = self.path / name
        if path.is_symlink():
            raise NotPlainError(0, "a link")
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise NotPlainError(0, "no file")
        return os.fdopen(descriptor, "rb")


@dataclass(frozen=True, slots=True)
class ZipTree:
    """A folder in a ZIP; `prefix` is empty or ends with a slash."""

    archive: zipfile.ZipFile
    prefix: str = ""

    def kinds(self) -> dict[str, Kind]:
        """See `Tree`."""
        below = [name[len(self.prefix) :] for name in self.archive.namelist() if name.startswith(self.prefix)]
        return {name.split("/")[0]: Kind.FOLDER if "/" in name else Kind.FILE for name in below if name}

    def folder(self, name: str) -> "ZipTree":
        """See `Tree`."""
        return ZipTree(self.archive, f"{self.prefix}{name}/")

    def open(self, name: str) -> BinaryIO:
        """See `Tree`."""
        try:
            return self.archive.open(self.prefix + name)  # type: ignore[return-value]  # reads as one
        except KeyError:
            raise FileNotFoundError(2, "No such file in the ZIP") from None
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as err:
            raise DamagedError(0, str(err)) from None


def small_file(tree: Tree, name: str, limit_bytes: int) -> bytes:
    """Return a whole file.

    Raises:
        OSError: it cannot be read; `TooLargeError` where it is longer than the limit.
    """
    content = b"".join(_chunks(tree, name, limit_bytes))
    if len(content) > limit_bytes:
        raise TooLargeError(0, f"it is longer than {limit_bytes} bytes")
    return content


def digest_in(tree: Tree, name: str) -> Digest:
    """Return hash and length of a file.

    Raises:
        OSError: it cannot be read.
    """
    sha256, size_bytes = hashlib.sha256(), 0
    for chunk in _chunks(tree, name):
        sha256.update(chunk)
        size_bytes += len(chunk)
    return Digest(sha256.hexdigest(), size_bytes)


def _chunks(tree: Tree, name: str, limit_bytes: int | None = None) -> Iterator[bytes]:
    with tree.open(name) as file:
        try:
            if limit_bytes is not None:
                yield file.read(limit_bytes + 1)
                return
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
        except (zipfile.BadZipFile, EOFError) as err:
            raise DamagedError(0, str(err)) from None


def _kind(entry: os.DirEntry[str]) -> Kind:
    if entry.is_dir(follow_symlinks=False):
        return Kind.FOLDER
    return Kind.FILE if entry.is_file(follow_symlinks=False) else Kind.OTHER
