"""The folder of recordings: one folder a camera, in it one file for about an hour of observations.

    data/recordings/<camera>/20261129T130000Z.obs.gz     named by the wall time of the first observation

Belongs here: names, what is there, what goes. Does not: what is in a file (vision.recording), writing (recorder).
"""

import logging
from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cases.disk import Disk

logger = logging.getLogger(__name__)

SUFFIX = ".obs.gz"

_NAME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Recording:
    """One file.

    Attributes:
        path: where it lies.
        begins_at: wall time of its first observation, to the second; aware UTC.
        ends_at: when it was last written.
        size_bytes: how large it is now; one that is being written grows.
    """

    path: Path
    begins_at: datetime
    ends_at: datetime
    size_bytes: int


class RecordingFolder:
    """All recordings of an installation; any thread may read, one writes."""

    def __init__(self, root: Path) -> None:
        """Use `root`, which need not be there."""
        self.root = root

    def new_path(self, camera_id: str, begins_at: datetime) -> Path:
        """Return the path of a new file, whose folder is made.

        Raises:
            OSError: the folder cannot be made.
        """
        folder = self.root / camera_id
        Disk().make_folder(folder)
        at = begins_at.astimezone(UTC)
        while (path := folder / f"{at:{_NAME}}{SUFFIX}").exists():
            at += timedelta(seconds=1)  # the wall clock was set back, or zones were saved twice in a second
        return path

    def of_camera(self, camera_id: str) -> tuple[Recording, ...]:
        """Return a camera's recordings, the oldest first; foreign files are left out."""
        found = (_recording(path) for path in sorted((self.root / camera_id).glob(f"*{SUFFIX}")))
        return tuple(recording for recording in found if recording is not None)

    def between(self, camera_id: str, from_at: datetime, to_at: datetime) -> tuple[Recording, ...]:
        """Return a camera's recordings that hold anything of a span, the oldest first."""
        return tuple(r for r in self.of_camera(camera_id) if r.begins_at < to_at and r.ends_at > from_at)

    def all(self) -> tuple[Recording, ...]:
        """Return the recordings of all cameras, the oldest first."""
        cameras = [folder.name for folder in self.root.glob("*") if folder.is_dir()]
        return tuple(sorted((r for name in cameras for r in self.of_camera(name)), key=lambda r: r.begins_at))

    def prune(self, before: datetime, most_bytes: int, writing: Set[Path] = frozenset()) -> int:
        """Remove what began before a moment, and then the oldest until the rest is small enough; return how many.

        Raises:
            OSError: a file cannot be removed.
        """
        recordings = self.all()
        total_bytes = sum(recording.size_bytes for recording in recordings)
        removed = 0
        for recording in recordings:
            if recording.path in writing:
                continue
            if recording.begins_at >= before and total_bytes <= most_bytes:
                break
            recording.path.unlink(missing_ok=True)
            total_bytes -= recording.size_bytes
            removed += 1
        return removed

    def remove(self, camera_id: str) -> None:
        """Remove all recordings of a camera."""
        Disk().remove_tree(self.root / camera_id)


def _recording(path: Path) -> Recording | None:
    try:
        begins_at = datetime.strptime(path.name.removesuffix(SUFFIX), _NAME).replace(tzinfo=UTC)
        facts = path.stat()
    except (ValueError, OSError):  # foreign, or just removed
        return None
    written_at = datetime.fromtimestamp(facts.st_mtime, UTC)
    return Recording(path, begins_at, max(begins_at, written_at), facts.st_size)
