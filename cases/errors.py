"""The errors of this package; the loop above obeys `retryable`.

CasesError
├── IllegalTransitionError     this action is not possible in this state
├── ReasonMissingError         this action needs a reason
├── StaleEditError             somebody else changed the case in between
├── UnknownCaseError           there is no such case
├── UnknownCodeError           the code table has no such entry
├── CodeTableError             a code table cannot be read
├── AppendOnlyError            something tried to alter or remove history
├── DatabaseError              the database refuses (retryable)
├── MigrationError             the database is newer than the program, or cannot be brought up
├── BackupError                a backup cannot be made, or put back
├── EvidenceError
│   ├── EvidenceWriteError     disk full, read-only or no permission (retryable)
│   ├── EvidencePartError      a part that was handed over cannot be read or is empty
│   ├── EvidenceMissingError   a file that a row names is not there
│   ├── EvidenceAlteredError   what should be handed out is not as it was written
│   ├── CaseExportError        an export cannot be written where it was asked for
│   └── SigningKeyError        the key that signs evidence cannot be used
│       └── SigningKeyMissingError   there is none
└── PeopleError
    ├── SignInRefusedError     wrong name or password, or the account is disabled
    ├── SignInLockedError      too many wrong passwords; wait (retryable)
    ├── UnknownPersonError     there is no such account
    ├── PersonExistsError      the name is taken
    ├── WeakPasswordError      the password is too short or too long
    └── LastAdminError         nobody could administer any more
"""

from collections.abc import Sequence
from pathlib import Path


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


class CodeTableError(CasesError):
    """A code table that cannot be read; the message names file and entry."""


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


class MigrationError(CasesError):
    """The database cannot be brought to the layout that this program needs."""


class BackupError(CasesError):
    """A backup cannot be made or put back; the message names what is in the way and the way out."""


class EvidenceError(CasesError):
    """Anything that went wrong with evidence files."""


class EvidenceWriteError(EvidenceError):
    """Evidence could not be written; nothing of the pack was kept, and it may be tried again."""

    retryable = True


class EvidencePartError(EvidenceError):
    """A part that was handed over cannot be read or holds nothing."""


class EvidenceMissingError(EvidenceError):
    """An evidence file that should be there is not."""


class EvidenceAlteredError(EvidenceError):
    """Evidence that should be handed out is not as it was written."""


class CaseExportError(EvidenceError):
    """An export cannot be written where it was asked for; nothing was left there."""


class SigningKeyError(EvidenceError):
    """The key that signs evidence cannot be used; the message names the file and the way out, never its content."""


class SigningKeyMissingError(SigningKeyError):
    """There is no such key yet, or it was lost."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"there is no signing key {path}; the service makes one when it starts. Run this as the account that runs "
            'the service, or name its folder by keys = "..." under [evidence]'
        )


class PeopleError(CasesError):
    """Anything that went wrong with accounts. No message ever holds a password."""


class SignInRefusedError(PeopleError):
    """Wrong name, wrong password or disabled account; on purpose it does not say which."""

    def __init__(self) -> None:
        super().__init__("name or password is wrong, or the account is disabled")


class SignInLockedError(PeopleError):
    """Too many wrong passwords for this name."""

    retryable = True

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__(f"too many wrong passwords; try again in {wait_s:.0f} s")


class UnknownPersonError(PeopleError):
    """An account name that does not exist."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no account {name!r}")


class PersonExistsError(PeopleError):
    """An account name that is taken."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is already an account {name!r}; choose another name")


class WeakPasswordError(PeopleError):
    """A password of a length that is not accepted."""


class LastAdminError(PeopleError):
    """A change after which nobody could administer any more."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is the last administrator; make another one first")
