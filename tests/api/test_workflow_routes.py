"""The way of cases over HTTP: steps with what they need, whose they are, inboxes, and the tables behind the page."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from cases.people import Role
from cases.posts import Post
from cases.records import Case
from tests.api.fake_system import FakeSystem

SignIn = Callable[[str], TestClient]
PASSWORD = "department-password"


@pytest.fixture
def department(system: FakeSystem) -> Iterator[TestClient]:
    """Somebody of the unit `cleaning-2`."""
    system.people.create("qian", PASSWORD, Role.OPERATOR, posts=[Post.DEPARTMENT, Post.HANDLER], unit="cleaning-2")
    with TestClient(create_app(system)) as visitor:
        assert visitor.post("/api/session", json={"name": "qian", "password": PASSWORD}).status_code == 200
        yield visitor


def do(client: TestClient, case: Case, action: str, **details: object) -> dict:
    answer = client.post(f"/api/cases/{case.case_id}/actions", json={"action": action, **details})
    assert answer.status_code == 200, answer.text
    return answer.json()


def dispatched(client: TestClient, case: Case) -> None:
    for action in ("file", "accept", "approve"):
        do(client, case, action)
    do(client, case, "dispatch", unit="cleaning-2")


def test_case_goes_its_way_between_centre_and_unit(
    as_person: SignIn, department: TestClient, system: FakeSystem
) -> None:
    case, centre = system.raise_case("gate-1"), as_person("li")
    dispatched(centre, case)
    assert "start" in department.get(f"/api/cases/{case.case_id}").json()["case"]["actions"]

    do(department, case, "start")
    do(department, case, "report", reason="cleared")
    do(department, case, "feed_back")
    do(centre, case, "pass_check")
    answer = do(centre, case, "close", reason="handled")

    assert (answer["case"]["state"], answer["case"]["actions"]) == ("closed", ["reopen"])
    assert (answer["case"]["handling"]["unit"], answer["case"]["handling"]["handler"]) == ("cleaning-2", "qian")
    assert answer["case"]["handling"]["closed_at"]


def test_answer_tells_what_the_person_may_do_next(as_person: SignIn, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")

    answer = do(as_person("li"), case, "file")

    expected = "confirm warn dismiss close accept decline verify merge supervise take_complaint"
    assert answer["case"]["actions"] == expected.split()


def test_viewer_is_offered_nothing(as_person: SignIn, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")

    assert as_person("wang").get(f"/api/cases/{case.case_id}").json()["case"]["actions"] == []


@pytest.mark.parametrize(
    ("body", "status", "code", "facts"),
    [
        ({"action": "dispatch"}, 422, "action_detail", {"detail": "unit", "cause": "missing"}),
        ({"action": "send_back"}, 422, "reason_missing", {"action": "send_back"}),
        ({"action": "send_back", "reason": "no", "into": "x"}, 422, "action_detail", {"cause": "not_wanted"}),
        ({"action": "start"}, 409, "illegal_transition", {"state": "approved"}),
        ({"action": "merge", "into": "SW1"}, 409, "illegal_transition", {"action": "merge"}),
        ({"action": "dispatch", "unit": "a", "condition": 0}, 422, "not_valid", {"key": "condition"}),
        ({"action": "dispatch", "unit": "a", "colour": "red"}, 422, "not_valid", {"key": "colour"}),
        ({"action": "suspend", "until": "2026-12-01T00:00:00"}, 422, "not_valid", {"key": "until"}),
        ({"action": "supervise", "kind": "whim"}, 422, "not_valid", {"key": "kind"}),
    ],
)
def test_step_that_lacks_something_says_what(
    as_person: SignIn, system: FakeSystem, body: dict, status: int, code: str, facts: dict
) -> None:
    case, client = system.raise_case("gate-1"), as_person("li")
    for action in ("file", "accept", "approve"):
        do(client, case, action)

    answer = client.post(f"/api/cases/{case.case_id}/actions", json=body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert facts.items() <= answer.json()["error"]["facts"].items()


def test_step_of_another_post_is_refused_and_names_whose_it_is(department: TestClient, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")

    answer = department.post(f"/api/cases/{case.case_id}/actions", json={"action": "file"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "post_missing")
    assert answer.json()["error"]["facts"]["posts"] == "video_seat"


def test_case_of_another_unit_is_not_ones_own(as_person: SignIn, department: TestClient, system: FakeSystem) -> None:
    case, centre = system.raise_case("gate-1"), as_person("li")
    system.people.create("sun", PASSWORD, Role.OPERATOR, posts=[Post.DEPARTMENT], unit="parks-1")
    for action in ("file", "accept", "approve"):
        do(centre, case, action)
    do(centre, case, "dispatch", unit="parks-1")

    answer = department.post(f"/api/cases/{case.case_id}/actions", json={"action": "start"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "foreign_unit")


def test_dispatch_to_a_unit_that_nobody_knows_is_refused_and_names_those_alike(
    as_person: SignIn, department: TestClient, system: FakeSystem
) -> None:
    case, centre = system.raise_case("gate-1"), as_person("li")
    for action in ("file", "accept", "approve"):
        do(centre, case, action)

    answer = centre.post(f"/api/cases/{case.case_id}/actions", json={"action": "dispatch", "unit": "cleaning-1"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "unknown_unit")
    assert answer.json()["error"]["facts"] == {"unit": "cleaning-1", "nearest": "cleaning-2"}
    assert system.cases.get(case.case_id).state == "approved"
    assert centre.get("/api/places/units").json() == {"units": ["cleaning-2"]}


def test_any_unit_takes_a_case_where_none_is_known(as_person: SignIn, system: FakeSystem) -> None:
    case, centre = system.raise_case("gate-1"), as_person("li")
    dispatched(centre, case)

    assert system.cases.get(case.case_id).handling.unit == "cleaning-2"
    assert centre.get("/api/places/units").json() == {"units": []}


def test_complaint_and_answer_are_noted_and_closing_waits_for_a_satisfied_citizen(
    as_person: SignIn, system: FakeSystem
) -> None:
    case, centre = system.raise_case("gate-1"), as_person("li")
    do(centre, case, "file")
    do(centre, case, "take_complaint", reason="blocks the pavement", complaint="public")

    answer = centre.post(f"/api/cases/{case.case_id}/actions", json={"action": "close", "reason": "gone"})

    assert (answer.status_code, answer.json()["error"]["facts"]["cause"]) == (409, "not_satisfied")
    told = do(centre, case, "take_answer", answer="satisfied")
    assert (told["case"]["handling"]["complaint"], told["case"]["handling"]["answer"]) == ("public", "satisfied")
    assert do(centre, case, "close", reason="gone")["case"]["state"] == "closed"


def test_second_decision_on_one_view_is_refused_for_a_step_of_the_workflow(
    as_person: SignIn, system: FakeSystem
) -> None:
    case, client = system.raise_case("gate-1"), as_person("li")
    seen = do(client, case, "file")["case"]["revision"]
    do(client, case, "accept", revision=seen)

    answer = client.post(f"/api/cases/{case.case_id}/actions", json={"action": "approve", "revision": seen})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "stale_edit")


def test_only_the_video_seat_orders_a_warning(department: TestClient, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")

    assert department.post(f"/api/cases/{case.case_id}/warn", json={}).status_code == 403
    assert system.warned == []


def test_inbox_holds_what_waits_for_the_person(as_person: SignIn, department: TestClient, system: FakeSystem) -> None:
    case, other = system.raise_case("gate-1"), system.raise_case("gate-2")
    centre = as_person("li")
    dispatched(centre, case)

    def inbox(client: TestClient) -> list[str]:
        return [found["id"] for found in client.get("/api/cases?inbox=mine").json()["cases"]]

    assert inbox(centre) == [other.case_id]
    assert inbox(department) == [case.case_id]


def test_list_is_narrowed_by_unit_and_lateness(as_person: SignIn, system: FakeSystem) -> None:
    system.cases = type(system.cases)(system.cases.database, deadlines=OneSecond())
    late, client = system.raise_case("gate-1"), as_person("li")
    system.raise_case("gate-2")
    dispatched(client, late)

    def found(query: str) -> list[str]:
        return [case["id"] for case in client.get(f"/api/cases?{query}").json()["cases"]]

    assert found("unit=cleaning-2") == found("overdue=true") == [late.case_id]
    assert found("unit=parks-1") == []
    assert client.get("/api/cases?unit=cleaning-2").json()["cases"][0]["is_overdue"]


def test_workflow_is_told_whole(as_person: SignIn) -> None:
    told = as_person("wang").get("/api/cases/workflow").json()

    assert told["forms"]["five"][0] == ["巡查", "Patrol"]
    assert told["stages"]["checking"] == {"seven": 6, "six": 6, "five": 5}
    assert told["stages"]["merged"]["five"] is None
    assert told["rules"]["suspend"] == {"needs_reason": True, "needs": ["until"], "takes": []}
    assert {"action": "approve", "before": ["accepted"], "after": "approved", "posts": ["shift_leader"]} in told[
        "steps"
    ]


def test_tables_are_for_those_who_are_signed_in(client: TestClient) -> None:
    assert client.get("/api/cases/workflow").status_code == 401


class OneSecond:
    """A limit that has passed when it begins."""

    def due_at(self, code: str, condition: int | None, start: datetime, spent_s: float) -> datetime:
        return start - timedelta(seconds=1)

    def spent_s(self, code: str, condition: int | None, start: datetime, end: datetime) -> float:
        return (end - start).total_seconds()
