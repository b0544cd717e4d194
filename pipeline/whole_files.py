"""Writes small files so that a crash or a power cut leaves the old one or the new one, never a torn one."""

import os
from pathlib import Path

from cases.disk import Disk


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in place of an older one, readable by its owner only; content and name are on the medium at the end.

    One thread at a time may write a path.

    Raises:
        OSError: the disk is full or read-only; the older file stays.
    """
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    Disk().sync_folder(path.parent)
