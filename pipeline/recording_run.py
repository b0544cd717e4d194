"""Records a film or a stream without the service: observations of one camera into one file.

The looks are those of the service. Where no zone says how closely to look, everything is looked at steadily and by the
model, so that any zone on the ground can be tried later.
"""

import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cases.disk import way_out
from detectors.catalog import ZoneSettings
from pipeline.checkpoints import CheckpointFolder
from pipeline.errors import PipelineError
from pipeline.inference import Looker
from pipeline.open_watch import Views, Watch
from pipeline.recorded_start import start_of
from pipeline.shard import Shard, ShardListeners
from pipeline.watch import CameraWatch
from streams.opening import Openers
from streams.recorded import Recorded
from streams.settings import StreamSettings
from vision.observations import Observation
from vision.recording import ObservationWriter

LOOK_S = 0.5
"""How often it is looked whether a stream has ended."""

OVER = frozenset({"refused", "stopped"})
"""States in which a camera sends nothing any more."""


@dataclass(frozen=True, slots=True)
class RecordedCamera:
    """A stream to record, as in `Shard.add`."""

    camera_id: str
    url: str
    zones: Sequence[ZoneSettings] = ()
    stream: StreamSettings = field(default_factory=StreamSettings)
    sub_url: str = ""
    views: Views = field(default_factory=Views)


class OneFile:
    """Keeps what one watch sees in one file; `begins` and `saw` are called by the shard.

    Attributes:
        count: observations so far.
        first_s: monotonic seconds of the first one; None before.
        problem: why no more is kept; empty while all is well.
        failed: set once that is so.
    """

    def __init__(self, path: Path) -> None:
        self.count = 0
        self.first_s: float | None = None
        self.problem = ""
        self.failed = threading.Event()
        self._path = path
        self._writer: ObservationWriter | None = None

    def begins(self, watch: Watch) -> None:
        """Make the file.

        Raises:
            OSError: it cannot be made.
        """
        if self._writer is None and isinstance(watch, CameraWatch):
            self._writer = ObservationWriter(self._path, start_of(watch))

    def saw(self, watch: Watch, observation: Observation) -> None:
        """Keep an observation."""
        if self._writer is None or self.failed.is_set():
            return
        try:
            self._writer.write(observation)
        except OSError as err:
            self.problem = f"recording {self._path} cannot be written: {way_out(err)}"
            self.failed.set()
            return
        self.first_s = time.monotonic() if self.first_s is None else self.first_s
        self.count += 1

    def ends(self, camera_id: str) -> None:
        """Do nothing; one file has one camera."""

    def close(self) -> None:
        """Finish the file, or remove it where nothing was seen.

        Raises:
            OSError: its end cannot be written.
        """
        if self._writer is not None:
            self._writer.close()
            if self.count == 0:
                self._path.unlink()


def record_film(
    recorded: Recorded, zones: Sequence[ZoneSettings], looker: Looker, path: Path, *, look_hz: float
) -> Generator[float, None, None]:
    """Record a film as fast as it decodes; yields the stream time of each look. A consumer may stop at any.

    Raises:
        StreamError: not one frame can be decoded.
        OSError: the recording cannot be written.
    """
    watch = CameraWatch(recorded.camera_id, zones)
    with ObservationWriter(path, start_of(watch)) as writer:
        for frame in recorded:
            if watch.is_due(frame.t_s, max(look_hz, watch.pace().look_hz)):
                writer.write(watch.look(frame, looker.detect([frame])[0]).observation)
                yield frame.t_s


def record_stream(
    camera: RecordedCamera,
    looker: Looker,
    openers: Openers,
    file: OneFile,
    folder: Path,
    *,
    seconds: float | None = None,
    tell: Callable[[int], None] = lambda _count: None,
) -> None:
    """Record a stream until the seconds since its first picture are over, it ends, or the caller is interrupted.

    Args:
        camera: what to record.
        looker: finds things in frames.
        openers: of URLs.
        file: keeps what is seen; the caller closes it.
        folder: an empty one for what the watch keeps meanwhile.
        seconds: how long; None for no end.
        tell: called now and then with the number of observations.

    Raises:
        PipelineError: the camera showed nothing, or the file cannot be written.
        ValueError: the URL cannot be a camera.
    """
    listeners = ShardListeners(on_event=lambda _: None, on_boxes=lambda _: None)
    shard = Shard("record", looker, openers, CheckpointFolder(folder), listeners, recorder=file)
    shard.start()
    try:
        shard.add(
            camera.camera_id,
            camera.url,
            camera.stream,
            camera.zones,
            sub_url=camera.sub_url,
            views=camera.views,
        )
        if not camera.zones:
            shard.count_viewer(camera.camera_id, +1)
        begun_s = time.monotonic()
        while not file.failed.wait(LOOK_S):
            tell(file.count)
            first_s = begun_s if file.first_s is None else file.first_s
            [health] = shard.health()
            if health.state in OVER or (seconds is not None and time.monotonic() - first_s >= seconds):
                break
        [health] = shard.health()
    finally:
        shard.stop()
    if file.problem:
        raise PipelineError(file.problem)
    if file.count == 0:
        raise PipelineError(f"camera {camera.camera_id} showed nothing: {health.problem or 'no picture came'}")
