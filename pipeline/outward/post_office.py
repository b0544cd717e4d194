"""All receivers outside: a courier each, and how they stand.

A receiver that is down, slow or set up wrongly has a thread, a queue and a wait of its own; cases know nothing of it.
"""

import hashlib
import socket
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from cases.database import Database
from cases.errors import DatabaseError
from cases.outbox import Outbox
from pipeline.outward.courier import Courier, CourierPolicy
from pipeline.outward.gat1400 import ViewLibrarySender
from pipeline.outward.messages import Sender
from pipeline.outward.mqtt import MqttSender
from pipeline.outward.pictures import Pictures
from pipeline.outward.settings import OutwardSettings, TargetEntry
from pipeline.outward.webhook import WebhookSender
from pipeline.steps import run_each
from pipeline.views import SystemProblem, TargetView

TELL_AFTER_FAILURES = 3
"""A receiver that failed so often in a row is told on the health page; one miss is nothing."""


@dataclass(frozen=True, slots=True)
class PostOfficeParts:
    """What receivers are told from.

    Attributes:
        database: where the outbox is.
        pictures: what view libraries get, and who is sent what is posted.
        local: the zone of the times that they want in local time.
        program: name and version of this program.
        data: the data folder, which tells this installation from others.
    """

    database: Database
    pictures: Pictures
    local: tzinfo
    program: str
    data: Path


class PostOffice:
    """The couriers of an installation; any thread may call any method.

    Raises:
        SettingsError: a receiver's certificate file cannot be used.
    """

    def __init__(self, settings: OutwardSettings, parts: PostOfficeParts) -> None:
        self._settings = settings
        self._outbox = Outbox(parts.database)
        self._couriers = tuple(
            Courier(entry.id, self._outbox, make_sender(entry, settings, parts), _policy(entry, settings))
            for entry in settings.targets
        )

    def start(self) -> None:
        """Say who is told from now on, and start telling.

        Raises:
            DatabaseError: the outbox cannot be written.
        """
        self._outbox.set_targets({entry.id: entry.wants for entry in self._settings.targets})
        for courier in self._couriers:
            courier.start()

    def stop(self) -> None:
        """End the couriers; what waits stays in the outbox."""
        for courier in self._couriers:  # all at once, so that slow receivers are awaited together
            courier.end()
        run_each(*((f"ending the courier to {courier.target}", courier.stop) for courier in self._couriers))

    def views(self) -> tuple[TargetView, ...]:
        """Return how every receiver stands, also one that the settings name no more."""
        entries = {entry.id: entry for entry in self._settings.targets}
        healths = {courier.target: courier.health() for courier in self._couriers}
        views = []
        for standing in self._outbox.standings():
            entry, health = entries.get(standing.target), healths.get(standing.target)
            views.append(
                TargetView(
                    target_id=standing.target,
                    kind=entry.kind if entry else "",
                    address=entry.shown if entry else "",
                    problem=health.problem if health else "",
                    failures=health.failures if health else 0,
                    delivered=health.delivered if health else 0,
                    waiting=standing.waiting,
                    dead=standing.dead,
                    oldest_at=standing.oldest_at,
                )
            )
        return tuple(views)

    def problems(self) -> tuple[SystemProblem, ...]:
        """Return what an operator should know: who takes nothing, what was given up, what nobody fetches any more."""
        problems: list[SystemProblem] = []
        try:
            views = self.views()
        except DatabaseError:  # told by those who write cases; the health page must come up without it
            return ()
        for view in views:
            name, waiting, dead = view.target_id, view.waiting, view.dead
            if dead:
                sentence = f"receiver {name}: {dead} messages were given up; streetwarden outbox resend {name}"
                problems.append(SystemProblem("outbox_dead", sentence, {"target": name, "dead": dead}))
            if view.failures >= TELL_AFTER_FAILURES:
                sentence = f"receiver {name} takes nothing, {waiting} messages wait: {view.problem}"
                problems.append(SystemProblem("outbox_away", sentence, {"target": name, "waiting": waiting}))
            if not view.kind and waiting:
                sentence = f"{waiting} messages wait for receiver {name}, which the settings name no more"
                problems.append(SystemProblem("outbox_retired", sentence, {"target": name, "waiting": waiting}))
        return tuple(problems)


def make_sender(entry: TargetEntry, settings: OutwardSettings, parts: PostOfficeParts) -> Sender:
    """Return the way to a receiver.

    Raises:
        SettingsError: its certificate file cannot be used.
    """
    if entry.kind == "mqtt":
        return MqttSender(entry, settings, client_id(entry.id, parts.data), parts.pictures)
    if entry.kind == "gat1400":
        return ViewLibrarySender(entry, parts.pictures, parts.local)
    return WebhookSender(entry, parts.program, parts.pictures)


def client_id(target: str, data: Path) -> str:
    """Return by what a broker knows us: the same at every start, and another for every installation and receiver."""
    here = f"{socket.gethostname()}\n{data.resolve()}\n{target}"
    return f"streetwarden-{hashlib.sha256(here.encode()).hexdigest()[:16]}"


def _policy(entry: TargetEntry, settings: OutwardSettings) -> CourierPolicy:
    return CourierPolicy(
        give_up_s=entry.give_up_h * 3600,
        parallel=entry.parallel,
        keep_delivered_s=settings.keep_delivered_days * 86_400,
    )
