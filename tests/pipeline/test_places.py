"""What a new case learns of its place: position, grids, unit, history, kin; and what holds its filing back."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from argon2 import PasswordHasher

from cases.coordinates import distance_m
from cases.deeds import Order
from cases.errors import FilingHeldError, PlaceFileError, UnknownUnitError
from cases.evidence import EvidenceStore
from cases.packs import Part, PartRole
from cases.people import People, Role
from cases.place_settings import PlaceSettings, PositionSettings
from cases.posts import Doer, Post
from cases.records import Case, NewCase, case_id_of
from cases.recovery import recover
from cases.spots import Kinship, Spot
from cases.states import Action
from cases.store import CaseStore
from cases.units import check_unit
from pipeline.camera_settings import CameraEntry, GroundSettings
from pipeline.case_flow import CaseFlow, FlowParts
from pipeline.hub import Hub
from pipeline.places import Places
from tests.cases import city as town
from tests.pipeline.fakes import NOON, FakeAgenda, city, event, facts, new_case

ORIGIN = town.at_m(50, 50)
GROUND = GroundSettings.model_validate(
    {
        "corners": [[0.3, 0.9], [0.7, 0.9], [0.55, 0.35], [0.45, 0.35]],
        "metres": [[0, 0], [7, 0], [7, 40], [0, 40]],
        "anchor": {"longitude": ORIGIN.longitude, "latitude": ORIGIN.latitude},
    }
)
CAMERA = CameraEntry(id="gate", url="rtsp://192.0.2.1/x", place="人民路 12 号", ground=GROUND)
ROUGHLY = PositionSettings(
    longitude=town.at_m(150, 50).longitude,
    latitude=town.at_m(150, 50).latitude,
    zones={"lane": (town.at_m(250, 50).longitude, town.at_m(250, 50).latitude)},
)
RULES = "unit,grid,district\n市场管理所,14080200100000,\n盐湖区,,140802\n"
PERMITS = '[[permits]]\nnumber = "夜市-001"\nholder = "李"\ncodes = ["0499"]\ngrids = ["14080200100000"]\n'


class Town:
    """A town of six grids with rules and a permit, and the cases of one camera."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cases = CaseStore(f"sqlite:///{folder / 'cases.sqlite'}")
        self.evidence = EvidenceStore(folder / "evidence")
        town.written(folder / "grids.geojson", town.city())
        areas = [town.feature({"area_code": "Z1", "unit_grids": [town.code(0, 0)]})]
        town.written(folder / "areas.geojson", areas)
        (folder / "rules.csv").write_text(RULES, encoding="utf-8")
        self.settings = PlaceSettings(
            grids=folder / "grids.geojson", areas=folder / "areas.geojson", dispatch=folder / "rules.csv"
        )

    def places(self, camera: CameraEntry | None = CAMERA, **changes: Any) -> Places:
        settings = self.settings.model_copy(update=changes)
        return city(self.folder, self.cases, settings, *([camera] if camera else []))

    def opened(self, places: Places, event_id: str = "e1", size_wh: tuple[int, int] = (1000, 1000), **at: Any) -> Case:
        new = self.new(event_id, **at)
        _, jpeg = cv2.imencode(".jpg", np.zeros((size_wh[1], size_wh[0], 3), np.uint8))
        picture = Part("panorama-1.jpg", jpeg.tobytes(), PartRole.PANORAMA)
        pack = self.evidence.write_pack(new.case_id, [picture], facts(event(event_id=event_id)))
        return self.cases.open_case(places.placed(new, pack), pack)

    def new(self, event_id: str, **at: Any) -> NewCase:
        base = replace(new_case(event()), case_id=case_id_of(event_id), event_id=event_id)
        return replace(base, **{"box": (280.0, 800.0, 320.0, 900.0), **at})


@pytest.fixture
def here(tmp_path: Path) -> Town:
    return Town(tmp_path)


def test_case_gets_its_place_grids_address_and_unit_from_the_ground(here: Town) -> None:
    case = here.opened(here.places())

    assert case.spot.position is not None
    assert distance_m(case.spot.position, ORIGIN) < 0.1
    assert 2.0 < case.spot.position.error_m < 3.0
    assert (case.spot.grid, case.spot.area, case.spot.district) == (town.code(0, 0), "Z1", "140802")
    assert case.spot.address == "人民路 12 号"
    assert case.proposal.unit == "市场管理所"
    assert (case.proposal.kinship, case.proposal.why, case.proposal.before) == (Kinship.NEW, "nothing_near", 0)


def test_box_counts_in_the_pixels_of_its_own_picture(here: Town) -> None:
    case = here.opened(here.places(), size_wh=(500, 500), box=(140.0, 400.0, 160.0, 450.0))

    assert case.spot.position is not None
    assert distance_m(case.spot.position, ORIGIN) < 0.1


ABOVE = (480.0, 10.0, 520.0, 100.0)


@pytest.mark.parametrize(
    ("camera", "zone_id", "grid", "error_m"),
    [
        (CAMERA.model_copy(update={"position": ROUGHLY}), "kerb", town.code(1, 0), 50.0),
        (CAMERA.model_copy(update={"position": ROUGHLY, "ground": None}), "lane", town.code(2, 0), 50.0),
    ],
)
def test_case_that_the_ground_cannot_place_lies_where_its_zone_or_camera_does(
    here: Town, camera: CameraEntry, zone_id: str, grid: str, error_m: float
) -> None:
    case = here.opened(here.places(camera), box=ABOVE, zone_id=zone_id)

    assert case.spot.position is not None
    assert (case.spot.grid, case.spot.position.error_m) == (grid, error_m)


def test_case_of_a_camera_without_any_place_keeps_its_address(here: Town) -> None:
    case = here.opened(here.places(CAMERA.model_copy(update={"ground": None})))

    assert case.spot == Spot(address="人民路 12 号")


def test_case_of_a_removed_camera_has_no_place(here: Town) -> None:
    assert here.opened(here.places(None)).spot == Spot()


def test_picture_that_is_none_leaves_the_case_without_the_ground(here: Town) -> None:
    new = here.new("e1")
    pack = here.evidence.write_pack(
        new.case_id, [Part("panorama-1.jpg", b"x", PartRole.PANORAMA)], facts(event(event_id="e1"))
    )

    assert here.places().placed(new, pack).spot.position is None


def test_car_at_the_place_of_an_earlier_one_is_proposed_as_a_recurrence_and_counted(here: Town) -> None:
    places = here.places()
    first = here.opened(places)
    here.cases.end_offence(first.case_id, NOON + timedelta(minutes=1))
    at = NOON + timedelta(hours=2)

    again = here.opened(places, "e2", started_at=at, raised_at=at, opened_at=at)

    assert (again.proposal.kinship, again.proposal.kin) == (Kinship.RECURRENCE, first.case_id)
    assert (again.proposal.why, again.proposal.before) == ("another", 1)
    assert again.state is first.state  # a proposal: nothing was merged
    history = places.history(again)
    assert (history.count, [each.case_id for each in history.newest]) == (1, [first.case_id])


def test_history_of_a_place_holds_other_codes_and_cameras_but_not_the_case_itself(here: Town) -> None:
    places = here.places()
    here.opened(places, code="0201", camera_id="gate")
    case = here.opened(places, "e2", raised_at=NOON + timedelta(minutes=5))

    assert places.history(case).codes == (("0201", 1),)


def test_rules_of_today_are_asked_with_the_rules_they_beat(here: Town) -> None:
    places = here.places()

    choice = places.choice(here.opened(places))

    assert (choice.unit, [rule.unit for rule in choice.beaten]) == ("市场管理所", ["盐湖区"])


def test_units_are_those_of_rules_and_of_accounts_that_may_sign_in(here: Town) -> None:
    people = People(here.cases.database, hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    people.create("zhang", "long enough 8", Role.ADMIN, unit="*")
    people.create("qian", "long enough 8", Role.OPERATOR, posts=[Post.DEPARTMENT], unit="二中队")
    people.create("sun", "long enough 8", Role.OPERATOR, posts=[Post.DEPARTMENT], unit="三中队")
    people.disable("sun")

    assert here.places().units() == ("二中队", "市场管理所", "盐湖区")


def test_case_is_dispatched_to_known_units_only(here: Town) -> None:
    known = here.places().units()

    check_unit("市场管理所", known)
    check_unit("anything", ())
    with pytest.raises(UnknownUnitError, match="no unit '市场所'; the names most alike are 市场管理所, 盐湖区"):
        check_unit("市场所", known)


def test_permit_holds_filing_back_until_a_person_says_why(here: Town) -> None:
    (here.folder / "permits.toml").write_text(PERMITS, encoding="utf-8")
    places = here.places(permits=(here.folder / "permits.toml",))
    case = here.opened(places)
    nobody: Any = None
    own = (Hub(), nobody, places, lambda *_: False, lambda _camera_id: None, nobody)
    agenda: Any = FakeAgenda()
    flow = CaseFlow(FlowParts(here.cases, here.evidence, nobody, nobody, nobody, *own), agenda)

    with pytest.raises(FilingHeldError, match="夜市-001"):
        flow.decide(case.case_id, Order(Action.FILE, " "), by=Doer("li"))
    filed = flow.decide(case.case_id, Order(Action.FILE, "值班长同意：超出许可范围"), by=Doer("li"))

    assert filed.state.value == "filed"


def test_broken_file_stops_the_start_and_is_named(here: Town) -> None:
    (here.folder / "rules.csv").write_text("unit,code\n盐湖区,406\n", encoding="utf-8")

    with pytest.raises(PlaceFileError, match=r"(?s)rules\.csv cannot be used:\n  line 2 盐湖区: code: "):
        here.places()


def test_case_that_a_crash_left_without_its_row_gets_its_place_at_the_next_start(here: Town) -> None:
    case_id = case_id_of("e1")
    _, jpeg = cv2.imencode(".jpg", np.zeros((1000, 1000, 3), np.uint8))
    seen = replace(event(event_id="e1"), box=(280.0, 800.0, 320.0, 900.0))
    picture = Part("panorama-1.jpg", jpeg.tobytes(), PartRole.PANORAMA)
    here.evidence.write_pack(case_id, [picture], facts(seen))

    recover(here.cases, here.evidence, placed=here.places().placed)

    assert here.cases.get(case_id).spot.grid == town.code(0, 0)
    assert here.cases.get(case_id).proposal.unit == "市场管理所"
