"""Code tables: what comes along is whole and right, in both languages."""

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from cases.code_files import bundled_table, bundled_tables
from cases.codes import Category, CodeTable
from cases.errors import CodeTableError, KindWithoutItemError, UnknownCodeError
from cases.limits import LimitUnit
from detectors.catalog import RULES

OFFICIAL = Path(__file__).parents[2].parent / "shared" / "material" / "codes"


@pytest.fixture(scope="module")
def table() -> CodeTable:
    return bundled_table("yuncheng_2026")


@pytest.mark.parametrize("name", ["cjt214_2007", "yuncheng_2026"])
def test_every_kind_of_event_has_an_item_in_both_tables(name: str) -> None:
    for kind in RULES:
        item = bundled_table(name).for_kind(kind)
        assert item.name("zh")
        assert item.name("en").isascii()
        assert item.condition(1).limit is not None


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("cjt214_2007", "parking", "0505"),
        ("cjt214_2007", "vending", "0501"),
        ("cjt214_2007", "spillover", "0504"),
        ("cjt214_2007", "flyers", "0201"),
        ("yuncheng_2026", "vending", "0406"),
        ("yuncheng_2026", "spillover", "0405"),
        ("yuncheng_2026", "parking", "0499"),
        ("yuncheng_2026", "flyers", "0201"),
        ("yuncheng_2026", "goods", "0136"),
        ("cjt214_2007", "goods", "0507"),
        ("yuncheng_2026", "disorder", "0410"),
        ("cjt214_2007", "disorder", "0506"),
    ],
)
def test_kinds_carry_the_codes_of_their_numbering(name: str, kind: str, code: str) -> None:
    assert bundled_table(name).for_kind(kind).code == code


def test_offence_that_a_rule_names_goes_before_its_kind_where_the_table_has_it() -> None:
    assert bundled_table("yuncheng_2026").for_kind("parking", "fire_lane").code == "0496"
    assert bundled_table("cjt214_2007").for_kind("parking", "fire_lane").code == "0505"


def test_kind_that_a_table_has_no_item_for_is_named_with_what_to_write(table: CodeTable) -> None:
    with pytest.raises(KindWithoutItemError, match="no item for events of kind 'goods'; write goods into the column"):
        replace(table, kinds={"parking": "0499"}).for_kind("goods")


def test_parking_is_marked_as_an_extension_where_the_table_leaves_it_to_the_police(table: CodeTable) -> None:
    assert [item.code for item in table.items.values() if item.is_local_extension] == ["0499"]
    assert not bundled_table("cjt214_2007").for_kind("parking").is_local_extension


@pytest.mark.parametrize(
    ("category", "items", "conditions"), [(Category.EVENT, 98, 144), (Category.COMPONENT, 92, 375)]
)
def test_table_of_2026_is_whole(table: CodeTable, category: Category, items: int, conditions: int) -> None:
    there = [item for item in table.of(category) if not item.is_local_extension]

    assert len(there) == items
    assert sum(len(item.conditions) for item in there) == conditions


def test_commonest_event_limits_are_those_of_the_source(table: CodeTable) -> None:
    events = [item for item in table.of(Category.EVENT) if not item.is_local_extension]
    limits = Counter(each.limit.words for item in events for each in item.conditions if each.limit)

    assert limits.most_common(3) == [("1天", 30), ("2天", 22), ("5天", 19)]
    assert (limits["2紧急工作时"], limits["4小时"], limits["2小时"]) == (17, 17, 15)


@pytest.mark.parametrize("name", ["cjt214_2007", "yuncheng_2026"])
def test_everything_has_words_in_both_languages(name: str) -> None:
    for item in bundled_table(name).items.values():
        assert item.name_zh
        assert item.name_en
        assert item.class_en
        for each in item.conditions:
            assert each.filing_zh
            assert each.filing_en
            assert each.closing_zh
            assert each.closing_en


@pytest.mark.parametrize("language", ["zh", "en"])
def test_conditions_of_an_item_are_told_apart_by_their_words(table: CodeTable, language: str) -> None:
    for item in table.items.values():
        words = [each.filing(language) for each in item.conditions]
        assert len(set(words)) == len(words), item.code


def test_limits_are_read_with_how_their_time_counts(table: CodeTable) -> None:
    told = {code: table.item(code).condition(1).limit for code in ("0406", "0410", "0201", "0101")}

    assert {code: (int(limit.count), limit.unit) for code, limit in told.items() if limit} == {
        "0406": (2, LimitUnit.URGENT_HOUR),
        "0410": (2, LimitUnit.WORK_HOUR),
        "0201": (1, LimitUnit.WORK_DAY),
        "0101": (2, LimitUnit.NATURAL_DAY),
    }


def test_event_and_component_with_the_same_digits_are_two_items(table: CodeTable) -> None:
    assert table.item("0101").name("zh") == "私搭乱建"
    assert table.item("B0101").name("zh") == "上水井盖"


def test_old_numbering_sets_no_limit_where_no_source_does(table: CodeTable) -> None:
    old = bundled_table("cjt214_2007")

    assert old.item("0107").condition(1).limit is None
    assert [code for code in old.items if code.startswith("04")] == ["0401", "0406", "0407", "0408", "0409"]


@pytest.mark.material
@pytest.mark.skipif(not OFFICIAL.is_dir(), reason="the official code table is not beside the checkout")
@pytest.mark.parametrize("category", list(Category))
def test_codes_names_and_limits_agree_with_the_official_table(table: CodeTable, category: Category) -> None:
    with (OFFICIAL / f"yuncheng_2026_{category}s.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    official = [
        (row["class_code"] + row["item_code"], "".join(row["item_name"].split()), row["limit"].removesuffix("制止"))
        for row in rows
    ]
    ours = [
        (item.code.removeprefix("B"), item.name_zh, each.limit.words)
        for item in table.of(category)
        for each in item.conditions
        if each.limit and not item.is_local_extension
    ]

    assert ours == official


def test_unknown_kind_code_and_condition_are_named(table: CodeTable) -> None:
    with pytest.raises(UnknownCodeError, match="no item for events of kind 'smoke'"):
        table.for_kind("smoke")
    with pytest.raises(UnknownCodeError, match="no item '9999'"):
        table.item("9999")
    for number in (0, 4, -1):
        with pytest.raises(UnknownCodeError, match=f"conditions 1 to 3, not {number}"):
            table.item("0104").condition(number)


def test_unknown_table_names_those_there_are() -> None:
    assert bundled_tables() == ("cjt214_2007", "yuncheng_2026")
    with pytest.raises(CodeTableError, match="choose one of cjt214_2007, yuncheng_2026"):
        bundled_table("../secret")
