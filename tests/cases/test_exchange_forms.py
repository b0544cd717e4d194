"""The eight forms: which change yields which, what they say, and that each reads what it wrote."""

from typing import Any

import pytest
from pydantic import ValidationError

from cases.case_event import CaseEvent, ToldCase, ToldChange
from cases.exchange_forms import FORMS, forms_of
from tests.cases.builders import NOON

TITLES = {
    "file": ["问题登记单"],
    "verify": ["问题核实单"],
    "verified": ["问题反馈单"],
    "approve": ["问题立案单"],
    "dispatch": ["任务分派单"],
    "feed_back": ["任务反馈单"],
    "start_check": ["结果核查单"],
    "pass_check": ["结果反馈单"],
    "rework": ["结果反馈单"],
    "close": ["结果反馈单"],
    "force_close": ["结果反馈单"],
}


def event(action: str, *, from_state: str = "x", to_state: str = "", **detail: Any) -> CaseEvent:
    case = ToldCase(
        case_id="c1",
        number="SW202611210001",
        kind="vending",
        code="0406",
        state=to_state,
        camera_id="gate-3",
        camera_name="东门",
        zone_id="kerb",
        zone_name="人行道",
        started_at=NOON,
        raised_at=NOON,
        ended_at=None,
        box=(1.0, 2.0, 3.0, 4.0),
        class_label="stall",
        score=0.8,
        reviewed_by="",
        revision=4,
    )
    change = ToldChange(
        seq=7,
        at=NOON,
        actor="li",
        action=action,
        from_state=from_state,
        to_state=to_state,
        reason="理由",
        detail=detail,
    )
    return CaseEvent(id="c1-7", case=case, change=change)


@pytest.mark.parametrize("action", TITLES)
def test_action_yields_its_form(action: str) -> None:
    made = forms_of(event(action, to_state="checking" if action == "start_check" else "somewhere"))

    assert [form.title for form in made] == TITLES[action]
    [form] = made
    assert (form.case_number, form.sequence, form.issued_by, form.note) == ("SW202611210001", 7, "li", "理由")
    assert (form.version, form.code, form.place) == ("1.0", "0406", "东门 人行道")


def test_all_eight_forms_are_yielded_by_some_action() -> None:
    assert len({title for titles in TITLES.values() for title in titles}) == 8


def test_feedback_that_leads_straight_into_the_check_yields_both_forms() -> None:
    assert [form.title for form in forms_of(event("feed_back", to_state="checking"))] == ["任务反馈单", "结果核查单"]


def test_closing_of_an_alarm_that_was_never_registered_yields_none() -> None:
    assert forms_of(event("close", from_state="resolved", to_state="closed")) == ()


@pytest.mark.parametrize("action", ["open", "add_pack", "add_warning", "warn", "confirm", "dismiss", "accept", "end"])
def test_other_changes_yield_none(action: str) -> None:
    assert forms_of(event(action, to_state="candidate")) == ()


def test_change_within_the_check_yields_no_second_check() -> None:
    within = event("add_pack", to_state="checking")
    within = within.model_copy(update={"change": within.change.model_copy(update={"from_state": "checking"})})

    assert forms_of(within) == ()


def test_dispatch_names_unit_and_limit_where_the_audit_has_them() -> None:
    [told] = forms_of(event("dispatch", unit="市容大队", due_at="2026-11-22T04:00:00Z"))
    [bare] = forms_of(event("dispatch"))

    assert (told.model_dump()["unit"], told.model_dump()["due_at"]) == ("市容大队", "2026-11-22T04:00:00Z")
    assert (bare.model_dump()["unit"], bare.model_dump()["due_at"]) == ("", "")


@pytest.mark.parametrize(
    ("action", "outcome"),
    [("pass_check", "passed"), ("rework", "rework"), ("close", "closed"), ("force_close", "force_closed")],
)
def test_result_says_what_the_check_came_to(action: str, outcome: str) -> None:
    [form] = forms_of(event(action))
    assert form.model_dump()["outcome"] == outcome


@pytest.mark.parametrize("action", TITLES)
def test_form_reads_what_it_wrote(action: str) -> None:
    [form] = forms_of(event(action, to_state="checking" if action == "start_check" else "somewhere"))
    assert FORMS.validate_json(form.model_dump_json()) == form


@pytest.mark.parametrize("action", TITLES)
def test_longest_names_that_a_case_can_have_fit_a_form(action: str) -> None:
    """A change of a case must never fail because of what is told about it."""
    told = event(action, unit="大" * 500, due_at="x" * 500)
    case = told.case.model_copy(
        update={
            "number": "N" * 32,
            "code": "9" * 16,
            "kind": "k" * 32,
            "camera_name": "名" * 200,
            "zone_name": "区" * 200,
        }
    )
    change = told.change.model_copy(update={"actor": "人" * 200, "reason": "理\0" * 20_000, "to_state": "checking"})

    assert forms_of(told.model_copy(update={"case": case, "change": change}))


def test_reason_longer_than_a_form_holds_is_cut() -> None:
    long = event("verify")
    long = long.model_copy(update={"change": long.change.model_copy(update={"reason": "字" * 20_000})})
    assert len(forms_of(long)[0].note) == 10_000


@pytest.mark.parametrize(
    "changes",
    [
        {"form": "letter"},
        {"version": "2.0"},
        {"sequence": 0},
        {"sequence": 2**31},
        {"case_number": ""},
        {"case_number": "9" * 65},
        {"issued_at": "2026-11-21T04:00:00"},
        {"title": "问题核实单"},
        {"more": 1},
    ],
)
def test_form_that_is_none_is_refused(changes: dict[str, Any]) -> None:
    [form] = forms_of(event("file"))
    with pytest.raises(ValidationError):
        FORMS.validate_python({**form.model_dump(mode="json"), **changes})
