"""Checkpoints of a camera: whole, named when damaged, never half."""

import os
from pathlib import Path

import numpy as np
import pytest

from pipeline.checkpoints import CheckpointFolder
from pipeline.watch import WatchState

KEPT = WatchState({"clock": 12.5}, {"reference": np.arange(6, dtype=np.float32).reshape(2, 3)})


def test_state_comes_back_as_it_was(tmp_path: Path) -> None:
    CheckpointFolder(tmp_path).save("gate", KEPT)
    loaded = CheckpointFolder(tmp_path).load("gate")
    assert loaded is not None
    assert loaded.state == KEPT.state
    np.testing.assert_array_equal(loaded.arrays["reference"], KEPT.arrays["reference"])


def test_camera_without_a_checkpoint_has_none(tmp_path: Path) -> None:
    assert CheckpointFolder(tmp_path).load("gate") is None


def test_crash_before_the_rename_leaves_the_older_state_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = CheckpointFolder(tmp_path)
    folder.save("gate", KEPT)

    rename = Path.replace

    def crash(part: Path, whole: Path) -> None:
        if whole.suffix == ".json":
            raise OSError("power cut")
        rename(part, whole)

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(OSError, match="power cut"):
        folder.save("gate", WatchState({"clock": 99.0}, {"reference": np.zeros(1, np.float32)}))
    monkeypatch.undo()
    loaded = folder.load("gate")
    assert loaded is not None
    assert loaded.state == KEPT.state
    assert loaded.arrays["reference"].shape == (2, 3)


@pytest.mark.parametrize("damage", [b"", b"{", b'{"format": 7}'])
def test_damaged_checkpoint_is_left_aside_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: bytes
) -> None:
    folder = CheckpointFolder(tmp_path)
    folder.save("gate", KEPT)
    (tmp_path / "gate.json").write_bytes(damage)
    assert folder.load("gate") is None
    assert "gate.json left aside" in caplog.text


@pytest.mark.parametrize("damage", [b"", b"PK", b"\0" * 4096])
def test_torn_arrays_are_left_aside_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: bytes) -> None:
    folder = CheckpointFolder(tmp_path)
    folder.save("gate", KEPT)
    (tmp_path / "gate.a.npz").write_bytes(damage)
    assert folder.load("gate") is None
    assert "gate.json left aside" in caplog.text


def test_no_flipped_byte_of_the_arrays_stops_the_start_or_comes_back_as_state(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    folder.save("gate", KEPT)
    path = tmp_path / "gate.a.npz"
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        assert folder.load("gate") is None


def test_file_is_on_the_medium_before_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    rename, sync = Path.replace, os.fsync

    def noted_rename(part: Path, whole: Path) -> None:
        steps.append(whole.name)
        rename(part, whole)

    def noted_sync(descriptor: int) -> None:
        steps.append("sync")
        sync(descriptor)

    monkeypatch.setattr(Path, "replace", noted_rename)
    monkeypatch.setattr(os, "fsync", noted_sync)
    CheckpointFolder(tmp_path).save("gate", KEPT)
    assert steps == ["sync", "gate.a.npz", "sync", "sync", "gate.json", "sync"]  # each content, then its name


def test_removed_camera_leaves_no_file(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    folder.save("gate", KEPT)
    folder.save("gate", KEPT)
    folder.remove("gate")
    assert list(tmp_path.iterdir()) == []
