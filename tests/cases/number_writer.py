"""A process whose threads take case numbers of one database, as several services beside each other would.

`python -m tests.cases.number_writer URL NAME THREADS EACH TEMPLATE` prints the numbers it has committed, one a line.
"""

import sys
import threading
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from cases.case_numbers import BEIJING, Numbering, next_number
from cases.database import Database
from cases.rows import new_case_row
from tests.cases.builders import NOON, new_case


class ChangedMindError(Exception):
    """What makes some transactions fail after they were given a number."""


def take(database: Database, name: str, each: int, numbering: Numbering, at: datetime = NOON) -> list[str]:
    """Open cases one after the other and return their numbers; every fifth transaction is taken back first."""
    numbers = []
    for count in range(each):
        if count % 5 == 0:
            try:
                with database.writing() as session:
                    next_number(session, at, BEIJING, numbering)
                    raise ChangedMindError
            except (ChangedMindError, IntegrityError):
                pass
        numbers.append(_opened(database, f"{name}-{count}", numbering, at))
    return numbers


def _opened(database: Database, event_id: str, numbering: Numbering, at: datetime) -> str:
    """Open a case; where another process has just begun the day, once more, as the store does."""
    while True:
        try:
            with database.writing() as session:
                number = next_number(session, at, BEIJING, numbering)
                session.add(new_case_row(new_case(event_id), number))
                return number
        except IntegrityError:
            continue


def take_in_threads(url: str, name: str, threads: int, each: int, numbering: Numbering) -> list[str]:
    """Let threads of one process take numbers, and return them all."""
    database = Database(url, busy_timeout_s=60)
    taken: list[str] = []
    lock = threading.Lock()

    def run(thread: int) -> None:
        mine = take(database, f"{name}-{thread}", each, numbering)
        with lock:
            taken.extend(mine)

    running = [threading.Thread(target=run, args=(thread,), name=f"writer-{thread}") for thread in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    database.close()
    return taken


if __name__ == "__main__":
    url, name, threads, each, template = sys.argv[1:]
    sys.stdout.write("\n".join(take_in_threads(url, name, int(threads), int(each), Numbering(template))) + "\n")
