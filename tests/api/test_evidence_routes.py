"""Who gets which picture: originals at the alarm desk or with leave, which is written down, copies otherwise."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from cases.deeds import Order
from cases.devices import DeviceEntry
from cases.people import Role
from cases.posts import Doer, Post
from cases.records import Case
from cases.states import Action
from tests.api.fake_system import PASSWORDS, FakeSystem
from tests.cases.blurring import decoded

UNIT_PASSWORD = "department-password"
SignIn = Callable[[str], TestClient]
DEVICE = DeviceEntry(
    approval="12", standard="GA/T 832-2014", published_at="n", sign="s", legal_basis="l",
    valid_from=date(2020, 1, 1), valid_until=date(2090, 1, 1),
)  # fmt: skip


def filed(system: FakeSystem) -> Case:
    case = system.raise_case("gate-1")
    system.act(case.case_id, Action.CONFIRM, actor="li", reason="")
    return system.act(case.case_id, Action.FILE, actor="li", reason="")


def picture(client: TestClient, case: Case) -> tuple[str, bytes]:
    """Return what is said of the first picture, and the picture."""
    answer = client.get(f"/api/cases/{case.case_id}/files/1/panorama-a.jpg")
    assert answer.status_code == 200, answer.text
    return answer.headers["x-evidence"], answer.content


def original(system: FakeSystem, case: Case) -> bytes:
    return system.evidence.path_of(case.files[0].path).read_bytes()


def test_operator_sees_the_originals_of_alarms_without_being_asked(as_person: SignIn, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")

    assert picture(as_person("li"), case) == ("original", original(system, case))


def test_viewer_sees_blurred_copies_only_and_cannot_ask_for_more(as_person: SignIn, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")
    client = as_person("wang")

    said, content = picture(client, case)

    assert said == "blurred"
    assert content != original(system, case)
    assert decoded(content).shape == decoded(original(system, case)).shape
    assert client.get(f"/api/cases/{case.case_id}/thumbnail.jpg").headers["x-evidence"] == "blurred"
    refused = client.post(f"/api/cases/{case.case_id}/views", json={"reason": "curious"})
    assert refused.status_code == 403


def test_filed_case_is_blurred_until_a_reason_is_given_which_the_history_tells(
    as_person: SignIn, system: FakeSystem
) -> None:
    case = filed(system)
    client = as_person("li")
    assert picture(client, case)[0] == "blurred"

    answer = client.post(f"/api/cases/{case.case_id}/views", json={"reason": "appeal 12"})

    assert answer.status_code == 201
    assert answer.json()["sees_originals"] is True
    assert picture(client, case) == ("original", original(system, case))
    row = system.cases.history(case.case_id)[-1]
    assert (row.action, row.actor, row.reason) == ("view", "li", "appeal 12")


def test_leave_ends_with_its_time_and_with_the_sign_in(as_person: SignIn, system: FakeSystem) -> None:
    case = filed(system)
    client = as_person("li")
    client.post(f"/api/cases/{case.case_id}/views", json={"reason": "appeal"})
    leave = system.desk.standing(case, _seer(system, client)).view_until
    assert leave is not None

    system.now = leave
    assert picture(client, case)[0] == "blurred"
    system.now = leave - timedelta(seconds=1)
    assert picture(client, case)[0] == "original"
    assert picture(as_person("li"), case)[0] == "blurred"
    client.post("/api/session", json={"name": "zhang", "password": PASSWORDS["zhang"]})
    assert picture(client, case)[0] == "blurred"


def _seer(system: FakeSystem, client: TestClient):  # type: ignore[no-untyped-def]
    from api.sessions import COOKIE_NAME
    from pipeline.evidence_desk import Seer

    session = client.app.state.front.sessions.read(client.cookies[COOKIE_NAME])
    return Seer(session.name, session.token_id, has_desk=True)


@pytest.mark.parametrize("reason", ["", "   "])
def test_nobody_sees_originals_without_a_reason(as_person: SignIn, system: FakeSystem, reason: str) -> None:
    case = filed(system)
    client = as_person("li")

    answer = client.post(f"/api/cases/{case.case_id}/views", json={"reason": reason})

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "reason_missing")
    assert picture(client, case)[0] == "blurred"


def test_browser_may_keep_no_picture(as_person: SignIn, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")

    answer = as_person("li").get(f"/api/cases/{case.case_id}/files/1/panorama-a.jpg")

    assert answer.headers["cache-control"] == "no-store"


def test_deleted_file_is_answered_as_gone_by_rule(as_person: SignIn, system: FakeSystem) -> None:
    from cases.tables import PackRow

    case = filed(system)
    with system.cases.database.writing() as session:
        row = session.get(PackRow, 1)
        assert row is not None
        row.deleted_at, row.deletion_rule = case.raised_at, "closed"

    client = as_person("li")
    answer = client.get(f"/api/cases/{case.case_id}/files/1/panorama-a.jpg")

    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "evidence_deleted")
    assert client.get(f"/api/cases/{case.case_id}").json()["case"]["files"] == []
    assert client.get(f"/api/cases/{case.case_id}/thumbnail.jpg").status_code == 404


def test_lock_and_unlock_are_asked_for_with_a_reason_by_operators(as_person: SignIn, system: FakeSystem) -> None:
    case = filed(system)
    client = as_person("li")

    locked = client.post(f"/api/cases/{case.case_id}/lock", json={"reason": "appeal"}).json()
    again = client.post(f"/api/cases/{case.case_id}/lock", json={"reason": "appeal"})
    unlocked = client.post(f"/api/cases/{case.case_id}/unlock", json={"reason": "over"}).json()

    assert (locked["lock"]["set_by"], locked["lock"]["reason"]) == ("li", "appeal")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "lock")
    assert unlocked["lock"] is None
    assert as_person("wang").post(f"/api/cases/{case.case_id}/lock", json={"reason": "x"}).status_code == 403


def test_case_is_released_by_a_reviewer_only_when_nothing_is_in_the_way(as_person: SignIn, system: FakeSystem) -> None:
    case = filed(system)
    client = as_person("zhang")
    standing = client.get(f"/api/cases/{case.case_id}/evidence").json()
    assert standing["hindrances"] == ["incomplete", "no_device"]
    assert client.post(f"/api/cases/{case.case_id}/release", json={"reason": "art. 30"}).status_code == 409

    system.devices["gate-1"] = DEVICE
    _make_whole(system, case)
    released = client.post(f"/api/cases/{case.case_id}/release", json={"reason": "art. 30"})

    assert released.status_code == 201, released.text
    assert (released.json()["released"]["set_by"], released.json()["hindrances"]) == ("zhang", [])
    withdrawn = client.post(f"/api/cases/{case.case_id}/release/withdraw", json={"reason": "error"}).json()
    assert withdrawn["released"] is None


def _make_whole(system: FakeSystem, case: Case) -> None:
    """Add the clip that the case lacks."""
    from cases.packs import PackPurpose, Part, PartRole

    facts = system.evidence.packs(case.case_id)[0].manifest.facts
    clip = Part("clip.mp4", b"moving", PartRole.CLIP)
    system.cases.add_pack(
        case.case_id, system.evidence.write_pack(case.case_id, [clip], replace(facts, purpose=PackPurpose.CLIP))
    )


@pytest.fixture
def department(system: FakeSystem) -> Iterator[TestClient]:
    """Somebody who works for the unit `cleaning-2` and for nobody else."""
    system.people.create("qian", UNIT_PASSWORD, Role.OPERATOR, posts=[Post.DEPARTMENT], unit="cleaning-2")
    with TestClient(create_app(system)) as visitor:
        assert visitor.post("/api/session", json={"name": "qian", "password": UNIT_PASSWORD}).status_code == 200
        yield visitor


def dispatched(system: FakeSystem, unit: str) -> Case:
    case = filed(system)
    for order in (Order(Action.ACCEPT), Order(Action.APPROVE), Order(Action.DISPATCH, unit=unit)):
        case = system.decide(case.case_id, order, by=Doer("zhang"))
    return case


def test_who_works_for_a_unit_may_ask_to_see_its_cases_only(department: TestClient, system: FakeSystem) -> None:
    system.people.create("zhou", UNIT_PASSWORD, Role.OPERATOR, posts=[Post.HANDLER], unit="cleaning-3")
    own, foreign = dispatched(system, "cleaning-2"), dispatched(system, "cleaning-3")

    asked = [department.post(f"/api/cases/{case.case_id}/views", json={"reason": "x"}) for case in (own, foreign)]

    assert [answer.status_code for answer in asked] == [201, 403]
    assert asked[1].json()["error"]["code"] == "foreign_unit"
    assert (picture(department, own)[0], picture(department, foreign)[0]) == ("original", "blurred")
    assert system.cases.history(foreign.case_id)[-1].action == "dispatch"


def test_alarm_desk_is_not_for_who_works_for_a_unit(department: TestClient, system: FakeSystem) -> None:
    assert picture(department, system.raise_case("gate-1"))[0] == "blurred"


@pytest.mark.parametrize("what", ["lock", "unlock", "release", "release/withdraw"])
def test_who_works_for_a_unit_neither_locks_nor_releases(department: TestClient, system: FakeSystem, what: str) -> None:
    case = dispatched(system, "cleaning-2")

    answer = department.post(f"/api/cases/{case.case_id}/{what}", json={"reason": "ours"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "post_missing")
