"""Which examiners the settings bring."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cases.code_files import bundled_table
from cases.evidence import EvidenceStore
from cases.store import CaseStore
from models.errors import ModelError
from models.shelf import bundled_card
from pipeline.examining import Examining, ExaminingParts
from pipeline.examining_wiring import HiddenCrops, open_examining
from pipeline.settings import Settings

NOBODY: Any = None


def opened(folder: Path, *, reads: bool = False, **second_opinion: Any) -> Examining:
    reading = {"plates": reads, "posters": reads}
    settings = Settings.model_validate({"data": folder, "second_opinion": second_opinion, "reading": reading})
    cases = CaseStore(f"sqlite:///{folder / 'cases.sqlite'}")
    parts = ExaminingParts(cases, EvidenceStore(folder / "evidence"), NOBODY, NOBODY, NOBODY)
    return open_examining(settings, parts, bundled_table(), NOBODY)


def test_those_that_read_examine_too_where_the_settings_say_so(tmp_path: Path) -> None:
    assert opened(tmp_path, reads=True).names == ("memory", "plates", "posters")


def test_memory_alone_examines_unless_the_settings_ask_for_more_or_less(tmp_path: Path) -> None:
    assert opened(tmp_path).names == ("memory",)
    assert opened(tmp_path, remembered=0).names == ()
    language_model = {"url": "http://127.0.0.1:9/v1", "model": "vlm"}
    assert opened(tmp_path, model=bundled_card(), language_model=language_model).names == (
        "memory",
        "model",
        "language_model",
    )


def test_larger_model_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.toml"):
        opened(tmp_path, model=tmp_path / "none.toml")


def test_crop_is_hidden_by_the_model_of_the_settings(tmp_path: Path) -> None:
    plain = np.full((200, 200, 3), 90, np.uint8)
    assert HiddenCrops(Settings(data=tmp_path))(plain).shape == plain.shape
