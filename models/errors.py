"""What can go wrong with a model, each with a sentence for the person who has to mend it.

    ModelError
    ├── CardError              the card cannot be read or contradicts itself
    ├── WeightsError           the weights are missing, unreadable or no model at all
    │   └── WeightsHashError   the weights are not the ones that the card speaks of
    ├── UnknownModelError      no model on the shelf has this name
    ├── FetchError             weights could not be fetched
    │   ├── FetchBrokenOffError  the transfer ended early; the next try goes on where it stopped
    │   └── WrongFileError     what came is not the file that was wanted
    ├── ExportError            a checkpoint could not be turned into weights that run
    ├── OutputMismatchError    the model runs, but gives something else than the card's family
    ├── EngineError            an engine could not be opened or failed while running
    │   ├── EngineUnavailableError   its library is not installed or does not load
    │   └── InferenceError     one run failed; the next may not
    └── TrainingError          training could not start or gave no model
        └── ExtraMissingError  the `train` extra is not installed

Only `InferenceError` and `FetchBrokenOffError` are retryable: everything else stays wrong until a person acts.
"""

from collections.abc import Sequence
from pathlib import Path


class ModelError(Exception):
    """Something about a model is wrong; the message is one sentence with the way out."""

    retryable = False


class CardError(ModelError):
    """A model card cannot be read or contradicts itself."""


class WeightsError(ModelError):
    """The weights that a card names are missing, unreadable or no model."""


class WeightsHashError(WeightsError):
    """The weights differ from those that the card was written for."""

    def __init__(self, path: Path, wanted: str, found: str) -> None:
        super().__init__(
            f"{path} is not the file its card speaks of: the card says sha256 {wanted}, the file has {found}; "
            "fetch the right weights or write a new card for these"
        )


class UnknownModelError(ModelError):
    """No model on the shelf has this name."""

    def __init__(self, name: str, near: Sequence[str], names: Sequence[str]) -> None:
        way_out = f"did you mean {' or '.join(near)}?" if near else f"it has {', '.join(names)}"
        super().__init__(f"there is no model {name!r} on the shelf; {way_out}")


class FetchError(ModelError):
    """Weights could not be fetched."""


class FetchBrokenOffError(FetchError):
    """A transfer ended early; the next try goes on where it stopped."""

    retryable = True


class WrongFileError(FetchError):
    """What came is not the file that was wanted; nothing of it is kept."""


class ExportError(ModelError):
    """A checkpoint could not be turned into weights that run."""


class OutputMismatchError(ModelError):
    """A model runs, but its inputs or outputs are not those of the family on its card."""


class EngineError(ModelError):
    """An inference engine could not be opened or failed."""


class EngineUnavailableError(EngineError):
    """The engine's library is not installed here, or does not load."""


class InferenceError(EngineError):
    """One run through the model failed; the next frame may well pass."""

    retryable = True


class TrainingError(ModelError):
    """Training could not start, or ended without a model."""


class ExtraMissingError(TrainingError):
    """The `train` extra (ultralytics, torch, onnx) is not installed."""

    def __init__(self, what: str, missing: str) -> None:
        super().__init__(
            f"{what} needs the training extra, and {missing} is not installed; "
            "install it with: pip install -e '.[train]' (ultralytics is AGPL-3.0)"
        )


def one_line(said: BaseException | str) -> str:
    """Return what a library says, in one line of at most 300 characters; some of them write pages."""
    return " ".join(str(said).split())[:300]
