"""Which units there are, so that no case is dispatched to one that nobody answers for.

A unit is known where a dispatch rule names it or an account that may sign in belongs to it; responsibility grids name
none. A city that has told of no unit at all may dispatch to any name, as before it has told of its first.

Belongs here: knowing and refusing names. Does not: which unit is responsible (dispatching), whose case
it is (workflow).
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from sqlalchemy import select

from cases.database import Database
from cases.dispatching import Rule
from cases.errors import UnknownUnitError
from cases.posts import ANY_UNIT
from cases.tables import PersonRow

MOST_NEAREST = 3
"""Names that an error offers; the page has the whole list."""


def known_units(database: Database, rules: Iterable[Rule]) -> tuple[str, ...]:
    """Return the units that rules or accounts name, by name.

    Raises:
        DatabaseError: the database refuses.
    """
    with database.reading() as session:
        of_people = set(session.scalars(select(PersonRow.unit).where(PersonRow.disabled.is_(False)).distinct()))
    return tuple(sorted({rule.unit for rule in rules} | of_people - {"", ANY_UNIT}))


def check_unit(unit: str, known: Sequence[str]) -> None:
    """Refuse a unit that is not known where others are.

    Raises:
        UnknownUnitError: nobody knows it; it names those that are written most alike.
    """
    if known and unit not in known:
        raise UnknownUnitError(unit, get_close_matches(unit, known, MOST_NEAREST, cutoff=0.0))
