"""Webhooks against a receiver that fails in every way it can: what comes of it, and what is never done."""

import datetime as dt
import json
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cases.case_event import CaseEvent
from cases.outbox import Letter, Outbox
from cases.store import CaseStore
from pipeline.errors import ReceiverAwayError, ReceiverRefusesError, SettingsError
from pipeline.outward.posting import MAX_ANSWER_BYTES, Post, Poster
from pipeline.outward.signing import secret_bytes, signer_of
from pipeline.outward.webhook import WebhookSender
from tests.pipeline.outward.builders import SECRET, Clock, entry, filed, opened
from tests.pipeline.outward.receiver import Receiver, Reply, receiving


@pytest.fixture
def letter(store: CaseStore, outbox: Outbox, clock: Clock) -> Letter:
    opened(store)
    return outbox.due("platform", clock(), 1)[0]


@pytest.fixture
def sender(address: str, clock: Clock) -> WebhookSender:
    return WebhookSender(entry(f"{address}/hooks?tenant=7", timeout_s=0.5), "streetwarden test", now=clock)


def own_certificate(folder: Path) -> Path:
    """Return a PEM file of a key and its own certificate for 127.0.0.1."""
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "receiver")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "own.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


def test_message_is_canonical_signed_and_told_whole(
    sender: WebhookSender, receiver: Receiver, letter: Letter, clock: Clock
) -> None:
    sender.send(letter)

    [request] = receiver.requests
    assert request.path == "/hooks?tenant=7"
    assert request.headers["content-type"] == "application/json"
    assert signer_of({"platform": secret_bytes(SECRET)}, request.headers, request.body, clock()) == "platform"
    told = json.loads(request.body)
    assert (told["type"], told["timestamp"]) == ("case.open", "2026-11-21T04:00:01Z")
    assert CaseEvent.model_validate(told["data"]) == letter.event
    assert request.body == json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert request.headers["webhook-id"] == letter.event.id


def test_every_try_has_the_same_id_and_bytes_and_its_own_time(
    sender: WebhookSender, receiver: Receiver, letter: Letter, clock: Clock
) -> None:
    sender.send(letter)
    clock.move(hours=2)
    sender.send(letter)

    first, second = receiver.requests
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 7200


@pytest.mark.parametrize("status", [400, 409, 410, 413, 415, 422])
def test_message_that_will_never_be_taken_is_told_so(
    sender: WebhookSender, receiver: Receiver, letter: Letter, status: int
) -> None:
    receiver.replies = [Reply(status)]
    with pytest.raises(ReceiverRefusesError, match=f"answers {status}"):
        sender.send(letter)


@pytest.mark.parametrize("status", [401, 403, 404, 408, 429, 500, 502, 503, 599])
def test_answer_that_may_pass_is_told_so(
    sender: WebhookSender, receiver: Receiver, letter: Letter, status: int
) -> None:
    receiver.replies = [Reply(status)]
    with pytest.raises(ReceiverAwayError, match=f"answers {status}"):
        sender.send(letter)


@pytest.mark.parametrize(
    ("asked", "wait_s"),
    [
        ("17", 17.0),
        ("99999999999", 3600.0),
        ("Sat, 21 Nov 2026 05:02:00 GMT", 120.0),
        ("Sat, 21 Nov 2026 04:02:00 GMT", 0.0),
        ("soon", 0.0),
        ("-5", 0.0),
    ],
)
def test_wait_that_the_receiver_asks_for_is_read(
    sender: WebhookSender, receiver: Receiver, letter: Letter, asked: str, wait_s: float
) -> None:
    receiver.replies = [Reply(429, {"retry-after": asked})]
    with pytest.raises(ReceiverAwayError) as caught:
        sender.send(letter)
    assert caught.value.wait_s == wait_s


def test_redirect_is_not_followed(sender: WebhookSender, receiver: Receiver, letter: Letter) -> None:
    with receiving() as (elsewhere, address):
        receiver.replies = [Reply(307, {"location": f"{address}/steal"})]
        with pytest.raises(ReceiverAwayError, match="redirects are not followed"):
            sender.send(letter)
        assert elsewhere.requests == []


@pytest.mark.parametrize("how", ["silent", "drip"])
def test_receiver_that_does_not_come_to_an_end_is_left_in_time(
    sender: WebhookSender, receiver: Receiver, letter: Letter, how: str
) -> None:
    receiver.replies = [Reply(how=how)]  # type: ignore[arg-type]
    began_s = time.monotonic()
    with pytest.raises(ReceiverAwayError, match=r"no answer within 0\.5 s"):
        sender.send(letter)
    assert time.monotonic() - began_s < 5


def test_broken_connection_is_told(sender: WebhookSender, receiver: Receiver, letter: Letter) -> None:
    receiver.replies = [Reply(how="reset")]
    with pytest.raises(ReceiverAwayError, match="broke off"):
        sender.send(letter)


def test_receiver_that_is_not_there_is_told(letter: Letter) -> None:
    with receiving() as (_, address):
        pass
    with pytest.raises(ReceiverAwayError, match="cannot be reached"):
        WebhookSender(entry(address), "streetwarden test").send(letter)


def test_no_more_of_an_answer_is_read_than_anybody_needs(receiver: Receiver, address: str) -> None:
    receiver.replies = [Reply(200, body=b"x" * (MAX_ANSWER_BYTES * 40))]

    answer = Poster("platform", 5.0).post(Post(address, b"{}", {}))

    assert len(answer.body) == MAX_ANSWER_BYTES


def test_proxy_of_the_environment_is_not_used(
    sender: WebhookSender, receiver: Receiver, letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    sender.send(letter)

    assert len(receiver.requests) == 1


def test_certificate_of_nobody_is_refused_and_that_of_the_named_authority_counts(
    letter: Letter, tmp_path: Path
) -> None:
    certificate = own_certificate(tmp_path)
    with receiving(certificate) as (receiver, address):
        with pytest.raises(ReceiverAwayError, match="CERTIFICATE_VERIFY_FAILED"):
            WebhookSender(entry(address), "streetwarden test").send(letter)
        assert receiver.requests == []

        WebhookSender(entry(address, ca_file=certificate), "streetwarden test").send(letter)
        assert len(receiver.requests) == 1


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_authority_that_cannot_be_read_stops_the_start(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"ca_file .*ca\.pem cannot be used"):
        WebhookSender(entry(ca_file=path), "streetwarden test")


def test_case_that_is_filed_sends_its_form_and_nothing_before_it(
    store: CaseStore, outbox: Outbox, receiver: Receiver, address: str, clock: Clock
) -> None:
    outbox.set_targets({"platform": "forms"})
    case = filed(store)
    sender = WebhookSender(entry(address, sends="forms"), "streetwarden test", now=clock)

    [letter] = outbox.due("platform", clock(), 5)
    sender.send(letter)

    [request] = receiver.requests
    told = json.loads(request.body)
    assert (told["title"], told["case_number"], told["sequence"], told["issued_by"]) == (
        "问题登记单",
        case.number,
        3,
        "li",
    )
    assert request.headers["webhook-id"] == f"{letter.event.id}-problem_registration"
