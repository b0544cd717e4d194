"""Fixtures that all packages share, and the rule that an automated run skips nothing."""

import itertools
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy.engine import URL

from cases.database import sqlite_url
from models.openvino_engine import has_bf16
from tests.postgres_server import KINDS, NoPostgresError, PostgresServer

settings.register_profile("patient", deadline=None)  # an example may be slow on a busy machine
settings.register_profile("fuzz", deadline=None, max_examples=5_000)  # minutes: HYPOTHESIS_PROFILE=fuzz pytest -k fuzz
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "patient"))


@pytest.fixture(scope="session", autouse=True)
def keys_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let every system that a test starts make its signing key in a folder of the test run, not in one's own home."""
    before = os.environ.get("XDG_CONFIG_HOME")
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("config"))
    yield
    os.environ.pop("XDG_CONFIG_HOME")
    if before is not None:
        os.environ["XDG_CONFIG_HOME"] = before


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this run, Debian's own; without it what needs it is skipped."""
    try:
        server = PostgresServer()
    except NoPostgresError as err:
        pytest.skip(str(err))
    yield server
    server.remove()


@pytest.fixture(scope="session")
def database_numbers() -> Iterator[int]:
    return itertools.count(1)


@pytest.fixture(params=KINDS)
def blank_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[URL]:
    """Where a database of each kind can be made; there is nothing yet."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "blank.sqlite")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"blank_{next(request.getfixturevalue('database_numbers'))}"
    yield server.create(name)
    server.drop(name)


CHECKOUT = Path(__file__).resolve().parent.parent
MATERIAL = CHECKOUT.parent / "shared" / "material"


@pytest.fixture(scope="session")
def material() -> Path:
    """The folder of real clips, detections and weights that lies beside the checkout."""
    if not MATERIAL.is_dir():
        pytest.skip(f"real material is not there: {MATERIAL}")
    return MATERIAL


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this machine can never run: the program is to work without the training extra and bfloat16."""
    lacking = set()
    if find_spec("ultralytics") is None:
        lacking.add("train")
    if not has_bf16():
        lacking.add("bf16")
    left_out = {item for item in items if any(mark.name in lacking for mark in item.iter_markers())}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped and not _may_skip():
        terminalreporter.write_line(
            f"{len(skipped)} skipped although CI is set: a run of record skips nothing", red=True
        )


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and reporter.stats.get("skipped") and not _may_skip() and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _may_skip() -> bool:
    return os.environ.get("CI", "") not in {"1", "true"}
