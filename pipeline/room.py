"""Tells how much room is left on the disk of the data folder, and when that is a problem."""

import shutil
from pathlib import Path

from pipeline.views import SystemProblem

LOW_DISK_BYTES = 500 * 2**20
"""Below this the page says that evidence will soon not fit: about an hour of cases of a busy city."""


def free_bytes(folder: Path) -> int:
    """Return the bytes that are free where a folder lies.

    Raises:
        OSError: the folder is not there.
    """
    return shutil.disk_usage(folder).free


def low_disk(folder: Path, free: int) -> tuple[SystemProblem, ...]:
    """Return the problem that evidence will soon not fit, where that is so."""
    if free >= LOW_DISK_BYTES:
        return ()
    sentence = f"only {free // 2**20} MiB are free in {folder}: evidence will soon not fit"
    return (SystemProblem("low_disk", sentence, {"free_mib": free // 2**20}),)
