"""What all WebSockets share: letting in who is signed in, noticing who leaves, and saying why one is closed.

Close codes: 4401 sign in, 4404 no such camera, 4503 no seat, 4500 anything else that was refused; the reason is a
sentence.
"""

import logging
from collections.abc import Awaitable, Callable

import anyio
from anyio import to_thread
from fastapi import WebSocket, WebSocketDisconnect
from starlette.websockets import WebSocketState

from api.auth import person_of
from api.errors import ApiError, NoSeatError, NotSignedInError
from pipeline.errors import PipelineError
from streams.errors import StreamError, UnknownCameraError

logger = logging.getLogger(__name__)

LOOK_AGAIN_S = 30.0
"""How long somebody who was signed out elsewhere can go on watching."""

MAX_REASON_BYTES = 120
"""A close frame holds 123 bytes of reason (RFC 6455, 5.5)."""

Listener = Callable[[str], None]


async def attend(websocket: WebSocket, serve: Callable[[], Awaitable[None]], on_text: Listener | None = None) -> None:
    """Accept a WebSocket and serve it while the person is signed in and the other side stays; then close it.

    Args:
        websocket: not yet accepted.
        serve: sends; is cancelled when the other side leaves.
        on_text: is handed each text message that arrives; a `ValueError` of it ends the connection.
    """
    await websocket.accept()
    code, reason = 1000, ""
    try:
        await to_thread.run_sync(person_of, websocket)
        await _serve(websocket, serve, on_text)
    except* NotSignedInError as group:
        code, reason = 4401, _sentence(group)
    except* UnknownCameraError as group:
        code, reason = 4404, _sentence(group)
    except* NoSeatError as group:
        code, reason = 4503, _sentence(group)
    except* (ApiError, PipelineError, StreamError) as group:
        code, reason = 4500, _sentence(group)
    except* ValueError as group:
        code, reason = 1007, _sentence(group)
    except* (WebSocketDisconnect, TimeoutError):
        logger.debug("api: %s is gone", websocket.url.path)
        code = 0
    if (
        code
        and websocket.client_state is WebSocketState.CONNECTED
        and websocket.application_state is WebSocketState.CONNECTED
    ):
        await websocket.close(code, reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore"))


async def _serve(websocket: WebSocket, serve: Callable[[], Awaitable[None]], on_text: Listener | None) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_listen, websocket, on_text)
        tasks.start_soon(_look_again, websocket)
        await serve()
        tasks.cancel_scope.cancel()


async def _listen(websocket: WebSocket, on_text: Listener | None) -> None:
    while True:
        text = await websocket.receive_text()
        if on_text is not None:
            on_text(text)


async def _look_again(websocket: WebSocket) -> None:
    while True:
        await anyio.sleep(LOOK_AGAIN_S)
        await to_thread.run_sync(person_of, websocket)


def _sentence(group: BaseExceptionGroup[Exception]) -> str:
    first: BaseException = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return str(first)
