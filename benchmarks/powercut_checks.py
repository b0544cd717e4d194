"""Judges what a killed service has left, by eyes of its own besides the product's: rows, files, cases, clips.

`Inspector.look` reads the database with plain SQL, walks the evidence folder, hashes every file and reads every clip
with PyAV; it trusts neither the sweep nor `evidence verify`, whose checks it runs as well. What was right and has not
changed since (the same inode, size and times) is not read again.

Belongs here: finding faults. Does not: killing (powercut), what stood on the street (powercut_street).
"""

import hashlib
import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from benchmarks.powercut_service import CLIP_AFTER_S, CLIP_BEFORE_S, Ledger
from benchmarks.powercut_street import Vehicle, Yards
from cases.audit import check_case, check_surroundings, every_case
from cases.evidence import EvidenceStore
from cases.keyring import vouched
from cases.store import CaseStore
from cases.trust import trusted_keys

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"


class Wrong(StrEnum):
    """Kinds of faults."""

    ROW_WITHOUT_FILES = "row without its files"
    FILE_WITHOUT_ROW = "file without its row"
    FILE_CHANGED = "file that is not what its row says"
    LOST = "case that was shown and is gone"
    UNCONFIRMED = "case that was confirmed and is not"
    DOUBLED = "vehicle with two cases"
    NO_VEHICLE = "case of no vehicle"
    NO_CASE = "vehicle that was watched and has no case"
    NOT_VERIFIED = "not verified by `evidence verify`"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and where."""

    wrong: Wrong
    what: str


@dataclass(frozen=True, slots=True)
class Span:
    """One run of the service, in Unix seconds.

    Attributes:
        from_s: when it began.
        to_s: when it ended.
        kept_from_s: by camera, when the first picture that it kept was taken, where somebody asked in time.
        written: cases that had a whole pack on the disk at its end.
    """

    from_s: float
    to_s: float
    kept_from_s: Mapping[int, float]
    written: frozenset[str]


@dataclass(frozen=True, slots=True)
class ClipLack:
    """How much of a case's clip is missing.

    Attributes:
        case_id: the case.
        before_s, after_s: seconds that the service had seen, and that the clip does not show at its beginning and end;
            all of them are after its beginning where there is no clip.
        was_written: whether the case had a pack on the disk when the service that raised it ended; else it was made
            by a later one.
    """

    case_id: str
    before_s: float
    after_s: float
    was_written: bool

    @property
    def missing_s(self) -> float:
        """Both together."""
        return round(self.before_s + self.after_s, 3)


@dataclass(frozen=True, slots=True)
class CaseSeen:
    """One row of `cases` with what belongs to it."""

    case_id: str
    event_id: str
    number: str
    camera: int
    box: tuple[float, float, float, float]
    raised_s: float
    created_s: float
    reviewed_by: str


@dataclass(frozen=True, slots=True)
class Place:
    """Folders to be looked at."""

    database: Path
    evidence: Path
    keys: Path


@dataclass(slots=True)
class Inspector:
    """Looks at a place again and again; remembers what it has read, and how many cases there were last."""

    yards: Yards
    cases: int = 0
    _read: dict[tuple[int, int, int], str] = field(default_factory=dict)
    _verified: dict[str, int] = field(default_factory=dict)
    _clips: dict[str, tuple[float, float]] = field(default_factory=dict)

    def look(self, place: Place, ledger: Ledger, *, is_last: bool = False) -> list[Fault]:
        """Return what is wrong; call it after the sweep.

        Args:
            place: where.
            ledger: what the page had answered.
            is_last: verify every case again, not only those that have grown since.
        """
        with sqlite3.connect(f"file:{place.database}?mode=ro", uri=True) as rows:
            cases = _cases(rows)
            faults = [*self._rows(rows, place.evidence), *_strays(rows, place.evidence)]
            faults += [*_of_ledger(rows, cases, ledger), *self._of_street(cases)]
        rows.close()
        self.cases = len(cases)
        return [*faults, *self._verify(place, is_last=is_last)]

    def unseen(self, place: Place, watched: Sequence[Vehicle]) -> list[Fault]:
        """Return the vehicles that were watched for long and have no case."""
        with sqlite3.connect(f"file:{place.database}?mode=ro", uri=True) as rows:
            have = {self._vehicle(case) for case in _cases(rows)}
        rows.close()
        return [Fault(Wrong.NO_CASE, str(vehicle)) for vehicle in watched if vehicle not in have]

    def clips(self, place: Place, lives: Sequence[Span]) -> list[ClipLack]:
        """Return how much of each case's clip is missing, of what the service that raised it had kept."""
        with sqlite3.connect(f"file:{place.database}?mode=ro", uri=True) as rows:
            cases, folders = _cases(rows), _clip_folders(rows)
        rows.close()
        return [
            _lack(case, self._shown(place.evidence, folders.get(case.case_id)), life)
            for case in cases
            if (life := next((life for life in lives if life.from_s <= case.raised_s <= life.to_s), None))
        ]

    def _shown(self, root: Path, folder: str | None) -> tuple[float, float] | None:
        """Return what a clip shows, in Unix seconds."""
        if folder is None:
            return None
        if folder not in self._clips:
            manifest = json.loads((root / folder / MANIFEST).read_bytes())
            [file] = [file for file in manifest["files"] if file["role"] == "clip"]
            from_s = datetime.fromisoformat(file["taken"]["captured_at"]).timestamp()
            self._clips[folder] = from_s, from_s + duration_s(root / folder / file["name"])
        return self._clips[folder]

    def _rows(self, rows: sqlite3.Connection, root: Path) -> Iterator[Fault]:
        for case_id, folder, sha256 in rows.execute("SELECT case_id, folder, manifest_sha256 FROM packs"):
            yield from self._file(root / folder / MANIFEST, sha256, case_id)
        files = "SELECT case_id, folder, name, files.sha256 FROM files JOIN packs ON packs.id = pack_id"
        for case_id, folder, name, sha256 in rows.execute(files):
            yield from self._file(root / folder / name, sha256, case_id)
        for (case_id,) in rows.execute("SELECT id FROM cases WHERE id NOT IN (SELECT case_id FROM packs)"):
            yield Fault(Wrong.ROW_WITHOUT_FILES, f"case {case_id} has no pack")

    def _file(self, path: Path, sha256: str, case_id: str) -> Iterator[Fault]:
        try:
            told = path.stat()
            key = (told.st_ino, told.st_size, told.st_mtime_ns)
            if key not in self._read:
                self._read[key] = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as err:
            yield Fault(Wrong.ROW_WITHOUT_FILES, f"case {case_id}: {path}: {err.strerror}")
            return
        if self._read[key] != sha256:
            yield Fault(Wrong.FILE_CHANGED, f"case {case_id}: {path}")

    def _of_street(self, cases: Sequence[CaseSeen]) -> Iterator[Fault]:
        vehicles = Counter(self._vehicle(case) for case in cases)
        for vehicle, count in vehicles.items():
            if vehicle is None:
                yield Fault(Wrong.NO_VEHICLE, f"{count} cases")
            elif count > 1:
                yield from [Fault(Wrong.DOUBLED, str(vehicle))] * (count - 1)

    def _vehicle(self, case: CaseSeen) -> Vehicle | None:
        return self.yards.vehicle_of(case.camera, case.box, case.raised_s)

    def _verify(self, place: Place, *, is_last: bool) -> Iterator[Fault]:
        store = CaseStore(f"sqlite:///{place.database}")
        evidence = EvidenceStore(place.evidence)
        trust = vouched(trusted_keys(place.keys), place.evidence)
        try:
            for case in every_case(store):
                if is_last or self._verified.get(case.case_id) != len(case.packs):
                    found = check_case(store, evidence, case, trust).problems
                    yield from (Fault(Wrong.NOT_VERIFIED, f"case {case.number}: {problem}") for problem in found)
                    self._verified[case.case_id] = len(case.packs)
            beside = check_surroundings(store, evidence, trust).problems
            yield from (Fault(Wrong.NOT_VERIFIED, f"beside: {problem}") for problem in beside)
        finally:
            store.close()


def duration_s(clip: Path) -> float:
    """Return how many seconds of pictures a clip holds; 0 where it cannot be read."""
    try:
        with av.open(str(clip)) as container:
            stream = container.streams.video[0]
            stamps = [packet.pts for packet in container.demux(stream) if packet.pts is not None]
            seconds = stream.time_base or Fraction(0)
    except (av.FFmpegError, OSError):
        return 0.0
    return float((max(stamps) - min(stamps)) * seconds) if stamps else 0.0


def _lack(case: CaseSeen, shown: tuple[float, float] | None, life: Span) -> ClipLack:
    """Return the seconds that should be in a case's clip and are not."""
    unasked_s = case.raised_s if shown is None else shown[0]  # then only its end is judged
    from_s = max(case.raised_s - CLIP_BEFORE_S, life.kept_from_s.get(case.camera, unasked_s))
    to_s = max(from_s, min(case.raised_s + CLIP_AFTER_S, life.to_s))
    before_s, after_s = 0.0, to_s - from_s
    if shown is not None:
        first_s, last_s = (min(max(at_s, from_s), to_s) for at_s in shown)
        before_s, after_s = first_s - from_s, to_s - last_s
    return ClipLack(case.case_id, round(before_s, 3), round(after_s, 3), case.case_id in life.written)


def _cases(rows: sqlite3.Connection) -> list[CaseSeen]:
    wanted = "id, event_id, number, camera_id, box_x1, box_y1, box_x2, box_y2, raised_at, created_at, reviewed_by"
    return [
        CaseSeen(row[0], row[1], row[2], int(row[3].split("-")[1]), row[4:8], _unix(row[8]), _unix(row[9]), row[10])
        for row in rows.execute(f"SELECT {wanted} FROM cases")  # noqa: S608 - a constant
    ]


def _clip_folders(rows: sqlite3.Connection) -> dict[str, str]:
    return dict(rows.execute("SELECT case_id, folder FROM packs WHERE purpose = 'clip' ORDER BY number DESC"))


def _strays(rows: sqlite3.Connection, root: Path) -> Iterator[Fault]:
    """Find every file below the evidence folder that no row names."""
    known: set[str] = set()
    for (folder,) in rows.execute("SELECT folder FROM packs"):
        known |= {f"{folder}/{MANIFEST}", f"{folder}/{SIGNATURE}"}
    known |= {
        f"{folder}/{name}"
        for folder, name in rows.execute("SELECT folder, name FROM files JOIN packs ON packs.id = pack_id")
    }
    for folder, _folders, names in os.walk(root):
        below = Path(folder).relative_to(root).as_posix()
        if below == "keys" or below.startswith("keys/"):
            continue
        for name in names:
            if f"{below}/{name}" not in known:
                yield Fault(Wrong.FILE_WITHOUT_ROW, f"{below}/{name}")


def _of_ledger(rows: sqlite3.Connection, cases: Sequence[CaseSeen], ledger: Ledger) -> Iterator[Fault]:
    there: Mapping[str, CaseSeen] = {case.case_id: case for case in cases}
    confirmed = {row[0] for row in rows.execute("SELECT case_id FROM audit WHERE action = 'confirm'")}
    for case_id, number in list(ledger.seen.items()):
        if case_id not in there or there[case_id].number != number:
            yield Fault(Wrong.LOST, f"{number} ({case_id})")
    for case_id in list(ledger.confirmed):
        if case_id not in confirmed or case_id not in there or not there[case_id].reviewed_by:
            yield Fault(Wrong.UNCONFIRMED, case_id)


def _unix(text: Any) -> float:
    return datetime.fromisoformat(str(text)).replace(tzinfo=UTC).timestamp()
