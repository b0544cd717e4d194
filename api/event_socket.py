"""Sends what the hub carries to a page: cases, cameras and horns to everybody, boxes of the cameras it watches.

Messages are JSON, their `kind` as in `pipeline.messages`. The page says `{"type": "watch", "cameras": [...]}` whenever
its wall changes. A page that is slow loses the oldest messages; it fetches the cases anew whenever it connects.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import datetime

import anyio
from fastapi import APIRouter, WebSocket
from pydantic import Field, ValidationError

from api.auth import front_of
from api.bodies import Body
from api.sockets import attend
from pipeline.hub import Subscription
from pipeline.messages import BoxesMessage, Message

router = APIRouter(tags=["live"])

QUEUE_MESSAGES = 512
"""Nine cameras at ten looks a second for five seconds, and the rare others among them."""

SEND_LIMIT_S = 20.0
"""A page that takes nothing for so long is gone."""


class WatchRequest(Body):
    """The cameras whose boxes a page wants, in place of those named before."""

    type: str = Field(pattern="^watch$")
    cameras: tuple[str, ...] = Field(max_length=64)


class _Wanted:
    """Which cameras' boxes a page wants; changed by what it says, read by what is sent."""

    def __init__(self) -> None:
        self.cameras: frozenset[str] = frozenset()

    def listen(self, text: str) -> None:
        """Take in what the page said.

        Raises:
            ValueError: it is not a `WatchRequest`.
        """
        try:
            self.cameras = frozenset(WatchRequest.model_validate_json(text).cameras)
        except ValidationError:
            raise ValueError("send {type: watch, cameras: [...]}") from None


@router.websocket("/api/events")
async def events(websocket: WebSocket) -> None:
    """Send messages until the page leaves."""
    front = front_of(websocket)
    hub = front.system.hub
    wanted = _Wanted()

    async def serve() -> None:
        with front.page_seats.take():
            subscription = hub.subscribe(QUEUE_MESSAGES)
            try:
                async for message in _wanted_messages(subscription, wanted):
                    with anyio.fail_after(SEND_LIMIT_S):
                        await websocket.send_text(as_json(message))
            finally:
                hub.unsubscribe(subscription)

    await attend(websocket, serve, wanted.listen)


def as_json(message: Message) -> str:
    """Return a message as it goes over the wire; times are ISO 8601."""
    return json.dumps(asdict(message), ensure_ascii=False, separators=(",", ":"), default=datetime.isoformat)


async def _wanted_messages(subscription: Subscription, wanted: _Wanted) -> AsyncIterator[Message]:
    while True:
        message = await subscription.next()
        if not isinstance(message, BoxesMessage) or message.camera_id in wanted.cameras:
            yield message
