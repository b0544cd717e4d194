"""The commands `grids` and `dispatch` as a person types them: what they say, in which language, and how they end."""

import re
import tomllib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from pyproj import Transformer

from cases.spots import Spot
from cases.wording import WORDS_FILE
from pipeline.settings import load_settings
from pipeline.stores import stored_cases
from tests.api.test_evidence_commands import typed
from tests.cases.builders import NOON, new_case, pack_of
from tests.cases.city import at_m, city, code, feature, ring, written

Command = Callable[..., tuple[int, str, str]]
SETTINGS = """
data = "data"
[places]
grids = "grids.geojson"
areas = "areas.geojson"
dispatch = "rules.csv"
"""
RULES = "unit,code,grid,district\n市场管理所,0406,14080200100000,\n盐湖区,,,140802\n夜班,0201,14080200100001,\n"


def say(east_m: float, north_m: float) -> list[str]:
    place = at_m(east_m, north_m)
    return [f"{place.longitude:.7f}", f"{place.latitude:.7f}"]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    (tmp_path / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    written(tmp_path / "grids.geojson", city())
    areas = [feature({"area_code": "Z1", "name": "东城", "collector": "王", "unit_grids": [code(0, 0)]})]
    written(tmp_path / "areas.geojson", areas)
    (tmp_path / "rules.csv").write_text(RULES, encoding="utf-8")
    return lambda *words: typed(monkeypatch, capsys, *words)


def test_good_grids_end_with_0(command: Command) -> None:
    status, out, err = command("grids", "check")

    assert (status, err) == (0, "")
    assert [line.split(": ")[1] for line in out.splitlines()] == [
        "6 can be used, 0 mistakes, 0 notes",
        "1 can be used, 0 mistakes, 0 notes",
    ]


def test_broken_grids_end_with_1_and_tell_every_feature(command: Command, tmp_path: Path) -> None:
    swapped = [[y, x] for x, y in ring(0, 0)]
    path = written(
        tmp_path / "broken.geojson",
        [feature({"grid_code": "A"}, ring(0, 0)[:-1]), feature({"grid_code": "B"}, swapped), *city(1, 1)],
    )

    status, out, _ = command("grids", "check", str(path))

    assert status == 1
    assert [line.split(":")[1].strip() for line in out.splitlines()[:2]] == ["feature 1 A", "feature 2 B"]
    assert out.endswith("broken.geojson: 1 can be used, 2 mistakes, 0 notes\n")


def test_overlap_is_a_note_that_does_not_fail(command: Command, tmp_path: Path) -> None:
    path = written(tmp_path / "overlap.geojson", [*city(1, 1), feature({"grid_code": "B"}, ring(90, 0))])

    status, out, _ = command("grids", "check", str(path), "--language", "zh")

    assert status == 0
    assert out.startswith("! overlap.geojson: 第 2 个要素 B：与 #1 14080200100000 重叠 1000 平方米")


def test_code_that_does_not_have_the_wanted_form_is_told(command: Command) -> None:
    status, out, _ = command("grids", "check", "grids.geojson", "--pattern", r"\d{15}")

    assert status == 1
    assert out.count("does not have the form") == 6


def test_place_is_found_with_its_collector(command: Command) -> None:
    status, out, _ = command("grids", "find", *say(30, 50))

    assert status == 0
    assert "unit grid 14080200100000 网格0-0, district 140802, 30 m from its border" in out
    assert "responsibility grid Z1 东城, collector 王" in out
    assert "GCJ-02" in out


def test_place_outside_says_so(command: Command) -> None:
    assert command("grids", "find", *say(-300, 50))[1].endswith("in no unit grid\nin no responsibility grid\n")


def test_place_in_metres_of_a_zone_is_found(command: Command) -> None:
    there = at_m(30, 50)
    x, y = Transformer.from_crs(4326, 4547, always_xy=True).transform(there.longitude, there.latitude)

    assert "14080200100000" in command("grids", "find", f"{x:.3f}", f"{y:.3f}", "--crs", "EPSG:4547")[1]


def test_unit_of_a_place_is_told_with_its_rule_and_the_next_in_line(command: Command) -> None:
    status, out, _ = command("dispatch", "try", "--code", "0406", "--at", *say(30, 50))

    assert status == 0
    assert "unit: 市场管理所 (rule #2 grid 14080200100000 / 0406 → 市场管理所)" in out
    assert "next in line: #3 district 140802 / * → 盐湖区" in out


def test_place_that_no_rule_fits_ends_with_1(command: Command) -> None:
    status, out, _ = command("dispatch", "try", "--code", "0406", "--at", *say(-300, 50))

    assert (status, out.splitlines()[-1]) == (1, "no rule fits: nobody would get it")


def test_new_table_is_tried_on_the_cases_of_a_period(command: Command, tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "settings.toml")
    settings.data.mkdir()
    spots = [Spot(at_m(30, 50)), Spot(at_m(130, 50)), Spot(at_m(-300, 0)), Spot()]
    with stored_cases(settings) as (store, _):
        for i, spot in enumerate(spots):
            store.open_case(new_case(f"e{i}", spot=spot), pack_of(f"e{i}"))
        store.open_case(new_case("later", raised_at=NOON + timedelta(days=1)), pack_of("later"))

    status, out, _ = command("dispatch", "try", "--from", "2026-11-21", "--until", "2026-11-21")

    assert status == 0
    assert out.splitlines()[0] == "4 cases: 2 units, 2 without one"
    assert "      1  市场管理所" in out
    assert "2 of them lie in no grid" in out
    assert "rule that decided nothing: #4 grid 14080200100001 / 0201 → 夜班" in out


def test_odd_rules_are_told_before_the_answer(command: Command, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("unit,code,grid\na,,nowhere\nb,0999,\n", encoding="utf-8")

    out = command("dispatch", "try", "--code", "0406", "--at", *say(30, 50), "--rules", "new.csv")[1]

    assert out.splitlines()[:2] == [
        "! new.csv: line 2 a: there is no unit grid nowhere",
        "! new.csv: line 3 b: the code table has no 0999",
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["dispatch", "try"], "give --code with --at LON LAT"),
        (["dispatch", "try", "--code", "0999", "--at", "111", "35"], "has no item '0999'"),
        (["dispatch", "try", "--code", "0406", "--at", "35", "111"], "no place within WGS-84"),
        (["dispatch", "try", "--from", "2026-11-21", "--rules", "none.csv"], "none.csv cannot be read"),
        (["grids", "check", "none.geojson"], "none.geojson cannot be read"),
        (["grids", "check", "--crs", "BD-09"], "no system of coordinates 'BD-09'"),
        (["grids", "find", "1", "2", "--config", "none.toml"], "there is no settings file"),
    ],
)
def test_mistakes_end_with_one_sentence(command: Command, words: list[str], expected: str) -> None:
    status, _, err = command(*words)

    assert status == 1
    assert re.search(expected, err)
    assert "Traceback" not in err


def test_every_word_of_places_is_used_and_every_used_one_is_there() -> None:
    table = tomllib.loads(WORDS_FILE.read_text("utf-8"))
    root = Path(__file__).resolve().parents[2]
    paths = [*(root / "cases").glob("*.py"), root / "api/commands/grids.py", root / "api/commands/dispatch.py"]
    text = "\n".join(path.read_text("utf-8") for path in paths)
    formed = {"at_file", "at_feature", "at_row", "at_entry", "unknown_grid", "unknown_area", "unknown_district"}

    assert [k for family in ("place", "city") for k in table[family] if f'"{k}"' not in text and k not in formed] == []
    used = re.findall(r'\.(?:slip|note)\(\s*"(\w+)"|_WrongError\("(\w+)"', text)
    assert {a or b for a, b in used} - table["place"].keys() == set()
    assert set(re.findall(r'(?:desk\.say\(|"city", )"(\w+)"', text)) - table["city"].keys() == set()


def test_check_of_the_settings_names_what_is_wrong_with_files_of_the_city(command: Command, tmp_path: Path) -> None:
    written(tmp_path / "grids.geojson", [feature({"grid_code": "A"}, ring(0, 0)[:-1])])
    (tmp_path / "rules.csv").write_text("unit,code\n盐湖区,406\n", encoding="utf-8")

    status, out, _ = command("check")

    assert status == 1
    assert re.search(
        r"places\.grids, areas: \S*grids\.geojson cannot be used:\n  feature 1 A: a ring is not closed", out
    )
    assert re.search(
        r"places\.dispatch: \S*rules\.csv cannot be used:\n  line 2 盐湖区: code: a code has four digits", out
    )
