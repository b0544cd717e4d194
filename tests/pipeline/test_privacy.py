"""The models that hide bystanders: the bundled one at lower scores, a face model by card, none without people."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from cases.evidence_errors import BlurError
from models.errors import CardError, WeightsHashError
from models.faces import Faces, load_face_card
from pipeline.privacy import open_finder
from pipeline.settings import ModelSettings, PrivacySettings, Settings

MATERIAL = Path(__file__).resolve().parents[3] / "shared" / "material"
YUNET = MATERIAL / "weights" / "face_detection_yunet_2026may.onnx"


def face_card(folder: Path, weights: Path, sha256: str = "") -> Path:
    sha256 = sha256 or hashlib.sha256(weights.read_bytes()).hexdigest()
    path = folder / "faces.toml"
    path.write_text(f'name = "yunet"\nfile = "{weights}"\nsha256 = "{sha256}"\nlicence = "MIT"\n')
    return path


def test_bundled_model_looks_with_the_thresholds_of_the_settings(tmp_path: Path) -> None:
    finder = open_finder(Settings(data=tmp_path, privacy=PrivacySettings(person_threshold=0.2, vehicle_threshold=0.3)))

    assert (finder.facts.model, finder.facts.person_threshold, finder.facts.vehicle_threshold) == (
        "street-nano",
        0.2,
        0.3,
    )
    assert finder.regions(np.full((288, 512, 3), 90, np.uint8)).all.shape[1] == 4


def test_model_that_knows_no_people_is_refused(tmp_path: Path) -> None:
    card = tmp_path / "cars.toml"
    card.write_text(
        f'name = "cars"\nfile = "x.onnx"\nsha256 = "{"0" * 64}"\nlicence = "MIT"\nfamily = "yolov8"\n'
        'input_wh = [64, 64]\nclass_names = ["car"]\n'
    )

    with pytest.raises(BlurError, match="knows no people or no cars"):
        open_finder(Settings(data=tmp_path, model=ModelSettings(card=card)))


def test_face_card_with_a_wrong_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "faces.toml").write_text(f'name = "y"\nfile = "x"\nsha256 = "{"0" * 64}"\nlicence = "MIT"\nfail = 1\n')

    with pytest.raises(CardError, match="fail"):
        load_face_card(tmp_path / "faces.toml")
    with pytest.raises(BlurError, match="cannot be hidden"):
        open_finder(Settings(data=tmp_path, privacy=PrivacySettings(face_card=tmp_path / "none.toml")))


def test_face_weights_that_differ_from_their_card_are_not_run(tmp_path: Path) -> None:
    weights = tmp_path / "x.onnx"
    weights.write_bytes(b"other")

    with pytest.raises(WeightsHashError):
        Faces(load_face_card(face_card(tmp_path, weights, "0" * 64)))


@pytest.mark.material
@pytest.mark.skipif(not YUNET.is_file(), reason="needs the weights beside the checkout")
def test_face_model_by_card_runs_and_stands_in_the_notes(tmp_path: Path) -> None:
    finder = open_finder(Settings(data=tmp_path, privacy=PrivacySettings(face_card=face_card(tmp_path, YUNET))))

    assert finder.facts.face_model == "yunet"
    assert finder.regions(np.full((288, 512, 3), 90, np.uint8)).all.shape[1] == 4
