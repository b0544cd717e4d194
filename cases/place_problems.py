"""What can be wrong with files about places, as plain data; the family `place` of `cases/words.toml` words it.

Whoever writes grids or rules by the hundred wants all mistakes at once, each with its place in the file.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import ValidationError

from cases.errors import PlaceFileError
from cases.problems import Facts
from cases.wording import Language, Words, printable
from vision.wording import sentence_of

MOST_TOLD = 20
"""An error message lists so many mistakes; `streetwarden grids check` tells all."""


class Unit(StrEnum):
    """What a file consists of; `cases/words.toml` words it."""

    FILE = "file"  # the whole file
    FEATURE = "feature"  # of GeoJSON
    ROW = "row"  # of CSV
    ENTRY = "entry"  # of TOML


@dataclass(frozen=True, slots=True)
class Slip:
    """One mistake in a file about places.

    Attributes:
        unit: what it was found in.
        number: which of them, from 1; the line in a CSV file; 0 for the whole file.
        name: code or name of what it was found in, empty where it has none.
        said: key of the sentence that tells it, in family `place` of `cases/words.toml`.
        facts: what is filled in there.
        is_note: whether the file can be used all the same.
    """

    unit: Unit
    number: int
    name: str
    said: str
    facts: Facts
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class At:
    """A place in a file, for the mistakes that are found there."""

    unit: Unit
    number: int = 0
    name: str = ""

    def slip(self, said: str, **facts: str | int) -> Slip:
        """Return a mistake found here."""
        return Slip(self.unit, self.number, self.name, said, facts)

    def note(self, said: str, **facts: str | int) -> Slip:
        """Return something found here that the file can be used with."""
        return Slip(self.unit, self.number, self.name, said, facts, is_note=True)

    def slips(self, err: ValidationError) -> tuple[Slip, ...]:
        """Return what Pydantic found here; what was written is left out."""
        mistakes = err.errors(include_url=False, include_input=False)
        return tuple(
            self.slip("field", field=".".join(map(str, each["loc"])) or "-", why=sentence_of(each)) for each in mistakes
        )


def told(words: Words, slip: Slip, language: Language) -> str:
    """Return one line that tells a mistake: where, and what."""
    name = f" {slip.name}" if slip.name else ""
    where = words.say("place", f"at_{slip.unit.value}", language, number=slip.number, name=name)
    colon = "：" if language == "zh" else ": "
    return printable(f"{where}{colon}{words.say('place', slip.said, language, **slip.facts)}")


def refuse(path: Path, slips: Iterable[Slip]) -> None:
    """Raise if a file cannot be used.

    Raises:
        PlaceFileError: there is a mistake that is not just a note; the message has a line for each of the first ones.
    """
    wrong = [slip for slip in slips if not slip.is_note]
    if not wrong:
        return
    words = Words.load()
    lines = [f"  {told(words, slip, 'en')}" for slip in wrong[:MOST_TOLD]]
    if len(wrong) > MOST_TOLD:
        lines.append(f"  and {len(wrong) - MOST_TOLD} more")
    raise PlaceFileError("\n".join([f"{path} cannot be used:", *lines]))
