"""Puts the server together: routes, sockets, the page's files, and the guards before them.

`create_app(system)` is all that others need. The app neither starts nor stops the system.
"""

from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from api import (
    event_socket,
    live_socket,
    routes_cameras,
    routes_cases,
    routes_desk,
    routes_evaluation,
    routes_evidence,
    routes_exchange,
    routes_health,
    routes_horns,
    routes_labels,
    routes_places,
    routes_session,
    routes_trials,
)
from api.auth import make_front
from api.bodies import ErrorAnswer
from api.guards import BodyLimit, Faults, OwnPageOnly, SecurityHeaders
from api.problems import install_handlers
from api.sessions import Sessions, load_or_make_key
from pipeline.system import System

WEB_FOLDER = Path(__file__).resolve().parent / "web"

KEY_FILE = "session.key"
"""In the data folder; removing it signs everybody out."""


def create_app(system: System) -> FastAPI:
    """Return the ASGI app of a system.

    Raises:
        OSError: the session key can neither be read nor made in the data folder.
    """
    settings = system.settings
    key = load_or_make_key(settings.data / KEY_FILE)
    app = FastAPI(
        title="Streetwarden",
        version=version("streetwarden"),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        responses={"4XX": {"model": ErrorAnswer}, "5XX": {"model": ErrorAnswer}},
    )
    app.state.front = make_front(system, Sessions(key, settings.server.session_hours * 3600))
    routes = (
        routes_session,
        routes_cameras,
        routes_desk,
        routes_cases,
        routes_places,
        routes_horns,
        routes_labels,
        routes_health,
    )
    # routes_desk first: what it serves below /api/cases is no case id
    for part in (
        *routes,
        routes_trials,
        routes_evaluation,
        routes_evidence,
        routes_exchange,
        live_socket,
        event_socket,
    ):
        app.include_router(part.router)
    app.mount("/web", StaticFiles(directory=WEB_FOLDER), name="web")
    app.add_api_route("/", _page, include_in_schema=False)
    install_handlers(app)
    for guard in (BodyLimit, OwnPageOnly, Faults):
        app.add_middleware(guard)
    app.add_middleware(SecurityHeaders, tiles=settings.map.origin)  # the last one added stands first
    return app


def _page() -> FileResponse:
    return FileResponse(WEB_FOLDER / "index.html", headers={"Cache-Control": "no-cache"})
