"""Cases: the list, one case, and what people decide about it; its pictures are in routes_evidence."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from api.auth import Fronted, Now, Operator, Serving, Viewer
from api.bodies_cases import CaseAnswer, CaseBody, CaseRowBody, CasesBody, CountsBody, WarnBody
from api.bodies_workflow import ActionBody, WorkflowBody
from api.errors import BadRequestError
from api.routes_evidence import Asking
from cases.closing import ClosingProposal
from cases.errors import PostMissingError
from cases.inboxes import inbox_of, stages_of
from cases.posts import Post
from cases.queries import MAX_OFFSET, CasePlace, CaseQuery
from cases.readings import value_of
from cases.states import Action, CaseState
from models.number_plates import plate_of
from models.phone_numbers import number_of

router = APIRouter(prefix="/api/cases", tags=["cases"])


@router.get("")
def list_cases(  # one parameter per filter is what makes them part of the API's description
    front: Fronted,
    person: Viewer,
    seer: Asking,
    now: Now,
    state: Annotated[Sequence[CaseState], Query()] = (),
    kind: Annotated[Sequence[str], Query()] = (),
    camera: Annotated[Sequence[str], Query()] = (),
    unit: Annotated[Sequence[str], Query()] = (),
    inbox: Literal["mine"] | None = None,
    overdue: bool = False,
    soon: bool = False,
    held: bool = False,
    proposal: Annotated[Sequence[Literal["close", "supervise"]], Query()] = (),
    text: Annotated[str, Query(max_length=64)] = "",
    reading: Annotated[str, Query(max_length=64)] = "",
    page: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
    size: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[str, Query(max_length=200)] = "",
) -> CasesBody:
    """Return cases, newest first; every filter that is left out lets all through.

    `inbox=mine` asks for what waits for the posts of who asks; `overdue=true` for what a unit is late with now, or who
    asks by the clock of a stage that is his work; `soon=true` for what will be late soon; `proposal` for what the
    camera, which looked again after dispatch, proposes to close or to supervise;
    `held=true` for what an examiner doubts and nobody has vouched for; `reading` for what was read on pictures: a
    telephone number, a plate (at the case desk only) or a long line of text. A `text` that is a number or a plate as a
    whole asks for the same.
    """
    if page * size > MAX_OFFSET:
        raise BadRequestError(f"page {page} of {size} is too deep to skip to; narrow the list, or go on by after=")
    if not reading and (number_of(text) or plate_of(text)):
        reading, text = text, ""
    value = value_of(reading)
    if reading and not value:
        raise BadRequestError(f"reading={reading!r} is no telephone number, plate or long line of text")
    cases = front.system.cases
    query = CaseQuery(
        states=tuple(state),
        kinds=tuple(kind),
        camera_ids=tuple(camera),
        units=tuple(unit),
        inbox=inbox_of(person.doer) if inbox else None,
        proposals=tuple(map(ClosingProposal, proposal)),
        held_back=held,
        due_before=now if overdue else None,
        late_stages=front.lights.late_stages(now, stages_of(person.doer)) if overdue else (),
        due_soon=front.lights.due_soon(cases.database, now, stages_of(person.doer)) if soon else None,
        text=text,
        reading=value,
        plates=seer.has_desk,
        limit=size,
        offset=page * size,
        after=_place(after),
    )
    found = cases.lines(query)
    rows = tuple(CaseRowBody.line(line, now, front.lights) for line in found.lines)
    following = str(found.lines[-1].place) if len(rows) == size else ""
    count = found.count
    return CasesBody(cases=rows, total=count.total, is_more=count.is_more, page=page, size=size, next=following)


@router.get("/counts")
def count_cases(system: Serving, person: Viewer) -> CountsBody:
    """Return how many cases are in each state."""
    return CountsBody(counts=system.cases.counts())


@router.get("/workflow")
def get_workflow(person: Viewer) -> WorkflowBody:
    """Return the stages of all forms, what each action must tell, and the table of steps."""
    return WorkflowBody.whole()


@router.get("/{case_id}")
def get_case(case_id: str, front: Fronted, person: Viewer, now: Now) -> CaseAnswer:
    """Return one case with its files, warnings, history and what the person may do with it now."""
    cases = front.system.cases
    body = CaseBody.of(cases.get(case_id), person, now, front.lights)
    return CaseAnswer.of(body, cases.history(case_id))


@router.post("/{case_id}/actions")
def act(case_id: str, body: ActionBody, front: Fronted, person: Operator, now: Now) -> CaseAnswer:
    """Do a step with a case; the answer says what the person may do next."""
    case = front.system.decide(case_id, body.order(), by=person.doer, expected_revision=body.revision)
    return CaseAnswer.of(CaseBody.of(case, person, now, front.lights), front.system.cases.history(case_id))


@router.post("/{case_id}/warn", status_code=202)
def warn(case_id: str, body: WarnBody, system: Serving, person: Operator) -> None:
    """Have a warning spoken because of the case; its receipt comes into the case when the horn is done."""
    if Post.VIDEO_SEAT not in person.posts:
        raise PostMissingError(person.name, Action.WARN, (Post.VIDEO_SEAT,))
    system.warn(case_id, actor=person.name, phrase=body.phrase)


def _place(after: str) -> CasePlace | None:
    try:
        return CasePlace.parse(after) if after else None
    except ValueError:
        raise BadRequestError(f"after={after!r} is no place in a list; hand back what next= said") from None
