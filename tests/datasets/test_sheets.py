"""Sheets: what a model proposed, what people made of it, and who decided when."""

import errno
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings

from datasets.errors import LabelFileError, SetWriteError
from datasets.findings import Finding, FindingKind
from datasets.labelled import Labels, Origin
from datasets.labelling import FrameLabels
from datasets.proposals import (
    Proposal,
    Proposer,
    proposals_of_clip,
    proposals_of_pictures,
    read_proposals,
    sheet_of,
    write_proposals,
)
from datasets.reading import SetFacts
from datasets.sheets import BoxState, Sheet, read_sheet, sheet_bytes, write_sheet
from datasets.yolo import read_yolo
from tests.cases.failing_disk import FailingDisk
from tests.datasets.pictures import SIZE, labelled, put_clip, same_labels
from tests.test_fuzz_user_files import DEEP, EDITS, damaged
from vision.classes import StreetClass
from vision.detections import Detections
from vision.frames import Frame

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
PROPOSER = Proposer("yolo26m", "ab" * 32, NOON)
CAR, PERSON = int(StreetClass.CAR), int(StreetClass.PERSON)
CARS = frozenset({StreetClass.CAR})


def proposal(name: str = "a") -> Proposal:
    seen = Labels(
        np.array([[20, 5, 30, 40], [40, 5, 50, 40]], np.float32),
        np.array([PERSON, CAR], np.int64),
        np.array([0.75, 0.5], np.float32),
        np.array([3, 4], np.int64),
    )
    picture = labelled(name, labels=seen, complete=frozenset(), ignored=np.array([[0, 0, 5, 5]], np.float32))
    return Proposal(picture, np.array([False, True]), Labels.of([((1, 1, 9, 9), CAR)]))


def sheet() -> Sheet:
    return sheet_of(proposal(), "images/train/a.jpg", PROPOSER)


def test_sheet_tells_what_was_marked_seen_and_filled_in() -> None:
    assert [(box.id, box.how, box.class_name, box.score) for box in sheet().boxes] == [
        (1, "marked", "car", 1.0),
        (2, "seen", "person", 0.75),
        (3, "filled", "car", 0.5),
    ]
    assert all(box.state is BoxState.PROPOSED and box.by == "" for box in sheet().boxes)
    assert (sheet().model, sheet().proposed_at) == ("yolo26m", NOON)


def test_decision_tells_who_and_when_and_leaves_the_older_sheet_alone() -> None:
    before = sheet()
    after = before.settled({2: BoxState.DELETED}, by="li", at=NOON)
    assert (after.boxes[1].state, after.boxes[1].by, after.boxes[1].at) == (BoxState.DELETED, "li", NOON)
    assert before.boxes[1].state is BoxState.PROPOSED
    assert after.labels().class_ids.tolist() == [CAR, CAR]


def test_confirmed_box_counts_as_marked_by_a_person() -> None:
    assert sheet().settled({2: BoxState.CONFIRMED}, by="li", at=NOON).labels().scores.tolist() == [1.0, 1.0, 0.5]


def test_box_that_was_forgotten_is_drawn_under_a_number_of_its_own() -> None:
    drawn = sheet().drawn((5, 5, 15, 25), StreetClass.STALL, by="li", at=NOON).boxes[-1]
    assert (drawn.id, drawn.how, drawn.state, drawn.class_name) == (4, "drawn", BoxState.CONFIRMED, "stall")


def test_review_confirms_what_stayed_and_makes_its_classes_complete() -> None:
    after = sheet().settled({3: BoxState.DELETED}, by="li", at=NOON).reviewed(CARS, by="li", at=NOON)
    assert [box.state for box in after.boxes] == [BoxState.CONFIRMED, BoxState.PROPOSED, BoxState.DELETED]
    assert after.complete == CARS
    assert sheet().complete == frozenset()


def test_decision_about_a_box_that_is_not_there_or_has_no_area_is_refused() -> None:
    with pytest.raises(ValueError, match="has no box 9"):
        sheet().settled({9: BoxState.CONFIRMED}, by="li", at=NOON)
    with pytest.raises(ValueError, match="box 4 has no area"):
        sheet().drawn((5, 5, 5, 25), StreetClass.STALL, by="li", at=NOON)


def test_sheet_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    written = sheet().settled({2: BoxState.DELETED}, by="李", at=NOON).reviewed(CARS, by="李", at=NOON)
    write_sheet(tmp_path / "a.json", written)
    assert read_sheet(tmp_path / "a.json") == written


def test_full_disk_leaves_the_older_sheet(tmp_path: Path) -> None:
    write_sheet(tmp_path / "a.json", sheet())
    with pytest.raises(SetWriteError, match="the disk is full"):
        write_sheet(tmp_path / "a.json", sheet().reviewed(CARS, by="li", at=NOON), disk=FailingDisk(1, errno.ENOSPC))
    assert read_sheet(tmp_path / "a.json") == sheet()
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"class_name": "person"', '"class_name": "lorry"', "there is no class 'lorry'"),
        ('"id": 2', '"id": 1', "two boxes have one id"),
        ('"score": 0.75', '"score": 7', "write a number of 1 or less"),
        ('"how": "filled"', '"how": "guessed"', "write one of"),
        ('"track": 3', '"trakc": 3', "there is no such key"),
        ('"version": 1', '"version": 2', "write one of 1"),
        ('"images/train/a.jpg"', '"../secret/a.jpg"', "is no path below"),
        ('"images/train/a.jpg"', '"/secret/a.jpg"', "is no path below"),
        ('"images/train/a.jpg"', '"."', "is no path below"),
        ('"images/train/a.jpg"', '".//."', "is no path below"),
    ],
)
def test_wrong_sheet_is_told_with_its_place(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = sheet_bytes(sheet()).decode().replace('":', '": ').replace('":  ', '": ')
    assert old in text
    (tmp_path / "a.json").write_text(text.replace(old, new, 1))
    with pytest.raises(LabelFileError, match=rf"a\.json.*{words}"):
        read_sheet(tmp_path / "a.json")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(EDITS)
@example([("put", 0.0, DEEP)])
def test_fuzz_sheet(tmp_path: Path, edits: list[tuple[str, float, str]]) -> None:
    (tmp_path / "a.json").write_bytes(damaged(sheet_bytes(sheet()).decode(), edits))
    try:
        read_sheet(tmp_path / "a.json").labels()
    except LabelFileError as err:
        assert "a.json" in str(err)  # noqa: PT017


def test_folder_of_proposals_is_a_yolo_set_and_corrections_count_from_its_sheets(tmp_path: Path) -> None:
    folder = write_proposals(tmp_path / "set", [proposal("a"), proposal("b")], PROPOSER)
    assert [len(picture.labels) for picture in read_yolo(folder, SetFacts("made")).pictures] == [3, 3]
    path = folder / "sheets" / "a.json"
    corrected = read_sheet(path).settled({1: BoxState.DELETED}, by="li", at=NOON).reviewed(CARS, by="li", at=NOON)
    write_sheet(path, corrected)
    one, other = read_proposals(folder, "made").pictures
    assert (len(one.labels), one.complete, len(other.labels), other.complete) == (2, CARS, 3, frozenset())
    assert same_labels(one.labels, corrected.labels())
    assert one.ignored.tolist() == [[0, 0, 5, 5]]
    assert (one.camera, one.origin) == (proposal().picture.camera, proposal().picture.origin)


def test_broken_picture_and_missing_sheets_are_told(tmp_path: Path) -> None:
    folder = write_proposals(tmp_path / "set", [proposal("a"), proposal("b")], PROPOSER)
    (folder / "images" / "train" / "b.jpg").unlink()
    found = read_proposals(folder, "made")
    assert found.findings[0].kind is FindingKind.BROKEN_PICTURE
    assert len(found.pictures) == 1
    with pytest.raises(LabelFileError, match="holds no sheet"):
        read_proposals(tmp_path, "made")


def test_labels_of_a_clip_are_proposed_frame_by_frame(tmp_path: Path) -> None:
    clip = put_clip(tmp_path / "film.mp4")
    seen = proposal().picture.labels
    frames = [FrameLabels(i / 10, SIZE, seen, np.array([False, True]), np.zeros((0, 4), np.float32)) for i in (0, 5)]
    folder = write_proposals(tmp_path / "set", proposals_of_clip(clip, frames, "gate", Origin("film")), PROPOSER)
    sheets = [read_sheet(path) for path in sorted((folder / "sheets").iterdir())]
    assert [each.t_s for each in sheets] == [0.0, 0.5]
    assert [each.picture for each in sheets] == [f"images/train/film-{t}.jpg" for t in ("00000.000", "00000.500")]
    assert [box.how for box in sheets[0].boxes] == ["seen", "filled"]


class OneCar:
    """Sees one car in every frame."""

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        return [Detections.of([((1.0, 1.0, 9.5, 9.0), 0.9, CAR), ((30.0, 1, 40, 9), 0.6, PERSON)]) for _ in frames]


def test_model_adds_to_what_is_marked_in_single_pictures_and_broken_ones_are_told() -> None:
    pictures = [
        labelled("a", [((1, 1, 9, 9), CAR)], complete=CARS),
        labelled("b", source=b"no picture"),
        labelled("c"),
    ]
    told: list[Finding] = []
    one, other = proposals_of_pictures(OneCar(), pictures, told.append)
    assert (len(one.marked), one.picture.labels.class_ids.tolist()) == (1, [PERSON])
    assert other.picture.labels.class_ids.tolist() == [CAR, PERSON]
    assert [finding.kind for finding in told] == [FindingKind.BROKEN_PICTURE]
    assert sheet_of(one, "a.jpg", PROPOSER).complete == CARS
