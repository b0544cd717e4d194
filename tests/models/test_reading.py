"""Text in pictures is read with RapidOCR's own models, and never fetched."""

import shutil
import socket
from pathlib import Path

import cv2
import numpy as np
import pytest
import rapidocr

from models.errors import EngineUnavailableError
from models.reading import DETECTOR, RECOGNISER, TextReader, useful_scale
from vision.arrays import Picture

MODELS = Path(rapidocr.__file__).parent / "models"


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return TextReader()


def sheet(*lines: str, size_px: int = 22) -> Picture:
    """Print lines of text in OpenCV's own face, black on white."""
    bgr: Picture = np.full((40 + 2 * size_px * len(lines), 320, 3), 245, np.uint8)
    for row, text in enumerate(lines):
        cv2.putText(bgr, text, (20, 30 + 2 * size_px * row + size_px // 2), (30, 30, 30), cv2.FontFace("uni"), size_px)
    return bgr


def test_lines_come_from_the_top_with_a_score_for_each_character(reader: TextReader) -> None:
    read = reader.read(sheet("专业开锁", "13812345678"))
    assert [line.text for line in read] == ["专业开锁", "13812345678"]
    assert all(len(line.scores) == len(line.text) for line in read)
    assert min(min(line.scores) for line in read) > 0.9


def test_corners_are_those_of_the_picture_that_was_handed_in(reader: TextReader) -> None:
    bgr = sheet("13812345678")
    small = cv2.resize(bgr, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    (large_line,), (small_line,) = reader.read(bgr), reader.read(small)
    assert np.allclose(np.array(large_line.corners) / 2, small_line.corners, atol=4)
    assert large_line.height_px == pytest.approx(2 * small_line.height_px, rel=0.3)


def test_a_banner_that_is_much_wider_than_high_is_read_where_it_is(reader: TextReader) -> None:
    bgr: Picture = np.full((40, 900, 3), (40, 40, 200), np.uint8)
    cv2.putText(bgr, "热烈庆祝开业大吉全场八折", (60, 30), (240, 240, 240), cv2.FontFace("uni"), 26)
    (line,) = reader.read(bgr)
    assert "开业大吉" in line.text
    assert all(-3 <= y <= 43 for _, y in line.corners)


@pytest.mark.parametrize("shape", [(60, 80, 3), (3, 3, 3), (1, 200, 3)])
def test_a_picture_without_text_gives_no_line(reader: TextReader, shape: tuple[int, int, int]) -> None:
    assert reader.read(np.full(shape, 120, np.uint8)) == ()


def test_nothing_is_asked_of_any_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the reader asked a network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert TextReader().read(sheet("13812345678"))


@pytest.mark.parametrize("missing", [DETECTOR, RECOGNISER])
def test_a_missing_model_is_named_with_the_way_out_and_nothing_is_put_in_its_place(
    tmp_path: Path, missing: str
) -> None:
    for name in {DETECTOR, RECOGNISER} - {missing}:
        shutil.copy(MODELS / name, tmp_path)
    with pytest.raises(EngineUnavailableError, match=rf"{missing} is missing; install RapidOCR again"):
        TextReader(tmp_path).read(sheet("13812345678"))
    assert not (tmp_path / missing).exists()


def test_a_broken_model_is_said_and_not_replaced(tmp_path: Path) -> None:
    (tmp_path / DETECTOR).write_bytes(b"no model")
    (tmp_path / RECOGNISER).write_bytes(b"no model")
    with pytest.raises(EngineUnavailableError, match="no usable models"):
        TextReader(tmp_path).read(sheet("13812345678"))
    assert (tmp_path / DETECTOR).read_bytes() == b"no model"


@pytest.mark.parametrize(
    ("shape", "scale"), [((384, 500), 1.0), ((96, 200), 4.0), ((20, 30), 8.0), ((4000, 3200), 0.4)]
)
def test_small_pictures_are_enlarged_and_large_ones_made_smaller(shape: tuple[int, int], scale: float) -> None:
    assert useful_scale(shape) == pytest.approx(scale)
