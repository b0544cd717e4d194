"""Signatures: those of the specification, and nothing else."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.errors import BadSignatureError
from pipeline.outward.signing import digest_of, secret_bytes, signed_headers, signer_of
from tests.pipeline.outward.builders import SECRET

BODY = b'{"test": 2432232314}'
AT = datetime.fromtimestamp(1614265330, UTC)
KEY = secret_bytes(SECRET)
OTHER = secret_bytes("whsec_" + base64.b64encode(b"another key of thirty-two bytes!").decode())


def headers(**changes: str) -> dict[str, str]:
    made = signed_headers(KEY, "msg_p5jXN8AQM9LWM0D4loKWxJek", BODY, AT)
    return {**made, **{name.replace("_", "-"): value for name, value in changes.items()}}


def test_signature_is_that_of_the_specification() -> None:
    """The example of Standard Webhooks 1.0.0 and of its libraries."""
    assert headers()["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers()["webhook-timestamp"] == "1614265330"


def test_digest_is_that_of_rfc_9530() -> None:
    """Its appendix B.1, "a body with no trailing newline" in the SHA-256 of {"hello": "world"} and a newline."""
    assert digest_of(b'{"hello": "world"}\n') == "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"


def test_signer_is_named_among_several() -> None:
    assert signer_of({"other": OTHER, "city": KEY}, headers(), BODY, AT) == "city"


def test_one_of_several_signatures_is_enough_while_secrets_are_exchanged() -> None:
    two = f"v1,{'A' * 43}= v1a,unknown {headers()['webhook-signature']}"
    assert signer_of({"city": KEY}, headers(webhook_signature=two), BODY, AT) == "city"


@pytest.mark.parametrize(
    ("changes", "body", "told"),
    [
        ({"webhook_signature": "v1,AAAA"}, BODY, "no signature fits"),
        ({"webhook_signature": "v1,\u00e9"}, BODY, "no signature fits"),
        ({"webhook_signature": ""}, BODY, "are needed"),
        ({"webhook_id": "another"}, BODY, "no signature fits"),
        ({"webhook_id": ""}, BODY, "are needed"),
        ({"webhook_timestamp": "1614265331"}, BODY, "no signature fits"),
        ({"webhook_timestamp": "-1"}, BODY, "whole seconds"),
        ({"webhook_timestamp": "9" * 400}, BODY, "whole seconds"),
        ({}, BODY + b" ", "content-digest does not fit"),
        ({"content_digest": digest_of(BODY + b" ")}, BODY + b" ", "no signature fits"),
    ],
)
def test_altered_message_is_refused(changes: dict[str, str], body: bytes, told: str) -> None:
    with pytest.raises(BadSignatureError, match=told):
        signer_of({"city": KEY}, headers(**changes), body, AT)


def test_digests_of_other_kinds_do_not_matter_beside_the_signature() -> None:
    told = f"sha-512=:AAAA:, {digest_of(BODY)}"
    assert signer_of({"city": KEY}, headers(content_digest=told), BODY, AT) == "city"
    without = {name: value for name, value in headers().items() if name != "content-digest"}
    assert signer_of({"city": KEY}, without, BODY, AT) == "city"


@pytest.mark.parametrize("off_s", [-301, 301])
def test_old_and_future_messages_are_refused_so_that_none_is_played_again(off_s: float) -> None:
    with pytest.raises(BadSignatureError, match="300 s off"):
        signer_of({"city": KEY}, headers(), BODY, AT + timedelta(seconds=off_s))


def test_foreign_key_is_refused() -> None:
    with pytest.raises(BadSignatureError):
        signer_of({"city": OTHER}, headers(), BODY, AT)


@pytest.mark.parametrize("secret", ["", "sesame", "whsec_", "whsec_c2VzYW1l", "whsec_!!!!", "whsec_" + "A" * 100])
def test_secret_that_is_none_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(ValueError, match="base64") as caught:
        secret_bytes(secret)
    assert not secret or secret == "whsec_" or secret not in str(caught.value)
