"""Horns: the list, speaking, and falling silent."""

from fastapi import APIRouter

from api.auth import Operator, Serving, Viewer
from api.bodies import HornBody, HornsBody, SayBody

router = APIRouter(prefix="/api/horns", tags=["horns"])


@router.get("")
def list_horns(system: Serving, person: Viewer) -> HornsBody:
    """Return all horns with their state and what they said last."""
    return HornsBody(horns=tuple(HornBody.of(view) for view in system.horns()))


@router.post("/{horn_id}/say", status_code=202)
def say(horn_id: str, body: SayBody, system: Serving, person: Operator) -> None:
    """Speak words, or the phrase of that key, as soon as the horn is free."""
    system.say(horn_id, body.words.strip(), actor=person.name)


@router.post("/{horn_id}/stop", status_code=202)
def stop(horn_id: str, system: Serving, person: Operator) -> None:
    """End at once what a horn is saying."""
    system.announcer.stop(horn_id)
