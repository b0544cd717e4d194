"""Answers to an RTSP server's challenge: digest with SHA-256 or MD5, else basic (RFC 7616, RFC 7617).

What a server sends is read as Latin-1, a character for each byte, and goes back as the same bytes, hashed or not: a
realm may be GBK. A login and a URL are ours, and UTF-8.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

PAIR = re.compile(r'([A-Za-z][A-Za-z0-9_-]{0,30})\s*=\s*(?:"([^"]{0,1024})"|([^\s",]{1,1024}))')
"""One `name=value` or `name="value"` of a challenge."""

STRENGTH = ("SHA-256", "MD5", "basic")
"""What we can answer, the best first."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way in that the server offers.

    Attributes:
        method: one of `STRENGTH`.
        realm: whose password is wanted.
        nonce: the server's number used once; empty for basic.
        opaque: to be sent back; may be empty.
        with_qop: the server takes `qop=auth`.
        stale: the password was right and the nonce too old.
    """

    method: str
    realm: str
    nonce: str = ""
    opaque: str = ""
    with_qop: bool = False
    stale: bool = False


def parse_challenges(headers: Sequence[str]) -> tuple[Challenge, ...]:
    """Return the challenges we can answer, the strongest first; empty where there is none.

    Args:
        headers: the values of `WWW-Authenticate`, one challenge in each.
    """
    found: list[Challenge] = []
    for header in headers:
        scheme, _, rest = header.strip().partition(" ")
        values = {name.lower(): quoted or plain for name, quoted, plain in PAIR.findall(rest)}
        if scheme.lower() == "basic":
            found.append(Challenge("basic", values.get("realm", "")))
        method = values.get("algorithm", "MD5").upper()
        if scheme.lower() == "digest" and method in STRENGTH and values.get("nonce"):
            qops = [word.strip().lower() for word in values.get("qop", "").split(",")]
            stale = values.get("stale", "").lower() == "true"
            digest = Challenge(
                method, values.get("realm", ""), values["nonce"], values.get("opaque", ""), "auth" in qops, stale
            )
            found.append(digest)
    return tuple(sorted(found, key=lambda challenge: STRENGTH.index(challenge.method)))


@dataclass(slots=True)
class Credentials:
    """A user's name and password; neither is shown.

    Attributes:
        user: the name.
        password: the password.
        make_cnonce: gives our own number used once; tests hand in a fixed one.
    """

    user: str = field(repr=False)
    password: str = field(repr=False)
    make_cnonce: Callable[[], str] = field(default=lambda: secrets.token_hex(8), repr=False)

    def header(self, challenge: Challenge, method: str, uri: str, count: int) -> str:
        """Return the value of `Authorization` for one request, a character for each byte.

        Args:
            challenge: what the server asked.
            method: the request's method.
            uri: the request's URL, as written in its first line.
            count: how often this nonce has been used, from 1.
        """
        if challenge.method == "basic":
            return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        user, password, uri = _as_bytes(self.user), _as_bytes(self.password), _as_bytes(uri)
        secret = _digest(challenge.method, f"{user}:{challenge.realm}:{password}")
        request = _digest(challenge.method, f"{method}:{uri}")
        parts = {"username": user, "realm": challenge.realm, "nonce": challenge.nonce, "uri": uri}
        bare = ""
        if challenge.with_qop:
            cnonce = self.make_cnonce()
            bare = f", qop=auth, nc={count:08x}"
            parts["cnonce"] = cnonce
            middle = f"{challenge.nonce}:{count:08x}:{cnonce}:auth"
        else:
            middle = challenge.nonce
        parts["response"] = _digest(challenge.method, f"{secret}:{middle}:{request}")
        if challenge.opaque:
            parts["opaque"] = challenge.opaque
        if challenge.method != "MD5":  # old servers know no algorithm and choke on its name
            bare += f", algorithm={challenge.method}"
        return "Digest " + ", ".join(f'{name}="{_unquoted(value)}"' for name, value in parts.items()) + bare


def _as_bytes(text: str) -> str:
    """Return a character for each byte of the text in UTF-8."""
    return text.encode().decode("latin-1")


def _digest(method: str, text: str) -> str:
    data = text.encode("latin-1")
    if method == "SHA-256":
        return hashlib.sha256(data).hexdigest()
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _unquoted(value: str) -> str:
    return value.replace('"', "").replace("\r", "").replace("\n", "")
