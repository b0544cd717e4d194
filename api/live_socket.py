"""Sends one camera's live picture: fragmented MP4 or JPEGs over a WebSocket, or multipart JPEGs over HTTP.

Text messages announce: `{"type": "init", "mime": ..., "t_s": ...}` before each init segment, `{"type": "unsupported",
"message": ...}` where no browser can play the codec. Each binary message is a little-endian float64, the stream time
`t_s` of its first picture (NaN where it is not known, as for JPEGs), and then the bytes: the init segment directly
after its announcement, else media.

Each connection has a feed and a seat of its own; a slow or broken one loses its own pictures and disturbs nobody.
"""

import asyncio
import contextlib
import json
import logging
import math
import struct
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager

import anyio
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, WebSocket
from fastapi.responses import StreamingResponse

from api.auth import PICTURE_PERIOD_S, Front, Viewer, front_of
from api.errors import NoSeatError
from api.sockets import attend
from pipeline.errors import NoPictureError
from streams.errors import FeedClosedError, UnknownCameraError, UnsupportedCodecError
from streams.live import LiveChunk, LiveFeed

logger = logging.getLogger(__name__)
router = APIRouter(tags=["live"])

CHUNK_WAIT_S = 5.0
"""A camera that is away leaves its viewers waiting; so often they look whether they are still wanted."""

SEND_LIMIT_S = 20.0
"""A viewer that takes nothing for so long is gone."""

AWAY_PERIOD_S = 2.0
"""How often a camera without pictures is asked again."""

BOUNDARY = "streetwarden-picture"


@router.websocket("/api/live/{camera_id}/video")
async def video(websocket: WebSocket, camera_id: str) -> None:
    """Send fragmented MP4 until the viewer leaves or the camera is removed."""
    front = front_of(websocket)

    async def serve() -> None:
        with front.seats.take():
            with anyio.CancelScope(shield=True):  # a viewer who leaves now must not leave an open feed behind
                opening = await to_thread.run_sync(front.system.live, camera_id)
                feed = await to_thread.run_sync(opening.__enter__)
            await _send_feed(websocket, opening, feed)

    await attend(websocket, serve)


@router.websocket("/api/live/{camera_id}/pictures")
async def pictures(websocket: WebSocket, camera_id: str) -> None:
    """Send JPEGs, about two a second, to browsers that cannot play the codec."""
    front = front_of(websocket)

    async def serve() -> None:
        await _require(front, camera_id)
        with front.seats.take():
            async for jpeg in _pictures(front, camera_id):
                await _send(websocket, math.nan, jpeg)

    await attend(websocket, serve)


@router.get("/api/live/{camera_id}/mjpeg", response_class=StreamingResponse)
async def mjpeg(camera_id: str, request: Request, person: Viewer) -> StreamingResponse:
    """Return motion JPEG (multipart/x-mixed-replace), about two pictures a second, for players other than our page."""
    front = front_of(request)
    if front.seats.taken >= front.seats.limit:
        raise NoSeatError(front.seats.limit)
    await _require(front, camera_id)
    return StreamingResponse(_multipart(front, camera_id), media_type=f"multipart/x-mixed-replace; boundary={BOUNDARY}")


async def _require(front: Front, camera_id: str) -> None:
    if camera_id not in {view.camera_id for view in await to_thread.run_sync(front.system.cameras)}:
        raise UnknownCameraError(camera_id)


async def _send_feed(websocket: WebSocket, opening: AbstractContextManager[LiveFeed], feed: LiveFeed) -> None:
    limiter = CapacityLimiter(1)
    try:
        while True:
            try:
                chunk = await to_thread.run_sync(feed.next_chunk, CHUNK_WAIT_S, limiter=limiter, abandon_on_cancel=True)
            except TimeoutError:
                continue
            await _send_chunk(websocket, chunk)
    except FeedClosedError:
        return
    except UnsupportedCodecError as err:
        await websocket.send_text(json.dumps({"type": "unsupported", "message": str(err)}))
    finally:
        feed.close()  # wakes the thread that may still wait for a chunk
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(opening.__exit__, None, None, None)


async def _send_chunk(websocket: WebSocket, chunk: LiveChunk) -> None:
    if chunk.kind == "init":
        await websocket.send_text(json.dumps({"type": "init", "mime": chunk.mime, "t_s": chunk.t_s}))
    await _send(websocket, chunk.t_s, chunk.data)


async def _send(websocket: WebSocket, t_s: float, data: bytes) -> None:
    with anyio.fail_after(SEND_LIMIT_S):
        await websocket.send_bytes(struct.pack("<d", t_s) + data)


async def _multipart(front: Front, camera_id: str) -> AsyncIterator[bytes]:
    with contextlib.suppress(NoSeatError), front.seats.take():  # the last seat may have gone since we looked
        async for jpeg in _pictures(front, camera_id):
            head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            yield head.encode() + jpeg + b"\r\n"


async def _pictures(front: Front, camera_id: str) -> AsyncIterator[bytes]:
    """Yield the newest picture again and again; ends when the camera is removed."""
    while True:
        try:
            yield await front.pictures.newest(camera_id)
            await asyncio.sleep(PICTURE_PERIOD_S)
        except NoPictureError:
            await asyncio.sleep(AWAY_PERIOD_S)
        except UnknownCameraError:
            return
