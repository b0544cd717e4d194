"""Fixtures of the tests of cases, which run on SQLite and on PostgreSQL alike."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cases.database import Database, open_database, sqlite_url
from cases.store import CaseStore
from tests.postgres_server import KINDS, PostgresServer

TEMPLATE = "template_cases"


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables and no row; each test gets a copy, which is quicker than running the migrations."""
    path = tmp_path_factory.mktemp("empty") / "cases.sqlite"
    open_database(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def empty_postgres(postgres: PostgresServer) -> str:
    """The name of a PostgreSQL database with all tables and no row; each test gets a copy."""
    open_database(postgres.create(TEMPLATE)).close()
    return TEMPLATE


@pytest.fixture
def sqlite_database(empty_sqlite: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "cases.sqlite"
    shutil.copy(empty_sqlite, path)
    database = Database(sqlite_url(path))
    yield database
    database.close()


@pytest.fixture
def postgresql_database(
    postgres: PostgresServer, empty_postgres: str, database_numbers: Iterator[int]
) -> Iterator[Database]:
    name = f"test_{next(database_numbers)}"
    database = Database(postgres.create(name, template=empty_postgres))
    yield database
    database.close()
    postgres.drop(name)


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest) -> Database:
    """A database with all tables and no row, once of each kind."""
    return request.getfixturevalue(f"{request.param}_database")


@pytest.fixture
def store(database: Database) -> CaseStore:
    return CaseStore(database)
