"""Makes of an event what a receiver gets: the bytes, and the id by which it knows a repetition."""

from dataclasses import dataclass
from typing import Literal, Protocol

from cases.case_event import CaseEvent
from cases.exchange_forms import forms_of
from cases.outbox import Letter
from cases.packs import canonical_bytes


@dataclass(frozen=True, slots=True)
class OutMessage:
    """One thing to be sent.

    Attributes:
        id: the same for every try.
        kind: action of the case, or name of the form.
        body: canonical JSON, so that every try sends the same bytes.
    """

    id: str
    kind: str
    body: bytes


class Sender(Protocol):
    """One way to a receiver. One thread of a courier calls `rest` and `close`; several may call `send` at once."""

    def send(self, letter: Letter) -> None:
        """Hand a letter over; it has arrived when this returns.

        Raises:
            ReceiverAwayError: it may be taken later.
            ReceiverRefusesError: it will never be taken.
        """
        ...

    def rest(self) -> None:
        """Do what keeps the connection alive while there is nothing to send; may raise like `send`."""
        ...

    def close(self) -> None:
        """Let go of the connection; a later `send` makes a new one."""
        ...


def messages_of(event: CaseEvent, sends: Literal["events", "forms"]) -> tuple[OutMessage, ...]:
    """Return what is sent about an event, in this order; nothing where it yields no form."""
    if sends == "events":
        change = event.change
        plain = event.model_dump(mode="json")
        body = {"type": f"case.{change.action}", "timestamp": plain["change"]["at"], "data": plain}
        return (OutMessage(event.id, change.action, canonical_bytes(body)),)
    return tuple(
        OutMessage(f"{event.id}-{form.form}", form.form, canonical_bytes(form.model_dump(mode="json")))
        for form in forms_of(event)
    )
