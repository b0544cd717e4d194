"""Keeps the checkpoints of a training run whole, and tells whether one can be gone on with.

Belongs here: how ultralytics' trainer keeps and takes up networks. Does not: the recipe (training), making a checkpoint
out of a published file (onnx_start). Needs the `train` extra, imported when it is used.
"""

import pickle
from pathlib import Path
from typing import Any

from models.errors import TrainingError, one_line
from models.fetching import put_in_place


def keeping_trainer() -> Any:
    """Return ultralytics' trainer, which goes on with the very network of a checkpoint, and keeps whole ones only.

    Its own builds the network anew from the architecture and copies what fits: a head that came from another number of
    classes is wider, and would be lost. And it writes over the last checkpoint, which a full disk would leave in half.
    """
    from ultralytics.models.yolo.detect import DetectionTrainer

    class KeepingTrainer(DetectionTrainer):  # type: ignore[misc, no-any-unimported, unused-ignore]
        def get_model(self, cfg: Any = None, weights: Any = None, verbose: bool = True) -> Any:
            if weights is None:
                return super().get_model(cfg, weights, verbose)
            known, wanted = list(weights.names.values()), list(self.data["names"].values())
            if known != wanted:
                raise ValueError(f"the checkpoint knows the classes {known}, the pictures are labelled with {wanted}")
            return self.set_model_names_for_load(weights.float())

        def save_model(self) -> Any:
            trainer: Any = self
            whole: tuple[Path, Path] = trainer.last, trainer.best
            parts = tuple(path.with_name(f"{path.name}.part") for path in whole)
            for part in parts:  # a run that was killed while it wrote left half of one
                part.unlink(missing_ok=True)
            trainer.last, trainer.best = parts
            try:
                saved = super().save_model()
                # The best first: after a kill in between, the run goes on from a state that does not know of it yet.
                for part, path in zip(reversed(parts), reversed(whole), strict=True):
                    if part.is_file():
                        with part.open("rb+") as file:
                            put_in_place(file, part, path)
                return saved
            finally:
                trainer.last, trainer.best = whole
                for part in parts:
                    part.unlink(missing_ok=True)

    return KeepingTrainer


def can_resume(last: Path) -> bool:
    """Return whether a checkpoint is of a run that was stopped; that of a finished run holds no optimizer.

    Args:
        last: written by our own run; opening it can run any code.

    Raises:
        TrainingError: it is damaged.
    """
    if not last.is_file():
        return False
    import torch

    try:
        state = torch.load(last, map_location="cpu", weights_only=False)
    except (RuntimeError, EOFError, OSError, ValueError, pickle.UnpicklingError) as err:
        raise TrainingError(
            f"the checkpoint {last} is damaged ({one_line(err)}); remove it, and the run begins anew"
        ) from None
    return state.get("optimizer") is not None and int(state.get("epoch", -1)) >= 0
