"""The whole: where it is and how it is doing, for people as JSON, for Prometheus as text; and what this API can do."""

import ipaddress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from api.auth import Needs, Serving, Viewer
from api.bodies import HealthBody, SiteBody
from cases.people import Role

router = APIRouter(tags=["health"])


@router.get("/api/health")
def health(system: Serving, person: Viewer) -> HealthBody:
    """Return version, model, engine, disk, and what an operator should know."""
    return HealthBody.of(system.health())


@router.get("/api/site")
def site(system: Serving, person: Viewer) -> SiteBody:
    """Return the time zone of the place that is watched; hours of rules are meant in it."""
    name = system.settings.timezone
    offset = datetime.now(ZoneInfo(name)).utcoffset() or timedelta()
    return SiteBody(timezone=name, utc_offset_h=offset / timedelta(hours=1))


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(request: Request, system: Serving) -> Response:
    """Return all figures for Prometheus: to programs on this machine, and to people who are signed in."""
    if not _is_local(request):
        Needs(Role.VIEWER)(request)
    return Response(system.metrics.text(), media_type=CONTENT_TYPE_LATEST)


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request, person: Viewer) -> JSONResponse:
    """Return the description of this API (OpenAPI 3.1)."""
    return JSONResponse(request.app.openapi())


def _is_local(request: Request) -> bool:
    """Say whether a program on this machine asks by itself; what a proxy hands on carries a forwarding header."""
    if request.client is None or {"forwarded", "x-forwarded-for", "x-real-ip"} & set(request.headers.keys()):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
