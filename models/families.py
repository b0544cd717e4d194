"""Picks the decoder of a card's family and checks that a model's outputs are of that family."""

import numpy as np

from models.candidates import Decoder
from models.cards import Family, ModelCard
from models.engines import Engine, grey_batch, shape_text
from models.errors import OutputMismatchError
from models.postprocess_end2end import End2EndDecoder
from models.postprocess_rfdetr import RfDetrDecoder
from models.postprocess_yolov8 import Yolov8Decoder
from models.postprocess_yolox import YoloxDecoder


def make_decoder(card: ModelCard) -> Decoder:
    """Return the decoder of the card's family."""
    match card.family:
        case Family.YOLOV8:
            return Yolov8Decoder(card)
        case Family.YOLO_END2END:
            return End2EndDecoder(card)
        case Family.YOLOX:
            return YoloxDecoder(card)
        case Family.RF_DETR:
            return RfDetrDecoder(card)


def check_outputs(card: ModelCard, engine: Engine) -> None:
    """Run the model once on an even grey picture and check that its output has the shape of the card's family.

    It must hold numbers, too: a model that gives none finds nothing, in silence.

    Raises:
        OutputMismatchError: it has not; the sentence says what was found, what fits, and which families there are.
        InferenceError: the run failed.
    """
    output = engine.infer(grey_batch(card))
    found = output.shape
    if len(found) > 1 and found[0] == 1 and _fits(found[1:], make_decoder(card).expected()):
        if np.isnan(output).any():
            raise OutputMismatchError(
                f"model {card.name!r} ({card.file.name}) gives values that are no numbers (NaN) for a grey picture; "
                "it is damaged, or too narrow in half precision: export it in 32 bits"
            )
        return
    raise OutputMismatchError(
        f"model {card.name!r} ({card.file.name}) gives {shape_text(found)}, but family {card.family} with "
        f"{len(card.class_names)} classes at {card.input_wh[0]}x{card.input_wh[1]} gives "
        f"{shape_text((None, *make_decoder(card).expected()))}; {_way_out(card, found)}"
    )


def _way_out(card: ModelCard, found: tuple[int, ...]) -> str:
    others = [family for family in Family if family is not card.family]
    for family in others:
        if _fits(found[1:], make_decoder(card.model_copy(update={"family": family})).expected()):
            return f'it looks like family = "{family}"'
    names = ", ".join(Family)
    return f"correct family, input_wh or class_names on the card (families: {names}), or export it as one of these"


def _fits(found: tuple[int, ...], expected: tuple[int | None, ...]) -> bool:
    return len(found) == len(expected) and all(
        side is None or side == actual for actual, side in zip(found, expected, strict=True)
    )
