"""Reads and shows stream URLs: which are allowed, which file a file URL means, and what may be shown of any.

Passwords in URLs are often not escaped (`rtsp://admin:p@ss/1@10.0.0.8/live`), the scheme before them is misspelt
(`rtsp:/admin:pass@10.0.0.8`), and some cameras want them in the path or the query; `redact` therefore hides too much
rather than too little, and `check_url` refuses what libav would read as another host.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from streams.errors import BadUrlError

NETWORK_SCHEMES = frozenset({"rtsp", "rtsps"})
KNOWN_SCHEMES = NETWORK_SCHEMES | {"file", "synthetic"}
HIDDEN = "***"
NO_PORT = -1
"""Stands for a port that is no number between 0 and 65535."""

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)://")
_SECRET = re.compile(
    r"((?:pass|passwd|password|passphrase|pwd|psw|pw|token|secret|apikey|api_key|key|auth|sign|signature)[a-z]*=)[^&;#?\s]*",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LOGIN = re.compile(r"^.*[:：].*[@＠]", re.DOTALL)
"""A user name and password, also as a Chinese keyboard writes the signs."""
_LAST_AT = re.compile(r"[@＠](?=[^@＠]*$)", re.DOTALL)
_HOST_AND_PORT = re.compile(r"^(\[[^\]]*\]|[^:\[\]]*)(:\d*)?$")
_CUT_LOGIN = re.compile(r"^[^/?#]*@[^/?#]*(/[^?#]*|[?#].*)@")
"""An account, and one more @ in the path: the password holds a / that ended it for libav."""


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file that plays as a camera; with `loop` it begins again at its end."""

    path: Path
    loop: bool


def scheme_of(url: str) -> str:
    """Return the scheme in lower case; a plain path counts as `file`."""
    found = _SCHEME.match(url)
    return found[1].lower() if found else "file"


def redact(url: str) -> str:
    """Return the URL without its secrets, fit for logs, pages and errors.

    The password becomes `***`, and so do values of query or path parameters that look like secrets. A user name stays,
    as an operator needs it to find a mistake; a lone user name without a password is hidden, as it may be a token.
    """
    url = _CONTROL.sub("?", url)
    scheme = _SCHEME.match(url)
    if scheme is None:
        return _hide_values(_LOGIN.sub(f"{HIDDEN}@", url))
    before, rest = scheme[0], url[scheme.end() :]
    at = _LAST_AT.search(rest)
    if at is None:
        return before + _hide_values(_hide_port_that_is_none(rest))
    login, place = rest[: at.start()], rest[at.end() :]
    if _SECRET.search(login):
        return before + HIDDEN  # the @ may belong to a secret in the query: what follows it must not be shown
    user, colon, _ = login.partition(":")
    shown_login = f"{user}:{HIDDEN}" if colon and "/" not in user else HIDDEN
    return f"{before}{shown_login}@{_hide_values(place)}"


def check_url(url: str, schemes: Collection[str] = KNOWN_SCHEMES) -> None:
    """Check that a URL can be a camera.

    Args:
        url: as the operator typed it.
        schemes: what is allowed; plain paths count as `file`.

    Raises:
        BadUrlError: it cannot, and is a `ValueError` too; the message says what is wrong and how it should look,
            without the password.
    """
    shown = redact(url)
    if not url.strip():
        raise BadUrlError("the camera URL is empty; give one like rtsp://user:password@192.168.1.10/stream1")
    if _CONTROL.search(url) or url != url.strip():
        raise BadUrlError(f"camera URL {shown} holds spaces or control characters at its ends or inside; remove them")
    if _SCHEME.match(url) is None and _LOGIN.match(url) and not re.match(r"\.*/[^/]", url):
        raise BadUrlError(
            f"camera URL {shown} holds a user name and password and no scheme; begin with rtsp:// (a file of such a "
            "name is written file:///folder/name)"
        )
    scheme = scheme_of(url)
    if scheme not in schemes:
        raise BadUrlError(f"camera URL {shown} begins with {scheme}://; known are {', '.join(sorted(schemes))}")
    if scheme in NETWORK_SCHEMES:
        _check_host(url, shown)
    if scheme == "file" and not str(file_source(url).path).strip("./"):
        raise BadUrlError(f"camera URL {shown} names no file; give one like file:///videos/gate.mp4?loop=1")


def split_login(url: str) -> tuple[str, str]:
    """Return the account of a network URL (`user:password`, or nothing) and the URL without it."""
    scheme = _SCHEME.match(url)
    begin = scheme.end() if scheme else 0
    login, at, _ = _netloc(url[begin:]).rpartition("@")
    return login, url[:begin] + url[begin + len(login) + len(at) :]


def file_source(url: str) -> FileSource:
    """Return the file behind `file:///path`, `file:///path?loop=1` or a plain path (with or without `?loop=1`)."""
    is_url = _SCHEME.match(url) is not None
    text, _, query = url.removeprefix("file://").partition("?")
    loop = "loop=1" in query.split("&")
    if not is_url:
        return FileSource(Path(url.removesuffix("?loop=1")), loop)
    return FileSource(Path(unquote(text)), loop)


def rooted(url: str, folder: Path) -> str:
    """Return the URL of a file camera with a relative path counted from `folder`; any other URL as it is."""
    if scheme_of(url) != "file" or file_source(url).path.is_absolute():
        return url
    source = file_source(url)
    loop = "?loop=1" if source.loop else ""
    return f"file://{quote(str((folder / source.path).absolute()))}{loop}"


def _check_host(url: str, shown: str) -> None:
    place = url[url.index("://") + 3 :]
    netloc = _netloc(place)
    try:
        # urlsplit's own messages hold the URL with its password, so they are never passed on.
        parts = urlsplit(f"rtsp://{netloc.rpartition('@')[2]}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, NO_PORT
    if _CUT_LOGIN.match(place) or (port == NO_PORT and "@" in place and "@" not in netloc):
        raise BadUrlError(
            f"camera URL {shown} holds / or @ in its user name or password; write them as %2F and %40 "
            "(and ? as %3F, # as %23)"
        )
    if port == NO_PORT:
        raise BadUrlError(f"camera URL {shown} has no valid host and port; it should look like rtsp://host:554/path")
    if not host:
        raise BadUrlError(f"camera URL {shown} names no host; it should look like rtsp://host:554/path")
    if port == 0:
        raise BadUrlError(f"camera URL {shown} has port 0; leave the port out for 554")


def _hide_values(text: str) -> str:
    """Hide the values of query or path parameters that look like secrets."""
    return _SECRET.sub(rf"\g<1>{HIDDEN}", text)


def _hide_port_that_is_none(rest: str) -> str:
    """Hide what stands where the port should: where the @ was forgotten it is a password."""
    netloc = _netloc(rest)
    if _HOST_AND_PORT.match(netloc):
        return rest
    return f"{netloc.partition(':')[0]}:{HIDDEN}{rest[len(netloc) :]}"


def _netloc(place: str) -> str:
    """Return the part in which libav looks for account, host and port: up to the first /, ? or #."""
    return re.split(r"[/?#]", place, maxsplit=1)[0]
