"""What goes over the wire of what was read on a case."""

from collections.abc import Sequence

from api.bodies import Body
from cases.readings import AlikeCase, Reading, ReadingKind


class ReadingBody(Body):
    """One thing that was read; fields as in `cases.readings.Reading`."""

    kind: ReadingKind
    shown: str
    value: str
    score: float
    is_sure: bool


class AlikeBody(Body):
    """Another case on which the same was read; fields as in `cases.readings.AlikeCase`."""

    id: str
    number: str
    kind: ReadingKind
    shown: str
    value: str
    is_sure: bool


class ReadingsBody(Body):
    """What was read on a case, as far as who asks may see it; `plates_hidden` says that a plate was left out."""

    readings: tuple[ReadingBody, ...]
    alike: tuple[AlikeBody, ...]
    plates_hidden: bool

    @classmethod
    def of(cls, readings: Sequence[Reading], alike: Sequence[AlikeCase], *, sees_plates: bool) -> "ReadingsBody":
        """Return it as it goes over the wire."""

        def is_shown(kind: ReadingKind) -> bool:
            return sees_plates or kind is not ReadingKind.PLATE

        return cls(
            readings=tuple(
                ReadingBody(kind=r.kind, shown=r.shown, value=r.value, score=round(r.score, 3), is_sure=r.is_sure)
                for r in readings
                if is_shown(r.kind)
            ),
            alike=tuple(
                AlikeBody(id=a.case_id, number=a.number, kind=a.kind, shown=a.shown, value=a.value, is_sure=a.is_sure)
                for a in alike
                if is_shown(a.kind)
            ),
            plates_hidden=any(not is_shown(reading.kind) for reading in readings),
        )
