"""Makes and reads the session cookie: a signed token that names a person and ends by itself.

The key lies in the data folder (mode 0600) and is made at first start, so that a restart signs nobody out; removing the
file signs everybody out.

Belongs here: keys, tokens, their end. Does not: passwords (cases.people), who may do what (auth).
"""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jwt

from api.errors import NotSignedInError
from pipeline.whole_files import write_whole

COOKIE_NAME = "streetwarden_session"

KEY_BYTES = 32
"""As long as the hash of HS256; a longer key adds nothing (RFC 7518, 3.2)."""

ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class Session:
    """What a valid token says.

    Attributes:
        name: the account.
        password_number: of the password it was opened with (`cases.people.Person`).
        token_id: names this sign-in, so that it can be ended.
        expires_at_s: Unix seconds.
    """

    name: str
    password_number: int
    token_id: str
    expires_at_s: float


class Sessions:
    """Issues, reads and ends sessions; any thread may call it."""

    def __init__(self, key: bytes, lifetime_s: float, clock: Callable[[], float] = time.time) -> None:
        self.lifetime_s = lifetime_s
        self._key = key
        self._clock = clock
        self._lock = threading.Lock()
        self._ended: dict[str, float] = {}

    def issue(self, name: str, password_number: int) -> str:
        """Return a token for a person who has just signed in."""
        now = self._clock()
        claims = {
            "sub": name,
            "pwn": password_number,
            "iat": now,
            "exp": now + self.lifetime_s,
            "jti": secrets.token_urlsafe(12),
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)

    def read(self, token: str) -> Session:
        """Return what a token says.

        Raises:
            NotSignedInError: it is not ours, it was altered, it has run out or was ended.
        """
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                options={"require": ["sub", "pwn", "exp", "jti"], "verify_exp": False, "verify_iat": False},
            )
            session = Session(str(claims["sub"]), int(claims["pwn"]), str(claims["jti"]), float(claims["exp"]))
        except (jwt.InvalidTokenError, TypeError, ValueError):
            raise NotSignedInError from None
        if session.expires_at_s <= self._clock() or session.token_id in self._ended:
            raise NotSignedInError
        return session

    def end(self, session: Session) -> None:
        """Make a session's token worthless before its time."""
        now = self._clock()
        with self._lock:
            self._ended = {token_id: end_s for token_id, end_s in self._ended.items() if end_s > now}
            self._ended[session.token_id] = session.expires_at_s


def load_or_make_key(path: Path) -> bytes:
    """Return the signing key in a file, which is made (0600) where it is not there or too short.

    Raises:
        OSError: it can neither be read nor made.
    """
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        key = b""
    if len(key) >= KEY_BYTES:
        return key
    path.parent.mkdir(parents=True, exist_ok=True)
    key = secrets.token_bytes(KEY_BYTES)
    write_whole(path, key)
    return key
