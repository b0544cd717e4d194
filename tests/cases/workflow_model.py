"""The workflow told a second time, plainly: what tests hold `cases.workflow` against.

The table comes from `docs/workflow.md`; conditions, clock and effects are written here anew, one case at a time and
with plain counters, so that a slip in one of the two is seen.
"""

from datetime import UTC, datetime, timedelta

from cases.deeds import Order
from cases.posts import Doer
from tests.cases.workflow_page import told_steps

TOLD = told_steps()
WITH_UNIT = ("dispatched", "handling", "handled")
DAY_S, FROM_S, WORKED_S = 86_400, 8 * 3600, 10 * 3600
LIMIT_S = 4 * 3600
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
NO_LIMIT = 9
"""The condition that no limit is known for."""


def worked_s(at: datetime) -> float:
    """Working seconds since the epoch: every day from 8 to 18."""
    days, rest = divmod((at - EPOCH).total_seconds(), DAY_S)
    return days * WORKED_S + min(max(rest - FROM_S, 0), WORKED_S)


def moment(seconds: float) -> datetime:
    """The first moment at which so many working seconds have passed since the epoch."""
    days, rest = divmod(seconds, WORKED_S)
    if rest == 0:
        days, rest = days - 1, WORKED_S
    return EPOCH + timedelta(seconds=days * DAY_S + FROM_S + rest)


class TenHourDays:
    """Deadlines of four hours that are worked from 8 to 18."""

    def due_at(self, code: str, condition: int | None, start: datetime, spent_s: float) -> datetime | None:
        return None if condition == NO_LIMIT else moment(worked_s(start) + LIMIT_S - spent_s)

    def spent_s(self, code: str, condition: int | None, start: datetime, end: datetime) -> float:
        return worked_s(end) - worked_s(start)


class Model:
    """One case, as the page tells its way."""

    def __init__(self) -> None:
        self.state = "candidate"
        self.condition: int | None = None
        self.unit = self.handler = self.parent = ""
        self.came_back_from = ""
        self.reworks = self.extensions = 0
        self.extension = self.appeal = self.first_reviewer = ""
        self.was_put_off = self.late = self.exempt = False
        self.urged: set[str] = set()
        self.until: datetime | None = None
        self.started: datetime | None = None
        self.due: datetime | None = None
        self.spent_s = 0.0
        self.staged: datetime | None = None
        self.accepting_s = 0.0
        self.complaint = self.answer = ""

    def legal(self, doer: Doer, at: datetime) -> list[str]:
        """The actions that the page lets somebody do now."""
        actions = [action for state, action in TOLD if state == self.state]
        return [action for action in actions if self._is_his(action, doer) and self._may(action, doer, at)]

    def allows(self, order: Order, doer: Doer, at: datetime) -> bool:
        """Say whether the page lets somebody do exactly this."""
        told = TOLD.get((self.state, order.action))
        if told is None or not self._is_his(order.action, doer) or not self._may(order.action, doer, at):
            return False
        fields = ("reason", "unit", "handler", "until", "into", "condition", "kind", "complaint", "answer")
        said = {name for name in fields if getattr(order, name) not in (None, "", "  ")}
        if not told.needs <= said or not said - {"reason"} <= told.needs | told.may:
            return False
        return order.until is None or at < order.until <= at + timedelta(days=366)

    def do(self, order: Order, doer: Doer, at: datetime) -> None:
        """Do what is allowed."""
        before, told = self.state, TOLD[self.state, order.action]
        self.condition = order.condition or self.condition
        is_return = order.action in ("send_back", "reject", "rework")
        if told.after != before:
            self.came_back_from = before if is_return else ""
        self.state = told.after
        self._effect(order, doer)
        if self.state != before:
            self._stage(before, at)
        if self.state in WITH_UNIT and before not in WITH_UNIT:
            self.started = at
            self._set_due()
        elif before in WITH_UNIT and self.state not in WITH_UNIT:
            self._stop(at)

    def _is_his(self, action: str, doer: Doer) -> bool:
        posts = TOLD[self.state, action].posts
        if doer.posts is None:
            return True
        return any(
            post in posts and (post not in ("department", "handler") or (self.unit and doer.unit in (self.unit, "*")))
            for post in doer.posts
        )

    def _is_late(self, at: datetime) -> bool:
        return self.late or (self.due is not None and at > self.due)

    def _may(self, action: str, doer: Doer, at: datetime) -> bool:
        open_request = self.extension in ("asked", "endorsed")
        in_time = self.due is not None and not self._is_late(at)
        conditions = {
            "accept": self.came_back_from not in ("accepted", "approved"),
            "suspend": not self.was_put_off,
            "ask_extension": not open_request and self.extensions < 2 and in_time,
            "endorse_extension": self.extension == "asked" and in_time,
            "grant_extension": self.extension == "endorsed" and in_time,
            "refuse_extension": open_request,
            "appeal": self.late and not self.appeal,
            "endorse_appeal": self.appeal == "asked",
            "grant_appeal": self.appeal == "endorsed" and doer.name != self.first_reviewer,
            "refuse_appeal": self.appeal in ("asked", "endorsed"),
            "answer_supervision": bool(self.urged),
            "end_supervision": bool(self.urged),
            "take_answer": bool(self.complaint),
            "close": not self.complaint or self.answer in ("satisfied", "mostly"),
        }
        return conditions.get(action, True)

    def _effect(self, order: Order, doer: Doer) -> None:  # noqa: C901 - told one after the other, on purpose
        match order.action.value:
            case "dispatch":
                if order.unit != self.unit:
                    self.unit, self.spent_s, self.late, self.extensions = order.unit, 0.0, False, 0
            case "start":
                self.handler = order.handler or doer.name
            case "send_back":
                self.handler = ""
            case "rework":
                self.handler, self.reworks, self.answer = "", self.reworks + 1, ""
            case "suspend":
                self.was_put_off, self.until = True, order.until
            case "resume" | "force_close":
                self.until = None
            case "merge":
                self.parent = order.into
            case "reopen":
                self.unit = self.handler = self.parent = self.extension = ""
                self.extensions, self.spent_s, self.late, self.answer = 0, 0.0, False, ""
            case "grant_extension":
                self.extension, self.extensions = "granted", self.extensions + 1
                self._set_due()
            case "ask_extension" | "endorse_extension" | "refuse_extension" as asked:
                self.extension = {"ask": "asked", "end": "endorsed", "ref": "refused"}[asked[:3]]
            case "appeal" | "endorse_appeal" | "grant_appeal" | "refuse_appeal" as asked:
                self.appeal = {"app": "asked", "end": "endorsed", "gra": "granted", "ref": "refused"}[asked[:3]]
                self.exempt = self.exempt or self.appeal == "granted"
                self.first_reviewer = doer.name if self.appeal == "endorsed" else self.first_reviewer
            case "supervise":
                self.urged.add(order.kind or "")
            case "take_complaint":
                self.complaint, self.answer = str(order.complaint), ""
            case "take_answer":
                self.answer = str(order.answer)
            case "end_supervision":
                self.urged.clear()

    def _stage(self, before: str, at: datetime) -> None:
        """The short clocks begin with their stage; that of accepting stands still while somebody verifies."""
        used_s, self.accepting_s = self.accepting_s, 0.0
        if (before, self.state) == ("filed", "verifying"):
            assert self.staged is not None
            self.accepting_s = max(0.0, (at - self.staged).total_seconds())
        is_back = (before, self.state) == ("verifying", "filed")
        begun = at - timedelta(seconds=used_s) if is_back else at
        self.staged = begun if self.state in ("filed", "verifying", "approved", "checking") else None

    def _set_due(self) -> None:
        assert self.started is not None
        left_s = LIMIT_S * (1 + self.extensions) - self.spent_s
        due = moment(worked_s(self.started) + left_s) if left_s > 0 else self.started
        self.due = None if self.condition == NO_LIMIT else due

    def _stop(self, at: datetime) -> None:
        assert self.started is not None
        self.late = self._is_late(at)
        self.spent_s += max(0.0, worked_s(at) - worked_s(self.started))
        self.started = self.due = None
        self.extension = ""
