"""Fixtures of the tests of cases, which run on SQLite and on PostgreSQL alike."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from cases.database import Database, open_database, sqlite_url
from cases.store import CaseStore
from tests.postgres_server import NoPostgresError, PostgresServer

KINDS = ("sqlite", "postgresql")
TEMPLATE = "template_cases"


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables and no row; each test gets a copy, which is quicker than running the migrations."""
    path = tmp_path_factory.mktemp("empty") / "cases.sqlite"
    open_database(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this run, with one database that has all tables and no row."""
    try:
        server = PostgresServer()
    except NoPostgresError as err:
        pytest.skip(str(err))
    open_database(server.create(TEMPLATE)).close()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    return itertools.count(1)


@pytest.fixture
def sqlite_database(empty_sqlite: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "cases.sqlite"
    shutil.copy(empty_sqlite, path)
    database = Database(sqlite_url(path))
    yield database
    database.close()


@pytest.fixture
def postgresql_database(postgres: PostgresServer, numbers: Iterator[int]) -> Iterator[Database]:
    name = f"test_{next(numbers)}"
    database = Database(postgres.create(name, template=TEMPLATE))
    yield database
    database.close()
    postgres.drop(name)


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest) -> Database:
    """A database with all tables and no row, once of each kind."""
    return request.getfixturevalue(f"{request.param}_database")


@pytest.fixture(params=KINDS)
def blank_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[URL]:
    """Where a database of each kind can be made; there is nothing yet."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "blank.sqlite")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"blank_{next(request.getfixturevalue('numbers'))}"
    yield server.create(name)
    server.drop(name)


@pytest.fixture
def store(database: Database) -> CaseStore:
    return CaseStore(database)
