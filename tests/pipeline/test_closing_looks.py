"""Looks after dispatch: what is taken and recorded, what is put off, and that nothing is done twice."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from cases.closing import LOOK, LOOK_DELAYED, ClosingProposal, Delay, Watched
from cases.closing_settings import ClosingSettings
from cases.deeds import Order
from cases.evidence import EvidenceStore
from cases.packs import ModelFacts, OpeningFacts, PackPurpose, Part, PartRole
from cases.posts import Doer
from cases.queries import CaseQuery
from cases.records import Case
from cases.recovery import recover
from cases.states import Action
from cases.stills import encode_jpeg
from cases.store import CaseStore
from pipeline.closing_looks import ClosingLooks, LookParts
from pipeline.evidence_keeper import EvidenceKeeper, KeeperParts
from pipeline.machine_clock import MachineClock
from pipeline.offence_place import Place
from pipeline.settings import EvidenceSettings
from streams.errors import NotInRingError
from tests.pipeline.drawn_street import RED, SIZE_WH, ColourLooker, street
from tests.pipeline.fakes import NOON, FakeAgenda, event, facts, new_case
from vision.arrays import Boxes, Picture
from vision.frames import Frame, Planes
from vision.zones import Zone

DUE = NOON + timedelta(hours=2, minutes=1)


class FakeReader:
    """A camera that shows one picture."""

    def __init__(self, bgr: Picture) -> None:
        self.bgr: Picture | None = bgr
        self.at = DUE

    @property
    def ring(self) -> "FakeReader":
        return self

    def newest(self) -> "FakeReader":
        return self

    @property
    def format(self) -> "FakeReader":
        return self

    @property
    def size_wh(self) -> tuple[int, int]:
        return SIZE_WH

    def still(self, _t_s: float | None = None) -> Frame:
        if self.bgr is None:
            raise NotInRingError("camera gate: the ring is empty")
        return Frame("gate", 1, 5.0, self.at, 0.1, Planes.from_bgr(self.bgr))


@dataclass
class FakeStreet:
    """What a test says of the place; the model looks for itself."""

    delay: Delay | None = None
    place: Watched = "unknown"
    asked: list[str] = field(default_factory=list)
    turns: bool = False
    turned: float | None = None

    def bring(self, _case: Case) -> bool:
        return self.turns

    def turned_s(self, _camera_id: str) -> float | None:
        return self.turned

    def hindrance(self, case: Case) -> Delay | None:
        self.asked.append(case.case_id)
        return self.delay

    def watched(self, _case: Case, _box: Sequence[float], _size_wh: tuple[int, int]) -> Watched:
        return self.place

    def things(self, _camera_id: str, _size_wh: tuple[int, int]) -> Boxes:
        return np.zeros((0, 4), np.float32)

    def found(self, frame: Frame, box: tuple[float, float, float, float], _label: str) -> float | None:
        (seen,) = ColourLooker().detect([frame])
        near = [abs(each[0] - box[0]) < 20 for each in seen.boxes.tolist()]
        return float(seen.scores[np.array(near, bool)].max(initial=0.0))


class Desk:
    """A case that was dispatched at noon, and what looks at it."""

    def __init__(self, folder: Path) -> None:
        self.cases = CaseStore(f"sqlite:///{folder / 'cases.sqlite'}")
        self.evidence = EvidenceStore(folder / "evidence", clock=lambda: self.now)
        self.agenda, self.street, self.now = FakeAgenda(), FakeStreet(), DUE
        self.reader = FakeReader(street(red=None))
        self.told: list[str] = []
        place = Place("Gate", "Market street", Zone("kerb", "Kerb", ((0, 0), (1, 0), (1, 1))), "0499 parking")
        keeper_parts = KeeperParts(
            model=ModelFacts("m", "0" * 64, 0.3, "fake"),
            reader=lambda _id: self.reader,  # type: ignore[arg-type, return-value]
            place=lambda _event: place,
            local=UTC,
            machine_clock=lambda: MachineClock(0.02),
        )
        self.keeper = EvidenceKeeper(folder / "pending", EvidenceSettings(), keeper_parts)
        self.case = self._dispatched()
        self.start()

    def start(self) -> None:
        """Begin, or begin anew after a stop."""
        parts = LookParts(
            cases=self.cases,
            evidence=self.evidence,
            keeper=self.keeper,
            agenda=self.agenda,  # type: ignore[arg-type]
            street=self.street,  # type: ignore[arg-type]
            on_change=lambda case, _change: self.told.append(case.case_id),
            now=lambda: self.now,
            local=UTC,
            offence=lambda kind: f"0499 {kind}",
        )
        self.looks = ClosingLooks(parts, ClosingSettings())

    def look(self) -> Case:
        self.looks.begin_due()
        self.agenda.run()
        return self.cases.get(self.case.case_id)

    def actions(self, action: str) -> int:
        return sum(row.action == action for row in self.cases.history(self.case.case_id))

    def _dispatched(self) -> Case:
        source = replace(event(), box=RED, size_wh=SIZE_WH)
        opening = OpeningFacts("0499", RED, "car", 0.9, source.started_at, source.captured_at)
        part = Part("panorama-1.jpg", encode_jpeg(street()), PartRole.PANORAMA)
        new = new_case(source)
        case = self.cases.open_case(
            new, self.evidence.write_pack(new.case_id, [part], replace(facts(source), opening=opening))
        )
        for action, unit in (("file", ""), ("accept", ""), ("approve", ""), ("dispatch", "cleaning-2")):
            case = self.cases.decide(case.case_id, Order(Action(action), unit=unit), by=Doer("system"), at=NOON)
        return case


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_car_that_left_is_proposed_to_be_closed_with_before_and_after(desk: Desk) -> None:
    desk.street.place = "empty"

    case = desk.look()

    assert (case.closing.finding, case.closing.proposal) == ("gone", "close")
    pack = case.packs[-1]
    assert pack.purpose is PackPurpose.CLOSING
    assert [(file.name, file.role) for file in pack.files] == [
        ("closing.jpg", PartRole.PANORAMA),
        ("closing-close-up.jpg", PartRole.CLOSE_UP),
        ("before-after.jpg", PartRole.MARKED),
    ]
    assert desk.evidence.verify(case.case_id, case.manifests).problems == ()
    both = cv2.imread(str(desk.evidence.path_of(pack.files[2].path)))
    reds = (both[..., 2].astype(int) - both[..., 0] > 100).reshape(both.shape[0], -1)
    half = both.shape[1] // 2
    # The car stands in the left half only; in the right one its box alone is drawn.
    assert reds[:, :half].mean() > 3 * reds[:, half:].mean() > 0
    assert desk.told == [case.case_id]
    assert case.state.value == "dispatched"  # nothing closes by itself


def test_car_that_stays_is_proposed_to_be_supervised_and_looked_at_again(desk: Desk) -> None:
    desk.street.place, desk.reader.bgr = "standing", street()

    assert desk.look().closing.proposal == "supervise"
    desk.now = DUE + timedelta(hours=1, minutes=59)
    desk.look()
    assert desk.actions(LOOK) == 1
    desk.now = DUE + timedelta(hours=2)
    desk.look()
    assert desk.actions(LOOK) == 2
    assert [c.case_id for c in desk.cases.find(CaseQuery(proposals=(ClosingProposal.SUPERVISE,))).cases]


def test_another_car_at_the_place_is_left_to_a_person(desk: Desk) -> None:
    other = street(red=None)
    other[150:220, 120:240] = (20, 25, 200)  # red as well, but plain
    desk.reader.bgr = other

    case = desk.look()

    assert (case.closing.finding, case.closing.proposal) == ("unclear", "")


@pytest.mark.parametrize("delay", list(Delay))
def test_what_the_camera_cannot_judge_is_put_off_and_said_once(desk: Desk, delay: Delay) -> None:
    desk.street.delay = delay
    for minutes in (0, 5, 10):
        desk.now = DUE + timedelta(minutes=minutes)
        case = desk.look()

    assert (case.closing.proposal, case.closing.delay) == ("", delay.value)
    assert len(desk.street.asked) == 2  # at once, and ten minutes later
    assert desk.actions(LOOK_DELAYED) == 1
    assert len(case.packs) == 1
    desk.street.delay, desk.street.place = None, "empty"
    desk.now += timedelta(minutes=10)
    assert desk.look().closing.proposal == "close"


def test_camera_that_is_turned_to_the_view_is_looked_at_once_it_is_there_and_that_is_told(desk: Desk) -> None:
    desk.street.delay, desk.street.turns = Delay.VIEW_ELSEWHERE, True
    assert desk.look().closing.delay == ""
    assert desk.actions(LOOK_DELAYED) == 0
    desk.street.delay, desk.street.place, desk.street.turned = None, "empty", 12.34
    case = desk.look()
    assert case.closing.proposal == "close"
    [row] = [row for row in desk.cases.history(case.case_id) if row.action == "look"]
    assert {"key": "turned_camera", "value": 12.3, "unit": "s"} in row.detail["measures"]


@pytest.mark.parametrize(
    ("bgr", "delay"),
    [
        (None, Delay.CAMERA_AWAY),
        (np.full((360, 640, 3), 8, np.uint8), Delay.VIEW_DARK),
        (street(seed=9)[::-1].copy(), Delay.VIEW_MOVED),
        (street()[:, :320].copy(), Delay.PICTURE_CHANGED),
    ],
)
def test_own_look_at_the_picture_puts_off_what_is_no_view_of_before(
    desk: Desk, bgr: Picture | None, delay: Delay
) -> None:
    desk.reader.bgr = bgr
    assert desk.look().closing.delay == delay.value


def test_case_whose_opening_picture_was_altered_is_not_compared(desk: Desk) -> None:
    path = desk.evidence.path_of(desk.case.files[0].path)
    path.write_bytes(encode_jpeg(street(red=None)))
    assert desk.look().closing.delay == Delay.NO_BEFORE.value


def test_kill_between_pack_and_row_leaves_one_look(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.street.place = "empty"

    def killed(_case_id: str, _pack: object) -> Case:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(desk.cases, "add_pack", killed)
        with pytest.raises(KeyboardInterrupt):
            desk.look()
    assert desk.actions(LOOK) == 0

    desk.agenda = FakeAgenda()
    desk.start()
    recover(desk.cases, desk.evidence)
    case = desk.look()

    assert (desk.actions(LOOK), len(case.packs), case.closing.proposal) == (1, 2, "close")


def test_look_that_is_under_way_is_not_begun_again(desk: Desk) -> None:
    desk.street.place = "empty"
    for _ in range(3):
        desk.looks.begin_due()
    desk.agenda.run()
    assert (desk.actions(LOOK), len(desk.street.asked)) == (1, 1)


def test_case_that_was_closed_meanwhile_is_left_alone(desk: Desk) -> None:
    desk.looks.begin_due()
    desk.cases.decide(desk.case.case_id, Order(Action.FORCE_CLOSE, "done"), by=Doer("zhao"), at=datetime.now(UTC))
    desk.agenda.run()
    assert desk.actions(LOOK) == 0
    desk.looks.begin_due()
    desk.agenda.run()
    assert desk.street.asked == []


def test_look_that_fails_by_a_fault_of_ours_is_not_tried_without_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> float:
        desk.street.asked.append("failed")
        raise ValueError("no such box")

    monkeypatch.setattr(desk.street, "found", fails)
    with pytest.raises(ValueError, match="no such box"):
        desk.look()
    desk.look()

    assert desk.street.asked.count("failed") == 1
