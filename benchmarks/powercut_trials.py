"""Fills the disk, or turns it read-only, while cases are being made, and looks what the service does with what it has.

Three trials. *Full*: the disk is filled, then room is made again under the running service. *Killed while full*: the
same, but it is killed before there is room. *Read-only*: the kernel refuses to write until the service is started anew
on a disk that was mounted again. In each, evidence that was there must stay as it is, new cases must be held back and
said so, and come when there is room: all that were raised, or after a kill those whose vehicle still stands.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.powercut_checks import Fault, Inspector, Place
from benchmarks.powercut_disks import LoopDisk, Told, Watchman, contents, watching
from benchmarks.powercut_service import DATABASE, Clerk, Ledger, Life, Site
from benchmarks.powercut_street import Vehicle, Yards
from cases.evidence import EvidenceStore
from cases.recovery import recover
from cases.store import CaseStore
from tests.e2e.scarce import SmallDisk, mounted

SMALL = "size=64m"
BEFORE_S, WITHOUT_S, AFTER_S = 6.0, 12.0, 14.0
"""How long cases are made before, while nothing can be written, and after."""

RAISED_BY_S = 6.0
"""A vehicle that came so long before the disk was given back was raised by then, on a busy machine too."""

CAMERAS = 3


@dataclass(slots=True)
class Trial:
    """What a trial has shown.

    Attributes:
        name: of the trial.
        way_out: words that the page's sentence must hold.
        told: what the page said.
        removed: files of evidence that were there before, and are gone or changed, at any time.
        missed: vehicles that should have a case afterwards and have none.
        wrong: everything that `Inspector.look` finds at the end.
        cases_before, cases_after: how many there were.
    """

    name: str
    way_out: str
    told: Told | None = None
    removed: set[str] = field(default_factory=set)
    missed: list[Fault] = field(default_factory=list)
    wrong: list[Fault] = field(default_factory=list)
    cases_before: int = 0
    cases_after: int = 0

    @property
    def is_told(self) -> bool:
        """Whether the page said it with its way out, in words of both languages."""
        return self.told is not None and self.told.is_worded and self.way_out in self.told.problems["evidence_waits"]


def full_disk(folder: Path) -> Trial:
    """Fill the disk under a running service and make room again."""
    trial = Trial("full disk", "make room")
    with mounted_small(folder) as disk:
        site, life, clerk = _begin(folder)
        try:
            with watching(life.address()) as watchman:
                gone_s = _without(trial, site, watchman, lambda: disk.use_up(life.pid))
                vehicles = site.yards.came_between(gone_s, time.time() - RAISED_BY_S)
                disk.give_back(life.pid)
                watchman.wait_until_written()
        finally:
            life.stop()
        _judge(trial, site, clerk, vehicles)
    return trial


def killed_while_full(folder: Path) -> Trial:
    """Fill the disk under a running service, kill it, make room, and start it again."""
    trial = Trial("killed while the disk is full", "make room")
    with mounted_small(folder) as disk:
        site, life, clerk = _begin(folder)
        try:
            with watching(life.address()) as watchman:
                _without(trial, site, watchman, lambda: disk.use_up(life.pid))
        finally:
            life.kill()
        disk.give_back(life.pid)
        _judge(trial, site, clerk, _again(site, clerk))
    return trial


def read_only_disk(folder: Path) -> Trial:
    """Let the disk turn read-only under a running service, kill it, mount the disk again, and start it again."""
    trial = Trial("read-only disk", "mount it writable")
    with LoopDisk(folder.with_suffix(".img"), folder) as disk:
        site, life, clerk = _begin(folder)
        try:
            with watching(life.address()) as watchman:
                _without(trial, site, watchman, disk.turn_read_only)
        finally:
            life.kill()
        clerk.end()
        disk.back()
        _judge(trial, site, clerk, _again(site, clerk))
    return trial


@contextmanager
def mounted_small(folder: Path) -> Iterator[SmallDisk]:
    """Mount a small disk."""
    folder.mkdir(parents=True)
    with mounted(folder, "tmpfs", SMALL):
        yield SmallDisk(folder)


def clerk_rests(seconds: float) -> None:
    """Let the service work for a while."""
    threading.Event().wait(seconds)


def _begin(folder: Path) -> tuple[Site, Life, Clerk]:
    site = Site(folder / "site", Yards(CAMERAS, time.time() - 60.0))
    site.prepare()
    life = Life(site)
    clerk = Clerk(life.address(), Ledger())
    clerk_rests(BEFORE_S)
    return site, life, clerk


def _without(trial: Trial, site: Site, watchman: Watchman, take: Callable[[], None]) -> float:
    """Take the disk away, wait, and look; returns when it was gone."""
    root = site.data / "evidence"
    take()
    gone_s = time.time()
    before = contents(root)
    trial.cases_before = len({path.split("/")[3] for path in before})
    trial.told = watchman.wait_until_held_back()
    clerk_rests(WITHOUT_S)
    trial.removed |= {path for path, _ in before.items() - contents(root).items()}
    return gone_s


def _again(site: Site, clerk: Clerk) -> list[Vehicle]:
    """Start the service again and let it work in peace; returns the vehicles that it watched."""
    clerk.end()
    life = Life(site)
    try:
        second = Clerk(life.address(), clerk.ledger)
        up_s = time.time()
        clerk_rests(AFTER_S)
    finally:
        life.stop()
    second.end()
    return list(site.yards.between(up_s + 1.0, up_s + AFTER_S - 4.0))


def _judge(trial: Trial, site: Site, clerk: Clerk, vehicles: list[Vehicle]) -> None:
    clerk.end()
    place = Place(site.data / DATABASE, site.data / "evidence", site.keys)
    store = CaseStore(f"sqlite:///{place.database}")
    try:
        recover(store, EvidenceStore(place.evidence))
    finally:
        store.close()
    inspector = Inspector(site.yards)
    trial.wrong = inspector.look(place, clerk.ledger, is_last=True)
    trial.missed = inspector.unseen(place, vehicles)
    trial.cases_after = inspector.cases


TRIALS: Sequence[Callable[[Path], Trial]] = (full_disk, killed_while_full, read_only_disk)
"""All trials, in the order in which they are run; each takes a folder that is not there yet."""
