"""The file horn and the sound card horn in particular."""

import builtins
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from broadcast.audio import load_audio
from broadcast.errors import HornUnavailableError, HornUrlError
from broadcast.file_horn import FileHorn
from broadcast.horns import check_horn_url, open_horn
from broadcast.loudness import rms_dbfs
from broadcast.soundcard_horn import PortAudio, SoundcardHorn, has_output
from tests.broadcast.fakes import FakeSoundOutput
from tests.broadcast.sounds import tone


class ShortStop(threading.Event):
    """Stops after the first wait for it, however long that was meant to be."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return True


def test_file_holds_the_sound_and_is_named_by_the_receipt(tmp_path: Path) -> None:
    receipt = FileHorn("gate", tmp_path, paced=False).play(tone(1.0), threading.Event())
    heard = load_audio(Path(receipt.file))
    assert heard.duration_s == pytest.approx(1.0)
    assert rms_dbfs(heard) == pytest.approx(rms_dbfs(tone(1.0)), abs=0.1)
    assert receipt.bytes_sent == 32_000


def test_file_of_a_stopped_clip_holds_what_had_sounded(tmp_path: Path) -> None:
    receipt = FileHorn("gate", tmp_path).play(tone(100.0), ShortStop())
    assert not receipt.ok
    assert load_audio_seconds(receipt.file) < 50


def load_audio_seconds(file: str) -> float:
    """Return a WAV file's length by its size, as one of no samples is no sound file."""
    return (Path(file).stat().st_size - 44) / 32_000


def test_horns_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    receipt = FileHorn("../../etc/x", tmp_path / "in", paced=False).play(tone(0.1), threading.Event())
    assert Path(receipt.file).parent == tmp_path / "in"


def test_no_partial_file_stays_behind(tmp_path: Path) -> None:
    receipt = FileHorn("gate", tmp_path, paced=False).play(tone(0.1), threading.Event())
    assert [path.name for path in tmp_path.iterdir()] == [Path(receipt.file).name]


def test_card_hears_the_whole_clip_at_its_own_rate() -> None:
    output = FakeSoundOutput()
    receipt = SoundcardHorn("gate", output=output).play(tone(0.5), threading.Event())
    assert np.count_nonzero(np.isnan(output.heard)) == 0
    assert receipt.bytes_sent == 4 * 24_000
    assert output.closed == 1


def test_card_that_gives_up_halfway_is_unavailable() -> None:
    output = FakeSoundOutput()
    output.dies_after = 4096
    with pytest.raises(HornUnavailableError, match="gave up"):
        SoundcardHorn("gate", output=output).play(tone(5.0), threading.Event())
    assert output.closed == 1


def test_missing_portaudio_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def without_portaudio(name: str, *args: object, **kwargs: object) -> object:
        if name == "sounddevice":
            raise OSError("PortAudio library not found")
        return real_import(name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(builtins, "__import__", without_portaudio)
    with pytest.raises(HornUnavailableError, match="apt install libportaudio2"):
        PortAudio().rate_hz("gate", None)
    assert not has_output()


def test_unknown_card_is_named_with_the_way_out() -> None:
    with pytest.raises(HornUnavailableError, match="no-such-card-4711"):
        PortAudio().rate_hz("gate", "no-such-card-4711")


def test_auto_horn_is_a_file_where_there_is_no_card(tmp_path: Path) -> None:
    horn = open_horn("gate", f"auto://{tmp_path}")
    assert isinstance(horn, SoundcardHorn if has_output() else FileHorn)


@pytest.mark.parametrize(
    "url",
    ["", "gate", "http://x/", "file:", "file:///", "file://host/x", "file:///x?pace=2", "file:///x?speed=1", "auto:", "soundcard://x",
     "soundcard:?dev=1", "onvif:", "onvif://h:99999/", "onvif://[::1/", "auto://host/x"],
)  # fmt: skip
def test_wrong_url_is_refused_with_the_horn_named(url: str) -> None:
    with pytest.raises(HornUrlError, match="horn gate: "):
        check_horn_url("gate", url)


@pytest.mark.parametrize(
    "url", ["file:///x", "file:///x?pace=0", "soundcard:", "soundcard:?device=USB", "onvif://h/", "auto:///x"]
)
def test_right_url_is_taken(url: str) -> None:
    check_horn_url("gate", url)
