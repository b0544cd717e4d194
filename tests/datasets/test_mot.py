"""Sequences in MOT format: frames from 1, boxes by left, top, width, height, and what is not to be counted."""

from pathlib import Path

import numpy as np
import pytest

from datasets.errors import LabelFileError
from datasets.findings import FindingKind
from datasets.labelled import ClipMoment, Labels
from datasets.mot import read_mot, write_mot
from datasets.mot_rows import format_mot, parse_mot
from datasets.reading import SetFacts
from tests.datasets.pictures import SIZE, labelled, put_picture, same_labels
from vision.classes import StreetClass

FACTS = SetFacts("made")
INFO = "[Sequence]\nname=gate\nimDir=img1\nframeRate=25\nseqLength=2\nimWidth=64\nimHeight=48\nimExt=.jpg\n"
PERSON, CAR = int(StreetClass.PERSON), int(StreetClass.CAR)


def put_sequence(folder: Path, rows: str, *, info: str = INFO, which: str = "gt") -> Path:
    (folder / which).mkdir()
    (folder / which / f"{which}.txt").write_text(rows)
    (folder / "seqinfo.ini").write_text(info)
    for frame in (1, 2):
        put_picture(folder / "img1" / f"{frame:06d}.jpg", frame)
    return folder


def test_frames_count_from_one_and_boxes_become_corners(tmp_path: Path) -> None:
    put_sequence(tmp_path, "1,5,8,6,16,12,1,1,0.5\n2,5,10,6,16,12,1,3,1\n")
    first, second = read_mot(tmp_path, FACTS).pictures
    assert (first.name, first.camera) == ("gate-000001", "made/gate")
    assert first.labels.boxes.tolist() == [[8, 6, 24, 18]]
    assert (first.labels.object_ids.tolist(), first.labels.visible_ratios.tolist()) == ([5], [0.5])
    assert second.labels.class_ids.tolist() == [CAR]


def test_frame_without_rows_is_a_negative(tmp_path: Path) -> None:
    read = read_mot(put_sequence(tmp_path, "1,5,8,6,16,12,1,1,1\n"), FACTS)
    assert [len(picture.labels) for picture in read.pictures] == [1, 0]
    assert read.findings == ()


def test_what_is_not_to_be_counted_becomes_a_region(tmp_path: Path) -> None:
    put_sequence(tmp_path, "1,1,0,0,4,4,0,1,1\n1,2,8,0,4,4,1,12,1\n1,3,16,0,4,4,1,9,1\n1,4,24,0,4,4,1,7,1\n")
    found = read_mot(tmp_path, FACTS).pictures[0]
    assert found.ignored.tolist() == [[0, 0, 4, 4], [8, 0, 12, 4]]
    assert found.labels.class_ids.tolist() == [PERSON]


def test_detections_have_scores_and_no_class(tmp_path: Path) -> None:
    read = read_mot(
        put_sequence(tmp_path, "1,-1,8,6,16,12,0.75,-1,-1,-1\n1,-1,0,0,9,9,3.5\n", which="det"), FACTS, which="det"
    )
    labels = read.pictures[0].labels
    assert labels.scores.tolist() == [0.75, 1.0]
    assert (labels.object_ids.tolist(), labels.class_ids.tolist()) == ([0, 0], [PERSON, PERSON])
    assert [finding.kind for finding in read.findings] == [FindingKind.ODD_SCORE]


def test_frames_may_be_moments_of_a_film(tmp_path: Path) -> None:
    put_sequence(tmp_path, "2,5,8,6,16,12,1,1,1\n")
    second = read_mot(tmp_path, FACTS, clip=tmp_path / "film.mp4").pictures[1]
    assert second.source == ClipMoment(tmp_path / "film.mp4", 0.04)


def test_written_sequence_is_read_back_bit_for_bit(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    corners = np.sort(rng.uniform(0, 1, (30, 2, 2)), axis=1).reshape(30, 4) * [*SIZE, *SIZE]
    labels = Labels(
        corners.astype(np.float32),
        rng.integers(0, 12, 30),
        rng.uniform(0.1, 1, 30).astype(np.float32),
        rng.integers(0, 9, 30),
        rng.uniform(0, 1, 30).astype(np.float32),
    )
    pictures = [labelled("a", labels=labels, ignored=labels.boxes[:3]), labelled("b")]
    again = read_mot(write_mot(tmp_path / "gate", pictures, 25.0), SetFacts("other")).pictures
    for before, after in zip(pictures, again, strict=True):
        assert same_labels(before.labels, after.labels)
        assert np.array_equal(before.ignored, after.ignored)
        assert (before.camera, before.complete) == (after.camera, after.complete)


def test_text_is_the_same_after_it_was_read_and_written(tmp_path: Path) -> None:
    text = "1,5,8.5,6.0,16.25,12.0,1.0,1,0.5\n3,-1,0.1,0.2,0.30000000000000004,4.0,0.75,-1,1.0\n"
    assert format_mot(parse_mot(text)) == text


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("0,1,0,0,4,4,1,1,1\n", "line 1: frame 0; frames count from 1"),
        ("1,1,0,0,4,4,1,1,1\n1,1,0,0\n", "line 2: 4 columns"),
        ("1,1,0,nan,4,4,1,1,1\n", "line 1: a number is infinite or none"),
        ("1.5,1,0,0,4,4,1,1,1\n", "line 1: frame 1.5 is no whole number"),
        ("one,1,0,0,4,4,1,1,1\n", "line 1: could not convert"),
        ("1,1,0,0,4,4,1,99,1\n", "speaks of class 99, but 13 classes are named"),
    ],
)
def test_wrong_row_is_told_with_its_line(tmp_path: Path, rows: str, words: str) -> None:
    with pytest.raises(LabelFileError, match=rf"gt\.txt.*{words}"):
        read_mot(put_sequence(tmp_path, rows), FACTS)


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ("name=gate", "no section headers"),
        ("[Other]\nname=gate", "Sequence"),
        (INFO.replace("64", "wide"), "imwidth: write a whole number"),
        (INFO.replace("frameRate=25", "frameRate=0"), "framerate: write a number above 0"),
        (INFO.replace("name=gate", "name=../gate"), "name: write it in the form"),
    ],
)
def test_wrong_description_of_a_sequence_is_told(tmp_path: Path, info: str, words: str) -> None:
    with pytest.raises(LabelFileError, match=rf"seqinfo\.ini.*{words}"):
        read_mot(put_sequence(tmp_path, "", info=info), FACTS)


def test_missing_and_broken_frames_are_counted(tmp_path: Path) -> None:
    put_sequence(tmp_path, "1,1,0,0,4,4,1,1,1\n9,1,0,0,4,4,1,1,1\n")
    (tmp_path / "img1" / "000002.jpg").unlink()
    read = read_mot(tmp_path, FACTS)
    counted = sorted(finding.kind.name for finding in read.findings)
    assert counted == ["BROKEN_PICTURE", "NO_NEGATIVES", "NO_PICTURE"]


def test_score_of_nothing_cannot_be_written(tmp_path: Path) -> None:
    labels = Labels(np.ones((1, 4), np.float32), np.ones(1, np.int64), np.zeros(1, np.float32))
    with pytest.raises(ValueError, match="score of 0"):
        write_mot(tmp_path / "gate", [labelled("a", labels=labels)], 25.0)
