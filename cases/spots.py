"""Where a case is, as it is kept with the case: position, grids, district, address, and what was proposed.

Everything here is known when the case is opened and stays as it was then; what grids and rules say today is asked of
`grids` and `dispatching`.
"""

from dataclasses import dataclass
from enum import StrEnum

from cases.coordinates import Position

MAX_GRID_LENGTH = 20
"""Signs of a grid's code: 14 (CJ/T 213), 15 (Beijing), 16 or, for grids of a trade, 20 (CJ/T 349)."""

MAX_UNIT_LENGTH = 100
MAX_ADDRESS_LENGTH = 200
MAX_DISTRICT_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something is.

    Attributes:
        position: None where nobody told where the camera looks.
        grid: code of the unit grid it lies in, empty where it lies in none.
        area: code of the responsibility grid, empty where it lies in none.
        district: code of the district, the first six digits of the grid's code where its file says no other.
        address: in words, empty where nobody gave one.
    """

    position: Position | None = None
    grid: str = ""
    area: str = ""
    district: str = ""
    address: str = ""

    def __post_init__(self) -> None:
        limits = ((self.grid, MAX_GRID_LENGTH), (self.area, MAX_GRID_LENGTH), (self.district, MAX_DISTRICT_LENGTH))
        for text, limit in (*limits, (self.address, MAX_ADDRESS_LENGTH)):
            if len(text) > limit:
                raise ValueError(f"{text!r} has more than {limit} signs")


class Kinship(StrEnum):
    """What a new case is to an earlier one."""

    NEW = "new"  # nothing of the kind was there before
    SAME = "same"  # the same offence, seen anew: a person may merge them
    RECURRENCE = "recurrence"  # the same kind at the same place again, after the earlier case was done or long ago


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the program proposes for a new case; a person decides.

    Attributes:
        unit: who should handle it, empty where no rule says so.
        kinship: what it is to an earlier case; None where nobody looked.
        kin: id of that case, empty where there is none.
        is_sure: whether the errors of both positions leave no doubt that they are near enough.
        why: one of `cases.kinship.REASONS`, empty where nobody looked.
        before: how many cases of its code were at this place before it, within the time that is looked back.
    """

    unit: str = ""
    kinship: Kinship | None = None
    kin: str = ""
    is_sure: bool = False
    why: str = ""
    before: int = 0


NOWHERE = Spot()
NOTHING_PROPOSED = Proposal()
