"""Takes still pictures for all who watch a camera at once: one decoding serves every viewer of that moment."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

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
        self._shots: dict[str, _Shot] = {}
        self._limiter: CapacityLimiter | None = None

    def __len__(self) -> int:
        """Return of how many cameras something is remembered."""
        return len(self._shots)

    async def newest(self, camera_id: str) -> bytes:
        """Return the newest picture of a camera; whatever `take` raises comes through."""
        shot = self._shots.setdefault(camera_id, _Shot())
        shot.waiting += 1
        try:
            async with shot.lock:
                if self._is_old(shot):
                    await self._shoot(camera_id, shot)
                return shot.jpeg
        finally:
            shot.waiting -= 1
            self._forget_old()

    async def _shoot(self, camera_id: str, shot: "_Shot") -> None:
        if self._limiter is None:
            self._limiter = CapacityLimiter(MAX_DECODING)
        began_s = self._clock()
        shot.jpeg = await to_thread.run_sync(self._take, camera_id, limiter=self._limiter)
        shot.taken_s = began_s

    def _is_old(self, shot: "_Shot") -> bool:
        return self._clock() - shot.taken_s >= self._period_s

    def _forget_old(self) -> None:
        """Drop what nobody can get any more, so that ids that are unknown or gone take no memory."""
        kept = {key: shot for key, shot in self._shots.items() if shot.waiting or not self._is_old(shot)}
        self._shots = kept


@dataclass(slots=True, eq=False)
class _Shot:
    """One camera's newest picture, when it was begun, and how many ask for it at this moment."""

    lock: anyio.Lock = field(default_factory=anyio.Lock)
    taken_s: float = float("-inf")
    jpeg: bytes = b""
    waiting: int = 0
