"""Sets up whole systems on real material for the end-to-end tests."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cases.queries import CaseQuery
from cases.records import Case
from pipeline.settings import Settings
from pipeline.system import System
from streams.opening import Openers

CARDS = Path(__file__).resolve().parents[1] / "models" / "cards"
LIMIT_S = 90.0
"""Patience of a test on a loaded machine; what is awaited usually comes within a few seconds."""


def pretrained_card(folder: Path, material: Path, name: str = "yolov8n_int8") -> Path:
    """Put a card and its pretrained weights into a folder and return the card."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(CARDS / f"{name}.toml", folder)
    (folder / f"{name}.onnx").symlink_to(material / "weights" / f"{name}.onnx")
    return folder / f"{name}.toml"


def zones_file(path: Path, **rule: Any) -> Path:
    """Write a zones file with one zone over nearly the whole picture."""
    zone = {"id": "street", "name": "street", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]], "rule": rule}
    path.write_text(json.dumps({"zones": [zone]}), encoding="utf-8")
    return path


@contextmanager
def running(settings: Settings) -> Iterator[System]:
    """Run a system without its page."""
    system = System(settings, Openers())
    system.start()
    try:
        yield system
    finally:
        system.stop()


def cases_of(system: System, camera_id: str) -> tuple[Case, ...]:
    """Return a camera's cases, oldest first."""
    return system.cases.find(CaseQuery(camera_ids=(camera_id,), limit=500)).cases[::-1]


def until(condition: Callable[[], bool], what: str, limit_s: float = LIMIT_S) -> None:
    """Wait for something outside our own threads to come true."""
    end_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end_s, f"not within {limit_s:.0f} s: {what}"
        time.sleep(0.1)
