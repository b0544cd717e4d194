"""Reads and writes model cards: everything that must be known about weights to run them and to answer for them.

A card is a TOML (or JSON) file beside the weights. It names the file and its SHA-256, how a picture has to be prepared,
what the outputs mean, and where the model comes from: data, licence, recipe, measured accuracy. Weights without a
card are not run, and weights that differ from their card are not either.

Belongs here: the card and the check of the weights' hash. Does not: running the model (engines).
"""

import hashlib
import json
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.class_names import DROPPED, class_rows
from models.errors import CardError, WeightsError, WeightsHashError
from vision.wording import sentence_of

Ratio = Annotated[float, Field(ge=0, le=1)]
SidePx = Annotated[int, Field(ge=32, le=4096, multiple_of=32)]
Spread = Annotated[float, Field(gt=0)]
LowerPrecision = Literal["bf16"]
"""Precisions below single that an engine of ours computes in."""


class Family(StrEnum):
    """What a model's output means; one postprocess module each."""

    YOLOV8 = "yolov8"
    YOLO_END2END = "yolo_end2end"
    YOLOX = "yolox"
    RF_DETR = "rf_detr"


class Measurement(BaseModel):
    """One measured figure of a model.

    Attributes:
        metric: what was measured, as `mAP50` or `recall`.
        value: the figure.
        data: on what, with the number of pictures.
        note: conditions that a reader must know.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    metric: str
    value: float
    data: str
    note: str = ""


class ModelCard(BaseModel):
    """What must be known about weights to run them and to answer for them.

    Attributes:
        name: unique name as shown on the page and stored with each case.
        file: the weights; `load_card` makes it absolute, in the card's folder.
        sha256: of the weights, lower-case hex.
        licence: of the weights, as SPDX identifier or in words.
        family: meaning of the outputs.
        input_wh: width and height in pixels that frames are fitted into; multiples of 32.
        fit: `letterbox` keeps the picture's shape and pads it with grey, `stretch` fills the input with it.
        channel_order: order of the input's three channels.
        scaling: range of the input's values; the picture's bytes are divided by 255 or passed as they are.
        mean: of each channel in that order; taken off the scaled values.
        std: of each channel in that order; divides what is left.
        class_names: the model's classes in the order of its outputs.
        class_map: class name to street class label (or `ignore`) where the name alone does not say it.
        score_threshold: detections scored lower are dropped.
        nms_iou: of two boxes of a kind that overlap more, the lower scored is dropped; unused by `yolo_end2end` and
            `rf_detr`, which give one box per object.
        nms_class_agnostic: whether boxes of different classes push each other out, too.
        judged_precisions: precisions below single in which these weights, at this input size, lose no more than half a
            point of mean AP50 on labelled pictures; a start takes no other of itself.
        description: what the model is and what it is not good for.
        data: what it was trained on, with licences.
        recipe: settings of the training, each as text.
        trained_on: day the training ended, ISO 8601.
        accuracy: measured figures.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1)]
    file: Path
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    licence: Annotated[str, Field(min_length=1)]
    family: Family
    input_wh: tuple[SidePx, SidePx]
    fit: Literal["letterbox", "stretch"] = "letterbox"
    channel_order: Literal["rgb", "bgr"] = "rgb"
    scaling: Literal["0-1", "0-255"] = "0-1"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[Spread, Spread, Spread] = (1.0, 1.0, 1.0)
    class_names: Annotated[tuple[str, ...], Field(min_length=1)]
    class_map: dict[str, str] = Field(default_factory=dict)
    score_threshold: Ratio = 0.35
    nms_iou: Ratio = 0.6
    nms_class_agnostic: bool = False
    judged_precisions: tuple[LowerPrecision, ...] = ()
    description: str = ""
    data: str = ""
    recipe: dict[str, str] = Field(default_factory=dict)
    trained_on: str = ""
    accuracy: tuple[Measurement, ...] = ()

    @model_validator(mode="after")
    def _means_something(self) -> "ModelCard":
        if (class_rows(self.class_names, self.class_map) == DROPPED).all():
            raise ValueError(
                "none of its classes is one that the rules know; name them as COCO does or fill in class_map"
            )
        return self


def load_card(path: Path, *, weights_folder: Path | None = None) -> ModelCard:
    """Read a card; the weights are not touched.

    Args:
        path: a `.toml` or `.json` file.
        weights_folder: where a relative `file` is looked for; the card's own folder by default.

    Raises:
        CardError: the file is missing, is not TOML or JSON, or has a wrong, unknown or missing key, which is named.
    """
    written_as = "JSON" if path.suffix == ".json" else "TOML"
    try:
        text = path.read_text(encoding="utf-8")
        fields = json.loads(text) if written_as == "JSON" else tomllib.loads(text)
        card = ModelCard.model_validate(fields)
    except OSError as err:
        raise CardError(f"model card {path} cannot be read: {err.strerror}") from None
    except ValidationError as err:
        raise CardError(f"model card {path}: {_first_problem(err)}") from None
    except RecursionError:
        raise CardError(f"model card {path} is not valid {written_as}: its brackets are nested too deep") from None
    except ValueError as err:  # json, toml and Unicode errors
        raise CardError(f"model card {path} is not valid {written_as}: {err}") from None
    folder = weights_folder or path.parent
    return card.model_copy(update={"file": (folder / card.file).resolve()})


def read_weights(card: ModelCard) -> bytes:
    """Return the weights that the card names, checked against its hash.

    Raises:
        WeightsError: the file is missing or cannot be read.
        WeightsHashError: the file differs from the one the card was written for.
    """
    try:
        weights = card.file.read_bytes()
    except FileNotFoundError:
        raise WeightsError(f"weights of model {card.name!r} are missing: there is no file {card.file}") from None
    except OSError as err:
        raise WeightsError(f"weights of model {card.name!r} cannot be read from {card.file}: {err.strerror}") from None
    found = hashlib.sha256(weights).hexdigest()
    if found != card.sha256:
        raise WeightsHashError(card.file, card.sha256, found)
    return weights


def card_for_weights(weights: Path, **fields: object) -> ModelCard:
    """Return a card for a file that was just made, with its hash; `fields` are the card's other fields.

    Raises:
        WeightsError: the file cannot be read.
        CardError: a field is wrong; it is named.
    """
    try:
        sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
        return ModelCard.model_validate({"file": weights, "sha256": sha256, **fields})
    except OSError as err:
        raise WeightsError(f"{weights} cannot be read: {err.strerror}") from None
    except ValidationError as err:
        raise CardError(f"a card for {weights}: {_first_problem(err)}") from None


def card_toml(card: ModelCard) -> str:
    """Return the card as TOML that `load_card` reads back, with `file` as its bare name."""
    fields = card.model_dump(mode="json") | {"file": card.file.name}
    tables = {key: value for key, value in fields.items() if isinstance(value, dict)}
    measurements = fields.pop("accuracy")
    lines = [f"{key} = {_toml(value)}" for key, value in fields.items() if key not in tables]
    for key, table in tables.items():
        lines += ["", f"[{key}]", *(f"{_toml(name)} = {_toml(value)}" for name, value in table.items())]
    for row in measurements:
        lines += ["", "[[accuracy]]", *(f"{name} = {_toml(value)}" for name, value in row.items())]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    """Return a string, number, boolean or list of them in TOML, whose plain values are written as in JSON."""
    return json.dumps(value, ensure_ascii=False)


def _first_problem(err: ValidationError) -> str:
    problem = err.errors()[0]
    key = ".".join(str(part) for part in problem["loc"])
    return f"{key}: {sentence_of(problem)}" if key else sentence_of(problem)
