"""Signs what we send and checks what others send, by the Standard Webhooks specification with a shared secret.

    webhook-id: the same for every try        webhook-timestamp: seconds since 1970, of this try
    webhook-signature: v1,<base64 of HMAC-SHA256 over "id.timestamp.body">, several separated by spaces
    content-digest: sha-256=:<base64>: of the body (RFC 9530)

Source: Standard Webhooks 1.0.0, https://www.standardwebhooks.com (symmetric signatures, `whsec_`).
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from pipeline.errors import BadSignatureError

PREFIX = "whsec_"

MIN_SECRET_BYTES, MAX_SECRET_BYTES = 24, 64
"""What the specification asks of a secret."""

TOLERANCE_S = 300.0
"""How far a sender's clock may be off: five minutes, as the specification's own libraries have it."""

MAX_SIGNATURES = 16
"""More signatures than any exchange of a secret needs are not looked at."""


def secret_bytes(secret: str) -> bytes:
    """Return the key behind a secret as it is written.

    Raises:
        ValueError: it is no `whsec_` secret of 24 to 64 bytes; the message does not show it.
    """
    wanted = f"write {PREFIX} and then base64 of {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} random bytes"
    if not secret.startswith(PREFIX):
        raise ValueError(f"a secret begins with {PREFIX}; {wanted}")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"the secret is not base64; {wanted}") from None
    if not MIN_SECRET_BYTES <= len(key) <= MAX_SECRET_BYTES:
        raise ValueError(f"the secret has {len(key)} bytes; {wanted}")
    return key


def signed_headers(key: bytes, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers that go with a body.

    Args:
        key: from `secret_bytes`.
        message_id: the same for every try.
        body: as it is sent, byte by byte.
        now: aware.
    """
    timestamp = str(int(now.timestamp()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{_signature(key, message_id, timestamp, body)}",
        "content-digest": digest_of(body),
    }


def signer_of(keys: Mapping[str, bytes], headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """Return the name of the key that signed a body.

    Args:
        keys: name to key.
        headers: of the request, names in lower case or a mapping that does not mind.
        body: as it came, byte by byte.
        now: aware.

    Raises:
        BadSignatureError: nobody of these signed it, or not lately, or the body is not what its digest says.
    """
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "").split()[:MAX_SIGNATURES]
    if not message_id or not timestamp or not given:
        raise BadSignatureError("webhook-id, webhook-timestamp and webhook-signature are needed")
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        raise BadSignatureError("webhook-timestamp must be whole seconds since 1970")
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_S:
        raise BadSignatureError(f"webhook-timestamp is more than {TOLERANCE_S:.0f} s off; set the clocks of both sides")
    digests = [each.strip() for each in headers.get("content-digest", "").split(",")]
    if any(each.startswith("sha-256=") and each != digest_of(body) for each in digests):
        raise BadSignatureError("content-digest does not fit the body; write it as sha-256=:base64:")
    for name, key in keys.items():
        wanted = f"v1,{_signature(key, message_id, timestamp, body)}".encode()
        if any(hmac.compare_digest(wanted, each.encode()) for each in given):
            return name
    raise BadSignatureError("no signature fits; check that both sides have the same secret and sign the bytes as sent")


def digest_of(body: bytes) -> str:
    """Return the value of `Content-Digest` (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def _signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
