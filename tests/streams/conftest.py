"""Clips encoded once for all tests of `streams`, and a camera's certificate."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.rtsp.clips import Pattern, encode_clip

ClipMaker = Callable[..., Path]


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> ClipMaker:
    """Return a function that encodes a pattern once and gives its path: `clip(codec="h265", seconds=2)`."""
    folder = tmp_path_factory.mktemp("clips")
    made: dict[tuple[str, Pattern], Path] = {}

    def make(ending: str = "mp4", **pattern: object) -> Path:
        key = ending, Pattern(**pattern)
        if key not in made:
            made[key] = encode_clip(folder / f"{len(made)}.{ending}", key[1])
        return made[key]

    return make


@pytest.fixture
def cut_avi(clip: ClipMaker, tmp_path: Path) -> Path:
    """Return the beginning of an AVI of 4 s: 100 pictures by its header, a third of them there, no index."""
    whole = clip("avi", seconds=4).read_bytes()
    begin, end = whole.index(b"movi"), whole.index(b"idx1")
    (tmp_path / "cut.avi").write_bytes(whole[: begin + (end - begin) // 3])
    return tmp_path / "cut.avi"


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    """What a camera has that signed its certificate itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camera")])
    now = datetime.now(UTC)
    unsigned = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = unsigned.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    pem = dated.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    pem += key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "camera.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "camera.pem")
    return context
