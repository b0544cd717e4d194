"""Counts the pictures of healthy cameras that came late, at the worst moment of a window and not at its end alone.

A camera whose packets are held up for half a minute and then all come has lost nothing, and was still blind so long.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

LATE_S = 3.0
"""A picture that comes later than this is missing, as a camera is that sends nothing for so long. On a calm machine all
come within a nap; the cameras of the simulator share one interpreter with who reads them."""

ON_THE_WAY = 3
"""Pictures of a camera that are sent and not delivered at any moment: one waits to be sent, one in libav's parser, and
a key frame for the packet behind it. Those of a nap come within `LATE_S`."""

SAMPLE_S = 0.5
LOOK_EVERY_S = 0.02

Numbers = Callable[[], Mapping[str, int]]


class Lateness:
    """Watches one window; used by one thread.

    Args:
        sent: gives how many pictures each camera has sent, by name; asked twice a second.
        came: gives how many packets of each came.
        clock: seconds that never run backwards.
    """

    def __init__(self, sent: Numbers, came: Numbers, clock: Callable[[], float] = time.monotonic) -> None:
        self._sent, self._came, self._clock = sent, came, clock
        self._began = dict(sent())
        self._samples: deque[tuple[float, Mapping[str, int]]] = deque()
        self._sampled_s = clock()
        self.missing = dict.fromkeys(self._began, 0)
        self.sent = dict.fromkeys(self._began, 0)

    def look(self) -> None:
        """Compare; to be called many times a second while the window lasts."""
        now_s = self._clock()
        if now_s - self._sampled_s >= SAMPLE_S:
            self._sampled_s = now_s
            self._samples.append((now_s, self._sent()))
        while self._samples and now_s - self._samples[0][0] >= LATE_S:
            self._judge(self._samples.popleft()[1])

    def end(self) -> None:
        """End the window: wait for what was sent by now, but no longer than it may be late."""
        sent, pause, end_s = self._sent(), threading.Event(), self._clock() + LATE_S
        while any(self._lacking(sent).values()) and self._clock() < end_s:
            self.look()
            pause.wait(LOOK_EVERY_S)
        self._judge(sent)
        self.sent = {name: count - self._began[name] for name, count in sent.items()}

    def ratio(self, name: str) -> float:
        """Return the share of a camera's pictures that came in time, of a window that has ended."""
        return 1 - self.missing[name] / max(self.sent[name], 1)

    def _judge(self, sent: Mapping[str, int]) -> None:
        for name, count in self._lacking(sent).items():
            self.missing[name] = max(self.missing[name], count)

    def _lacking(self, sent: Mapping[str, int]) -> dict[str, int]:
        came = self._came()
        return {name: max(0, count - ON_THE_WAY - came[name]) for name, count in sent.items()}
