"""The city's list of what may hang: texts of notices that its offices post, by camera and zone.

A TOML file with an entry `[[notices]]` for each:

    [[notices]]
    text = "市容环境综合整治公告"      # words that stand on it; most of them are enough
    note = "Notice of the city office"  # what the page tells
    zones = ["gate-1", "bridge/wall"]   # cameras, or their zones; everywhere where left out

Who posts flyers could print the same words on them. So short texts must be read whole, and print that bears a mobile
number which the entry does not name is never lawful.

Belongs here: reading the list and matching. Does not: what is read (models.reading), what follows (pipeline).
"""

import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from cases.errors import PlaceFileError
from vision.wording import sentence_of

EXACT_LENGTH = 4
"""Texts of so many characters or fewer must be read without a mistake: half of what is printed is like them."""

LIKE_RATIO = 0.8
"""Share of a longer text's characters that must be read, in order: one in five may be wrong."""

MAX_BYTES = 1 << 20
"""A city has some hundreds of notices."""


def plain_text(text: str) -> str:
    """Return a text as it is compared: narrow forms, small letters, no blanks and signs."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())


def _checked_text(text: str) -> str:
    if not plain_text(text):
        raise ValueError("a text has at least one letter or digit")
    return text


class NoticeEntry(BaseModel):
    """One notice that may hang."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Annotated[str, AfterValidator(_checked_text)] = Field(max_length=200, description="words that stand on it")
    note: str = Field(default="", max_length=200, description="what people call it")
    zones: tuple[str, ...] = Field(default=(), description='cameras as "gate-1", or their zones as "gate-1/wall"')
    numbers: tuple[str, ...] = Field(default=(), description="mobile numbers that may stand on it, digits only")

    def holds_at(self, camera_id: str, zone_id: str) -> bool:
        """Return whether it may hang in a zone."""
        return not self.zones or camera_id in self.zones or f"{camera_id}/{zone_id}" in self.zones

    @property
    def shown(self) -> str:
        """What the page tells of it."""
        return self.note or self.text


class _NoticesFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    notices: tuple[NoticeEntry, ...] = Field(description="the notices that may hang")


@dataclass(frozen=True, slots=True)
class LawfulNotices:
    """Everything that may hang somewhere."""

    entries: tuple[NoticeEntry, ...] = ()

    def match(self, texts: Sequence[str], numbers: Iterable[str], place: tuple[str, str]) -> NoticeEntry | None:
        """Return the entry by which print is lawful, or None.

        Args:
            texts: the lines that were read on it, from the top.
            numbers: the mobile numbers among them, digits only.
            place: ids of camera and zone.
        """
        lines = [plain for text in texts if (plain := plain_text(text))]
        found = frozenset(numbers)
        for entry in self.entries:
            if (
                entry.holds_at(*place)
                and found <= frozenset(entry.numbers)
                and _stands_in(plain_text(entry.text), lines)
            ):
                return entry
        return None


def load_notices(path: Path) -> LawfulNotices:
    """Read the list.

    Raises:
        PlaceFileError: it is missing, no TOML, or an entry is wrong; one sentence says which and how.
    """
    try:
        raw = path.read_bytes()
        if len(raw) > MAX_BYTES:
            raise PlaceFileError(f"list of lawful notices {path} is longer than {MAX_BYTES} bytes; divide it")
        return LawfulNotices(_NoticesFile.model_validate(tomllib.loads(raw.decode())).notices)
    except OSError as err:
        raise PlaceFileError(f"list of lawful notices {path} cannot be read: {err.strerror}") from None
    except UnicodeDecodeError:
        raise PlaceFileError(f"list of lawful notices {path} is no text; save it as UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as err:
        raise PlaceFileError(f"list of lawful notices {path} is no TOML: {err}") from None
    except ValidationError as err:
        first = err.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step + 1) if isinstance(step, int) else step for step in first["loc"])
        raise PlaceFileError(f"list of lawful notices {path}: {where}: {sentence_of(first)}") from None


def _stands_in(wanted: str, lines: Sequence[str]) -> bool:
    """Return whether a text stands in one line, or over the lines from the top."""
    whole = "".join(lines)
    if wanted in whole:
        return True
    if len(wanted) <= EXACT_LENGTH:
        return False
    return any(_like_ratio(wanted, read) >= LIKE_RATIO for read in (*lines, whole))


def _like_ratio(wanted: str, read: str) -> float:
    """Return the share of a text's characters that stand in another, in order and not far apart."""
    blocks = [
        block for block in SequenceMatcher(None, wanted, read, autojunk=False).get_matching_blocks() if block.size
    ]
    if not blocks:
        return 0.0
    spread = blocks[-1].b + blocks[-1].size - blocks[0].b
    return sum(block.size for block in blocks) / max(len(wanted), spread)
