"""The decode benchmark: both eyes see the same clip, and the day's mix weighs what it says."""

from pathlib import Path

import pytest

from benchmarks.decode import ACTIVE_RATIO, QUIET, Sample, _day
from benchmarks.decode_eye import Cost, EyeName, Seen, watch
from detectors.catalog import ZoneSettings
from tests.rtsp.clips import Pattern, encode_clip
from vision.detections import Detections

KERB = ZoneSettings.model_validate(
    {
        "id": "kerb",
        "polygon": [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]],
        "rule": {"kind": "parking", "limit_s": 300},
    }
)


class SeesNothing:
    def detect(self, frames) -> list[Detections]:
        return [Detections.empty() for _ in frames]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode_clip(tmp_path_factory.mktemp("decode") / "clip.mp4", Pattern(seconds=8, gop=50))


def test_eye_that_follows_the_rules_decodes_a_small_part_of_what_the_other_does(clip: Path) -> None:
    adaptive = watch("adaptive", clip, 800, (KERB,), SeesNothing()).cost
    full = watch("full", clip, 800, (KERB,), SeesNothing()).cost
    assert full.decoded >= 795
    assert 0 < adaptive.decoded <= 0.1 * full.decoded
    assert 0 < adaptive.inferred < full.inferred


def sample(street: str, active_ratio: float, decode_s: float) -> Sample:
    eye: EyeName = "adaptive"
    return Sample(street, eye, 100.0, active_ratio, Seen(cost=Cost(decode_s=decode_s)), 0, 0, 0, ())


def test_day_weighs_streets_to_the_share_in_which_something_unlawful_stands() -> None:
    busy_weight = ACTIVE_RATIO / 0.5
    decode, look = _day([sample("kerb", 0.5, 20.0), sample(QUIET, 0.0, 5.0)], "adaptive")
    assert decode == pytest.approx(busy_weight * 0.2 + (1 - busy_weight) * 0.05)
    assert look == 0.0
