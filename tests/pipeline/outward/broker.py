"""Debian's mosquitto on the loopback address, with a password file, and a client that listens."""

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.pipeline.outward.receiver import LIMIT_S

PROGRAM = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
USER, PASSWORD = "streetwarden", "sesame/with@signs"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Broker:
    """One broker that can be stopped and started again on its port."""

    def __init__(self, folder: Path, *, acl: str = "topic readwrite #\n") -> None:
        self.port = free_port()
        self._configuration = folder / "mosquitto.conf"
        passwords = folder / "passwords"
        subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, USER, PASSWORD], check=True, capture_output=True)
        (folder / "acl").write_text(f"user {USER}\n{acl}", "utf-8")
        self._configuration.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\nacl_file {folder}/acl\n"
            f"persistence true\npersistence_location {folder}/\nuser root\n"
        )
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and wait until it says that it runs."""
        assert PROGRAM is not None
        command = [PROGRAM, "-c", str(self._configuration), "-v"]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if "running" in line:
                break
        self._reading = threading.Thread(target=self._process.stderr.read, daemon=True)
        self._reading.start()

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(LIMIT_S)
            self._reading.join(LIMIT_S)
            assert self._process.stderr is not None
            self._process.stderr.close()
            self._process = None


@contextmanager
def broking(folder: Path, *, acl: str = "topic readwrite #\n") -> Iterator[Broker]:
    """Run a broker."""
    broker = Broker(folder, acl=acl)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@dataclass(frozen=True)
class Heard:
    topic: str
    body: bytes
    qos: int
    is_retained: bool
    id: str


class Listener:
    """Hears everything at a broker, which keeps for it what comes while it is away."""

    def __init__(self, broker: Broker) -> None:
        self._heard: list[Heard] = []
        self._changed = threading.Condition()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, "listener", protocol=paho.MQTTv5)
        self._client.username_pw_set(USER, PASSWORD)
        self._client.on_message = self._on_message
        ready = threading.Event()
        self._client.on_subscribe = lambda *_: ready.set()
        kept = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        kept.SessionExpiryInterval = 3600
        self._client.connect("127.0.0.1", broker.port, clean_start=False, properties=kept)
        self._client.subscribe("#", qos=1)
        self._client.loop_start()
        assert ready.wait(LIMIT_S)

    def wait_for(self, count: int, beside: Sequence[Heard] = ()) -> list[Heard]:
        """Wait until so many different messages came beside those; return all, also the repeated."""
        known = {heard.id for heard in beside}
        with self._changed:
            is_there = self._changed.wait_for(
                lambda: len({heard.id for heard in self._heard} - known) >= count, LIMIT_S
            )
            assert is_there, f"{len(self._heard)} came"
            return list(self._heard)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        told = dict(getattr(message.properties, "UserProperty", ()))
        with self._changed:
            self._heard.append(
                Heard(message.topic, bytes(message.payload), message.qos, message.retain, told.get("id", ""))
            )
            self._changed.notify_all()
