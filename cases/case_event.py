"""What is told outside about one change of a case: the case as it stood after it, and the change.

Told is what changes the case for others (`TOLD`). Who looked at originals, locked or exported them and why is an inner
matter and never leaves. A receiver still notices a lost letter: each names the change that was told before it.

The form is versioned (`format`). A receiver ignores keys that it does not know; a later version of this program may add
keys, and takes none away without another number.

Belongs here: the form. Does not: who is told (outbox), the city's paper forms (exchange_forms).
"""

import secrets
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue

from cases.closing import LOOK
from cases.records import ADD_PACK, ADD_WARNING, DELETE, END, OPEN, RELEASE, WITHDRAW_RELEASE
from cases.states import Action
from cases.tables import AuditTableRow, CaseRow

EVENT_FORMAT: Literal["streetwarden.case-event/1"] = "streetwarden.case-event/1"
"""Name and version of the form of a `CaseEvent`."""

TOLD = frozenset(
    {
        *(action.value for action in Action),
        *(OPEN, ADD_PACK, ADD_WARNING, END, LOOK),
        *(RELEASE, WITHDRAW_RELEASE, DELETE),
    }
)
"""Actions of the history that are told outside; what is not named here stays inside, also what a later version adds."""

ID_BYTES = 8
"""Random part of an id: a case of a restored database has the same id and the same next `seq` as before."""


class Told(BaseModel):
    """Base of what leaves the house: it does not change, and holds nothing that nobody described."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ToldCase(Told):
    """A case as it stood at one moment; fields as in `cases.records.Case`.

    A field that is added later needs a default: letters of before are still in the outbox.
    """

    case_id: str
    number: str
    kind: str
    code: str
    state: str
    camera_id: str
    camera_name: str
    zone_id: str
    zone_name: str
    started_at: AwareDatetime
    raised_at: AwareDatetime
    ended_at: AwareDatetime | None
    box: tuple[float, float, float, float]
    class_label: str
    score: float
    reviewed_by: str
    revision: int
    unit: str = ""
    grid: str = ""
    longitude: float | None = None
    latitude: float | None = None


class ToldChange(Told):
    """What was done; fields as in `cases.records.AuditRow`, `from_state` empty when the case was opened.

    And:
        after_seq: `seq` of the change of this case that was told before this one, 0 where it is the first; what lies in
            between stays inside. None in letters of before this was told, which leave nothing out.
    """

    seq: int
    after_seq: int | None = None
    at: AwareDatetime
    actor: str
    action: str
    from_state: str
    to_state: str
    reason: str
    detail: dict[str, JsonValue]


class CaseEvent(Told):
    """One change of a case.

    Attributes:
        format: `EVENT_FORMAT`.
        id: the same for every try to deliver it; a receiver that has seen it has seen the event. No two changes ever
            have the same, also where a backup is restored in between.
        case: the case after the change.
        change: the change; `seq` counts within the case, from 1. A receiver that has not got `after_seq` lost a letter.
    """

    format: Literal["streetwarden.case-event/1"] = EVENT_FORMAT
    id: str
    case: ToldCase
    change: ToldChange


def event_of(row: CaseRow, note: AuditTableRow, after_seq: int) -> CaseEvent:
    """Return what is told about a row of the audit, with the case as it stands in this transaction.

    Args:
        row: the case.
        note: the row.
        after_seq: of the change that was told before, 0 for none.
    """
    case = ToldCase(
        case_id=row.id,
        number=row.number,
        kind=row.kind,
        code=row.code,
        state=row.state,
        camera_id=row.camera_id,
        camera_name=row.camera_name,
        zone_id=row.zone_id,
        zone_name=row.zone_name,
        started_at=row.started_at,
        raised_at=row.raised_at,
        ended_at=row.ended_at,
        box=(row.box_x1, row.box_y1, row.box_x2, row.box_y2),
        class_label=row.class_label,
        score=row.score,
        reviewed_by=row.reviewed_by,
        revision=row.revision,
        unit=row.unit,
        grid=row.grid,
        longitude=row.longitude,
        latitude=row.latitude,
    )
    change = ToldChange(
        seq=note.seq,
        after_seq=after_seq,
        at=note.at,
        actor=note.actor,
        action=note.action,
        from_state=note.from_state,
        to_state=note.to_state,
        reason=note.reason,
        detail=note.detail,
    )
    event_id = f"{row.id}-{note.seq}-{secrets.token_hex(ID_BYTES)}"
    return CaseEvent(id=event_id, case=case, change=change)
