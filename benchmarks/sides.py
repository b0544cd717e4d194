"""Says what a side of a comparison is: a way to pull cameras and look at them, whose counts can be read at any moment.

Every side gets the same URLs, the same model file in the same engine, and a look rate. Sides run one at a time in a
process of their own (side_worker), so that none pays for another's libraries.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

SideName = Literal["ours", "load_streams", "load_streams_paced", "opencv", "opencv_paced"]

SIDES: tuple[SideName, ...] = ("ours", "load_streams", "load_streams_paced", "opencv", "opencv_paced")
"""All sides; `_paced` ones look at a steady rate that would serve the rules, the others as their users run them."""


class SideSettings(BaseModel):
    """What a side's process is told.

    Attributes:
        side: which one.
        urls: one per camera.
        card: the model's card.
        weights_folder: where the card's weights lie; the card's own folder if empty.
        engine: a name of `models.choice.ENGINE_NAMES`, the same for all sides.
        cache_dir: scratch folder.
        look_hz: looks a second and camera of the paced peers; ours follows its rules, unpaced peers look all they can.
        source_fps: frame rate of the cameras, from which the paced peers' stride follows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    side: SideName
    urls: tuple[str, ...]
    card: str
    weights_folder: str = ""
    engine: str
    cache_dir: str
    look_hz: float
    source_fps: float

    @property
    def stride(self) -> int:
        """Of so many frames a peer keeps one."""
        return max(1, round(self.source_fps / self.look_hz)) if self.side.endswith("_paced") else 1


class CameraCounts(BaseModel):
    """What became of one camera's pictures since its side began.

    `decoded == looked + sum(dropped) + waiting` holds exactly; `delivered == passed_over + decoded` up to a picture
    in flight.

    Attributes:
        delivered: encoded pictures that reached the side: packets read (ours), pictures grabbed (peers).
        passed_over: of these, kept as packets and never turned into a frame; 0 for peers.
        decoded: frames that stood ready to be looked at.
        looked: frames that were looked at.
        inferred: of these, frames that went through the model; the others were glances (ours only).
        dropped: frames that were not looked at, by cause.
        waiting: frames that wait for their look, or are in the model at this moment.
        reconnects: connections after the first.
        kept_bytes: encoded bytes kept for looking back; 0 for peers.
        wanted_hz: looks a second that the rules want at present; 0 for peers, which have no rules.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    delivered: int
    passed_over: int
    decoded: int
    looked: int
    inferred: int
    dropped: Mapping[str, int]
    waiting: int
    reconnects: int = 0
    kept_bytes: int = 0
    wanted_hz: float = 0.0

    @property
    def unaccounted(self) -> int:
        """Decoded frames of which nobody knows what became; 0 where the books are right."""
        return self.decoded - self.looked - sum(self.dropped.values()) - self.waiting


class Side(Protocol):
    """A running side; its methods are called from the process's main thread."""

    def start(self) -> None:
        """Connect to all cameras and begin to look."""
        ...

    def counts(self) -> Sequence[CameraCounts]:
        """Return every camera's counts, in the order of the URLs."""
        ...

    def problem(self) -> str:
        """Return what keeps the side from looking, or an empty string."""
        ...

    def stop(self) -> None:
        """End all threads."""
        ...
