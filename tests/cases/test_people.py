"""Accounts: passwords that cannot be read or guessed, roles in order, never nobody to administer."""

import logging
from datetime import UTC

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from cases.database import Database
from cases.people import FREE_TRIES, LONGEST_LOCK_S, People, Role
from cases.people_errors import (
    LastAdminError,
    PersonExistsError,
    SignInLockedError,
    SignInRefusedError,
    UnitMissingError,
    UnknownPersonError,
    WeakPasswordError,
)
from cases.posts import CENTRE_POSTS, Doer, Post
from cases.tables import PersonRow
from tests.cases.builders import NOON

PASSWORD = "long enough 8"


class CountingHasher(PasswordHasher):
    """A cheap argon2id that notes against which hashes it verified."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified: list[str] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:
        self.verified.append(str(hash))
        return super().verify(hash, password)


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hasher() -> CountingHasher:
    return CountingHasher()


@pytest.fixture
def people(database: Database, clock: Clock, hasher: CountingHasher) -> People:
    return People(database, clock=clock, now=lambda: NOON, hasher=hasher)


def test_right_password_gives_the_account(people: People) -> None:
    created = people.create("Li", PASSWORD, Role.OPERATOR)

    assert people.check("LI", PASSWORD) == created
    assert (created.name, created.role, created.disabled, created.created_at) == ("li", Role.OPERATOR, False, NOON)


def test_account_made_by_one_program_is_known_to_the_next(people: People, database: Database) -> None:
    people.create("li", PASSWORD, Role.VIEWER)

    (person,) = People(database, hasher=CountingHasher()).everybody()

    assert (person.name, person.created_at.tzinfo) == ("li", UTC)


@pytest.mark.parametrize(("name", "password"), [("li", "wrong password"), ("nobody", PASSWORD), ("li", "x" * 10_000)])
def test_wrong_name_or_password_is_refused_in_the_same_words(people: People, name: str, password: str) -> None:
    people.create("li", PASSWORD, Role.VIEWER)

    with pytest.raises(SignInRefusedError) as caught:
        people.check(name, password)

    assert str(caught.value) == "name or password is wrong, or the account is disabled"


def test_unknown_name_costs_as_much_hashing_as_a_known_one(people: People, hasher: CountingHasher) -> None:
    people.create("li", PASSWORD, Role.VIEWER)
    for name in ("li", "nobody"):
        with pytest.raises(SignInRefusedError):
            people.check(name, "wrong password")

    assert [stored.rsplit("$", 2)[0] for stored in hasher.verified] == ["$argon2id$v=19$m=8,t=1,p=1"] * 2


def test_password_is_stored_as_argon2id_only(people: People, database: Database) -> None:
    people.create("li", PASSWORD, Role.VIEWER)

    with database.reading() as session:
        stored = session.scalars(select(PersonRow)).one().password_hash

    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


def test_default_cost_is_what_rfc_9106_asks_for_at_least(database: Database) -> None:
    People(database).create("li", PASSWORD, Role.VIEWER)

    with database.reading() as session:
        stored = session.scalars(select(PersonRow)).one().password_hash

    assert "$m=65536,t=3,p=4$" in stored


def test_hash_of_an_older_cost_is_renewed_at_sign_in(people: People, database: Database) -> None:
    people.create("li", PASSWORD, Role.VIEWER)
    dearer = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)

    People(database, hasher=dearer).check("li", PASSWORD)

    with database.reading() as session:
        assert "$m=16,t=2,p=1$" in session.scalars(select(PersonRow)).one().password_hash


@pytest.mark.parametrize("password", ["", "short 7", "x" * 257])
def test_password_of_bad_length_is_refused_without_naming_it(people: People, password: str) -> None:
    with pytest.raises(WeakPasswordError, match="8 to 256 characters") as caught:
        people.create("li", password, Role.VIEWER)

    assert not password or password not in str(caught.value)


def test_password_appears_in_no_record_error_or_log_line(people: People, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    person = people.create("li", PASSWORD, Role.VIEWER)
    with pytest.raises(PersonExistsError) as exists:
        people.create("li", PASSWORD, Role.VIEWER)
    with pytest.raises(SignInRefusedError) as refused:
        people.check("nobody", PASSWORD)

    said = " ".join([repr(person), repr(people), str(exists.value), repr(refused.value), caplog.text])
    assert PASSWORD not in said


def test_even_an_error_inside_the_database_shows_no_hash(people: People, database: Database) -> None:
    people.create("li", PASSWORD, Role.VIEWER)

    def same_name_again() -> None:
        with database.writing() as session:
            session.add(PersonRow(name="li", role="viewer", password_hash="$secret", disabled=False, created_at=NOON))

    with pytest.raises(IntegrityError) as caught:
        same_name_again()
    assert "$secret" not in str(caught.value)


def test_taken_name_is_refused_in_any_case(people: People) -> None:
    people.create("li", PASSWORD, Role.VIEWER)

    with pytest.raises(PersonExistsError, match="already an account 'li'"):
        people.create("LI", PASSWORD, Role.ADMIN)


@pytest.mark.parametrize("name", ["", " li", "li ", "a" * 65, "li\n"])
def test_unusable_name_is_refused(people: People, name: str) -> None:
    with pytest.raises(ValueError, match="an account's name has"):
        people.create(name, PASSWORD, Role.VIEWER)


def test_disabled_account_is_refused_until_it_is_let_again(people: People) -> None:
    people.create("li", PASSWORD, Role.VIEWER)
    people.disable("li")
    with pytest.raises(SignInRefusedError):
        people.check("li", PASSWORD)

    people.disable("li", disabled=False)

    assert people.check("li", PASSWORD).name == "li"


def test_changed_password_has_a_number_of_its_own(people: People) -> None:
    first = people.create("li", PASSWORD, Role.OPERATOR)
    people.set_password("li", PASSWORD)
    assert people.check("li", PASSWORD).password_number == first.password_number + 1


def test_changed_password_replaces_the_old_one(people: People) -> None:
    people.create("li", PASSWORD, Role.VIEWER)

    people.set_password("li", "another one 9")

    assert people.check("li", "another one 9").name == "li"
    with pytest.raises(SignInRefusedError):
        people.check("li", PASSWORD)


@pytest.mark.parametrize("call", ["get", "disable"])
def test_unknown_account_is_said_so(people: People, call: str) -> None:
    with pytest.raises(UnknownPersonError, match="no account 'nobody'"):
        getattr(people, call)("nobody")


def test_new_database_has_nobody(people: People) -> None:
    assert people.is_empty()
    people.create("li", PASSWORD, Role.ADMIN)
    assert not people.is_empty()


def test_roles_are_ordered() -> None:
    assert Role.VIEWER < Role.OPERATOR < Role.ADMIN
    assert Role.ADMIN.includes(Role.OPERATOR)
    assert Role.OPERATOR.includes(Role.OPERATOR)
    assert not Role.VIEWER.includes(Role.OPERATOR)


@pytest.mark.parametrize("change", ["disable", "demote"])
def test_last_administrator_stays(people: People, change: str) -> None:
    people.create("boss", PASSWORD, Role.ADMIN)
    people.create("former", PASSWORD, Role.ADMIN)
    people.disable("former")

    with pytest.raises(LastAdminError, match="'boss' is the last administrator"):
        people.disable("boss") if change == "disable" else people.set_role("boss", Role.OPERATOR)

    assert people.get("boss").role is Role.ADMIN


def test_administrator_can_go_when_there_is_another(people: People) -> None:
    people.create("boss", PASSWORD, Role.ADMIN)
    people.create("second", PASSWORD, Role.ADMIN)

    assert people.set_role("boss", Role.VIEWER).role is Role.VIEWER


def fail(people: People, name: str, times: int) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefusedError):
            people.check(name, "wrong password")


@pytest.mark.parametrize("name", ["li", "nobody"])
def test_too_many_wrong_passwords_lock_a_name_whether_or_not_it_exists(people: People, name: str) -> None:
    people.create("li", PASSWORD, Role.VIEWER)
    fail(people, name, FREE_TRIES + 1)

    with pytest.raises(SignInLockedError, match="try again in 5 s") as caught:
        people.check(name, PASSWORD)

    assert (caught.value.wait_s, caught.value.retryable) == (5.0, True)


def test_locked_name_is_not_even_hashed(people: People, hasher: CountingHasher) -> None:
    fail(people, "li", FREE_TRIES + 1)
    before = len(hasher.verified)

    with pytest.raises(SignInLockedError):
        people.check("li", PASSWORD)

    assert len(hasher.verified) == before


def test_lock_ends_with_time_and_grows_with_each_further_wrong_password(people: People, clock: Clock) -> None:
    fail(people, "li", FREE_TRIES + 1)
    clock.now_s += 5.0
    fail(people, "li", 1)

    with pytest.raises(SignInLockedError) as caught:
        people.check("li", PASSWORD)

    assert caught.value.wait_s == 10.0


def test_lock_never_grows_beyond_its_limit(people: People, clock: Clock) -> None:
    for _ in range(40):
        fail(people, "li", 1)
        clock.now_s += LONGEST_LOCK_S
    fail(people, "li", 1)

    with pytest.raises(SignInLockedError) as caught:
        people.check("li", PASSWORD)

    assert caught.value.wait_s == LONGEST_LOCK_S


def test_right_password_forgets_the_wrong_ones(people: People) -> None:
    people.create("li", PASSWORD, Role.VIEWER)
    fail(people, "li", FREE_TRIES)

    people.check("li", PASSWORD)

    fail(people, "li", FREE_TRIES)
    assert people.check("li", PASSWORD).name == "li"


def test_operator_without_posts_holds_those_of_the_centre_and_a_viewer_none(people: People) -> None:
    operator = people.create("li", PASSWORD, Role.OPERATOR)
    viewer = people.create("wang", PASSWORD, Role.VIEWER, posts=[Post.ACCEPTOR])

    assert (operator.posts, operator.unit) == (CENTRE_POSTS, "")
    assert viewer.posts == ()


def test_administrator_holds_every_post_for_every_unit_unless_one_is_named(people: People) -> None:
    chief = people.create("boss", PASSWORD, Role.ADMIN)
    other = people.create("second", PASSWORD, Role.ADMIN, unit="a")

    assert (set(chief.posts), chief.doer.is_of("a"), chief.doer.is_of("b")) == (set(Post), True, True)
    assert (other.doer.is_of("a"), other.doer.is_of("b")) == (True, False)


def test_posts_and_unit_are_kept_and_can_be_changed(people: People) -> None:
    people.create("li", PASSWORD, Role.OPERATOR, posts=[Post.DEPARTMENT], unit="cleaning-2")
    assert (people.get("li").posts, people.get("li").unit) == ((Post.DEPARTMENT,), "cleaning-2")

    people.set_posts("li", [Post.ACCEPTOR, Post.DISPATCHER])

    assert people.get("li").doer == Doer("li", frozenset({Post.ACCEPTOR, Post.DISPATCHER}), "")


def test_post_of_a_unit_without_a_unit_is_refused(people: People) -> None:
    with pytest.raises(UnitMissingError, match="name it with --unit"):
        people.create("li", PASSWORD, Role.OPERATOR, posts=[Post.HANDLER])
    assert people.is_empty()


@pytest.mark.parametrize("unit", [" a", "a\n", "x" * 129])
def test_id_of_a_unit_that_cannot_be_typed_is_refused(people: People, unit: str) -> None:
    people.create("li", PASSWORD, Role.OPERATOR)

    with pytest.raises(ValueError, match="a unit's id"):
        people.set_posts("li", [Post.HANDLER], unit)
