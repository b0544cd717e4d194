"""Number plates in lines of print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.number_plates import LETTERS, NEW_ENERGY, PROVINCES, plate_of, plates_in
from tests.models.read_lines import line

HEADS = st.tuples(st.sampled_from(PROVINCES), st.sampled_from(LETTERS)).map("".join)
FIVES = st.text(LETTERS + "0123456789", min_size=5, max_size=5).filter(lambda t: sum(s.isdigit() for s in t) >= 2)
SIXES = st.tuples(st.sampled_from(NEW_ENERGY), st.text("0123456789", min_size=5, max_size=5)).map("".join)
PLATES = st.tuples(HEADS, FIVES | SIXES).map("".join)


def found(*texts: str) -> list[str]:
    return [plate.value for plate in plates_in([line(text) for text in texts])]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("京A·12345", "京A12345"),
        ("晋M 8K629", "晋M8K629"),
        ("粤B·D12345", "粤BD12345"),
        ("沪A12345F", "沪A12345F"),
        ("粤Z·1234港", "粤Z1234港"),
        ("晋M1234学", "晋M1234学"),
        ("京A1234警", "京A1234警"),
        ("京A·1O2I5", "京A10215"),
    ],
)
def test_finds_a_plate_of_each_form(text: str, value: str) -> None:
    assert found(text) == [value]


def test_a_plate_of_two_lines_is_found() -> None:
    assert found("晋·M", "F0236") == ["晋MF0236"]


@pytest.mark.parametrize(
    "text", ["", "A12", "禁止停车", "13812345678", "京A1234567", "办证电话京A12345", "京ABCDEF", "FORD"]
)
def test_what_has_no_form_of_a_plate_is_none(text: str) -> None:
    assert found(*filter(None, [text])) == []


@pytest.mark.parametrize("text", ["A·12345", "亰A12345"])
def test_a_plate_without_its_province_only_looks_like_one(text: str) -> None:
    (plate,) = plates_in([line(text, 1.0)])
    assert plate.value == "?A12345"
    assert not plate.is_whole
    assert not plate.is_sure


def test_a_letter_that_was_guessed_from_a_digit_is_not_sure() -> None:
    (plate,) = plates_in([line("晋812345", 1.0)])
    assert plate.value == "晋B12345"
    assert not plate.is_sure


def test_a_plate_is_as_sure_as_its_weakest_sign() -> None:
    (plate,) = plates_in([line("晋M12345", [0.99] * 6 + [0.4])])
    assert plate.score == 0.4
    assert not plate.is_sure


@given(PLATES, st.sampled_from(["", "·", " ", "-"]), st.floats(0, 1))
def test_every_lawful_plate_is_found_with_the_score_of_its_weakest_sign(plate: str, gap: str, score: float) -> None:
    (read,) = plates_in([line(plate[:2] + gap + plate[2:], score)])
    assert (read.value, read.score) == (plate, score)
    assert read.is_sure == (score >= 0.9)


@given(PLATES)
def test_digits_that_are_read_as_letters_that_no_plate_has_are_put_right(plate: str) -> None:
    told = plate[:2] + plate[2:].replace("0", "O").replace("1", "I")
    assert found(told) == [plate]


@given(st.lists(st.text("京晋AMO0I158B·警 -", min_size=1, max_size=10), max_size=3))
def test_whatever_is_read_what_comes_of_it_has_the_form_of_a_plate(texts: list[str]) -> None:
    for plate in plates_in([line(text, 0.8) for text in texts]):
        assert plate.value[0] in PROVINCES + "?"
        assert plate.value[1] in LETTERS
        assert len(plate.value) in (7, 8)
        assert not set(plate.value) & {"O", "I"}
        assert plate.score <= 0.8


@given(PLATES)
def test_what_is_searched_for_is_found_by_its_value(plate: str) -> None:
    assert plate_of(f" {plate[:2]}·{plate[2:].lower()} ") == plate


@pytest.mark.parametrize("text", ["", "market", "A12345", "中山路12号"])
def test_what_is_no_plate_as_a_whole_is_not_searched_for_as_one(text: str) -> None:
    assert plate_of(text) == ""
