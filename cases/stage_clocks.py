"""The clocks of the stages around handling: accepting, dispatching, verifying and checking; all run continuously."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum


class Stage(StrEnum):
    """A stage with a clock of its own; handling has the limit of its code instead (deadlines)."""

    ACCEPT = "accept"  # 受理: a reported case is accepted or refused
    DISPATCH = "dispatch"  # 派遣: a filed case is sent to who handles it
    VERIFY = "verify"  # 核实: somebody looks before it is accepted
    CHECK = "check"  # 核查: somebody looks whether it was handled


STAGE_OF_STATE = {
    "filed": Stage.ACCEPT,
    "verifying": Stage.VERIFY,
    "approved": Stage.DISPATCH,
    "checking": Stage.CHECK,
}
"""Whose clock runs in a case's state; in other states none does. Verifying pauses the clock of accepting."""


@dataclass(frozen=True, slots=True)
class StageClocks:
    """How long each stage may take, in seconds (domain: 15, 15, 30 and 30 minutes)."""

    accept_s: float = 15 * 60.0
    dispatch_s: float = 15 * 60.0
    verify_s: float = 30 * 60.0
    check_s: float = 30 * 60.0

    def length_s(self, stage: Stage) -> float:
        """Return how long a stage may take."""
        lengths = {
            Stage.ACCEPT: self.accept_s,
            Stage.DISPATCH: self.dispatch_s,
            Stage.VERIFY: self.verify_s,
            Stage.CHECK: self.check_s,
        }
        return lengths[stage]

    def due_at(self, state: str, since: datetime) -> datetime | None:
        """Return, in UTC, when the stage of a state is due; None where no clock runs.

        Args:
            state: the case's state.
            since: since when its clock runs, aware; `Handling.stage_since`, which knows of pauses.
        """
        stage = STAGE_OF_STATE.get(state)
        if stage is None:
            return None
        if since.tzinfo is None:
            raise ValueError(f"the time of a stage must be aware, not {since!r}")
        return since.astimezone(UTC) + timedelta(seconds=self.length_s(stage))
