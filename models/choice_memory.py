"""Remembers how a model runs fastest, in `engine.json`, for one machine, model and set of library versions.

What `streetwarden models bench` found stands in the same file under the same key, so that a start takes it as it takes
what an earlier start measured.

Whatever changes the outcome is part of the key: processor, cores that this process may use, weights, input size,
versions of the engines. A file that cannot be read or written costs a measurement at the next start and a warning,
nothing else.
"""

import contextlib
import hashlib
import json
import logging
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.cards import ModelCard, SidePx
from models.lanes import Layout, usable_cores

logger = logging.getLogger(__name__)

FILE_NAME = "engine.json"

BENCHED = "benched"
"""Reason of a choice that `streetwarden models bench` made."""

LIBRARIES = ("onnxruntime", "openvino")
"""A new version may be faster or slower, so that it is measured again."""


class CandidateFigures(BaseModel):
    """What was found out about one engine.

    Attributes:
        engine: its name.
        ms_per_picture: median milliseconds a picture, alone and in batches; None where it was not measured.
        problem: why it was passed over, in words; empty where it was not.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: str
    ms_per_picture: float | None = None
    problem: str = ""


class EngineChoice(BaseModel):
    """Which engine runs a model, and why; shown on the health page.

    Attributes:
        engine: name of the engine.
        reason: `measured`, `remembered`, `benched`, `asked for`, or `asked for another` where that one did not load.
        ms_per_picture: the same when it was measured; None where it was not.
        candidates: every engine that was tried.
        alone: cores that run a single picture; None for the usual layout of cores.
        lanes: pictures run at the same time; None for the usual layout.
        batch: pictures that are best run together; None where that was not measured.
        input_wh: input size in pixels that goes before that of the card; None for that of the card.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: str
    reason: str
    ms_per_picture: float | None = None
    candidates: tuple[CandidateFigures, ...] = ()
    alone: Annotated[int, Field(ge=1)] | None = None
    lanes: Annotated[int, Field(ge=1)] | None = None
    batch: Annotated[int, Field(ge=1)] | None = None
    input_wh: tuple[SidePx, SidePx] | None = None

    @property
    def told(self) -> str:
        """What a person is told behind the engine's name: what a picture takes, and whether a bench found that."""
        took = f", {self.ms_per_picture:.0f} ms" if self.ms_per_picture else ""
        return f"{took}, models bench" if self.reason == BENCHED else took

    @property
    def layout(self) -> Layout | None:
        """How the cores are shared out; None for the usual way."""
        return Layout(self.alone, self.lanes) if self.alone and self.lanes else None


class _Memory(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    choices: dict[str, EngineChoice] = {}


class ChoiceMemory:
    """The file `engine.json` in one folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def recall(self, card: ModelCard) -> EngineChoice | None:
        """Return the choice for this card on this machine, or None where none is known."""
        return self._read().choices.get(choice_key(card))

    def keep(self, card: ModelCard, choice: EngineChoice) -> bool:
        """Add a choice to the file, which is replaced as a whole, and return whether that could be done."""
        choices = {**self._read().choices, choice_key(card): choice}
        text = json.dumps(_Memory(choices=choices).model_dump(mode="json"), indent=1)
        partial = self._path.with_name(f"{self._path.name}.{os.getpid()}.part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(text, encoding="utf-8")
            partial.replace(self._path)
        except OSError as err:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            logger.warning("engine choice: %s cannot be written (%s); it is measured again", self._path, err.strerror)
            return False
        return True

    def _read(self) -> _Memory:
        try:
            return _Memory.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return _Memory()
        except OSError as err:
            logger.warning("engine choice: %s cannot be read: %s", self._path, err.strerror)
        except ValidationError:
            logger.warning("engine choice: %s is not ours or damaged; it is measured and written again", self._path)
        return _Memory()


def choice_key(card: ModelCard) -> str:
    """Return a hash of all that decides which engine is fastest."""
    parts = [cpu_model(), str(usable_cores()), card.sha256, str(card.input_wh)]
    parts += [f"{name} {version}" for name, version in library_versions().items()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def cpu_model() -> str:
    """Return the processor's name with its revision, as far as the system tells."""
    wanted = ("model name", "cpu family", "model", "stepping", "CPU implementer", "CPU part")
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    found: dict[str, str] = {}
    for line in lines:
        key, _, value = line.partition(":")
        if key.strip() in wanted:
            found.setdefault(key.strip(), value.strip())
    return " ".join([platform.machine(), *found.values()])


def library_versions() -> dict[str, str]:
    """Return the versions of the engines' libraries, `absent` where one is not installed."""
    return {name: _version(name) for name in LIBRARIES}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "absent"
