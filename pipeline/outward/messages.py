"""Makes of an event what a receiver gets: the bytes, and the id by which it knows a repetition."""

import base64
from dataclasses import dataclass
from typing import Literal, Protocol

from cases.case_event import CaseEvent
from cases.closing import LOOK
from cases.exchange_forms import forms_of
from cases.outbox import Letter
from cases.packs import canonical_bytes, sha256_hex
from pipeline.outward.pictures import OutPicture, Pictures

Sends = Literal["events", "forms", "posted"]
"""In which form a receiver of webhooks or of a broker is told."""


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


def messages_of(
    event: CaseEvent, sends: Sends, *, target: str = "", pictures: Pictures | None = None
) -> tuple[OutMessage, ...]:
    """Return what is sent about an event, in this order; nothing where it yields no form.

    Args:
        event: the event.
        sends: in which form it is sent.
        target: who is told, for errors.
        pictures: where the picture of what is posted comes from; asked for nothing else.

    Raises:
        ReceiverAwayError, ReceiverRefusesError: there is no such picture now, or never.
    """
    if sends == "posted" and pictures is not None and event.change.action == LOOK:
        return (_posted(event, pictures.panorama(target, event, as_taken=False)),)
    if sends in ("events", "posted"):  # a test of the way tells of no case
        change = event.change
        plain = event.model_dump(mode="json")
        body = {"type": f"case.{change.action}", "timestamp": plain["change"]["at"], "data": plain}
        return (OutMessage(event.id, change.action, canonical_bytes(body)),)
    return tuple(
        OutMessage(f"{event.id}-{form.form}", form.form, canonical_bytes(form.model_dump(mode="json")))
        for form in forms_of(event)
    )


def _posted(event: CaseEvent, picture: OutPicture) -> OutMessage:
    """Return a case that is not solved, with how it looks now (挂网督办)."""
    plain = event.model_dump(mode="json")
    shown = {
        "content_type": "image/jpeg",
        "captured_at": picture.captured_at.isoformat(),
        "sha256": sha256_hex(picture.jpeg),
        "data": base64.b64encode(picture.jpeg).decode("ascii"),
    }
    body = {"type": "case.posted", "timestamp": plain["change"]["at"], "data": plain, "picture": shown}
    return OutMessage(f"{event.id}-posted", "posted", canonical_bytes(body))
