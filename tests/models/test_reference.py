"""On 200 real frames we give the boxes that ultralytics gives, and every engine gives those of ONNX Runtime."""

import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from benchmarks.bgr_frame import as_frame
from datasets.demo_scenes import demo_script
from datasets.scene import StreetScene
from models.cards import ModelCard, load_card, read_weights
from models.choice import ENGINE_MAKERS
from models.class_names import class_rows
from models.exporting import export_file
from models.model import Model
from models.shelf import bundled_card
from models.torch_engine import TorchEngine
from tests.models.reference_frames import CARD, LOWEST_SCORE, Reference, frames_at
from vision.boxes import iou_matrix
from vision.detections import Detections
from vision.frames import Frame

MATERIAL = Path(__file__).parents[3] / "shared" / "material"

material_only = pytest.mark.skipif(not MATERIAL.is_dir(), reason=f"real clips and weights are not at {MATERIAL}")


@dataclass(frozen=True)
class Tolerance:
    """What counts as the same box, and how many of the boxes must be the same."""

    iou: float
    score: float
    ratio: float


WANTED = Tolerance(iou=0.98, score=0.01, ratio=1.0)
"""Between single precision and itself."""

EIGHT_BITS = Tolerance(iou=0.98, score=0.01, ratio=0.99)
"""Weights in eight bits whose inputs are rounded to eight as they run: a last bit now and then tips a rounding."""

OTHER_ROUNDING = Tolerance(iou=0.9, score=0.05, ratio=0.95)
"""Weights in eight bits in another library, which rounds what runs through them in its own way."""

BFLOAT16 = Tolerance(iou=0.85, score=0.1, ratio=0.93)
"""Eight bits of mantissa; YOLOX-nano, with its thin layers, is the one that shows it (0.95 of its boxes)."""


def agreed_ratio(wanted: Sequence[Detections], found: Sequence[Detections], tolerance: Tolerance) -> float:
    """Return the share of the wanted boxes that were found; those that the score's tolerance may lose do not count."""
    same = total = 0
    for one, other in zip(wanted, found, strict=True):
        sure = one[one.scores >= LOWEST_SCORE + tolerance.score]
        is_same = iou_matrix(sure.boxes, other.boxes) >= tolerance.iou
        is_same &= np.abs(sure.scores[:, None] - other.scores[None, :]) <= tolerance.score
        is_same &= sure.class_ids[:, None] == other.class_ids[None, :]
        same += int(is_same.any(axis=1).sum())
        total += len(sure)
    assert total >= 20
    return same / total


def assert_same(wanted: Sequence[Detections], found: Sequence[Detections], tolerance: Tolerance) -> None:
    """Fail unless enough boxes of either side are on the other."""
    ratios = agreed_ratio(wanted, found, tolerance), agreed_ratio(found, wanted, tolerance)
    assert min(ratios) >= tolerance.ratio, f"{ratios[0]:.4f} of theirs are ours, {ratios[1]:.4f} of ours are theirs"


def opened(card: ModelCard, engine: str = "onnxruntime") -> Model:
    """Open a model that keeps what ultralytics keeps by default."""
    kept = card.model_copy(update={"score_threshold": LOWEST_SCORE})
    return Model(kept, ENGINE_MAKERS[engine](kept, read_weights(kept)))


def seen(model: Model, frames: Sequence[Frame]) -> list[Detections]:
    """Look at frames one after the other, as the boxes of a batch are those of its pictures."""
    found = [model.detect([frame])[0] for frame in frames]
    model.close()
    return found


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference.load()


@pytest.fixture(scope="module")
def frames(reference: Reference) -> list[Frame]:
    moments: dict[str, list[float]] = defaultdict(list)
    for clip, t_s in zip(reference.clips, reference.at_s, strict=True):
        moments[clip].append(t_s)
    return [f for clip, at_s in moments.items() for f in frames_at(MATERIAL / "videos" / f"{clip}.mp4", at_s)]


@pytest.fixture(scope="module")
def theirs(reference: Reference) -> list[Detections]:
    """What ultralytics found, with the classes of our street."""
    card = load_card(CARD)
    class_ids = class_rows(card.class_names, card.class_map)[reference.class_rows]
    every = Detections(reference.boxes, reference.scores, class_ids)
    return [every[reference.frame_rows == row] for row in range(len(reference.clips))]


@pytest.mark.material
@material_only
def test_clips_are_decoded_to_the_pixels_that_ultralytics_saw(frames: list[Frame], reference: Reference) -> None:
    assert len(frames) == len(reference.clips) == 200
    assert [zlib.crc32(frame.bgr().tobytes()) for frame in frames] == list(reference.checksums)


@pytest.mark.material
@material_only
def test_boxes_are_those_of_ultralytics_from_the_same_bgr(frames: list[Frame], theirs: list[Detections]) -> None:
    model = opened(load_card(CARD, weights_folder=MATERIAL / "weights"))
    assert_same(theirs, seen(model, [as_frame(frame.bgr()) for frame in frames]), EIGHT_BITS)


@pytest.mark.material
@material_only
def test_boxes_are_those_of_ultralytics_from_the_planes_that_the_service_looks_at(
    frames: list[Frame], theirs: list[Detections]
) -> None:
    # A frame that is larger than the input is resized otherwise (vision.frames.BY_AREA_FROM).
    card = load_card(CARD, weights_folder=MATERIAL / "weights")
    alike = [row for row, frame in enumerate(frames) if frame.size_wh[0] <= card.input_wh[0]]
    assert len(alike) >= 60
    assert_same([theirs[row] for row in alike], seen(opened(card), [frames[row] for row in alike]), EIGHT_BITS)


@pytest.mark.material
@material_only
@pytest.mark.parametrize(
    ("name", "engine", "tolerance"),
    [
        ("yolox_nano", "openvino", WANTED),
        ("yolov8n_int8", "openvino", OTHER_ROUNDING),
        pytest.param("yolox_nano", "openvino-bf16", BFLOAT16, marks=pytest.mark.bf16),
        pytest.param("yolov8n_int8", "openvino-bf16", BFLOAT16, marks=pytest.mark.bf16),
    ],
)
def test_engine_gives_the_boxes_of_onnx_runtime(
    name: str, engine: str, tolerance: Tolerance, frames: list[Frame]
) -> None:
    card = load_card(CARD.with_name(f"{name}.toml"), weights_folder=MATERIAL / "weights")
    looked = frames[:: 4 if card.input_wh == (640, 640) else 1]  # a quarter of them where each costs four times as much
    assert_same(seen(opened(card), looked), seen(opened(card, engine), looked), tolerance)


def drawn_frames(count: int = 12) -> list[np.ndarray]:
    scene = StreetScene(demo_script("parking"), (640, 360))
    return [scene.picture(2.0 * number) for number in range(count)]


@pytest.mark.train
def test_boxes_of_the_bundled_model_are_those_of_ultralytics_run_here() -> None:
    from tests.models import make_reference

    card = load_card(bundled_card())
    detector = make_reference.opened(card.file)
    pictures, model = drawn_frames(), opened(card)
    rows = [make_reference.predicted(detector, bgr, card.model_dump()) for bgr in pictures]
    class_ids = class_rows(card.class_names, card.class_map)
    wanted = [Detections(each[:, :4], each[:, 4], class_ids[each[:, 5].astype(np.int64)]) for each in rows]
    assert_same(wanted, seen(model, [as_frame(bgr) for bgr in pictures]), WANTED)


@pytest.mark.train
@pytest.mark.material
@material_only
@pytest.mark.filterwarnings("default")  # torch warns of its own exporter
def test_torch_gives_the_boxes_of_onnx_runtime(tmp_path: Path, frames: list[Frame]) -> None:
    from models.class_names import own_class_names
    from models.onnx_start import checkpoint_from_onnx

    weights = MATERIAL / "weights" / "yolov8n_int8.onnx"
    start = checkpoint_from_onnx(weights, "yolov8n.yaml", own_class_names(), tmp_path / "start.pt")
    card = load_card(export_file(start, tmp_path / "out", (640, 640), "AGPL-3.0"))
    kept = card.model_copy(update={"score_threshold": LOWEST_SCORE, "file": start})
    looked = list(islice(frames, 0, None, 4))
    assert_same(seen(opened(card), looked), seen(Model(kept, TorchEngine(kept, b"")), looked), WANTED)
