"""Words what can go wrong between us and a server of files: addresses that are none, refusals, networks.

Nothing that is shown holds an account or a query, as either may be a secret.
"""

import socket
import ssl
from typing import NoReturn
from urllib.request import getproxies

import httpx

from models.errors import FetchBrokenOffError, FetchError

SCHEMES = ("http", "https")
GO_ON = "run the same command again, it goes on from there"
ELSEWHERE = "name a mirror or a folder by --from"


def parsed_url(url: str) -> httpx.URL:
    """Return an address that can be asked.

    Raises:
        FetchError: it is none; it is not shown, as it may hold a password.
    """
    try:
        parsed: httpx.URL | None = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = None
    if parsed is None or b"@" in parsed.raw_path or not (parsed.host or parsed.scheme not in SCHEMES):
        raise FetchError(
            "this is no address as https://user:password@host/folder; write %40 for an @ in it, %2F for a /"
        )
    if parsed.scheme not in SCHEMES:
        raise FetchError("files are fetched by http and https only; write https://host/folder, or a folder's path")
    return parsed


def shown_url(url: httpx.URL) -> str:
    """Return an address without account, query and fragment, fit for errors and logs."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{host}{port}{url.raw_path.partition(b'?')[0].decode('ascii', 'replace')}"


def raise_refusal(response: httpx.Response, shown: str) -> NoReturn:
    """Raise what an answer means that is no file.

    Raises:
        FetchBrokenOffError: the server may have it later.
        FetchError: it will not.
    """
    status = f"{response.status_code} {response.reason_phrase}".strip()
    match response.status_code:
        case 401 | 403:
            raise FetchError(f"{shown} refuses us ({status}); {ELSEWHERE}, with its account if it wants one")
        case 404 | 410:
            raise FetchError(f"there is no {shown} ({status}); its publisher may have moved it: {ELSEWHERE}")
        case 407:
            raise FetchError(f"a proxy refuses us ({status}); write HTTPS_PROXY=http://user:password@host:port")
        case 408 | 425 | 429 | 500 | 502 | 503 | 504:
            raise FetchBrokenOffError(f"{shown} cannot be had now ({status}); try again later")
        case _:
            raise FetchError(f"{shown} answers {status} instead of a file; {ELSEWHERE}")


def raise_problem(err: httpx.HTTPError, url: httpx.URL, connect_s: float, read_s: float) -> NoReturn:
    """Raise what a failed request means; httpx hides the cause in a chain.

    Args:
        err: what httpx raised.
        url: what was asked for.
        connect_s: how long was waited for a connection.
        read_s: how long was waited for a byte.

    Raises:
        FetchBrokenOffError: the transfer ended early.
        FetchError: there is no way to the server.
    """
    causes, shown = _causes(err), shown_url(url)
    has_proxy = bool(getproxies().keys() & {url.scheme, "all"})
    who = f"{url.host} or the proxy in HTTPS_PROXY" if has_proxy else url.host
    way_out = (
        "without a network use --from" if has_proxy else "behind a proxy set HTTPS_PROXY, without a network use --from"
    )
    if isinstance(err, httpx.ProxyError):
        raise FetchError("the proxy in HTTPS_PROXY refuses us; correct it, or its user name and password") from None
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        raise FetchError(
            f"the certificate of {url.host} is not trusted here; where a proxy opens encryption, set SSL_CERT_FILE to "
            "its certificates"
        ) from None
    if isinstance(err, httpx.ConnectError) and any(isinstance(cause, ssl.SSLError) for cause in causes):
        raise FetchError(f"{who} does not speak https; correct the address, or {ELSEWHERE}") from None
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        raise FetchError(f"the name of {who} is not found; {way_out}") from None
    if isinstance(err, httpx.ConnectTimeout):
        raise FetchError(f"{who} does not answer within {connect_s:.0f} s; {way_out}") from None
    if isinstance(err, httpx.ConnectError):
        said = next(
            (cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), "no connection"
        )
        raise FetchError(f"{who} cannot be reached ({said}); {way_out}") from None
    if isinstance(err, httpx.UnsupportedProtocol | httpx.DecodingError):
        raise FetchError(f"{shown} does not answer as a server of files does; {ELSEWHERE}") from None
    what = f"sent nothing for {read_s:.0f} s" if isinstance(err, httpx.ReadTimeout) else "broke off"
    raise FetchBrokenOffError(f"{shown} {what}; {GO_ON}") from None


def _causes(err: BaseException) -> list[BaseException]:
    """Return an error and what brought it about, outermost first."""
    chain: list[BaseException] = []
    at: BaseException | None = err
    while at is not None and at not in chain:
        chain.append(at)
        at = at.__cause__ or at.__context__
    return chain
