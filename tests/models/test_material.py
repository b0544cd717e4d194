"""Pretrained models on clips of real street cameras find the vehicles that people marked."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np
import pytest

from models.cards import load_card, read_weights
from models.choice import ENGINE_MAKERS
from models.model import Model, open_model
from vision.boxes import iou_matrix
from vision.classes import VEHICLES
from vision.frames import Frame, Planes

MATERIAL = Path(__file__).parents[3] / "shared" / "material"
CARDS = Path(__file__).parent / "cards"
CLIP = "jamcam_06514_hydepark_20190628"

pytestmark = [
    pytest.mark.material,
    pytest.mark.skipif(not MATERIAL.is_dir(), reason=f"real clips and weights are not at {MATERIAL}"),
]


def frames(clip: str, at_s: list[float]) -> list[Frame]:
    """Decode the frames of a clip at some seconds."""
    wanted = iter(at_s)
    return list(_frames(clip, wanted))


def _frames(clip: str, wanted: Iterator[float]) -> Iterator[Frame]:
    next_s = next(wanted)
    with av.open(str(MATERIAL / "videos" / f"{clip}.mp4")) as container:
        for seq, picture in enumerate(container.decode(video=0)):
            if picture.time is None or picture.time < next_s:
                continue
            planes = Planes.from_bgr(picture.to_ndarray(format="bgr24").astype(np.uint8))
            captured_at = datetime(2019, 6, 28, tzinfo=UTC) + timedelta(seconds=picture.time)
            yield Frame(clip, seq, picture.time, captured_at, 0.0, planes)
            try:
                next_s = next(wanted)
            except StopIteration:
                return


def standing(clip: str, t_s: float) -> np.ndarray:
    """Return the boxes that people marked as standing vehicles at a second, (N, 4) float32."""
    marks = json.loads((MATERIAL / "videos" / f"{clip}.gt.json").read_text(encoding="utf-8"))["stationary"]
    rows = [mark["box_xyxy"] for mark in marks if mark["start_s"] <= t_s <= mark["end_s"]]
    return np.array(rows, np.float32).reshape(-1, 4)


@pytest.mark.parametrize(("name", "least_ratio"), [("yolox_nano", 0.6), ("yolov8n_int8", 0.7)])
def test_most_standing_vehicles_are_found_where_people_marked_them(
    name: str, least_ratio: float, tmp_path: Path
) -> None:
    model = open_model(CARDS / f"{name}.toml", tmp_path, "onnxruntime", weights_folder=MATERIAL / "weights")
    found = total = 0
    looks = frames(CLIP, [1.0, 4.0, 7.0, 9.0])
    for frame, detections in zip(looks, model.detect(looks), strict=True):
        marked = standing(CLIP, frame.t_s)
        vehicles = detections[np.isin(detections.class_ids, list(VEHICLES))]
        found += int((iou_matrix(marked, vehicles.boxes) >= 0.5).any(axis=1).sum()) if len(vehicles) else 0
        total += len(marked)
    assert total >= 12
    assert found / total >= least_ratio


@pytest.mark.parametrize("name", ["yolox_nano", "yolov8n_int8"])
@pytest.mark.parametrize("engine", ["openvino", pytest.param("openvino-bf16", marks=pytest.mark.bf16)])
def test_every_engine_finds_the_same_in_a_real_frame(name: str, engine: str) -> None:
    card = load_card(CARDS / f"{name}.toml", weights_folder=MATERIAL / "weights")
    weights = read_weights(card)
    frame = frames(CLIP, [4.0])
    reference = Model(card, ENGINE_MAKERS["onnxruntime"](card, weights)).detect(frame)[0]
    other = Model(card, ENGINE_MAKERS[engine](card, weights)).detect(frame)[0]
    sure = reference[reference.scores >= 0.5]
    assert len(sure) >= 3
    assert (iou_matrix(sure.boxes, other.boxes).max(axis=1) >= 0.8).all()
