"""Evaluations: the board's figures, the cases behind each number, and the table as CSV and XLSX."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime

from api.auth import Viewer, front_of
from api.bodies_evaluation import CountedCaseBody, CountedCasesBody, EvaluationBody
from api.errors import NotFoundError
from cases.evaluation import Evaluation
from cases.evaluation_tables import as_csv, as_xlsx, notes_of, sheet_of
from cases.grouping import By
from cases.statistic_keys import StatisticKey
from cases.wording import Language, Words

router = APIRouter(prefix="/api/evaluation", tags=["evaluation"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _asked(  # one parameter per field is what makes them part of the API's description
    request: Request,
    person: Viewer,
    first: Annotated[date, Query(alias="from")],
    last: Annotated[date, Query(alias="to")],
    by: By = By.UNIT,
    as_of: AwareDatetime | None = None,
) -> Evaluation:
    """Return the evaluation of the days from first to last, as of now where no moment, or one to come, is named."""
    front = front_of(request)
    now = front.now()
    return front.evaluations.evaluate(first, last, by, min(as_of or now, now))


Asked = Annotated[Evaluation, Depends(_asked)]


@router.get("")
def get_evaluation(made: Asked) -> EvaluationBody:
    """Return the nine indicators, score and grade of every unit, area or post, with the numbers they are made of."""
    return EvaluationBody.of(made)


@router.get("/cases")
def get_cases(
    made: Asked,
    key: StatisticKey,
    group: str | None = None,
    page: Annotated[int, Query(ge=0, le=100_000)] = 0,
    size: Annotated[int, Query(ge=1, le=500)] = 100,
) -> CountedCasesBody:
    """Return the cases behind a number of a group; without a group, of all together."""
    found = made.total if group is None else made.group(group)
    if found is None:
        raise NotFoundError(f"nobody is called {group!r} in this evaluation")
    cases = found.cases[key]
    shown = tuple(CountedCaseBody.of(case) for case in cases[page * size : (page + 1) * size])
    return CountedCasesBody(key=key, cases=shown, total=len(cases), page=page, size=size)


@router.get("/table.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def get_csv(made: Asked, language: Language = "zh") -> Response:
    """Return the table as CSV."""
    body = as_csv(sheet_of(made, Words.load(), language))
    return Response(body, media_type="text/csv; charset=utf-8", headers=_named(made, "csv"))


@router.get("/table.xlsx", response_class=Response, responses={200: {"content": {XLSX: {}}}})
def get_xlsx(made: Asked, language: Language = "zh") -> Response:
    """Return the table as XLSX."""
    words = Words.load()
    title = words.say("evaluation", "title", language)
    body = as_xlsx(sheet_of(made, words, language), title, notes_of(made, words, language))
    return Response(body, media_type=XLSX, headers=_named(made, "xlsx"))


def _named(made: Evaluation, suffix: str) -> dict[str, str]:
    question = made.question
    name = f"evaluation-{question.by}-{question.period.first}-{question.period.last}.{suffix}"
    return {"Content-Disposition": f'attachment; filename="{name}"'}
