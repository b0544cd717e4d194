"""What goes over the wire about the evidence of cases: request and response models."""

from datetime import datetime

from pydantic import Field

from api.bodies import Body
from cases.marks import Mark
from pipeline.evidence_desk import Standing


class ReasonBody(Body):
    """Why somebody wants something; it stands in the history."""

    reason: str = Field(max_length=300)


class MarkBody(Body):
    """A lock or a release that holds: who set it, when and why."""

    set_by: str
    set_at: datetime
    reason: str

    @classmethod
    def of(cls, mark: Mark) -> "MarkBody":
        """Return a mark as it goes over the wire."""
        return cls(set_by=mark.set_by, set_at=mark.set_at, reason=mark.reason)


class StandingBody(Body):
    """How a case's evidence stands for who asks; fields as in `pipeline.evidence_desk.Standing`."""

    sees_originals: bool
    view_until: datetime | None
    lock: MarkBody | None
    released: MarkBody | None
    hindrances: tuple[str, ...]

    @classmethod
    def of(cls, standing: Standing) -> "StandingBody":
        """Return it as it goes over the wire."""
        return cls(
            sees_originals=standing.sees_originals,
            view_until=standing.view_until,
            lock=MarkBody.of(standing.lock) if standing.lock else None,
            released=MarkBody.of(standing.released) if standing.released else None,
            hindrances=standing.hindrances,
        )
