"""Finds faces with OpenCV's own face detector (YuNet), to hide them; it recognises nobody.

The weights come with a small card in TOML, checked like those of other models: what differs from its card is not run.

Source: Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research 20, 2023.
"""

import hashlib
import tomllib
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.errors import CardError, EngineError, InferenceError, WeightsError, WeightsHashError
from vision.arrays import Boxes, Picture
from vision.wording import sentence_of

FACE_SCORE = 0.4
"""Lower than OpenCV's 0.9: what is no face is soon hidden in vain, a face that is missed is shown for ever."""

NMS_IOU = 0.3
TOP_K = 5000

MOST_PX = 2560
"""Longer sides are made this long first: the time grows with the pixels, and larger faces need no more."""

MARGIN_RATIO = 0.3
"""How much further than its box a face is hidden on each side: the box ends at brows and chin, and hair and ears are
part of what one knows somebody by."""


class FaceCard(BaseModel):
    """What must be known about a face model to run it and to answer for it; fields as in `models.cards.ModelCard`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1)]
    file: Path
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    licence: Annotated[str, Field(min_length=1)]
    score_threshold: Annotated[float, Field(gt=0, lt=1)] = FACE_SCORE
    description: str = ""


class Faces:
    """An opened face model; `find` is called from one thread at a time."""

    def __init__(self, card: FaceCard) -> None:
        """Open the weights of a card.

        Raises:
            WeightsError: they are missing or differ from the card.
            EngineError: OpenCV cannot read them.
        """
        self.card = card
        try:
            weights = card.file.read_bytes()
        except OSError as err:
            raise WeightsError(f"weights of face model {card.name!r} cannot be read: {err.strerror}") from None
        found = hashlib.sha256(weights).hexdigest()
        if found != card.sha256:
            raise WeightsHashError(card.file, card.sha256, found)
        try:
            self._detector = cv2.FaceDetectorYN.create(
                str(card.file), "", (320, 320), card.score_threshold, NMS_IOU, TOP_K
            )
        except cv2.error as err:
            raise EngineError(f"face model {card.name!r}: OpenCV cannot open it: {err.err}") from None

    def find(self, bgr: Picture) -> Boxes:
        """Return (N, 4) float32 boxes of faces with a margin, pixels of the picture, not clipped.

        Raises:
            InferenceError: OpenCV failed.
        """
        scale = min(1.0, MOST_PX / max(bgr.shape[:2]))
        shown = bgr if scale == 1.0 else cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        try:
            self._detector.setInputSize((shown.shape[1], shown.shape[0]))
            _, rows = self._detector.detect(shown)
        except cv2.error as err:
            raise InferenceError(f"face model {self.card.name!r} failed: {err.err}") from None
        if rows is None:
            return np.zeros((0, 4), np.float32)
        x, y, width, height = (np.asarray(rows[:, column], np.float32) / scale for column in range(4))
        dx, dy = MARGIN_RATIO * width, MARGIN_RATIO * height
        return np.stack([x - dx, y - dy, x + width + dx, y + height + dy], axis=1).astype(np.float32)


def load_face_card(path: Path) -> FaceCard:
    """Read the card of a face model; `file` counts from the card's folder.

    Raises:
        CardError: it cannot be read, is no TOML, or has a wrong, unknown or missing key, which is named.
    """
    try:
        card = FaceCard.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as err:
        raise CardError(f"face card {path} cannot be read: {err.strerror}") from None
    except ValidationError as err:
        first = err.errors()[0]
        raise CardError(f"face card {path}: {'.'.join(map(str, first['loc']))}: {sentence_of(first)}") from None
    except ValueError as err:
        raise CardError(f"face card {path} is not valid TOML: {err}") from None
    return card.model_copy(update={"file": (path.parent / card.file).resolve()})
