"""Signs with Ed25519 and says whether a signature fits; every key is a PEM file that OpenSSL reads as well.

A public key is known by its fingerprint: the SHA-256 of its `SubjectPublicKeyInfo` in DER, which
`openssl pkey -pubin -in key.pem -outform DER | sha256sum` prints.

Belongs here: one key, one signature. Does not: which keys count (trust), a key that was lost (keyring).
"""

import os
import re
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from cases.disk import Disk
from cases.evidence_errors import SigningKeyError, SigningKeyMissingError
from cases.packs import sha256_hex

KEY_NAME = "evidence.key"
"""The private key, in the folder that the settings name."""

PUBLIC_FOLDER = "public"
"""Beside the private key: the public keys that count, this one's and those of before, `<fingerprint>.pem` each."""

SIGNATURE_BYTES = 64
MAX_PEM_BYTES = 16 * 1024
"""A key file is some hundred bytes; what is longer is no key."""

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, eq=False)
class PublicKey:
    """What proves a signature.

    Attributes:
        fingerprint: 64 hex digits, see the module.
        pem: the key as a file.
        key: the same for computing.
    """

    fingerprint: str
    pem: bytes
    key: Ed25519PublicKey

    @classmethod
    def of(cls, key: Ed25519PublicKey) -> "PublicKey":
        """Return a key with its fingerprint and its file."""
        der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return cls(sha256_hex(der), pem, key)

    @classmethod
    def from_pem(cls, pem: bytes) -> "PublicKey":
        """Read a public key.

        Raises:
            ValueError: it is none, or of another kind than Ed25519.
        """
        try:
            key = load_pem_public_key(pem[:MAX_PEM_BYTES])
        except (ValueError, UnsupportedAlgorithm):
            raise ValueError("is no public key in PEM") from None
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("is a public key of another kind than Ed25519")
        return cls.of(key)

    def fits(self, content: bytes, signature: bytes) -> bool:
        """Say whether the owner of this key signed exactly these bytes."""
        try:
            self.key.verify(signature, content)
        except InvalidSignature:
            return False
        return True


class SigningKey:
    """A private key in use. Any thread may sign; nothing of it is ever shown."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = PublicKey.of(key.public_key())

    def sign(self, content: bytes) -> bytes:
        """Return the signature of some bytes, `SIGNATURE_BYTES` long; equal bytes give equal signatures."""
        return self._key.sign(content)


def is_fingerprint(text: str) -> bool:
    """Say whether a text has the form of a fingerprint."""
    return _FINGERPRINT.fullmatch(text) is not None


def load_signing_key(folder: Path) -> SigningKey:
    """Read the private key of a folder.

    Raises:
        SigningKeyMissingError: there is none.
        SigningKeyError: it cannot be read, others may read it too, or it is no key of this kind.
    """
    path = folder / KEY_NAME
    content = _secret(path)
    try:
        key = load_pem_private_key(content, password=None)
    except TypeError:
        raise SigningKeyError(f"the signing key {path} is locked by a password; store it without one") from None
    except (ValueError, UnsupportedAlgorithm):
        raise SigningKeyError(f"the signing key {path} is damaged or no private key in PEM; {_MEND}") from None
    if not isinstance(key, Ed25519PrivateKey):
        kind = type(key).__name__.removesuffix("PrivateKey")
        raise SigningKeyError(f"the signing key {path} is of the kind {kind}, not Ed25519; {_MEND}")
    return SigningKey(key)


def make_signing_key(folder: Path) -> SigningKey:
    """Make a key in a folder, readable by its owner only; where another process was faster, return that one's.

    Raises:
        SigningKeyError: the folder cannot be made or written.
    """
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / KEY_NAME
    part = folder / f".{KEY_NAME}.{secrets.token_hex(4)}"
    try:
        Disk().make_folder(folder.absolute())
        _write_secret(part, pem)
        try:
            path.hardlink_to(part)  # unlike a rename it does not replace a key that is there by now
        except (FileExistsError, FileNotFoundError):  # and the other process may have cleared up what we wrote
            return load_signing_key(folder)
        finally:
            part.unlink(missing_ok=True)
        Disk().sync_folder(folder)
    except OSError as err:
        raise SigningKeyError(f"no signing key can be made in {folder}: {err.strerror}; {_ANOTHER}") from None
    return SigningKey(key)


def remove_unfinished_keys(folder: Path) -> None:
    """Remove private keys that a crash left beside the one in use while it was made.

    Raises:
        OSError: one cannot be removed.
    """
    for part in folder.glob(f".{KEY_NAME}.*"):
        part.unlink(missing_ok=True)


def keep_public_key(folder: Path, key: PublicKey) -> None:
    """Put a public key among those that count; one that is there stays.

    Raises:
        OSError: the folder cannot be written.
    """
    public = folder / PUBLIC_FOLDER
    path = public / f"{key.fingerprint}.pem"
    if path.is_file():
        return
    Disk().make_folder(public.absolute())
    part = public / f".{secrets.token_hex(4)}.part"
    Disk().write(part, [key.pem])
    part.replace(path)
    Disk().sync_folder(public)


def read_public_keys(path: Path) -> Iterator[PublicKey]:
    """Yield the public key of a PEM file, or those of all PEM files in a folder.

    Raises:
        SigningKeyError: a file cannot be read or is no public key of this kind.
    """
    for file in sorted(path.glob("[!.]*.pem")) if path.is_dir() else (path,):
        try:
            with file.open("rb") as opened:
                yield PublicKey.from_pem(opened.read(MAX_PEM_BYTES))
        except OSError as err:
            raise SigningKeyError(f"the public key {file} cannot be read: {err.strerror}") from None
        except ValueError as err:
            raise SigningKeyError(f"{file} {err}") from None


_ANOTHER = 'name another folder by keys = "..." under [evidence] in the settings file'
_MEND = "bring it back from your backup, or move it away: the next start then makes a new one and says so"


def _secret(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            told = os.fstat(file.fileno())
            content = file.read(MAX_PEM_BYTES)
    except FileNotFoundError:
        raise SigningKeyMissingError(path) from None
    except OSError as err:
        raise SigningKeyError(
            f"the signing key {path} cannot be read: {err.strerror}; run this as the account that runs the service"
        ) from None
    if stat.S_IMODE(told.st_mode) & 0o077:
        raise SigningKeyError(
            f"the signing key {path} may be read by others than its owner, who could sign in our name; chmod 600 {path}"
        )
    return content


def _write_secret(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
