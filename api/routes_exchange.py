"""Exchange forms from others: city and district sign them with a secret of their own and need no account here."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import ValidationError

from api.auth import Serving, Viewer
from api.bodies_exchange import FormReceiptBody, ReceivedFormBody, ReceivedFormsBody
from api.errors import BadFormError
from cases.evidence import utc_now
from cases.exchange_forms import FORMS
from cases.received_forms import FormInbox
from pipeline.outward.signing import secret_bytes, signer_of

router = APIRouter(prefix="/api/exchange", tags=["exchange"])


async def _raw_body(request: Request) -> bytes:
    """Return the bytes as they came, which is what was signed."""
    return await request.body()


@router.post("/forms", status_code=201, responses={200: {"model": FormReceiptBody}})
def receive_form(
    request: Request, response: Response, system: Serving, body: Annotated[bytes, Depends(_raw_body)]
) -> FormReceiptBody:
    """Take one of the eight forms: 201 when it is new, 200 when the same was there, 409 for other content."""
    now = utc_now()
    keys = {entry.id: secret_bytes(entry.secret.get_secret_value()) for entry in system.settings.outward.senders}
    sender = signer_of(keys, request.headers, body, now)
    if b"\\u0000" in body:
        raise BadFormError("body: a text holds the character U+0000, which PostgreSQL cannot keep")
    try:
        form = FORMS.validate_json(body)
    except ValidationError as err:
        raise BadFormError(_mistakes(err)) from None
    kept, was_there = FormInbox(system.cases.database).receive(sender, form, now)
    if was_there:
        response.status_code = 200
    return FormReceiptBody.of(kept, repeated=was_there)


@router.get("/forms")
def list_forms(
    system: Serving, person: Viewer, case_number: Annotated[str, Query(min_length=1, max_length=64)]
) -> ReceivedFormsBody:
    """Return all that others sent about a case number, also what was refused."""
    found = FormInbox(system.cases.database).of_case(case_number)
    return ReceivedFormsBody(forms=tuple(ReceivedFormBody.of(form) for form in found))


def _mistakes(err: ValidationError) -> str:
    """Return where and what, for the programmers of the other side; what was sent is left out."""
    mistakes = err.errors(include_url=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, mistake['loc'])) or 'body'}: {mistake['msg']}" for mistake in mistakes)
