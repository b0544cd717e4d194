"""Holds one camera: the reader of its main stream and, where it sends a smaller one, a reader of that to look at.

Evidence, clips and the live wall come from the main stream, which is then never decoded for looking: it only fills its
ring. Both streams tell wall time, so what is seen in the small one gets the stream time of the main one.

Belongs here: which stream serves whom, their common time. Does not: reading one stream (reader).
"""

from dataclasses import dataclass, replace

from streams.gears import Gear
from streams.health import CameraHealth
from streams.offers import Deliver, KeyDecoders, Offer
from streams.reader import CameraReader
from vision.frames import Frame

MIN_STEP_S = 1e-3
"""Pictures of the small stream stay in order by at least this, while both streams settle on their wall times."""


class CommonTime:
    """Moves offers of a camera's small stream onto the time line of its main stream.

    Args:
        deliver: takes the moved offers, in the small stream's thread.
    """

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._streams: tuple[CameraReader, CameraReader] | None = None
        self._last_t_s = float("-inf")

    def join(self, main: CameraReader, sub: CameraReader) -> None:
        """Say which readers these are."""
        self._streams = main, sub

    def __call__(self, offer: Offer) -> None:
        """Hand on an offer of the small stream under the main stream's time."""
        t_s = max(offer.t_s + self._shift_s(), self._last_t_s + MIN_STEP_S)
        self._last_t_s = t_s

        def moved(decoders: KeyDecoders) -> Frame | None:
            frame = offer.open(decoders)
            return None if frame is None else replace(frame, t_s=t_s)

        self._deliver(Offer(offer.camera_id, t_s, moved))

    def _shift_s(self) -> float:
        if self._streams is None:
            return 0.0
        main_s, sub_s = (reader.line_offset_s for reader in self._streams)
        return 0.0 if main_s is None or sub_s is None else main_s - sub_s


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera with its readers.

    Attributes:
        main: of the stream that evidence is taken from.
        sub: of the smaller stream that is looked at; None where the main one serves both.
    """

    main: CameraReader
    sub: CameraReader | None = None

    @property
    def readers(self) -> tuple[CameraReader, ...]:
        """All its readers."""
        return (self.main,) if self.sub is None else (self.main, self.sub)

    def want(self, consumer: str, gear: Gear) -> None:
        """Set what somebody who looks at this camera needs."""
        (self.sub or self.main).want(consumer, gear)

    def health(self) -> CameraHealth:
        """Return how the camera is doing: its main stream, and what is wrong with the other."""
        main = self.main.health()
        if self.sub is None:
            return replace(main, looked_wh=main.size_wh)
        looking = self.sub.health()
        shown = replace(
            main,
            gear=looking.gear,
            decoded=looking.decoded,
            passed_over=looking.passed_over,
            corrupt=main.corrupt + looking.corrupt,
            key_fault=looking.key_fault,
            looked_wh=looking.size_wh,
        )
        if main.state != "live" or (looking.state == "live" and not looking.problem):
            return shown
        problem = f"sub-stream: {looking.problem}" if looking.problem else ""
        return replace(
            shown,
            state=looking.state,
            since=looking.since,
            problem=problem,
            problem_code=looking.problem_code,
            next_try_at=looking.next_try_at,
        )
