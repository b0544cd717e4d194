"""Keeps the accounts: who may sign in, with which role, behind a password that is stored as an argon2id hash only.

Roles are ordered: a viewer looks, an operator decides about cases and warns, an administrator changes cameras, zones
and accounts. Posts (`cases.posts`) say whose work the steps of a case are. Checking a name takes as long for one that
does not exist, so that names cannot be found out.

Belongs here: accounts and passwords. Does not: sessions and tokens (api).
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cases.database import Database
from cases.evidence import utc_now
from cases.people_errors import (
    LastAdminError,
    PersonExistsError,
    SignInLockedError,
    SignInRefusedError,
    UnitMissingError,
    UnknownPersonError,
    WeakPasswordError,
)
from cases.posts import ANY_UNIT, CENTRE_POSTS, UNIT_POSTS, Doer, Post
from cases.tables import MAX_ID_LENGTH, PersonRow

logger = logging.getLogger(__name__)

MIN_PASSWORD_LENGTH = 8
MAX_PASSWORD_LENGTH = 256
"""Longer ones are refused before hashing, which would otherwise be an easy way to keep the processor busy."""

MAX_NAME_LENGTH = 64

FREE_TRIES = 5
"""Wrong passwords in a row that have no consequence; people mistype."""

FIRST_LOCK_S = 5.0
"""Wait after one wrong password too many; it doubles with each further one."""

LONGEST_LOCK_S = 300.0

REMEMBERED_NAMES = 4096
"""Names whose wrong passwords are counted; the one tried longest ago is forgotten first."""


class Role(Enum):
    """What an account may do; each role may also do what the ones before it may, and compares as greater."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def __str__(self) -> str:
        return self.value

    def __lt__(self, other: "Role") -> bool:
        order = tuple(Role)
        return order.index(self) < order.index(other)

    def __le__(self, other: "Role") -> bool:
        return not other < self

    def includes(self, needed: "Role") -> bool:
        """Say whether this role may do what `needed` may."""
        return needed <= self


@dataclass(frozen=True, slots=True)
class Person:
    """An account, without its password.

    Attributes:
        name: what is typed to sign in; upper and lower case are the same.
        role: what it may do.
        disabled: whether it may not sign in any more; accounts are never removed, as the history names them.
        created_at: aware UTC.
        password_number: how often the password was changed; what was granted for another number is worth nothing.
        given_posts: the posts that it was given; none: those of its role.
        given_unit: the unit that it was given, empty for none.
    """

    name: str
    role: Role
    disabled: bool
    created_at: datetime
    password_number: int
    given_posts: tuple[Post, ...] = ()
    given_unit: str = ""

    @property
    def posts(self) -> tuple[Post, ...]:
        """The posts that it holds: as given, else an operator all of the centre's and an administrator every one."""
        by_role = {Role.VIEWER: (), Role.OPERATOR: CENTRE_POSTS, Role.ADMIN: tuple(Post)}
        return self.given_posts if self.given_posts and self.role is not Role.VIEWER else by_role[self.role]

    @property
    def unit(self) -> str:
        """Id of its unit, empty for the centre; an administrator who was given none acts for every one."""
        return self.given_unit or (ANY_UNIT if self.role is Role.ADMIN else "")

    @property
    def doer(self) -> Doer:
        """Who acts on a case when this account does."""
        return Doer(self.name, frozenset(self.posts), self.unit)


class People:
    """All accounts of a database. Any thread may call any method.

    Args:
        database: where they are kept.
        clock: seconds that only go forward, for the wait after wrong passwords.
        now: wall time, aware UTC.
        hasher: argon2id with its cost; tests hand in a cheap one.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._database = database
        self._now = now
        self._hasher = hasher or PasswordHasher()
        self._lockout = _Lockout(clock)
        self._nobody_hash = self._hasher.hash("a password that nobody has")

    def create(self, name: str, password: str, role: Role, *, posts: Sequence[Post] = (), unit: str = "") -> Person:
        """Make an account; without posts it holds those of its role.

        Raises:
            PersonExistsError: the name is taken.
            WeakPasswordError: the password's length is not accepted.
            UnitMissingError: a post of a unit without a unit.
            ValueError: the name is blank, too long or has spaces around it, or the unit's id is.
        """
        folded = _folded(name)
        _check_unit(posts, unit)
        hashed = self._hash(password)
        try:
            with self._database.writing() as session:
                row = PersonRow(
                    name=folded,
                    role=role.value,
                    password_hash=hashed,
                    disabled=False,
                    created_at=self._now(),
                    password_number=0,
                    posts=[post.value for post in posts],
                    unit=unit,
                )
                session.add(row)
                session.flush()
                logger.info("account %s: created as %s", folded, role.value)
                return _person(row)
        except IntegrityError:
            raise PersonExistsError(folded) from None

    def everybody(self) -> tuple[Person, ...]:
        """Return all accounts by name."""
        with self._database.reading() as session:
            return tuple(_person(row) for row in session.scalars(select(PersonRow).order_by(PersonRow.name)))

    def is_empty(self) -> bool:
        """Say whether there is no account yet, so that the first one must be made."""
        with self._database.reading() as session:
            return session.scalar(select(func.count()).select_from(PersonRow)) == 0

    def get(self, name: str) -> Person:
        """Return an account.

        Raises:
            UnknownPersonError: there is no such account.
        """
        with self._database.reading() as session:
            return _person(_row(session, name))

    def check(self, name: str, password: str) -> Person:
        """Return the account whose password this is.

        Raises:
            SignInRefusedError: name or password is wrong, or the account is disabled; it does not say which.
            SignInLockedError: too many wrong passwords for this name; it says how long to wait.
        """
        folded = name.strip().casefold()[:MAX_NAME_LENGTH]
        self._lockout.check(folded)
        with self._database.reading() as session:
            row = session.scalar(select(PersonRow).where(PersonRow.name == folded))
            person, stored = (None, self._nobody_hash) if row is None else (_person(row), row.password_hash)
        matches = self._matches(stored, password)
        if person is None or person.disabled or not matches:
            self._lockout.count(folded)
            logger.warning("account %s: sign-in refused", folded)
            raise SignInRefusedError
        self._lockout.forget(folded)
        if self._hasher.check_needs_rehash(stored):
            self._strengthen(folded, stored, self._hasher.hash(password))
        return person

    def set_password(self, name: str, password: str) -> None:
        """Give an account another password, which also ends what was granted for the old one.

        Raises:
            UnknownPersonError: there is no such account.
            WeakPasswordError: the password's length is not accepted.
        """
        hashed = self._hash(password)
        with self._database.writing() as session:
            row = _row(session, name)
            row.password_hash = hashed
            row.password_number += 1
        self._lockout.forget(_folded(name))
        logger.info("account %s: password changed", _folded(name))

    def set_role(self, name: str, role: Role) -> Person:
        """Give an account another role.

        Raises:
            UnknownPersonError: there is no such account.
            LastAdminError: nobody could administer any more.
        """
        with self._database.writing() as session:
            row = _row(session, name)
            if role is not Role.ADMIN:
                _keep_an_admin(session, row)
            row.role = role.value
            return _person(row)

    def set_posts(self, name: str, posts: Sequence[Post], unit: str = "") -> Person:
        """Give an account other posts and another unit; without posts it holds those of its role.

        Raises:
            UnknownPersonError: there is no such account.
            UnitMissingError: a post of a unit without a unit.
            ValueError: the unit's id is too long or has spaces around it.
        """
        _check_unit(posts, unit)
        with self._database.writing() as session:
            row = _row(session, name)
            row.posts, row.unit = [post.value for post in posts], unit
            return _person(row)

    def disable(self, name: str, *, disabled: bool = True) -> Person:
        """Keep an account from signing in, or let it again.

        Raises:
            UnknownPersonError: there is no such account.
            LastAdminError: nobody could administer any more.
        """
        with self._database.writing() as session:
            row = _row(session, name)
            if disabled:
                _keep_an_admin(session, row)
            row.disabled = disabled
            return _person(row)

    def _hash(self, password: str) -> str:
        if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
            raise WeakPasswordError(
                f"a password has {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters, not {len(password)}"
            )
        return self._hasher.hash(password)

    def _strengthen(self, name: str, stored: str, hashed: str) -> None:
        """Put a costlier hash of the same password in place, unless the password was changed meanwhile."""
        with self._database.writing() as session:
            row = _row(session, name)
            if row.password_hash == stored:
                row.password_hash = hashed

    def _matches(self, stored: str, password: str) -> bool:
        if len(password) > MAX_PASSWORD_LENGTH:
            return False
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):  # half a character is nobody's password
            return False


class _Lockout:
    """Counts wrong passwords per name, whether or not the name exists, and says how long to wait."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()  # name: wrong passwords, locked until

    def check(self, name: str) -> None:
        with self._lock:
            _, until = self._wrong.get(name, (0, 0.0))
        if (wait_s := until - self._clock()) > 0:
            raise SignInLockedError(wait_s)

    def count(self, name: str) -> None:
        with self._lock:
            wrong = self._wrong.pop(name, (0, 0.0))[0] + 1
            too_many = min(wrong - FREE_TRIES, 16)  # 2 to the 16th is beyond the longest wait by far
            lock_s = min(LONGEST_LOCK_S, FIRST_LOCK_S * 2.0 ** (too_many - 1)) if too_many > 0 else 0.0
            self._wrong[name] = (wrong, self._clock() + lock_s if lock_s else 0.0)
            if len(self._wrong) > REMEMBERED_NAMES:
                self._wrong.popitem(last=False)

    def forget(self, name: str) -> None:
        with self._lock:
            self._wrong.pop(name, None)


def _folded(name: str) -> str:
    folded = name.casefold()
    if not folded or folded != folded.strip() or len(folded) > MAX_NAME_LENGTH or not folded.isprintable():
        raise ValueError(f"an account's name has 1 to {MAX_NAME_LENGTH} characters, no spaces around it, not {name!r}")
    return folded


def _check_unit(posts: Sequence[Post], unit: str) -> None:
    if unit != unit.strip() or len(unit) > MAX_ID_LENGTH or not unit.isprintable():
        raise ValueError(f"a unit's id has up to {MAX_ID_LENGTH} characters, no spaces around it, not {unit!r}")
    if UNIT_POSTS.intersection(posts) and not unit:
        raise UnitMissingError


def _row(session: Session, name: str) -> PersonRow:
    row = session.scalar(select(PersonRow).where(PersonRow.name == name.casefold()).with_for_update())
    if row is None:
        raise UnknownPersonError(name)
    return row


def _keep_an_admin(session: Session, row: PersonRow) -> None:
    others = session.scalar(
        select(func.count())
        .select_from(PersonRow)
        .where(PersonRow.role == Role.ADMIN.value, PersonRow.disabled.is_(False), PersonRow.id != row.id)
    )
    if row.role == Role.ADMIN.value and not row.disabled and not others:
        raise LastAdminError(row.name)


def _person(row: PersonRow) -> Person:
    posts = tuple(Post(post) for post in row.posts)
    return Person(row.name, Role(row.role), row.disabled, row.created_at, row.password_number, posts, row.unit)
