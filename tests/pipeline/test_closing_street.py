"""What is known of the place of a case: why it cannot be judged, what stands there, what the model finds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from cases.closing import Delay
from cases.records import Case
from cases.store import CaseStore
from models.errors import InferenceError
from pipeline.closing_street import ClosingStreet, StreetViews
from streams.errors import UnknownCameraError
from tests.cases.builders import NOON, new_case, pack_of
from tests.pipeline.drawn_street import RED, SIZE_WH, ColourLooker, street
from vision.detections import Detections
from vision.frames import Frame, Planes
from vision.observations import ViewState
from vision.scenes import Place, PlaceState, Scene, Tracks

HALF_WH = (SIZE_WH[0] // 2, SIZE_WH[1] // 2)


class FakeShard:
    """A shard that was told what it sees."""

    def __init__(self) -> None:
        self.state, self.view, self.standing = "live", "ok", frozenset[str]()
        self.seen: Scene | None = scene()

    def health(self) -> tuple[SimpleNamespace, ...]:
        return (SimpleNamespace(camera_id="gate-3", state=self.state),)

    def view_state(self, _camera_id: str) -> str:
        return self.view

    def offences(self, _camera_id: str) -> frozenset[str]:
        return self.standing

    def scene(self, _camera_id: str) -> Scene | None:
        return self.seen


class FakeSite:
    def __init__(self) -> None:
        self.version: int | None = 2
        self.is_known = True

    def zones(self, camera_id: str) -> tuple[SimpleNamespace, ...]:
        if not self.is_known:
            raise UnknownCameraError(camera_id)
        return () if self.version is None else (SimpleNamespace(id="kerb", version=self.version),)


def scene(*boxes: tuple[float, float, float, float], state: PlaceState = PlaceState.STANDING) -> Scene:
    no_ids, no_scores = np.zeros(0, np.int64), np.zeros(0, np.float32)
    nobody = Tracks(no_ids, np.zeros((0, 4), np.float32), no_scores, no_ids, no_scores)
    places = tuple(Place(i, box, 3, 0.9, 0.0, 1.0, 1.0, state) for i, box in enumerate(boxes))
    return Scene("gate-3", 1.0, NOON, HALF_WH, 0.0, ViewState.OK, True, nobody, places, ())


class Corner:
    """A street with its parts in reach."""

    def __init__(self) -> None:
        self.shard, self.site = FakeShard(), FakeSite()
        self.street = ClosingStreet(self.shard, self.site, lambda frame: ColourLooker().detect([frame])[0])  # type: ignore[arg-type]


@pytest.fixture
def corner() -> Corner:
    return Corner()


@pytest.fixture
def case(tmp_path: Path) -> Case:
    store = CaseStore(f"sqlite:///{tmp_path / 'cases.sqlite'}")
    return store.open_case(replace(new_case(), box=RED, class_label="car"), pack_of())


@pytest.mark.parametrize(
    ("spoil", "delay"),
    [
        (lambda corner: setattr(corner.site, "is_known", False), Delay.CAMERA_REMOVED),
        (lambda corner: setattr(corner.site, "version", 3), Delay.ZONE_CHANGED),
        (lambda corner: setattr(corner.site, "version", None), Delay.ZONE_CHANGED),
        (lambda corner: setattr(corner.shard, "state", "away"), Delay.CAMERA_AWAY),
        *(
            (lambda corner, view=view: setattr(corner.shard, "view", view.value), Delay(f"view_{view.value}"))
            for view in ViewState
            if view is not ViewState.OK
        ),
        (lambda corner: setattr(corner.shard, "seen", None), Delay.NOT_WATCHED),
        (lambda _corner: None, None),
    ],
)
def test_why_a_place_cannot_be_judged(
    corner: Corner, case: Case, spoil: Callable[[Corner], None], delay: Delay | None
) -> None:
    spoil(corner)
    assert corner.street.hindrance(case) is delay


class TurnedElsewhere:
    """A camera that looks at another view than that of any case."""

    def wanted(self, _camera_id: str, _zone_id: str) -> str:
        return "kerb"

    def watched_s(self, _camera_id: str, _view_id: str) -> float:
        return 0.0


def test_camera_that_looks_at_another_view_judges_no_case_of_this_one(corner: Corner, case: Case) -> None:
    nobody_turns = StreetViews(TurnedElsewhere(), None)  # type: ignore[arg-type]
    parts = corner.shard, corner.site, lambda _frame: Detections.empty()
    elsewhere = ClosingStreet(*parts, nobody_turns)  # type: ignore[arg-type]
    assert elsewhere.hindrance(case) is Delay.VIEW_ELSEWHERE
    assert not elsewhere.bring(case)


def test_offence_that_goes_on_stands_there(corner: Corner, case: Case) -> None:
    corner.shard.standing = frozenset({case.event_id})
    assert corner.street.watched(case, RED, SIZE_WH) == "standing"


def test_place_whose_offence_ended_is_empty_until_something_stands_there(corner: Corner, case: Case) -> None:
    ended = replace(case, ended_at=NOON + timedelta(hours=1))
    halved = tuple(side / 2 for side in RED)
    assert corner.street.watched(case, RED, SIZE_WH) == "unknown"  # nobody saw it end
    assert corner.street.watched(ended, RED, SIZE_WH) == "empty"
    corner.shard.seen = scene(halved)  # type: ignore[arg-type]
    assert corner.street.watched(ended, RED, SIZE_WH) == "unknown"
    corner.shard.seen = scene(halved, state=PlaceState.LEFT)  # type: ignore[arg-type]
    assert corner.street.watched(ended, RED, SIZE_WH) == "empty"
    corner.shard.seen = scene((300, 0, 320, 20))
    assert corner.street.watched(ended, RED, SIZE_WH) == "empty"


def frame(*, red: float | None = 0.0) -> Frame:
    wide = np.hstack([street(red=None, blue=None)] * 2 + [street(red=red)])  # the cars stand beyond the first 640 px
    return Frame("gate-3", 0, 0.0, NOON, 0.0, Planes.from_bgr(wide))


def test_model_looks_at_the_place_at_full_size_and_tells_where_it_is_in_the_whole(corner: Corner) -> None:
    box = (RED[0] + 1280, RED[1], RED[2] + 1280, RED[3])
    assert corner.street.found(frame(), box, "car") == pytest.approx(0.9)
    assert corner.street.found(frame(), box, "truck") == pytest.approx(0.9)  # a van may be called either
    assert corner.street.found(frame(red=None), box, "car") == 0.0
    assert corner.street.found(frame(), box, "stall") == 0.0


def test_model_says_nothing_of_what_it_does_not_know_or_while_it_fails(corner: Corner) -> None:
    def fails(_frame: Frame) -> Detections:
        raise InferenceError("out of memory")

    assert corner.street.found(frame(), RED, "unknown") is None  # paper
    failing = ClosingStreet(corner.shard, corner.site, fails)  # type: ignore[arg-type]
    assert failing.found(frame(), RED, "car") is None
