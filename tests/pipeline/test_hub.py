"""Messages from threads to listeners: order, loss by slowness, and whom it concerns."""

import asyncio
import threading

from pipeline.hub import Hub
from pipeline.messages import CameraMessage


def test_message_published_on_a_thread_reaches_a_coroutine() -> None:
    async def scenario() -> CameraMessage:
        hub = Hub()
        subscription = hub.subscribe()
        thread = threading.Thread(target=lambda: hub.publish(CameraMessage("a", "live", "")))
        thread.start()
        message = await asyncio.wait_for(subscription.next(), 10)
        thread.join()
        assert isinstance(message, CameraMessage)
        return message

    assert asyncio.run(scenario()) == CameraMessage("a", "live", "")


def test_slow_listener_loses_the_oldest_and_counts_them() -> None:
    async def scenario() -> tuple[list[str], int]:
        hub = Hub()
        subscription = hub.subscribe(maxlen=2)
        for camera_id in "abcd":
            hub.publish(CameraMessage(camera_id, "live", ""))
        await asyncio.sleep(0)
        left = [(await subscription.next()).camera_id for _ in range(2)]  # type: ignore[union-attr]
        return left, subscription.dropped

    assert asyncio.run(scenario()) == (["c", "d"], 2)


def test_one_slow_listener_takes_nothing_from_another() -> None:
    async def scenario() -> list[str]:
        hub = Hub()
        hub.subscribe(maxlen=1)
        quick = hub.subscribe(maxlen=10)
        for camera_id in "abc":
            hub.publish(CameraMessage(camera_id, "live", ""))
        await asyncio.sleep(0)
        return [(await quick.next()).camera_id for _ in range(3)]  # type: ignore[union-attr]

    assert asyncio.run(scenario()) == ["a", "b", "c"]


def test_publishing_to_a_listener_whose_loop_has_closed_is_harmless() -> None:
    hub = Hub()

    async def listen() -> None:
        hub.subscribe()

    asyncio.run(listen())
    hub.publish(CameraMessage("a", "live", ""))
