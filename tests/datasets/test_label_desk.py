"""Sets that people correct together: lists, order, taking back, files that follow, and what must not be reached."""

import errno
import os
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from datasets.corrections import Cause, Change, Clear, Confirm, Delete, Draw, Ignore, Move, SeeTo, Undo
from datasets.errors import (
    BrokenSheetError,
    CorrectionError,
    PictureError,
    SetWriteError,
    StaleSheetError,
    UnknownLabelsError,
)
from datasets.formats import Format, format_of, read_set
from datasets.label_desk import Edit, LabelDesk, OpenSheet
from datasets.label_sets import LabelSets, PictureRow, SetProgress, Showing, Wanted, is_name, neighbours
from datasets.picture_files import read_size
from datasets.reading import SetFacts
from datasets.sheets import BoxState, read_sheet, write_sheet
from datasets.yolo_rows import parse_rows
from tests.cases.failing_disk import FailingDisk
from tests.datasets.label_folders import NOON, WIDE, put_set
from tests.datasets.pictures import put_picture
from vision.classes import StreetClass

ALL = SeeTo(classes=tuple(kind.label for kind in StreetClass if kind is not StreetClass.UNKNOWN))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return put_set(tmp_path / "labels")


@pytest.fixture
def desk(folder: Path) -> LabelDesk:
    return LabelDesk(LabelSets(folder.parent))


def changed(desk: LabelDesk, change: Change, picture: str = "a", by: str = "li", *, revision: str = "") -> OpenSheet:
    now = revision or desk.open("gate", picture).revision
    return desk.change("gate", picture, Edit(change, now, by, NOON))


def states(opened: OpenSheet) -> list[str]:
    return [box.state.value for box in opened.sheet.boxes]


def shown(desk: LabelDesk, state: Showing, class_name: str = "") -> list[str]:
    wanted = Wanted(state, class_name)
    return [row.name for row in desk.sets.rows("gate") if wanted.takes(row)]


def test_set_tells_how_far_it_is(desk: LabelDesk) -> None:
    assert SetProgress.of("gate", desk.sets.rows("gate")) == SetProgress("gate", 3, 0, 9, 0)
    changed(desk, Confirm(ids=(1, 2)))
    changed(desk, ALL, "b")
    assert SetProgress.of("gate", desk.sets.rows("gate")) == SetProgress("gate", 3, 1, 4, 0)


def test_pictures_are_listed_by_state_and_class(desk: LabelDesk) -> None:
    changed(desk, ALL, "a")
    changed(desk, Confirm(ids=(2, 3)), "b")
    changed(desk, Delete(ids=(1,)), "c")
    assert shown(desk, Showing.ALL) == ["a", "b", "c"]
    assert shown(desk, Showing.OPEN) == ["b", "c"]
    assert shown(desk, Showing.REVIEWED) == ["a"]
    assert shown(desk, Showing.ALL, "car") == ["a", "b"]
    assert shown(desk, Showing.OPEN, "tricycle") == []


def test_picture_is_doubtful_by_its_boxes_and_by_its_regions_until_somebody_has_seen_to_it(
    desk: LabelDesk, folder: Path
) -> None:
    changed(desk, Confirm(ids=(2, 3)), "a")
    assert shown(desk, Showing.DOUBTFUL) == ["a", "b", "c"]
    path = folder / "sheets" / "a.json"
    write_sheet(path, read_sheet(path).ignoring([]))
    assert shown(desk, Showing.DOUBTFUL) == ["b", "c"]
    changed(desk, SeeTo(classes=("car",)), "b")
    assert shown(desk, Showing.DOUBTFUL) == ["c"]


def test_folder_that_is_not_there_holds_no_sets(tmp_path: Path) -> None:
    assert LabelSets(tmp_path / "nowhere").names() == ()


def test_only_folders_with_sheets_are_sets(desk: LabelDesk, folder: Path) -> None:
    (folder.parent / ".half.writing" / "sheets").mkdir(parents=True)
    (folder.parent / "other").mkdir()
    (folder.parent / "file").write_text("")
    assert desk.sets.names() == ("gate",)


@pytest.mark.parametrize("name", ["东门　1", "a b", "100%#?", "x.json", "\u202e1"])
def test_set_and_picture_of_any_name_that_may_be_given_are_listed_and_opened(
    desk: LabelDesk, folder: Path, name: str
) -> None:
    put_set(folder.parent, name, [name])
    assert is_name(name)
    assert name in desk.sets.names()
    assert [row.name for row in desk.sets.rows(name)] == [name]
    assert len(desk.open(name, name).sheet.standing) == 3


def test_damaged_sheet_is_listed_and_never_touched(desk: LabelDesk, folder: Path) -> None:
    path = folder / "sheets" / "b.json"
    path.write_text("{")
    rows = desk.sets.rows("gate")
    assert SetProgress.of("gate", rows).broken == 1
    assert shown(desk, Showing.OPEN) == ["a", "b", "c"]
    assert shown(desk, Showing.DOUBTFUL) == ["a", "c"]
    with pytest.raises(BrokenSheetError) as refused:
        desk.change("gate", "b", Edit(Confirm(ids=(1,)), "0", "li", NOON))
    assert str(folder) not in str(refused.value)
    assert path.read_text() == "{"


def test_neighbours_of_a_picture_that_is_shown_no_more_are_those_around_it() -> None:
    rows = [PictureRow(name, None) for name in ("a", "c", "e")]
    assert neighbours(rows, "c") == ("a", "e")
    assert neighbours(rows, "d") == ("c", "e")
    assert neighbours(rows, "a") == (None, "c")
    assert neighbours([], "a") == (None, None)


def test_change_is_in_the_sheet_with_who_and_when(desk: LabelDesk, folder: Path) -> None:
    changed(desk, Delete(ids=(2,)))
    box = read_sheet(folder / "sheets" / "a.json").boxes[1]
    assert (box.state, box.by, box.at) == (BoxState.DELETED, "li", NOON)


def test_slower_of_two_is_refused_and_the_faster_ones_change_stays(desk: LabelDesk, folder: Path) -> None:
    seen = desk.open("gate", "a").revision
    changed(desk, Delete(ids=(1,)), by="wang", revision=seen)
    before = (folder / "sheets" / "a.json").read_bytes()
    with pytest.raises(StaleSheetError):
        changed(desk, Delete(ids=(2,)), revision=seen)
    assert (folder / "sheets" / "a.json").read_bytes() == before
    assert states(desk.open("gate", "a")) == ["deleted", "proposed", "proposed"]


def test_sheet_that_was_changed_by_hand_is_another_revision(desk: LabelDesk, folder: Path) -> None:
    seen = desk.open("gate", "a").revision
    path = folder / "sheets" / "a.json"
    path.write_text(path.read_text() + "\n")
    with pytest.raises(StaleSheetError):
        changed(desk, Delete(ids=(2,)), revision=seen)


def test_changes_are_taken_back_one_after_another(desk: LabelDesk) -> None:
    begin = desk.open("gate", "a").sheet
    changed(desk, Confirm(ids=(1,)))
    changed(desk, Move(id=2, box=(310, 120, 350, 220)))
    changed(desk, Ignore(box=(0, 0, 50, 50)))
    assert changed(desk, ALL).sheet.is_reviewed
    after_four = [changed(desk, Undo()).sheet for _ in range(4)]
    assert not after_four[0].is_reviewed
    assert [len(sheet.ignored) for sheet in after_four] == [2, 1, 1, 1]
    assert [len(sheet.standing) for sheet in after_four] == [3, 3, 3, 3]
    assert [box.id for box in after_four[1].standing] == [1, 3, 4]
    assert after_four[3].standing == begin.standing
    with pytest.raises(CorrectionError) as refused:
        changed(desk, Undo())
    assert refused.value.cause == Cause.NOTHING_TO_UNDO


def test_taking_back_goes_on_past_a_state_that_the_sheet_was_in_twice(desk: LabelDesk) -> None:
    begin = desk.open("gate", "a").sheet
    deleted = changed(desk, Delete(ids=(1,)))
    changed(desk, Ignore(box=(0, 0, 50, 50)))
    assert changed(desk, Clear(number=1)).revision == deleted.revision
    back = [changed(desk, Undo()).sheet for _ in range(3)]
    assert [len(sheet.ignored) for sheet in back] == [2, 1, 1]
    assert [len(sheet.standing) for sheet in back] == [2, 2, 3]
    assert back[2].standing == begin.standing
    with pytest.raises(CorrectionError, match="nothing here"):
        changed(desk, Undo())


def test_decision_that_only_says_again_who_and_when_does_not_stop_taking_back(desk: LabelDesk) -> None:
    changed(desk, Confirm(ids=(1,)))
    changed(desk, Confirm(ids=(1,)), by="wang")
    changed(desk, Undo(), by="wang")
    assert states(changed(desk, Undo())) == ["proposed"] * 3


def test_nothing_is_taken_back_from_before_a_sheet_was_mended_by_hand(desk: LabelDesk, folder: Path) -> None:
    changed(desk, Delete(ids=(1,)))
    path = folder / "sheets" / "a.json"
    path.write_text(path.read_text() + "\n")
    changed(desk, Delete(ids=(2,)))
    assert states(changed(desk, Undo())) == ["deleted", "proposed", "proposed"]
    with pytest.raises(CorrectionError, match="nothing here"):
        changed(desk, Undo())


def test_nobody_takes_back_what_somebody_else_did(desk: LabelDesk) -> None:
    changed(desk, Delete(ids=(1,)), by="wang")
    with pytest.raises(CorrectionError, match="li changed nothing"):
        changed(desk, Undo())
    assert states(changed(desk, Undo(), by="wang")) == ["proposed"] * 3


def test_change_that_changes_nothing_writes_nothing(desk: LabelDesk, folder: Path) -> None:
    changed(desk, Confirm(ids=(1,)))
    number = (folder / "sheets" / "a.json").stat().st_ino
    changed(desk, Confirm(ids=(1,)))
    assert (folder / "sheets" / "a.json").stat().st_ino == number


def test_training_rows_follow_the_sheet_whichever_way_the_set_is_read(desk: LabelDesk, folder: Path) -> None:
    changed(desk, Delete(ids=(1,)))
    changed(desk, Draw(box=(0, 0, 64, 36), class_name="stall"))
    changed(desk, ALL)
    rows = parse_rows((folder / "labels" / "train" / "a.txt").read_text())
    assert sorted(rows.rows.tolist()) == sorted([StreetClass.PERSON, StreetClass.BUS, StreetClass.STALL])
    assert rows.fractions[-1].tolist() == pytest.approx([0, 0, 0.1, 0.1])
    for place in (folder, folder / "data.yaml"):
        assert format_of(place) is Format.SHEETS
        picture = read_set(str(place), SetFacts("gate")).pictures[0]
        assert sorted(picture.labels.class_ids.tolist()) == sorted(rows.rows.tolist())
        assert picture.labels.scores.tolist() == [1.0, 1.0, 1.0]
        assert StreetClass.STALL in picture.complete


STEPS_OF_A_CHANGE = 6
"""Sync, rename and sync of the folder, for the sheet and then for the label file."""


@pytest.mark.parametrize("step", range(1, STEPS_OF_A_CHANGE + 1))
def test_disk_that_fails_at_any_step_leaves_whole_files_and_all_that_can_be_taken_back(
    folder: Path, caplog: pytest.LogCaptureFixture, step: int
) -> None:
    desk = LabelDesk(LabelSets(folder.parent), disk=FailingDisk(STEPS_OF_A_CHANGE + step, errno.ENOSPC))
    changed(desk, Confirm(ids=(3,)))
    rows = (folder / "labels" / "train" / "a.txt").read_text()
    if step <= 3:
        with pytest.raises(SetWriteError, match="the disk is full") as refused:
            changed(desk, Delete(ids=(1,)))
        assert str(folder.parent) not in str(refused.value)
    else:
        assert states(changed(desk, Delete(ids=(1,)))) == ["deleted", "proposed", "confirmed"]
        assert "label file only follows with the next change" in caplog.text
    assert states(desk.open("gate", "a"))[0] == ("proposed" if step <= 2 else "deleted")
    assert (folder / "labels" / "train" / "a.txt").read_text() in (rows, "".join(rows.splitlines(keepends=True)[1:]))
    assert list(folder.rglob("*.writing")) == []
    if step > 2:
        assert states(changed(desk, Undo())) == ["proposed", "proposed", "confirmed"]
    assert states(changed(desk, Undo())) == ["proposed"] * 3
    rows_now = parse_rows((folder / "labels" / "train" / "a.txt").read_text())
    assert len(rows_now.rows) == 3


@pytest.mark.parametrize("step", range(1, STEPS_OF_A_CHANGE + 1))
def test_taking_back_that_fails_can_be_asked_for_again(folder: Path, step: int) -> None:
    desk = LabelDesk(LabelSets(folder.parent), disk=FailingDisk(2 * STEPS_OF_A_CHANGE + step, errno.ENOSPC))
    changed(desk, Delete(ids=(1,)))
    changed(desk, Delete(ids=(2,)))
    with pytest.raises(SetWriteError) if step <= 3 else nullcontext():
        changed(desk, Undo())
    if step <= 2:
        changed(desk, Undo())
    assert states(desk.open("gate", "a")) == ["deleted", "proposed", "proposed"]
    assert states(changed(desk, Undo())) == ["proposed"] * 3


HOSTILE = ["", ".", "..", "../gate", "gate/..", "gate/sheets", ".gate", "a\0b", "x" * 300, "图" * 200, "a\nb", "\ud800"]


@pytest.mark.parametrize("name", ["", ".", "..", ".gate", "a/b", "a\0b", "a\tb", "a\x85b", "\ud800"])
def test_name_that_no_page_could_show_is_none(name: str) -> None:
    assert not is_name(name)


@pytest.mark.parametrize("name", HOSTILE)
def test_name_that_no_set_or_picture_has_is_unknown(desk: LabelDesk, name: str) -> None:
    with pytest.raises(UnknownLabelsError):
        desk.open(name, "a")
    with pytest.raises(UnknownLabelsError):
        desk.open("gate", name)


def test_sheet_that_links_elsewhere_is_unknown(desk: LabelDesk, folder: Path) -> None:
    (folder / "sheets" / "z.json").symlink_to(folder / "sheets" / "a.json")
    assert [row.name for row in desk.sets.rows("gate")] == ["a", "b", "c"]
    with pytest.raises(UnknownLabelsError):
        desk.open("gate", "z")


@pytest.mark.parametrize(
    "picture",
    ["data.yaml", "sheets/a.json", "images/train/link.jpg", "images/out/x.jpg", "images/a\0.jpg", "images/ring/x.jpg"],
)
def test_nothing_but_the_sets_own_pictures_is_handed_out(
    desk: LabelDesk, folder: Path, tmp_path: Path, picture: str
) -> None:
    put_picture(tmp_path / "secret" / "x.jpg")
    (folder / "images" / "train" / "link.jpg").symlink_to(tmp_path / "secret" / "x.jpg")
    (folder / "images" / "out").symlink_to(tmp_path / "secret")
    (folder / "images" / "ring").symlink_to(folder / "images" / "ring")
    path = folder / "sheets" / "a.json"
    write_sheet(path, read_sheet(path).model_copy(update={"picture": picture}))
    with pytest.raises(PictureError):
        desk.picture("gate", "a")


def test_picture_is_handed_out_as_it_is_or_smaller(desk: LabelDesk, folder: Path) -> None:
    assert desk.picture("gate", "a") == folder / "images" / "train" / "a.jpg"
    small = desk.picture("gate", "a", 320)
    assert isinstance(small, bytes)
    assert read_size(small) == (320, 180)
    assert WIDE == (640, 360)


def test_very_large_picture_is_handed_out_smaller(desk: LabelDesk, folder: Path) -> None:
    done, data = cv2.imencode(".jpg", np.zeros((300, 6000, 3), np.uint8))
    assert done
    (folder / "images" / "train" / "a.jpg").write_bytes(data.tobytes())
    path = folder / "sheets" / "a.json"
    write_sheet(path, read_sheet(path).model_copy(update={"size_wh": (6000, 300)}))
    shrunk = desk.picture("gate", "a")
    assert isinstance(shrunk, bytes)
    assert read_size(shrunk) == (4096, 205)


def test_picture_that_no_browser_shows_comes_as_a_jpeg(desk: LabelDesk, folder: Path) -> None:
    put_picture(folder / "images" / "train" / "a.tiff")
    path = folder / "sheets" / "a.json"
    write_sheet(path, read_sheet(path).model_copy(update={"picture": "images/train/a.tiff"}))
    shown_bytes = desk.picture("gate", "a")
    assert isinstance(shown_bytes, bytes)
    assert shown_bytes[:2] == b"\xff\xd8"


def test_missing_and_broken_pictures_are_told_without_the_place_of_the_folder(desk: LabelDesk, folder: Path) -> None:
    (folder / "images" / "train" / "a.jpg").write_bytes(b"no picture")
    (folder / "images" / "train" / "b.jpg").unlink()
    for name in ("a", "b"):
        with pytest.raises(PictureError) as refused:
            desk.picture("gate", name, 320)
        assert str(folder) not in str(refused.value)


def test_list_reads_a_sheet_again_only_when_it_was_written_anew(desk: LabelDesk, folder: Path) -> None:
    desk.sets.rows("gate")
    path = folder / "sheets" / "a.json"
    stamp = path.stat()
    text = path.read_text()
    path.write_text(text.replace('"proposed"', '"deleted" ', 3))
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert SetProgress.of("gate", desk.sets.rows("gate")).open_boxes == 9
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns + 1))
    assert SetProgress.of("gate", desk.sets.rows("gate")).open_boxes == 6


def test_last_decision_about_a_box_is_that_of_who_took_it_back(desk: LabelDesk) -> None:
    changed(desk, Confirm(ids=(1,)), by="wang")
    first = desk.open("gate", "a")
    later = Edit(Delete(ids=(1,)), first.revision, "li", NOON + timedelta(hours=1))
    gone = desk.change("gate", "a", later)
    back = desk.change("gate", "a", replace(later, change=Undo(), revision=gone.revision))
    assert (back.sheet.boxes[0].state, back.sheet.boxes[0].by) == (BoxState.CONFIRMED, "li")
