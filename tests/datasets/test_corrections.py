"""Single changes of a sheet: what each makes, what it refuses, and that all of them can be taken back."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from datasets.corrections import (
    Cause,
    Change,
    Clear,
    Confirm,
    Correction,
    Delete,
    Draw,
    Ignore,
    Move,
    Rename,
    SeeTo,
)
from datasets.errors import CorrectionError
from datasets.labelled import TRAINED_CLASSES
from datasets.proposals import sheet_of
from datasets.sheets import CLASSES, BoxState, Sheet, parsed_sheet, sheet_bytes
from datasets.yolo_rows import format_rows, parse_rows
from tests.datasets.label_folders import BUS, CAR, NOON, PERSON, PROPOSER, REGION, WIDE, proposal
from vision.classes import StreetClass

ROW_OF = {int(kind): row for row, kind in enumerate(TRAINED_CLASSES)}


def sheet() -> Sheet:
    return sheet_of(proposal("a"), "images/train/a.jpg", PROPOSER)


def made(change: Correction, before: Sheet | None = None) -> Sheet:
    return change.made(before or sheet(), "li", NOON)


def states(of: Sheet) -> list[str]:
    return [box.state.value for box in of.boxes]


def test_doubtful_is_what_the_model_saw_badly_or_not_at_all_until_somebody_decides() -> None:
    assert [box.is_doubtful for box in sheet().boxes] == [False, True, True]
    assert [box.is_doubtful for box in made(Confirm(ids=(2,))).boxes] == [False, False, True]


def test_several_boxes_are_confirmed_or_deleted_at_once() -> None:
    assert states(made(Confirm(ids=(1, 3)))) == ["confirmed", "proposed", "confirmed"]
    assert states(made(Delete(ids=(1, 2)))) == ["deleted", "deleted", "proposed"]


def test_moved_box_is_deleted_and_drawn_anew_with_its_class_and_track() -> None:
    after = made(Move(id=3, box=(410, 70, 570, 190)))
    assert (after.boxes[2].state, after.boxes[2].box) == (BoxState.DELETED, BUS)
    new = after.boxes[3]
    assert (new.id, new.box, new.class_name, new.track, new.how, new.by) == (
        4,
        (410, 70, 570, 190),
        "bus",
        13,
        "drawn",
        "li",
    )


def test_renamed_box_keeps_its_place_and_track() -> None:
    after = made(Rename(id=1, class_name="truck"))
    assert states(after) == ["deleted", "proposed", "proposed", "confirmed"]
    assert (after.boxes[3].box, after.boxes[3].class_name, after.boxes[3].track) == (CAR, "truck", 11)


def test_forgotten_thing_is_drawn() -> None:
    new = made(Draw(box=(0, 0, 640, 360), class_name="stall")).boxes[-1]
    assert (new.id, new.class_name, new.score, new.track, new.state) == (4, "stall", 1.0, 0, BoxState.CONFIRMED)


def test_regions_come_and_go() -> None:
    after = made(Ignore(box=(1, 2, 30, 40)))
    assert after.ignored == (REGION, (1, 2, 30, 40))
    assert made(Clear(number=0), after).ignored == ((1, 2, 30, 40),)


def test_who_answers_for_classes_confirms_what_is_left_of_them() -> None:
    after = made(SeeTo(classes=("car", "person")))
    assert states(after) == ["confirmed", "confirmed", "proposed"]
    assert after.complete == {StreetClass.CAR, StreetClass.PERSON}
    assert after.is_reviewed


def test_what_a_set_says_of_itself_is_no_review_by_a_person() -> None:
    own = sheet().reviewed(frozenset({StreetClass.CAR}), by="set made", at=NOON)
    assert (own.set_name, own.is_reviewed) == ("made", False)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (Confirm(ids=(1, 9)), Cause.UNKNOWN_BOX),
        (Delete(ids=(0,)), Cause.UNKNOWN_BOX),
        (Move(id=9, box=(1, 1, 5, 5)), Cause.UNKNOWN_BOX),
        (Move(id=1, box=(1, 1, 5, 361)), Cause.OUTSIDE),
        (Move(id=1, box=(-0.1, 1, 5, 5)), Cause.OUTSIDE),
        (Draw(box=(5, 5, 5.5, 50), class_name="car"), Cause.TOO_SMALL),
        (Draw(box=(50, 5, 5, 50), class_name="car"), Cause.TOO_SMALL),
        (Draw(box=(1, 1, 5, 5), class_name="lorry"), Cause.UNKNOWN_CLASS),
        (Rename(id=1, class_name=""), Cause.UNKNOWN_CLASS),
        (Ignore(box=(0, 0, 1e300, 5)), Cause.OUTSIDE),
        (Clear(number=1), Cause.UNKNOWN_REGION),
        (Clear(number=-1), Cause.UNKNOWN_REGION),
        (SeeTo(classes=("car", "lorry")), Cause.UNKNOWN_CLASS),
        (SeeTo(classes=("unknown",)), Cause.UNKNOWN_CLASS),
    ],
)
def test_change_that_cannot_be_made_says_why(change: Correction, cause: Cause) -> None:
    with pytest.raises(CorrectionError) as refused:
        made(change)
    assert refused.value.cause == cause


def test_deleted_box_is_gone_for_every_later_change() -> None:
    after = made(Delete(ids=(2,)))
    for change in (Confirm(ids=(2,)), Delete(ids=(2,)), Move(id=2, box=PERSON), Rename(id=2, class_name="car")):
        with pytest.raises(CorrectionError):
            made(change, after)


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "draw", "box": [1, 1, float("nan"), 5], "class_name": "car"},
        {"kind": "draw", "box": [1, 1, float("inf"), 5], "class_name": "car"},
        {"kind": "draw", "box": [1, 1, 5], "class_name": "car"},
        {"kind": "confirm", "ids": []},
        {"kind": "confirm", "ids": [1], "by": "wang"},
        {"kind": "erase", "ids": [1]},
        {"kind": "review", "classes": []},
        {"ids": [1]},
    ],
)
def test_what_is_no_change_is_refused_before_a_sheet_is_touched(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Change).validate_python(body)


ANYWHERE = st.floats(allow_nan=False, allow_infinity=False, width=64)
NEAR = st.floats(-20, 700, allow_nan=False)
BOXES = st.tuples(*[ANYWHERE | NEAR] * 4)


@given(BOXES)
@example((0.0, 0.0, 640.0, 360.0))
@example((0.0, 0.0, 640.0000001, 360.0))
@example((639.0, 359.0, 640.0, 360.0))
def test_box_that_is_taken_lies_in_the_picture_and_survives_every_file(box: tuple[float, float, float, float]) -> None:
    try:
        after = made(Draw(box=box, class_name="stall"))
    except CorrectionError:
        x1, y1, x2, y2 = box
        assert min(x1, y1) < 0 or x2 > WIDE[0] or y2 > WIDE[1] or x2 - x1 < 1 or y2 - y1 < 1
        return
    assert parsed_sheet(sheet_bytes(after), Path("a.json")) == after
    rows = parse_rows(format_rows(after.labels(), WIDE, ROW_OF))
    assert rows.fractions[-1].tolist() == pytest.approx([side / (WIDE[i % 2]) for i, side in enumerate(box)], abs=2e-6)


IDS = st.integers(0, 6)
NAMES = st.sampled_from([*CLASSES, "lorry"])
NEAR_BOXES = st.tuples(*[st.floats(-2, 400, allow_nan=False)] * 4)
CHANGES = st.one_of(
    st.builds(Confirm, ids=st.lists(IDS, min_size=1, max_size=3).map(tuple)),
    st.builds(Delete, ids=st.lists(IDS, min_size=1, max_size=3).map(tuple)),
    st.builds(Move, id=IDS, box=NEAR_BOXES),
    st.builds(Rename, id=IDS, class_name=NAMES),
    st.builds(Draw, box=NEAR_BOXES, class_name=NAMES),
    st.builds(Ignore, box=NEAR_BOXES),
    st.builds(Clear, number=st.integers(-1, 2)),
    st.builds(SeeTo, classes=st.lists(NAMES, min_size=1, max_size=3).map(tuple)),
)


@given(st.lists(CHANGES, max_size=8))
def test_any_changes_can_be_taken_back_and_no_box_is_ever_taken_out(changes: list[Correction]) -> None:
    before = now = sheet()
    for change in changes:
        try:
            after = made(change, now)
        except CorrectionError:
            continue
        kept = [(box.id, box.box, box.class_name) for box in now.boxes]
        assert [(box.id, box.box, box.class_name) for box in after.boxes[: len(kept)]] == kept
        now = after
    back = now.restored(before, by="li", at=NOON)

    assert back.standing == before.standing
    assert (back.ignored, back.reviews) == (before.ignored, before.reviews)
    assert [box.id for box in back.boxes] == [box.id for box in now.boxes]
