"""The errors of this package; the loop above obeys `retryable`.

Those of evidence are in `cases.evidence_errors`, those of accounts in `cases.people_errors`, all others here.

CasesError
├── IllegalTransitionError     this action is not possible in this state
├── ReasonMissingError         this action needs a reason
├── ActionDetailError          this action needs a detail that is missing, or does not take one that is there
├── ActionBlockedError         the state allows it, but not this case now
├── PostMissingError           it is not the work of who wants it
├── ForeignUnitError           it is, but the case is another unit's
├── UnknownUnitError           no rule and no account names such a unit
├── StaleEditError             somebody else changed the case in between
├── UnknownCaseError           there is no such case
├── UnknownCodeError           the code table has no such entry
│   └── KindWithoutItemError   it has no item for the cases of a rule
├── CodeTableError             a code table cannot be read
├── CalendarError              a calendar of holidays cannot be read
├── FilingHeldError            a permit or a control holds filing back until somebody says why it is filed
├── PlaceError
│   ├── CoordinatesError       numbers that are no place, or an unknown system of coordinates
│   └── PlaceFileError         grids, dispatch rules, permits or control periods cannot be read
├── EvaluationInputsError      what people told for an evaluation has wrong rows
├── PeriodError                an evaluation's period ends before it begins, or is too long
├── AppendOnlyError            something tried to alter or remove history
├── DatabaseError              the database refuses (retryable)
├── UnstorableError            a value that no database holds, such as a text with a NUL
├── MigrationError             the database is newer than the program, or cannot be brought up
├── UnknownTargetError         no receiver outside was ever called so
├── OtherContentError          an exchange form was sent again with other content
├── BackupError                a backup cannot be made, or put back
├── EvidenceError              (cases.evidence_errors)
│   ├── EvidenceWriteError     disk full, read-only or no permission (retryable)
│   ├── EvidencePartError      a part that was handed over cannot be read or is empty
│   ├── EvidenceMissingError   a file that a row names is not there
│   ├── EvidenceAlteredError   what should be handed out is not as it was written
│   ├── CaseExportError        an export cannot be written where it was asked for
│   ├── BlurError              bystanders cannot be hidden, so no copy is made
│   ├── EvidenceDeletedError   a file that a row names was deleted by a rule of retention
│   ├── NotReleasableError     a case cannot be marked fit for penal use
│   ├── LockError              a lock cannot be set or lifted
│   └── SigningKeyError        the key that signs evidence cannot be used
│       └── SigningKeyMissingError   there is none
└── PeopleError                (cases.people_errors)
    ├── SignInRefusedError     wrong name or password, or the account is disabled
    ├── SignInLockedError      too many wrong passwords; wait (retryable)
    ├── UnknownPersonError     there is no such account
    ├── PersonExistsError      the name is taken
    ├── WeakPasswordError      the password is too short or too long
    ├── UnitMissingError       a post of a unit without a unit
    └── LastAdminError         nobody could administer any more
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from cases.blocks import BLOCKED
from cases.input_problems import InputProblem
from cases.table_faults import TableFault


class CasesError(Exception):
    """Anything that went wrong in this package."""

    retryable = False


class IllegalTransitionError(CasesError):
    """An action that is not possible in the case's state."""

    def __init__(self, state: str, action: str, possible: Sequence[str]) -> None:
        self.state, self.action, self.possible = state, action, tuple(possible)
        way_out = f"possible now: {', '.join(possible)}" if possible else "nothing is possible in this state"
        super().__init__(f"a case that is {state} does not allow {str(action)!r}; {way_out}")


class ReasonMissingError(CasesError):
    """An action that must say why, without a reason."""

    def __init__(self, action: str) -> None:
        self.action = action
        super().__init__(f"{str(action)!r} needs a reason; say in a few words why")


class ActionDetailError(CasesError):
    """An action that does not tell what it needs, or tells what it does not take.

    Attributes:
        action: what was wanted.
        detail: the field.
        cause: `missing`, `not_wanted`, `too_long` or `out_of_range`.
    """

    def __init__(self, action: str, detail: str, cause: str) -> None:
        self.action, self.detail, self.cause = action, detail, cause
        said = {
            "missing": f"needs {detail!r}",
            "not_wanted": f"takes no {detail!r}; leave it out",
            "too_long": f"does not take so long a text for {detail!r}; shorten it",
            "out_of_range": f"does not take this value for {detail!r}; it counts from 1 to 99",
        }
        super().__init__(f"{str(action)!r} {said[cause]}")


class ActionBlockedError(CasesError):
    """An action that the state allows, but not this case now.

    Attributes:
        action: what was wanted.
        cause: why not, as a key; the page words it.
    """

    def __init__(self, action: str, cause: str) -> None:
        self.action, self.cause = action, cause
        super().__init__(f"{str(action)!r} is not possible for this case now: {BLOCKED.get(cause, cause)}")


class PostMissingError(CasesError):
    """Somebody wants to do what is not the work of any post that he holds."""

    def __init__(self, name: str, action: str, posts: Sequence[str]) -> None:
        self.name, self.action = name, action
        self.posts = ", ".join(posts)
        whose = f"it is the work of {self.posts}" if posts else "only the program does it"
        super().__init__(f"{name} may not do {str(action)!r}: {whose}")


class ForeignUnitError(CasesError):
    """Somebody of a unit wants to act on a case of another."""

    def __init__(self, name: str, own: str, unit: str) -> None:
        self.name, self.own, self.unit = name, own, unit
        super().__init__(f"this case is with unit {unit or 'none'!r}, and {name} is of {own or 'none'!r}")


class UnknownUnitError(CasesError):
    """A case should go to a unit that no dispatch rule and no account names, where others are named."""

    def __init__(self, unit: str, nearest: Sequence[str]) -> None:
        self.unit, self.nearest = unit, ", ".join(nearest)
        super().__init__(f"there is no unit {unit!r}; the names most alike are {self.nearest}")


class StaleEditError(CasesError):
    """A decision that was taken on an older state of the case than the stored one."""

    def __init__(self, number: str, expected: int, stored: int) -> None:
        self.expected, self.stored = expected, stored
        super().__init__(
            f"case {number} was changed meanwhile (you saw revision {expected}, it is at {stored}); look at it again"
        )


class UnknownCaseError(CasesError):
    """A case id that the database does not hold."""

    def __init__(self, case_id: str) -> None:
        self.case_id = case_id
        super().__init__(f"there is no case {case_id!r}")


class UnknownCodeError(CasesError):
    """A code or event kind that the code table does not hold."""


class KindWithoutItemError(UnknownCodeError):
    """A rule whose cases would have no item in the code table; the message says which, and what to write where."""


class CodeTableError(CasesError):
    """A code table that cannot be read; the message names the file and every row and column that is wrong.

    Attributes:
        faults: the same for wording in another language.
    """

    def __init__(self, message: str, faults: Sequence[TableFault] = ()) -> None:
        self.faults = tuple(faults)
        super().__init__(message)


class CalendarError(CasesError):
    """A calendar of holidays that cannot be read; the message names file and entry."""


class FilingHeldError(CasesError):
    """A case that must not be filed as usual: what was seen is permitted, or its place is under control."""

    def __init__(self, holding: str) -> None:
        self.holding = holding
        super().__init__(f"{holding} holds for this case; to file it all the same, say as the reason who approved it")


class PlaceError(CasesError):
    """Anything that went wrong with where cases are."""


class CoordinatesError(PlaceError, ValueError):
    """Numbers that are no place on earth, or a system of coordinates that nobody knows."""


class PlaceFileError(PlaceError):
    """A file of grids, dispatch rules, permits or controls cannot be used; the message has a line per mistake."""


class EvaluationInputsError(CasesError):
    """What people told for an evaluation cannot be used; the message names every wrong row, the facts the first."""

    def __init__(self, path: Path, problems: Sequence[InputProblem]) -> None:
        first = problems[0]
        self.problems = tuple(problems)
        self.file, self.count = path.name, len(problems)
        self.table, self.row, self.key, self.cause, self.limit = (
            first.table,
            first.row,
            first.field,
            first.cause,
            first.limit,
        )
        super().__init__(f"evaluation inputs {path}: " + "; ".join(map(str, problems)))


class PeriodError(CasesError):
    """Days that make no period to evaluate."""

    def __init__(self, first: date, last: date) -> None:
        self.first, self.last = first.isoformat(), last.isoformat()
        super().__init__(
            f"a period has a first day, a later or the same last one, and at most 3 years: {first} to {last}"
        )


class AppendOnlyError(CasesError):
    """An attempt to alter or remove history."""


class BrokenHistoryError(CasesError):
    """A history that has gaps or says what the state table does not allow."""


class DatabaseError(CasesError):
    """The database refuses: locked for too long, gone, or its disk is full."""

    retryable = True


class DatabaseUnusableError(DatabaseError):
    """The URL names no database that this program can use, or the file is not a database; trying again is useless."""

    retryable = False


class UnstorableError(CasesError):
    """A value that the database cannot hold, such as a text with a NUL; whoever sent it has to send another."""


class MigrationError(CasesError):
    """The database cannot be brought to the layout that this program needs."""


class UnknownTargetError(CasesError):
    """A receiver outside that the outbox does not know."""

    def __init__(self, target: str, known: Sequence[str]) -> None:
        self.target = target
        told = f"known are {', '.join(known)}" if known else "none was ever named by [[outward.targets]]"
        super().__init__(f"there is no receiver {target!r}; {told}")


class OtherContentError(CasesError):
    """An exchange form whose case number, form and sequence were received before, with other content."""

    def __init__(self, case_number: str, form: str, sequence: int) -> None:
        self.case_number, self.form, self.sequence = case_number, form, sequence
        super().__init__(
            f"{form} {sequence} of case {case_number} was received before with other content; that one stays. "
            "Send what is new under a new sequence"
        )


class BackupError(CasesError):
    """A backup cannot be made or put back; the message names what is in the way and the way out."""
