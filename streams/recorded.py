"""Reads a recorded file as frames, as fast as it decodes; for replaying, labelling and measuring, never for cameras."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

import av

from streams.container import lacking_s
from streams.decoding import planes_of
from streams.errors import NotMediaError
from streams.opening import open_file
from streams.settings import StreamSettings
from vision.arrays import SizeWH
from vision.frames import Frame

UNKNOWN_START = datetime(1970, 1, 1, tzinfo=UTC)
"""Wall time of the first frame where nobody says when the file was recorded; plainly no real time."""

MAY_LACK_S = 2.0
"""A file may be this much shorter than it declares: containers round, and the last frame lasts."""


class Recorded:
    """The frames of one file; a context manager and an iterator, to be used once by one thread.

    Attributes:
        camera_id: the name that frames carry.
        duration_s: as the file declares it, None where it does not.
        size_wh: size of its pictures as the file declares it.
        problem: why reading ended before the end of the file; empty while all is well.
    """

    def __init__(self, path: Path, camera_id: str, *, begins_at: datetime = UNKNOWN_START) -> None:
        """Open the file.

        Args:
            path: any file that libav reads.
            camera_id: the name that frames carry.
            begins_at: wall time of the first frame, aware.

        Raises:
            StreamError: missing, no video, or not readable.
        """
        self.camera_id = camera_id
        self._begins_at = begins_at
        self._path = path
        self._container = open_file(str(path), StreamSettings())
        self.duration_s = self._container.duration / av.time_base if self._container.duration else None
        video = self._container.streams.video[0]
        self.size_wh: SizeWH = (video.width, video.height)
        self.problem = ""

    def __enter__(self) -> "Recorded":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    def __iter__(self) -> Iterator[Frame]:
        """Yield every frame; `t_s` begins at 0.0 and never runs backwards.

        Raises:
            NotMediaError: not one frame can be decoded.
        """
        first_pts_s: float | None = None
        t_s = 0.0
        seq = 0
        stream = self._container.streams.video[0]
        stream.thread_type = "AUTO"
        try:
            for picture in self._container.decode(stream):
                pts_s = float(picture.pts * stream.time_base) if picture.pts is not None and stream.time_base else None
                if first_pts_s is None:
                    first_pts_s = pts_s
                if pts_s is not None and first_pts_s is not None:
                    t_s = max(t_s, pts_s - first_pts_s)
                at = self._begins_at + timedelta(seconds=t_s)
                yield Frame(self.camera_id, seq, t_s, at, 0.0, planes_of(picture))
                seq += 1
        except av.FFmpegError as err:
            self.problem = f"{self._path} is damaged after {t_s:.1f} s ({err.strerror}); only the part before was read"
        declared_s = max(self.duration_s or 0.0, t_s + lacking_s(stream, seq))
        if not self.problem and declared_s - t_s > MAY_LACK_S:
            self.problem = f"{self._path} ends after {t_s:.1f} s of {declared_s:.1f} s; it is truncated"
        if seq == 0:
            raise NotMediaError(f"{self._path} holds no picture that can be decoded; it may be truncated")
