"""Says how long evidence of which cases is kept, and which rule deletes it when; a pure function of records and time.

No rule reaches what is in work, locked or released: such evidence is kept whatever the disk says. None deletes before
30 days are over, as the law asks, so there is nothing that a full disk may take earlier.

Source: 公共安全视频图像信息系统管理条例 (State Council order 799, in force 2025-04-01): not less than 30 days;
个人信息保护法, article 47: deletion once the purpose is met.

Belongs here: which and when. Does not: deleting (retention_job), the proof of it (deletions).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cases.packs import PackPurpose
from cases.records import AuditRow, Case, CasePack

LEAST_DAYS = 30
"""What the law asks for at least."""


class Rule(StrEnum):
    """What decides over a case's evidence; settings and records name it by this."""

    UNCONFIRMED = "unconfirmed"  # nobody ever held it to be true
    DISMISSED = "dismissed"  # a false alarm or withdrawn: a blurred close-up is kept
    RESOLVED = "resolved"  # over without being filed, usually by the warning
    CLOSED = "closed"  # filed, handled and done with


RULE_OF_STATE = {
    "candidate": Rule.UNCONFIRMED,
    "warned": Rule.UNCONFIRMED,
    "dismissed": Rule.DISMISSED,
    "resolved": Rule.RESOLVED,
    "closed": Rule.CLOSED,
    "force_closed": Rule.CLOSED,
    "not_accepted": Rule.CLOSED,
    "merged": Rule.CLOSED,
}
"""Which rule reaches a case in which state; a state that is not here is one in work, and nothing of it is deleted."""


@dataclass(frozen=True, slots=True)
class RetentionDays:
    """Days that evidence is kept, by rule; counted from the later of its last picture and the state's beginning."""

    unconfirmed: int = LEAST_DAYS
    dismissed: int = LEAST_DAYS
    resolved: int = LEAST_DAYS
    closed: int = 730

    def __post_init__(self) -> None:
        for rule in Rule:
            if self.of(rule) < LEAST_DAYS:
                raise ValueError(f"the law asks to keep pictures for {LEAST_DAYS} days: {rule.value}={self.of(rule)}")

    def of(self, rule: Rule) -> int:
        """Return the days of a rule."""
        return {
            Rule.UNCONFIRMED: self.unconfirmed,
            Rule.DISMISSED: self.dismissed,
            Rule.RESOLVED: self.resolved,
            Rule.CLOSED: self.closed,
        }[rule]


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be deleted of a case.

    Attributes:
        case: the case.
        rule: by which rule.
        days: how long it keeps such evidence.
        since: from when the days count, aware UTC.
        packs: whose files go.
    """

    case: Case
    rule: Rule
    days: int
    since: datetime
    packs: tuple[CasePack, ...]


def due(case: Case, history: Sequence[AuditRow], days: RetentionDays, now: datetime) -> Due | None:
    """Return what a rule deletes of a case now, or None where nothing is due.

    Args:
        case: as stored; that it is not locked or released is the caller's to ask.
        history: everything that happened to it.
        days: as set.
        now: wall time, aware UTC.
    """
    rule = rule_of(case)
    packs = kept_packs(case)
    if rule is None or not packs:
        return None
    since = max([state_since(case, history), *(pack.written_at for pack in packs)])
    if now - since < timedelta(days=days.of(rule)):
        return None
    return Due(case, rule, days.of(rule), since, packs)


def rule_of(case: Case) -> Rule | None:
    """Return the rule that reaches a case, or None while it is in work."""
    rule = RULE_OF_STATE.get(case.state.value)
    if rule is Rule.UNCONFIRMED and case.reviewed_by:
        return None  # a person held it to be true: it waits to be filed
    return rule


def kept_packs(case: Case) -> tuple[CasePack, ...]:
    """Return the packs whose files no rule has deleted; the records of deletions are never deleted themselves."""
    return tuple(pack for pack in case.packs if pack.deleted_at is None and pack.purpose is not PackPurpose.DELETION)


def state_since(case: Case, history: Sequence[AuditRow]) -> datetime:
    """Return when a case came into its state; views, exports and the like do not count."""
    changes = [row.at for row in history if row.from_state != row.to_state]
    return max(changes, default=case.created_at)
