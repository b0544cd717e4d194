"""Which examiners the settings bring."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from cases.code_files import bundled_table
from cases.evidence import EvidenceStore
from detectors.catalog import RULES
from models.errors import ModelError
from models.shelf import bundled_card
from pipeline.examining import Examining, ExaminingParts
from pipeline.examining_wiring import HiddenCrops, open_examining
from pipeline.second_opinion_settings import LanguageModelSettings
from pipeline.settings import Settings

NOBODY: Any = None


class NoCases:
    database = NOBODY


def opened(folder: Path, *, reads: bool = False, **second_opinion: Any) -> Examining:
    reading = {"plates": reads, "posters": reads}
    settings = Settings.model_validate({"data": folder, "second_opinion": second_opinion, "reading": reading})
    cases: Any = NoCases()
    parts = ExaminingParts(cases, EvidenceStore(folder / "evidence"), NOBODY, NOBODY, NOBODY)
    return open_examining(settings, parts, bundled_table(), NOBODY)


def test_memory_alone_judges_unless_the_settings_ask_for_more_or_less(tmp_path: Path) -> None:
    assert opened(tmp_path).names == ("memory",)
    assert opened(tmp_path, remembered=0).names == ()
    language_model = {"url": "http://127.0.0.1:9/v1", "model": "vlm"}
    assert opened(tmp_path, model=bundled_card(), language_model=language_model).names == (
        "memory",
        "model",
        "language_model",
    )


def test_plates_and_posters_are_read_where_the_settings_say_so(tmp_path: Path) -> None:
    assert opened(tmp_path, reads=True).names == ("memory", "plates", "posters")
    assert Settings(data=tmp_path).reading.plates
    assert Settings(data=tmp_path).reading.posters


def test_language_model_is_asked_about_all_rules_and_about_none_that_does_not_exist() -> None:
    address = {"url": "http://127.0.0.1:9/v1", "model": "vlm"}
    assert set(LanguageModelSettings.model_validate(address).kinds) == set(RULES)
    with pytest.raises(ValidationError, match="there is no rule of kind 'stalls'"):
        LanguageModelSettings.model_validate({**address, "kinds": ["goods", "stalls"]})


def test_larger_model_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.toml"):
        opened(tmp_path, model=tmp_path / "none.toml")


def test_crop_is_hidden_by_the_model_of_the_settings(tmp_path: Path) -> None:
    plain = np.full((200, 200, 3), 90, np.uint8)
    assert HiddenCrops(Settings(data=tmp_path))(plain).shape == plain.shape
