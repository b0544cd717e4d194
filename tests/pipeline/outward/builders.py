"""Builds receivers' settings, and a clock that a test moves."""

from datetime import datetime, timedelta
from typing import Any

from cases.records import Case, case_id_of
from cases.states import Action
from cases.store import CaseStore
from pipeline.outward.settings import TargetEntry
from tests.cases.builders import NOON, new_case, pack_of

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"""That of the specification's own example."""


def entry(url: str = "https://platform.example/hooks", **changes: Any) -> TargetEntry:
    """Return a webhook's entry."""
    return TargetEntry.model_validate({"id": "platform", "url": url, "secret": SECRET, **changes})


class Clock:
    """A wall clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOON + timedelta(hours=1)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


def opened(store: CaseStore, event_id: str = "event-1") -> Case:
    """Open a case; its history has two rows, `open` and `add_pack`."""
    return store.open_case(new_case(event_id), pack_of(event_id))


def filed(store: CaseStore, event_id: str = "event-1") -> Case:
    """Open and file a case; its history has three rows."""
    opened(store, event_id)
    return store.apply(case_id_of(event_id), Action.FILE, actor="li", reason="不听劝", at=NOON)
