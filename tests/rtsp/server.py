"""Starts a real RTSP server (GStreamer's, a process of its own) that plays clips as cameras do.

    with RtspServer([Mount("/gate", clip)]) as server:
        url = server.url("/gate")
        server.kill()      # the camera loses power
        server.start()     # and comes back, on the same port

Needs the Debian packages python3-gi, gir1.2-gst-rtsp-server-1.0, gstreamer1.0-plugins-base, -good and -bad.
"""

import functools
import json
import queue
import signal
import socket
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.rtsp.clips import write_units
from tests.rtsp.processes import end

SYSTEM_PYTHON = "/usr/bin/python3"
SCRIPT = Path(__file__).with_name("gst_server.py")
START_LIMIT_S = 60.0
STOP_LIMIT_S = 20.0
NEEDED = (
    "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst, GstRtspServer;"
    "Gst.init(None);"
    "import sys; sys.exit(not all(map(Gst.ElementFactory.find, ['h264parse', 'h265parse', 'rtph264pay', 'alawenc'])))"
)


@functools.cache
def missing_reason() -> str:
    """Return why no server can be started here, or an empty string."""
    if not Path(SYSTEM_PYTHON).exists():
        return f"no RTSP server: {SYSTEM_PYTHON} is missing"
    found = subprocess.run([SYSTEM_PYTHON, "-c", NEEDED], capture_output=True, timeout=START_LIMIT_S, check=False)
    if found.returncode:
        return (
            "no RTSP server: apt install python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good "
            "gstreamer1.0-plugins-bad"
        )
    return ""


def free_port() -> int:
    """Return a TCP port of the loopback address on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Mount:
    """One path of the server.

    Attributes:
        path: begins with a slash.
        clips: one or several clips, played in turn, never re-encoded; none for a mount without video.
        loop: begin again after the last clip, the times going on; else the stream ends.
        audio: add a silent G.711 track.
    """

    path: str
    clips: Path | Sequence[Path] = ()
    loop: bool = True
    audio: bool = False


class RtspServer:
    """A running server; a context manager that starts it and leaves nothing behind."""

    def __init__(self, mounts: Sequence[Mount], *, user: str = "", password: str = "", scheme: str = "digest") -> None:
        if reason := missing_reason():
            pytest.skip(reason)
        self.port = free_port()
        self.user, self.password = user, password
        self._folder = tempfile.TemporaryDirectory(prefix="rtsp-")
        self._settings = {
            "port": self.port,
            "user": user,
            "password": password,
            "scheme": scheme,
            "mounts": [self._prepare(number, mount) for number, mount in enumerate(mounts)],
        }
        self._process: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None
        self._answers: queue.Queue[dict[str, object]] = queue.Queue()
        self._seen: deque[dict[str, object]] = deque(maxlen=10_000)

    def __enter__(self) -> "RtspServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._folder.cleanup()

    def url(self, path: str, *, user: str | None = None, password: str | None = None) -> str:
        """Return the URL of a mount with the server's credentials, or with others to try."""
        user = self.user if user is None else user
        password = self.password if password is None else password
        login = f"{user}:{password}@" if user else ""
        return f"rtsp://{login}127.0.0.1:{self.port}{path}"

    def start(self) -> None:
        """Start the process and wait until it listens; on the same port as before when it was killed."""
        if self._process is not None:
            raise RuntimeError("the RTSP server runs already")
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, str(SCRIPT), json.dumps(self._settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._listener = threading.Thread(target=self._listen, args=(self._process,), name="rtsp-listener")
        self._listener.start()
        answer = self._answers.get(timeout=START_LIMIT_S)
        if answer["event"] != "ready":
            self.stop()
            raise RuntimeError(f"the RTSP server did not start: {answer.get('problem', answer)}")

    def stop(self) -> None:
        """End the process in good order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the process as a power cut does: no TEARDOWN, no goodbye."""
        self._end(signal.SIGKILL)

    def stall(self, path: str) -> None:
        """Hold back the packets of a mount; its connections stay open."""
        self._order("stall", path)

    def resume(self, path: str) -> None:
        """Let the packets of a mount flow again."""
        self._order("resume", path)

    def count(self, event: str, **fields: object) -> int:
        """Return how many events were seen, e.g. `count("reply", code=401)` or `count("describe", path="/gate")`."""
        wanted = {"event": event, **fields}
        return sum(all(seen.get(key) == value for key, value in wanted.items()) for seen in list(self._seen))

    def _prepare(self, number: int, mount: Mount) -> dict[str, object]:
        clips = [mount.clips] if isinstance(mount.clips, Path) else list(mount.clips)
        files, codec = [], "h264"
        for part, clip in enumerate(clips):
            units = Path(self._folder.name) / f"{number}-{part}.units"
            codec = write_units(clip, units)
            files.append(str(units))
        return {
            "path": mount.path,
            "files": files,
            "codec": codec,
            "loop": mount.loop,
            "audio": mount.audio,
            "video": bool(files),
        }

    def _order(self, what: str, path: str) -> None:
        if self._process is None or self._process.stdin is None:
            raise RuntimeError("the RTSP server does not run")
        self._process.stdin.write(json.dumps({"do": what, "path": path}) + "\n")
        self._process.stdin.flush()
        self._answers.get(timeout=START_LIMIT_S)

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        for line in process.stdout or ():
            event = json.loads(line)
            self._seen.append(event)
            if event["event"] in {"ready", "failed", "done"}:
                self._answers.put(event)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        end(process, self._listener, STOP_LIMIT_S, how)
