"""Commands that start the program: `run` for one's own cameras, `demo` for drawn streets."""

import json
import logging
import shutil
import signal
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from rich.console import Console

from api.app import create_app
from api.commands.demo_site import DEMO_PASSWORD, DEMO_USER, demo_settings, write_demo_zones
from api.commands.people import first_admin
from api.commands.summary import summary_of
from api.openers import openers
from cases.people import Role
from pipeline.errors import SettingsError
from pipeline.settings import ServerSettings, load_settings
from pipeline.system import System
from streams.urls import redact

logger = logging.getLogger(__name__)

DEMO_MARK = ".streetwarden-demo"
"""Lies in a folder that the demo made, so that it never clears one that somebody else needs."""


def run(
    config: Annotated[Path, typer.Option("--config", "-c", help="settings file (TOML)")] = Path("settings.toml"),
) -> None:
    """Watch one's own cameras and serve the page."""
    settings = load_settings(config)
    console = Console(stderr=True)
    with _listening(settings.server) as listener:
        system = System(settings, openers())
        first_admin(system.people, console)
        with _running(system):
            _serve(system, listener, console, exit_after_s=None)


def demo(
    browser: Annotated[bool, typer.Option(help="open the page in a browser")] = True,
    exit_after: Annotated[float | None, typer.Option(help="end after so many seconds", min=1)] = None,
    summary: Annotated[Path | None, typer.Option(help="write what happened to this JSON file")] = None,
    data: Annotated[Path, typer.Option(help="folder of the demo; cleared at start")] = Path("demo-data"),
    port: Annotated[int, typer.Option(help="TCP port; 0 takes a free one", min=0, max=65535)] = 8380,
    model: Annotated[Path | None, typer.Option("--model", "-m", help="model card; the bundled one if absent")] = None,
) -> None:
    """Show the whole job on four drawn streets: watch, file, warn."""
    console = Console(stderr=True)
    settings = demo_settings(data, port, model)
    with _listening(settings.server) as listener:
        _clear(data)
        if summary is not None:
            _try_to_write(summary)
        write_demo_zones(data)
        system = System(settings, openers())
        system.people.create(DEMO_USER, DEMO_PASSWORD, Role.ADMIN)
        console.print(f"sign in as [bold]{DEMO_USER}[/bold] with the password [bold]{DEMO_PASSWORD}[/bold]")
        if browser:
            webbrowser.open(_address(listener))
        with _running(system):
            _serve(system, listener, console, exit_after_s=exit_after)
            cameras = system.cameras()
        if summary is not None:
            told = json.dumps(summary_of(system, cameras), ensure_ascii=False, indent=2)
            summary.write_text(told + "\n", encoding="utf-8")


def _listening(server: ServerSettings) -> socket.socket:
    """Take the port before anything else starts, so that a busy one costs nothing.

    Raises:
        SettingsError: the port is taken, or the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((server.host, server.port))
    except OSError as err:
        listener.close()
        raise SettingsError(
            f"cannot listen on {server.host}, port {server.port}: {err.strerror}; "
            "end the program that uses it, or choose another with [server] port (demo: --port)"
        ) from None
    return listener


def page_address(host: str, port: int) -> str:
    """Return where a browser on this machine finds the page of a service that listens on an address and port."""
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return page_address(host, port)


@contextmanager
def _running(system: System) -> Iterator[None]:
    with _ending_in_order():
        try:
            system.start()
            yield
        finally:
            system.stop()


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Let SIGTERM, with which service managers end a program, end this one by way of its `finally`s.

    Uvicorn takes the signal while it serves, and sends it again when it has ended: by default that ends the process
    before the system was stopped.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _serve(system: System, listener: socket.socket, console: Console, *, exit_after_s: float | None) -> None:
    """Serve the page until a signal or the time is up."""
    config = uvicorn.Config(
        create_app(system),
        log_config=None,
        log_level="warning",
        timeout_graceful_shutdown=5,
        ws="websockets-sansio",
        ws_per_message_deflate=False,  # video does not shrink; trying took a third of the server's time
    )
    console.print(f"Streetwarden: [bold]{_address(listener)}[/bold]  (Ctrl+C ends it)", highlight=False)
    _TimedServer(config, exit_after_s).run(sockets=[listener])


class _TimedServer(uvicorn.Server):
    """A server that ends by itself after a while."""

    def __init__(self, config: uvicorn.Config, exit_after_s: float | None) -> None:
        super().__init__(config)
        self._end_s = None if exit_after_s is None else time.monotonic() + exit_after_s

    async def on_tick(self, counter: int) -> bool:
        """Called by uvicorn ten times a second."""
        return await super().on_tick(counter) or (self._end_s is not None and time.monotonic() >= self._end_s)


def _try_to_write(summary: Path) -> None:
    """Make the file before anything runs, so that nobody waits for what cannot be kept.

    Raises:
        SettingsError: it cannot be written.
    """
    try:
        summary.open("a").close()
    except OSError as err:
        raise SettingsError(
            f"the summary {redact(str(summary))} cannot be written: {err.strerror}; name another file by --summary"
        ) from None


def _clear(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / DEMO_MARK).exists():
        raise SettingsError(f"{folder} was not made by the demo, so it is left alone; choose another with --data")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / DEMO_MARK).touch()
