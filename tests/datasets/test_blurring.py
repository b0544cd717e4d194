"""Nobody in a blurred picture can be recognised, and the rest of it stays as it was."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from datasets.blurring import Blurrer, FaceFinder, coarsen
from datasets.errors import PictureError
from vision.arrays import Picture
from vision.classes import StreetClass
from vision.detections import Detections
from vision.frames import Frame

PERSON, CAR = int(StreetClass.PERSON), int(StreetClass.CAR)
Row = tuple[tuple[float, float, float, float], float, int]


class Sees:
    """Sees what it is told to in every frame."""

    def __init__(self, *rows: Row) -> None:
        self._rows = list(rows)

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        return [Detections.of(self._rows) for _ in frames]


def fine(size_wh: tuple[int, int] = (400, 300)) -> Picture:
    """Return a picture of single black and white pixels."""
    return np.random.default_rng(1).choice(np.array([0, 255], np.uint8), (size_wh[1], size_wh[0], 1)).repeat(3, axis=2)


def detail(bgr: Picture, box: tuple[int, int, int, int]) -> float:
    """Return how much a pixel differs from the next one in a region, grey values."""
    x1, y1, x2, y2 = box
    part = bgr[y1:y2, x1:x2, 0].astype(float)
    return float(np.abs(np.diff(part, axis=1)).mean())


def test_head_of_a_person_is_coarse_and_the_street_beside_him_is_not() -> None:
    out = Blurrer(Sees(((100, 50, 160, 250), 0.3, PERSON)), None).blurred(fine())
    assert detail(out, (105, 50, 155, 90)) < 12
    assert detail(out, (105, 120, 155, 250)) > 100
    assert detail(out, (200, 50, 260, 250)) > 100


def test_person_cut_off_below_has_his_head_coarsened_as_well() -> None:
    out = Blurrer(Sees(((100, 200, 200, 300), 0.3, PERSON)), None).blurred(fine())
    assert detail(out, (110, 200, 190, 255)) < 12


def test_no_character_of_a_plate_is_left_on_a_vehicle() -> None:
    bgr: Picture = np.full((300, 400, 3), 120, np.uint8)
    cv2.rectangle(bgr, (150, 240), (250, 265), (255, 255, 255), -1)
    cv2.putText(bgr, "AB12345", (155, 260), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0), 2)
    out = Blurrer(Sees(), None).blurred(bgr, [(0.0, 0.0, 400.0, 300.0)])
    assert detail(bgr, (155, 243, 245, 262)) > 20
    assert detail(out, (155, 243, 245, 262)) < 10
    assert Blurrer(Sees(((0, 0, 400, 300), 0.2, CAR)), None).blurred(bgr).tobytes() == out.tobytes()


def test_small_vehicle_has_no_plate_to_read_and_stays() -> None:
    bgr = fine()
    assert Blurrer(Sees(((10, 10, 48, 40), 0.9, CAR)), None).blurred(bgr).tobytes() == bgr.tobytes()


def test_original_is_left_alone() -> None:
    bgr = fine()
    before = bgr.copy()
    Blurrer(Sees(((100, 50, 160, 250), 0.3, PERSON)), None).blurred(bgr)
    assert np.array_equal(bgr, before)


@pytest.mark.parametrize("region", [(-50.0, -50.0, 0.0, 0.0), (390.0, 290.0, 450.0, 350.0), (5.0, 5.0, 5.0, 90.0)])
def test_region_at_the_edge_or_without_area_is_no_error(region: tuple[float, float, float, float]) -> None:
    coarsen(fine(), region, 4)


def test_means_are_told() -> None:
    assert Blurrer(Sees(), None).means == ("heads", "plates")


def test_weights_that_are_none_are_told(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="no weights of a face detector at"):
        FaceFinder(tmp_path / "away.onnx")
    (tmp_path / "text.onnx").write_text("no weights")
    with pytest.raises(PictureError, match="no face detector that OpenCV can open"):
        FaceFinder(tmp_path / "text.onnx")


@pytest.mark.material
def test_faces_are_found_in_a_real_photograph(material: Path) -> None:
    finder = FaceFinder(material / "weights" / "face_detection_yunet_2026may.onnx")
    name = "dc8bd5855688ad54_jpg.rf"
    path = next((material / "datasets" / "vehicles_openimages_train" / "images").glob(f"{name}*"))
    bgr = cv2.imread(str(path))
    faces = finder.find(bgr)
    assert len(faces) >= 1
    x1, y1, x2, y2 = (int(side) for side in faces[0])
    out = Blurrer(Sees(), finder).blurred(bgr)
    assert detail(out, (x1, y1, x2, y2)) < 0.5 * detail(bgr, (x1, y1, x2, y2))
    assert finder.find(np.zeros((120, 160, 3), np.uint8)).shape == (0, 4)
