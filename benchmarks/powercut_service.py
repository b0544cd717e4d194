"""Runs the service of the power-cut benchmark in a process that can be killed at any moment, and works at its page.

The process holds what `streetwarden run` holds (`System`, the page's API, uvicorn) on drawn cameras, with known truth
for a model. It is forked from a process that has imported everything, so that a start takes a fraction of a second.
`Clerk` is the person at the page: looks at the list of cases, confirms what is new, and remembers each answer.
"""

import json
import logging
import multiprocessing
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path

import httpx
import uvicorn

from api.app import create_app
from benchmarks.errors import SideFailedError
from benchmarks.powercut_street import VehicleFinder, Yards, open_yard
from cases.disk import Disk
from cases.people import Role
from pipeline.settings import Settings
from pipeline.stores import open_people
from pipeline.system import System
from pipeline.whole_files import write_whole
from streams.opening import Openers

logger = logging.getLogger(__name__)

UP_LIMIT_S, DOWN_LIMIT_S = 120.0, 60.0
NAME, PASSWORD = "clerk", "a clerk of the benchmark"
DATABASE = "streetwarden.sqlite"
CLIP_BEFORE_S, CLIP_AFTER_S = 2.0, 3.0
ASK_EVERY_S = 0.25
PRELOADED = ["benchmarks.powercut_service", "uvicorn.protocols.http.httptools_impl", "uvicorn.loops.uvloop"]


@dataclass(frozen=True, slots=True)
class Site:
    """Where a service lives and what it watches."""

    folder: Path
    yards: Yards

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    @property
    def keys(self) -> Path:
        """The folder of the signing key."""
        return self.folder / "keys"

    @property
    def settings(self) -> Settings:
        """What the service is told."""
        zones = self.folder / "zones.json"
        cameras = [
            {"id": f"yard-{number}", "url": self.yards.url(number), "zones": str(zones)}
            for number in range(self.yards.cameras)
        ]
        evidence = {"keys": str(self.keys), "clip_before_s": CLIP_BEFORE_S, "clip_after_s": CLIP_AFTER_S}
        return Settings.model_validate({"data": str(self.data), "cameras": cameras, "evidence": evidence})

    def prepare(self) -> None:
        """Write the zones, and make the clerk's account in a process of its own, which leaves no file open here."""
        Disk().make_folder(self.folder)
        rule = {"kind": "parking", "limit_s": 1, "queue_vehicles": 0}
        zone = {"id": "yard", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]], "rule": rule}
        write_whole(self.folder / "zones.json", json.dumps({"zones": [zone]}).encode())
        process = _context().Process(target=_make_account, args=(self,))
        process.start()
        process.join(UP_LIMIT_S)
        if process.exitcode != 0:
            raise SideFailedError("service", f"no account could be made, status {process.exitcode}")


def warm_up() -> None:
    """Start the process that services are forked from, and wait until it has imported everything."""
    process = _context().Process(target=_nothing)
    process.start()
    process.join(UP_LIMIT_S)


class Life:
    """One run of the service, from its start to its end."""

    def __init__(self, site: Site) -> None:
        context = _context()
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(site, there), daemon=True)
        self.began_s = time.time()
        self._address = ""
        self._process.start()
        there.close()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid or 0

    def address(self, limit_s: float = UP_LIMIT_S) -> str:
        """Return where its page is, as soon as it listens and its cameras run.

        Raises:
            TimeoutError: not within the limit.
            SideFailedError: it ended by itself.
        """
        if self._address:
            return self._address
        if not self._pipe.poll(limit_s):
            raise TimeoutError(f"the service was not up within {limit_s:.1f} s")
        try:
            self._address = str(self._pipe.recv())
            return self._address
        except (EOFError, OSError):
            raise SideFailedError("service", f"ended by itself, status {self._process.exitcode}") from None

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self._process.kill()
        self._process.join(DOWN_LIMIT_S)
        self._pipe.close()

    def stop(self) -> None:
        """End it as a service manager does."""
        self._process.terminate()
        self._process.join(DOWN_LIMIT_S)
        if self._process.is_alive():
            self.kill()
            raise SideFailedError("service", f"did not end within {DOWN_LIMIT_S:.0f} s")
        self._pipe.close()


@dataclass(slots=True)
class Ledger:
    """What the page has answered so far.

    Attributes:
        seen: cases by id with their numbers.
        confirmed: cases whose confirming was answered with 200.
        cookies: of the session, which outlives a restart.
    """

    seen: dict[str, str] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)


class Clerk:
    """Works at the page of one life until that ends; a thread of its own.

    Attributes:
        ledger: what the page has answered, to this clerk and those before.
        kept_from_s: by camera, the Unix time of the oldest picture that the service kept, as its page told.
        looks: what the page told of how often each camera was looked at: Unix time, camera, looks.
    """

    def __init__(self, address: str, ledger: Ledger) -> None:
        self.ledger = ledger
        self.kept_from_s: dict[int, float] = {}
        self.looks: list[tuple[float, int, int]] = []
        self._stop = threading.Event()
        self._client = httpx.Client(base_url=address, timeout=30.0, cookies=ledger.cookies)
        self._thread = threading.Thread(target=self._work, name="clerk", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Wait until the clerk notices that nobody answers any more, or stops."""
        self._stop.set()
        self._thread.join(DOWN_LIMIT_S)

    def _work(self) -> None:
        with suppress(httpx.HTTPError), self._client as client:
            if not self.ledger.cookies:
                sign_in(client)
                self.ledger.cookies.update(client.cookies)
            while not self._stop.wait(ASK_EVERY_S):
                self._ask_cameras(client)
                for case in newest_cases(client):
                    self.ledger.seen.setdefault(case["id"], case["number"])
                    if case["id"] not in self.ledger.confirmed:
                        self._confirm(client, case["id"])

    def looks_between(self, camera: int, from_s: float, to_s: float) -> int:
        """Return how often a camera was looked at for sure between two Unix times."""
        told = [looks for at_s, number, looks in self.looks if number == camera and from_s <= at_s <= to_s]
        return max(told) - min(told) if told else 0

    def _ask_cameras(self, client: httpx.Client) -> None:
        for number, camera in enumerate(client.get("/api/cameras").raise_for_status().json()["cameras"]):
            self.looks.append((time.time(), number, int(camera["looks"]["looked"])))
            if (ring_s := float(camera["health"]["ring_s"])) > 0:
                from_s = time.time() - ring_s
                self.kept_from_s[number] = min(from_s, self.kept_from_s.get(number, from_s))

    def _confirm(self, client: httpx.Client, case_id: str) -> None:
        answer = client.post(f"/api/cases/{case_id}/actions", json={"action": "confirm", "reason": ""})
        if answer.status_code == httpx.codes.OK:
            self.ledger.confirmed.add(case_id)


def sign_in(client: httpx.Client) -> None:
    """Sign the clerk in."""
    answer = client.post("/api/session", json={"name": NAME, "password": PASSWORD})
    answer.raise_for_status()


def newest_cases(client: httpx.Client) -> Iterator[dict[str, str]]:
    """Yield id, number and state of the newest cases as the page lists them."""
    answer = client.get("/api/cases?size=60")
    answer.raise_for_status()
    for row in answer.json()["cases"]:
        yield {"id": str(row["id"]), "number": str(row["number"]), "state": str(row["state"])}


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def _make_account(site: Site) -> None:
    open_people(site.settings).create(NAME, PASSWORD, Role.ADMIN)


def _nothing() -> None:
    """End at once."""


def _serve(site: Site, pipe: Connection) -> None:
    """Be the service."""
    logging.basicConfig(filename=site.folder / "service.log", level=logging.INFO, format="%(asctime)s %(message)s")
    logging.raiseExceptions = False  # its file may lie on a disk that has just lost its power
    logging.getLogger("httpx").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn sends itself again what ended it
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        try:
            system = System(site.settings, Openers({"synthetic": open_yard}), model=VehicleFinder())
        except Exception as err:
            logger.exception("the service cannot start: %s", err)
            raise
        try:
            system.start()
            server = uvicorn.Server(uvicorn.Config(create_app(system), log_config=None, ws="none"))
            pipe.send(f"http://127.0.0.1:{listener.getsockname()[1]}")
            server.run(sockets=[listener])
        except Exception as err:
            logger.exception("the service ends: %s", err)
            raise
        finally:
            system.stop()
