"""Exchange forms over HTTP: signed, kept once, acknowledged when repeated, refused with other content."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cases.outbox import Outbox
from cases.received_forms import FormInbox
from cases.store import CaseStore
from pipeline.outward.courier import Courier, CourierPolicy
from pipeline.outward.settings import OutwardSettings, SenderEntry
from pipeline.outward.signing import secret_bytes, signed_headers
from pipeline.outward.webhook import WebhookSender
from tests.api.fake_system import FakeSystem
from tests.pipeline.outward.builders import SECRET, entry, filed

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

FORM = {
    "form": "task_dispatch",
    "case_number": "SW202611210001",
    "sequence": 9,
    "issued_at": "2026-11-21T04:00:00Z",
    "issued_by": "指挥中心",
    "note": "",
    "code": "0406",
    "place": "东门",
    "unit": "市容大队",
    "due_at": "",
}


@pytest.fixture(autouse=True)
def known(system: FakeSystem) -> None:
    sender = SenderEntry.model_validate({"id": "city", "secret": SECRET})
    system.settings = system.settings.model_copy(update={"outward": OutwardSettings(senders=(sender,))})


def send(client: "TestClient", plain: Any, *, off: timedelta = timedelta(), secret: str = SECRET) -> Any:
    body = plain if isinstance(plain, bytes) else json.dumps(plain, ensure_ascii=False).encode()
    headers = signed_headers(secret_bytes(secret), "m-1", body, datetime.now(UTC) + off)
    return client.post("/api/exchange/forms", content=body, headers={**headers, "content-type": "application/json"})


def test_new_form_is_kept_and_its_receipt_tells_the_hash(client: "TestClient", as_person: Any) -> None:
    answer = send(client, FORM)

    assert answer.status_code == 201
    told = answer.json()
    assert (told["sender"], told["form"], told["sequence"], told["repeated"]) == ("city", "task_dispatch", 9, False)
    [kept] = as_person("wang").get("/api/exchange/forms?case_number=SW202611210001").json()["forms"]
    assert (kept["sha256"], kept["content"]["unit"], kept["is_accepted"]) == (told["sha256"], "市容大队", True)


def test_repeated_form_is_acknowledged_however_its_keys_are_ordered(client: "TestClient") -> None:
    first = send(client, FORM).json()

    again = send(client, dict(reversed(FORM.items())))

    assert again.status_code == 200
    assert again.json() == {**first, "repeated": True}


def test_other_content_is_refused_and_both_are_kept(client: "TestClient", as_person: Any) -> None:
    send(client, FORM)

    answer = send(client, {**FORM, "unit": "环卫处"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "other_content")
    forms = as_person("wang").get("/api/exchange/forms?case_number=SW202611210001").json()["forms"]
    assert [(form["content"]["unit"], form["is_accepted"]) for form in forms] == [("市容大队", True), ("环卫处", False)]


def test_form_without_a_fitting_signature_is_turned_away_unread(client: "TestClient", as_person: Any) -> None:
    other = "whsec_" + "A" * 32
    refusals = [
        client.post("/api/exchange/forms", json=FORM),
        send(client, FORM, secret=other),
        send(client, FORM, off=timedelta(minutes=-6)),
        send(client, b"{", secret=other),
    ]

    assert [answer.status_code for answer in refusals] == [401] * 4
    assert {answer.json()["error"]["code"] for answer in refusals} == {"bad_signature"}
    assert as_person("wang").get("/api/exchange/forms?case_number=SW202611210001").json() == {"forms": []}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "JSON"),
        (b"[]", "object"),
        (b"[" * 100_000, "JSON"),
        (b'{"form": "\xff"}', "JSON"),
        (b'{"form": "\\ud800"}', "JSON"),
        ({**FORM, "note": "\0"}, "U+0000"),
        ({**FORM, "sequence": 10**30}, "sequence"),
        ({**FORM, "form": "letter"}, "form"),
        ({**FORM, "sequence": -1}, "sequence"),
        ({**FORM, "extra": 1}, "extra"),
    ],
)
def test_body_that_is_no_form_is_told_where(client: "TestClient", body: Any, told: str) -> None:
    answer = send(client, body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_form")
    assert told in answer.json()["error"]["message"]


def test_body_larger_than_any_form_is_turned_away(client: "TestClient") -> None:
    assert send(client, {**FORM, "note": "x" * 300_000}).status_code == 413


def test_nobody_can_remove_or_replace_a_form(client: "TestClient", as_person: Any) -> None:
    send(client, FORM)
    person = as_person("zhang")
    for method in ("DELETE", "PUT", "PATCH"):
        assert person.request(method, "/api/exchange/forms", json={}).status_code == 405


def test_list_needs_an_account(client: "TestClient") -> None:
    assert client.get("/api/exchange/forms?case_number=SW1").status_code == 401


def test_form_of_one_installation_arrives_at_another_however_often_it_is_sent(
    system: FakeSystem, tmp_path: Path, address: str
) -> None:
    """District to city: the real courier, the real route."""
    district = CaseStore(f"sqlite:///{tmp_path}/district.sqlite")
    outbox = Outbox(district.database)
    outbox.set_targets({"city": "forms"})
    number = filed(district).number
    sender = WebhookSender(entry(f"{address}/api/exchange/forms", id="city", sends="forms"), "streetwarden test")
    courier = Courier("city", outbox, sender, CourierPolicy())
    [letter] = outbox.due("city", datetime.now(UTC), 5)

    sender.send(letter)  # and the program dies before it is written down
    courier.deliver_due()
    courier.stop()
    district.close()

    [kept] = FormInbox(system.cases.database).of_case(number)
    assert (kept.sender, kept.content["title"], kept.is_accepted) == ("city", "问题登记单", True)
