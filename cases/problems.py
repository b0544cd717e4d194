"""What can be wrong with evidence, as plain data; `cases/words.toml` words it in both languages."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum


class ProblemKind(StrEnum):
    """What is wrong."""

    MISSING = "missing"  # a file or pack that should be there is not
    CHANGED = "changed"  # bytes differ from their hash
    EXTRA = "extra"  # a file or pack that nothing names
    NOT_A_FILE = "not_a_file"  # a link, a folder or a device stands where a file should be
    UNREADABLE = "unreadable"  # the medium or the permissions refuse
    BROKEN_CHAIN = "broken_chain"  # a manifest does not follow from the one before, or is not the case's
    UNSIGNED = "unsigned"  # there is no signature where there must be one
    BAD_SIGNATURE = "bad_signature"  # the signature does not belong to these bytes
    FOREIGN_SIGNATURE = "foreign_signature"  # signed, but by a key that nothing here vouches for
    BROKEN_HISTORY = "broken_history"  # the case's state does not follow from its history


Facts = Mapping[str, str | int]
"""What is filled into a sentence."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not fit.

    Attributes:
        kind: what is wrong.
        path: relative to the case's folder, to the evidence folder for all cases, or within a ZIP.
        said: key of the sentence that tells it, below `found` in `cases/words.toml`.
        facts: what is filled in there.
    """

    kind: ProblemKind
    path: str
    said: str
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check has seen.

    Attributes:
        problems: what does not fit; empty when all is well.
        unsigned: packs without a signature, from before signing began; they are as they were when it did.
        deleted: files that are not there because a rule deleted them, as a signed record in the chain says.
        withheld: originals that are not there because blurred copies stand for them in an export.
        files: how many files were read.
        size_bytes: how long they were together.
    """

    problems: tuple[Problem, ...] = ()
    unsigned: int = 0
    files: int = 0
    size_bytes: int = 0
    deleted: int = 0
    withheld: int = 0

    def __add__(self, other: "Checked") -> "Checked":
        """Return both together."""
        return Checked(
            self.problems + other.problems,
            self.unsigned + other.unsigned,
            self.files + other.files,
            self.size_bytes + other.size_bytes,
            self.deleted + other.deleted,
            self.withheld + other.withheld,
        )


class Findings:
    """Gathers what one check sees; used by one thread."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._unsigned = self._files = self._size_bytes = self._deleted = self._withheld = 0

    @property
    def count(self) -> int:
        """How many problems were found so far."""
        return len(self._problems)

    def add(self, kind: ProblemKind, path: str, said: str, **facts: str | int) -> None:
        """Note something that does not fit."""
        self._problems.append(Problem(kind, path, said, facts))

    def read(self, size_bytes: int) -> None:
        """Note that a file was read."""
        self._files += 1
        self._size_bytes += size_bytes

    def unsigned_of_before(self) -> None:
        """Note a pack that is rightly without a signature."""
        self._unsigned += 1

    def deleted_by_rule(self) -> None:
        """Note a file that is rightly not there any more."""
        self._deleted += 1

    def withheld_for_privacy(self) -> None:
        """Note a file for which a blurred copy stands."""
        self._withheld += 1

    @contextmanager
    def refusals(self, path: str) -> Iterator[None]:
        """Note a file that cannot be read, whatever the reason, instead of raising."""
        try:
            yield
        except FileNotFoundError:
            self.add(ProblemKind.MISSING, path, "gone")
        except NotPlainError as err:
            self.add(ProblemKind.NOT_A_FILE, path, "not_plain", why=str(err.strerror))
        except DamagedError as err:
            self.add(ProblemKind.CHANGED, path, "zip_damaged", why=str(err.strerror))
        except OSError as err:
            self.add(ProblemKind.UNREADABLE, path, "refused", why=err.strerror or type(err).__name__)

    def checked(self) -> Checked:
        """Return all of it."""
        counts = self._unsigned, self._files, self._size_bytes, self._deleted, self._withheld
        return Checked(tuple(self._problems), *counts)


class NotPlainError(OSError):
    """A link, a device or something else stands where a file should be."""


class DamagedError(OSError):
    """A ZIP does not give back what was put into it."""
