"""Who is asking: reads the session cookie of requests and WebSockets and checks that the role reaches.

A session names an account only; role and standing are looked up each time, so that a person who is removed or given
another role feels it with the next click.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from api.attempts import Attempts
from api.errors import ForbiddenError, NotSignedInError
from api.seats import Seats
from api.sessions import COOKIE_NAME, Session, Sessions
from api.shared_pictures import SharedPictures
from cases.deadlines import CodeDeadlines
from cases.evaluation_desk import EvaluationDesk
from cases.evaluation_inputs import INPUTS_FILE
from cases.evidence import utc_now
from cases.people import Person, Role
from cases.people_errors import PeopleError
from cases.time_left import Lights
from datasets.label_desk import LabelDesk
from datasets.label_sets import LabelSets
from pipeline.recordings import RecordingFolder
from pipeline.system import System
from pipeline.trials import TrialDesk

logger = logging.getLogger(__name__)

MAX_LIVE = 64
"""Live pictures sent at once: seven walls of nine cameras."""

MAX_PAGES = 128
"""Pages that are told of events at once."""

PICTURE_PERIOD_S = 0.5
"""JPEGs are the fallback: two a second is a picture that moves, at a tenth of the decoding of ten."""

PICTURE_WIDTH = 960
"""Pixels; a tile of a wall of four on a usual screen."""


@dataclass(frozen=True, slots=True)
class Front:
    """What every route needs; one per app.

    Attributes:
        system: what is served.
        sessions: issues and reads cookies.
        attempts: failed sign-ins per address.
        pictures: stills for those who cannot play the video.
        labels: sets of pictures whose labels people correct.
        evaluations: judges units, areas and posts.
        deadlines: the city's table of codes, and how its time is counted.
        lights: says how much of its time a case has left.
        trials: of zones, on recordings.
        seats: live pictures sent at once.
        page_seats: pages that are told of events at once.
        now: the wall clock, aware.
        hashing: held while a password is checked, so that a flood of sign-ins takes one core and no more.
    """

    system: System
    sessions: Sessions
    pictures: SharedPictures
    labels: LabelDesk
    evaluations: EvaluationDesk
    deadlines: CodeDeadlines
    lights: Lights
    trials: TrialDesk
    now: Callable[[], datetime] = utc_now
    attempts: Attempts = field(default_factory=Attempts)
    seats: Seats = field(default_factory=lambda: Seats(MAX_LIVE))
    page_seats: Seats = field(default_factory=lambda: Seats(MAX_PAGES))
    hashing: threading.Lock = field(default_factory=threading.Lock)


def make_front(system: System, sessions: Sessions) -> Front:
    """Return the front of a system."""
    pictures = SharedPictures(lambda camera_id: system.still_jpeg(camera_id, PICTURE_WIDTH), PICTURE_PERIOD_S)
    settings = system.settings
    local = ZoneInfo(settings.timezone)
    evaluations = EvaluationDesk(system.cases.database, settings.data / INPUTS_FILE, local)
    labels = LabelDesk(LabelSets(settings.labels_folder))
    deadlines = settings.codes.deadlines(local)
    trials = TrialDesk(RecordingFolder(settings.data / "recordings"))
    lights = Lights(deadlines, settings.codes.stage_clocks())
    return Front(system, sessions, pictures, labels, evaluations, deadlines, lights, trials)


def front_of(connection: HTTPConnection) -> Front:
    """Return the front of the app that serves a request or WebSocket."""
    front = connection.app.state.front
    assert isinstance(front, Front)  # noqa: S101  (create_app puts it there)
    return front


def session_of(connection: HTTPConnection) -> Session:
    """Return the session of a request or WebSocket.

    Raises:
        NotSignedInError: there is none, or it has ended.
    """
    return front_of(connection).sessions.read(connection.cookies.get(COOKIE_NAME, ""))


def person_of(connection: HTTPConnection) -> Person:
    """Return who is asking; reads the database and belongs on a worker thread.

    Raises:
        NotSignedInError: nobody, or an account that is gone, disabled or has another password since.
    """
    session = session_of(connection)
    try:
        person = front_of(connection).system.people.get(session.name)
    except PeopleError:
        raise NotSignedInError from None
    if person.disabled or person.password_number != session.password_number:
        raise NotSignedInError
    return person


class Needs:
    """A dependency: lets those through whose role reaches."""

    def __init__(self, role: Role) -> None:
        self._role = role

    def __call__(self, request: Request) -> Person:
        """Return who is asking.

        Raises:
            NotSignedInError: nobody.
            ForbiddenError: somebody who may not.
        """
        person = person_of(request)
        if not person.role.includes(self._role):
            raise ForbiddenError(f"this needs the role {self._role.value}; {person.name} is {person.role.value}")
        return person


def _system(request: Request) -> System:
    return front_of(request).system


def _front(request: Request) -> Front:
    return front_of(request)


def _now(request: Request) -> datetime:
    return front_of(request).now()


def _trials(request: Request) -> TrialDesk:
    return front_of(request).trials


def _desk(request: Request) -> LabelDesk:
    return front_of(request).labels


Desk = Annotated[LabelDesk, Depends(_desk)]
Fronted = Annotated[Front, Depends(_front)]
Now = Annotated[datetime, Depends(_now)]
Trials = Annotated[TrialDesk, Depends(_trials)]
Serving = Annotated[System, Depends(_system)]
Viewer = Annotated[Person, Depends(Needs(Role.VIEWER))]
Operator = Annotated[Person, Depends(Needs(Role.OPERATOR))]
Admin = Annotated[Person, Depends(Needs(Role.ADMIN))]
