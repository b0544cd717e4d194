"""A clip labelled by a model: frames agree through time, what shows once is in doubt, what stands is filled in."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from datasets.catalogue import material_set, read_material_set
from datasets.labelling import AgreementSettings, FrameLabels, label_frames
from models.cards import load_card
from models.choice import choose_engine
from models.model import Model
from streams.recorded import UNKNOWN_START, Recorded
from tests.datasets.pictures import noise
from vision.arrays import Boxes, Picture, SizeWH
from vision.boxes import iou_matrix
from vision.classes import VEHICLES, StreetClass
from vision.detections import Detections
from vision.frames import Frame, Planes

CARDS = Path(__file__).parents[1] / "models" / "cards"
CAR, TRUCK, PERSON = int(StreetClass.CAR), int(StreetClass.TRUCK), int(StreetClass.PERSON)
SIZE: SizeWH = (320, 240)
CAR_BOX = (100.0, 100.0, 180.0, 160.0)
Row = tuple[tuple[float, float, float, float], float, int]


class ScriptedModel:
    """Sees in the frame of each second what it is told to."""

    def __init__(self, rows: dict[int, list[Row]]) -> None:
        self._rows = rows
        self.batches: list[int] = []

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        self.batches.append(len(frames))
        return [Detections.of(self._rows.get(round(frame.t_s * 2), [])) for frame in frames]


def frame(number: int, bgr: Picture) -> Frame:
    t_s = number / 2
    return Frame("gate", number, t_s, UNKNOWN_START + timedelta(seconds=t_s), 0.0, Planes.from_bgr(bgr))


def street(*, with_car: bool = True) -> Picture:
    """Return a plain street, and a car with texture on it."""
    bgr: Picture = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    if with_car:
        bgr[100:160, 100:180] = cv2.resize(noise(3), (80, 60))
    return bgr


def labels_of(rows: dict[int, list[Row]], pictures: Sequence[Picture], **settings: object) -> tuple[FrameLabels, ...]:
    frames = [frame(number, bgr) for number, bgr in enumerate(pictures)]
    return label_frames(ScriptedModel(rows), frames, AgreementSettings(**settings))  # type: ignore[arg-type]


def test_thing_has_one_number_and_the_name_that_most_looks_give_it() -> None:
    rows: dict[int, list[Row]] = {i: [(CAR_BOX, 0.9, TRUCK if i == 2 else CAR)] for i in range(5)}
    found = labels_of(rows, [street()] * 5)
    assert [f.labels.class_ids.tolist() for f in found] == [[CAR]] * 5
    assert len({int(f.labels.object_ids[0]) for f in found}) == 1
    assert [f.t_s for f in found] == [0.0, 0.5, 1.0, 1.5, 2.0]


def test_still_thing_that_was_missed_is_filled_in_where_its_pixels_are() -> None:
    rows: dict[int, list[Row]] = {i: [(CAR_BOX, 0.8, CAR)] for i in (1, 2, 5, 6)}
    found = labels_of(rows, [street()] * 8)
    assert [len(f.labels) for f in found] == [1] * 8
    assert [f.is_filled.tolist() for f in found] == [[i not in rows] for i in range(8)]
    assert found[3].labels.scores.tolist() == [pytest.approx(0.8)]
    assert found[3].labels.boxes.tolist() == [list(CAR_BOX)]


def test_thing_that_was_not_there_yet_or_is_hidden_is_not_filled_in() -> None:
    pictures = [street(with_car=i not in (0, 4)) for i in range(8)]
    rows: dict[int, list[Row]] = {i: [(CAR_BOX, 0.8, CAR)] for i in (2, 3, 5, 6)}
    found = labels_of(rows, pictures)
    assert [len(f.labels) for f in found] == [0, 1, 1, 1, 0, 1, 1, 1]


def test_thing_is_not_filled_in_for_ever() -> None:
    rows: dict[int, list[Row]] = {i: [(CAR_BOX, 0.8, CAR)] for i in (1, 2, 3, 4, 9, 10)}
    found = labels_of(rows, [street()] * 12, fill_s=1.0)
    assert [len(f.labels) for f in found] == [1] * 12
    found = labels_of(rows, [street()] * 12, fill_s=0.5)
    assert [len(f.labels) for f in found] == [1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1]


def test_thing_seen_for_a_moment_is_not_believed_in_before_and_after() -> None:
    rows: dict[int, list[Row]] = {i: [(CAR_BOX, 0.8, CAR)] for i in (4, 5)}
    found = labels_of(rows, [street()] * 10)
    assert [len(f.labels) for f in found] == [0, 0, 0, 1, 1, 1, 1, 0, 0, 0]


def test_still_thing_that_most_looks_do_not_see_is_in_doubt() -> None:
    """As a logo in the picture that a model takes for a car now and then."""
    rows: dict[int, list[Row]] = {i: [(CAR_BOX, 0.4, CAR)] for i in (0, 1, 6, 11)}
    found = labels_of(rows, [street()] * 12)
    assert [len(f.labels) for f in found] == [0] * 12
    assert [len(f.doubtful) for f in found] == [int(i in rows) for i in range(12)]


def test_thing_is_not_filled_in_where_another_one_is_seen() -> None:
    rows: dict[int, list[Row]] = {i: [(CAR_BOX, 0.8, CAR)] for i in range(6) if i != 3}
    rows[3] = [((95, 95, 185, 165), 0.8, PERSON)]
    assert [len(f.labels) for f in labels_of(rows, [street()] * 6)] == [1, 1, 1, 0, 1, 1]


def test_thing_is_filled_in_no_more_often_than_it_was_seen() -> None:
    rows: dict[int, list[Row]] = {i: [(CAR_BOX, 0.8, CAR)] for i in (8, 9, 12)}
    found = labels_of(rows, [street()] * 20)
    assert sum(int(f.is_filled.sum()) for f in found) == 3
    assert [len(f.labels) for f in found][8:13] == [1] * 5


def test_what_shows_once_is_in_doubt() -> None:
    rows: dict[int, list[Row]] = {2: [((10, 10, 40, 90), 0.6, PERSON)]}
    found = labels_of(rows, [street()] * 5)
    assert [len(f.labels) for f in found] == [0] * 5
    assert [f.doubtful.tolist() for f in found] == [[], [], [[10, 10, 40, 90]], [], []]


def test_single_picture_is_believed_at_once() -> None:
    found = labels_of({0: [(CAR_BOX, 0.6, CAR)]}, [street()])
    assert len(found[0].labels) == 1


def test_moving_thing_is_followed_and_never_filled_in() -> None:
    rows: dict[int, list[Row]] = {i: [((20.0 + 15 * i, 50, 60 + 15 * i, 80), 0.9, CAR)] for i in range(8) if i != 4}
    found = labels_of(rows, [street()] * 8)
    assert [len(f.labels) for f in found] == [1, 1, 1, 1, 0, 1, 1, 1]
    assert len({int(i) for f in found for i in f.labels.object_ids}) == 1


def test_track_that_broke_at_a_place_is_one_thing() -> None:
    rows: dict[int, list[Row]] = {i: [(CAR_BOX, 0.8, CAR)] for i in (*range(11), *range(31, 42))}
    found = labels_of(rows, [street()] * 42, fill_s=60.0)
    assert {int(i) for f in found for i in f.labels.object_ids} == {1}
    assert all(len(f.labels) == 1 for f in found)


def test_frames_are_looked_at_in_steps_and_batches() -> None:
    model = ScriptedModel({})
    frames = [frame(number, street()) for number in range(10)]
    told: list[float] = []
    found = label_frames(model, frames, AgreementSettings(step_s=1.0, batch=2), told.append)
    assert [f.t_s for f in found] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert model.batches == [2, 2, 1]
    assert told == [1.0, 3.0, 4.0]


@pytest.mark.material
def test_agreement_makes_a_models_labels_of_a_real_clip_better(material: Path, tmp_path: Path) -> None:
    """Against what people marked: no fewer of the vehicles are found, and fewer boxes are there that nobody marked."""
    marked = read_material_set(material, material_set("jamcam_06514")).pictures
    by_moment = {round(picture.source.t_s, 2): picture.labels.boxes for picture in marked}  # type: ignore[union-attr]
    card = load_card(CARDS / "yolov8n_int8.toml", weights_folder=material / "weights")
    model = Model(card, choose_engine(card, tmp_path, wanted="onnxruntime").engine)
    with Recorded(material / material_set("jamcam_06514").place, "gate") as clip:
        looks = [frame for frame in clip if round(frame.t_s, 2) in by_moment][::2]
    alone = [found[np.isin(found.class_ids, list(VEHICLES))].boxes for look in looks for found in model.detect([look])]
    agreed = label_frames(model, looks, AgreementSettings(step_s=0.2))
    together = [each.labels[np.isin(each.labels.class_ids, list(VEHICLES))].boxes for each in agreed]
    truth = [by_moment[round(look.t_s, 2)] for look in looks]
    assert found_of(truth, together) >= found_of(truth, alone)
    assert unmarked_in(truth, together) < unmarked_in(truth, alone)


def found_of(truth: Sequence[Boxes], found: Sequence[Boxes]) -> int:
    return sum(int((iou_matrix(t, f) >= 0.5).any(axis=1).sum()) for t, f in zip(truth, found, strict=True) if len(f))


def unmarked_in(truth: Sequence[Boxes], found: Sequence[Boxes]) -> int:
    return sum(int((iou_matrix(f, t) < 0.5).all(axis=1).sum()) for t, f in zip(truth, found, strict=True))
