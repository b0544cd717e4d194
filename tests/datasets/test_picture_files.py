"""Picture files: sizes without decoding, turned photographs, and broken ones told from whole ones."""

import io
from pathlib import Path

import pytest
from PIL import Image

from datasets.errors import PictureError
from datasets.labelled import ClipMoment
from datasets.picture_files import clip_frames, clip_size, jpeg_of, read_bgr, read_size
from tests.datasets.pictures import SIZE, noise, put_clip, put_picture


@pytest.mark.parametrize("ending", [".jpg", ".png", ".bmp", ".webp"])
def test_size_is_that_of_the_pixels(tmp_path: Path, ending: str) -> None:
    path = put_picture(tmp_path / f"a{ending}")
    height, width = read_bgr(path).shape[:2]
    assert read_size(path) == (width, height) == SIZE
    assert read_size(path.read_bytes()) == SIZE


def test_photograph_that_was_held_upright_is_turned(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    data = io.BytesIO()
    Image.new("RGB", SIZE).save(data, "JPEG", exif=exif)
    (tmp_path / "a.jpg").write_bytes(data.getvalue())
    assert read_size(tmp_path / "a.jpg") == SIZE[::-1]
    assert read_bgr(tmp_path / "a.jpg").shape[:2] == SIZE


@pytest.mark.parametrize("ending", [".jpg", ".png"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.95])
def test_truncated_picture_is_told(tmp_path: Path, ending: str, share: float) -> None:
    path = put_picture(tmp_path / f"a{ending}", size_wh=(320, 240))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(PictureError, match=rf"a\{ending} is no picture that can be read"):
        read_size(path)


def test_picture_with_something_behind_its_end_is_whole(tmp_path: Path) -> None:
    path = put_picture(tmp_path / "a.jpg")
    path.write_bytes(path.read_bytes() + b"\0" * 5000)
    assert read_size(path) == SIZE


@pytest.mark.parametrize("source", [Path("away.jpg"), Path("\0.jpg"), b"", b"no picture"])
def test_what_is_no_picture_is_told(source: Path | bytes) -> None:
    with pytest.raises(PictureError):
        read_size(source)
    with pytest.raises(PictureError):
        read_bgr(source)


def test_nothing_to_encode_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to encode"):
        jpeg_of(noise(1)[:0])


def test_moments_of_a_clip_are_read_in_one_go(tmp_path: Path) -> None:
    clip = put_clip(tmp_path / "film.mp4")
    found = list(clip_frames(clip, [0.9, 0.2, 0.215, 0.55]))
    assert [(moment, round(frame.t_s, 3)) for moment, frame in found] == [(0.2, 0.2), (0.215, 0.2), (0.9, 0.9)]
    assert clip_size(clip) == SIZE


def test_clip_that_cannot_be_read_or_lacks_the_moment_is_told(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="cannot be read"):
        read_bgr(ClipMoment(tmp_path / "away.mp4", 0.0))
    clip = put_clip(tmp_path / "film.mp4")
    with pytest.raises(PictureError, match=r"no frame at 7\.000 s"):
        read_bgr(ClipMoment(clip, 7.0))
    clip.write_bytes(b"no film")
    with pytest.raises(PictureError, match=r"film\.mp4 cannot be read"):
        clip_size(clip)
