"""The things on a street that our rules speak of, whatever model found them.

Every model has its own class rows; `models` maps them to these by name, so that rules, recordings and tests never
depend on a model. Classes that no rule needs are dropped at that border.
"""

from enum import IntEnum


class StreetClass(IntEnum):
    """A kind of thing on the street; the number is what `Detections.class_ids` holds and is never reused."""

    PERSON = 0
    BICYCLE = 1
    MOTORCYCLE = 2
    CAR = 3
    BUS = 4
    TRUCK = 5
    TRICYCLE = 6
    UMBRELLA = 7
    STALL = 8
    TABLE = 9
    GOODS = 10
    UNKNOWN = 11

    @property
    def label(self) -> str:
        """The lower-case name used in cards, recordings and on the page."""
        return self.name.lower()


VEHICLES = frozenset({StreetClass.CAR, StreetClass.BUS, StreetClass.TRUCK})
"""Motor vehicles of the parking rule; two- and three-wheelers have codes of their own."""

STALL_THINGS = frozenset(
    {
        StreetClass.STALL,
        StreetClass.UMBRELLA,
        StreetClass.TABLE,
        StreetClass.TRICYCLE,
        StreetClass.GOODS,
        StreetClass.UNKNOWN,
    }
)
"""What can be (part of) a stall once it stays; UNKNOWN is an object that was not in the long-term background."""
