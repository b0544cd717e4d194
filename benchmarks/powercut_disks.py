"""Disks that lose their power, fill up or turn read-only under a running service; needs the right to mount.

`LoopDisk` is ext4 in a file of its own. Its power is cut by ext4's shutdown request without flushing: from that moment
on nothing reaches the disk, and what was not forced to it is gone when it is mounted again, as its journal tells. It is
mounted so that nothing but fsync helps: data are not ordered before names, and renaming over a file flushes nothing.
"""

import fcntl
import json
import os
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.errors import SideFailedError
from benchmarks.powercut_service import sign_in
from benchmarks.report import CHECKOUT

EXT4_IOC_SHUTDOWN = 0x8004587D
"""`_IOR('X', 125, __u32)`, see fs/ext4/ext4.h."""

WITHOUT_FLUSH = 2
"""`EXT4_GOING_FLAGS_NOLOGFLUSH`."""

OPTIONS = "loop,data=writeback,noauto_da_alloc,commit=60"
IMAGE_BYTES = 1 << 30
WAIT_LIMIT_S = 60.0


class LoopDisk:
    """An ext4 file system in a file, mounted at a folder while the context lasts.

    Args:
        image: the file, which is made; it takes room only as far as it is filled.
        folder: where it is mounted.
    """

    def __init__(self, image: Path, folder: Path) -> None:
        self._image, self._folder = image, folder

    def __enter__(self) -> "LoopDisk":
        with self._image.open("wb") as file:
            file.truncate(IMAGE_BYTES)
        self._folder.mkdir(parents=True, exist_ok=True)
        _done("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(self._image))
        self._mount()
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", "--lazy", str(self._folder)], check=False, capture_output=True)

    def cut_power(self) -> None:
        """Let nothing reach the disk any more."""
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, EXT4_IOC_SHUTDOWN, struct.pack("I", WITHOUT_FLUSH))
        finally:
            os.close(descriptor)

    def turn_read_only(self) -> None:
        """Do what the kernel does when it meets an error: refuse to write until the disk is mounted anew."""
        _done("mount", "-o", "remount,abort", str(self._folder))

    def back(self) -> None:
        """Mount it again once nobody uses it; the journal is played."""
        _done("umount", str(self._folder))
        self._mount()

    def _mount(self) -> None:
        _done("mount", "-o", OPTIONS, str(self._image), str(self._folder))


@dataclass(frozen=True, slots=True)
class Told:
    """What the page said while nothing could be written.

    Attributes:
        held_back: steps that wait.
        problems: the sentences of the health page with their codes.
        is_worded: whether the page has words for that code in Chinese and English.
    """

    held_back: int
    problems: dict[str, str]
    is_worded: bool


class Watchman:
    """Somebody who looks at the health page."""

    def __init__(self, address: str) -> None:
        self._client = httpx.Client(base_url=address, timeout=30.0)
        sign_in(self._client)

    def close(self) -> None:
        """Leave."""
        self._client.close()

    def health(self) -> dict[str, Any]:
        """Return what the page's health shows."""
        return dict(self._client.get("/api/health").raise_for_status().json())

    def wait_until_held_back(self) -> Told:
        """Return what the page says as soon as something is held back.

        Raises:
            SideFailedError: nothing was within the limit.
        """
        for health in self._healths():
            if health["evidence_held_back"] > 0:
                problems = {str(each["code"]): str(each["message"]) for each in health["problems"]}
                return Told(int(health["evidence_held_back"]), problems, _is_worded("problem.evidence_waits"))
        raise SideFailedError("disk", f"nothing was held back within {WAIT_LIMIT_S:.0f} s")

    def wait_until_written(self) -> bool:
        """Return whether nothing is held back any more within the limit."""
        return any(health["evidence_held_back"] == 0 for health in self._healths())

    def _healths(self) -> Iterator[dict[str, Any]]:
        end_s = time.monotonic() + WAIT_LIMIT_S
        while time.monotonic() < end_s:
            yield self.health()
            time.sleep(0.25)


def contents(root: Path) -> dict[str, tuple[int, int]]:
    """Return every finished file of evidence by path, with its size and time of change."""
    found = {}
    for path in root.glob("[0-9]*/[0-9]*/[0-9]*/*/pack-*/*"):
        told = path.stat()
        found[path.relative_to(root).as_posix()] = told.st_size, told.st_mtime_ns
    return found


@contextmanager
def watching(address: str) -> Iterator[Watchman]:
    """Look at the health page for a while."""
    watchman = Watchman(address)
    try:
        yield watchman
    finally:
        watchman.close()


def _is_worded(key: str) -> bool:
    """Say whether the page's words have a key in both languages."""
    for line in (CHECKOUT / "api" / "web" / "text.js").read_text(encoding="utf-8").splitlines():
        name, _, words = line.strip().partition(": ")
        if name == json.dumps(key):
            told = json.loads(words.rstrip(","))
            return len(told) == 2 and all(told)
    return False


def _done(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=WAIT_LIMIT_S)
    except subprocess.CalledProcessError as err:
        raise SideFailedError("disk", f"{command[0]}: {err.stderr.strip()}") from None
