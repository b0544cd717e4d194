"""The few things evidence does to a disk, each of which survives a power cut once it returns.

`Disk` is the seam at which tests make a disk full, slow or dead; nothing else in this package writes evidence files.
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

CHUNK_BYTES = 1 << 20
"""How much of a clip is in memory at a time while it is copied and hashed."""

FOLDER_MODE = 0o750
"""Evidence is for the service and its group, not for everybody on the machine."""

_WAYS_OUT = {
    errno.ENOSPC: "the disk is full; make room there",
    errno.EDQUOT: "the disk quota is used up; raise it or make room there",
    errno.EFBIG: "files may not grow further; raise the service's limit on file sizes (ulimit -f)",
    errno.EROFS: "the disk is read-only; mount it writable",
    errno.EACCES: "there is no permission to write; give it to the account that runs the service",
    errno.EPERM: "there is no permission to write; give it to the account that runs the service",
    errno.ENOTDIR: "a part of its path is a file, not a folder; move that file away",
    errno.EEXIST: "a file of that name is there already; move it away",
    errno.EIO: "Input/output error; look at the health of the disk",
}


@dataclass(frozen=True, slots=True)
class Digest:
    """What a file holds: SHA-256 as lower-case hex and the length in bytes."""

    sha256: str
    size_bytes: int


class Disk:
    """Writes files and folders so that they are on the medium when a method returns. Any thread may call it."""

    def make_folder(self, path: Path) -> None:
        """Create a folder and its missing parents, each made durable in its own parent.

        One that is there already is taken to be durable; see `sync_chain` for those that a crash may have left.

        Raises:
            OSError: as from `os.mkdir`; `NotADirectoryError` where a part of the way to it is a file.
        """
        if path.is_dir():
            return
        try:
            self.make_folder(path.parent)
        except FileExistsError:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path)) from None
        path.mkdir(mode=FOLDER_MODE, exist_ok=True)
        self.sync_folder(path.parent)

    def write(self, path: Path, chunks: Iterable[bytes]) -> Digest:
        """Write a new file and force it to the medium.

        Raises:
            OSError: as from `open`, `write` and `fsync`; `FileExistsError` when the file is there already.
        """
        sha256, size_bytes = hashlib.sha256(), 0
        with path.open("xb") as file:
            for chunk in chunks:
                file.write(chunk)
                sha256.update(chunk)
                size_bytes += len(chunk)
            file.flush()
            self.sync(file.fileno())
        return Digest(sha256.hexdigest(), size_bytes)

    def sync(self, descriptor: int) -> None:
        """Force what was written to an open file or folder to the medium."""
        os.fsync(descriptor)

    def sync_folder(self, path: Path) -> None:
        """Force a folder's names to the medium."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.sync(descriptor)
        finally:
            os.close(descriptor)

    def sync_chain(self, path: Path, root: Path) -> None:
        """Force the names on the way from a root down to what lies in a folder to the medium."""
        for folder in (path, *path.parents):
            self.sync_folder(folder)
            if folder == root:
                return

    def rename(self, old: Path, new: Path) -> None:
        """Give a file or folder its final name and make the name durable; `new` must not be there yet."""
        old.rename(new)
        self.sync_folder(new.parent)
        if new.parent != old.parent:
            self.sync_folder(old.parent)

    def remove_tree(self, path: Path) -> None:
        """Remove a folder with all it holds; one that is not there is fine."""
        shutil.rmtree(path, ignore_errors=True)


def way_out(err: OSError) -> str:
    """Return what a refusal to write means and what mends it, without the path."""
    return _WAYS_OUT.get(err.errno or 0, err.strerror or type(err).__name__)


def read_chunks(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes in pieces of at most `CHUNK_BYTES`."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def digest_of(path: Path) -> Digest:
    """Return hash and length of a file.

    Raises:
        OSError: the file cannot be read.
    """
    sha256, size_bytes = hashlib.sha256(), 0
    for chunk in read_chunks(path):
        sha256.update(chunk)
        size_bytes += len(chunk)
    return Digest(sha256.hexdigest(), size_bytes)
