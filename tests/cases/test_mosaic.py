"""Pictures to learn from: heads are as coarse as in what leaves the house, plates are not to be read, cars are cars."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from cases.bystanders import Regions, regions_to_hide
from cases.mosaic import STILL_CELLS, hide, hide_to_learn
from models.faces import FaceCard, Faces
from tests.cases.blurring import FACTS, finder
from vision.arrays import Picture, SizeWH
from vision.classes import StreetClass
from vision.detections import Detections

SIZE = (400, 300)
NONE = np.zeros((0, 4), np.float32)


def fine(size_wh: SizeWH = SIZE) -> Picture:
    """Return a picture of single black and white pixels."""
    return np.random.default_rng(1).choice(np.array([0, 255], np.uint8), (size_wh[1], size_wh[0], 1)).repeat(3, axis=2)


def detail(bgr: Picture, box: tuple[int, int, int, int]) -> float:
    """Return how much a pixel differs from the next one in a region, grey values."""
    x1, y1, x2, y2 = box
    part = bgr[y1:y2, x1:x2, 0].astype(float)
    return float(np.abs(np.diff(part, axis=1)).mean())


def to_learn(bgr: Picture, box: tuple[float, float, float, float], kind: StreetClass) -> Picture:
    return hide_to_learn(bgr, regions_to_hide(Detections.of([(box, 0.3, kind)]), SIZE))


def test_head_is_the_same_in_what_leaves_the_house_and_in_what_is_learnt_from() -> None:
    bgr = fine()
    regions = finder([((100, 50, 160, 250), 0.3, StreetClass.PERSON)]).regions(bgr)

    learnt, left = hide_to_learn(bgr, regions), hide(bgr, regions.all, cells=STILL_CELLS)

    assert learnt.tobytes() == left.tobytes()
    assert detail(learnt, (105, 50, 155, 90)) < 12
    assert detail(learnt, (105, 130, 155, 250)) > 100
    assert detail(learnt, (200, 50, 260, 250)) > 100


@pytest.mark.parametrize("box", [(100, 200, 200, 300), (100, 250, 200, 300), (100, 100, 160, 208)])
def test_who_is_cut_off_or_sits_has_his_head_hidden_down_to_the_chin(box: tuple[float, float, float, float]) -> None:
    out = to_learn(fine(), box, StreetClass.PERSON)

    chin = int(min(box[3], box[1] + 0.6 * (box[2] - box[0])))
    assert detail(out, (int(box[0]), int(box[1]), int(box[2]), chin)) < 12


def test_no_character_of_a_plate_is_left_on_a_vehicle_that_still_has_its_shape() -> None:
    bgr: Picture = np.full((300, 400, 3), 120, np.uint8)
    cv2.rectangle(bgr, (0, 200), (400, 220), (0, 0, 0), -1)
    cv2.rectangle(bgr, (150, 240), (250, 265), (255, 255, 255), -1)
    cv2.putText(bgr, "AB12345", (155, 260), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0), 2)

    out = to_learn(bgr, (0, 0, 400, 300), StreetClass.CAR)

    assert detail(bgr, (155, 243, 245, 262)) > 20
    assert detail(out, (155, 243, 245, 262)) < 10
    assert int(out[190, 300, 0]) - int(out[210, 300, 0]) > 60


def test_vehicle_is_coarse_from_a_quarter_of_its_height_down_in_what_is_learnt_from() -> None:
    out = to_learn(fine(), (0, 0, 400, 300), StreetClass.CAR)

    assert detail(out, (0, 76, 400, 300)) < 0.2 * detail(fine(), (0, 76, 400, 300))
    assert detail(out, (0, 0, 400, 60)) > 100


def test_small_vehicle_has_no_plate_to_read_and_stays() -> None:
    bgr = fine()

    assert to_learn(bgr, (10, 10, 46, 40), StreetClass.CAR).tobytes() == bgr.tobytes()


@pytest.mark.parametrize("region", [(-50.0, -50.0, 0.0, 0.0), (390.0, 290.0, 450.0, 350.0), (5.0, 5.0, 5.0, 90.0)])
def test_region_at_the_edge_or_without_area_is_no_error(region: tuple[float, float, float, float]) -> None:
    bgr = fine()

    hide_to_learn(bgr, Regions(np.array([region], np.float32), NONE, NONE))

    assert bgr.tobytes() == fine().tobytes()


def test_known_vehicle_that_nobody_sees_is_hidden_all_the_same() -> None:
    known = Detections.of([((100, 100, 300, 250), 1.0, StreetClass.CAR)])

    assert len(finder([]).regions(fine(), known=known).plates) == 1


def test_means_are_told() -> None:
    assert FACTS.means == ("heads", "plates")


@pytest.mark.material
def test_faces_of_a_real_photograph_are_hidden(material: Path) -> None:
    weights = material / "weights" / "face_detection_yunet_2026may.onnx"
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    faces = Faces(FaceCard(name="yunet", file=weights, sha256=sha256, licence="MIT"))
    name = "dc8bd5855688ad54_jpg.rf"
    path = next((material / "datasets" / "vehicles_openimages_train" / "images").glob(f"{name}*"))
    bgr = np.asarray(cv2.imread(str(path)), np.uint8)
    found = faces.find(bgr)
    assert len(found) >= 1

    out = hide_to_learn(bgr, Regions(found, NONE, NONE))

    x1, y1, x2, y2 = (max(0, int(side)) for side in found[0])
    assert detail(out, (x1, y1, x2, y2)) < 0.5 * detail(bgr, (x1, y1, x2, y2))
    assert faces.find(np.zeros((120, 160, 3), np.uint8)).shape == (0, 4)
