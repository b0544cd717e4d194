"""Opens the database, brings its layout up to date and hands out transactions.

SQLite is the default: write-ahead log, every commit forced to the medium, one writer at a time. A PostgreSQL URL works
the same; nothing above this module knows the difference.

Belongs here: connections, transactions, migration. Does not: what the tables hold (tables), queries (store).
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from sqlite3 import SQLITE_BUSY
from sqlite3 import Connection as SqliteConnection
from sqlite3 import OperationalError as SqliteError

import alembic.command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import DatabaseError as SqlDatabaseError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, UOWTransaction

from cases.errors import (
    AppendOnlyError,
    CasesError,
    DatabaseError,
    DatabaseUnusableError,
    MigrationError,
    UnstorableError,
)
from cases.tables import AuditTableRow, ReceivedFormRow

BUSY_TIMEOUT_S = 15.0
"""How long a writer waits for another process that holds the SQLite file, for example a backup."""

WRITES = "streetwarden_writes"
"""Execution option that marks a transaction as a writing one."""

POOLED, OVERFLOW = 10, 50
"""Connections kept open, and how many more there may be: a page's requests run on up to 40 threads at once."""

MIGRATION_LOCK = 0x5357_4D49
"""Number of the PostgreSQL lock that who brings up the tables holds; any will do that nobody else takes."""

LINK_LIMITS = {
    "connect_timeout": "10",  # s
    "keepalives_idle": "30",  # s
    "keepalives_interval": "10",  # s
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",  # ms
}
"""A PostgreSQL that does not answer any more is given up within about a minute; a URL may say otherwise (libpq)."""

_WAYS_OUT = {
    "unable to open database file": "make its folder, and let the account that runs the service write there",
    "attempt to write a readonly database": "let the account that runs the service write the file and its folder",
    "database or disk is full": "make room on its disk",
    "disk I/O error": "its disk is full, read-only or failing: make room, mount it writable, or replace it",
    "database is locked": "another program holds the file; end it or wait",
}

_MIGRATIONS = Path(__file__).parent / "migrations"


class Database:
    """A database at a URL. Any thread may use it; each transaction has its own session.

    Args:
        url: SQLAlchemy URL, for example `sqlite:////var/lib/streetwarden/streetwarden.sqlite`.
        busy_timeout_s: how long to wait for another process that holds the file (SQLite only).

    Raises:
        DatabaseUnusableError: the URL names no database that can be used.
    """

    def __init__(self, url: str | URL, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        engine = _engine(url, busy_timeout_s)
        self._is_sqlite = is_sqlite = engine.dialect.name == "sqlite"
        # SQLite's readers see one moment by themselves.
        self._reader = engine if is_sqlite else engine.execution_options(isolation_level="REPEATABLE READ")
        self._writer = engine.execution_options(**{WRITES: True})
        self._name = parsed_url(url).render_as_string(hide_password=True)
        # SQLite lets writers in by sleeping and trying again; this lock lets our own threads in one after the other.
        self._turn: AbstractContextManager[object] = threading.Lock() if is_sqlite else nullcontext()
        self._after_writing: tuple[Callable[[], None], ...] = ()

    def upgrade(self, revision: str = "head") -> None:
        """Create or bring up the tables; does nothing when they are up to date.

        Args:
            revision: how far; an older one makes the tables of an older program (tests).

        Raises:
            MigrationError: the database is newer than this program, or a change failed; nothing was altered then.
            DatabaseError: the database refuses.
        """
        with self._turn, self._translated(), self._writer.begin() as connection:
            if connection.dialect.name == "postgresql":
                self._check_encoding(connection)
                # Two programs that start at once: the second waits.
                connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
            self._migrate(connection, revision)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one moment of the database.

        Raises:
            DatabaseError: the database refuses.
            UnstorableError: it can hold no such value as is looked for.
        """
        with self._translated(), Session(self._reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session whose changes are all on the medium when the block ends, or not at all when it raises.

        Raises:
            DatabaseError: the database refuses.
            UnstorableError: it can hold no such value.
            AppendOnlyError: the block tried to alter or remove history.
        """
        with self._turn, self._translated(), Session(self._writer, expire_on_commit=False) as session:
            event.listen(session, "before_flush", _refuse_changed_history)
            with session.begin():
                yield session
        for call in self._after_writing:
            call()

    def after_writing(self, call: Callable[[], None]) -> None:
        """Have something called after each transaction that wrote, on the thread that wrote; it must return at once."""
        self._after_writing = (*self._after_writing, call)

    def close(self) -> None:
        """Close every connection; a later use opens new ones."""
        self._reader.dispose()

    def _check_encoding(self, connection: Connection) -> None:
        encoding = connection.scalar(select(func.current_setting("server_encoding")))
        if encoding != "UTF8":
            raise DatabaseUnusableError(
                f"database {self._name} keeps text as {encoding}, which does not hold Chinese; make another one by "
                "CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0"
            )

    def _migrate(self, connection: Connection, revision: str) -> None:
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        config.attributes["connection"] = connection
        try:
            alembic.command.upgrade(config, revision)
        except CommandError as err:
            raise MigrationError(
                f"database {self._name} does not fit this program ({err}); use the version that last wrote it, or newer"
            ) from err
        except DBAPIError as err:
            raise MigrationError(
                f"database {self._name} could not be brought up to date: {_first_line(err.orig)}; nothing was "
                "altered, the version that last wrote it can still use it"
            ) from err

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise  # says that somebody else was faster; the caller knows what that means
        except (OperationalError, InterfaceError, PoolTimeoutError) as err:
            raise DatabaseError(f"database {self._name}: {_cause(err, is_sqlite=self._is_sqlite)}") from err
        except DataError as err:
            raise UnstorableError(f"this cannot be kept or looked for: {_first_line(err.orig)}") from err
        except SqlDatabaseError as err:
            if type(err) is not SqlDatabaseError:
                raise
            raise DatabaseUnusableError(f"database {self._name}: {err.orig}; restore it from a backup") from err


def parsed_url(url: str | URL) -> URL:
    """Return a database URL in parts.

    Raises:
        DatabaseUnusableError: it is none.
    """
    try:
        return make_url(url)
    except ArgumentError as err:
        raise _unusable(err) from None  # the message may hold the URL with its password


def sqlite_url(path: Path) -> URL:
    """Return the URL of an SQLite file; its name may hold what means something in a URL, such as ? or %."""
    return URL.create("sqlite", database=str(path))


def open_database(url: str | URL) -> Database:
    """Open a database and bring its tables up to date.

    Raises:
        DatabaseError: it cannot be opened.
        MigrationError: it cannot be brought up to date.
    """
    database = Database(url)
    try:
        database.upgrade()
    except CasesError:
        database.close()
        raise
    return database


def _unusable(err: Exception) -> DatabaseUnusableError:
    way_out = "install its driver by pip install -e '.[postgresql]'" if isinstance(err, ImportError) else ""
    way_out = way_out or "write for example sqlite:////var/lib/streetwarden/streetwarden.sqlite"
    return DatabaseUnusableError(f"the database URL cannot be used ({type(err).__name__}); {way_out}")


def _first_line(err: BaseException | None) -> str:
    return str(err).partition("\n")[0]


def _cause(err: OperationalError | InterfaceError | PoolTimeoutError, *, is_sqlite: bool) -> str:
    text = " ".join(str(getattr(err, "orig", err)).split())
    if not is_sqlite:
        return f"{text}; see that the PostgreSQL server runs and can be reached"
    for beginning, way_out in _WAYS_OUT.items():
        if text.startswith(beginning):
            return f"{text}; {way_out}"
    return text


def _engine(url: str | URL, busy_timeout_s: float) -> Engine:
    parsed = parsed_url(url)
    is_sqlite = parsed.get_backend_name() == "sqlite"
    if not is_sqlite:
        parsed = parsed.update_query_dict({k: v for k, v in LINK_LIMITS.items() if k not in parsed.query})
    try:
        engine = create_engine(
            parsed,
            pool_size=POOLED,
            max_overflow=OVERFLOW,
            pool_pre_ping=not is_sqlite,  # a server that was away and came back is not noticed by anybody
            hide_parameters=True,
        )
    except (ArgumentError, NoSuchModuleError, ImportError) as err:
        raise _unusable(err) from None
    event.listen(engine, "handle_error", _hide_row)
    if is_sqlite:
        _tune_sqlite(engine, busy_timeout_s)
    elif engine.dialect.name == "postgresql":
        event.listen(engine, "connect", _wait_for_the_medium)
    return engine


def _wait_for_the_medium(connection: DBAPIConnection, _record: object) -> None:
    """Have a commit return when it is on the medium, also where the server is set up not to wait for that."""
    cursor = connection.cursor()
    cursor.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    cursor.close()
    connection.commit()


def _hide_row(context: ExceptionContext) -> None:
    """Cut off the DETAIL in which PostgreSQL shows the refused row with all that it holds, such as hashes."""
    for err in (context.original_exception, context.sqlalchemy_exception):
        if err is not None and err.args and isinstance(err.args[0], str):
            err.args = (err.args[0].partition("\nDETAIL:")[0], *err.args[1:])


def _tune_sqlite(engine: Engine, busy_timeout_s: float) -> None:
    def on_connect(connection: SqliteConnection, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself; on_begin does
        connection.execute(f"PRAGMA busy_timeout = {busy_timeout_s * 1000:.0f}")
        _log_ahead(connection, busy_timeout_s)
        for pragma in ("synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    def on_begin(connection: Connection) -> None:
        # A transaction that begins as a reader and then writes can fail at once instead of waiting for its turn.
        is_writing = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)


def _log_ahead(connection: SqliteConnection, limit_s: float) -> None:
    """Turn the write-ahead log on; where two open a new file at once, SQLite refuses one of them without waiting."""
    ends_s, wait_s = time.monotonic() + limit_s, 0.01
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except SqliteError as err:
            if err.sqlite_errorcode != SQLITE_BUSY or time.monotonic() + wait_s > ends_s:
                raise
            time.sleep(wait_s * random.uniform(0.5, 1.0))  # noqa: S311 - so that the two do not meet again
            wait_s = min(2 * wait_s, 0.5)
        else:
            return


def _refuse_changed_history(session: Session, _flush: UOWTransaction, _instances: object) -> None:
    for row in (*session.deleted, *(row for row in session.dirty if session.is_modified(row))):
        if isinstance(row, AuditTableRow | ReceivedFormRow):
            raise AppendOnlyError(f"{row.__tablename__} is only ever added to; nothing in it is altered or removed")
