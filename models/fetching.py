"""Brings a file of the shelf into a folder: from its publisher, a mirror or another folder, and whole or not at all.

Content goes into a part file first, is compared with the pinned digest, brought to the medium, and only then gets its
name. Where no digest is pinned, the one that came first is recorded beside the file (`.sha256`, as sha256sum writes
it), and whatever comes later must be the same.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from models.cards import ModelCard, card_toml, load_card
from models.download import USUAL, Patience, Progress, Wish, download, forget_part
from models.errors import CardError, FetchError, WrongFileError
from models.http_problems import ELSEWHERE, parsed_url
from models.shelf import RemoteFile, ShelfEntry

SPARE_BYTES = 64 << 20
"""Room that is left on the disk: evidence may be written to the same one."""

COPY_BYTES = 1 << 20

FOLDER_MODE, FILE_MODE = 0o755, 0o644
"""Public models hold no secret, and root may fetch them for a service that runs as another account."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where files are taken from: their publishers, or one place that has them all under the names they have here.

    Attributes:
        mirror: address of a folder on a server, may hold an account; empty for none.
        folder: on this machine; None for none.
    """

    mirror: str = ""
    folder: Path | None = None

    @classmethod
    def named(cls, place: str) -> "Source":
        """Return the source that a person wrote: nothing, an address, or a folder's path.

        Raises:
            FetchError: the address is none.
        """
        if "://" in place:
            parsed_url(place)
            return cls(mirror=place)
        return cls(folder=Path(place)) if place else cls()


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file of the shelf that is here and is the right one.

    Attributes:
        path: of the file.
        sha256: of its content.
        is_pinned: whether the shelf knew that digest; otherwise it was recorded at the first fetch.
        was_here: whether nothing had to be fetched.
    """

    path: Path
    sha256: str
    is_pinned: bool
    was_here: bool


def fetch(
    remote: RemoteFile, folder: Path, source: Source, on_progress: Progress, *, patience: Patience = USUAL
) -> Fetched:
    """Bring a file into a folder, unless the right one is there already.

    Raises:
        WrongFileError: what came is not the file; nothing of it is kept.
        FetchBrokenOffError: the transfer ended early; the next try goes on.
        FetchError: it cannot be had, or the folder cannot take it.
    """
    path = folder / remote.file
    try:
        make_folder(folder)
        with _alone_in(folder):
            wanted = remote.sha256 or _recorded(path)
            there = sha256_of(path) if path.is_file() else ""
            was_here = bool(there) and there == (wanted or there)
            sha256 = there if was_here else _Errand(remote, path, source, on_progress, patience).run(wanted)
            if remote.sha256 is None and wanted is None:
                _record(path, sha256)
        return Fetched(path, sha256, is_pinned=remote.sha256 is not None, was_here=was_here)
    except OSError as err:
        if err.errno in {errno.ENOSPC, errno.EDQUOT}:
            with contextlib.suppress(OSError):
                forget_part(_part_of(path))
        raise FetchError(
            f"{remote.file} cannot be kept in {folder}: {err.strerror or 'it cannot be written'}; make room or give "
            "permission there, or name another folder by --into"
        ) from None


def fetch_weights(entry: ShelfEntry, folder: Path, source: Source, on_progress: Progress) -> tuple[Path, Fetched]:
    """Bring the ready weights of an entry into a folder and put their card beside them, unless it is there.

    Returns:
        The card's path, and the weights.

    Raises:
        FetchError: the entry has no ready weights, or see `fetch`.
    """
    if entry.weights is None:
        raise FetchError(
            f"{entry.publisher} offers {entry.name} as a checkpoint only; turn it into weights that run with: "
            f"streetwarden models export {entry.name}"
        )
    fetched = fetch(entry.weights, folder, source, on_progress)
    card = entry.card.model_copy(update={"sha256": fetched.sha256, "file": fetched.path})
    return put_card(card, folder / f"{entry.name}.toml"), fetched


def put_card(card: ModelCard, path: Path) -> Path:
    """Write a card whole or not at all; one that is there for the same weights stays, as a person may have tuned it.

    Raises:
        FetchError: it cannot be written.
    """
    with contextlib.suppress(CardError):
        there = load_card(path)
        if (there.sha256, there.file) == (card.sha256, card.file.resolve()):
            return path
    part = _part_of(path)
    try:
        with part.open("wb") as file:
            file.write(card_toml(card).encode())
            put_in_place(file, part, path)
    except OSError as err:
        raise FetchError(f"{path} cannot be written: {err.strerror}; make room or give permission there") from None
    return path


def make_folder(folder: Path) -> None:
    """Make a folder for models where it is not there, readable by all whatever the account's umask.

    Raises:
        OSError: it cannot be made.
    """
    if not folder.is_dir():
        folder.mkdir(parents=True)
        folder.chmod(FOLDER_MODE)


def put_in_place(file: BinaryIO, part: Path, path: Path) -> None:
    """Bring an open part file to the medium, then give it its name; all may read it.

    Raises:
        OSError: the disk is full or fails; an older file of that name stays.
    """
    file.flush()
    os.fchmod(file.fileno(), FILE_MODE)
    os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sha256_of(path: Path) -> str:
    """Return the digest of a file's content.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class _Errand:
    """Fetches one file that is not there."""

    remote: RemoteFile
    path: Path
    source: Source
    on_progress: Progress
    patience: Patience

    @property
    def part(self) -> Path:
        return _part_of(self.path)

    def run(self, wanted: str | None) -> str:
        """Fill the part file, check it, and give it its name; return its digest."""
        self._check_room()
        origin = self._copy() if self.source.folder is not None else self._download(wanted)
        found = sha256_of(self.part)
        if found != (wanted or found):
            forget_part(self.part)
            whose = "pinned for it" if self.remote.sha256 else "recorded when it was first fetched"
            raise WrongFileError(
                f"{origin} is not {self.remote.file}: its sha256 is {found}, but {wanted} is {whose}; nothing was kept"
            )
        with self.part.open("rb+") as file:
            put_in_place(file, self.part, self.path)
        forget_part(self.part)
        return found

    def _download(self, wanted: str | None) -> str:
        mirror = self.source.mirror.rstrip("/")
        url = f"{mirror}/{self.remote.file}" if mirror else self.remote.url
        wish = Wish(url, self.part, self.remote.bytes, is_pinned=wanted is not None)
        resumed = download(wish, self.on_progress, patience=self.patience)
        if resumed and wanted is not None and sha256_of(self.part) != wanted:
            forget_part(self.part)  # what was here already was damaged, or of another version
            download(wish, self.on_progress, patience=self.patience)
        return "what the mirror has" if mirror else "what the publisher has"

    def _copy(self) -> str:
        origin = (self.source.folder or Path()) / self.remote.file
        if not origin.is_file():
            raise FetchError(f"there is no file {origin}; put it there under that name, or {ELSEWHERE}")
        total = origin.stat().st_size
        if total != (self.remote.bytes or total):
            raise WrongFileError(
                f"{origin} is {total} bytes long, but {self.remote.bytes} are wanted; it was not taken"
            )
        forget_part(self.part)
        have = 0
        with _readable(origin) as read, self.part.open("wb") as write:
            while chunk := read.read(COPY_BYTES):
                have += write.write(chunk)
                self.on_progress(have, total)
        return str(origin)

    def _check_room(self) -> None:
        folder, have = self.path.parent, self.part.stat().st_size if self.part.is_file() else 0
        missing = max(0, (self.remote.bytes or 0) - have)
        free = shutil.disk_usage(folder).free
        if free < missing + SPARE_BYTES:
            raise FetchError(
                f"{folder} has {free / 1e6:.0f} MB free, but {self.remote.file} takes {missing / 1e6:.0f} MB and "
                f"{SPARE_BYTES / 1e6:.0f} MB are left to others; make room there, or name another folder by --into"
            )


def _readable(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as err:
        raise FetchError(f"{path} cannot be read: {err.strerror}; give this account permission to") from None


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep other commands from filling the same part files; a file system without locks has none."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FetchError(f"another command is fetching into {folder}; wait until it has ended") from None
        except OSError:
            pass
        yield
    finally:
        os.close(descriptor)


def _record_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _recorded(path: Path) -> str | None:
    """Return the digest that was recorded at the first fetch."""
    record = _record_of(path)
    return record.read_text(encoding="utf-8").partition(" ")[0] if record.is_file() else None


def _record(path: Path, sha256: str) -> None:
    """Record a digest that nobody pinned."""
    record = _record_of(path)
    with _part_of(record).open("wb") as file:
        file.write(f"{sha256}  {path.name}\n".encode())
        put_in_place(file, _part_of(record), record)


def _part_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")
