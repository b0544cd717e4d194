"""Runs `streetwarden run` as a process of its own on a settings file, and looks at it through its page's API.

Its model is a few operators that see one parked car in every picture, and its good cameras are looped files, so that
a whole service is cheap enough to be put into the worst of surroundings.
"""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np

from models.cards import Family
from tests.e2e.sites import until
from tests.models.tiny import NAMES, TinyOnnx, onnx_bytes, yolov8_output

COMMAND = (sys.executable, "-c", "from api.cli import main; main()", "run", "--config")
START_LIMIT_S = 120.0
STOP_LIMIT_S = 60.0
SIZE_WH = (640, 384)
CAR_XYWH = (32.0, 38.0, 24.0, 12.0)
"""Where the model sees its car, in pixels of its 64x64 input."""

Table = dict[str, Any]


class Service:
    """A running service with somebody signed in.

    Attributes:
        pid: of the process.
        address: of its page.
        first_admin: the password that it showed once.
    """

    def __init__(self, settings: Path, tied: Sequence[str] = ()) -> None:
        self._client = httpx.Client(timeout=60.0)
        self._lines: list[str] = []
        self._spoke = threading.Condition()
        self._process = subprocess.Popen(
            [*tied, *COMMAND, str(settings)], stderr=subprocess.PIPE, text=True, env=environment()
        )
        self._listener = threading.Thread(target=self._listen, name="service-log")
        self._listener.start()
        self.pid = self._process.pid

    def sign_in(self) -> None:
        """Wait until the service listens, and sign in as its first administrator."""
        with self._spoke:
            is_up = self._spoke.wait_for(lambda: self._said(r"(http://\S+)"), START_LIMIT_S)
        assert is_up, self.log()
        self.address = self._said(r"(http://\S+)")
        self.first_admin = self._said(r"with the password (\S+);")
        self._client.base_url = httpx.URL(self.address)
        until(self._answers, "the page answers")
        answer = self._client.post("/api/session", json={"name": "admin", "password": self.first_admin})
        assert answer.status_code == 200, answer.text

    def log(self) -> str:
        """Return what it has said so far."""
        with self._spoke:
            return "".join(self._lines)

    def get(self, path: str) -> Any:
        """Return what an address answers."""
        answer = self._client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, method: str, path: str, body: object) -> httpx.Response:
        """Send something as the page does."""
        return self._client.request(method, path, json=body)

    def camera(self, camera_id: str) -> Table:
        """Return one camera."""
        return dict(self.get(f"/api/cameras/{camera_id}"))

    def horn(self, horn_id: str) -> Table:
        """Return one horn."""
        return next(horn for horn in self.get("/api/horns")["horns"] if horn["id"] == horn_id)

    def problems(self) -> str:
        """Return what the health page says is wrong."""
        return json.dumps(self.get("/api/health")["problems"], ensure_ascii=False)

    def cases(self) -> list[Table]:
        """Return all cases, with their files."""
        rows = self.get("/api/cases?limit=100")["cases"]
        return [self.get(f"/api/cases/{row['id']}") for row in rows]

    def picture_arrives(self, camera_id: str) -> bool:
        """Return whether a still can be had just now."""
        return self._client.get(f"/api/cameras/{camera_id}/still.jpg").content[:2] == b"\xff\xd8"

    def goes_on(self, *camera_ids: str) -> None:
        """Wait until each camera was read, decoded and looked at some more."""
        for camera_id in camera_ids:
            before = self.camera(camera_id)

            def advanced(then: Table = before, name: str = camera_id) -> bool:
                now = self.camera(name)
                return (
                    now["health"]["packets"] > then["health"]["packets"] + 5
                    and now["looks"]["looked"] > then["looks"]["looked"] + 1
                )

            until(advanced, f"camera {camera_id} goes on")

    def ends(self) -> int:
        """Wait until it ends by itself and return its status."""
        status = self._process.wait(START_LIMIT_S)
        self._listener.join(STOP_LIMIT_S)
        return status

    def stop(self) -> int:
        """End it as a service manager does, and return its status."""
        self._client.close()
        self._process.terminate()
        try:
            self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(STOP_LIMIT_S)
        assert self._process.stderr is not None
        self._process.stderr.close()
        return self._process.returncode

    def _answers(self) -> bool:
        try:
            return self._client.get("/api/session").status_code == 200
        except httpx.TransportError:
            return False

    def _said(self, pattern: str) -> str:
        found = re.search(pattern, "".join(self._lines))
        return found[1] if found else ""

    def _listen(self) -> None:
        for line in self._process.stderr or ():
            with self._spoke:
                self._lines.append(line)
                self._spoke.notify_all()


@contextmanager
def serving(settings: Path, tied: Sequence[str] = ()) -> Iterator[Service]:
    """Run the service and sign in."""
    service = Service(settings, tied)
    try:
        service.sign_in()
        yield service
    finally:
        service.stop()


def environment() -> dict[str, str]:
    """Return an environment in which the service's console does not break its lines."""
    return {**os.environ, "COLUMNS": "1000"}


def write_settings(folder: Path, **tables: Any) -> Path:
    """Write a settings file with a free port, the cheap model, no reading of plates and posters, and what is given."""
    folder.mkdir(parents=True, exist_ok=True)
    model = {"card": str(write_seeing_model(folder / "model")), "engine": "onnxruntime"}
    reading = {"plates": False, "posters": False}
    tables = {"data": str(folder / "data"), "server": {"port": 0}, "model": model, "reading": reading, **tables}
    path = folder / "settings.toml"
    path.write_text("".join(f"{key} = {_toml(value)}\n" for key, value in tables.items()), encoding="utf-8")
    return path


def write_seeing_model(folder: Path, tiny: TinyOnnx | None = None) -> Path:
    """Write a model that sees one car in every picture (or another one), and return its card."""
    folder.mkdir(parents=True, exist_ok=True)
    if tiny is None:
        car = yolov8_output([(CAR_XYWH, NAMES.index("car"))])
        offset = car.offset.copy()
        offset[0, 4 + NAMES.index("car"), 0] = 0.9
        tiny = TinyOnnx(offset, np.zeros_like(car.gain))
    weights = onnx_bytes(tiny)
    (folder / "tiny.onnx").write_bytes(weights)
    import hashlib

    card = {
        "name": "tiny",
        "file": "tiny.onnx",
        "sha256": hashlib.sha256(weights).hexdigest(),
        "licence": "CC0-1.0",
        "family": Family.YOLOV8.value,
        "input_wh": [64, 64],
        "class_names": list(NAMES),
    }
    (folder / "tiny.toml").write_text("".join(f"{key} = {_toml(value)}\n" for key, value in card.items()))
    return folder / "tiny.toml"


def write_street(path: Path, seconds: int = 4, rate: int = 10) -> Path:
    """Write a clip of a street on which one car stands where the model sees it."""
    width, height = SIZE_WH
    rng = np.random.default_rng(7)
    street = np.kron(rng.integers(60, 160, (height // 16, width // 16, 3)), np.ones((16, 16, 1))).astype(np.uint8)
    scale = width / 64
    x, y, w, h = (round(value * scale) for value in CAR_XYWH)
    y -= (width - height) // 2  # the model's input is square, with bars above and below
    street[y - h // 2 : y + h // 2, x - w // 2 : x + w // 2] = (30, 30, 200)
    with av.open(str(path), "w") as clip:
        stream = clip.add_stream("libx264", rate=rate, options={"g": str(rate), "preset": "ultrafast"})
        stream.width, stream.height = SIZE_WH
        for number in range(seconds * rate):
            street[:8, :8] = number % 256
            clip.mux(stream.encode(av.VideoFrame.from_ndarray(street, format="bgr24")))
        clip.mux(stream.encode())
    return path


def write_zones(path: Path, polygon: Sequence[Sequence[float]] = ((0, 0), (1, 0), (1, 1), (0, 1)), **rule: Any) -> Path:
    """Write a zones file with one no-parking zone called `kerb`."""
    whole = {"kind": "parking", "limit_s": 3, "queue_hold_s": 0, **rule}
    path.write_text(json.dumps({"zones": [{"id": "kerb", "polygon": polygon, "rule": whole}]}), encoding="utf-8")
    return path


def _toml(value: Any) -> str:
    """Return a value as TOML; tables are inline ones."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(inner) for inner in value) + "]"
    return json.dumps(value, ensure_ascii=False)
