"""Signing in and out, and who one is."""

import contextlib

from fastapi import APIRouter, Request, Response

from api.auth import Front, front_of, person_of, session_of
from api.bodies import PersonBody, SessionBody, SignInBody
from api.errors import NotSignedInError
from api.sessions import COOKIE_NAME
from cases.people import Person
from cases.people_errors import PeopleError, SignInLockedError, SignInRefusedError

router = APIRouter(prefix="/api/session", tags=["session"])


@router.get("")
def who_am_i(request: Request) -> SessionBody:
    """Return who is signed in; nobody is no error."""
    try:
        return SessionBody(person=PersonBody.of(person_of(request)))
    except NotSignedInError:
        return SessionBody(person=None)


@router.post("")
def sign_in(body: SignInBody, request: Request, response: Response) -> SessionBody:
    """Start a session.

    Raises:
        SignInRefusedError: wrong name or password, or a disabled account; on purpose it does not say which.
        SignInLockedError, TooManyAttemptsError: wait.
    """
    front = front_of(request)
    address = request.client.host if request.client else "unknown"
    front.attempts.check(address)
    try:
        person = _checked(front, body)
    except SignInLockedError:
        front.attempts.failed(address)
        raise
    except PeopleError:
        front.attempts.failed(address)
        raise SignInRefusedError from None
    front.attempts.succeeded(address)
    response.set_cookie(
        COOKIE_NAME,
        front.sessions.issue(person.name, person.password_number),
        max_age=int(front.sessions.lifetime_s),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return SessionBody(person=PersonBody.of(person))


@router.delete("", status_code=204)
def sign_out(request: Request, response: Response) -> None:
    """End the session; its cookie is worthless from now on, wherever a copy of it lies."""
    with contextlib.suppress(NotSignedInError):
        front_of(request).sessions.end(session_of(request))
    response.delete_cookie(COOKIE_NAME, httponly=True, samesite="strict")


def _checked(front: Front, body: SignInBody) -> Person:
    with front.hashing:
        return front.system.people.check(body.name, body.password.get_secret_value())
