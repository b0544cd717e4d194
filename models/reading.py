"""Reads text in pictures with RapidOCR, whose models come inside its package; nothing is ever fetched.

Small print is enlarged before it is looked for, as the finder was trained on letters of some twenty pixels. Each
character keeps a score of its own: a number is as sure as its weakest digit, which a line's mean hides.

Belongs here: pictures to lines of text. Does not: what a text means (phone_numbers, number_plates), which pictures
are read (pipeline).
"""

import logging
import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from models.errors import EngineUnavailableError, InferenceError, one_line
from vision.arrays import FloatArray, Picture

logger = logging.getLogger(__name__)

DETECTOR, RECOGNISER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"
"""The models inside RapidOCR 3.10, Chinese and Latin: the finder of lines and the reader of each."""

USEFUL_SIDE_PX = 384
"""The shorter side of a picture is enlarged to this before lines are looked for: at 256 small print is missed, at 736,
RapidOCR's own, nothing more is read and a picture takes three times as long (docs/reading.md)."""

MOST_ENLARGED = 8.0
"""Enlarging further only blurs: a letter of three pixels stays unreadable."""

LONGEST_SIDE_PX = 1600
"""What is larger is made smaller, so that no picture takes more than a few seconds."""

RECOGNISED_PX = 48
"""Height to which RapidOCR scales the lines it reads."""

THREADS = 1
"""Of ONNX Runtime: a text is read now and then, beside looks that must not wait for it."""

LEAST_SIDE_PX = 4
"""Smaller pictures hold no text."""

Corner = tuple[float, float]


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text as it was read.

    Attributes:
        text: the characters, without blanks at either end; never empty.
        scores: certainty of each character in [0, 1].
        corners: (x, y) in pixels of the picture that was handed in, clockwise from the line's upper left.
    """

    text: str
    scores: tuple[float, ...]
    corners: tuple[Corner, Corner, Corner, Corner]

    def __post_init__(self) -> None:
        if not self.text or len(self.text) != len(self.scores):
            raise ValueError(f"a line has a score for each character: {self.text!r}, {len(self.scores)} scores")

    @property
    def score(self) -> float:
        """Mean certainty in [0, 1]."""
        return sum(self.scores) / len(self.scores)

    @property
    def height_px(self) -> float:
        """Height of the line in the picture that was handed in; letters are some three quarters of it."""
        corners = np.array(self.corners)
        return float(np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])) / 2


class Reader(Protocol):
    """Whatever reads text in a picture."""

    def read(self, bgr: Picture) -> tuple[TextLine, ...]:
        """Return the lines of an (H, W, 3) uint8 BGR picture, from the top; none where there is no text."""
        ...


class TextReader:
    """Reads with RapidOCR; any thread may call it, one picture is read at a time.

    Its models are opened with the first picture (some 30 MB, a second or two).

    Args:
        models: folder of the two models; that of the installed package if None.
    """

    def __init__(self, models: Path | None = None) -> None:
        self._models = models
        self._lock = threading.Lock()

    def read(self, bgr: Picture) -> tuple[TextLine, ...]:
        """Return the lines of an (H, W, 3) uint8 BGR picture, from the top; none where there is no text.

        Raises:
            EngineUnavailableError: RapidOCR or its models are not installed, or do not load.
            InferenceError: this picture could not be read.
        """
        if min(bgr.shape[:2]) < LEAST_SIDE_PX:
            return ()
        scale = useful_scale(bgr.shape[:2])
        way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
        enlarged = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=way) if scale != 1 else bgr
        with self._lock:
            engine = self._engine
            try:
                return _lines(engine, enlarged, scale)
            except Exception as err:  # the library raises its own, ONNX Runtime's and OpenCV's, none of one base
                raise InferenceError(f"text could not be read: {one_line(err)}") from err

    @cached_property
    def _engine(self) -> Any:
        try:
            import rapidocr
        except ImportError as err:
            raise EngineUnavailableError(f"text cannot be read, as RapidOCR does not load: {one_line(err)}") from None
        folder = self._models or Path(rapidocr.__file__).parent / "models"
        for name in (DETECTOR, RECOGNISER):
            if not (folder / name).is_file():
                raise EngineUnavailableError(
                    f"text cannot be read: {folder / name} is missing; install RapidOCR again with "
                    "pip install --force-reinstall 'rapidocr>=3.10,<4'"
                )
        try:
            engine = rapidocr.RapidOCR(params=_parameters(folder))
            blank = np.full((RECOGNISED_PX, RECOGNISED_PX, 3), 255, np.uint8)
            _lines(engine, blank, 1.0)  # it opens a model with the first picture that needs it
            engine.recognize_txt([blank])
            return engine
        except Exception as err:  # as above
            raise EngineUnavailableError(
                f"text cannot be read: {folder} holds no usable models: {one_line(err)}"
            ) from err


def useful_scale(shape_hw: tuple[int, ...]) -> float:
    """Return by how much a picture of (height, width) pixels is enlarged, or made smaller, before it is read."""
    height, width = shape_hw[:2]
    scale = min(max(1.0, USEFUL_SIDE_PX / min(height, width)), MOST_ENLARGED)
    return min(scale, LONGEST_SIDE_PX / max(height, width))


def _parameters(folder: Path) -> dict[str, Any]:
    """Return RapidOCR's settings; with a path given for each model it fetches nothing."""
    return {
        "Global.log_level": "critical",
        "Global.use_cls": False,  # print that hangs upside down is rare
        "Global.return_word_box": True,  # the only way to have scores by character
        "EngineConfig.onnxruntime.intra_op_num_threads": THREADS,
        "EngineConfig.onnxruntime.inter_op_num_threads": THREADS,
        "Det.model_path": str(folder / DETECTOR),
        "Det.limit_side_len": 32,  # pictures come enlarged
        "Rec.model_path": str(folder / RECOGNISER),
    }


def _lines(engine: Any, bgr: Picture, scale: float) -> tuple[TextLine, ...]:
    """Find and read the lines of an enlarged picture; their corners are divided by its scale."""
    from rapidocr.main import RapidOCRError

    steps: dict[str, Any] = {}  # what the library does to the picture before it looks: how much it pads wide ones
    try:
        crops, found = engine.detect_and_crop(bgr, steps)
    except RapidOCRError:  # its word for a picture without text
        return ()
    read = engine.recognize_txt(crops)
    boxes = (np.asarray(found.boxes, np.float32) - (0, steps["padding_1"]["top"])) / scale
    lines = (_line(text, word.confs, box) for text, word, box in zip(read.txts, read.word_results, boxes, strict=True))
    return tuple(line for line in lines if line is not None)


def _line(text: str, scores: Any, corners: FloatArray) -> TextLine | None:
    """Turn what RapidOCR read of one line into ours; None where it read nothing."""
    kept = text.strip()
    if not kept:
        return None
    begin = text.index(kept)
    a, b, c, d = ((float(x), float(y)) for x, y in corners)
    return TextLine(kept, tuple(float(s) for s in scores[begin : begin + len(kept)]), (a, b, c, d))
