"""Opens the key that signs evidence: made at the first start, kept outside the data folder, announced inside it.

Each key that ever signed here has an announcement below `keys/` in the evidence folder: `key-0001/announcement.json`
with its signature, `public.pem`, and `earlier.sums`, which for the first one names every pack that was written before
evidence was signed. So a lost key is no end: the next start makes a new one, announces it, and old signatures are still
checked with the old public keys, which stay beside the private one.

Belongs here: which key signs, and telling of a new one. Does not: judging signatures (integrity, trust).
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from cases.disk import Disk, way_out
from cases.evidence_errors import SigningKeyError, SigningKeyMissingError
from cases.packs import MANIFEST_NAME, MAX_MANIFEST_BYTES, SIGNATURE_NAME, canonical_bytes, pack_number, sha256_hex
from cases.problems import Findings, Problem, ProblemKind
from cases.signing import (
    MAX_PEM_BYTES,
    PUBLIC_FOLDER,
    SIGNATURE_BYTES,
    PublicKey,
    SigningKey,
    keep_public_key,
    load_signing_key,
    make_signing_key,
    remove_unfinished_keys,
)
from cases.sweeping import PackKey
from cases.trees import DiskTree, small_file
from cases.trust import Trust

logger = logging.getLogger(__name__)

ANNOUNCED = "keys"
"""Folder below the evidence root."""

TEXT_NAME, PUBLIC_NAME, EARLIER_NAME, SIGNED_NAME = (
    "announcement.json",
    "public.pem",
    "earlier.sums",
    "announcement.sig",
)

MAX_SUMS_BYTES = 1 << 30
"""A line of `earlier.sums` has some 130 bytes; this is enough for seven million packs."""


class NewKey(StrEnum):
    """Why a key was announced."""

    FIRST = "first"  # evidence is signed from now on
    LOST = "lost"  # the key of before was not there any more
    REPLACED = "replaced"  # somebody put another key in its place


@dataclass(frozen=True, slots=True)
class Announcement:
    """What `announcement.json` says.

    Attributes:
        number: counts the keys of this evidence folder, from 1.
        fingerprint: of the new key, which signed this.
        why: what made it necessary.
        announced_at: when, aware UTC.
        previous_sha256: hash of the announcement before, empty for the first.
        earlier_sha256: hash of `earlier.sums`.
        earlier_packs: how many packs it names.
        format: version of this layout.
    """

    number: int
    fingerprint: str
    why: NewKey
    announced_at: datetime
    previous_sha256: str
    earlier_sha256: str
    earlier_packs: int
    format: Literal["streetwarden-key/1"] = "streetwarden-key/1"


@dataclass(frozen=True, slots=True, eq=False)
class Announced:
    """One announcement as it lies on the disk.

    Attributes:
        name: of its folder.
        said: what it says.
        content: the same byte by byte.
        key: the key that it announces.
        is_whole: whether the key signed exactly this, and `earlier.sums` is as it says.
        earlier: hash of each manifest that `earlier.sums` names.
    """

    name: str
    said: Announcement
    content: bytes
    key: PublicKey
    is_whole: bool
    earlier: Mapping[PackKey, str]


@dataclass(frozen=True, slots=True, eq=False)
class OpenedKey:
    """The key that signs from now on, and its announcement where it is news in this evidence folder."""

    key: SigningKey
    news: Announcement | None


_ANNOUNCEMENTS: TypeAdapter[Announcement] = TypeAdapter(Announcement)


def open_keyring(
    folder: Path, evidence_root: Path, clock: Callable[[], datetime], *, disk: Disk | None = None
) -> OpenedKey:
    """Return the key of a folder, made if there is none, and announce it in the evidence folder if it is new there.

    Args:
        folder: outside the data folder.
        evidence_root: the evidence that it signs; nobody else may write to it meanwhile.
        clock: wall time, aware UTC.
        disk: what writes.

    Raises:
        SigningKeyError: there is a key that cannot be used, or none can be made or announced.
    """
    before = list(announcements(evidence_root))
    is_made = False
    try:
        key = load_signing_key(folder)
    except SigningKeyMissingError:
        _bring_back(folder, before)  # before there is a key: a start that is cut off here does it again
        key, is_made = make_signing_key(folder), True
    try:
        remove_unfinished_keys(folder)
        keep_public_key(folder, key.public)
        news = _announced(evidence_root, disk or Disk(), key, before, clock(), is_made=is_made)
    except OSError as err:
        raise SigningKeyError(f"the signing key in {folder} cannot be announced: {way_out(err)}") from None
    if news is not None:
        _tell(folder, news, before)
    return OpenedKey(key, news)


def announcements(evidence_root: Path) -> Iterator[Announced]:
    """Yield the announcements of an evidence folder in their order; what cannot be read is left out and said."""
    folder = evidence_root / ANNOUNCED
    for _, path in _numbered(folder):
        try:
            yield _read(path)
        except (OSError, ValueError) as err:
            logger.error("evidence key %s: its announcement cannot be read: %s", path, err)


def vouched(trust: Trust, evidence_root: Path) -> Trust:
    """Return the trust together with the unsigned packs that a key which counts signed for when signing began."""
    if _numbered(evidence_root / ANNOUNCED):
        trust = replace(trust, has_begun=True)
    for announced in announcements(evidence_root):
        if announced.is_whole and trust.key(announced.said.fingerprint, {announced.key.fingerprint: announced.key}):
            trust = trust.also([announced.key], announced.earlier)
    return trust


def check_announcements(evidence_root: Path, trust: Trust) -> tuple[Problem, ...]:
    """Return what does not fit about the announcements of an evidence folder; nothing is altered."""
    found, previous = Findings(), ""
    for number, path in _numbered(evidence_root / ANNOUNCED):
        name = f"{ANNOUNCED}/{path.name}"
        with found.refusals(name):
            try:
                announced = _read(path)
            except ValueError as err:
                found.add(ProblemKind.CHANGED, name, "no_announcement", why=str(err))
                continue
            _check_one(found, name, announced, (number, previous))
            if not trust.key(announced.said.fingerprint, {announced.key.fingerprint: announced.key}):
                found.add(ProblemKind.FOREIGN_SIGNATURE, name, "foreign", fingerprint=announced.said.fingerprint)
            previous = sha256_hex(announced.content)
    return found.checked().problems


def _check_one(found: Findings, name: str, announced: Announced, expected: tuple[int, str]) -> None:
    said = announced.said
    if canonical_bytes(_ANNOUNCEMENTS.dump_python(said, mode="json")) != announced.content:
        found.add(ProblemKind.CHANGED, name, "not_canonical")
    if (said.number, said.previous_sha256) != expected:
        found.add(ProblemKind.BROKEN_CHAIN, name, "announcement_not_following")
    if not announced.is_whole:
        found.add(ProblemKind.BAD_SIGNATURE, name, "announcement_misfit")


def _read(folder: Path) -> Announced:
    tree = DiskTree(folder)
    content = small_file(tree, TEXT_NAME, MAX_MANIFEST_BYTES)
    try:
        said = _ANNOUNCEMENTS.validate_json(content)
    except ValidationError as err:
        raise ValueError(err.errors(include_url=False, include_input=False)[0]["msg"]) from None
    pem = small_file(tree, PUBLIC_NAME, MAX_PEM_BYTES)
    key = PublicKey.from_pem(pem)
    sums = small_file(tree, EARLIER_NAME, MAX_SUMS_BYTES)
    signature = small_file(tree, SIGNED_NAME, SIGNATURE_BYTES)
    is_whole = (key.fingerprint, sha256_hex(sums)) == (said.fingerprint, said.earlier_sha256)
    is_whole = is_whole and key.pem == pem and key.fits(content, signature)
    return Announced(folder.name, said, content, key, is_whole, dict(_named(sums)) if is_whole else {})


def _named(sums: bytes) -> Iterator[tuple[PackKey, str]]:
    for line in sums.decode().splitlines():
        sha256, path = line.split("  ", 1)
        *_day, case_id, pack, _manifest = path.split("/")
        yield (case_id, pack_number(pack) or 0), sha256


def _numbered(folder: Path) -> list[tuple[int, Path]]:
    named = [path for path in folder.glob("key-*") if path.name.removeprefix("key-").isascii()]
    numbers = [(path.name.removeprefix("key-"), path) for path in named]
    return sorted((int(digits), path) for digits, path in numbers if digits.isdigit())


def _bring_back(folder: Path, before: list[Announced]) -> None:
    """Take over the public keys of before from the evidence folder where those beside the private key are gone too."""
    if any((folder / PUBLIC_FOLDER).glob("*.pem")):
        return
    for announced in before:
        if announced.is_whole:
            try:
                keep_public_key(folder, announced.key)
            except OSError as err:
                raise SigningKeyError(f"no key can be kept in {folder}: {way_out(err)}") from None
            logger.warning(
                "evidence key %s: taken over from the evidence folder, as %s was lost; compare it with your records",
                announced.key.fingerprint,
                folder / PUBLIC_FOLDER,
            )


def _announced(
    root: Path, disk: Disk, key: SigningKey, before: list[Announced], at: datetime, *, is_made: bool
) -> Announcement | None:
    if before and before[-1].said.fingerprint == key.public.fingerprint and before[-1].is_whole:
        return None
    why = NewKey.LOST if is_made else NewKey.REPLACED
    folder = root / ANNOUNCED
    number = max((number for number, _ in _numbered(folder)), default=0) + 1
    sums = "".join(_unsigned_lines(root)) if number == 1 else ""
    said = Announcement(
        number=number,
        fingerprint=key.public.fingerprint,
        why=why if number > 1 else NewKey.FIRST,
        announced_at=at,
        previous_sha256=sha256_hex(before[-1].content) if before else "",
        earlier_sha256=sha256_hex(sums.encode()),
        earlier_packs=sums.count("\n"),
    )
    content = canonical_bytes(_ANNOUNCEMENTS.dump_python(said, mode="json"))
    unfinished, final = folder / ".key.writing", folder / f"key-{number:04d}"
    disk.remove_tree(unfinished)
    disk.make_folder(unfinished)
    parts = {
        TEXT_NAME: content,
        SIGNED_NAME: key.sign(content),
        PUBLIC_NAME: key.public.pem,
        EARLIER_NAME: sums.encode(),
    }
    for name, data in parts.items():
        disk.write(unfinished / name, [data])
    disk.sync_folder(unfinished)
    disk.rename(unfinished, final)
    return said


def _unsigned_lines(root: Path) -> Iterator[str]:
    """Yield a line of `sha256sum` for each manifest that has no signature, with its path from the evidence root."""
    for path in sorted(root.glob(f"[0-9]*/[0-9]*/[0-9]*/*/pack-*/{MANIFEST_NAME}")):
        if not path.with_name(SIGNATURE_NAME).exists():
            yield f"{sha256_hex(path.read_bytes())}  {path.relative_to(root).as_posix()}\n"


def _tell(folder: Path, news: Announcement, before: list[Announced]) -> None:
    if news.why is NewKey.FIRST:
        logger.info("evidence is signed from now on: the key is in %s, its fingerprint is %s", folder, news.fingerprint)
        if news.earlier_packs:
            logger.warning(
                "evidence of before: %d packs have no signature; their hashes are signed", news.earlier_packs
            )
        return
    logger.warning(
        "evidence is signed by another key from now on, as the one before (%s) was %s; the new one is in %s, "
        "its fingerprint is %s",
        before[-1].said.fingerprint if before else "unknown",
        news.why.value,
        folder,
        news.fingerprint,
    )
