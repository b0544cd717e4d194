"""Turns errors into answers, `{"error": {"code": ..., "message": ..., "facts": {...}}}` with the right status.

What a person can mend says so in a sentence, and in a code and facts, from which the page makes its own sentence in the
language of who reads; a fault of ours gets a number that stands in the log with its trace.
"""

import errno
import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.bodies import ErrorAnswer, ErrorBody
from api.errors import ApiError, NotFoundError, TooManyAttemptsError
from api.mistakes import facts_of_mistake
from broadcast import errors as broadcast
from cases import errors as cases
from cases import evidence_errors, people_errors
from cases.disk import way_out
from datasets import errors as datasets
from detectors.errors import DetectorError
from pipeline import errors as pipeline
from streams import errors as streams
from vision.error_codes import code_of
from vision.wording import sentence_of

logger = logging.getLogger(__name__)

STATUS: tuple[tuple[type[Exception], int], ...] = (
    (streams.UnknownCameraError, 404),
    (broadcast.UnknownHornError, 404),
    (cases.UnknownCaseError, 404),
    (evidence_errors.EvidenceMissingError, 404),
    (evidence_errors.EvidenceDeletedError, 410),
    (evidence_errors.NotReleasableError, 409),
    (evidence_errors.LockError, 409),
    (pipeline.DuplicateCameraError, 409),
    (cases.IllegalTransitionError, 409),
    (cases.StaleEditError, 409),
    (cases.ActionBlockedError, 409),
    (cases.PostMissingError, 403),
    (cases.ForeignUnitError, 403),
    (cases.OtherContentError, 409),
    (cases.UnknownTargetError, 404),
    (cases.ReasonMissingError, 422),
    (cases.FilingHeldError, 409),
    (people_errors.SignInRefusedError, 401),
    (people_errors.SignInLockedError, 429),
    (pipeline.NoPictureError, 503),
    (pipeline.NoRecordingError, 404),
    (pipeline.TrialsBusyError, 503),
    (pipeline.BadSignatureError, 401),
    (cases.DatabaseError, 503),
    (broadcast.HornError, 502),
    (streams.StreamError, 503),
    (broadcast.BroadcastError, 422),
    (pipeline.PipelineError, 422),
    (cases.CasesError, 422),
    (DetectorError, 422),
    (datasets.UnknownLabelsError, 404),
    (datasets.PictureError, 404),
    (datasets.StaleSheetError, 409),
    (datasets.SetWriteError, 503),
    (datasets.DatasetError, 422),
)
"""Status of an error by the first class here that it belongs to."""


def refusal(err: Exception) -> JSONResponse:
    """Return the answer to an error that we expect."""
    status = err.status if isinstance(err, ApiError) else next(s for kind, s in STATUS if isinstance(err, kind))
    code = err.code if isinstance(err, ApiError) else code_of(err)
    headers = {}
    if isinstance(err, TooManyAttemptsError | people_errors.SignInLockedError):
        headers["Retry-After"] = str(max(1, round(err.wait_s)))
    return _answer(status, ErrorBody(code=code, message=str(err), facts=facts_of(err)), headers)


def fault(number: str) -> JSONResponse:
    """Return the answer to an error that nobody expected; `number` stands in the log with its trace."""
    sentence = f"the server made a mistake; its log tells more under {number}"
    return _answer(500, ErrorBody(code="fault", message=sentence, facts={"number": number}))


def facts_of(err: Exception) -> dict[str, str | float]:
    """Return what an error knows beyond its sentence: names, limits, seconds; our errors hold no secrets."""
    known = {name: value for name, value in vars(err).items() if isinstance(value, str | int | float)}
    return {name: str(value) if isinstance(value, str) else value for name, value in known.items()}


def install_handlers(app: FastAPI) -> None:
    """Give the app its answers to errors."""
    kinds: list[type[Exception]] = [ApiError, *(kind for kind, _ in STATUS)]
    for kind in kinds:
        app.add_exception_handler(kind, _expected)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _by_starlette)
    app.add_exception_handler(OSError, _from_the_machine)


async def _expected(request: Request, err: Exception) -> JSONResponse:
    return refusal(err)


async def _not_valid(request: Request, err: Exception) -> JSONResponse:
    """Name each wrong field; what was sent is left out, as it may hold a password."""
    assert isinstance(err, RequestValidationError)  # noqa: S101  (registered for nothing else)
    lines = []
    mistakes = err.errors()
    for mistake in mistakes:
        key = ".".join(str(part) for part in mistake["loc"][1:]) or "body"
        lines.append(f"{key}: {sentence_of(mistake)}")
    return _answer(422, ErrorBody(code="not_valid", message="; ".join(lines), facts=facts_of_mistake(mistakes[0])))


async def _by_starlette(request: Request, err: Exception) -> JSONResponse:
    assert isinstance(err, HTTPException)  # noqa: S101  (registered for nothing else)
    if err.status_code == 404:
        return refusal(NotFoundError(f"there is nothing at {request.url.path}"))
    return _answer(err.status_code, ErrorBody(code="refused", message=str(err.detail)), dict(err.headers or {}))


async def _from_the_machine(request: Request, err: Exception) -> JSONResponse:
    """A full disk or a missing permission: the operator can mend it, so it is said."""
    assert isinstance(err, OSError)  # noqa: S101  (registered for nothing else)
    logger.error("api: %s %s: %s", request.method, request.url.path, err.strerror)
    cause = errno.errorcode.get(err.errno or 0, type(err).__name__)
    sentence = f"the server's machine refuses: {way_out(err)}"
    return _answer(503, ErrorBody(code="machine", message=sentence, facts={"cause": cause}))


def _answer(status: int, error: ErrorBody, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(ErrorAnswer(error=error).model_dump(), status, headers)
