"""Brings a file from an HTTP server into a part file, going on where an earlier try stopped.

The part file and, beside it, the server's mark of the version (`.mark`) outlive a broken transfer; the next try asks
for the rest of just that version, and begins anew where the server has another one or gives no parts. Whether the
content is the right one is for the caller to check: here only lengths are compared.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

import httpx

from models.errors import FetchBrokenOffError, FetchError, WrongFileError
from models.http_problems import ELSEWHERE, GO_ON, parsed_url, raise_problem, raise_refusal, shown_url

MAX_REDIRECTS = 5
MAX_BYTES = 2 << 30
"""Nobody fills the disk with more where a length is not known; the longest file on the shelf has a fifth of it."""

PAGE_TYPES = ("text/html", "application/xhtml+xml")
PAGE_BEGINNINGS = (b"<!doctype html", b"<html")

Progress = Callable[[int, int | None], None]
"""Told how many bytes are here and how many there will be, None where nobody knows; what it raises ends the try."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server may take.

    Attributes:
        connect_s: to answer a call.
        read_s: without a byte.
        window_s: in which `least_bytes` must come, so that a server that drips does not hold us for days.
        least_bytes: of each window.
    """

    connect_s: float = 15.0
    read_s: float = 60.0
    window_s: float = 60.0
    least_bytes: int = 1 << 16


USUAL = Patience()


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a server.

    Attributes:
        url: http or https, may hold an account.
        part: receives the content.
        bytes: its length; None where that is not known.
        is_pinned: whether the caller knows the content's digest, so that parts of an unmarked version may be joined.
    """

    url: str
    part: Path
    bytes: int | None = None
    is_pinned: bool = False


def download(
    wish: Wish, on_progress: Progress, *, patience: Patience = USUAL, clock: Callable[[], float] = time.monotonic
) -> int:
    """Fill the part file and return how many bytes of it are from an earlier try.

    Proxies and certificates are those of the environment: HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE.

    Raises:
        FetchBrokenOffError: the network or the server failed on the way; what came is kept for the next try.
        WrongFileError: the server offers something else; nothing of it is kept.
        FetchError: there is no such file, no permission, no way to the server.
        OSError: the part file cannot be written.
    """
    url = parsed_url(wish.url)
    with _client(patience) as client:
        try:
            return _Transfer(wish, url, client, on_progress, patience, clock).run()
        except httpx.HTTPError as err:
            raise_problem(err, url, patience.connect_s, patience.read_s)


def forget_part(part: Path) -> None:
    """Remove a part file and its mark."""
    part.unlink(missing_ok=True)
    _mark_of(part).unlink(missing_ok=True)


def _client(patience: Patience) -> httpx.Client:
    limits = httpx.Timeout(patience.read_s, connect=patience.connect_s)
    headers = {"User-Agent": "streetwarden", "Accept-Encoding": "identity"}
    try:
        return httpx.Client(timeout=limits, headers=headers, follow_redirects=False)
    except (ValueError, ImportError, httpx.InvalidURL):  # their message would show the proxy's password
        raise FetchError(
            "the proxy in HTTPS_PROXY cannot be used; write http://user:password@host:port, with %40 for an @ in it"
        ) from None
    except OSError:
        raise FetchError("the certificates in SSL_CERT_FILE cannot be read; name a file in PEM format") from None


@dataclass(frozen=True, slots=True)
class _Transfer:
    wish: Wish
    url: httpx.URL
    client: httpx.Client
    on_progress: Progress
    patience: Patience
    clock: Callable[[], float]

    def run(self) -> int:
        with self.wish.part.open("a+b") as file:
            have = file.tell()
            if have and have == self.wish.bytes:
                return have
            marked = _mark_of(self.wish.part)
            mark = marked.read_text(encoding="utf-8") if marked.is_file() else ""
            if have and (mark or self.wish.is_pinned):
                rest = {"Range": f"bytes={have}-"} | ({"If-Range": mark} if mark else {})
                begin = self._take(file, rest, have)
                if begin is not None:
                    return begin
            self._take(file, {}, 0)
            return 0

    def _take(self, file: BinaryIO, headers: dict[str, str], have: int) -> int | None:
        """Write what the server answers from where it begins; None where it has no such rest."""
        with self._answered(headers) as response:
            begin = self._begin(response, have)
            if begin is not None:
                file.truncate(begin)
                self._keep_mark(response)
                self._write(response, file, begin)
            return begin

    @contextlib.contextmanager
    def _answered(self, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """Ask and follow redirects, but never out of encryption; the account goes apart, as httpx logs addresses."""
        account = httpx.BasicAuth(self.url.username, self.url.password) if self.url.userinfo else None
        request = self.client.build_request("GET", self.url.copy_with(userinfo=b""), headers=headers)
        for _ in range(MAX_REDIRECTS + 1):
            response = self.client.send(request, stream=True, auth=account)
            with contextlib.closing(response):
                if response.next_request is None:
                    yield response
                    return
            request, account = _checked_redirect(request.url, response.next_request), None
        raise FetchError(f"{shown_url(self.url)} sends us on in a circle; {ELSEWHERE}")

    def _begin(self, response: httpx.Response, have: int) -> int | None:
        """Return the byte that the answer begins with; None where only the whole file can help."""
        if have and response.status_code == 206:
            place = _range_of(response)
            is_rest = place is not None and place[0] == have and place[1] in {0, self.wish.bytes or place[1]}
            return have if is_rest else None
        if have and response.status_code == 416:
            return None
        if response.status_code != 200:
            raise_refusal(response, shown_url(self.url))
        if response.headers.get("Content-Type", "").partition(";")[0].strip().lower() in PAGE_TYPES:
            self._raise_page()
        length = _length(response)
        if length is not None and length != (self.wish.bytes or length):
            self._raise_wrong(f"is {length} bytes long, but {self.wish.bytes} are wanted")
        return 0

    def _write(self, response: httpx.Response, file: BinaryIO, begin: int) -> None:
        length = _length(response)
        total = self.wish.bytes or (None if length is None else begin + length)
        have, window_begin, window_s = begin, begin, self.clock()
        for chunk in response.iter_bytes():
            if have == 0 and chunk.lstrip()[:16].lower().startswith(PAGE_BEGINNINGS):
                self._raise_page()
            have += len(chunk)
            if have > min(total or MAX_BYTES, MAX_BYTES):
                self._raise_wrong(f"is longer than {min(total or MAX_BYTES, MAX_BYTES)} bytes")
            file.write(chunk)
            self.on_progress(have, total)
            if self.clock() - window_s >= self.patience.window_s:
                if have - window_begin < self.patience.least_bytes:
                    self._raise_broken_off(f"sent only {have - window_begin} bytes in {self.patience.window_s:.0f} s")
                window_begin, window_s = have, self.clock()
        if total is not None and have < total:
            self._raise_broken_off(f"ended after {have} of {total} bytes")

    def _keep_mark(self, response: httpx.Response) -> None:
        """Keep what tells this version from the next; a weak mark, or one of packed content, cannot join parts."""
        tag = response.headers.get("ETag", "")
        mark = tag if tag.startswith('"') else response.headers.get("Last-Modified", "")
        if mark and _is_plain(response):
            _mark_of(self.wish.part).write_text(mark, encoding="utf-8")
        else:
            _mark_of(self.wish.part).unlink(missing_ok=True)

    def _raise_page(self) -> NoReturn:
        self._raise_wrong(
            "answers with a web page instead of a file; a sign-in page or a proxy stands in between, or the address is "
            "that of a page"
        )

    def _raise_wrong(self, what: str) -> NoReturn:
        forget_part(self.wish.part)
        raise WrongFileError(f"{shown_url(self.url)} {what}; nothing of it was kept")

    def _raise_broken_off(self, what: str) -> NoReturn:
        raise FetchBrokenOffError(f"{shown_url(self.url)} {what}; {GO_ON}")


def _mark_of(part: Path) -> Path:
    return part.with_name(f"{part.name}.mark")


def _checked_redirect(before: httpx.URL, request: httpx.Request) -> httpx.Request:
    if request.url.scheme != "https" and (before.scheme == "https" or request.url.scheme != "http"):
        raise FetchError(
            f"{shown_url(before)} sends us on to {shown_url(request.url)}, which is not encrypted; {ELSEWHERE}"
        )
    return request


def _range_of(response: httpx.Response) -> tuple[int, int] | None:
    """Return the first byte that a 206 holds and the whole length, 0 where that is not said; None without the first."""
    unit, _, place = response.headers.get("Content-Range", "").partition(" ")
    begin, total = place.partition("-")[0], place.rpartition("/")[2]
    if unit.lower() != "bytes" or not _is_number(begin):
        return None
    return int(begin), int(total) if _is_number(total) else 0


def _length(response: httpx.Response) -> int | None:
    """Return the answer's length, None where the server does not say or packs the content."""
    text = response.headers.get("Content-Length", "")
    return int(text) if _is_plain(response) and _is_number(text) else None


def _is_plain(response: httpx.Response) -> bool:
    return response.headers.get("Content-Encoding", "identity") == "identity"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
