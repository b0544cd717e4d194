"""Turns the windows of the inference benchmark into its figures, summary and goals."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import JsonValue

from benchmarks.inference_sides import SIDES, InferenceSide, Pace
from benchmarks.report import Goal, at_least, spread

DEFINITIONS: Mapping[str, str] = {
    "pipeline": "decoded frames (4:2:0, in memory) to detections in source pixels, as the looking thread calls "
    "`Model.detect`: letterbox from the planes, engine, decoding of the outputs, merging of boxes",
    "engine": "the same engine object on tensors made beforehand of the same frames; its outputs are thrown away",
    "onnxruntime_default": "a session of ONNX Runtime's CPU provider with no option set, on the same tensors; the "
    "batch as a whole where the model takes it, else picture by picture",
    "images_per_s": "pictures in a window by its seconds",
    "cpu_ms_per_image": "processor milliseconds of the process, all threads; waiting in a loop counts, too",
    "pipeline_to_engine": "images_per_s of `pipeline` by that of `engine` in the same round",
    "engine_to_default": "images_per_s of `engine` by that of `onnxruntime_default` in the same round",
}

PIPELINE_GOAL = 0.95
NEVER_BELOW = 0.98
AMX_GOAL = 2.5

Ratio = tuple[str, InferenceSide, InferenceSide]

RATIOS: tuple[Ratio, ...] = (
    ("pipeline_to_engine", "pipeline", "engine"),
    ("engine_to_default", "engine", "onnxruntime_default"),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One window: one side with one model and batch."""

    round: int
    model: str
    batch: int
    side: InferenceSide
    pace: Pace

    @property
    def images_per_s(self) -> float:
        """Pictures a second."""
        return self.pace.images / self.pace.wall_s

    @property
    def cpu_ms_per_image(self) -> float:
        """Processor milliseconds a picture."""
        return 1000 * self.pace.cpu_s / self.pace.images

    def to_json(self) -> dict[str, JsonValue]:
        """Return the sample as a row of the report."""
        return {
            "round": self.round,
            "model": self.model,
            "batch": self.batch,
            "side": self.side,
            "images": self.pace.images,
            "wall_s": round(self.pace.wall_s, 4),
            "images_per_s": round(self.images_per_s, 2),
            "cpu_ms_per_image": round(self.cpu_ms_per_image, 3),
        }


def ratios(samples: Sequence[Sample], ratio: Ratio, model: str, batch: int) -> list[float]:
    """Return one side's pictures a second by the other's, one per round that has both."""
    _, upper, lower = ratio
    some = {(s.round, s.side): s.images_per_s for s in samples if (s.model, s.batch) == (model, batch)}
    rounds = sorted({number for number, side in some if side == upper} & {n for n, side in some if side == lower})
    return [some[number, upper] / some[number, lower] for number in rounds]


def summary(samples: Sequence[Sample], engines: Mapping[str, JsonValue]) -> JsonValue:
    """Return by model which engine was chosen and why, and by batch medians and spreads of speeds and ratios."""
    found: dict[str, JsonValue] = {}
    for model, batches in _cells(samples).items():
        by_batch: dict[str, JsonValue] = {}
        for batch in batches:
            mine = [sample for sample in samples if (sample.model, sample.batch) == (model, batch)]
            by_batch[str(batch)] = {
                "images_per_s": _by_side(mine, lambda sample: sample.images_per_s),
                "cpu_ms_per_image": _by_side(mine, lambda sample: sample.cpu_ms_per_image),
                **{ratio[0]: _spread_json(ratios(samples, ratio, model, batch)) for ratio in RATIOS},
            }
        found[model] = {"engine": engines.get(model), "batches": by_batch}
    return found


def goals(samples: Sequence[Sample], *, has_amx: bool) -> list[Goal]:
    """Return the goals, each judged at the model and batch that fare worst, by the median of the rounds."""
    pipeline, engine = (worst(samples, ratio) for ratio in RATIOS)
    return [
        at_least("pipeline's images per second, of the bare engine's on the same batch", PIPELINE_GOAL, pipeline),
        at_least("chosen engine's images per second, of ONNX Runtime's CPU default", NEVER_BELOW, engine),
        at_least("the same on a processor with AMX", AMX_GOAL, engine, applies=has_amx),
    ]


def worst(samples: Sequence[Sample], ratio: Ratio) -> float | None:
    """Return the smallest median ratio over all models and batches; None without samples."""
    medians = [
        statistics.median(some)
        for model, batches in _cells(samples).items()
        for batch in batches
        if (some := ratios(samples, ratio, model, batch))
    ]
    return round(min(medians), 4) if medians else None


def has_amx(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Tell whether the processor multiplies matrices in tiles (AMX) in a type that engines use, by the kernel's flags.

    What is not told, as on systems without the file, counts as not there.
    """
    try:
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    flags = {flag for line in lines if line.startswith("flags") for flag in line.partition(":")[2].split()}
    return "amx_tile" in flags and bool({"amx_bf16", "amx_int8"} & flags)


def _cells(samples: Sequence[Sample]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for sample in samples:
        batches = found.setdefault(sample.model, [])
        if sample.batch not in batches:
            batches.append(sample.batch)
    return found


def _by_side(samples: Sequence[Sample], figure: Callable[[Sample], float]) -> JsonValue:
    return {side: _spread_json([figure(sample) for sample in samples if sample.side == side]) for side in SIDES}


def _spread_json(values: Sequence[float]) -> JsonValue:
    return {name: round(value, 4) for name, value in asdict(spread(values)).items()} if values else None
