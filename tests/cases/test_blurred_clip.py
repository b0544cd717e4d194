"""A clip's copy: the same pictures at the same times, regions hidden in each, also where a look missed somebody."""

import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cases.blurred_clip import LOOK_EVERY_S, Look, blurred_clip, merged, passages
from cases.bystanders import head_regions
from cases.evidence_errors import BlurError
from datasets.demo_scenes import demo_script
from datasets.scene import StreetScene
from tests.cases.blurring import detail, noise
from vision.arrays import Boxes, Picture
from vision.boxes import covered_ratio
from vision.classes import StreetClass

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
    assert looks == 5
    assert clip.read_bytes() == before


def test_face_that_every_other_look_misses_is_hidden_throughout(clip: Path) -> None:
    looks = iter(range(100))

    copy, _ = blurred_clip(clip, lambda _bgr: FACE_REGION if next(looks) % 2 == 0 else NOBODY)

    assert max(detail(hidden[FACE]) for _, hidden in pictures(copy)) < 10


def test_region_moves_along_between_two_looks() -> None:
    ways = passages([Look(0.0, region(0)), Look(2.0, region(30))])

    assert ways.at(1.0)[:, 0].tolist() == [pytest.approx(15 - 4)]


def test_one_that_a_look_misses_is_hidden_on_his_way_all_the_same() -> None:
    ways = passages([Look(0.0, region(0)), Look(0.5, NOBODY), Look(1.0, region(60))])

    for t_s in (0.1, 0.5, 0.9):
        assert hides(ways.at(t_s), 20 + 60 * t_s)


def test_place_is_hidden_until_the_look_after_and_from_the_one_before_and_no_longer() -> None:
    ways = passages([Look(0.0, NOBODY), Look(1.0, region(0)), Look(2.0, NOBODY), Look(3.0, NOBODY)])

    assert hides(ways.at(0.0), 20)
    assert hides(ways.at(2.0), 20)
    assert not len(ways.at(2.5))


def test_one_who_leaves_is_hidden_as_far_as_he_can_have_gone() -> None:
    ways = passages([Look(0.0, region(0)), Look(0.5, NOBODY)])

    assert hides(ways.at(0.25), 20 + 35)
    assert not hides(ways.at(0.0), 20 + 35)


STEP_S = 0.1


@pytest.fixture(scope="module")
def walkers() -> list[Boxes]:
    """The boxes of all people in a drawn street at every step of eight seconds; some of them come and go meanwhile."""
    street = StreetScene(demo_script("quiet", 1), (1280, 720))
    truths = [street.truth(14.0 + number * STEP_S) for number in range(81)]
    return [truth.boxes[truth.class_ids == StreetClass.PERSON] for truth in truths]


@pytest.mark.parametrize("misses_every", [1000, 3])
def test_head_of_everybody_who_walks_is_hidden_in_every_picture(walkers: list[Boxes], misses_every: int) -> None:
    """A model that sees everybody, and one that at every third look misses every third person."""
    looks = []
    for number, people in enumerate(walkers[:: round(LOOK_EVERY_S / STEP_S)]):
        misses = np.arange(len(people)) % 3 == 0 if number % misses_every == misses_every - 1 else np.zeros(len(people))
        looks.append(Look(number * LOOK_EVERY_S, head_regions(people[misses == 0])))
    ways = passages(looks)

    hidden = [
        covered_ratio(heads_of(people), ways.at(number * STEP_S)).max(axis=1, initial=0) > 0.9
        for number, people in enumerate(walkers)
    ]

    assert sum(map(len, hidden)) > 300
    assert all(each.all() for each in hidden)


def heads_of(people: Boxes) -> Boxes:
    """Return the top eighth of each person of whom 40 px are in the picture, its middle three fifths."""
    people = people[people[:, 3] - people[:, 1] >= 40]
    widths, heights = people[:, 2] - people[:, 0], people[:, 3] - people[:, 1]
    edge = widths / 5
    sides = [people[:, 0] + edge, people[:, 1], people[:, 2] - edge, people[:, 1] + heights / 8]
    return np.stack(sides, axis=1).astype(np.float32)


def test_last_picture_is_hidden_as_the_last_look_saw_it() -> None:
    assert hides(passages([Look(0.0, region(0))]).at(0.0), 20)


def test_regions_of_the_same_head_become_one_and_others_stay() -> None:
    one = merged(np.concatenate([region(0), region(4), region(100)]))

    assert sorted(one[:, [0, 2]].tolist()) == [[0, 44], [100, 140]]
    assert len(merged(NOBODY)) == 0


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
