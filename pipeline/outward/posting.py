"""Posts bytes to a receiver over HTTP: certificates checked, no redirect followed, time and answer bounded.

Each post is a coroutine of its own with a limit on the whole of it, so that a receiver that answers a byte at a time
holds nobody longer than one that is silent; only a name server may take longer, up to the resolver's own limit.

Proxies and passwords of the environment (`HTTP_PROXY`, `.netrc`) are not used: what leaves the house goes where the
settings say. Addresses of inner networks are allowed, as a city's are such.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path

import certifi
import httpx

from pipeline.errors import ReceiverAwayError, ReceiverRefusesError, SettingsError

MAX_ANSWER_BYTES = 64 * 2**10
"""More of an answer is not read: nothing we ask for is longer."""

NEVER = frozenset({400, 409, 410, 413, 415, 422})
"""Answers to a message that will never be taken. Others may pass, also 401 and 404, as settings are mended."""

LONGEST_ASKED_S = 3600.0
"""A receiver that asks us to wait longer is asked again after this time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, headers with names in lower case, and the beginning of the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Post:
    """One request."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    auth: httpx.Auth | None = None


class Poster:
    """Posts to one receiver; any thread may call it, several at once.

    Args:
        target: the receiver's name, for errors.
        timeout_s: limit on the whole of one post, connecting included.
        ca_file: PEM file of an authority that counts instead of the public ones; None for those.

    Raises:
        SettingsError: the file cannot be used.
    """

    def __init__(self, target: str, timeout_s: float, ca_file: Path | None = None) -> None:
        self._target = target
        self._timeout_s = timeout_s
        self._verify = trust_of(target, ca_file)

    def post(self, request: Post) -> Answer:
        """Post and return the answer, whatever its status.

        Raises:
            ReceiverAwayError: there was none, or not in time.
        """
        try:
            return asyncio.run(self._within_limit(request))
        except TimeoutError:
            raise ReceiverAwayError(self._target, f"no answer within {self._timeout_s:g} s") from None
        except httpx.ConnectError as err:
            raise ReceiverAwayError(self._target, f"cannot be reached: {err}") from None
        except (httpx.HTTPError, httpx.InvalidURL) as err:
            raise ReceiverAwayError(self._target, f"broke off: {err or type(err).__name__}") from None

    async def _within_limit(self, request: Post) -> Answer:
        async with asyncio.timeout(self._timeout_s):
            return await self._post(request)

    async def _post(self, request: Post) -> Answer:
        headers = {"accept-encoding": "identity", **request.headers}
        body = b""
        async with (
            httpx.AsyncClient(verify=self._verify, timeout=None, trust_env=False) as client,  # noqa: S113 - see above
            client.stream("POST", request.url, content=request.body, headers=headers, auth=request.auth) as response,
        ):
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) >= MAX_ANSWER_BYTES:
                    break
            return Answer(response.status_code, response.headers, body[:MAX_ANSWER_BYTES])


def check_answer(target: str, answer: Answer, now: datetime) -> None:
    """Say by an error when an answer means that the message was not taken.

    Raises:
        ReceiverAwayError: it may be taken later.
        ReceiverRefusesError: it will never be.
    """
    status = answer.status
    if 200 <= status < 300:
        return
    told = f"answers {status}{_phrase(status)}"
    if status in NEVER:
        raise ReceiverRefusesError(target, told)
    if 300 <= status < 400:
        told += "; redirects are not followed, write the new address into the settings"
    elif status in {401, 403}:
        told += "; check that both sides have the same secret and time"
    raise ReceiverAwayError(target, told, wait_s=_asked_s(answer.headers.get("retry-after", ""), now))


def trust_of(target: str, ca_file: Path | None) -> ssl.SSLContext:
    """Return what certificates count: those of an authority in a file, or the public authorities'.

    Raises:
        SettingsError: the file cannot be used.
    """
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else certifi.where())
    except (OSError, ssl.SSLError) as err:
        why = "it holds no certificate" if isinstance(err, ssl.SSLError) else err.strerror
        raise SettingsError(f"receiver {target!r}: ca_file {ca_file} cannot be used: {why}") from None


def _phrase(status: int) -> str:
    try:
        return f" ({HTTPStatus(status).phrase})"
    except ValueError:
        return ""


def _asked_s(retry_after: str, now: datetime) -> float:
    """Return the seconds that `Retry-After` asks for, as a number or a date; 0 where it says nothing of use."""
    if retry_after.isascii() and retry_after.isdecimal():
        return min(float(retry_after[:9]), LONGEST_ASKED_S)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(0.0, (aware - now).total_seconds()), LONGEST_ASKED_S)
