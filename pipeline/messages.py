"""What the hub carries from the threads to whoever watches: boxes, cases, cameras, horns.

All are frozen; `api` turns them into JSON. `kind` tells them apart on the wire.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class BoxRow:
    """One thing to be drawn on the picture.

    Attributes:
        box: (x1, y1, x2, y2) as fractions of the picture, so that any size of it can be drawn on.
        label: class name, lower case English; the kind of the offence for one that is no thing, such as a flyer.
        score: in [0, 1].
        track_id: of a moving thing, else None.
        place_id: of a standing thing, else None; a flyer has neither.
        dwell_s: seconds at rest, 0 for a moving thing.
        is_offence: an event that was raised stands on it.
        is_hidden: it was not seen at this look, as something stands before it or the model missed it.
    """

    box: tuple[float, float, float, float]
    label: str
    score: float
    track_id: int | None
    place_id: int | None
    dwell_s: float
    is_offence: bool
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class BoxesMessage:
    """What was seen of one camera at one moment; sent once per look.

    `view` is the view that it looked at, of a camera that has several; None while it looks at none, or has one.
    """

    camera_id: str
    t_s: float
    captured_at: datetime
    rows: tuple[BoxRow, ...]
    view: str | None = None
    kind: Literal["boxes"] = "boxes"


@dataclass(frozen=True, slots=True)
class CaseMessage:
    """A case appeared or changed.

    Attributes:
        case_id: the case.
        number: its number as people say it.
        camera_id: the camera that saw it.
        offence: kind of the rule, a key of `detectors.catalog.RULES`.
        state: the state it is in now.
        change: what happened: `opened`, `evidence`, `warning`, `state`, `ended`.
        at: wall time, aware UTC.
    """

    case_id: str
    number: str
    camera_id: str
    offence: str
    state: str
    change: str
    at: datetime
    kind: Literal["case"] = "case"


@dataclass(frozen=True, slots=True)
class CameraMessage:
    """A camera's state changed, or a camera was added or removed (state `removed`).

    `problem` is a sentence; `problem_code` says its kind, for a page that words it in another language.
    """

    camera_id: str
    state: str
    problem: str
    problem_code: str = ""
    kind: Literal["camera"] = "camera"


@dataclass(frozen=True, slots=True)
class HornMessage:
    """A horn began or ended to speak, or failed; `state` as in `HornView`."""

    horn_id: str
    state: str
    detail: str
    kind: Literal["horn"] = "horn"


Message: TypeAlias = BoxesMessage | CaseMessage | CameraMessage | HornMessage
