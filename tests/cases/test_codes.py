"""Code tables: what comes along is right, and a broken table says where."""

import csv
from pathlib import Path

import pytest

from cases.codes import LimitUnit, bundled_table, bundled_tables, load_table
from cases.errors import CodeTableError, UnknownCodeError

OFFICIAL = Path(__file__).parents[2].parent / "shared" / "material" / "codes" / "yuncheng_2026_events.csv"

GOOD = """
name = "t"
name_zh = "表"
name_en = "table"
[kinds]
vending = "0406"
[items.0406]
name_zh = "占道经营"
name_en = "Trading on the street"
limit = "2紧急工作时"
"""


@pytest.mark.parametrize("name", ["cjt214_2007", "yuncheng_2026"])
def test_every_kind_of_event_has_an_item_in_both_tables(name: str) -> None:
    table = bundled_table(name)

    for kind in ("vending", "parking", "flyers"):
        item = table.for_kind(kind)
        assert item.name("zh")
        assert item.name("en").isascii()
        assert item.limit_count > 0


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("cjt214_2007", "parking", "0505"),
        ("cjt214_2007", "vending", "0501"),
        ("cjt214_2007", "flyers", "0201"),
        ("yuncheng_2026", "vending", "0406"),
        ("yuncheng_2026", "flyers", "0201"),
    ],
)
def test_kinds_carry_the_codes_of_their_numbering(name: str, kind: str, code: str) -> None:
    assert bundled_table(name).for_kind(kind).code == code


def test_parking_is_marked_as_an_extension_where_the_table_leaves_it_to_the_police() -> None:
    assert bundled_table("yuncheng_2026").for_kind("parking").is_local_extension
    assert not bundled_table("cjt214_2007").for_kind("parking").is_local_extension


def test_limits_are_read_with_how_their_time_counts() -> None:
    items = bundled_table().items

    assert (items["0406"].limit_count, items["0406"].limit_unit) == (2, LimitUnit.URGENT_HOUR)
    assert (items["0410"].limit_count, items["0410"].limit_unit) == (2, LimitUnit.WORK_HOUR)
    assert (items["0201"].limit_count, items["0201"].limit_unit) == (1, LimitUnit.WORK_DAY)


@pytest.mark.material
@pytest.mark.skipif(not OFFICIAL.is_file(), reason="the official code table is not beside the checkout")
def test_bundled_items_agree_with_the_official_table() -> None:
    with OFFICIAL.open(encoding="utf-8") as file:
        official = {
            (row["class_code"] + row["item_code"], row["item_name"], row["limit"]) for row in csv.DictReader(file)
        }
    ours = [item for item in bundled_table("yuncheng_2026").items.values() if not item.is_local_extension]

    assert len(ours) == 9
    missing = [(item.code, item.name_zh, item.limit) for item in ours]
    assert [item for item in missing if item not in official] == []


def test_unknown_kind_and_code_are_named() -> None:
    table = bundled_table()

    with pytest.raises(UnknownCodeError, match="no item for events of kind 'smoke'"):
        table.for_kind("smoke")
    with pytest.raises(UnknownCodeError, match="no item '9999'"):
        table.item("9999")


def test_unknown_table_names_those_there_are() -> None:
    assert bundled_tables() == ("cjt214_2007", "yuncheng_2026")
    with pytest.raises(CodeTableError, match="choose one of cjt214_2007, yuncheng_2026"):
        bundled_table("../secret")


def test_own_table_is_read(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(GOOD, "utf-8")

    assert load_table(tmp_path / "own.toml").for_kind("vending").name("zh") == "占道经营"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('vending = "0406"', 'vending = "0407"', r"kinds\.vending names item '0407'"),
        ('limit = "2紧急工作时"', 'limit = "soon"', r"items\.0406: .*not 'soon'"),
        ('limit = "2紧急工作时"', "", r"items\.0406\.limit: Field required"),
        ('name_en = "table"', 'name_en = "table"\ncolour = "red"', r"colour: Extra inputs"),
        ("[items.0406]", "[items.406]", r"items\.406: a code has four digits"),
        ("[kinds]", "[kinds", "code table"),
    ],
)
def test_broken_table_names_file_and_entry(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(GOOD.replace(old, new), "utf-8")

    with pytest.raises(CodeTableError, match=words) as caught:
        load_table(path)

    assert str(path) in str(caught.value)


def test_missing_and_foreign_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(CodeTableError, match="No such file"):
        load_table(tmp_path / "gone.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CodeTableError, match=r"binary\.toml"):
        load_table(tmp_path / "binary.toml")
