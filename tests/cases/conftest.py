"""Fixtures of the tests of cases."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cases.database import Database, open_database
from cases.store import CaseStore


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables and no row; each test gets a copy, which is quicker than running the migrations."""
    path = tmp_path_factory.mktemp("empty") / "cases.sqlite"
    open_database(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def database(empty_database: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(empty_database, tmp_path / "cases.sqlite")
    database = Database(f"sqlite:///{tmp_path}/cases.sqlite")
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> CaseStore:
    return CaseStore(database)
