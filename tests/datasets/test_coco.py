"""Sets in COCO JSON: the round trip is exact to the bit, and ids that do not hold together are refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datasets.coco import read_coco, write_coco
from datasets.errors import LabelFileError, UnknownClassError
from datasets.findings import FindingKind, LabelledSet
from datasets.labelled import Labels
from datasets.reading import SetFacts
from tests.datasets.pictures import SIZE, labelled, put_picture, same_labels
from vision.classes import StreetClass

FACTS = SetFacts("made")
BOX: dict[str, Any] = {"id": 1, "image_id": 7, "category_id": 3, "bbox": [8, 6, 16, 12]}


def coco(*annotations: dict[str, Any], **changes: object) -> dict[str, Any]:
    images = [{"id": 7, "file_name": "a.jpg", "width": SIZE[0], "height": SIZE[1]}]
    return {"images": images, "annotations": annotations, "categories": [{"id": 3, "name": "car"}], **changes}


def read(folder: Path, content: object, facts: SetFacts = FACTS) -> LabelledSet:
    put_picture(folder / "images" / "a.jpg")
    path = folder / "annotations.json"
    path.write_text(json.dumps(content))
    return read_coco(path, folder / "images", facts)


def test_written_set_is_read_back_bit_for_bit(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    corners = np.sort(rng.uniform(0, 1, (60, 2, 2)), axis=1).reshape(60, 4) * [*SIZE, *SIZE]
    labels = Labels(
        corners.astype(np.float32),
        rng.integers(0, 12, 60),
        rng.uniform(0, 1, 60).astype(np.float32),
        rng.integers(0, 9, 60),
        rng.uniform(0, 1, 60).astype(np.float32),
    )
    pictures = [labelled("a", labels=labels, ignored=labels.boxes[:2], camera="gate/3"), labelled("b")]
    path = write_coco(tmp_path / "set", pictures)
    again = read_coco(path, tmp_path / "set" / "images", SetFacts("other")).pictures
    for before, after in zip(pictures, again, strict=True):
        assert same_labels(before.labels, after.labels)
        assert np.array_equal(before.ignored, after.ignored)
        assert (before.name, before.camera, before.origin) == (after.name, after.camera, after.origin)
        assert before.complete == after.complete


def test_crowd_says_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, coco(BOX, {**BOX, "id": 2, "bbox": [0, 0, 9, 9], "iscrowd": 1})).pictures[0]
    assert found.labels.boxes.tolist() == [[8, 6, 24, 18]]
    assert found.ignored.tolist() == [[0, 0, 9, 9]]


def test_every_class_that_is_named_counts_as_complete(tmp_path: Path) -> None:
    names = [{"id": 3, "name": "car"}, {"id": 4, "name": "person"}, {"id": 5, "name": "kite"}]
    found = read(tmp_path, coco(BOX, categories=names), SetFacts("made", class_map={"kite": "ignore"}))
    assert found.pictures[0].complete == {StreetClass.CAR, StreetClass.PERSON}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (coco({**BOX, "category_id": 9}), "annotations of category 9, which the file does not name"),
        (coco(categories=[{"id": 3, "name": "car"}, {"id": 3, "name": "bus"}]), "two categories have the id 3"),
        (coco(images=[{"id": 1, "file_name": "a.jpg", "width": 9, "height": 9}] * 2), "two pictures have the id 1"),
        (
            coco(images=[{"id": 1, "file_name": "a.jpg", "width": 0, "height": 9}]),
            "images.0.width: write a number of 1",
        ),
        ({"images": []}, "categories: it is missing"),
        ([], "no COCO JSON"),
    ],
)
def test_ids_that_do_not_hold_together_are_refused(tmp_path: Path, content: object, words: str) -> None:
    with pytest.raises(LabelFileError, match=rf"annotations\.json.*{words}"):
        read(tmp_path, content)


def test_class_without_a_meaning_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownClassError, match="kite"):
        read(tmp_path, coco(categories=[{"id": 3, "name": "kite"}]))


def test_every_mistake_is_counted_and_only_what_it_spoils_is_left_out(tmp_path: Path) -> None:
    images = [
        {"id": number, "file_name": name, "width": width, "height": SIZE[1]}
        for number, (name, width) in enumerate(
            [("a.jpg", 64), ("away.jpg", 64), ("wide.jpg", 65), ("boxless.jpg", 64), ("nan.jpg", 64), ("\0.jpg", 64)]
        )
    ]
    for name in ("wide.jpg", "boxless.jpg", "nan.jpg"):
        put_picture(tmp_path / "images" / name)
    boxes = [
        {**BOX, "image_id": 0, "bbox": [60, 40, 30, 30]},
        {**BOX, "image_id": 0, "bbox": [8, 6, -3, 9]},
        {**BOX, "image_id": 3, "bbox": None},
        {**BOX, "image_id": 4, "bbox": [float("nan"), 0, 1, 1]},
        {**BOX, "image_id": 99},
    ]
    found = read(tmp_path, coco(*[{**box, "id": row // 2} for row, box in enumerate(boxes)], images=images))
    assert [(picture.name, len(picture.labels)) for picture in found.pictures] == [("a", 1)]
    counted = sorted(finding.kind.name for finding in found.findings)
    assert counted == [
        *["BAD_ROW", "BAD_ROW", "BROKEN_PICTURE", "BROKEN_PICTURE", "CLIPPED", "DOUBLE_ID", "DOUBLE_ID"],
        *["NO_NEGATIVES", "NO_PICTURE", "NO_SIZE", "OTHER_SIZE"],
    ]
    assert {finding.kind for finding in found.findings} >= {FindingKind.OTHER_SIZE, FindingKind.BAD_ROW}
