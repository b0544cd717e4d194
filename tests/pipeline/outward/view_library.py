"""A view library on the loopback address: digest sign-in (RFC 7616, MD5), registration, pictures; fails as told."""

import hashlib
import json
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USER, PASSWORD, REALM = "streetwarden", "sesame-7731", "viid"


@dataclass
class ViewLibrary:
    """What it was told, and what it answers next."""

    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    user_ids: set[str] = field(default_factory=set)
    status_codes: list[int] = field(default_factory=list)
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))
    is_registered: bool = False

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.told]

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.told.append((path, body))
        code = self.status_codes.pop(0) if self.status_codes else 0
        if path.endswith("/Register"):
            self.is_registered = code == 0
        elif not self.is_registered:
            code = 4
        status = {"RequestURL": path, "StatusCode": str(code), "StatusString": "", "Id": "", "LocalTime": ""}
        if path.endswith("/Images"):
            return {"ResponseStatusListObject": {"ResponseStatusObject": [status]}}
        return {"ResponseStatusObject": status}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        library: ViewLibrary = self.server.library  # type: ignore[attr-defined]
        content = self.rfile.read(int(self.headers["content-length"]))
        if not self._knows_password(library.nonce):
            self._send(401, b"", {"www-authenticate": f'Digest realm="{REALM}", nonce="{library.nonce}", qop="auth"'})
            return
        library.user_ids.add(self.headers["user-identify"])
        self._send(200, json.dumps(library.answer(self.path, json.loads(content))).encode(), {})

    def _knows_password(self, nonce: str) -> bool:
        given = self.headers.get("authorization", "")
        told = {key: value for key, value in re.findall(r'(\w+)="?([^",]+)"?', given)}
        if not given.startswith("Digest ") or told.get("nonce") != nonce or told.get("username") != USER:
            return False
        first = _md5(f"{USER}:{REALM}:{PASSWORD}")
        second = _md5(f"POST:{self.path}")
        return told["response"] == _md5(f"{first}:{nonce}:{told['nc']}:{told['cnonce']}:auth:{second}")

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@contextmanager
def view_library() -> Iterator[tuple[ViewLibrary, str]]:
    """Run a view library and give it with its host and port."""
    library = ViewLibrary()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.library = library  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, name="library", kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield library, f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
