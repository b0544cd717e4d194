"""Label files as programs and disks damage them: each reader answers or raises its own error, never another."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from datasets.box_checks import checked_boxes, from_ltwh, to_ltwh
from datasets.coco import parse_coco, read_coco
from datasets.errors import DatasetError, LabelFileError, PictureError
from datasets.labelled import Labels
from datasets.mot import read_sequence_info
from datasets.mot_rows import MotRows, format_mot, parse_mot
from datasets.picture_files import read_bgr, read_size
from datasets.picture_notes import NOTES_NAME, read_notes
from datasets.reading import SetFacts
from datasets.yolo import read_yolo
from datasets.yolo_rows import format_rows, parse_rows
from tests.datasets.pictures import SIZE, noise, put_picture
from tests.test_fuzz_user_files import DEEP, EDITS, JSON, damaged
from vision.arrays import SizeWH

SLOW = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
NUMBERS = st.one_of(
    st.integers(-3, 5).map(str),
    st.floats(allow_nan=True).map(repr),
    st.sampled_from(["0.5", "1e999", "nan", "-inf", "", "x", "9" * 400, "1_0", "0x1", "１"]),
)
SIDES = st.floats(0, 4096, width=32)


def picture_bytes(form: str) -> bytes:
    exif = Image.Exif()
    exif[274] = 6
    data = io.BytesIO()
    Image.fromarray(noise(3)[..., ::-1]).save(data, form, exif=exif)
    return data.getvalue()


PICTURES = [picture_bytes(form) for form in ("JPEG", "PNG", "WEBP")]
COCO = {
    "images": [{"id": 1, "file_name": "a.jpg", "width": SIZE[0], "height": SIZE[1]}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 3, "bbox": [1.5, 2, 3, 4], "iscrowd": 0}],
    "categories": [{"id": 3, "name": "car"}],
}


@given(st.lists(st.lists(NUMBERS, min_size=1, max_size=12).map(" ".join), max_size=5).map("\n".join))
@example("0 0.5 0.5 0.5 0.5\r\n\x0c1 0.1 0.1 0.1 0.1")
def test_fuzz_yolo_rows(text: str) -> None:
    try:
        rows = parse_rows(text)
    except ValueError as err:
        assert str(err).startswith("line ")  # noqa: PT017 - most texts raise none
        return
    boxes, is_usable, _ = checked_boxes(rows.fractions * 100, (100, 100), "a")
    assert np.isfinite(boxes).all()
    assert ((boxes[is_usable] >= 0) & (boxes[is_usable] <= 100)).all()
    assert (rows.rows >= 0).all()


@given(
    st.lists(st.tuples(SIDES, SIDES, SIDES, SIDES, st.integers(0, 10)), max_size=6),
    st.tuples(st.integers(1, 4096), st.integers(1, 4096)),
)
def test_fuzz_yolo_rows_come_back_within_their_digits(rows: list[tuple[float, ...]], size_wh: SizeWH) -> None:
    raw = np.array([row[:4] for row in rows], np.float64).reshape(-1, 4)
    boxes, is_usable, _ = checked_boxes(raw, size_wh, "a")
    labels = Labels(boxes, np.array([row[4] for row in rows], np.int64))[is_usable]
    text = format_rows(labels, size_wh, {row: row for row in range(11)})
    again = parse_rows(text)
    assert again.rows.tolist() == labels.class_ids.tolist()
    back = again.fractions * [*size_wh, *size_wh]
    assert (np.abs(back - labels.boxes) <= 1e-6 * max(size_wh)).all()


@given(st.lists(st.lists(NUMBERS, min_size=1, max_size=11).map(",".join), max_size=5).map("\n".join))
def test_fuzz_mot_rows(text: str) -> None:
    try:
        rows = parse_mot(text)
    except ValueError as err:
        assert str(err).startswith("line ")  # noqa: PT017
        return
    assert (rows.frames >= 1).all()
    assert parse_text_of(rows) == format_mot(rows)


def parse_text_of(rows: MotRows) -> str:
    return format_mot(parse_mot(format_mot(rows)))


@given(st.lists(st.tuples(SIDES, SIDES, SIDES, SIDES), max_size=20))
@example([(1e-30, 0.1, 600.25, 600.1)])
def test_fuzz_boxes_come_back_from_left_top_width_height_bit_for_bit(rows: list[tuple[float, ...]]) -> None:
    corners = np.array(rows, np.float32).reshape(-1, 2, 2)
    boxes = np.sort(corners, axis=1).reshape(-1, 4)
    assert np.array_equal(from_ltwh(to_ltwh(boxes)).astype(np.float32), boxes)


@pytest.mark.filterwarnings("ignore::UserWarning")
@given(
    st.sampled_from(PICTURES),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6),
    st.floats(0, 1),
)
def test_fuzz_picture_files(whole: bytes, edits: list[tuple[float, int]], share: float) -> None:
    content = bytearray(whole)
    for place, value in edits:
        content[int(place * len(content))] = value
    cut = bytes(content[: int(share * len(content)) + 1]) if share < 0.5 else bytes(content)
    for reader in (read_size, read_bgr):
        try:
            reader(cut)
        except PictureError:
            continue


@SLOW
@given(EDITS)
@example([("put", 0.0, DEEP)])
def test_fuzz_coco(tmp_path: Path, edits: list[tuple[str, float, str]]) -> None:
    path = tmp_path / "annotations.json"
    path.write_bytes(damaged(json.dumps(COCO), edits))
    try:
        parse_coco(path)
    except LabelFileError as err:
        assert path.name in str(err)  # noqa: PT017


@SLOW
@given(st.sampled_from(["bbox", "category_id", "image_id", "id", "iscrowd", "score", "track_id"]), JSON)
@example("bbox", [1e308, 0, 1e308, 1])
@example("bbox", [float("nan")] * 4)
@example("track_id", 2**70)
def test_fuzz_coco_values(tmp_path: Path, key: str, value: object) -> None:
    picture = tmp_path / "a.jpg"
    if not picture.exists():
        put_picture(picture)
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps(COCO | {"annotations": [COCO["annotations"][0] | {key: value}]}))  # type: ignore[operator]
    try:
        read = read_coco(path, tmp_path, SetFacts("made"))
    except DatasetError:
        return
    for each in read.pictures:
        assert np.isfinite(each.labels.boxes).all()


@SLOW
@given(EDITS)
@example([("put", 0.0, DEEP)])
@example([("put", 0.0, "&a [*a, *a]\n")])
def test_fuzz_data_yaml(tmp_path: Path, edits: list[tuple[str, float, str]]) -> None:
    text = "train: images/train\nval: images/val\nnc: 2\nnames:\n  0: car\n  1: person\n"
    (tmp_path / "data.yaml").write_bytes(damaged(text, edits))
    try:
        read_yolo(tmp_path, SetFacts("made", class_map={"*": "ignore"}))
    except DatasetError:
        return


@SLOW
@given(EDITS)
@example([("put", 0.0, DEEP)])
def test_fuzz_sequence_info(tmp_path: Path, edits: list[tuple[str, float, str]]) -> None:
    text = "[Sequence]\nname=gate\nimDir=img1\nframeRate=25\nseqLength=2\nimWidth=64\nimHeight=48\nimExt=.jpg\n"
    (tmp_path / "seqinfo.ini").write_bytes(damaged(text, edits))
    try:
        read_sequence_info(tmp_path)
    except LabelFileError as err:
        assert "seqinfo.ini" in str(err)  # noqa: PT017


@SLOW
@given(EDITS)
@example([("put", 0.0, DEEP)])
def test_fuzz_picture_notes(tmp_path: Path, edits: list[tuple[str, float, str]]) -> None:
    note = {"camera": "a", "set_name": "b", "licence": "c", "domain": "close", "complete": ["car"]}
    text = json.dumps({"format": "streetwarden-pictures", "version": 1, "pictures": {"a": note}})
    (tmp_path / NOTES_NAME).write_bytes(damaged(text, edits))
    try:
        read_notes(tmp_path)
    except LabelFileError as err:
        assert NOTES_NAME in str(err)  # noqa: PT017
