"""A program that opens cases until it dies; the recovery tests start it as a child.

`each-step N` forks once per step and lets that child die there; `until-killed NAME` goes on until somebody kills it.
Each case that is safely open is announced on standard output by its event.
"""

import itertools
import os
import sys
from pathlib import Path

from cases.database import Database
from cases.disk import Disk
from cases.evidence import EvidenceStore
from cases.records import case_id_of
from cases.store import CaseStore
from tests.cases.builders import KEY, OPENING, facts, new_case, parts
from tests.cases.failing_disk import StoppingDisk


def open_one(folder: Path, disk: Disk, event_id: str) -> None:
    """Open a case with its evidence, add a second pack, and announce it."""
    store = CaseStore(Database(f"sqlite:///{folder}/cases.sqlite"))
    open_in(store, EvidenceStore(folder / "evidence", signer=KEY, disk=disk), event_id)
    store.close()


def open_in(store: CaseStore, evidence: EvidenceStore, event_id: str) -> None:
    """Open a case with its evidence and announce it."""
    case_id = case_id_of(event_id)
    pack = evidence.write_pack(case_id, parts(), facts(event_id=event_id, opening=OPENING))
    store.open_case(new_case(event_id), pack)
    sys.stdout.write(f"{event_id}\n")
    sys.stdout.flush()
    store.add_pack(case_id, evidence.write_pack(case_id, parts(), facts(event_id=event_id)))


def main(folder: Path, mode: str, argument: str) -> None:
    """Run in the given mode."""
    if mode == "each-step":
        CaseStore(f"sqlite:///{folder}/cases.sqlite").close()
        for step in range(1, int(argument) + 1):
            if (child := os.fork()) == 0:
                open_one(folder, StoppingDisk(step), f"event-{step}")
                os._exit(0)
            os.waitpid(child, 0)
        return
    store = CaseStore(f"sqlite:///{folder}/cases.sqlite")
    evidence = EvidenceStore(folder / "evidence", signer=KEY)
    for count in itertools.count():
        open_in(store, evidence, f"{argument}-{count}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
