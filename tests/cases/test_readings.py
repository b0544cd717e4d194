"""What was read on cases: kept, found again, shared between cases, and gone with the pictures."""

from datetime import timedelta

import pytest

from cases.errors import UnknownCaseError
from cases.queries import CaseQuery
from cases.readings import MOST_ALIKE, AlikeCase, Reading, ReadingKind, Readings, text_reading, value_of
from cases.records import case_id_of
from cases.store import CaseStore
from tests.cases.builders import NOON, new_case, pack_of

NUMBER = Reading(ReadingKind.MOBILE, "13812345678", "13812345678", 0.97)
PLATE = Reading(ReadingKind.PLATE, "晋M12345", "晋M12345", 0.95)


def opened(store: CaseStore, event_id: str, minutes: int = 0) -> str:
    raised_at = NOON + timedelta(minutes=minutes)
    return store.open_case(new_case(event_id, raised_at=raised_at), pack_of(event_id)).case_id


def found(store: CaseStore, told: str, *, plates: bool = False) -> set[str]:
    return {case.case_id for case in store.find(CaseQuery(reading=value_of(told), plates=plates)).cases}


def test_readings_come_back_as_they_were_kept_and_in_their_order(store: CaseStore) -> None:
    case_id, readings = opened(store, "a"), Readings(store.database)
    kept = (NUMBER, text_reading("专业办证", 0.9), PLATE)
    readings.note(case_id, kept)
    assert readings.of(case_id) == kept


def test_what_is_read_again_stands_in_place_of_what_was_read_before(store: CaseStore) -> None:
    case_id, readings = opened(store, "a"), Readings(store.database)
    readings.note(case_id, (NUMBER,))
    readings.note(case_id, (NUMBER, PLATE))
    assert readings.of(case_id) == (NUMBER, PLATE)


def test_a_case_that_is_not_there_has_no_readings(store: CaseStore) -> None:
    with pytest.raises(UnknownCaseError):
        Readings(store.database).note("nobody", (NUMBER,))


@pytest.mark.parametrize("told", ["13812345678", "138 1234 5678", "138-12345678"])
def test_a_case_is_found_by_a_number_that_was_read(store: CaseStore, told: str) -> None:
    case_id, _ = opened(store, "a"), opened(store, "b")
    Readings(store.database).note(case_id, (NUMBER,))
    assert found(store, told) == {case_id}


def test_a_plate_is_found_only_by_who_may_look_for_plates(store: CaseStore) -> None:
    case_id = opened(store, "a")
    Readings(store.database).note(case_id, (PLATE,))
    assert found(store, "晋M·12345") == set()
    assert found(store, "晋M·12345", plates=True) == {case_id}


def test_a_long_line_is_found_however_its_signs_were_read_and_a_short_one_is_not_kept_for_it(store: CaseStore) -> None:
    case_id, readings = opened(store, "a"), Readings(store.database)
    readings.note(case_id, (text_reading("专业疏通下水道，随叫随到！", 0.9), text_reading("招工", 0.9)))
    assert found(store, "专业疏通下水道 随叫随到") == {case_id}
    assert value_of("招工") == ""


def test_cases_of_the_same_poster_name_each_other_newest_first(store: CaseStore) -> None:
    readings = Readings(store.database)
    a, b, c, other = (opened(store, name, minutes) for minutes, name in enumerate("abcd"))
    for case_id in (a, b, c):
        readings.note(case_id, (NUMBER,))
    readings.note(other, (Reading(ReadingKind.MOBILE, "13900000000", "13900000000", 0.97),))
    assert [(case.case_id, case.is_sure) for case in readings.alike(a)] == [(c, True), (b, True)]
    assert readings.alike(other) == ()


def test_a_number_that_was_not_read_surely_in_both_links_them_no_more_surely(store: CaseStore) -> None:
    readings, a, b = Readings(store.database), opened(store, "a"), opened(store, "b")
    readings.note(a, (NUMBER,))
    readings.note(b, (Reading(ReadingKind.MOBILE, "13812345678", "13812345678", 0.6),))
    number = store.get(b).number
    assert readings.alike(a) == (AlikeCase(b, number, ReadingKind.MOBILE, "13812345678", "13812345678", is_sure=False),)


def test_the_same_digits_of_another_kind_are_another_number(store: CaseStore) -> None:
    readings, a, b = Readings(store.database), opened(store, "a"), opened(store, "b")
    readings.note(a, (NUMBER,))
    readings.note(b, (Reading(ReadingKind.QQ, "13812345678", "13812345678", 0.97),))
    assert readings.alike(a) == ()


def test_no_more_cases_are_named_than_a_page_shows(store: CaseStore) -> None:
    readings = Readings(store.database)
    cases = [opened(store, f"case-{number}", number) for number in range(MOST_ALIKE + 3)]
    for case_id in cases:
        readings.note(case_id, (NUMBER,))
    named = [case.case_id for case in readings.alike(cases[0])]
    assert named == cases[:2:-1]
    assert case_id_of("case-0") not in named


def test_a_line_that_is_a_number_is_not_looked_for_a_second_time() -> None:
    assert text_reading("138 1234 5678", 0.9).value == ""
