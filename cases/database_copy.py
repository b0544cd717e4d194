"""Copies a database while it is in use, and puts a copy into an empty one.

SQLite by its own online backup, PostgreSQL by its pg_dump and pg_restore (custom format). Either gives what one moment
held; who writes meanwhile is not kept waiting.

Belongs here: the database alone. Does not: evidence files and the order of the two (pipeline.backup).
"""

import os
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from cases.disk import Disk, read_chunks
from cases.errors import BackupError

LIMIT_S = 6 * 3600.0
"""pg_dump of ten million cases takes some tens of minutes; one that takes this long waits for something."""

_DUMPS = {"sqlite": "database.sqlite", "postgresql": "database.pgdump"}


def dump_name(url: URL) -> str:
    """Return the name of the file that the copy of a database gets.

    Raises:
        BackupError: this kind of database cannot be copied.
    """
    kind = url.get_backend_name()
    if kind not in _DUMPS:
        raise BackupError(f"databases of the kind {kind} cannot be backed up by this program")
    return _DUMPS[kind]


def save_database(url: URL, folder: Path) -> Path:
    """Write what the database holds at one moment into a folder and return the file.

    Raises:
        BackupError: it cannot be read or written; the message says why.
        OSError: the folder refuses.
    """
    target = folder / dump_name(url)
    if url.get_backend_name() == "sqlite":
        _save_sqlite(Path(url.database or ""), target)
    else:
        _run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}"], url)
        with target.open("rb") as file:
            os.fsync(file.fileno())
    return target


def load_database(url: URL, dump: Path) -> None:
    """Put a copy into a database that holds nothing yet.

    Raises:
        BackupError: there is something already, or it cannot be read or written; the message says why.
        OSError: the disk refuses.
    """
    if dump.name != dump_name(url):
        raise BackupError(f"the backup holds {dump.name}, which does not fit a database of {url.get_backend_name()}")
    if url.get_backend_name() == "sqlite":
        file = Path(url.database or "")
        part = file.with_name(f"{file.name}.part")
        part.unlink(missing_ok=True)
        Disk().write(part, read_chunks(dump))
        Disk().rename(part, file)
    else:
        options = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
        _run(["pg_restore", *options, f"--dbname={url.database}", str(dump)], url)


def check_empty(url: URL) -> None:
    """Refuse a database that holds anything: what is there is never written over.

    Raises:
        BackupError: it holds something, or does not answer.
    """
    if url.get_backend_name() == "sqlite":
        if Path(url.database or "").exists():
            raise BackupError(f"there is a database {url.database} already; a backup is put back beside, never over it")
        return
    engine = create_engine(url)
    try:
        tables = inspect(engine).get_table_names()
    except DBAPIError as err:
        raise BackupError(f"database {url.render_as_string()} does not answer: {err.orig}") from None
    finally:
        engine.dispose()
    if tables:
        raise BackupError(f"database {url.render_as_string()} holds tables already; name a new, empty one")


def _save_sqlite(file: Path, target: Path) -> None:
    if not file.is_file():
        raise BackupError(f"there is no database {file}: nothing was kept yet, or it was removed")
    try:
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)  # all pages in one step: one moment, whoever writes meanwhile
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
            (found,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as err:
        raise BackupError(f"database {file} cannot be copied to {target}: {err}") from err
    if found != "ok":
        raise BackupError(f"database {file} is damaged ({found}); its copy is no backup. Restore an older one")
    with target.open("rb") as written:
        os.fsync(written.fileno())


def _run(command: Sequence[str], url: URL) -> None:
    """Run one of PostgreSQL's programs; what it connects to goes by its environment, where nobody reads a password."""
    told = {"PGUSER": url.username, "PGPASSWORD": url.password, "PGHOST": url.host, "PGDATABASE": url.database}
    told["PGPORT"] = str(url.port) if url.port else None
    told |= {f"PG{name.upper()}": str(value) for name, value in url.query.items()}
    environment = {**os.environ, **{name: value for name, value in told.items() if value}}
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            command, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    except FileNotFoundError:
        raise BackupError(f"{command[0]} is not installed; sudo apt install postgresql-client") from None
    except subprocess.TimeoutExpired:
        raise BackupError(f"{command[0]} did not end within {LIMIT_S / 3600:.0f} hours") from None
    if done.returncode:
        said = " ".join(done.stderr.split())[-500:]
        raise BackupError(f"database {url.render_as_string()}: {command[0]} ended with {done.returncode}: {said}")
