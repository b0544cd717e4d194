"""Labels over the wire: who may, what is answered, and what is refused in which words."""

import dataclasses
import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.bodies_labels import picture_href
from datasets.label_desk import LabelDesk
from datasets.label_sets import LabelSets
from datasets.sheets import read_sheet
from tests.api.fake_system import FakeSystem
from tests.cases.failing_disk import FailingDisk
from tests.datasets.label_folders import NOON, put_set

SignIn = Callable[[str], TestClient]
Body = dict[str, Any]

SHEET = "/api/labels/gate/pictures/a"
CHANGES = f"{SHEET}/changes"
READS = ["/api/labels", "/api/labels/gate/pictures", SHEET, f"{SHEET}/picture", f"{SHEET}/picture?width=320"]
CONFIRM: Body = {"kind": "confirm", "ids": [1]}


@pytest.fixture
def folder(system: FakeSystem) -> Path:
    """The set `gate` of the service, with the pictures a, b and c."""
    return put_set(system.settings.labels_folder)


@pytest.fixture
def li(as_person: SignIn, folder: Path) -> TestClient:
    """An operator's browser, at noon."""
    client = as_person("li")
    state = client.app.state  # type: ignore[attr-defined]
    state.front = dataclasses.replace(state.front, now=lambda: NOON)
    return client


def fill_up(client: TestClient, folder: Path) -> None:
    """Let the disk be full at the next write."""
    state = client.app.state  # type: ignore[attr-defined]
    full = LabelDesk(LabelSets(folder.parent), disk=FailingDisk(1, errno.ENOSPC))
    state.front = dataclasses.replace(state.front, labels=full)


def shut(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let nobody look into a folder: tests may run as root, from whom no mode keeps anything."""
    refusal = PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
    looked_at, listed = Path.is_dir, os.scandir

    def is_dir(path: Path) -> bool:
        if folder in path.parents:
            raise refusal
        return looked_at(path)

    def scandir(path: Any = ".") -> Any:
        if str(path) == str(folder):
            raise refusal
        return listed(path)

    monkeypatch.setattr(Path, "is_dir", is_dir)
    monkeypatch.setattr(os, "scandir", scandir)


def change(client: TestClient, body: Body, path: str = CHANGES, revision: str = "") -> Any:
    seen = revision or client.get(path.removesuffix("/changes")).json()["revision"]
    return client.post(path, json={"revision": seen, "change": body})


def error_of(answer: Any) -> Body:
    error: Body = answer.json()["error"]
    return error


@pytest.mark.parametrize("path", READS)
def test_labels_are_for_operators(folder: Path, client: TestClient, as_person: SignIn, path: str) -> None:
    assert client.get(path).status_code == 401
    assert as_person("wang").get(path).status_code == 403
    assert as_person("li").get(path).status_code == 200
    assert as_person("zhang").get(path).status_code == 200


def test_who_only_watches_changes_nothing(folder: Path, client: TestClient, as_person: SignIn) -> None:
    before = (folder / "sheets" / "a.json").read_bytes()
    assert client.post(CHANGES, json={"revision": "0", "change": CONFIRM}).status_code == 401
    assert as_person("wang").post(CHANGES, json={"revision": "0", "change": CONFIRM}).status_code == 403
    assert (folder / "sheets" / "a.json").read_bytes() == before


def test_service_without_sets_says_so(as_person: SignIn) -> None:
    assert as_person("li").get("/api/labels").json() == {"sets": []}


def test_sets_are_listed_with_their_progress(li: TestClient, folder: Path) -> None:
    put_set(folder.parent, "东门 1%#?", ["x"])
    gate, east = li.get("/api/labels").json()["sets"]
    assert gate == {"name": "gate", "pictures": 3, "reviewed": 0, "open_boxes": 9, "broken": 0}
    assert east["name"] == "东门 1%#?"
    assert li.get(picture_href(east["name"], "x")).content[:2] == b"\xff\xd8"


@pytest.mark.parametrize("place", ["shut", "shut/sheets"])
def test_set_that_cannot_be_read_takes_no_other_out_of_the_list(
    li: TestClient, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, place: str
) -> None:
    put_set(folder.parent, "shut")
    shut(monkeypatch, folder.parent / place)
    assert [each["name"] for each in li.get("/api/labels").json()["sets"]] == ["gate"]
    assert "labelled set shut: left out of the list" in caplog.text


def test_set_that_is_removed_while_it_is_listed_takes_no_other_out_of_the_list(
    li: TestClient, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.parent / "away" / "sheets").mkdir(parents=True)
    names = LabelSets(folder.parent).names()
    (folder.parent / "away" / "sheets").rmdir()
    monkeypatch.setattr(LabelSets, "names", lambda sets: names)
    assert names == ("away", "gate")
    assert [each["name"] for each in li.get("/api/labels").json()["sets"]] == ["gate"]


def test_pictures_come_page_by_page(li: TestClient) -> None:
    first = li.get("/api/labels/gate/pictures?size=2").json()
    second = li.get("/api/labels/gate/pictures?size=2&page=1").json()
    assert [row["name"] for row in (*first["pictures"], *second["pictures"])] == ["a", "b", "c"]
    assert (first["total"], first["progress"]["pictures"]) == (3, 3)
    assert first["pictures"][0] == {
        "name": "a",
        "href": f"{SHEET}/picture",
        "is_broken": False,
        "is_reviewed": False,
        "boxes": 3,
        "open_boxes": 3,
        "doubtful": 3,
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("state=open", ["b", "c"]),
        ("state=reviewed", ["a"]),
        ("state=doubtful", ["b", "c"]),
        ("class_name=car", ["b", "c"]),
        ("class_name=bus", ["a", "b", "c"]),
        ("state=reviewed&class_name=tricycle", []),
    ],
)
def test_pictures_are_filtered(li: TestClient, query: str, names: list[str]) -> None:
    change(li, {"kind": "delete", "ids": [1]})
    change(li, {"kind": "review", "classes": ["bus", "person"]})
    assert [row["name"] for row in li.get(f"/api/labels/gate/pictures?{query}").json()["pictures"]] == names


def test_unknown_filter_is_refused(li: TestClient) -> None:
    assert li.get("/api/labels/gate/pictures?state=pretty").status_code == 422


def test_sheet_comes_with_what_is_doubtful_and_with_its_neighbours(li: TestClient) -> None:
    change(li, {"kind": "review", "classes": ["car"]}, "/api/labels/gate/pictures/b/changes")
    sheet = li.get(f"{SHEET}?state=open").json()
    assert [box["id"] for box in sheet["sheet"]["boxes"]] == [1, 2, 3]
    assert (sheet["doubtful"], sheet["is_reviewed"]) == ([2, 3], False)
    assert (sheet["previous"], sheet["next"]) == (None, "c")
    assert li.get(SHEET).json()["next"] == "b"


def test_damaged_sheet_is_passed_over_and_said_when_asked_for(li: TestClient, folder: Path) -> None:
    (folder / "sheets" / "b.json").write_text('{"format": "streetwarden-sheet", "version": 7}')
    assert li.get(SHEET).json()["next"] == "c"
    row = li.get("/api/labels/gate/pictures").json()["pictures"][1]
    assert (row["name"], row["is_broken"]) == ("b", True)
    for answer in (
        li.get("/api/labels/gate/pictures/b"),
        li.post("/api/labels/gate/pictures/b/changes", json={"revision": "0", "change": CONFIRM}),
    ):
        assert (answer.status_code, error_of(answer)["code"]) == (422, "broken_sheet")
        assert error_of(answer)["facts"] == {"set_name": "gate", "picture": "b"}
        assert str(folder) not in answer.text


def test_change_is_answered_with_the_new_sheet_and_is_in_the_file(li: TestClient, folder: Path) -> None:
    answer = change(li, {"kind": "draw", "box": [0, 0, 64, 36], "class_name": "stall"})
    assert answer.status_code == 200
    written = read_sheet(folder / "sheets" / "a.json")
    box = written.boxes[-1]
    assert (box.box, box.class_name, box.by, box.at) == ((0, 0, 64, 36), "stall", "li", NOON)
    assert answer.json()["sheet"] == json.loads(written.model_dump_json())
    assert answer.json()["revision"] == li.get(SHEET).json()["revision"]


@pytest.mark.parametrize(
    ("body", "standing"),
    [
        (CONFIRM, [1, 2, 3]),
        ({"kind": "delete", "ids": [1, 2]}, [3]),
        ({"kind": "move", "id": 1, "box": [1, 1, 50, 50]}, [2, 3, 4]),
        ({"kind": "rename", "id": 2, "class_name": "goods"}, [1, 3, 4]),
        ({"kind": "ignore", "box": [1, 1, 50, 50]}, [1, 2, 3]),
        ({"kind": "clear", "number": 0}, [1, 2, 3]),
        ({"kind": "review", "classes": ["car"]}, [1, 2, 3]),
    ],
)
def test_every_kind_of_change_is_made_and_taken_back(li: TestClient, body: Body, standing: list[int]) -> None:
    before = li.get(SHEET).json()["sheet"]
    after = change(li, body).json()["sheet"]
    assert after != before
    assert [box["id"] for box in after["boxes"] if box["state"] != "deleted"] == standing
    back = change(li, {"kind": "undo"}).json()["sheet"]
    assert [box for box in back["boxes"] if box["state"] != "deleted"] == before["boxes"]
    assert (back["ignored"], back["reviews"]) == (before["ignored"], before["reviews"])


def test_slower_of_two_gets_the_sheet_as_it_is_now(li: TestClient, folder: Path) -> None:
    seen = li.get(SHEET).json()["revision"]
    faster = change(li, {"kind": "delete", "ids": [1]}, revision=seen).json()
    slower = change(li, {"kind": "delete", "ids": [2]}, revision=seen)
    assert (slower.status_code, error_of(slower)["code"]) == (409, "stale_sheet")
    assert slower.json()["now"] == faster
    assert change(li, {"kind": "delete", "ids": [2]}, revision=slower.json()["now"]["revision"]).status_code == 200


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ({"kind": "confirm", "ids": [7]}, "unknown_box"),
        ({"kind": "rename", "id": 1, "class_name": "lorry"}, "unknown_class"),
        ({"kind": "draw", "box": [600, 300, 641, 350], "class_name": "car"}, "outside"),
        ({"kind": "move", "id": 1, "box": [5, 5, 5, 50]}, "too_small"),
        ({"kind": "clear", "number": 4}, "unknown_region"),
        ({"kind": "undo"}, "nothing_to_undo"),
    ],
)
def test_change_that_cannot_be_made_says_why(li: TestClient, folder: Path, body: Body, cause: str) -> None:
    before = (folder / "sheets" / "a.json").read_bytes()
    answer = change(li, body)
    assert (answer.status_code, error_of(answer)["code"], error_of(answer)["facts"]) == (
        422,
        "correction",
        {"cause": cause},
    )
    assert (folder / "sheets" / "a.json").read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [
        b'{"revision": "0", "change": {"kind": "draw", "box": [0, 0, NaN, 5], "class_name": "car"}}',
        b'{"revision": "0", "change": {"kind": "draw", "box": [0, 0, 1e999, 5], "class_name": "car"}}',
        b'{"revision": "0", "change": {"kind": "erase"}}',
        b'{"revision": "0", "change": {"kind": "confirm", "ids": [1], "by": "wang"}}',
        b'{"change": {"kind": "undo"}}',
        b"[]",
        b"{",
    ],
)
def test_what_is_no_change_is_not_valid(li: TestClient, content: bytes) -> None:
    answer = li.post(CHANGES, content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, error_of(answer)["code"]) == (422, "not_valid")


def test_full_disk_is_said_and_the_older_sheet_stays(li: TestClient, folder: Path) -> None:
    before = (folder / "sheets" / "a.json").read_bytes()
    fill_up(li, folder)
    answer = change(li, CONFIRM)
    assert (answer.status_code, error_of(answer)["code"]) == (503, "set_write")
    assert "the disk is full; make room there" in answer.text
    assert str(folder.parent) not in answer.text
    assert (folder / "sheets" / "a.json").read_bytes() == before
    assert change(li, CONFIRM).status_code == 200


HOSTILE = ["..", "%2e%2e", "..%2f..%2fetc", "..%5c..", "%00", ".gate", "a%0ab", "x" * 300, "%E5%9B%BE" * 200, "%ff"]


@pytest.mark.parametrize("name", HOSTILE)
def test_name_that_leads_elsewhere_is_unknown(li: TestClient, name: str) -> None:
    for path in (
        f"/api/labels/{name}/pictures",
        f"/api/labels/gate/pictures/{name}",
        f"/api/labels/gate/pictures/{name}/picture",
    ):
        answer = li.get(path)
        assert (answer.status_code, error_of(answer)["code"] in {"unknown_labels", "not_found"}) == (404, True)


def test_picture_outside_of_the_set_is_not_handed_out(li: TestClient, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (folder / "images" / "train" / "a.jpg").unlink()
    (folder / "images" / "train" / "a.jpg").symlink_to(tmp_path / "secret.jpg")
    answer = li.get(f"{SHEET}/picture")
    assert (answer.status_code, error_of(answer)["code"]) == (404, "picture")
    assert "secret" not in answer.text


def test_missing_picture_is_said_and_its_labels_can_still_be_corrected(li: TestClient, folder: Path) -> None:
    (folder / "images" / "train" / "a.jpg").unlink()
    answer = li.get(f"{SHEET}/picture?width=320")
    assert (answer.status_code, error_of(answer)["code"]) == (404, "picture")
    assert change(li, CONFIRM).status_code == 200


@pytest.mark.parametrize("width", ["0", "100000", "wide"])
def test_picture_of_impossible_width_is_refused(li: TestClient, width: str) -> None:
    assert li.get(f"{SHEET}/picture?width={width}").status_code == 422


def test_description_of_the_api_names_the_changes(li: TestClient) -> None:
    schemas = li.get("/openapi.json").json()["components"]["schemas"]
    assert {"SheetBody", "StaleBody", "Draw", "Undo"} <= set(schemas)
