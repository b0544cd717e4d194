"""Shows how a case stands against its time: green, yellow in the last share of it, red once it is over; and reminds.

Pure functions of now, start and due. A clock that was set back can turn a light back, but never repeats a reminder.
"""

from collections.abc import Set
from datetime import datetime
from enum import StrEnum

YELLOW_RATIO = 0.2
"""Last share of the time that is yellow; usual practice is 0.2 to 0.25, and no rule sets it."""


class Light(StrEnum):
    """How a case stands against its time."""

    GREEN = "green"
    YELLOW = "yellow"  # due soon
    RED = "red"  # overdue


class Reminder(StrEnum):
    """What is said to who must act."""

    DUE_SOON = "due_soon"
    OVERDUE = "overdue"


def light(
    now: datetime,
    start: datetime,
    due: datetime,
    *,
    yellow_ratio: float = YELLOW_RATIO,
    yellow_at: datetime | None = None,
) -> Light:
    """Return the light of a running clock.

    Args:
        now: aware.
        start: when the clock began, aware.
        due: aware; at this moment itself the light is red, as nothing is left.
        yellow_ratio: last share of the wall-clock time from start to due that is yellow, in [0, 1].
        yellow_at: when yellow begins, where it is counted in working time (`CodeDeadlines.yellow_at`); goes before the
            ratio, which would have a limit of a day turn yellow in the night before.
    """
    if not 0 <= yellow_ratio <= 1:
        raise ValueError(f"the yellow share lies from 0 to 1, not {yellow_ratio}")
    if now >= due:
        return Light.RED
    begins = yellow_at if yellow_at is not None else due - yellow_ratio * (due - start)
    return Light.YELLOW if now >= begins else Light.GREEN


def reminders(shown: Light, told: Set[Reminder]) -> tuple[Reminder, ...]:
    """Return what is to be said now and was not said before on this clock.

    A case that was never looked at while it was yellow is only told that it is overdue.
    """
    wanted = {Light.GREEN: None, Light.YELLOW: Reminder.DUE_SOON, Light.RED: Reminder.OVERDUE}[shown]
    if wanted is None or wanted in told or Reminder.OVERDUE in told:
        return ()
    return (wanted,)
