"""What the page is told while the database is away, and that it needs no restart afterwards."""

from collections.abc import Callable

from fastapi.testclient import TestClient

from tests.api.fake_system import FakeSystem
from tests.postgres_server import PostgresServer


def test_page_is_told_that_the_database_is_away_and_goes_on_when_it_is_back(
    as_person: Callable[[str], TestClient], system: FakeSystem, postgres: PostgresServer
) -> None:
    system.move_to(postgres.create("page"))
    case = system.raise_case("gate-1")
    page = as_person("li")
    postgres.stop()
    try:
        answers = [page.get("/api/cases"), page.get("/api/cases/counts"), page.get(f"/api/cases/{case.case_id}")]
        decided = page.post(f"/api/cases/{case.case_id}/actions", json={"action": "confirm", "revision": 1})
    finally:
        postgres.start()

    for answer in (*answers, decided):
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "database"
        assert "see that the PostgreSQL server runs and can be reached" in answer.json()["error"]["message"]
    assert page.get("/api/cases").json()["total"] == 1
    decided = page.post(f"/api/cases/{case.case_id}/actions", json={"action": "confirm", "revision": 1})
    assert decided.json()["case"]["state"] == "confirmed"
    system.cases.close()
    postgres.drop("page")
