"""Which running clocks are due soon, as a query of cases asks for them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SoonLimit:
    """Cases of a code and a condition (None while nobody chose one) are due soon where they are due until then."""

    code: str
    condition: int | None
    until: datetime


@dataclass(frozen=True, slots=True)
class StageSpan:
    """Cases in a state whose stage clock began up to a moment, and later than another one where there is one."""

    state: str
    until: datetime
    after: datetime | None = None


@dataclass(frozen=True, slots=True)
class DueSoon:
    """Running clocks that are not over at a moment, but will be soon; from `cases.time_left.Lights`.

    Attributes:
        now: the moment.
        limits: of clocks of units, by code and condition.
        stages: of stage clocks, those of the stages that are asked for.
    """

    now: datetime
    limits: tuple[SoonLimit, ...]
    stages: tuple[StageSpan, ...] = ()
