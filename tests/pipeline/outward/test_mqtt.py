"""MQTT against Debian's mosquitto: topics, acknowledgement, accounts, and a broker that goes away and returns."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from cases.outbox import Letter, Outbox
from cases.store import CaseStore
from pipeline.errors import ReceiverAwayError
from pipeline.outward.courier import Courier, CourierPolicy
from pipeline.outward.mqtt import MqttSender, topic_of
from pipeline.outward.settings import OutwardSettings, TargetEntry
from tests.pipeline.outward.broker import PASSWORD, PROGRAM, USER, Broker, Listener, broking
from tests.pipeline.outward.builders import Clock, filed, opened

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs mosquitto (deploy/test-packages.sh)")

OUTWARD = OutwardSettings(city="安康", district="汉滨")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with broking(tmp_path) as running:
        yield running


@pytest.fixture
def letter(store: CaseStore, outbox: Outbox, clock: Clock) -> Letter:
    opened(store)
    return outbox.due("platform", clock(), 1)[0]


@pytest.fixture
def made() -> Iterator[Callable[..., MqttSender]]:
    senders = []

    def make(port: int, password: str = PASSWORD, **changes: object) -> MqttSender:
        url = f"mqtt://{USER}:{quote(password, safe='')}@127.0.0.1:{port}"
        entry = TargetEntry.model_validate({"id": "platform", "kind": "mqtt", "url": url, "timeout_s": 2.0, **changes})
        senders.append(MqttSender(entry, OUTWARD, "streetwarden-test"))
        return senders[-1]

    yield make
    for sender in senders:
        sender.close()


def test_event_is_published_under_city_district_camera_and_event(
    broker: Broker, made: Callable[..., MqttSender], letter: Letter
) -> None:
    listener = Listener(broker)

    made(broker.port).send(letter)

    [heard] = listener.wait_for(1)
    listener.close()
    assert heard.topic == "安康/汉滨/gate-3/open"
    assert (heard.qos, heard.is_retained, heard.id) == (1, False, letter.event.id)
    assert json.loads(heard.body)["data"]["case"]["number"] == letter.event.case.number


def test_name_cannot_make_levels_or_wildcards(letter: Letter) -> None:
    case = letter.event.case.model_copy(update={"camera_id": "a/b+#\n"})
    event = letter.event.model_copy(update={"case": case})
    assert topic_of("x/{camera}/{kind}/{case}", OUTWARD, event, "open") == f"x/a_b___/vending/{case.number}"


def test_wrong_password_is_told_without_it(broker: Broker, made: Callable[..., MqttSender], letter: Letter) -> None:
    with pytest.raises(ReceiverAwayError, match="does not let us in") as caught:
        made(broker.port, "guess-7731").send(letter)
    assert "7731" not in str(caught.value)


def test_topic_that_the_account_may_not_write_is_told(
    tmp_path: Path, made: Callable[..., MqttSender], letter: Letter
) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    with (
        broking(folder, acl="topic readwrite elsewhere/#\n") as broker,
        pytest.raises(ReceiverAwayError, match="the broker refuses 安康/汉滨/gate-3/open: Not authorized"),
    ):
        made(broker.port).send(letter)


def test_broker_that_is_not_there_is_told(made: Callable[..., MqttSender], letter: Letter) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(ReceiverAwayError, match="cannot be reached"):
        made(port).send(letter)


def test_broker_that_says_nothing_is_left_in_time(made: Callable[..., MqttSender], letter: Letter) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as mute,
        pytest.raises(ReceiverAwayError, match=r"did not answer within 0\.5 s"),
    ):
        made(mute.getsockname()[1], timeout_s=0.5).send(letter)


def test_broker_that_restarts_in_between_loses_nothing_and_keeps_the_order(
    broker: Broker, made: Callable[..., MqttSender], store: CaseStore, outbox: Outbox
) -> None:
    courier = Courier("platform", outbox, made(broker.port), CourierPolicy(first_s=0.05, longest_s=0.2))
    listener = Listener(broker)
    courier.start()
    numbers = [filed(store, "event-1").number]
    before = listener.wait_for(3)
    listener.close()

    broker.stop()
    numbers += [filed(store, f"event-{number}").number for number in range(2, 5)]
    broker.start()
    listener = Listener(broker)
    after = listener.wait_for(9, beside=before)  # what the broker had not acknowledged comes again
    courier.stop()
    listener.close()

    told = [json.loads(heard.body)["data"] for heard in (*before, *after)]
    by_case = {
        number: [each["change"]["seq"] for each in told if each["case"]["number"] == number] for number in numbers
    }
    assert all(list(dict.fromkeys(seqs)) == [1, 2, 3] for seqs in by_case.values())
    assert outbox.standings()[0].waiting == 0
