"""The whole way from frames to detections, with a model whose output is known by heart."""

from pathlib import Path

import numpy as np
import pytest

from models.cards import Family, ModelCard
from models.errors import OutputMismatchError
from models.model import MAX_DETECTIONS, Model, open_model
from tests.models.fakes import FakeEngine, grey_frame
from tests.models.tiny import (
    CELLS,
    NAMES,
    ONE_CAR,
    TinyOnnx,
    make_card,
    onnx_bytes,
    rf_detr_output,
    write_model,
    yolov8_output,
)
from vision.classes import StreetClass


def model(tiny: TinyOnnx = ONE_CAR, **changes: object) -> tuple[Model, FakeEngine]:
    card = make_card(Path("tiny.onnx"), b"", **changes)
    engine = FakeEngine(card, tiny.offset, tiny.gain)
    return Model(card, engine), engine


def end2end(rows: list[list[float]]) -> TinyOnnx:
    output = np.zeros((1, 300, 6), np.float32)
    output[0, : len(rows)] = rows
    return TinyOnnx(output, np.zeros_like(output))


def test_box_comes_back_in_pixels_of_the_frame() -> None:
    # (24, 28)-(40, 36) in a 64x64 input; a 128x64 frame is halved and padded by 16 rows above.
    found = model()[0].detect([grey_frame(size_wh=(128, 64))])[0]
    np.testing.assert_allclose(found.boxes, [[48, 24, 80, 40]], atol=0.01)
    assert found.class_ids.tolist() == [StreetClass.CAR]


def test_no_frames_give_no_detections_and_no_run() -> None:
    subject, engine = model()
    runs_before = len(engine.batch_lengths)
    assert (subject.detect([]), len(engine.batch_lengths)) == ([], runs_before)


def test_frames_of_several_cameras_go_through_the_engine_together() -> None:
    subject, engine = model()
    subject.detect([grey_frame(255), grey_frame(200, (128, 64)), grey_frame(180, (32, 96))])
    assert engine.batch_lengths[-1] == 3


def test_each_frame_gets_its_own_detections_in_order() -> None:
    found = model()[0].detect([grey_frame(255), grey_frame(40), grey_frame(180)])
    assert [len(one) for one in found] == [1, 0, 1]
    assert found[2].scores[0] == pytest.approx(180 / 255, abs=0.02)


def test_score_below_the_threshold_of_the_card_is_dropped() -> None:
    found = model(score_threshold=0.8)[0].detect([grey_frame(180), grey_frame(230)])
    assert [len(one) for one in found] == [0, 1]


def test_class_that_no_rule_needs_is_dropped() -> None:
    lights = yolov8_output([((32, 32, 16, 8), 2), ((10, 10, 8, 8), 0)])
    found = model(lights)[0].detect([grey_frame()])[0]
    assert found.class_ids.tolist() == [StreetClass.PERSON]


def test_dropped_class_does_not_push_out_what_stands_in_the_same_place() -> None:
    both = yolov8_output([((32, 32, 16, 8), 2), ((32, 32, 16, 8), 1)])
    found = model(both, nms_class_agnostic=True)[0].detect([grey_frame()])[0]
    assert found.class_ids.tolist() == [StreetClass.CAR]


def test_class_map_of_the_card_decides_what_a_class_is() -> None:
    subject, _ = model(class_map={"car": "truck"})
    assert subject.detect([grey_frame()])[0].class_ids.tolist() == [StreetClass.TRUCK]


def test_two_names_of_one_thing_do_not_give_two_boxes() -> None:
    both = yolov8_output([((32, 32, 16, 8), 0), ((32, 32, 16, 8), 1)])
    found = model(both, class_names=("van", "car", "boat"))[0].detect([grey_frame()])[0]
    assert len(found) == 1


def test_boxes_are_cut_to_the_frame() -> None:
    wide = yolov8_output([((60, 60, 40, 40), 1)])
    found = model(wide)[0].detect([grey_frame()])[0]
    assert found.boxes.tolist() == [[40, 40, 64, 64]]


def test_box_in_the_padding_is_dropped() -> None:
    above = yolov8_output([((32, 6, 16, 8), 1)])
    assert len(model(above)[0].detect([grey_frame(size_wh=(128, 64))])[0]) == 0


def test_box_that_is_no_number_is_dropped() -> None:
    broken = yolov8_output([((32, 32, 16, 8), 1), ((10, 10, 8, 8), 1)])
    subject, _ = model(broken)
    broken.offset[0, 0, 0] = np.nan  # only now: one that gives none for grey is not opened
    assert len(subject.detect([grey_frame()])[0]) == 1


def test_model_without_overlaps_is_not_merged_again() -> None:
    rows = [[0, 0, 40, 40, 0.6, 1], [1, 0, 41, 40, 0.9, 1]]
    found = model(end2end(rows), family=Family.YOLO_END2END)[0].detect([grey_frame()])[0]
    assert found.scores.tolist() == pytest.approx([0.9, 0.6])


def test_a_frame_full_of_noise_gives_a_bounded_number_of_boxes() -> None:
    noise = [[x, y, x + 1, y + 1, 0.9, 1] for x in range(20) for y in range(20)]
    output = np.array([noise], np.float32)
    tiny = TinyOnnx(output, np.zeros_like(output))
    found = model(tiny, family=Family.YOLO_END2END)[0].detect([grey_frame()])[0]
    assert len(found) == MAX_DETECTIONS


@pytest.mark.parametrize(
    ("family", "classes", "hint"),
    [
        (Family.YOLOX, NAMES, r'looks like family = "yolov8"'),
        (Family.YOLOV8, ("person", "car"), r"families: yolov8, yolo_end2end, yolox"),
    ],
)
def test_foreign_outputs_are_refused_with_what_was_found_and_what_fits(
    family: Family, classes: tuple[str, ...], hint: str
) -> None:
    with pytest.raises(OutputMismatchError, match=rf"gives \[1, 7, {CELLS}\], but family .*{hint}"):
        model(family=family, class_names=classes)


def test_model_with_nms_in_its_graph_is_told_from_one_without() -> None:
    with pytest.raises(OutputMismatchError, match=r'gives \[1, 300, 6\].* looks like family = "yolo_end2end"'):
        model(end2end([[0] * 6]))


@pytest.mark.parametrize("value", [np.nan, -np.nan])
def test_model_that_gives_no_numbers_for_grey_is_refused(value: float) -> None:
    broken = yolov8_output([((32, 32, 16, 8), 1)])
    broken.offset[0, 4, 3] = value
    with pytest.raises(OutputMismatchError, match=r"no numbers \(NaN\) for a grey picture; .* export it in 32 bits"):
        model(broken)


@pytest.mark.parametrize("shape", [(1, 1000), (1, 7, 7, 85), (1, 3), (0, 7)])
def test_graph_that_is_no_detector_is_refused_by_what_it_gives(shape: tuple[int, ...]) -> None:
    other = TinyOnnx(np.zeros(shape, np.float32), np.zeros(shape, np.float32))
    with pytest.raises(OutputMismatchError, match=r"\(tiny\.onnx\) gives \[.*\], but family yolov8 with 3 classes"):
        model(other)


def test_model_is_opened_by_its_card_and_says_in_which_engine(tmp_path: Path) -> None:
    card = write_model(tmp_path)
    path = tmp_path / "tiny.json"
    path.write_text(card.model_dump_json(), encoding="utf-8")
    opened = open_model(path, tmp_path / "cache", "onnxruntime")
    assert (opened.engine_name, opened.input_wh) == ("onnxruntime fp32", (64, 64))
    assert len(opened.detect([grey_frame()])[0]) == 1


def test_engine_of_a_model_with_foreign_outputs_is_closed_again(tmp_path: Path) -> None:
    def card() -> ModelCard:
        return write_model(tmp_path, class_names=("person", "car"))

    path = tmp_path / "tiny.json"
    path.write_text(card().model_dump_json(), encoding="utf-8")
    with pytest.raises(OutputMismatchError):
        open_model(path, tmp_path / "cache", "onnxruntime")


def test_rf_detr_sees_the_whole_frame_stretched_and_gives_its_boxes_in_pixels(tmp_path: Path) -> None:
    weights = onnx_bytes(rf_detr_output([((0.5, 0.25, 0.5, 0.25), 1)]))
    (tmp_path / "tiny.onnx").write_bytes(weights)
    card = make_card(tmp_path / "tiny.onnx", weights, family=Family.RF_DETR, fit="stretch")
    (tmp_path / "tiny.json").write_text(card.model_dump_json(), encoding="utf-8")
    opened = open_model(tmp_path / "tiny.json", tmp_path, "onnxruntime")
    white, black = opened.detect([grey_frame(255, (128, 64)), grey_frame(0, (128, 64))])
    np.testing.assert_allclose(white.boxes, [[32, 8, 96, 24]], atol=0.01)
    assert (white.class_ids.tolist(), len(black)) == ([StreetClass.CAR], 0)
