"""Sets in YOLO format: every layout is read, what is wrong is counted, and nothing is lost but digits."""

from pathlib import Path

import numpy as np
import pytest

from datasets.errors import LabelFileError, SetEmptyError, UnknownClassError
from datasets.findings import Finding, FindingKind, LabelledSet
from datasets.labelled import Labels
from datasets.reading import SetFacts
from datasets.yolo import read_yolo
from datasets.yolo_folder import write_yolo
from tests.datasets.pictures import SIZE, labelled, put_picture
from vision.classes import StreetClass

FACTS = SetFacts("made")
CAR, PERSON, TRICYCLE = (int(kind) for kind in (StreetClass.CAR, StreetClass.PERSON, StreetClass.TRICYCLE))


def put_set(folder: Path, rows: dict[str, str], classes: str = "car\nperson\n") -> Path:
    """Write `images/` and `labels/` with one picture for each name, and `classes.txt`."""
    for seed, (name, text) in enumerate(rows.items()):
        put_picture(folder / "images" / f"{name}.jpg", seed)
        (folder / "labels").mkdir(exist_ok=True)
        (folder / "labels" / f"{name}.txt").write_text(text)
    (folder / "classes.txt").write_text(classes)
    return folder


def kinds(read: LabelledSet) -> list[FindingKind]:
    return [finding.kind for finding in read.findings if finding.kind is not FindingKind.NO_NEGATIVES]


def test_box_is_read_in_pixels_of_its_picture(tmp_path: Path) -> None:
    read = read_yolo(put_set(tmp_path, {"a": "0 0.5 0.5 0.25 0.5\n"}), FACTS)
    assert read.pictures[0].size_wh == SIZE
    assert read.pictures[0].labels.boxes.tolist() == [[24, 12, 40, 36]]
    assert read.pictures[0].labels.class_ids.tolist() == [CAR]


@pytest.mark.parametrize(
    ("picture", "labels"),
    [
        ("images/a.jpg", "labels/a.txt"),
        ("images/train/a.jpg", "labels/train/a.txt"),
        ("train/images/a.png", "train/labels/a.txt"),
        ("a.jpg", "a.txt"),
        ("images/images/a.jpg", "images/labels/a.txt"),
    ],
)
def test_labels_are_found_in_every_layout(tmp_path: Path, picture: str, labels: str) -> None:
    put_picture(tmp_path / picture)
    (tmp_path / labels).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / labels).write_text("1 0.5 0.5 0.5 0.5\n")
    (tmp_path / "data.yaml").write_text("names: [car, person]\n")
    read = read_yolo(tmp_path, FACTS)
    assert read.pictures[0].labels.class_ids.tolist() == [PERSON]
    assert kinds(read) == []


@pytest.mark.parametrize("names", ["[car, person]", "{0: car, 1: person}", "\n  1: person\n  0: car"])
def test_class_names_come_from_a_list_or_by_number(tmp_path: Path, names: str) -> None:
    put_set(tmp_path, {"a": "1 0.5 0.5 0.5 0.5\n"}).joinpath("data.yaml").write_text(f"nc: 2\nnames: {names}\n")
    assert read_yolo(tmp_path / "data.yaml", FACTS).pictures[0].labels.class_ids.tolist() == [PERSON]


def test_two_pictures_of_one_name_in_two_folders_both_stay(tmp_path: Path) -> None:
    for part in ("train", "valid"):
        put_picture(tmp_path / part / "images" / "a.jpg")
        (tmp_path / part / "labels").mkdir()
        (tmp_path / part / "labels" / "a.txt").write_text("")
    (tmp_path / "classes.txt").write_text("car\n")
    assert [picture.name for picture in read_yolo(tmp_path, FACTS).pictures] == ["train-images-a", "valid-images-a"]
    assert [picture.name for picture in read_yolo(tmp_path, FACTS, part="train").pictures] == ["a"]


def test_polygon_is_read_as_its_outer_box(tmp_path: Path) -> None:
    read = read_yolo(put_set(tmp_path, {"a": "0 0.25 0.5 0.5 0.25 0.75 0.75\n"}), FACTS)
    assert read.pictures[0].labels.boxes.tolist() == [[16, 12, 48, 36]]


def test_sixth_number_is_a_score(tmp_path: Path) -> None:
    read = read_yolo(put_set(tmp_path, {"a": "0 0.5 0.5 0.5 0.5 0.75\n"}), FACTS)
    assert read.pictures[0].labels.scores.tolist() == [0.75]


def test_every_mistake_is_counted_and_only_what_it_spoils_is_left_out(tmp_path: Path) -> None:
    rows = {
        "good": "0 0.5 0.5 0.5 0.5\n",
        "out": "0 0.9 0.5 0.4 0.5\n0 -0.5 0.5 0.2 0.2\n",
        "flat": "0 0.5 0.5 0 0.5\n1 0.5 0.5 -0.1 0.5\n",
        "twice": "0 0.5 0.5 0.5 0.5\n0 0.5 0.5 0.5 0.5\n",
        "nan": "0 nan 0.5 0.5 0.5\n",
        "words": "car at the kerb\n",
        "pixels": "0 320 240 64 48\n",
        "empty": "",
    }
    put_set(tmp_path, rows)
    put_picture(tmp_path / "images" / "unlabelled.jpg")
    (tmp_path / "labels" / "lonely.txt").write_text("0 0.5 0.5 0.5 0.5\n")
    (tmp_path / "images" / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    (tmp_path / "images" / "nothing.jpg").write_bytes(b"")
    read = read_yolo(tmp_path, FACTS)
    assert {picture.name: len(picture.labels) for picture in read.pictures} == {
        "good": 1,
        "out": 1,
        "flat": 0,
        "twice": 1,
        "empty": 0,
    }
    assert sorted(kinds(read)) == sorted(
        [
            *[FindingKind.CLIPPED, FindingKind.OUTSIDE, FindingKind.NO_SIZE, FindingKind.NO_SIZE],
            *[FindingKind.DOUBLE_ROW, FindingKind.BAD_ROW, FindingKind.BAD_ROW, FindingKind.BAD_ROW],
            *[FindingKind.NO_LABELS, FindingKind.NO_PICTURE, FindingKind.BROKEN_PICTURE, FindingKind.BROKEN_PICTURE],
        ]
    )


def test_picture_without_a_label_file_counts_as_empty_where_that_is_said(tmp_path: Path) -> None:
    put_picture(put_set(tmp_path, {"a": "0 0.5 0.5 0.5 0.5\n"}) / "images" / "b.jpg")
    read = read_yolo(tmp_path, SetFacts("made", unlabelled_are_empty=True))
    assert [len(picture.labels) for picture in read.pictures] == [1, 0]


def test_set_without_a_negative_is_told(tmp_path: Path) -> None:
    read = read_yolo(put_set(tmp_path, {"a": "0 0.5 0.5 0.5 0.5\n"}), FACTS)
    assert read.findings == (Finding(FindingKind.NO_NEGATIVES, "made"),)


def test_class_without_a_meaning_is_named(tmp_path: Path) -> None:
    put_set(tmp_path, {"a": ""}, "car\nwindow\narch\n")
    with pytest.raises(UnknownClassError, match=r"arch, window.*rickshaw=tricycle"):
        read_yolo(tmp_path, FACTS)


def test_class_may_be_given_a_meaning_or_left_out(tmp_path: Path) -> None:
    put_set(tmp_path, {"a": "0 0.5 0.5 0.5 0.5\n1 0.5 0.5 0.2 0.2\n2 0.5 0.5 0.1 0.1\n"}, "trolley\nwindow\narch\n")
    read = read_yolo(tmp_path, SetFacts("made", class_map={"trolley": "tricycle", "*": "ignore"}))
    assert read.pictures[0].labels.class_ids.tolist() == [TRICYCLE]
    assert read.pictures[0].complete == {StreetClass.TRICYCLE}
    assert kinds(read) == [FindingKind.LEFT_OUT_CLASS] * 2


def test_map_onto_a_class_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    put_set(tmp_path, {"a": ""})
    with pytest.raises(ValueError, match="there is no class 'lorry'"):
        read_yolo(tmp_path, SetFacts("made", class_map={"car": "lorry"}))


def test_class_row_beyond_the_names_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LabelFileError, match=r"a\.txt speaks of class 7, but the set names 2 classes"):
        read_yolo(put_set(tmp_path, {"a": "7 0.5 0.5 0.5 0.5\n"}), FACTS)


@pytest.mark.parametrize(
    ("yaml", "words"),
    [
        ("names: 3", "names is no list"),
        ("names: {1: car, 2: person}", "numbered from 0"),
        ("nc: 3\nnames: [car, person]", "nc is 3, but there are 2"),
        ("names: [car", "no description of a set"),
        ("- car", "needs a line names"),
    ],
)
def test_wrong_description_is_told_with_its_file(tmp_path: Path, yaml: str, words: str) -> None:
    put_set(tmp_path, {"a": ""}).joinpath("data.yaml").write_text(yaml)
    with pytest.raises(LabelFileError, match=rf"data\.yaml.*{words}"):
        read_yolo(tmp_path, FACTS)


def test_folder_without_names_or_pictures_is_told(tmp_path: Path) -> None:
    with pytest.raises(LabelFileError, match="names its classes nowhere"):
        read_yolo(tmp_path, FACTS)
    with pytest.raises(SetEmptyError, match="holds no picture"):
        read_yolo(tmp_path, FACTS, class_names=["car"])
    with pytest.raises(LabelFileError, match="there is no folder"):
        read_yolo(tmp_path / "away", FACTS)


def test_written_set_is_read_back_within_a_millionth_of_the_picture(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    corners = np.sort(rng.uniform(0, 1, (40, 2, 2)), axis=1).reshape(40, 4) * [*SIZE, *SIZE]
    labels = Labels(corners.astype(np.float32), rng.integers(0, 11, 40))
    region = np.array([[1, 2, 3, 4.5]], np.float32)
    pictures = [labelled("a", labels=labels, ignored=region, camera="made/two"), labelled("b")]
    write_yolo(tmp_path / "set", {"train": pictures[:1], "val": pictures[1:]})
    read = read_yolo(tmp_path / "set", SetFacts("other"))
    assert [picture.name for picture in read.pictures] == ["a", "b"]
    assert np.abs(read.pictures[0].labels.boxes - labels.boxes).max() <= 1.5e-6 * max(SIZE)
    assert read.pictures[0].labels.class_ids.tolist() == labels.class_ids.tolist()
    for before, after in zip(pictures, read.pictures, strict=True):
        assert after.camera == before.camera
        assert after.origin == before.origin
        assert after.complete == before.complete
        assert np.array_equal(after.ignored, before.ignored)
        assert after.source.read_bytes() == before.source  # type: ignore[union-attr, comparison-overlap]


def test_things_without_a_class_have_no_row_and_become_regions(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    picture = labelled("a", [((1, 1, 9, 9), StreetClass.UNKNOWN), ((2, 2, 9, 9), CAR)])
    write_yolo(tmp_path / "set", {"train": [picture]})
    assert (tmp_path / "set" / "labels" / "train" / "a.txt").read_text().startswith("3 ")
    assert read_yolo(tmp_path / "set", FACTS).pictures[0].ignored.tolist() == [[1, 1, 9, 9]]
    assert "1 things without a class became dead regions" in caplog.text
