"""Horns and sound systems that need no device."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np

from broadcast.audio import AudioClip, Samples
from broadcast.errors import HornError, HornUnavailableError
from broadcast.receipts import HornCheck, Receipt, not_played
from broadcast.soundcard_horn import Fill

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
"""Noon in Shanghai."""

MIDNIGHT = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
"""Midnight in Shanghai."""

LONG_S = 60.0
"""How long a test waits for what must happen."""


class FakeHorn:
    """Plays until it is told that the clip has sounded, or is stopped.

    Attributes:
        played: the clips that it began.
        began: set when a clip has begun; cleared by the test.
        problem: raised by the next `play`, and told by `check`.
        holds: while true, a clip sounds until it is stopped.
    """

    def __init__(self, horn_id: str = "gate", *, holds: bool = False) -> None:
        self._horn_id = horn_id
        self.played: list[AudioClip] = []
        self.began = threading.Event()
        self.checked = threading.Semaphore(0)
        self.problem: Exception | None = None
        self.holds = holds

    @property
    def horn_id(self) -> str:
        return self._horn_id

    def play(self, clip: AudioClip, stop: threading.Event) -> Receipt:
        if self.problem:
            raise self.problem
        self.played.append(clip)
        holds = self.holds  # before the test is told, which may change it
        self.began.set()
        if holds and stop.wait(LONG_S):
            return not_played(self._horn_id, NOON, "stopped after 0.0 s", clip.sha256)
        return Receipt(self._horn_id, NOON, clip.duration_s, "none", len(clip.samples), True, "", clip.sha256, "")

    def check(self) -> HornCheck:
        self.checked.release()
        if isinstance(self.problem, HornError):
            return HornCheck(ok=False, detail=self.problem.problem, error=self.problem)
        return HornCheck(ok=True, detail="fake")


class FakeSoundOutput:
    """A sound card of 48 kHz without a sound.

    Attributes:
        heard: every sample that it pulled.
        stalls: never pulls.
        dies_after: samples after which it ends by itself.
        missing: there is none.
    """

    def __init__(self) -> None:
        self.heard = np.zeros(0, np.float32)
        self.dies_after: int | None = None
        self.missing = False
        self.closed = 0

    def rate_hz(self, horn_id: str, device: str | None) -> int:
        if self.missing:
            raise HornUnavailableError(horn_id, "this machine has no sound output")
        return 48_000

    def open(
        self, horn_id: str, device: str | None, rate_hz: int, pull: tuple[Fill, Callable[[], None]]
    ) -> "_FakeStream":
        return _FakeStream(self, *pull)


class _FakeStream:
    def __init__(self, output: FakeSoundOutput, fill: Fill, finished: Callable[[], None]) -> None:
        self._output = output
        self._fill = fill
        self._finished = finished
        self._thread = threading.Thread(target=self._pull)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._thread.join(LONG_S)
        self._output.closed += 1

    def _pull(self) -> None:
        more = True
        while more and (self._output.dies_after is None or len(self._output.heard) < self._output.dies_after):
            block: Samples = np.full(512, np.nan, np.float32)
            more = self._fill(block)
            self._output.heard = np.concatenate([self._output.heard, block])
        self._finished()
