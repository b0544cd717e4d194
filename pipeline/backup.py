"""Makes a backup of an installation while it runs, and puts one back into an empty data folder.

The order makes it whole: the database first, as it is at one moment, then the files. Evidence is written before the row
that names it and never altered, so every file that a row of the copy names is there when files are copied. Packs that
are written meanwhile come along without a row; the sweep gives them one when the backup is put back.

A backup is a folder: the database's copy, `data/` with everything else of the data folder, `SHA256SUMS` over all (for
`sha256sum -c`), and `backup.json`, which is written last: without it the backup is not whole. The key that signs
evidence lies elsewhere on purpose and is not in it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from cases.database_copy import check_empty, dump_name, load_database, save_database
from cases.disk import Digest, Disk, digest_of, read_chunks, way_out
from cases.errors import BackupError
from cases.evidence import utc_now
from cases.packs import is_unfinished_name
from cases.recovery import recover
from pipeline.settings import Settings
from pipeline.stores import database_url, program, stored_cases

SUMS, TOLD, DATA = "SHA256SUMS", "backup.json", "data"
FORMAT = "streetwarden-backup/1"


class BackupFacts(BaseModel):
    """What `backup.json` says: when the database was copied, by which program, and how much there is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: str
    made_at: AwareDatetime
    program: str
    database: str
    files: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back: the backup's own facts, how many cases there are, and the packs that got their row now."""

    facts: BackupFacts
    cases: int
    with_new_row: int
    without_pack: int


def back_up(
    settings: Settings, out: Path, *, evidence: bool = True, clock: Callable[[], datetime] = utc_now
) -> BackupFacts:
    """Write a backup into a new folder; the service may be running.

    Args:
        settings: of the installation.
        out: the folder; it must not be there, or be empty.
        evidence: whether the evidence files come along; without, copy them afterwards by other means, not before.
        clock: wall time.

    Raises:
        BackupError: the folder is in use, lies in the data folder, or something cannot be copied.
    """
    data = settings.data.resolve()
    if out.exists() and any(out.iterdir()):
        raise BackupError(f"the folder {out} is not empty; name a new one for each backup")
    if out.resolve().is_relative_to(data):
        raise BackupError(f"the folder {out} lies in the data folder; a backup belongs on another disk")
    disk, url, made_at = Disk(), database_url(settings), clock()
    try:
        disk.make_folder(out)
        dump = save_database(url, out)
        sums = {dump.name: digest_of(dump)}
        for path in _files(data, _not_copied(data, Path(url.database or ""), evidence=evidence)):
            name = (DATA / path.relative_to(data)).as_posix()
            if (digest := _copied(disk, path, out / name)) is not None:
                sums[name] = digest
        lines = "".join(f"{digest.sha256}  {name}\n" for name, digest in sums.items())
        disk.write(out / SUMS, [lines.encode()])
        size_bytes = sum(digest.size_bytes for digest in sums.values())
        facts = BackupFacts(
            format=FORMAT,
            made_at=made_at,
            program=program(),
            database=dump.name,
            files=len(sums),
            size_bytes=size_bytes,
        )
        disk.write(out / TOLD, [facts.model_dump_json(indent=1).encode()])
        disk.sync_folder(out)
    except OSError as err:
        raise BackupError(f"the backup in {out} could not be finished: {way_out(err)}; remove it") from err
    return facts


def restore(settings: Settings, backup: Path) -> Restored:
    """Put a backup into the place that the settings name, where there must be nothing yet.

    Raises:
        BackupError: the backup is not whole or damaged, or there is something that it would write over.
        DatabaseError, MigrationError: the copy cannot be brought up to this program's layout.
    """
    facts, url, data, disk = read_facts(backup), database_url(settings), settings.data.resolve(), Disk()
    check_empty(url)
    if dump_name(url) != facts.database:
        raise BackupError(
            f"the backup holds {facts.database}; the settings name a database of {url.get_backend_name()}"
        )
    sums = _sums(backup)
    sha256_of_dump = sums.pop(facts.database, "")
    targets = {name: _target(data, name) for name in sums}
    if there := next((target for target in targets.values() if target.exists()), None):
        raise BackupError(f"{there} is there already; put the backup into an empty data folder")
    try:
        disk.make_folder(data)
        for name, sha256 in sums.items():
            _put_back(disk, backup / name, targets[name], sha256)
        if digest_of(backup / facts.database).sha256 != sha256_of_dump:
            raise BackupError(f"{backup / facts.database} is not as it was written; use another backup")
        load_database(url, backup / facts.database)
    except OSError as err:
        raise BackupError(f"the backup could not be put into {data}: {err.filename}: {way_out(err)}") from err
    with stored_cases(settings, must_exist=True) as (cases, evidence):
        recovered = recover(cases, evidence)
        count = sum(cases.counts().values())
    return Restored(facts, count, len(recovered.swept.without_row), len(recovered.swept.missing))


def read_facts(backup: Path) -> BackupFacts:
    """Return what a backup says of itself.

    Raises:
        BackupError: it is no whole backup.
    """
    try:
        facts = BackupFacts.model_validate_json((backup / TOLD).read_bytes())
    except OSError:
        raise BackupError(f"{backup} is no whole backup: it has no {TOLD}, which is written last") from None
    except ValidationError as err:
        raise BackupError(f"{backup / TOLD} cannot be read: {err.errors()[0]['msg']}") from None
    if facts.format != FORMAT:
        raise BackupError(f"{backup} is a backup of the format {facts.format}; use the program that wrote it, or newer")
    return facts


def _sums(backup: Path) -> dict[str, str]:
    lines = (backup / SUMS).read_text(encoding="utf-8").splitlines()
    return {name: sha256 for sha256, _, name in (line.partition("  ") for line in lines)}


def _not_copied(data: Path, database: Path, *, evidence: bool) -> frozenset[Path]:
    """Return what is not copied with the rest.

    That is the database's own files, which are copied in another way, recordings, which are gone in days anyway and
    must not live on in backups, and evidence where it is not wanted.
    """
    files = {database.with_name(database.name + end) for end in ("", "-wal", "-shm", "-journal")}
    files |= {data / "recordings"}
    return frozenset(files if evidence else {*files, data / "evidence"})


def _files(folder: Path, left_out: frozenset[Path]) -> Iterator[Path]:
    """Yield what lies below a folder but packs that are being written; what goes away meanwhile is passed over."""
    try:
        paths = sorted(folder.iterdir())
    except FileNotFoundError:
        return
    for path in paths:
        if path in left_out or path.is_symlink() or is_unfinished_name(path.name) or path.suffix == ".part":
            continue
        if path.is_dir():
            yield from _files(path, left_out)
        elif path.is_file():
            yield path


def _copied(disk: Disk, source: Path, target: Path) -> Digest | None:
    """Copy a file; None where it went away meanwhile, as a picture does whose offence came to nothing."""
    try:
        chunks = read_chunks(source)
        disk.make_folder(target.parent)
        return disk.write(target, chunks)
    except FileNotFoundError:
        target.unlink(missing_ok=True)
        return None


def _target(data: Path, name: str) -> Path:
    target = (data / Path(name).relative_to(DATA)).resolve()
    if not target.is_relative_to(data):
        raise BackupError(f"the backup names {name!r}, which lies outside of the data folder; it was not written by us")
    return target


def _put_back(disk: Disk, source: Path, target: Path, sha256: str) -> None:
    disk.make_folder(target.parent)
    if disk.write(target, read_chunks(source)).sha256 != sha256:
        target.unlink()
        raise BackupError(f"{source} is not as it was written; use another backup, and remove what was put back")
