"""The power-cut benchmark: its inspector finds every kind of fault, and a few kills of a service leave none."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.powercut import Results, goals
from benchmarks.powercut_checks import Inspector, Place, Span, Wrong, duration_s
from benchmarks.powercut_disks import LoopDisk
from benchmarks.powercut_kills import Outcome, Run, RunSettings
from benchmarks.powercut_service import CLIP_AFTER_S, CLIP_BEFORE_S, DATABASE, Ledger, warm_up
from benchmarks.powercut_street import Vehicle, Yards, bay_box
from cases.evidence import EvidenceStore
from cases.keyring import open_keyring
from cases.packs import OpeningFacts, PackPurpose, Part, PartRole, Taking
from cases.records import case_id_of, new_case_of
from cases.states import Action
from cases.store import CaseStore
from pipeline.whole_files import write_whole
from tests.cases.builders import facts, parts
from tests.e2e.scarce import may_mount
from tests.rtsp.clips import Pattern, encode_clip

BEGAN = datetime(2026, 11, 29, 4, 0, tzinfo=UTC)
YARDS = Yards(2, BEGAN.timestamp())
SEEN = BEGAN + timedelta(seconds=150)
CLIP_S = CLIP_BEFORE_S + CLIP_AFTER_S


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two cases about which all is right: of two vehicles, confirmed, with clips."""
    folder = tmp_path_factory.mktemp("whole")
    clip = encode_clip(folder / "clip.mp4", Pattern(seconds=CLIP_S + 0.2, fps=5, gop=5, size_wh=(64, 48)))
    key = open_keyring(folder / "keys", folder / "evidence", lambda: SEEN).key
    evidence = EvidenceStore(folder / "evidence", signer=key, clock=lambda: SEEN)
    with closing(CaseStore(f"sqlite:///{folder / DATABASE}")) as store:
        for vehicle in YARDS.standing(0, SEEN.timestamp())[:2]:
            write_case(store, evidence, vehicle, clip)
    clip.unlink()
    return folder


def write_case(store: CaseStore, evidence: EvidenceStore, vehicle: Vehicle, clip: Path) -> None:
    event_id, case_id = f"bay-{vehicle.bay}", case_id_of(f"bay-{vehicle.bay}")
    x1, y1, x2, y2 = bay_box(vehicle.bay)
    opening = OpeningFacts("0499", (x1, y1, x2, y2), "car", 0.9, SEEN, SEEN)
    said = facts(event_id=event_id, camera_id="yard-0", kind="parking")
    pack = evidence.write_pack(case_id, parts(), replace(said, opening=opening))
    new = new_case_of(pack)
    assert new is not None
    store.open_case(new, pack)
    taken = Taking(SEEN - timedelta(seconds=CLIP_BEFORE_S), 0.1)
    part = Part("clip.mp4", clip, PartRole.CLIP, taken)
    store.add_pack(case_id, evidence.write_pack(case_id, [part], replace(said, purpose=PackPurpose.CLIP)))
    store.apply(case_id, Action.CONFIRM, actor="clerk", reason="", at=SEEN)


@pytest.fixture
def place(whole: Path, tmp_path: Path) -> Place:
    shutil.copytree(whole, tmp_path / "place")
    return Place(tmp_path / "place" / DATABASE, tmp_path / "place" / "evidence", tmp_path / "place" / "keys")


def found(place: Place, ledger: Ledger | None = None) -> set[Wrong]:
    return {fault.wrong for fault in Inspector(YARDS).look(place, ledger or known(place), is_last=True)}


def known(place: Place) -> Ledger:
    """Return a ledger that has seen and confirmed every case."""
    with closing(sqlite3.connect(place.database)) as rows:
        numbers = dict(rows.execute("SELECT id, number FROM cases"))
    return Ledger(numbers, set(numbers))


def pack_of(place: Place, number: int) -> Path:
    return min(place.evidence.rglob(f"pack-{number:04d}"))


def missing_file(place: Place) -> None:
    (pack_of(place, 1) / "close-up.jpg").unlink()


def missing_pack(place: Place) -> None:
    shutil.rmtree(pack_of(place, 2))


def extra_pack(place: Place) -> None:
    shutil.copytree(pack_of(place, 2), pack_of(place, 2).with_name("pack-0003"))


def unfinished_pack(place: Place) -> None:
    shutil.copytree(pack_of(place, 1), pack_of(place, 1).with_name(".pack-0003.writing"))


def changed_file(place: Place) -> None:
    (pack_of(place, 1) / "close-up.jpg").write_bytes(b"other")


def doubled_case(place: Place) -> None:
    with closing(sqlite3.connect(place.database)) as rows, rows:
        first, second = rows.execute("SELECT id, box_x1, box_y1, box_x2, box_y2 FROM cases ORDER BY id").fetchall()
        boxes = "UPDATE cases SET box_x1 = ?, box_y1 = ?, box_x2 = ?, box_y2 = ? WHERE id = ?"
        rows.execute(boxes, (*first[1:], second[0]))


def case_of_nothing(place: Place) -> None:
    with closing(sqlite3.connect(place.database)) as rows, rows:
        rows.execute("UPDATE cases SET box_x1 = 0, box_y1 = 0, box_x2 = 9, box_y2 = 9")


def unconfirmed_case(place: Place) -> None:
    with closing(sqlite3.connect(place.database)) as rows, rows:
        rows.execute("UPDATE cases SET reviewed_by = ''")


FAULTS: list[tuple[Callable[[Place], None], Wrong]] = [
    (missing_file, Wrong.ROW_WITHOUT_FILES),
    (missing_pack, Wrong.ROW_WITHOUT_FILES),
    (extra_pack, Wrong.FILE_WITHOUT_ROW),
    (unfinished_pack, Wrong.FILE_WITHOUT_ROW),
    (changed_file, Wrong.FILE_CHANGED),
    (doubled_case, Wrong.DOUBLED),
    (case_of_nothing, Wrong.NO_VEHICLE),
    (unconfirmed_case, Wrong.UNCONFIRMED),
    (missing_file, Wrong.NOT_VERIFIED),
    (extra_pack, Wrong.NOT_VERIFIED),
]


def test_nothing_is_wrong_with_what_is_whole(place: Place) -> None:
    assert found(place) == set()


@pytest.mark.parametrize(("spoil", "wrong"), FAULTS, ids=lambda each: getattr(each, "__name__", str(each)))
def test_fault_is_found(place: Place, spoil: Callable[[Place], None], wrong: Wrong) -> None:
    ledger = known(place)
    spoil(place)
    assert wrong in found(place, ledger)


def test_case_that_the_page_had_shown_and_that_is_gone_is_found(place: Place) -> None:
    assert found(place, Ledger({"another": "SW1"}, set())) == {Wrong.LOST}


def test_vehicle_that_was_watched_and_has_no_case_is_found(place: Place) -> None:
    with_case, without = YARDS.standing(0, SEEN.timestamp())[1:3]
    [fault] = Inspector(YARDS).unseen(place, [with_case, without])
    assert (fault.wrong, fault.what) == (Wrong.NO_CASE, str(without))


def lacks(place: Place, *, written: bool = True) -> list[float]:
    raised_s = SEEN.timestamp()
    names = {path.parent.name for path in place.evidence.rglob("pack-0001")}
    life = Span(raised_s - 60, raised_s + 60, {0: raised_s - 50}, frozenset(names if written else ()))
    found = Inspector(YARDS).clips(place, [life])
    assert all(lack.was_written is written for lack in found)
    return sorted(lack.missing_s for lack in found)


def test_whole_clips_lack_nothing(place: Place) -> None:
    assert max(lacks(place)) <= 0.2
    assert lacks(place) == lacks(place, written=False)


def test_shortened_clip_is_found(place: Place, tmp_path: Path) -> None:
    short = encode_clip(tmp_path / "short.mp4", Pattern(seconds=2.2, fps=5, gop=5, size_wh=(64, 48)))
    assert duration_s(short) == pytest.approx(2.0, abs=0.05)
    shutil.copy(short, pack_of(place, 2) / "clip.mp4")
    assert lacks(place)[1] == pytest.approx(CLIP_S - 2, abs=0.2)


def test_clip_that_is_not_there_or_no_clip_is_missing_whole(place: Place) -> None:
    (pack_of(place, 2) / "clip.mp4").write_bytes(b"no clip")
    assert lacks(place)[1] == pytest.approx(CLIP_S, abs=0.01)
    with closing(sqlite3.connect(place.database)) as rows, rows:
        rows.execute("UPDATE packs SET purpose = 'other'")
    assert lacks(place) == [CLIP_S, CLIP_S]


def test_clip_is_only_asked_for_what_the_service_had_kept_when_it_ended(place: Place) -> None:
    raised_s = SEEN.timestamp()
    with closing(sqlite3.connect(place.database)) as rows, rows:
        rows.execute("UPDATE packs SET purpose = 'other'")
    life = Span(raised_s - 60, raised_s + 0.5, {0: raised_s - 1}, frozenset())
    assert [lack.missing_s for lack in Inspector(YARDS).clips(place, [life])] == [1.5, 1.5]


def test_it_is_told_which_end_of_a_clip_lacks_seconds(place: Place, tmp_path: Path) -> None:
    raised_s = SEEN.timestamp()
    short = encode_clip(tmp_path / "short.mp4", Pattern(seconds=2.2, fps=5, gop=5, size_wh=(64, 48)))
    shutil.copy(short, pack_of(place, 2) / "clip.mp4")
    life = Span(raised_s - 60, raised_s + 60, {0: raised_s - 50}, frozenset())
    worst = max(Inspector(YARDS).clips(place, [life]), key=lambda lack: lack.missing_s)
    assert worst.before_s <= 0.2
    assert worst.after_s == pytest.approx(CLIP_S - 2, abs=0.2)


def test_every_vehicle_has_its_own_time_and_bay() -> None:
    moments = [BEGAN.timestamp() + 200 + at_s for at_s in range(0, 400, 5)]
    standing = [YARDS.standing(camera, at_s) for at_s in moments for camera in range(YARDS.cameras)]
    assert 2 <= min(map(len, standing)) <= max(map(len, standing)) <= 8
    for at_s in moments:
        for vehicle in YARDS.standing(1, at_s):
            assert YARDS.vehicle_of(1, bay_box(vehicle.bay), at_s) == vehicle


@pytest.mark.e2e
def test_killed_service_loses_and_doubles_nothing(tmp_path: Path) -> None:
    warm_up()
    outcome = Run(tmp_path, RunSettings(ends=2, cameras=2, seed=5, rest_s=7.0)).go(lambda _: None)
    assert outcome.faults == []
    assert outcome.cases > 0
    assert outcome.ledger.confirmed
    assert all(goal.met for goal in goals(Results(outcome, None, [])) if goal.applies)


@pytest.mark.e2e
@pytest.mark.skipif(not may_mount(), reason="this account may not mount file systems")
def test_disk_that_loses_its_power_keeps_what_was_forced_to_it_and_only_that(tmp_path: Path) -> None:
    with LoopDisk(tmp_path / "image", tmp_path / "disk") as disk:
        forced, hoped_for = tmp_path / "disk" / "forced", tmp_path / "disk" / "hoped-for"
        write_whole(forced, b"kept")
        hoped_for.write_bytes(b"gone")
        disk.cut_power()
        with pytest.raises(OSError, match="Input/output error"):
            (tmp_path / "disk" / "later").write_bytes(b"refused")
        disk.back()
        assert forced.read_bytes() == b"kept"
        assert not hoped_for.exists() or hoped_for.read_bytes() != b"gone"


def test_goals_of_power_cuts_do_not_apply_where_none_could_be_made() -> None:
    told = goals(Results(Outcome(), None, []))
    assert all(goal.met for goal in told if goal.applies)
    assert {goal.name.split(":")[0] for goal in told if not goal.applies} == {"power cuts"}
