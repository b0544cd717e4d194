"""Evaluations over HTTP and on the command line: figures, the cases behind each, tables, refusals."""

import csv
import io
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook

from api.cli import main
from cases.evaluation_inputs import INPUTS_FILE
from cases.packs import Pack
from cases.records import Case
from cases.states import Action
from cases.store import CaseStore
from pipeline.settings import load_settings
from pipeline.stores import stored_cases
from tests.api.fake_system import FakeSystem
from tests.cases.builders import NOON, new_case, pack_of

SignIn = Callable[[str], TestClient]
NOVEMBER = "from=2026-11-01&to=2026-11-30&as_of=2026-11-28T00:00:00Z"


def filed(store: CaseStore, *events: str) -> list[Case]:
    """Report cases at noon of 21 November 2026 and have the desk settle them."""
    cases = []
    for event in events:
        pack: Pack = pack_of(event)
        case = store.open_case(new_case(event), pack)
        for action in (Action.FILE, Action.CLOSE):
            case = store.apply(case.case_id, action, actor="li", reason="done", at=NOON + timedelta(minutes=5))
        cases.append(case)
    return cases


def test_evaluation_tells_figures_and_where_the_cases_behind_them_are(as_person: SignIn, system: FakeSystem) -> None:
    first, second = filed(system.cases, "one", "two")
    client = as_person("wang")

    answer = client.get(f"/api/evaluation?{NOVEMBER}").json()
    behind = client.get(answer["total"]["cases_href"] + "&key=registered").json()

    assert (answer["first"], answer["last"], answer["by"]) == ("2026-11-01", "2026-11-30", "unit")
    assert answer["total"]["counts"]["registered"] == 2
    assert [mark["indicator"] for mark in answer["total"]["marks"]][:2] == ["incidence", "handling"]
    assert answer["total"]["marks"][1]["parts"] == ["handled", "should_handle"]
    assert [case["number"] for case in behind["cases"]] == [first.number, second.number]
    assert {case["id"] for case in behind["cases"]} == {first.case_id, second.case_id}


def test_cases_of_nobody_are_a_group_without_a_score(as_person: SignIn, system: FakeSystem) -> None:
    filed(system.cases, "one")
    client = as_person("wang")

    (group,) = client.get(f"/api/evaluation?{NOVEMBER}").json()["groups"]

    assert (group["group"], group["score"], group["marks"]) == ("", None, [])
    assert client.get(group["cases_href"] + "&key=registered").json()["total"] == 1


def test_posts_are_judged_by_the_cases_they_worked_on(as_person: SignIn, system: FakeSystem) -> None:
    filed(system.cases, "one")

    groups = as_person("wang").get(f"/api/evaluation?{NOVEMBER}&by=post").json()["groups"]

    assert [(group["group"], group["score"]) for group in groups] == [("acceptor:li", 100.0), ("video_seat:li", 100.0)]


def test_cases_come_in_pages(as_person: SignIn, system: FakeSystem) -> None:
    cases = filed(system.cases, "one", "two", "three")

    path = f"/api/evaluation/cases?{NOVEMBER}&key=registered&page=1&size=2"
    answer = as_person("wang").get(path).json()

    assert ([case["number"] for case in answer["cases"]], answer["total"]) == ([cases[2].number], 3)


@pytest.mark.parametrize("as_of", ["", "&as_of=2999-01-01T00:00:00Z"])
def test_evaluation_without_a_moment_or_of_one_to_come_is_of_now_and_says_so(as_person: SignIn, as_of: str) -> None:
    before = datetime.now(UTC)

    answer = as_person("wang").get(f"/api/evaluation?from=2026-11-01&to=2026-11-30{as_of}").json()

    assert before <= datetime.fromisoformat(answer["as_of"]) <= datetime.now(UTC)


def test_evaluation_of_a_moment_before_all_cases_counts_none(as_person: SignIn, system: FakeSystem) -> None:
    filed(system.cases, "one")
    asked = "/api/evaluation?from=2026-11-01&to=2026-11-30&as_of=0001-01-01T00:00:00%2B08:00"

    answer = as_person("wang").get(asked)

    assert answer.status_code == 200
    assert answer.json()["total"]["counts"]["reported"] == 0


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("?from=2026-11-30&to=2026-11-01", 422, "period"),
        ("?from=2026-11-31&to=2026-12-01", 422, "not_valid"),
        ("?from=2026-11-01", 422, "not_valid"),
        (f"?{NOVEMBER}&by=moon", 422, "not_valid"),
        ("?from=2026-11-01&to=2026-11-30&as_of=2026-12-05T00:00:00", 422, "not_valid"),
        (f"/cases?{NOVEMBER}&key=registered&group=nobody", 404, "not_found"),
        (f"/cases?{NOVEMBER}&key=everything", 422, "not_valid"),
    ],
)
def test_questions_without_an_answer_are_refused_in_words(
    as_person: SignIn, query: str, status: int, code: str
) -> None:
    answer = as_person("wang").get(f"/api/evaluation{query}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_wrong_row_of_the_inputs_is_named_with_what_is_wrong(as_person: SignIn, system: FakeSystem) -> None:
    (system.settings.data / INPUTS_FILE).write_text('[[bonus]]\ncase = "SW1"\npoints = 9\nreason = "x"\n', "utf-8")

    answer = as_person("wang").get(f"/api/evaluation?{NOVEMBER}")

    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "evaluation_inputs"
    facts = answer.json()["error"]["facts"]
    assert (facts["table"], facts["row"], facts["key"], facts["cause"], facts["limit"], facts["count"]) == (
        *("bonus", 1, "points", "less_than_equal", "2", 1),
    )


def test_nobody_sees_figures_without_signing_in(client: TestClient) -> None:
    assert client.get(f"/api/evaluation?{NOVEMBER}").status_code == 401


def test_table_comes_as_csv_and_as_xlsx(as_person: SignIn, system: FakeSystem) -> None:
    filed(system.cases, "one")
    client = as_person("wang")

    as_csv = client.get(f"/api/evaluation/table.csv?{NOVEMBER}&language=en")
    as_xlsx = client.get(f"/api/evaluation/table.xlsx?{NOVEMBER}&language=zh")

    assert 'filename="evaluation-unit-2026-11-01-2026-11-30.csv"' in as_csv.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(as_csv.content.decode("utf-8-sig"))))
    assert [row["unit"] for row in rows] == ["assigned to nobody", "all together"]
    assert load_workbook(io.BytesIO(as_xlsx.content)).sheetnames == ["综合评价", "notes"]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with two cases on file; the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "settings.toml").write_text("data = 'data'\n", encoding="utf-8")
    (tmp_path / "data").mkdir()
    with stored_cases(load_settings(tmp_path / "settings.toml")) as (cases, _):
        filed(cases, "one", "two")
    return tmp_path


def typed(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["streetwarden", "evaluate", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


DAYS = ("--from", "2026-11-01", "--to", "2026-11-30")


@pytest.mark.parametrize("name", ["table.csv", "table.XLSX"])
def test_command_tells_and_writes_a_table(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.setenv("COLUMNS", "240")

    assert typed(monkeypatch, *DAYS, "--by", "post", "--out", name, "--language", "zh") == 0

    assert "视频坐席 li" in capsys.readouterr().out
    assert (site / name).stat().st_size > 500


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(("columns", "has_indicators"), [("80", False), ("240", True)])
def test_command_cuts_no_number_short_on_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: str, has_indicators: bool
) -> None:
    monkeypatch.setenv("COLUMNS", columns)

    assert typed(monkeypatch, *DAYS, "--by", "post", "--language", "zh") == 0

    told = capsys.readouterr().out
    assert "视频坐席 li" in told
    assert "…" not in told
    assert ("处置率" in told) is has_indicators


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--out", "table.pdf"), "ends in .csv or .xlsx"),
        (("--as-of", "2026-12-05T00:00"), "with its offset"),
        (("--as-of", "yesterday"), "with its offset"),
    ],
)
def test_command_says_what_is_wrong(
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    said: str,
) -> None:
    assert typed(monkeypatch, *DAYS, *words) == 1
    assert said in capsys.readouterr().err
