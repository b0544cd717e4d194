"""A database with an outbox, and a receiver."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cases.database import Database, open_database
from cases.outbox import Outbox
from cases.store import CaseStore
from tests.pipeline.outward.builders import Clock
from tests.pipeline.outward.receiver import Receiver, receiving


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
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


@pytest.fixture
def outbox(database: Database) -> Outbox:
    outbox = Outbox(database)
    outbox.set_targets({"platform": "events"})
    return outbox


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def running() -> Iterator[tuple[Receiver, str]]:
    with receiving() as (receiver, address):
        yield receiver, address


@pytest.fixture
def receiver(running: tuple[Receiver, str]) -> Receiver:
    return running[0]


@pytest.fixture
def address(running: tuple[Receiver, str]) -> str:
    return running[1]
