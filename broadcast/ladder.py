"""The warning ladder: warn, wait, look again, warn stronger, wait, look again, file. Pure: time and presence come in.

    first ─▶ warn 1 ─▶ wait ─▶ present ─▶ warn 2 ─▶ wait ─▶ present ─▶ file
               │         ├──▶ gone ─▶ resolve
               │         └──▶ unknown: goes on waiting, then ─▶ hold (camera away)
               └─ no voice now (quiet hours, too many, horn away) ─▶ hold ─▶ present ─▶ file · gone ─▶ resolve

`hold` means that the ladder says nothing more, and why; what becomes of it hangs on presence alone, so a case in quiet
hours is filed at once if it is still there, and a case behind a blind camera stays with the operator. Who was warned
before and came back begins higher up.
"""

import json
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from broadcast.settings import LadderSettings

StepKind = Literal["warn", "wait", "hold", "file", "resolve"]
Presence = Literal["present", "gone", "unknown"]

CAMERA_AWAY = "the camera has been away too long to tell whether the warning was heeded"
"""Reason of a hold after `LadderSettings.unknown_limit_s`."""

CAME_BACK = "it was warned before, left and came back"
"""Reason of filing without another word, by `LadderSettings.returned_level`."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where a case stands on the ladder.

    Attributes:
        kind: `warn`: speak now; `wait`: look again at `until_s`; `hold`: say nothing; `file`, `resolve`: the end.
        level: which warning it is about: 1 calm, 2 stronger; 0 before any.
        at_s: when the step began, seconds of the caller's clock (Unix time, so that it outlives a restart).
        until_s: when to look again; `at_s` but for `wait`.
        spoken: warnings that did sound. A `resolve` with 0 was not our doing.
        reason: of a hold, and of a file that nothing was said before: why not; a sentence, or empty.
    """

    kind: StepKind
    level: int
    at_s: float
    until_s: float
    spoken: int
    reason: str

    @property
    def is_final(self) -> bool:
        """Whether the ladder is at its end."""
        return self.kind in ("file", "resolve")

    def to_json(self) -> str:
        """Return the step as JSON text; `from_json` reads it."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> "Step":
        """Return the step behind `to_json`'s text.

        Raises:
            ValueError: it is something else.
        """
        raw = json.loads(text)
        try:
            kind, numbers = raw["kind"], [float(raw["at_s"]), float(raw["until_s"])]
            step = Step(kind, int(raw["level"]), numbers[0], numbers[1], int(raw["spoken"]), str(raw["reason"]))
        except (KeyError, TypeError) as err:
            raise ValueError(f"no step of the ladder: {err!r}") from None
        if kind not in get_args(StepKind):
            raise ValueError(f"no step of the ladder: {kind=}")
        return step


class Ladder:
    """The rules of the ladder; holds no state, so one serves every case.

    Args:
        settings: how many warnings, and how long to wait.
    """

    def __init__(self, settings: LadderSettings) -> None:
        self._settings = settings

    def first(self, now_s: float, *, refusal: str = "", has_returned: bool = False) -> Step:
        """Return the first step of a case.

        Args:
            now_s: the caller's clock.
            refusal: why nothing may be said now; empty when the horn may speak.
            has_returned: whether it was warned here shortly before, left and came back.
        """
        level = self._settings.returned_level if has_returned else 1
        if level > self._settings.levels:
            return Step("file", 0, now_s, now_s, 0, CAME_BACK if has_returned else "")
        return self._warn(level, now_s, 0, refusal)

    def next(self, step: Step, now_s: float, presence: Presence, *, refusal: str = "") -> Step:
        """Return the step that follows; the same one while nothing changes.

        Args:
            step: where the case stands. After `warn`, ask once the horn has given its receipt.
            now_s: the caller's clock.
            presence: whether the offence is still there.
            refusal: after `warn`: why it was not spoken; else: why nothing may be said now. Empty when all is well.
        """
        if step.kind == "warn":
            return self._after_warning(step, now_s, refusal)
        if step.is_final or (step.kind == "hold" and presence == "unknown"):
            return step
        if presence == "gone":
            return Step("resolve", step.level, now_s, now_s, step.spoken, step.reason)
        if step.kind == "hold":
            return Step("file", step.level, now_s, now_s, step.spoken, step.reason)
        if now_s < step.until_s:
            return step
        if presence == "unknown":
            late = now_s >= step.until_s + self._settings.unknown_limit_s
            return Step("hold", step.level, now_s, now_s, step.spoken, CAMERA_AWAY) if late else step
        if step.level >= self._settings.levels:
            return Step("file", step.level, now_s, now_s, step.spoken, "")
        return self._warn(step.level + 1, now_s, step.spoken, refusal)

    def _after_warning(self, step: Step, now_s: float, refusal: str) -> Step:
        if refusal:
            return Step("hold", step.level, now_s, now_s, step.spoken, refusal)
        return Step("wait", step.level, now_s, now_s + self._settings.wait_s, step.spoken + 1, "")

    @staticmethod
    def _warn(level: int, now_s: float, spoken: int, refusal: str) -> Step:
        return Step("hold" if refusal else "warn", level, now_s, now_s, spoken, refusal)
