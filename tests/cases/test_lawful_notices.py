"""The list of notices that may hang: how it is read, and what is lawful by it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.errors import PlaceFileError
from cases.lawful_notices import LawfulNotices, NoticeEntry, load_notices

CITY = NoticeEntry(text="市容环境综合整治公告", note="city office")
PLATE = NoticeEntry(text="禁止停车", zones=("gate-1", "bridge/wall"))
NOTICES = LawfulNotices((CITY, PLATE))


def matched(*texts: str, numbers: tuple[str, ...] = (), place: tuple[str, str] = ("gate-1", "wall")) -> str | None:
    entry = NOTICES.match(texts, numbers, place)
    return entry.shown if entry else None


@pytest.mark.parametrize(
    "texts",
    [
        ("市容环境综合整治公告",),
        ("关于", "市容环境综合整治公告（第3号）"),
        ("市容环境", "综合整治公告"),
        ("市容坏境综合整冶公告",),
    ],
)
def test_a_notice_is_lawful_over_lines_and_with_one_character_in_five_wrong(texts: tuple[str, ...]) -> None:
    assert matched(*texts) == "city office"


@pytest.mark.parametrize(
    "texts", [(), ("公告",), ("市容环境",), ("专业疏通下水道",), ("市场容量大环境好综艺合作整天治公司告",)]
)
def test_other_print_is_not(texts: tuple[str, ...]) -> None:
    assert matched(*texts) is None


def test_short_texts_must_be_read_whole() -> None:
    assert matched("禁止停车") == "禁止停车"
    assert matched("禁止停东") is None


def test_a_notice_is_lawful_only_where_it_may_hang() -> None:
    assert matched("禁止停车", place=("bridge", "wall")) == "禁止停车"
    assert matched("禁止停车", place=("bridge", "pier")) is None


def test_a_mobile_number_that_the_entry_does_not_name_makes_it_unlawful() -> None:
    assert matched("市容环境综合整治公告", "13812345678", numbers=("13812345678",)) is None
    named = LawfulNotices((NoticeEntry(text=CITY.text, numbers=("13812345678",)),))
    assert named.match(["市容环境综合整治公告"], ["13812345678"], ("a", "b")) is not None


@given(st.text(min_size=1, max_size=30), st.lists(st.text(max_size=30), max_size=5))
def test_whatever_is_read_matching_does_not_fail(text: str, lines: list[str]) -> None:
    notices = LawfulNotices((NoticeEntry.model_construct(text=text, zones=(), numbers=(), note=""),))
    notices.match(lines, (), ("a", "b"))


def test_the_list_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "notices.toml"
    path.write_text('[[notices]]\ntext = "禁止停车"\nzones = ["gate-1", "bridge/wall"]\n', encoding="utf-8")
    assert load_notices(path).entries == (PLATE,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("notices = 3", "notices"),
        ('[[notices]]\ntext = "  "', r"notices\.1\.text.*letter or digit"),
        ('[[notices]]\ntext = "a"\nwhere = "b"', r"notices\.1\.where"),
        ("[[", "is no TOML"),
    ],
)
def test_what_is_wrong_in_the_list_is_said_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "notices.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PlaceFileError, match=said):
        load_notices(path)


def test_a_list_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(PlaceFileError, match="cannot be read"):
        load_notices(tmp_path / "none.toml")
