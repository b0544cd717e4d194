"""Signing in and out, and what the cookie is worth."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.attempts import FREE_ATTEMPTS, Attempts
from api.errors import NotSignedInError, TooManyAttemptsError
from api.sessions import COOKIE_NAME, KEY_BYTES, Sessions, load_or_make_key
from cases.people import Role
from tests.api.fake_system import PASSWORDS, FakeSystem

SignIn = Callable[[str], TestClient]


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_right_password_opens_a_session(as_person: SignIn) -> None:
    answer = as_person("li").get("/api/session")

    assert answer.json() == {"person": {"name": "li", "role": "operator"}}


def test_nobody_is_signed_in_at_first(client: TestClient) -> None:
    assert client.get("/api/session").json() == {"person": None}


def test_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client: TestClient) -> None:
    answer = client.post("/api/session", json={"name": "li", "password": PASSWORDS["li"]})

    traits = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}
    assert {"httponly", "samesite=strict"} <= traits


def test_session_cookie_is_secure_over_https(system: FakeSystem) -> None:
    from api.app import create_app

    with TestClient(create_app(system), base_url="https://testserver") as client:
        answer = client.post("/api/session", json={"name": "li", "password": PASSWORDS["li"]})

    assert "Secure" in answer.headers["set-cookie"]


def test_wrong_password_and_unknown_name_get_the_same_answer(client: TestClient) -> None:
    wrong = client.post("/api/session", json={"name": "li", "password": "not-the-password"})
    unknown = client.post("/api/session", json={"name": "nobody", "password": "not-the-password"})

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()


@pytest.mark.parametrize("body", [b'{"name": "li", "password": "\\ud800"}', b'{"name": "\\ud800", "password": "x"}'])
def test_half_a_character_is_a_mistake_of_who_sent_it(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/session", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code in {401, 422}


def test_refused_sign_in_sets_no_cookie(client: TestClient) -> None:
    answer = client.post("/api/session", json={"name": "li", "password": "not-the-password"})

    assert "set-cookie" not in answer.headers


def test_answer_to_a_malformed_sign_in_does_not_repeat_the_password(client: TestClient) -> None:
    answer = client.post("/api/session", json={"name": "", "password": "hunter2-hunter2"})

    assert answer.status_code == 422
    assert "hunter2" not in answer.text


def test_many_wrong_passwords_from_one_address_have_to_wait(client: TestClient) -> None:
    for i in range(FREE_ATTEMPTS):
        client.post("/api/session", json={"name": f"guess-{i}", "password": "not-the-password"})

    answer = client.post("/api/session", json={"name": "li", "password": PASSWORDS["li"]})

    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1


def test_signing_out_makes_a_copied_cookie_worthless(as_person: SignIn) -> None:
    client = as_person("li")
    copied = client.cookies[COOKIE_NAME]
    client.delete("/api/session")

    answer = client.get("/api/cameras", headers={"cookie": f"{COOKIE_NAME}={copied}"})

    assert answer.status_code == 401


def test_disabled_person_is_out_with_the_next_request(as_person: SignIn, system: FakeSystem) -> None:
    client = as_person("li")
    system.people.disable("li")

    assert client.get("/api/cameras").status_code == 401


def test_changed_password_ends_the_sessions_of_the_old_one(as_person: SignIn, system: FakeSystem) -> None:
    client = as_person("li")
    system.people.set_password("li", "another one 9")

    assert client.get("/api/cameras").status_code == 401


def test_changed_password_opens_a_session_of_its_own(client: TestClient, system: FakeSystem) -> None:
    system.people.set_password("li", "another one 9")
    client.post("/api/session", json={"name": "li", "password": "another one 9"})

    assert client.get("/api/cameras").status_code == 200


def test_changed_password_leaves_others_signed_in(as_person: SignIn, system: FakeSystem) -> None:
    client = as_person("li")
    system.people.set_password("wang", "another one 9")

    assert client.get("/api/cameras").status_code == 200


def test_changed_role_counts_with_the_next_request(as_person: SignIn, system: FakeSystem) -> None:
    client = as_person("li")
    system.people.set_role("li", Role.VIEWER)

    assert client.post("/api/horns/post-3/say", json={"words": "hello"}).status_code == 403


def test_token_ends_by_itself() -> None:
    clock = Clock()
    sessions = Sessions(b"k" * KEY_BYTES, lifetime_s=60, clock=clock)
    token = sessions.issue("li", 0)
    clock.now_s += 60

    with pytest.raises(NotSignedInError):
        sessions.read(token)


def test_token_of_another_key_is_refused() -> None:
    token = Sessions(b"k" * KEY_BYTES, lifetime_s=60).issue("li", 0)

    with pytest.raises(NotSignedInError):
        Sessions(b"x" * KEY_BYTES, lifetime_s=60).read(token)


def test_unsigned_token_is_refused() -> None:
    import jwt

    token = jwt.encode({"sub": "zhang", "exp": 9e9, "jti": "1"}, "", algorithm="none")

    with pytest.raises(NotSignedInError):
        Sessions(b"k" * KEY_BYTES, lifetime_s=60).read(token)


def test_key_is_private_and_stays_the_same(tmp_path: Path) -> None:
    path = tmp_path / "session.key"
    key = load_or_make_key(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_make_key(path) == key


def test_key_file_that_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "session.key"
    path.write_bytes(b"short")

    assert len(load_or_make_key(path)) == KEY_BYTES


def test_wait_doubles_with_each_failure_and_ends() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(FREE_ATTEMPTS + 1):
        attempts.failed("10.0.0.7")

    with pytest.raises(TooManyAttemptsError, match="8 s"):
        attempts.check("10.0.0.7")
    clock.now_s += 8
    attempts.check("10.0.0.7")


def test_success_forgets_the_failures_of_an_address() -> None:
    attempts = Attempts(Clock())
    for _ in range(FREE_ATTEMPTS):
        attempts.failed("10.0.0.7")
    attempts.succeeded("10.0.0.7")

    attempts.check("10.0.0.7")


def test_failures_of_one_address_do_not_hinder_another() -> None:
    attempts = Attempts(Clock())
    for _ in range(FREE_ATTEMPTS):
        attempts.failed("10.0.0.7")

    attempts.check("10.0.0.8")
