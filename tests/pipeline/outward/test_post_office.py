"""All receivers together: how they stand on the health page and in the metrics, and that a bad one hurts nobody."""

from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cases.database import Database
from cases.errors import DatabaseError
from cases.evidence import EvidenceStore
from cases.outbox import LetterState, Outbox, Outcome
from cases.store import CaseStore
from pipeline.errors import SettingsError
from pipeline.metrics import Metrics, MetricSources
from pipeline.outward.pictures import Pictures
from pipeline.outward.post_office import PostOffice, PostOfficeParts, client_id
from pipeline.outward.settings import OutwardSettings, TargetEntry
from pipeline.views import SystemHealth, TargetView
from tests.cases.builders import NOON
from tests.pipeline.outward.builders import entry, filed, opened
from tests.pipeline.outward.receiver import Receiver, Reply

Make = Callable[..., PostOffice]


@pytest.fixture
def parts(database: Database, store: CaseStore, tmp_path: Path) -> PostOfficeParts:
    pictures = Pictures(store, EvidenceStore(tmp_path / "evidence"))
    return PostOfficeParts(database, pictures, ZoneInfo("Asia/Shanghai"), "streetwarden test", tmp_path)


@pytest.fixture
def office(parts: PostOfficeParts) -> Iterator[Make]:
    offices = []

    def make(*targets: TargetEntry) -> PostOffice:
        offices.append(PostOffice(OutwardSettings(targets=targets), parts))
        offices[-1].start()
        return offices[-1]

    yield make
    for each in offices:
        each.stop()


def test_letters_of_before_a_restart_are_delivered_after_it(
    office: Make, store: CaseStore, receiver: Receiver, address: str
) -> None:
    first = office(entry(address))
    first.stop()
    filed(store)
    assert receiver.requests == []

    office(entry(address))

    assert len(receiver.wait_for(3)) == 3


def test_installation_without_receivers_starts_nothing_and_queues_nothing(
    office: Make, store: CaseStore, database: Database
) -> None:
    made = office()
    filed(store)

    assert (made.views(), made.problems()) == ((), ())
    assert Outbox(database).standings() == ()


def test_receiver_that_takes_nothing_is_told_with_what_waits(
    office: Make, store: CaseStore, receiver: Receiver, address: str
) -> None:
    receiver.replies = [Reply(503)] * 100
    made = office(entry(f"{address}/token-7731"))
    opened(store)
    receiver.wait_for(4)

    [problem] = made.problems()
    assert (problem.code, problem.facts) == ("outbox_away", {"target": "platform", "waiting": 2})
    assert "answers 503 (Service Unavailable)" in problem.message
    assert "7731" not in problem.message + repr(made.views())


def test_what_was_given_up_and_whom_nobody_names_any_more_is_told(
    office: Make, store: CaseStore, database: Database
) -> None:
    outbox = Outbox(database)
    outbox.set_targets({"old": "events"})
    opened(store)
    [letter] = outbox.due("old", NOON.replace(hour=5), 9)
    outbox.settle([Outcome(letter.number, LetterState.DEAD, "answers 422")], NOON)

    problems = office().problems()

    assert [(problem.code, dict(problem.facts)) for problem in problems] == [
        ("outbox_dead", {"target": "old", "dead": 1}),
        ("outbox_retired", {"target": "old", "waiting": 1}),
    ]


def test_health_comes_up_while_the_database_is_away(
    office: Make, store: CaseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = office()

    def refuse(_: object) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(Outbox, "standings", refuse)
    assert made.problems() == ()


def test_metrics_tell_how_each_receiver_stands() -> None:
    view = TargetView("platform", "webhook", "https://platform.example", "away", 4, 17, 3, 1, NOON)
    health = SystemHealth(NOON, "0", "m", "e", 1, 0, ())
    text = Metrics(MetricSources(lambda: (), lambda: (), lambda: health, dict, lambda: (view,))).text().decode()

    assert 'streetwarden_outbox_up{target="platform"} 0.0' in text
    assert 'streetwarden_outbox_waiting{target="platform"} 3.0' in text
    assert 'streetwarden_outbox_dead{target="platform"} 1.0' in text
    assert 'streetwarden_outbox_delivered_total{target="platform"} 17.0' in text
    assert "streetwarden_outbox_oldest_timestamp_seconds" in text


def test_receiver_whose_certificate_file_is_missing_stops_the_start(parts: PostOfficeParts, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ca_file"):
        PostOffice(OutwardSettings(targets=(entry(ca_file=tmp_path / "none.pem"),)), parts)


def test_broker_knows_each_installation_and_receiver_apart(tmp_path: Path) -> None:
    ids = {client_id(target, tmp_path / data) for target in ("a", "b") for data in ("one", "two")}
    assert len(ids) == 4
    assert client_id("a", tmp_path) == client_id("a", tmp_path)
