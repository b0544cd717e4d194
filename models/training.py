"""Trains a detection model of our own, exports it to ONNX and writes its card: the recipe behind the bundled model.

Training starts from random weights or from a file that is at hand, and downloads nothing. It needs the `train` extra
(ultralytics, which is AGPL-3.0, and torch), imported when it starts. A run that was stopped goes on where it ended.

Belongs here: the recipe, export, figures on the validation pictures. Does not: making pictures (datasets).
"""

import errno
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.blending import blended_checkpoint
from models.cards import Family, Measurement, card_for_weights, card_toml
from models.checkpoints import can_resume, keeping_trainer
from models.class_names import own_class_names
from models.errors import ExtraMissingError, TrainingError, one_line
from models.fetching import put_in_place
from models.half_storage import store_half
from models.onnx_start import checkpoint_from_onnx

logger = logging.getLogger(__name__)

FAMILIES = {"yolov8": Family.YOLOV8, "yolo11": Family.YOLOV8, "yolo26": Family.YOLO_END2END}
"""Start of an architecture's name → family of what it exports."""

THRESHOLD_RANGE = (0.2, 0.5)
"""The score threshold is the F1 peak on the validation pictures, but never outside these: that is an accident."""


class TrainSettings(BaseModel):
    """One training run.

    Attributes:
        name: of the model and its files.
        architecture: an ultralytics model definition; its weights start at random, nothing is downloaded.
        start_from: what to go on from: checkpoint of an earlier run of ours with the same classes, or a published
            ONNX file of the same architecture (see `models.onnx_start`); random weights where None.
        blend_with: published ONNX file of the same architecture whose weights are averaged into the start and again
            into what was trained, so that less of what it knows is lost (see `models.blending`); None for no average.
        blend_before: share of those weights in the start.
        blend_after: share of those weights in the finished model.
        frozen_layers: so many first layers of the network keep the weights that they start with; each learns the less
            by it, and forgets the less.
        hold_statistics: keep the means and spreads of batch normalisation as they are, as a start from ONNX needs, and
            as does good where batches are small.
        train_px: side of the square that pictures are trained at; the longer side where there is no mosaic.
        mosaic: share of the training pictures that are put together from four, which makes things small. With 0 whole
            pictures are taken in their own shape, which is cheaper and the better use of a short run.
        input_wh: input size on the card; the exported model takes any.
        epochs: passes over the pictures.
        hours: stop after so long instead, with the learning rate fitted to it; None goes by epochs.
        batch: pictures per step.
        learning_rate: at the start, of AdamW; falls along a cosine.
        threads: processor threads.
        workers: processes that load pictures.
        device: `cpu`, or `cuda:N` for the GPU of that number.
        bf16: convolutions in bfloat16, with weights and losses in float32; on a processor with AMX or AVX512-BF16, or
            on a GPU of 2020 and later, faster, elsewhere slower.
        seed: of weights, order and augmentation.
        close_mosaic_epochs: last epochs in which pictures are no more put together from four.
        resume: go on with a run that was stopped in the same folder, if there is one.
        data_note: what the pictures are, with their licences; goes on the card.
        licence: of the weights.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")] = "street-nano"
    architecture: Annotated[str, Field(pattern=r"^yolo(v8|11|26)[nsm]\.yaml$")] = "yolo11n.yaml"
    start_from: Path | None = None
    blend_with: Path | None = None
    blend_before: Annotated[float, Field(ge=0, le=1)] = 0.4
    blend_after: Annotated[float, Field(ge=0, le=1)] = 0.15
    frozen_layers: Annotated[int, Field(ge=0, le=22)] = 0
    hold_statistics: bool = False
    train_px: Annotated[int, Field(ge=32, le=1280, multiple_of=32)] = 480
    mosaic: Annotated[float, Field(ge=0, le=1)] = 1.0
    input_wh: tuple[int, int] = (640, 384)
    epochs: Annotated[int, Field(ge=1, le=1000)] = 30
    hours: Annotated[float, Field(gt=0, le=240)] | None = None
    batch: Annotated[int, Field(ge=1, le=512)] = 8
    learning_rate: Annotated[float, Field(gt=0, lt=1)] = 0.001
    threads: Annotated[int, Field(ge=1, le=256)] = 2
    workers: Annotated[int, Field(ge=0, le=32)] = 1
    device: Annotated[str, Field(pattern=r"^(cpu|cuda:[0-9]{1,2})$")] = "cpu"
    bf16: bool = False
    seed: int = 0
    close_mosaic_epochs: Annotated[int, Field(ge=0)] = 5
    resume: bool = True
    data_note: str = "drawn street scenes of this project (AGPL-3.0-or-later)"
    licence: str = "AGPL-3.0-or-later"

    @model_validator(mode="after")
    def _can_start(self) -> "TrainSettings":
        if self.start_from is not None and self.start_from.suffix == ".onnx" and not self.hold_statistics:
            raise ValueError("hold_statistics must be set where start_from is an ONNX file")
        if self.blend_with is not None and (self.start_from is None or not self.hold_statistics):
            raise ValueError("blend_with needs start_from and hold_statistics: only related weights have an average")
        if self.frozen_layers and self.start_from is None:
            raise ValueError("frozen_layers needs start_from: random weights must be trained")
        return self


@dataclass(frozen=True, slots=True)
class TrainProgress:
    """Where a training run stands after an epoch.

    Attributes:
        epoch: epochs done.
        epochs: epochs planned; with a time limit this changes as the run goes.
        map50: mean average precision at IoU 0.5 on the validation pictures, in [0, 1].
    """

    epoch: int
    epochs: int
    map50: float


def train(
    data_yaml: Path, out_dir: Path, settings: TrainSettings, on_progress: Callable[[TrainProgress], None]
) -> Path:
    """Train, export and measure a model; return the path of its card.

    Args:
        data_yaml: pictures and labels in YOLO format, as ultralytics reads them.
        out_dir: receives `<name>.onnx` and `<name>.toml`, and the run's checkpoints in `run/`.
        settings: the recipe.
        on_progress: called after every epoch, in this thread; what it raises ends the run, which can be resumed.

    Raises:
        ExtraMissingError: ultralytics or torch is not installed.
        TrainingError: there are no pictures or no such device, the disk is full, or ultralytics ended without weights.
    """
    if not data_yaml.is_file():
        raise TrainingError(f"there is no data description {data_yaml}; make one with: streetwarden models draw FOLDER")
    if settings.start_from is not None and not settings.start_from.is_file():
        raise TrainingError(f"there is no file {settings.start_from} to start from")
    if settings.blend_with is not None and not settings.blend_with.is_file():
        raise TrainingError(f"there is no file {settings.blend_with} to blend with")
    yolo = load_ultralytics()
    check_device(settings.device)
    run_dir = out_dir.resolve() / "run"
    last = run_dir / "weights" / "last.pt"
    try:
        if not (settings.resume and can_resume(last) and _resumed(yolo, last, settings, on_progress)):
            _fresh(yolo, data_yaml, run_dir, settings, on_progress)
        return finish(data_yaml, out_dir, settings)
    except OSError as err:
        if err.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise TrainingError(
                f"training {settings.name} ended, as the disk of {err.filename or out_dir} is full; make room and give "
                "the same command again: it goes on after the last epoch that was kept"
            ) from err
        raise TrainingError(f"training {settings.name} ended: {one_line(err)}") from err
    except (RuntimeError, ValueError) as err:
        raise TrainingError(f"training {settings.name} ended: {one_line(err)}") from err


def finish(data_yaml: Path, out_dir: Path, settings: TrainSettings) -> Path:
    """Export the best checkpoint of a run, measure it and write its card; also for a run that was stopped early.

    Returns:
        The card's path.

    Raises:
        ExtraMissingError: ultralytics or torch is not installed.
        TrainingError: the run has no checkpoint yet.
    """
    yolo = load_ultralytics()
    out_dir = out_dir.resolve()
    best = out_dir / "run" / "weights" / "best.pt"
    if not best.is_file():
        raise TrainingError(f"{out_dir / 'run'} holds no checkpoint yet; wait for the end of its first epoch")
    network = yolo(str(_blended(best, settings, settings.blend_after, out_dir / "run" / "finished.pt")), task="detect")
    figures = network.val(
        data=str(data_yaml), imgsz=max(settings.input_wh), batch=settings.batch, device=settings.device, **QUIET
    )
    weights = out_dir / f"{settings.name}.onnx"
    exported = Path(network.export(format="onnx", dynamic=True, imgsz=max(settings.input_wh), device="cpu"))
    store_half(exported)
    with exported.open("rb+") as file:
        put_in_place(file, exported, weights)
    card = card_for_weights(
        weights,
        name=settings.name,
        licence=settings.licence,
        family=_family(settings.architecture),
        input_wh=settings.input_wh,
        class_names=tuple(network.names.values()),
        score_threshold=_threshold(figures),
        description="Trained by `streetwarden models train`; see data and accuracy for what it is good for.",
        data=settings.data_note,
        recipe=_recipe(settings, _epochs_of(network)),
        trained_on=datetime.now(UTC).date().isoformat(),
        accuracy=_measurements(figures, data_yaml),
    )
    path = out_dir / f"{settings.name}.toml"
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        file.write(card_toml(card).encode())
        put_in_place(file, part, path)
    return path


def check_device(device: str) -> None:
    """Look whether a device is there, before pictures are read.

    Args:
        device: `cpu` or `cuda:N`.

    Raises:
        TrainingError: it is not; the sentence says what there is.
    """
    if device == "cpu":
        return
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if int(device.removeprefix("cuda:")) >= count:
        there = f"torch sees {count} GPUs, the first is cuda:0" if count else "torch sees no GPU here"
        raise TrainingError(f"there is no {device}: {there}; train with device cpu, or install a torch that knows it")


def load_ultralytics(what: str = "training") -> Any:
    """Return ultralytics' `YOLO` class, told to stay off the network, to install nothing and to be quiet.

    Args:
        what: what it is needed for, for the message.

    Raises:
        ExtraMissingError: ultralytics or torch is not installed.
    """
    os.environ.setdefault("YOLO_OFFLINE", "true")
    os.environ.setdefault("YOLO_AUTOINSTALL", "false")
    os.environ.setdefault("YOLO_VERBOSE", "false")  # it would draw its own progress over ours
    # Threads that wait in a loop for one that lost its core to another program: a step took 30 s instead of 2 s.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        from ultralytics import YOLO
    except ImportError as err:
        raise ExtraMissingError(what, err.name or "a library") from None
    return YOLO


def _fresh(
    yolo: Any, data_yaml: Path, run_dir: Path, settings: TrainSettings, on_progress: Callable[[TrainProgress], None]
) -> None:
    network = yolo(str(_start(settings, run_dir) or settings.architecture), task="detect")
    _listen(network, settings, on_progress)
    network.train(
        trainer=keeping_trainer(),
        data=str(data_yaml),
        project=str(run_dir.parent),
        name=run_dir.name,
        exist_ok=True,
        epochs=settings.epochs,
        time=settings.hours,
        imgsz=settings.train_px,
        batch=settings.batch,
        nbs=settings.batch,  # a step per batch; the default waits for 64 pictures and a short run then has few steps
        optimizer="AdamW",
        lr0=settings.learning_rate,
        warmup_epochs=0.5,
        warmup_bias_lr=0.0,  # the default of 0.1 is meant for SGD and throws AdamW's biases about
        workers=settings.workers,
        seed=settings.seed,
        device=settings.device,
        close_mosaic=settings.close_mosaic_epochs,
        mosaic=settings.mosaic,
        freeze=settings.frozen_layers or None,
        rect=settings.mosaic == 0,
        cos_lr=True,
        pretrained=settings.start_from is not None,  # True keeps the weights that were opened above
        amp="bf16" if settings.bf16 and settings.device != "cpu" else False,  # its check of others downloads a model
        cache="ram",
        **QUIET,
    )


def _resumed(yolo: Any, last: Path, settings: TrainSettings, on_progress: Callable[[TrainProgress], None]) -> bool:
    logger.info("training %s: going on from %s", settings.name, last)
    network = yolo(str(last), task="detect")
    _listen(network, settings, on_progress)
    network.train(trainer=keeping_trainer(), resume=True, device=settings.device)
    return True


def _start(settings: TrainSettings, run_dir: Path) -> Path | None:
    start = settings.start_from
    if start is None:
        return None
    if start.suffix == ".onnx":
        start = checkpoint_from_onnx(start, settings.architecture, own_class_names(), run_dir / "start.pt")
    return _blended(start, settings, settings.blend_before, run_dir / "blended.pt")


def _blended(checkpoint: Path, settings: TrainSettings, share: float, out: Path) -> Path:
    if settings.blend_with is None:
        return checkpoint
    return blended_checkpoint(checkpoint, settings.blend_with, share, settings.architecture, own_class_names(), out)


def _listen(network: Any, settings: TrainSettings, on_progress: Callable[[TrainProgress], None]) -> None:
    def fit_to_processor(trainer: Any) -> None:
        import torch

        torch.set_num_threads(settings.threads)
        if settings.device == "cpu":
            trainer.model.to(memory_format=torch.channels_last)  # several times faster
            trainer.amp = settings.bf16  # ultralytics has a word for it on GPUs only; torch then takes bfloat16

    def report(trainer: Any) -> None:
        map50 = float(trainer.metrics.get("metrics/mAP50(B)", 0.0))
        if trainer.epoch < trainer.epochs:  # the last validation is reported as one epoch more
            on_progress(TrainProgress(trainer.epoch + 1, trainer.epochs, map50))

    def hold(trainer: Any) -> None:
        from torch.nn import BatchNorm2d

        for module in trainer.model.modules():
            if isinstance(module, BatchNorm2d):
                module.eval()

    if settings.hold_statistics:
        network.add_callback("on_train_batch_start", hold)
    network.add_callback("on_train_start", fit_to_processor)
    network.add_callback("on_fit_epoch_end", report)


def _family(architecture: str) -> Family:
    return next(family for start, family in FAMILIES.items() if architecture.startswith(start))


def _threshold(figures: Any) -> float:
    """Return the score at which the mean F1 over classes peaks on the validation pictures."""
    mean_f1 = figures.box.f1_curve.mean(0)
    low, high = THRESHOLD_RANGE
    return round(min(high, max(low, float(figures.box.px[int(mean_f1.argmax())]))), 2)


def _epochs_of(network: Any) -> int:
    return int((network.ckpt or {}).get("epoch", -1)) + 1


def _recipe(settings: TrainSettings, best_epoch: int) -> dict[str, str]:
    from ultralytics import __version__

    unsaid = {"name", "data_note", "licence", "resume", "input_wh", "start_from", "blend_with"}
    if settings.blend_with is None:
        unsaid |= {"blend_before", "blend_after"}
    fields = {key: str(value) for key, value in settings.model_dump(exclude=unsaid).items()}
    start = settings.start_from.name if settings.start_from else "random weights"
    fixed = {
        "ultralytics": __version__,
        "start": start,
        **({"blend_with": settings.blend_with.name} if settings.blend_with else {}),
        "optimizer": "AdamW",
        "cos_lr": "true",
        "amp": str(settings.bf16).lower(),
    }
    best = {"best_epoch": str(best_epoch)} if best_epoch > 0 else {}
    return {**fields, **fixed, **best}


def _measurements(figures: Any, data_yaml: Path) -> tuple[Measurement, ...]:
    data = f"validation pictures of {data_yaml.parent.name}"
    note = "ultralytics val on the checkpoint, fp32, square input"
    rows = [
        Measurement(metric="mAP50", value=round(float(figures.box.map50), 4), data=data, note=note),
        Measurement(metric="mAP50-95", value=round(float(figures.box.map), 4), data=data, note=note),
    ]
    names = figures.names
    for row, class_index in enumerate(figures.box.ap_class_index):
        value = round(float(figures.box.ap50[row]), 4)
        rows.append(Measurement(metric=f"AP50 {names[int(class_index)]}", value=value, data=data, note=note))
    return tuple(rows)


QUIET: dict[str, Any] = {"plots": False, "verbose": False}
"""Plots would fetch a font."""
