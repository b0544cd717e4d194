"""Takes still pictures for all who watch a camera at once: one decoding serves every viewer of that moment."""

import time
from collections.abc import Callable

import anyio
from anyio import CapacityLimiter, to_thread

MAX_DECODING = 2
"""Pictures decoded at a time: stills are the fallback and must not take the cores that watch."""


class SharedPictures:
    """The newest picture of each camera, not older than a period; use from coroutines of one event loop only.

    Args:
        take: returns the newest picture of a camera as JPEG; is called on a worker thread.
        period_s: a picture that is younger is handed to everybody who asks.
        clock: seconds that only go forward.
    """

    def __init__(
        self, take: Callable[[str], bytes], period_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._take = take
        self._period_s = period_s
        self._clock = clock
        self._taken: dict[str, tuple[float, bytes]] = {}
        self._locks: dict[str, anyio.Lock] = {}
        self._limiter: CapacityLimiter | None = None

    async def newest(self, camera_id: str) -> bytes:
        """Return the newest picture of a camera; whatever `take` raises comes through."""
        lock = self._locks.setdefault(camera_id, anyio.Lock())
        async with lock:
            taken_s, jpeg = self._taken.get(camera_id, (float("-inf"), b""))
            if self._clock() - taken_s < self._period_s:
                return jpeg
            self._taken.pop(camera_id, None)
            if self._limiter is None:
                self._limiter = CapacityLimiter(MAX_DECODING)
            began_s = self._clock()
            jpeg = await to_thread.run_sync(self._take, camera_id, limiter=self._limiter)
            self._taken[camera_id] = (began_s, jpeg)
            return jpeg
