"""Starts a private PostgreSQL server for tests and benchmarks: Debian's own, in a temporary folder, on a socket there.

PostgreSQL refuses to run as root; there it runs as the account that Debian's package made for it. Nothing listens on
the network, and only who may enter the folder can connect, so that no password is needed.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

KINDS = ("sqlite", "postgresql")
"""Kinds of database that tests run on."""

ACCOUNT = "postgres"
"""Who runs the server where we are root."""

LIMIT_S = 120.0

QUICK = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_connections": "200"}
"""For data that nobody needs after the tests."""


class NoPostgresError(Exception):
    """PostgreSQL cannot be run here; the message says why and how it could."""


class PostgresServer:
    """A server with a folder of its own; `remove` ends it and removes its folder.

    Args:
        options: settings of the server besides those that make it private.
        parent: where its folder is made; the system's temporary folder if absent.

    Raises:
        NoPostgresError: PostgreSQL is not installed.
        RuntimeError: it cannot be set up; the message holds what it said.
    """

    def __init__(self, options: Mapping[str, str] = QUICK, *, parent: Path | None = None) -> None:
        self._programs, owner = _programs(), _owner()
        self.folder = Path(tempfile.mkdtemp(prefix="sw-pg-", dir=parent))
        os.chown(self.folder, *owner)
        self._data = self.folder / "data"
        self._run(
            "initdb", "-D", self._data, "-U", "streetwarden", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"
        )
        private = {"listen_addresses": "''", "unix_socket_directories": f"'{self.folder}'"}
        lines = [f"{name} = {value}\n" for name, value in {**options, **private}.items()]
        with (self._data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(lines)
        self.start()

    def start(self) -> None:
        """Start it and return when it answers."""
        self._run("pg_ctl", "-D", self._data, "-l", self.folder / "log", "-w", "-t", LIMIT_S, "start")

    def stop(self, *, how: str = "fast") -> None:
        """Stop it; `fast` ends sessions in order, `immediate` is what a power cut looks like."""
        self._run("pg_ctl", "-D", self._data, "-w", "-m", how, "stop")

    def url(self, database: str) -> URL:
        """Return the URL of one of its databases."""
        return URL.create(
            "postgresql+psycopg", "streetwarden", database=database, query={"host": str(self.folder), "port": "5432"}
        )

    def create(self, database: str, *, template: str = "template0") -> URL:
        """Make a database, as a copy of another one that nobody is connected to, and return its URL."""
        self._command(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._command(f'DROP DATABASE "{database}" WITH (FORCE)')

    def remove(self) -> None:
        """End it and remove its folder."""
        if (self._data / "postmaster.pid").exists():
            self.stop(how="immediate")
        shutil.rmtree(self.folder)

    def _command(self, statement: str) -> None:
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(text(statement))
        finally:
            engine.dispose()

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(self._programs / program), *(str(argument) for argument in arguments)]
        if os.geteuid() == 0:
            command = ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups", *command]
        # The server that pg_ctl leaves behind would keep a pipe open for ever; what it says goes to its log.
        with (self.folder / "output").open("ab") as output:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.folder, timeout=LIMIT_S
            )
        if done.returncode:
            said = (self.folder / "output").read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"PostgreSQL: {program} ended with {done.returncode}: {said[-2000:]}")


def _owner() -> tuple[int, int]:
    """Return user and group that the server runs as."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    try:
        account = pwd.getpwnam(ACCOUNT)
    except KeyError:
        raise NoPostgresError(f"PostgreSQL refuses to run as root, and there is no account {ACCOUNT}") from None
    return account.pw_uid, account.pw_gid


def _programs() -> Path:
    """Return the folder of Debian's newest PostgreSQL; its programs for servers are on nobody's PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise NoPostgresError("PostgreSQL is not installed; sudo apt install postgresql")
    return Path(on_path).resolve().parent
