"""Telephone numbers in lines of print."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.phone_numbers import SURE_SCORE, FoundNumber, NumberKind, number_of, numbers_in
from tests.models.read_lines import line

MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
GAPS = st.sampled_from(["", " ", "-", "·", ".", " - "[:2]])


def found(*texts: str) -> list[tuple[str, str]]:
    return [(number.kind.value, number.value) for number in numbers_in([line(text) for text in texts])]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("办证13812345678", "mobile", "13812345678"),
        ("电话：138 1234 5678", "mobile", "13812345678"),
        ("Tel13812345678", "mobile", "13812345678"),
        ("+86-13812345678", "mobile", "13812345678"),
        ("1381-234-5678王", "mobile", "13812345678"),
        ("１３８１２３４５６７８", "mobile", "13812345678"),
        ("138O1234567", "mobile", "13801234567"),
        ("l3812345678", "mobile", "13812345678"),
        ("0359-2345678", "landline", "03592345678"),
        ("(010)62345678", "landline", "01062345678"),
        ("021 6234 5678", "landline", "02162345678"),
        ("400-823-8238", "service", "4008238238"),
        ("8008108888", "service", "8008108888"),
        ("微信:Fangdong_88", "wechat", "fangdong_88"),
        ("QQ：12345678", "qq", "12345678"),
    ],
)
def test_finds_a_number_of_each_form(text: str, kind: str, value: str) -> None:
    assert found(text) == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    ["12345678901", "110101199003078515", "2026-11-29", "138123456789", "1381234567", "6222021234567890", "fangdong88"],
)
def test_what_has_no_form_of_a_number_is_none(text: str) -> None:
    assert found(text) == []


def test_a_number_over_two_lines_is_found_and_is_not_sure() -> None:
    (number,) = numbers_in([line("电话138"), line("12345678")])
    assert number.value == "13812345678"
    assert not number.is_sure


def test_two_numbers_in_a_line_are_two() -> None:
    assert {value for _, value in found("13812345678 13912345678")} == {"13812345678", "13912345678"}


def test_the_number_of_a_messenger_is_no_telephone_number_as_well() -> None:
    assert found("QQ13812345678") == [("qq", "13812345678")]


def test_a_number_is_as_sure_as_its_weakest_digit() -> None:
    scores = [0.99] * 10 + [0.55]
    (number,) = numbers_in([line("13812345678", scores)])
    assert number.score == 0.55
    assert not number.is_sure


def test_a_letter_in_the_place_of_a_digit_is_never_sure() -> None:
    (number,) = numbers_in([line("138O1234567", 1.0)])
    assert not number.is_sure


def test_a_number_that_stands_twice_is_told_once_with_its_better_score() -> None:
    (number,) = numbers_in([line("13812345678", 0.6), line("13812345678", 0.95)])
    assert number == FoundNumber(NumberKind.MOBILE, "13812345678", 0.95)


@given(MOBILES, GAPS, GAPS, st.floats(0.0, 1.0))
def test_every_mobile_number_is_found_however_it_is_divided(number: str, gap: str, other: str, score: float) -> None:
    told = f"{number[:3]}{gap}{number[3:7]}{other}{number[7:]}"
    assert numbers_in([line(told, score)]) == (FoundNumber(NumberKind.MOBILE, number, score),)


@given(MOBILES, st.integers(0, 10))
def test_a_digit_that_is_read_as_its_like_gives_the_same_number(number: str, place: int) -> None:
    likes = {"0": "O", "1": "l", "5": "S", "8": "B", "2": "Z"}
    told = number[:place] + likes.get(number[place], number[place]) + number[place + 1 :]
    assert [each.value for each in numbers_in([line(told)])] == [number]


@given(st.lists(st.text("0123456789OolI|SBZ -.()电话微信QQ:：", min_size=1, max_size=30), max_size=4))
def test_whatever_is_read_only_numbers_of_known_forms_come_of_it(texts: list[str]) -> None:
    forms = {
        NumberKind.MOBILE: r"1[3-9]\d{9}",
        NumberKind.SERVICE: r"[48]00\d{7}",
        NumberKind.LANDLINE: r"0\d{2,3}[2-8]\d{6,7}",
        NumberKind.QQ: r"[1-9]\d{4,10}",
        NumberKind.WECHAT: r"[a-z][-_a-z0-9]{5,19}",
    }
    for number in numbers_in([line(text, 0.8) for text in texts]):
        assert re.fullmatch(forms[number.kind], number.value)
        assert 0 <= number.score <= 0.8 < SURE_SCORE


@given(MOBILES, GAPS)
def test_what_is_searched_for_is_found_by_its_value(number: str, gap: str) -> None:
    assert number_of(f" {number[:3]}{gap}{number[3:]} ") == number


@pytest.mark.parametrize("text", ["", "  ", "market", "SW202611290001", "13812345678 market", "中山路"])
def test_what_is_no_number_as_a_whole_is_not_searched_for_as_one(text: str) -> None:
    assert number_of(text) == ""
