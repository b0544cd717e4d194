"""Dispatch rules: the most specific one decides, a table tells its mistakes, and a trial shows what it would do."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cases.dispatch_checks import check_rules, contradictions, shadowed
from cases.dispatch_file import load_rules, read_rules
from cases.dispatch_trial import TriedCase, try_rules
from cases.dispatching import DispatchTable, Rule
from cases.errors import PlaceFileError
from cases.grids import GridMap, read_areas, read_grids
from cases.place_problems import Unit
from cases.schedules import Schedule
from cases.spots import Spot
from tests.cases.city import city, code, feature, written

LOCAL = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 8, 7, 1, 0, tzinfo=UTC)
"""A Friday, 9:00 in Shanghai."""

HERE = Spot(None, code(1, 0), "Z1", "140802")
NIGHT = Schedule.model_validate({"hours": ["22:00-06:00"]})


def chosen(*rules: Rule, spot: Spot = HERE, item: str = "0406", at: datetime = MORNING) -> str:
    return DispatchTable(rules, LOCAL).choose(spot, item, at).unit


@pytest.fixture
def city_map(tmp_path: Path) -> GridMap:
    grids = read_grids(written(tmp_path / "grids.geojson", city(3, 1))).grids
    areas = [feature({"area_code": "Z1", "unit_grids": [code(0, 0), code(1, 0)]})]
    return GridMap(grids, read_areas(written(tmp_path / "areas.geojson", areas), grids).areas)


CITY = Rule(1, "市城管局")
DISTRICT = Rule(2, "盐湖区", "district", "140802")
AREA = Rule(3, "东城中队", "area", "Z1")
GRID = Rule(4, "市场管理所", "grid", code(1, 0))


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ((CITY,), "市城管局"),
        ((CITY, DISTRICT), "盐湖区"),
        ((AREA, CITY, DISTRICT), "东城中队"),
        ((CITY, GRID, AREA, DISTRICT), "市场管理所"),
    ],
)
def test_narrowest_place_decides(rules: tuple[Rule, ...], expected: str) -> None:
    assert chosen(*rules) == expected
    assert chosen(*rules[::-1]) == expected


def test_narrowest_code_decides_among_rules_of_the_same_place() -> None:
    rules = [Rule(1, "all"), Rule(2, "class", code="04"), Rule(3, "item", code="0406")]

    assert [chosen(*rules, item=item) for item in ("0406", "0405", "0201")] == ["item", "class", "all"]


def test_place_goes_before_code() -> None:
    assert chosen(Rule(1, "by code", code="0406"), DISTRICT) == "盐湖区"


def test_rule_that_is_limited_in_time_goes_before_one_that_always_holds() -> None:
    rules = [Rule(1, "day"), Rule(2, "night", when=NIGHT)]

    assert chosen(*rules) == "day"
    assert chosen(*rules, at=datetime(2026, 8, 7, 15, 0, tzinfo=UTC)) == "night"  # 23:00


def test_rule_decides_only_within_its_days() -> None:
    until_july = Rule(1, "old", when=Schedule.model_validate({"last_day": "2026-07-31"}))

    assert chosen(until_july, Rule(2, "new")) == "new"


def test_first_of_equal_rules_decides_and_the_others_are_told() -> None:
    first, second = Rule(7, "a"), Rule(3, "b")
    choice = DispatchTable([first, second], LOCAL).choose(HERE, "0406", MORNING)

    assert (choice.rule, choice.beaten) == (second, (first,))


def test_place_that_no_rule_speaks_of_has_no_unit() -> None:
    choice = DispatchTable([DISTRICT], LOCAL).choose(Spot(), "0406", MORNING)

    assert (choice.rule, choice.unit) == (None, "")


CSV = """unit,code,grid,area,district,first_day,last_day,weekdays,hours,note
# the market
市场管理所,0406,14080200100100,,,,,,,

盐湖区,,,,140802,2026-01-01,2026-12-31,1 2 3;4,08:00-12:00 14:00-18:00,白天
"""


def test_table_is_read_from_csv(tmp_path: Path) -> None:
    path = tmp_path / "rules.csv"
    path.write_text(CSV, encoding="utf-8-sig")

    read = read_rules(path)

    assert read.slips == ()
    assert [(rule.number, rule.unit, rule.place) for rule in read.rules] == [
        (3, "市场管理所", "grid"),
        (5, "盐湖区", "district"),
    ]
    assert read.rules[1].when.weekdays == (1, 2, 3, 4)
    assert read.rules[1].when.hours == ((480, 720), (840, 1080))


def test_table_of_a_chinese_spreadsheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rules.csv"
    path.write_bytes("处置单位,代码,区划\r\n盐湖区,0406,140802\r\n".encode("gb18030"))

    assert read_rules(path).rules == (Rule(2, "盐湖区", "district", "140802", "0406"),)


def test_table_is_read_from_toml(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text('[[rules]]\nunit = "u"\nhours = ["22:00-06:00"]\nfirst_day = 2026-01-01\n', encoding="utf-8")

    [rule] = load_rules(path, LOCAL).rules

    assert rule.when.hours == ((1320, 360),)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (",0406,,,", "unit"),
        ("u,406,,,", "code"),
        ("u,,A,B,", "-"),
        ("u,,,,123456789012345", "district"),
        ("u,,,,,extra", ""),
    ],
)
def test_wrong_row_is_told_with_its_line_and_the_others_are_read(tmp_path: Path, row: str, field: str) -> None:
    path = tmp_path / "rules.csv"
    path.write_text(f"unit,code,grid,area,district\ngood,,,,\n{row}\n", encoding="utf-8")

    read = read_rules(path)

    assert [rule.unit for rule in read.rules] == ["good"]
    assert [(slip.unit, slip.number, slip.facts["field"]) for slip in read.slips] == [(Unit.ROW, 3, field or "-")]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"code,grid\n", "no_table"),
        ("a.csv", b"unit,unit\n", "no_table"),
        ("a.csv", b'unit\n"open\n', "no_table"),
        ("a.csv", b"\xff\xff\xff", "no_table"),
        ("a.toml", b"rules = 3", "no_toml"),
        ("a.toml", b"[[rule]]\nunit = 'a'", "no_toml"),
        ("a.toml", b"a = " + b"[" * 100_000, "no_toml"),
    ],
)
def test_file_that_is_no_table_is_told(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)

    assert [slip.said for slip in read_rules(tmp_path / name).slips] == [said]
    with pytest.raises(PlaceFileError, match=name):
        load_rules(tmp_path / name, LOCAL)


def test_two_units_for_the_same_are_told_unless_time_parts_them() -> None:
    day = Schedule.model_validate({"hours": ["06:00-22:00"]})
    rules = [Rule(1, "a", when=day), Rule(2, "b", when=NIGHT), Rule(3, "c", when=day), Rule(4, "d")]

    assert [(b.unit, a.unit) for b, a in contradictions(rules)] == [("c", "a")]


def test_rule_behind_a_wider_one_of_the_same_place_is_not_shadowed_but_a_doubled_one_is(city_map: GridMap) -> None:
    rules = [Rule(1, "a", code="04"), Rule(2, "b", code="0406"), Rule(3, "c", code="0406"), Rule(4, "d", when=NIGHT)]

    assert [(rule.unit, by.unit) for rule, by in shadowed(DispatchTable(rules, LOCAL), city_map)] == [("c", "b")]


def test_rule_of_an_area_is_shadowed_where_each_of_its_grids_has_its_own(city_map: GridMap) -> None:
    own = [Rule(i, f"unit {i}", "grid", code(i, 0), "04") for i in (0, 1)]
    area, all_codes = Rule(8, "area", "area", "Z1", "0406"), Rule(9, "rest", "area", "Z1")

    def found(*rules: Rule) -> list[int]:
        return [rule.number for rule, _ in shadowed(DispatchTable(rules, LOCAL), city_map)]

    assert found(*own, area, all_codes) == [8]
    assert found(own[0], area) == []


def test_unknown_places_and_codes_are_told_by_line(city_map: GridMap) -> None:
    rules = [Rule(5, "a", "grid", "nowhere"), Rule(4, "b", "district", "999999"), Rule(3, "c", "area", "Z9", "0999")]

    notes = check_rules(DispatchTable(rules, LOCAL), city_map, {"0406"}, unit=Unit.ROW)

    assert [(n.number, n.said, n.is_note) for n in notes] == [
        (3, "unknown_area", True),
        (3, "unknown_code", True),
        (4, "unknown_district", True),
        (5, "unknown_grid", True),
    ]


def test_trial_counts_units_cases_without_one_and_rules_of_no_use() -> None:
    table = DispatchTable([GRID, DISTRICT, Rule(9, "night", code="0201", when=NIGHT)], LOCAL)
    spots = [HERE, HERE, Spot(None, "x", "", "140802"), Spot(None, "y", "", "140899"), Spot()]
    cases = [TriedCase(f"SW{i}", "0201", MORNING, spot) for i, spot in enumerate(spots)]

    trial = try_rules(table, cases)

    assert trial.units == (("市场管理所", 2), ("盐湖区", 1))
    assert [case.number for case in trial.without] == ["SW3", "SW4"]
    assert (trial.unplaced, trial.total) == (1, 5)
    assert trial.used == ((DISTRICT, 1), (GRID, 2))
    assert [rule.unit for rule in trial.unused] == ["night"]
