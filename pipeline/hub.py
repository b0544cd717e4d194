"""Carries messages from worker threads to coroutines; the only bridge between the two.

A slow listener loses the oldest messages of its own queue, counted; nobody waits for it.
"""

import asyncio
import threading
from collections import deque

from pipeline.messages import Message


class Subscription:
    """One listener's bounded queue; use from the coroutine that subscribed.

    Attributes:
        dropped: messages that were pushed out because the listener was slow.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, maxlen: int) -> None:
        self._loop = loop
        self._messages: deque[Message] = deque(maxlen=maxlen)
        self._arrived = asyncio.Event()
        self.dropped = 0

    async def next(self) -> Message:
        """Wait for the next message."""
        while not self._messages:
            self._arrived.clear()
            await self._arrived.wait()
        return self._messages.popleft()

    def offer(self, message: Message) -> None:
        """Hand a message over from any thread."""
        try:
            self._loop.call_soon_threadsafe(self._append, message)
        except RuntimeError:  # the loop has closed; its listener is gone with it
            self.dropped += 1

    def _append(self, message: Message) -> None:
        if len(self._messages) == self._messages.maxlen:
            self.dropped += 1
        self._messages.append(message)
        self._arrived.set()


class Hub:
    """Hands every published message to every subscription; `publish` may be called from any thread and never waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscriptions: tuple[Subscription, ...] = ()

    def publish(self, message: Message) -> None:
        """Hand a message to all who listen now."""
        for subscription in self._subscriptions:
            subscription.offer(message)

    def subscribe(self, maxlen: int = 256) -> Subscription:
        """Return a new queue; call it in a running event loop and give it back with `unsubscribe`."""
        subscription = Subscription(asyncio.get_running_loop(), maxlen)
        with self._lock:
            self._subscriptions = (*self._subscriptions, subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription; ending it twice is harmless."""
        with self._lock:
            self._subscriptions = tuple(s for s in self._subscriptions if s is not subscription)
