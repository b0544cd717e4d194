"""Ends the service again and again at moments evenly drawn, over one folder and before one street, and has it judged.

An end is `kill -9`, or a cut of the power of the disk that the folder lies on. After each, a copy of what lies on the
disk is swept, as the next start will sweep the original, and judged by `powercut_checks`.

Belongs here: when, and what is noted. Does not: goals and tables (powercut), disks (powercut_disks).
"""

import random
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from benchmarks.powercut_checks import ClipLack, Fault, Inspector, Place, Span
from benchmarks.powercut_disks import LoopDisk
from benchmarks.powercut_service import DATABASE, Clerk, Ledger, Life, Site
from benchmarks.powercut_street import Vehicle, Yards
from cases.evidence import EvidenceStore
from cases.recovery import recover
from cases.store import CaseStore

STARTING_RATIO, STARTING_S, LONGEST_S = 0.2, 1.5, 4.5
"""So many ends fall evenly into the first moments of a process, while it starts and sweeps; the others so long at most
after its page answers, when cases are made, however long a busy machine took to get there."""

LONG_EVERY, LONG_S, WATCHED_S, WATCHED_LOOKS = 20, 14.0, 10.0, 7
"""Every so many runs one lasts so much longer. A vehicle that stood for ten seconds of it, at whose camera it looked so
often meanwhile (nine times where the machine is not too busy), must have its case by then."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What is to be run.

    Attributes:
        ends: how often the service is ended.
        cameras: that it watches.
        seed: of the moments.
        rest_s: how long it lives in peace at last.
    """

    ends: int
    cameras: int
    seed: int
    rest_s: float = LONG_S


@dataclass(slots=True)
class Outcome:
    """What a run of kills has shown."""

    faults: list[Fault] = field(default_factory=list)
    rows: list[dict[str, JsonValue]] = field(default_factory=list)
    lives: list[Span] = field(default_factory=list)
    watched: set[Vehicle] = field(default_factory=set)
    lacks: list[ClipLack] = field(default_factory=list)
    cases: int = 0
    ledger: Ledger = field(default_factory=Ledger)


class Run:
    """Kills over one folder, or cuts of the power of the disk that it lies on."""

    def __init__(self, folder: Path, settings: RunSettings, disk: LoopDisk | None = None) -> None:
        self._settings = settings
        self._disk = disk
        self._site = Site(folder / "site", Yards(settings.cameras, time.time() - 60.0))
        self._copy = Place(folder / "copy" / DATABASE, folder / "copy" / "evidence", self._site.keys)
        self._inspector = Inspector(self._site.yards)
        self._draw = random.Random(settings.seed)  # noqa: S311 - moments that can be drawn again, nothing secret
        self.outcome = Outcome()

    def go(self, say: Say) -> Outcome:
        """End the service so often, then let it finish in peace, and judge.

        Raises:
            SideFailedError: it did not come up, or ended by itself.
        """
        self._site.prepare()
        for number in range(self._settings.ends):
            self._one(number)
            if number % 20 == 19:
                found = Counter(fault.wrong for fault in self.outcome.faults)
                say(f"  {number + 1} ends, {self.outcome.cases} cases, {dict(found) or 'nothing wrong'}")
        self._in_peace()
        return self.outcome

    def _one(self, number: int) -> None:
        is_long = number % LONG_EVERY == LONG_EVERY - 1
        dies_early = self._draw.random() < STARTING_RATIO and not is_long
        lives_s = self._draw.uniform(0.0, STARTING_S if dies_early else LONGEST_S) + (LONG_S if is_long else 0.0)
        life = Life(self._site)
        clerk: Clerk | None = None
        up_s = 0.0
        try:
            if not dies_early:
                clerk = Clerk(life.address(), self.outcome.ledger)
                up_s = time.time()
            threading.Event().wait(lives_s)
        finally:
            if self._disk is not None:
                self._disk.cut_power()
            ended_s = time.time()
            life.kill()
        if clerk is not None:
            clerk.end()
        if self._disk is not None:
            self._disk.back()
        self._note(life, clerk, ended_s)
        if clerk is not None and is_long:
            self._note_watched(clerk, up_s)
        faults = self._judge()
        self.outcome.faults += [fault for fault in faults if fault not in self.outcome.faults]
        self.outcome.rows.append(
            {
                "end": number + 1,
                "after_s": round(lives_s, 3),
                "of": "page" if clerk is not None else "process",
                "cases": self.outcome.cases,
                "wrong": dict(Counter(fault.wrong.value for fault in faults)),
            }
        )

    def _note_watched(self, clerk: Clerk, up_s: float) -> None:
        from_s, to_s = up_s + 1.0, up_s + WATCHED_S
        for vehicle in self._site.yards.between(from_s, to_s):
            if clerk.looks_between(vehicle.camera, from_s, to_s) >= WATCHED_LOOKS:
                self.outcome.watched.add(vehicle)

    def _note(self, life: Life, clerk: Clerk | None, ended_s: float) -> None:
        packs = (self._site.data / "evidence").glob("[0-9]*/[0-9]*/[0-9]*/*/pack-0001")
        written = frozenset(path.parent.name for path in packs)
        self.outcome.lives.append(Span(life.began_s, ended_s, clerk.kept_from_s if clerk else {}, written))

    def _judge(self) -> list[Fault]:
        """Sweep a copy of what lies there, as the next start will sweep the original, and judge it."""
        copied = self._copy.database.parent
        shutil.rmtree(copied, ignore_errors=True)
        copied.mkdir()
        for path in self._site.data.glob(f"{DATABASE}*"):
            shutil.copy(path, copied)
        evidence = self._site.data / "evidence"
        if evidence.is_dir():
            subprocess.run(["cp", "-al", str(evidence), str(self._copy.evidence)], check=True)
        return self._swept(self._copy)

    def _swept(self, place: Place, *, is_last: bool = False) -> list[Fault]:
        store = CaseStore(f"sqlite:///{place.database}")
        try:
            recover(store, EvidenceStore(place.evidence))
        finally:
            store.close()
        faults = self._inspector.look(place, self.outcome.ledger, is_last=is_last)
        self.outcome.cases = self._inspector.cases
        return faults

    def _in_peace(self) -> None:
        """Let the service run once without a kill and end by itself, then judge all that lies there."""
        life = Life(self._site)
        try:
            clerk = Clerk(life.address(), self.outcome.ledger)
            up_s = time.time()
            threading.Event().wait(self._settings.rest_s)
        finally:
            ended_s = time.time()
            life.stop()
        clerk.end()
        self._note(life, clerk, ended_s)
        if self._settings.rest_s >= LONG_S:
            self._note_watched(clerk, up_s)
        place = Place(self._site.data / DATABASE, self._site.data / "evidence", self._site.keys)
        faults = self._swept(place, is_last=True)
        faults += self._inspector.unseen(place, sorted(self.outcome.watched, key=lambda each: each.from_s))
        self.outcome.faults += [fault for fault in faults if fault not in self.outcome.faults]
        self.outcome.lacks = self._inspector.clips(place, self.outcome.lives)
