"""Starts the GStreamer backchannel server and hands back what it heard."""

import select
import subprocess
import wave
from pathlib import Path
from types import TracebackType
from typing import Literal

import pytest

SYSTEM_PYTHON = Path("/usr/bin/python3")
SERVER = Path(__file__).with_name("backchannel_server.py")
START_LIMIT_S = 60.0
RATE_HZ = 8000


def require_gstreamer() -> None:
    """Skip the test where GStreamer's RTSP server or its bindings are not installed."""
    script = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    if not SYSTEM_PYTHON.exists() or subprocess.run([SYSTEM_PYTHON, "-c", script], capture_output=True).returncode:
        pytest.skip("needs python3-gi and gir1.2-gst-rtsp-server-1.0 (apt)")


class BackchannelServer:
    """An ONVIF device that listens, on the loopback address.

    Args:
        folder: where what it hears is written; empty at first.
        codec: what it takes.
        user: sign in with this user by digest; empty for no sign-in.
        password: and this password.
    """

    def __init__(
        self, folder: Path, *, codec: Literal["PCMU", "PCMA", "OPUS"] = "PCMU", user: str = "", password: str = ""
    ) -> None:
        self._folder = folder
        self._codec = codec
        self._account = [user, password] if user else []
        self.port = 0

    def __enter__(self) -> "BackchannelServer":
        self._folder.mkdir(parents=True, exist_ok=True)
        command = [SYSTEM_PYTHON, SERVER, self._codec, self._folder, *self._account]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout
        ready, _, _ = select.select([self._process.stdout], [], [], START_LIMIT_S)
        line = self._process.stdout.readline() if ready else ""
        if not line.strip().isdigit():
            self.__exit__(None, None, None)
            raise RuntimeError(f"the backchannel server did not start: {line!r}")
        self.port = int(line)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()

    @property
    def url(self) -> str:
        """URL of the horn, with user and password where it has any."""
        account = f"{':'.join(self._account)}@" if self._account else ""
        return f"onvif://{account}127.0.0.1:{self.port}/talk"

    @property
    def heard_s(self) -> float:
        """Seconds of the longest sound that one session heard so far."""
        return max((path.stat().st_size for path in self._folder.glob("*.s16")), default=0) / 2 / RATE_HZ

    def received(self) -> Path:
        """Return a WAV file (8 kHz, 16 bit, mono) of the longest that one session heard.

        Raises:
            AssertionError: nothing was heard.
        """
        assert self.heard_s > 0, "the backchannel server heard nothing"
        longest = max(self._folder.glob("*.s16"), key=lambda path: path.stat().st_size)
        wav = longest.with_suffix(".wav")
        with wave.open(str(wav), "wb") as writer:
            writer.setnchannels(1)
            writer.setsampwidth(2)
            writer.setframerate(RATE_HZ)
            writer.writeframes(longest.read_bytes())
        return wav
