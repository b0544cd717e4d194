"""Stands before every request: size limit, foreign sites, headers that keep a browser from being used against us.

Plain ASGI, so that streams and WebSockets pass untouched.
"""

import logging
import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import ApiError, BadRequestError, ForbiddenError, TooLargeError
from api.problems import fault, refusal

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 256 * 2**10
"""The largest thing that the page sends is the zones of one camera; a hundred of them are far below this."""

UNSAFE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})

CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Own files only; pictures and video that arrive over a WebSocket are blobs."""

HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def content_policy(tiles: str) -> str:
    """Return the content policy of a page that may also show pictures from `tiles`, an origin; none where empty."""
    return CONTENT_POLICY.replace("img-src 'self' blob:", f"img-src 'self' blob: {tiles}") if tiles else CONTENT_POLICY


class SecurityHeaders:
    """Adds the headers to every answer; what a route set itself stays. Nothing but the page's own files is cached."""

    def __init__(self, app: ASGIApp, tiles: str = "") -> None:
        """`tiles`: the origin of map tiles, empty where none are fetched."""
        self._app = app
        self._headers = {**HEADERS, "Content-Security-Policy": content_policy(tiles)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-cache" if scope["path"].startswith("/web/") else "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)


class OwnPageOnly:
    """Turns away what another site makes a browser send, on top of the cookie's SameSite=Strict."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or WebSocket."""
        if scope["type"] == "websocket" and not is_own_origin(Headers(scope=scope)):
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "opened by another site"})
            return
        if scope["type"] == "http" and scope["method"] in UNSAFE_METHODS:
            problem = _problem(Headers(scope=scope))
            if problem is not None:
                await refusal(problem)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class BodyLimit:
    """Turns away bodies that are larger than anything the page sends, whether they say so or not."""

    def __init__(self, app: ASGIApp, limit_bytes: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        problem = TooLargeError(f"a request body may hold {self._limit_bytes} bytes at most")
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdecimal() or int(declared) > self._limit_bytes:
            await refusal(problem)(scope, receive, send)
            return
        messages: list[Message] = []
        received_bytes = 0
        while not messages or messages[-1].get("more_body", False):
            messages.append(await receive())
            received_bytes += len(messages[-1].get("body", b""))
            if received_bytes > self._limit_bytes:
                await refusal(problem)(scope, receive, send)
                return
        messages.reverse()

        async def receive_again() -> Message:
            return messages.pop() if messages else await receive()

        await self._app(scope, receive_again, send)


class Faults:
    """The top of every request: what nobody expected is logged once under a number, and answered with that number."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or WebSocket."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_watched)
        except Exception as err:  # the top of a request: whatever it is must not reach the caller
            number = secrets.token_hex(4)
            logger.error("api: fault %s at %s", number, scope["path"], exc_info=err)
            if scope["type"] == "http" and not has_begun:
                await fault(number)(scope, receive, send)
            elif scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1011, "reason": f"fault {number}"})


def is_own_origin(headers: Headers) -> bool:
    """Say whether a request comes from our own page, or from a program that is no browser and names no origin."""
    origin, host = headers.get("origin"), headers.get("host", "").lower()
    return origin is None or (host != "" and origin.lower() in {f"http://{host}", f"https://{host}"})


def _problem(headers: Headers) -> ApiError | None:
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"} or not is_own_origin(headers):
        return ForbiddenError("this request comes from another site")
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    if has_body and headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return BadRequestError("send JSON, with the content type application/json")
    return None
