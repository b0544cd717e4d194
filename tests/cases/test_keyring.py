"""The signing key: made once, kept from others, announced, lost and followed by another, and never made by mistake."""

import logging
import os
import shutil
import subprocess
import tempfile
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed448, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from cases.evidence import EvidenceStore
from cases.evidence_errors import SigningKeyError, SigningKeyMissingError
from cases.keyring import NewKey, OpenedKey, announcements, check_announcements, open_keyring, vouched
from cases.packs import sha256_hex
from cases.problems import ProblemKind
from cases.signing import KEY_NAME, PUBLIC_FOLDER, PublicKey, SigningKey, load_signing_key, make_signing_key
from cases.trust import Trust, trusted_keys
from tests.cases.builders import NOON, OTHER_KEY, facts, parts
from tests.cases.failing_disk import FailingDisk

CASE = "case-1"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "config" / "keys"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data" / "evidence"


def opened(keys: Path, root: Path, days: float = 0) -> OpenedKey:
    return open_keyring(keys, root, lambda: NOON + timedelta(days=days))


def trust(keys: Path, root: Path) -> Trust:
    return vouched(trusted_keys(keys), root)


def write(root: Path, key: SigningKey | None) -> None:
    EvidenceStore(root, signer=key).write_pack(CASE, parts(), facts())


def problems(keys: Path, root: Path) -> list[tuple[ProblemKind, str]]:
    found = EvidenceStore(root).verify(CASE, trust=trust(keys, root)).problems
    return [(each.kind, each.path) for each in (*found, *check_announcements(root, trust(keys, root)))]


def test_first_start_makes_a_key_that_only_its_owner_reads_and_announces_it(keys: Path, root: Path) -> None:
    first = opened(keys, root)

    assert (keys / KEY_NAME).stat().st_mode & 0o777 == 0o600
    assert first.news is not None
    assert (first.news.why, first.news.number, first.news.fingerprint) == (
        NewKey.FIRST,
        1,
        first.key.public.fingerprint,
    )
    assert [path.name for path in keys.iterdir() if path.name.startswith(".")] == []


def test_later_starts_use_the_same_key_and_announce_nothing(keys: Path, root: Path) -> None:
    first = opened(keys, root)

    again = opened(keys, root, days=1)

    assert (again.key.public.fingerprint, again.news) == (first.key.public.fingerprint, None)
    assert len(list(announcements(root))) == 1


def test_key_of_one_account_serves_several_installations(keys: Path, root: Path, tmp_path: Path) -> None:
    first = opened(keys, root)

    second = opened(keys, tmp_path / "demo" / "evidence")

    assert second.key.public.fingerprint == first.key.public.fingerprint
    assert second.news is not None
    assert second.news.why is NewKey.FIRST


def test_many_starts_at_once_agree_on_one_key(keys: Path) -> None:
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.append(make_signing_key(keys).public.fingerprint)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert made == [load_signing_key(keys).public.fingerprint] * len(threads)
    assert [path.name for path in keys.iterdir()] == [KEY_NAME]


def test_key_that_is_there_is_never_replaced(keys: Path) -> None:
    first = make_signing_key(keys)

    assert make_signing_key(keys).public.fingerprint == first.public.fingerprint


def test_lost_key_is_followed_by_an_announced_one_and_old_signatures_still_count(
    keys: Path, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = opened(keys, root)
    write(root, before.key)
    (keys / KEY_NAME).unlink()

    with caplog.at_level(logging.WARNING):
        after = opened(keys, root, days=1)
    write(root, after.key)

    assert after.news is not None
    assert (after.news.why, after.news.number) == (NewKey.LOST, 2)
    assert after.key.public.fingerprint != before.key.public.fingerprint
    assert before.key.public.fingerprint in caplog.text
    assert after.key.public.fingerprint in caplog.text
    assert problems(keys, root) == []


def test_lost_folder_of_keys_brings_old_public_keys_back_from_their_announcements(
    keys: Path, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = opened(keys, root)
    write(root, before.key)
    shutil.rmtree(keys)

    with caplog.at_level(logging.WARNING):
        opened(keys, root, days=1)

    assert f"{before.key.public.fingerprint}: taken over" in caplog.text
    assert problems(keys, root) == []


def test_start_that_died_while_it_replaced_a_lost_key_is_made_up_for(
    keys: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old signatures must still count, so the public keys of before come back before there is a new one."""
    write(root, opened(keys, root).key)
    shutil.rmtree(keys)

    def dies(_folder: Path) -> SigningKey:
        make_signing_key(keys)
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr("cases.keyring.make_signing_key", dies)
        with pytest.raises(KeyboardInterrupt):
            opened(keys, root)
    write(root, opened(keys, root, days=1).key)

    assert problems(keys, root) == []


def test_private_key_that_a_crash_left_half_made_goes(keys: Path, root: Path) -> None:
    opened(keys, root)
    left = keys / f".{KEY_NAME}.0a1b2c3d"
    left.write_bytes((keys / KEY_NAME).read_bytes())

    opened(keys, root)

    assert not left.exists()
    assert load_signing_key(keys)


def test_key_that_somebody_exchanged_is_announced_as_such(keys: Path, root: Path) -> None:
    opened(keys, root)
    (keys / KEY_NAME).unlink()
    make_signing_key(keys)

    news = opened(keys, root).news

    assert news is not None
    assert news.why is NewKey.REPLACED


def test_key_that_was_put_beside_the_evidence_does_not_count(keys: Path, root: Path, tmp_path: Path) -> None:
    """Who can write the data folder signs it anew with a key of his own and announces that."""
    write(root, opened(keys, root).key)
    shutil.rmtree(root)
    write(root, opened(tmp_path / "intruder", root).key)

    assert {kind for kind, _ in problems(keys, root)} == {ProblemKind.FOREIGN_SIGNATURE}
    assert len(problems(keys, root)) == 2


@pytest.mark.parametrize("name", ["announcement.json", "announcement.sig", "public.pem", "earlier.sums"])
def test_every_flipped_bit_of_an_announcement_is_found(keys: Path, root: Path, name: str) -> None:
    write(root, None)
    opened(keys, root)
    (keys / KEY_NAME).unlink()
    opened(keys, root)
    path = root / "keys" / "key-0001" / name
    whole = path.read_bytes()
    for bit in range(0, len(whole) * 8, 5):
        altered = bytearray(whole)
        altered[bit // 8] ^= 1 << bit % 8
        path.write_bytes(altered)
        assert check_announcements(root, trusted_keys(keys)), f"bit {bit}"
    path.write_bytes(whole)
    assert check_announcements(root, trusted_keys(keys)) == ()


def test_announcement_that_was_removed_breaks_the_chain_of_the_next(keys: Path, root: Path) -> None:
    for _ in range(3):
        opened(keys, root)
        (keys / KEY_NAME).unlink()
    shutil.rmtree(root / "keys" / "key-0002")

    assert {each.kind for each in check_announcements(root, trusted_keys(keys))} == {ProblemKind.BROKEN_CHAIN}


def test_packs_of_before_signing_are_named_when_it_begins_and_count_as_they_were_then(keys: Path, root: Path) -> None:
    write(root, None)
    write(root, opened(keys, root).key)

    sums = (root / "keys" / "key-0001" / "earlier.sums").read_text("utf-8")
    checked = EvidenceStore(root).verify(CASE, trust=trust(keys, root))

    done = subprocess.run(["sha256sum", "--check", "-"], input=sums, text=True, cwd=root, capture_output=True)
    assert (done.returncode, sums.count("\n")) == (0, 1)
    assert (checked.problems, checked.unsigned) == ((), 1)


def test_unsigned_pack_that_appears_later_is_found(keys: Path, root: Path) -> None:
    opened(keys, root)
    write(root, None)

    assert problems(keys, root) == [(ProblemKind.UNSIGNED, "pack-0001/manifest.sig")]


def test_refused_announcement_is_one_sentence_and_the_next_start_makes_up_for_it(keys: Path, root: Path) -> None:
    steps = steps_of_an_announcement(keys)
    assert steps > 10
    for step in range(1, steps + 1):
        there = root / str(step)
        with pytest.raises(SigningKeyError, match="cannot be announced: the disk is full; make room there"):
            open_keyring(keys, there, lambda: NOON, disk=FailingDisk(step, 28))

        assert opened(keys, there).key.public.fingerprint == load_signing_key(keys).public.fingerprint
        assert check_announcements(there, trusted_keys(keys)) == ()
        assert len(list(announcements(there))) == 1


def steps_of_an_announcement(keys: Path) -> int:
    counting = FailingDisk(0, 0)
    with tempfile.TemporaryDirectory() as folder:
        open_keyring(keys, Path(folder) / "evidence", lambda: NOON, disk=counting)
    return counting.steps


def stored(keys: Path, content: bytes, mode: int = 0o600) -> None:
    keys.mkdir(parents=True)
    (keys / KEY_NAME).write_bytes(content)
    (keys / KEY_NAME).chmod(mode)


def pem(key: Ed25519PrivateKey | rsa.RSAPrivateKey | ed448.Ed448PrivateKey, password: bytes = b"") -> bytes:
    locked = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is damaged or no private key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "is damaged or no private key"),
        (os.urandom(200), "is damaged or no private key"),
        (OTHER_KEY.public.pem, "is damaged or no private key"),
        (pem(rsa.generate_private_key(65537, 2048)), "is of the kind RSA, not Ed25519"),
        (pem(ed448.Ed448PrivateKey.generate()), "is of the kind Ed448, not Ed25519"),
        (pem(Ed25519PrivateKey.generate(), b"secret"), "is locked by a password"),
    ],
)
def test_key_that_cannot_be_used_stops_the_start_and_stays(keys: Path, root: Path, content: bytes, words: str) -> None:
    stored(keys, content)

    with pytest.raises(SigningKeyError, match=words) as caught:
        opened(keys, root)

    assert str(keys / KEY_NAME) in str(caught.value)
    assert (keys / KEY_NAME).read_bytes() == content
    assert not root.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_key_that_others_may_read_stops_the_start(keys: Path, root: Path, mode: int) -> None:
    stored(keys, pem(Ed25519PrivateKey.generate()), mode)

    with pytest.raises(SigningKeyError, match=f"chmod 600 {keys / KEY_NAME}"):
        opened(keys, root)


def test_key_in_a_place_that_is_no_folder_is_one_sentence(keys: Path, root: Path) -> None:
    keys.parent.mkdir(parents=True)
    keys.write_text("x", "utf-8")

    with pytest.raises(SigningKeyError, match="Not a directory"):
        opened(keys, root)


def test_missing_key_says_who_makes_it(keys: Path) -> None:
    with pytest.raises(SigningKeyMissingError, match="the service makes one when it starts"):
        load_signing_key(keys)


def test_openssl_reads_our_keys_and_agrees_on_fingerprint_and_signature(keys: Path, tmp_path: Path) -> None:
    key = make_signing_key(keys)
    (tmp_path / "text").write_bytes("证据 evidence".encode())
    (tmp_path / "text.sig").write_bytes(key.sign((tmp_path / "text").read_bytes()))
    (tmp_path / "key.pem").write_bytes(key.public.pem)

    def openssl(*words: str) -> bytes:
        return subprocess.run(["openssl", *words], cwd=tmp_path, capture_output=True, check=True).stdout

    der = openssl("pkey", "-pubin", "-in", "key.pem", "-outform", "DER")
    words = ["-inkey", "key.pem", "-rawin", "-in", "text", "-sigfile", "text.sig"]
    assert sha256_hex(der) == key.public.fingerprint
    assert b"Signature Verified Successfully" in openssl("pkeyutl", "-verify", "-pubin", *words)
    assert openssl("pkey", "-in", str(keys / KEY_NAME), "-pubout") == key.public.pem


def test_key_counts_by_file_by_folder_and_by_fingerprint(keys: Path, tmp_path: Path) -> None:
    fingerprint, file = OTHER_KEY.public.fingerprint, tmp_path / "other.pem"
    file.write_bytes(OTHER_KEY.public.pem)
    offered = {fingerprint: OTHER_KEY.public}

    assert trusted_keys(keys).key(fingerprint, offered) is None
    assert trusted_keys(keys, [str(file)]).key(fingerprint) is not None
    assert trusted_keys(keys, [str(tmp_path)]).key(fingerprint) is not None
    assert trusted_keys(keys, [fingerprint.upper()]).key(fingerprint, offered) is OTHER_KEY.public
    assert trusted_keys(keys, ["ab" * 32]).key(fingerprint, offered) is None


@pytest.mark.parametrize("content", [b"no key", pem(Ed25519PrivateKey.generate())])
def test_what_is_no_public_key_is_named(keys: Path, content: bytes) -> None:
    (keys / PUBLIC_FOLDER).mkdir(parents=True)
    (keys / PUBLIC_FOLDER / "a.pem").write_bytes(content)

    with pytest.raises(SigningKeyError, match=r"a\.pem is no public key in PEM"):
        trusted_keys(keys)


def test_trust_by_what_is_neither_file_nor_fingerprint_is_refused(keys: Path) -> None:
    with pytest.raises(SigningKeyError, match="neither a file nor a fingerprint"):
        trusted_keys(keys, ["abc"])


def test_private_key_shows_in_no_text(keys: Path) -> None:
    key = make_signing_key(keys)
    secret = (keys / KEY_NAME).read_text("utf-8").splitlines()[1]

    assert secret not in repr(key) + str(vars(key)) + repr(key.public)
    assert PublicKey.from_pem(key.public.pem).fingerprint == key.public.fingerprint
