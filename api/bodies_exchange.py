"""What goes over the wire about exchange forms."""

from datetime import datetime

from pydantic import JsonValue

from api.bodies import Body
from cases.received_forms import ReceivedForm


class FormReceiptBody(Body):
    """That a form is kept; `sha256` is of its canonical JSON, `repeated` says that it was there already."""

    sender: str
    case_number: str
    form: str
    sequence: int
    sha256: str
    received_at: datetime
    repeated: bool

    @classmethod
    def of(cls, form: ReceivedForm, *, repeated: bool) -> "FormReceiptBody":
        """Return the receipt of a form."""
        same = {name: getattr(form, name) for name in cls.model_fields if name != "repeated"}
        return cls(repeated=repeated, **same)


class ReceivedFormBody(Body):
    """One form; fields as in `cases.received_forms.ReceivedForm`."""

    sender: str
    case_number: str
    form: str
    sequence: int
    sha256: str
    content: dict[str, JsonValue]
    received_at: datetime
    is_accepted: bool

    @classmethod
    def of(cls, form: ReceivedForm) -> "ReceivedFormBody":
        """Return a form as it goes over the wire."""
        return cls(**{name: getattr(form, name) for name in cls.model_fields})


class ReceivedFormsBody(Body):
    """Forms in the order in which they came."""

    forms: tuple[ReceivedFormBody, ...]
