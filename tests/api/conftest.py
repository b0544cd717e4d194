"""One fake system per test, and clients that are signed in."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.app import create_app
from tests.api.fake_system import DATABASE, PASSWORDS, FakeSystem, make_template
from tests.api.film import Film, encode
from tests.api.serving import served

with warnings.catch_warnings():  # Starlette would rather have httpx2; its client works with the httpx we have
    warnings.filterwarnings("ignore", message="Using `httpx`")
    from fastapi.testclient import TestClient

if TYPE_CHECKING:  # without playwright all but the page can be tested
    from playwright.sync_api import Browser

    from tests.api.browser import Visit


@pytest.fixture(scope="session")
def film() -> Film:
    return encode()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / DATABASE
    make_template(path)
    return path


@pytest.fixture
def system(tmp_path: Path, film: Film, template: Path) -> Iterator[FakeSystem]:
    films = {"gate-1": ("人民路东口", film), "gate-2": ("文化街北口", None)}
    fake = FakeSystem(tmp_path / "data", films, template)
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
def client(system: FakeSystem) -> Iterator[TestClient]:
    """Somebody who is not signed in."""
    with TestClient(create_app(system)) as visitor:
        yield visitor


@pytest.fixture
def as_person(client: TestClient) -> Callable[[str], TestClient]:
    """Signs a person of the fake system in: wang looks, li operates, zhang administers."""

    def sign_in(name: str) -> TestClient:
        answer = client.post("/api/session", json={"name": name, "password": PASSWORDS[name]})
        assert answer.status_code == 200, answer.text
        return client

    return sign_in


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    from tests.api.browser import chromium

    with chromium() as running:
        yield running


@pytest.fixture
def address(system: FakeSystem) -> Iterator[str]:
    with served(create_app(system)) as running:
        yield running


@pytest.fixture
def visit(browser: "Browser", address: str) -> Iterator["Visit"]:
    """Signs a person in, in a context of their own; at the end no console may have complained."""
    from tests.api.browser import Visitor

    visitors: list[Visitor] = []

    def enter(name: str = "li", language: str = "zh-CN", password: str = "") -> Visitor:
        visitor = Visitor(browser, address, language)
        visitors.append(visitor)
        visitor.sign_in(name, password or PASSWORDS[name])
        return visitor

    yield enter
    for visitor in visitors:
        visitor.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []
