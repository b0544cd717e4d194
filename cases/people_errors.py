"""The errors of accounts and sign-in; `cases.errors` draws the tree. No message ever holds a password."""

from cases.errors import CasesError


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


class UnitMissingError(PeopleError):
    """A post of a unit for an account that belongs to none."""

    def __init__(self) -> None:
        super().__init__("who is of a department or a handler belongs to a unit; name it with --unit")


class LastAdminError(PeopleError):
    """A change after which nobody could administer any more."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is the last administrator; make another one first")
