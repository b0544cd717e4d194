"""Publishes letters to an MQTT 5 broker: QoS 1, not retained, one topic per camera and event.

A letter has arrived when the broker acknowledges it. A connection that breaks is given up and made anew by the next
letter, under the same client id and in the session that the broker kept; what was not acknowledged is published again.
"""

import re
import ssl
import threading

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from cases.case_event import CaseEvent
from cases.outbox import Letter
from pipeline.errors import ReceiverAwayError, ReceiverRefusesError
from pipeline.outward.messages import OutMessage, messages_of
from pipeline.outward.pictures import Pictures
from pipeline.outward.posting import trust_of
from pipeline.outward.settings import OutwardSettings, TargetEntry

PORT, TLS_PORT = 1883, 8883

SESSION_S = 7 * 86_400
"""How long the broker keeps our session while we are away."""

NEVER = frozenset({0x90, 0x95, 0x99})
"""Reasons that stay: topic name invalid, packet too large, payload format invalid (MQTT 5.0, 2.4)."""


class MqttSender:
    """A `Sender` to one broker; see `pipeline.outward.messages.Sender`.

    Args:
        entry: the receiver.
        outward: city and district for the topics.
        client_id: the same at every start, and no other client's.
        pictures: where the pictures of what is posted come from; needed for nothing else.

    Raises:
        SettingsError: its certificate file cannot be used.
    """

    def __init__(
        self, entry: TargetEntry, outward: OutwardSettings, client_id: str, pictures: Pictures | None = None
    ) -> None:
        self._entry = entry
        self._outward = outward
        self._client_id = client_id
        self._pictures = pictures
        self._trust = trust_of(entry.id, entry.ca_file) if entry.parts.scheme == "mqtts" else None
        self._lock = threading.Lock()
        self._connection: _Connection | None = None

    def send(self, letter: Letter) -> None:
        """Publish what the letter says and wait for the broker's word."""
        connection = self._connected()
        entry = self._entry
        for message in messages_of(letter.event, entry.sends, target=entry.id, pictures=self._pictures):
            topic = topic_of(self._entry.topic, self._outward, letter.event, message.kind)
            try:
                connection.publish(topic, message)
            except ReceiverAwayError:
                self._drop(connection)
                raise

    def rest(self) -> None:
        """Nothing to do: the client keeps its connection alive by itself."""

    def close(self) -> None:
        """Hang up; the broker keeps the session."""
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _connected(self) -> "_Connection":
        with self._lock:
            if self._connection is None or not self._connection.is_up:
                if self._connection is not None:
                    self._connection.close()
                    self._connection = None
                self._connection = _Connection(self._entry, self._client_id, self._trust)
            return self._connection

    def _drop(self, connection: "_Connection") -> None:
        with self._lock:
            if self._connection is connection:
                self._connection = None
        connection.close()


class _Connection:
    """One connection, from the broker's welcome to its end."""

    def __init__(self, entry: TargetEntry, client_id: str, trust: ssl.SSLContext | None) -> None:
        self._target, self._timeout_s = entry.id, entry.timeout_s
        self._answered = threading.Event()
        self._refusal = ""
        self._reasons: dict[int, ReasonCode] = {}
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=paho.MQTTv5, reconnect_on_failure=False
        )
        user, password = entry.login
        if user:
            self._client.username_pw_set(user, password or None)
        if trust is not None:
            self._client.tls_set_context(trust)
        self._client.connect_timeout = entry.timeout_s
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        self._open(entry)

    @property
    def is_up(self) -> bool:
        """Whether the broker is still there, as far as we know."""
        return self._client.is_connected()

    def publish(self, topic: str, message: OutMessage) -> None:
        """Publish one message and wait until the broker has it."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = "application/json"
        properties.UserProperty = [("id", message.id)]
        try:
            sent = self._client.publish(topic, message.body, qos=1, retain=False, properties=properties)
            sent.wait_for_publish(self._timeout_s)
            is_there = sent.is_published()
        except (ValueError, RuntimeError) as err:  # paho's queue is full, or the connection is gone
            raise ReceiverAwayError(self._target, f"cannot publish: {err}") from None
        if not is_there:
            raise ReceiverAwayError(self._target, f"the broker did not acknowledge within {self._timeout_s:g} s")
        reason = self._reasons.pop(sent.mid, None)
        if reason is None or not reason.is_failure:
            return
        told = f"the broker refuses {topic}: {reason.getName()}"
        raise (ReceiverRefusesError if reason.value in NEVER else ReceiverAwayError)(self._target, told)

    def close(self) -> None:
        """Hang up and end the client's thread."""
        self._client.disconnect()
        self._client.loop_stop()

    def _open(self, entry: TargetEntry) -> None:
        host, port = entry.parts.hostname or "", entry.parts.port
        kept = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        kept.SessionExpiryInterval = SESSION_S
        default = TLS_PORT if entry.parts.scheme == "mqtts" else PORT
        try:
            self._client.connect(host, port or default, clean_start=False, properties=kept)
        except (OSError, ValueError) as err:
            raise ReceiverAwayError(self._target, f"the broker cannot be reached: {err}") from None
        if self._client.loop_start() != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise ReceiverAwayError(self._target, "the client's thread did not start")
        has_answered = self._answered.wait(self._timeout_s)
        if not has_answered or self._refusal:
            self.close()
            told = self._refusal or f"the broker did not answer within {self._timeout_s:g} s"
            raise ReceiverAwayError(self._target, told)

    def _on_connect(
        self, _client: paho.Client, _data: object, _flags: object, reason: ReasonCode, _more: object
    ) -> None:
        if reason.is_failure:
            self._refusal = f"the broker does not let us in: {reason.getName()}"
        self._answered.set()

    def _on_publish(self, _client: paho.Client, _data: object, mid: int, reason: ReasonCode, _more: object) -> None:
        if reason.is_failure:
            self._reasons[mid] = reason


def topic_of(template: str, outward: OutwardSettings, event: CaseEvent, kind: str) -> str:
    """Return the topic of a message; what would be a level or a wildcard in a name becomes _."""
    names = {
        "city": outward.city,
        "district": outward.district,
        "camera": event.case.camera_id,
        "event": kind,
        "kind": event.case.kind,
        "case": event.case.number,
    }
    return template.format(**{key: re.sub(r"[/+#\x00-\x1f\x7f]", "_", name) or "_" for key, name in names.items()})
