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

    def crash(*_: object, **__: object) -> None:
        raise OSError("power cut")

    monkeypatch.setattr(Path, "write_text", crash)
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


def test_damaged_arrays_are_left_aside_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = CheckpointFolder(tmp_path)
    folder.save("gate", KEPT)
    (tmp_path / "gate.a.npz").write_bytes(b"PK")
    assert folder.load("gate") is None
    assert "gate.json left aside" in caplog.text


def test_removed_camera_leaves_no_file(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    folder.save("gate", KEPT)
    folder.save("gate", KEPT)
    folder.remove("gate")
    assert list(tmp_path.iterdir()) == []
