"""Cases: the list, one case, and what people decide about it; its pictures are in routes_evidence."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import Operator, Serving, Viewer
from api.bodies_cases import ActionBody, CaseAnswer, CaseRowBody, CasesBody, CountsBody, WarnBody
from cases.records import CaseQuery
from cases.states import Action, CaseState

router = APIRouter(prefix="/api/cases", tags=["cases"])


@router.get("")
def list_cases(  # one parameter per filter is what makes them part of the API's description
    system: Serving,
    person: Viewer,
    state: Annotated[Sequence[CaseState], Query()] = (),
    kind: Annotated[Sequence[str], Query()] = (),
    camera: Annotated[Sequence[str], Query()] = (),
    text: Annotated[str, Query(max_length=64)] = "",
    page: Annotated[int, Query(ge=0, le=100_000)] = 0,
    size: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CasesBody:
    """Return cases, newest first; every filter that is left out lets all through."""
    query = CaseQuery(
        states=tuple(state), kinds=tuple(kind), camera_ids=tuple(camera), text=text, limit=size, offset=page * size
    )
    found = system.cases.find(query)
    rows = tuple(CaseRowBody.of(case) for case in found.cases)
    return CasesBody(cases=rows, total=found.total, page=page, size=size)


@router.get("/counts")
def count_cases(system: Serving, person: Viewer) -> CountsBody:
    """Return how many cases are in each state."""
    return CountsBody(counts=system.cases.counts())


@router.get("/{case_id}")
def get_case(case_id: str, system: Serving, person: Viewer) -> CaseAnswer:
    """Return one case with its files, warnings, history and what may be done with it now."""
    return CaseAnswer.of(system.cases.get(case_id), system.cases.history(case_id))


@router.post("/{case_id}/actions")
def act(case_id: str, body: ActionBody, system: Serving, person: Operator) -> CaseAnswer:
    """Decide about a case; what takes it out of sight must say why."""
    case = system.act(
        case_id, Action(body.action), actor=person.name, reason=body.reason.strip(), expected_revision=body.revision
    )
    return CaseAnswer.of(case, system.cases.history(case_id))


@router.post("/{case_id}/warn", status_code=202)
def warn(case_id: str, body: WarnBody, system: Serving, person: Operator) -> None:
    """Have a warning spoken because of the case; its receipt comes into the case when the horn is done."""
    system.warn(case_id, actor=person.name, phrase=body.phrase)
