"""A program that files cases and tells a receiver of them until it is killed; announces each on standard output."""

import itertools
import sys

from cases.outbox import Outbox
from cases.store import CaseStore
from pipeline.outward.courier import Courier, CourierPolicy
from pipeline.outward.webhook import WebhookSender
from tests.pipeline.outward.builders import entry, filed


def main(url: str, address: str, name: str) -> None:
    """File cases for ever."""
    store = CaseStore(url)
    outbox = Outbox(store.database)
    outbox.set_targets({"platform": "events"})
    Courier("platform", outbox, WebhookSender(entry(address), "streetwarden test"), CourierPolicy()).start()
    for count in itertools.count():
        case = filed(store, f"{name}-{count}")
        sys.stdout.write(f"{case.case_id}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3])
