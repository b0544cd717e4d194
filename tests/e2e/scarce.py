"""Takes room and permission away from a running service, by the operating system's own means."""

import errno
import functools
import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

DISK_SIZE = "16m"
BALLAST_STEP_BYTES = 1 << 16


class Room(Protocol):
    """Where a service keeps its data, to be used up and given back."""

    sentence: str

    def start_without(self) -> Sequence[str]:
        """Leave no byte to a process yet to be started; returns what goes before its command."""
        ...

    def use_up(self, pid: int) -> None:
        """Leave no byte to the process of that id."""
        ...

    def give_back(self, pid: int) -> None:
        """Make room again."""
        ...


class SmallDisk:
    """A file system of a few megabytes, mounted at a folder."""

    sentence = "disk is full; make room"

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    def start_without(self) -> Sequence[str]:
        """Fill the disk; a command needs nothing before it."""
        self.use_up(0)
        return ()

    def use_up(self, pid: int) -> None:
        """Write until the disk takes no more."""
        step = BALLAST_STEP_BYTES
        with self._ballast.open("ab", buffering=0) as file:
            while step:
                try:
                    file.write(bytes(step))
                except OSError as err:
                    if err.errno != errno.ENOSPC:
                        raise
                    step //= 2

    def give_back(self, pid: int) -> None:
        """Remove what was written."""
        self._ballast.unlink()


class FileSizeLimit:
    """A limit on the length of files, which any process may set for its children: every write beyond 0 bytes fails."""

    sentence = "files may not grow further"

    def start_without(self) -> Sequence[str]:
        """Return the command that starts another under the limit."""
        return ("prlimit", "--fsize=0", "--")

    def use_up(self, pid: int) -> None:
        """Set the limit to nothing."""
        self._hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, self._hard))

    def give_back(self, pid: int) -> None:
        """Take the limit away."""
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (self._hard, self._hard))


@contextmanager
def scarce_room(folder: Path) -> Iterator[Room]:
    """Yield a small disk at `folder` where one may be mounted, else a limit on files."""
    folder.mkdir(parents=True)
    if not may_mount():
        yield FileSizeLimit()
        return
    with mounted(folder, "tmpfs", f"size={DISK_SIZE}"):
        yield SmallDisk(folder)


@contextmanager
def mounted(folder: Path, kind: str, options: str) -> Iterator[None]:
    """Mount a new file system at a folder for a while."""
    subprocess.run(["mount", "-t", kind, "-o", options, kind, str(folder)], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)


@functools.cache
def may_mount() -> bool:
    """Return whether this account may mount file systems here."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        return False
    with tempfile.TemporaryDirectory() as folder:
        try:
            with mounted(Path(folder), "tmpfs", "size=64k"):
                return True
        except subprocess.CalledProcessError:
            return False


def bound_by_permissions() -> Sequence[str]:
    """Return what goes before a command so that file permissions bind it, even where root types it."""
    if os.geteuid() != 0:
        return ()
    bare = "-dac_override,-dac_read_search"
    return ("setpriv", f"--bounding-set={bare}", "--inh-caps=-all", "--")


@contextmanager
def without_permission(*folders: Path) -> Iterator[None]:
    """Take the permission to write in folders away from their owner for a while."""
    for folder in folders:
        folder.chmod(0o500)
    try:
        yield
    finally:
        for folder in folders:
            folder.chmod(0o750)
