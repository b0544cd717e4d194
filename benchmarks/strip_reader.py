"""Reads the number in cameras' pictures now and then, so that stream time can be compared with the street's."""

from collections.abc import Callable, Sequence

from benchmarks.time_strip import read
from vision.frames import Frame

READ_EVERY_S = 5.0
"""Stream seconds after which a camera's picture is read again; stream time drifts from the camera's by nothing."""


class StripReader:
    """Looks at what goes to the model; one thread at a time.

    Args:
        saw: takes the camera, the number and the picture's stream time.
    """

    def __init__(self, saw: Callable[[str, int, float], None]) -> None:
        self._saw = saw
        self._due_s: dict[str, float] = {}

    def look(self, frames: Sequence[Frame]) -> None:
        """Read the numbers of those frames that are due."""
        for frame in frames:
            if frame.t_s >= self._due_s.get(frame.camera_id, -1.0) and (number := read(frame.luma())) is not None:
                self._due_s[frame.camera_id] = frame.t_s + READ_EVERY_S
                self._saw(frame.camera_id, number, frame.t_s)
