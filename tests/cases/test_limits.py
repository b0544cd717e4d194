"""Limits as tables write them."""

from decimal import Decimal

import pytest

from cases.limits import LimitUnit, read_limit


@pytest.mark.parametrize(
    ("text", "count", "unit", "words"),
    [
        ("2紧急工作时", "2", LimitUnit.URGENT_HOUR, "2紧急工作时"),
        ("4小时", "4", LimitUnit.WORK_HOUR, "4小时"),
        ("４ 个工作时", "4", LimitUnit.WORK_HOUR, "4工作时"),
        ("1天", "1", LimitUnit.WORK_DAY, "1天"),
        ("1.5 个工作日内", "1.5", LimitUnit.WORK_DAY, "1.5工作日"),
        ("2紧急工作日", "2", LimitUnit.NATURAL_DAY, "2紧急工作日"),
        ("7自然日", "7", LimitUnit.NATURAL_DAY, "7自然日"),
        ("1紧急工作时制止", "1", LimitUnit.URGENT_HOUR, "1紧急工作时"),
        ("3 work days", "3", LimitUnit.WORK_DAY, "3work_days"),
        ("2 urgent_hours", "2", LimitUnit.URGENT_HOUR, "2urgent_hours"),
        ("1 Natural Day", "1", LimitUnit.NATURAL_DAY, "1natural_days"),
    ],
)
def test_limit_is_read_and_its_own_words_read_back_the_same(text: str, count: str, unit: LimitUnit, words: str) -> None:
    limit = read_limit(text)

    assert limit is not None
    assert (limit.count, limit.unit, limit.words) == (Decimal(count), unit, words)
    assert read_limit(limit.words) == limit


@pytest.mark.parametrize("text", ["无", " - ", "None"])
def test_no_limit_is_said_outright(text: str) -> None:
    assert read_limit(text) is None


@pytest.mark.parametrize(
    "text", ["", "快点", "2", "小时", "0天", "-1天", "2小时30分", "99999天", "1.234天", "²天", "2 weeks"]
)
def test_anything_else_is_refused_with_the_ways_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match="written as one of 2紧急工作时, 4小时"):
        read_limit(text)


def test_limit_is_said_in_both_languages() -> None:
    for text, zh, en in (("2紧急工作时", "2紧急工作时", "2 urgent hours"), ("1天", "1天", "1 work day")):
        limit = read_limit(text)
        assert limit is not None
        assert (limit.said("zh"), limit.said("en")) == (zh, en)
