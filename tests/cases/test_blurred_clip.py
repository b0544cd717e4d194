"""A clip's copy: the same pictures at the same times, regions hidden in each, also where a look missed somebody."""

import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cases.blurred_clip import HOLD_S, Look, blurred_clip, regions_at
from cases.evidence_errors import BlurError
from tests.cases.blurring import detail, noise
from vision.arrays import Boxes, Picture

NOBODY = np.zeros((0, 4), np.float32)
SIZE = (192, 128)
FACE = (slice(40, 80), slice(60, 100))
FACE_REGION = np.array([[60, 40, 100, 80]], np.float32)


def region(x: float) -> Boxes:
    return np.array([[x, 0, x + 40, 40]], np.float32)


def hides(regions: Boxes, x: float) -> bool:
    return any(x1 <= x <= x2 for x1, _, x2, _ in regions.tolist())


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of detail at 10 pictures a second."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number in range(20):
            frame = av.VideoFrame.from_ndarray(noise(SIZE), format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def pictures(source: Path | bytes) -> Iterator[tuple[float, Picture]]:
    opened = io.BytesIO(source) if isinstance(source, bytes) else str(source)
    with av.open(opened) as container:
        for picture in container.decode(video=0):
            yield float(picture.time), np.asarray(picture.to_ndarray(format="bgr24"), np.uint8)


def test_face_is_hidden_in_every_picture_and_the_rest_is_seen(clip: Path) -> None:
    before = clip.read_bytes()

    copy, looks = blurred_clip(clip, lambda _bgr: FACE_REGION)

    told, made = list(pictures(clip)), list(pictures(copy))
    assert [t for t, _ in made] == pytest.approx([t for t, _ in told])
    for (_, original), (_, hidden) in zip(told, made, strict=True):
        assert detail(hidden[FACE]) < 0.05 * detail(original[FACE])
        assert detail(hidden[90:, :]) > 0.3 * detail(original[90:, :])
    assert looks == 10
    assert clip.read_bytes() == before


def test_face_that_every_other_look_misses_is_hidden_throughout(clip: Path) -> None:
    looks = iter(range(100))

    copy, _ = blurred_clip(clip, lambda _bgr: FACE_REGION if next(looks) % 2 == 0 else NOBODY)

    assert max(detail(hidden[FACE]) for _, hidden in pictures(copy)) < 10


def test_region_moves_along_between_two_looks() -> None:
    looks = [Look(0.0, region(0)), Look(2.0, region(30))]

    assert hides(regions_at(looks, 1.0), 20)
    assert regions_at(looks, 1.0)[:, 0].min() == pytest.approx(15 - 4)


def test_place_stays_hidden_around_a_look_and_no_longer() -> None:
    looks = [Look(0.0, NOBODY), Look(1.0, region(0)), Look(2.0, NOBODY), Look(3.0, NOBODY)]

    assert hides(regions_at(looks, 1.0 - HOLD_S), 20)
    assert hides(regions_at(looks, 1.0 + HOLD_S), 20)
    assert not len(regions_at(looks, 2.5))


def test_last_pictures_are_hidden_as_the_last_look_saw_them() -> None:
    assert hides(regions_at([Look(0.0, region(0))], 9.0), 20)


def test_model_that_fails_leaves_no_copy(clip: Path) -> None:
    def failing(_bgr: Picture) -> Boxes:
        raise BlurError("gone")

    with pytest.raises(BlurError, match="gone"):
        blurred_clip(clip, failing)


@pytest.mark.parametrize("content", [b"", b"no clip at all" * 100])
def test_what_is_no_clip_is_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)

    with pytest.raises(BlurError, match=r"clip\.mp4"):
        blurred_clip(path, lambda _bgr: NOBODY)
