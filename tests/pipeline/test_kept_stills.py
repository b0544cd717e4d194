"""Pictures that wait on the disk for their case: they come back whole or not at all."""

import json
from pathlib import Path

import pytest

from pipeline.kept_stills import KeptStills, Still
from tests.pipeline.fakes import NOON

STILL = Still(b"a picture", 12.5, NOON, 0.1, (1280, 720))


@pytest.fixture
def kept(tmp_path: Path) -> KeptStills:
    kept = KeptStills(tmp_path / "pending")
    kept.keep("gate-1", STILL)
    return kept


def test_picture_comes_back_as_it_was(kept: KeptStills) -> None:
    assert kept.read("gate-1") == STILL
    assert kept.read("gate-2") is None


@pytest.mark.parametrize("content", [b"", b"a pict"])
def test_picture_that_a_power_cut_tore_is_none(kept: KeptStills, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pending" / "gate-1.jpg").write_bytes(content)
    assert kept.read("gate-1") is None


@pytest.mark.parametrize("content", [b"", b'{"t_s": 12.5', b"{}"])
def test_picture_whose_times_a_power_cut_tore_is_none(kept: KeptStills, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pending" / "gate-1.json").write_bytes(content)
    assert kept.read("gate-1") is None


def test_picture_that_an_older_version_kept_is_taken(kept: KeptStills, tmp_path: Path) -> None:
    times = tmp_path / "pending" / "gate-1.json"
    told = json.loads(times.read_text())
    del told["sha256"]
    times.write_text(json.dumps(told))
    assert kept.read("gate-1") == STILL


def test_pictures_of_other_events_go_with_what_a_crash_left_of_one(kept: KeptStills, tmp_path: Path) -> None:
    kept.keep("gate-2", STILL)
    (tmp_path / "pending" / "gate-1.jpg.part").write_bytes(b"half")
    kept.keep_only({"gate-2"})
    assert {path.name for path in (tmp_path / "pending").iterdir()} == {"gate-2.jpg", "gate-2.json"}
