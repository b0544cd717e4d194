"""A file server on the loopback address that can be slow, broken, wrong or behind encryption."""

import contextlib
import datetime
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PIECE_BYTES = 1 << 14


@dataclass(frozen=True)
class Offer:
    """What is answered to a request for a file."""

    content: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    tag: str = '"v1"'
    gives_parts: bool = True
    tells_length: bool = True
    cut_after: int | None = None  # bytes of the body after which the connection is closed
    stops_after: int | None = None  # bytes of the body after which nothing comes any more
    drip_s: float | None = None  # from each byte to the next


@dataclass(frozen=True)
class Asked:
    """One request: the target as it was written, and what of its headers matters."""

    target: str
    range: str | None
    if_range: str | None
    account: str | None


class FileServer:
    """Answers what `offers` holds by target; other targets are 404.

    Attributes:
        url: of its root, without a slash at the end.
        offers: by target, as `/small.onnx`.
        asked: the requests so far.
    """

    def __init__(self, scheme: str, port: int) -> None:
        self.url = f"{scheme}://127.0.0.1:{port}"
        self.offers: dict[str, Offer] = {}
        self.asked: list[Asked] = []
        self.is_ending = threading.Event()


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[FileServer]:
    """Serve until the block ends; with a certificate (and its key in one file) by https."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = False
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    files = FileServer("https" if certificate else "http", server.server_address[1])
    server.files = files  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="file-server")
    thread.start()
    try:
        yield files
    finally:
        files.is_ending.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    @property
    def files(self) -> FileServer:
        return self.server.files  # type: ignore[attr-defined]

    def do_GET(self) -> None:
        wanted = self.headers
        account = wanted["Authorization"] or wanted["Proxy-Authorization"]
        self.files.asked.append(Asked(self.path, wanted["Range"], wanted["If-Range"], account))
        offer = self.files.offers.get(self.path, Offer(status=404))
        begin = self._begin(offer)
        body = offer.content[begin:]
        fields = {"ETag": offer.tag, "Content-Length": str(len(body))} if offer.tells_length else {}
        if begin:
            fields["Content-Range"] = f"bytes {begin}-{len(offer.content) - 1}/{len(offer.content)}"
        self.send_response(206 if begin else offer.status)
        for name, value in (fields | offer.headers).items():
            self.send_header(name, value)
        self.end_headers()
        self._send(offer, body)

    def do_CONNECT(self) -> None:
        self.send_response(407)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _begin(self, offer: Offer) -> int:
        """Return the byte to begin with, as a server does that knows If-Range."""
        wanted, mark = self.headers["Range"], self.headers["If-Range"]
        if not wanted or not offer.gives_parts or mark not in {None, offer.tag}:
            return 0
        return int(wanted.removeprefix("bytes=").partition("-")[0])

    def _send(self, offer: Offer, body: bytes) -> None:
        ends = [end for end in (offer.cut_after, offer.stops_after) if end is not None]
        cut, step = min([len(body), *ends]), PIECE_BYTES if offer.drip_s is None else 1
        for start in range(0, cut, step):
            self.wfile.write(body[start : min(start + step, cut)])
            if offer.drip_s is not None and self.files.is_ending.wait(offer.drip_s):
                return
        if offer.stops_after is not None:
            self.files.is_ending.wait()

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # the other side has had enough
            super().handle()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def write_certificate(path: Path) -> Path:
    """Write a key and a certificate for 127.0.0.1 that nobody but this file vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "file server of the tests")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + certificate.public_bytes(pem))
    return path
