"""Fixtures of the tests of cases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cases.database import Database, open_database
from cases.store import CaseStore


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path}/cases.sqlite")
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> CaseStore:
    return CaseStore(database)
