"""Keeps the exchange forms that others send, each once and for ever.

A form is known by sender, case number, form and sequence. Sent again with the same content it is acknowledged and kept
once; with other content it is refused, and kept beside the first, as two sheets of one number are a matter for people.
"""

from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cases.database import Database
from cases.errors import DatabaseError, OtherContentError
from cases.exchange_forms import ExchangeForm
from cases.packs import canonical_bytes, sha256_hex
from cases.tables import ReceivedFormRow

_TRIES = 5

_ACCEPTED = 0
"""The attempt that counts; those after it are what was refused."""


@dataclass(frozen=True, slots=True)
class ReceivedForm:
    """One form that came from outside.

    Attributes:
        sender: who signed it, as the settings call them.
        case_number, form, sequence: which sheet it is.
        sha256: of its canonical JSON.
        content: as it came.
        received_at: aware UTC.
        is_accepted: False for one that was refused, as another of its number was there.
    """

    sender: str
    case_number: str
    form: str
    sequence: int
    sha256: str
    content: dict[str, JsonValue]
    received_at: datetime
    is_accepted: bool


class FormInbox:
    """All forms that were received. Any thread may call any method; what it returns is frozen."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def receive(self, sender: str, form: ExchangeForm, at: datetime) -> tuple[ReceivedForm, bool]:
        """Keep a form and return it as it is kept, and whether it was there already.

        Raises:
            OtherContentError: one of the same number with other content is there; this one is kept as refused.
            DatabaseError: the database refuses; it may be sent again.
        """
        for _ in range(_TRIES):
            try:
                with self._database.writing() as session:
                    first, is_same, is_new = _keep(session, sender, form, at)
                    kept = _received(first)
                break
            except IntegrityError as err:  # PostgreSQL: another process received the same one just now
                lost = err
        else:
            raise DatabaseError(f"received forms: gave way to other writers {_TRIES} times: {lost.orig}") from lost
        if not is_same:
            raise OtherContentError(form.case_number, form.form, form.sequence)
        return kept, not is_new

    def of_case(self, case_number: str) -> tuple[ReceivedForm, ...]:
        """Return all that was ever received about a case number, from any sender, in the order in which it came."""
        wanted = select(ReceivedFormRow).where(ReceivedFormRow.case_number == case_number)
        with self._database.reading() as session:
            return tuple(_received(row) for row in session.scalars(wanted.order_by(ReceivedFormRow.id)).all())


def _keep(session: Session, sender: str, form: ExchangeForm, at: datetime) -> tuple[ReceivedFormRow, bool, bool]:
    """Add a form unless it is there; return the accepted one, whether this is the same, and whether it is new."""
    content = form.model_dump(mode="json")
    sha256 = sha256_hex(canonical_bytes(content))
    key = {"sender": sender, "case_number": form.case_number, "form": form.form, "sequence": form.sequence}
    there = session.scalars(select(ReceivedFormRow).filter_by(**key).order_by(ReceivedFormRow.attempt)).all()
    known = next((row for row in there if row.sha256 == sha256), None)
    if known is not None:
        return there[0], known.attempt == _ACCEPTED, False
    row = ReceivedFormRow(**key, attempt=len(there), sha256=sha256, content=content, received_at=at)
    session.add(row)
    session.flush()
    return (there[0] if there else row), not there, True


def _received(row: ReceivedFormRow) -> ReceivedForm:
    return ReceivedForm(
        sender=row.sender,
        case_number=row.case_number,
        form=row.form,
        sequence=row.sequence,
        sha256=row.sha256,
        content=row.content,
        received_at=row.received_at,
        is_accepted=row.attempt == _ACCEPTED,
    )
