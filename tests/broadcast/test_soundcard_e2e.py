"""The real PortAudio on a sound card made of ALSA's file plugin: what the driver was given is measured."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from broadcast.audio import AudioClip
from broadcast.loudness import rms_dbfs
from tests.broadcast.sounds import tone

pytestmark = pytest.mark.e2e

ALSA_CONFIG = Path("/usr/share/alsa/alsa.conf")

CARD = """
pcm.!default { type plug slave { pcm "keep" format S16_LE channels 1 rate 44100 } }
pcm.keep { type file file "FILE" format "raw" slave.pcm "null" }
pcm.null { type null }
"""

SPEAK = """
import json, threading
from broadcast.soundcard_horn import SoundcardHorn
from tests.broadcast.sounds import tone
receipt = SoundcardHorn("gate").play(tone(1.0), threading.Event())
print(json.dumps([receipt.ok, receipt.duration_s, receipt.codec]))
"""


def has_portaudio() -> bool:
    try:
        import sounddevice  # noqa: F401
    except OSError:
        return False
    return True


@pytest.mark.skipif(not ALSA_CONFIG.exists() or not has_portaudio(), reason="needs libportaudio2 with ALSA (apt)")
def test_driver_is_given_the_whole_clip(tmp_path: Path) -> None:
    heard_file = tmp_path / "heard.raw"
    (tmp_path / "card.conf").write_text(CARD.replace("FILE", str(heard_file)))
    environment = {**os.environ, "ALSA_CONFIG_PATH": f"{ALSA_CONFIG}:{tmp_path / 'card.conf'}"}
    done = subprocess.run(
        [sys.executable, "-c", SPEAK],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).parents[2],
    )
    assert json.loads(done.stdout) == [True, 1.0, "pcm_f32le"], done.stderr
    samples = np.frombuffer(heard_file.read_bytes(), "<i2").astype(np.float32) / 32768
    sounding = np.flatnonzero(np.abs(samples) > 0.01)
    heard = AudioClip(samples[sounding[0] : sounding[-1] + 1].copy(), 44_100)
    assert heard.duration_s == pytest.approx(1.0, abs=0.01)
    assert rms_dbfs(heard) == pytest.approx(rms_dbfs(tone(1.0)), abs=0.2)
