"""Cases over HTTP: lists, files, decisions."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient

from cases.states import Action
from tests.api.fake_system import FakeSystem
from tests.api.film import Film, mp4_bytes

SignIn = Callable[[str], TestClient]


def test_list_shows_the_newest_first(as_person: SignIn, system: FakeSystem) -> None:
    system.raise_case("gate-1", age_s=60)
    newest = system.raise_case("gate-2", kind="vending")

    answer = as_person("wang").get("/api/cases").json()

    assert answer["total"] == 2
    assert answer["cases"][0]["id"] == newest.case_id


def test_list_is_narrowed_by_state_kind_and_camera(as_person: SignIn, system: FakeSystem) -> None:
    wanted = system.raise_case("gate-1")
    system.raise_case("gate-1", kind="vending")
    system.raise_case("gate-2", age_s=5)
    filed = system.raise_case("gate-1", age_s=9)
    system.act(filed.case_id, Action.FILE, actor="li", reason="")

    answer = as_person("wang").get("/api/cases?state=candidate&state=warned&kind=parking&camera=gate-1").json()

    assert [case["id"] for case in answer["cases"]] == [wanted.case_id]


def test_list_comes_in_pages(as_person: SignIn, system: FakeSystem) -> None:
    for i in range(5):
        system.raise_case("gate-1", age_s=i)

    answer = as_person("wang").get("/api/cases?page=2&size=2").json()

    assert (len(answer["cases"]), answer["total"], answer["page"]) == (1, 5, 2)


def test_list_goes_on_after_the_last_case_that_was_seen(as_person: SignIn, system: FakeSystem) -> None:
    cases = [system.raise_case("gate-1", age_s=i) for i in range(5)]
    page = as_person("wang")
    seen: list[str] = []
    after = ""
    for _ in range(3):
        answer = page.get("/api/cases", params={"size": 2, "after": after}).json()
        seen += [case["id"] for case in answer["cases"]]
        after = answer["next"]

    assert seen == [case.case_id for case in cases]
    assert (after, answer["total"], answer["is_more"]) == ("", 5, False)


@pytest.mark.parametrize("query", ["after=yesterday", "after=20261121T040000.000000Z", "page=101&size=100"])
def test_page_that_cannot_be_gone_to_is_refused_with_the_way_out(as_person: SignIn, query: str) -> None:
    answer = as_person("wang").get(f"/api/cases?{query}")

    assert answer.status_code == 400
    assert "hand back" in answer.json()["error"]["message"] or "narrow" in answer.json()["error"]["message"]


def test_list_is_searched_by_a_single_character(as_person: SignIn, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")

    page = as_person("wang")

    assert page.get("/api/cases", params={"text": case.camera_name[0]}).json()["total"] == 1
    assert page.get("/api/cases", params={"text": "龘"}).json()["total"] == 0


@pytest.mark.parametrize("query", ["state=unheard-of", "size=0", "size=201", "page=-1"])
def test_impossible_filter_is_refused(as_person: SignIn, query: str) -> None:
    assert as_person("wang").get(f"/api/cases?{query}").status_code == 422


def test_counts_name_every_state(as_person: SignIn, system: FakeSystem) -> None:
    system.raise_case("gate-1")

    counts = as_person("wang").get("/api/cases/counts").json()["counts"]

    assert counts["candidate"] == 1
    assert counts["closed"] == 0


def test_case_tells_its_files_history_reasons_and_what_may_be_done(as_person: SignIn, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")
    system.add_warning(case)

    answer = as_person("li").get(f"/api/cases/{case.case_id}").json()

    assert [file["role"] for file in answer["case"]["files"]] == ["panorama", "panorama", "close_up", "marked"]
    assert answer["case"]["reasons"][0] == {"key": "dwell", "value": 42.0, "unit": "s"}
    assert answer["case"]["warnings"][0]["file"].endswith(".wav")
    assert answer["case"]["actions"] == ["confirm", "warn", "file", "dismiss", "merge"]
    assert [row["action"] for row in answer["history"]] == ["open", "add_pack", "add_warning", "warn"]


def test_unknown_case_is_named(as_person: SignIn) -> None:
    answer = as_person("wang").get("/api/cases/feedbeef")

    assert answer.status_code == 404
    assert "feedbeef" in answer.json()["error"]["message"]


def test_file_comes_as_it_was_written(as_person: SignIn, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")
    file = case.files[0]

    client = as_person("li")
    href = client.get(f"/api/cases/{case.case_id}").json()["case"]["files"][0]["href"]
    answer = client.get(href)

    assert answer.content == system.evidence.path_of(file.path).read_bytes()
    assert answer.headers["content-type"] == "image/jpeg"


def test_clip_is_served_in_ranges(as_person: SignIn, system: FakeSystem, film: Film, tmp_path: Path) -> None:
    clip = mp4_bytes(film, tmp_path)
    case = system.raise_case("gate-1", clip=clip)

    answer = as_person("li").get(f"/api/cases/{case.case_id}/files/2/clip.mp4", headers={"range": "bytes=100-199"})

    assert answer.status_code == 206
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-range"] == f"bytes 100-199/{len(clip)}"
    assert answer.content == clip[100:200]


@pytest.mark.parametrize("name", ["manifest.json", "..%2f..%2fcases.sqlite", "none.jpg"])
def test_only_files_of_the_case_are_served(as_person: SignIn, system: FakeSystem, name: str) -> None:
    case = system.raise_case("gate-1")

    assert as_person("wang").get(f"/api/cases/{case.case_id}/files/1/{name}").status_code == 404


def test_what_a_later_pack_brought_is_no_longer_missing(
    as_person: SignIn, system: FakeSystem, film: Film, tmp_path: Path
) -> None:
    lacking = ("no_clip", "clock_error_too_large")
    case = system.raise_case("gate-1", clip=mp4_bytes(film, tmp_path), lacking=lacking)

    answer = as_person("wang").get(f"/api/cases/{case.case_id}").json()

    assert answer["case"]["incomplete"] == ["clock_error_too_large"]


def test_thumbnail_is_small(as_person: SignIn, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")

    answer = as_person("wang").get(f"/api/cases/{case.case_id}/thumbnail.jpg")

    assert cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR).shape == (180, 320, 3)


def test_confirming_names_the_person(as_person: SignIn, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")

    answer = as_person("li").post(f"/api/cases/{case.case_id}/actions", json={"action": "confirm"}).json()

    assert (answer["case"]["state"], answer["case"]["reviewed_by"]) == ("confirmed", "li")
    assert answer["history"][-1]["actor"] == "li"


def test_dismissing_needs_a_reason(as_person: SignIn, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")

    answer = as_person("li").post(f"/api/cases/{case.case_id}/actions", json={"action": "dismiss", "reason": "  "})

    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "reason_missing"


def test_impossible_action_says_what_is_possible(as_person: SignIn, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")

    answer = as_person("li").post(f"/api/cases/{case.case_id}/actions", json={"action": "close", "reason": "gone"})

    assert answer.status_code == 409
    assert "confirm" in answer.json()["error"]["message"]


def test_decision_on_a_stale_view_is_refused(as_person: SignIn, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")
    system.act(case.case_id, Action.CONFIRM, actor="zhang", reason="")

    body = {"action": "dismiss", "reason": "waiting", "revision": case.revision}
    answer = as_person("li").post(f"/api/cases/{case.case_id}/actions", json=body)

    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "stale_edit"


@pytest.mark.parametrize("action", ["resolve", "explode", ""])
def test_action_that_is_not_a_persons_is_refused(as_person: SignIn, system: FakeSystem, action: str) -> None:
    case = system.raise_case("gate-1")

    assert as_person("li").post(f"/api/cases/{case.case_id}/actions", json={"action": action}).status_code == 422


def test_words_with_a_nul_are_refused_before_a_horn_speaks_them(as_person: SignIn, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")

    answer = as_person("li").post(f"/api/cases/{case.case_id}/warn", json={"phrase": "leave\0"})

    assert answer.status_code == 422


def test_warning_is_ordered_in_the_persons_name(as_person: SignIn, system: FakeSystem) -> None:
    case = system.raise_case("gate-1")

    answer = as_person("li").post(f"/api/cases/{case.case_id}/warn", json={})

    assert answer.status_code == 202
    assert system.warned == [(case.case_id, "li")]
