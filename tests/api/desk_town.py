"""A small town for the case desk: grids, a dispatch rule, a permit and a control, limits, pictures with times."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cases.deeds import Order
from cases.evidence import EvidenceStore
from cases.packs import PackFacts, PackPurpose, Part, PartRole, Taking
from cases.place_settings import PlaceSettings
from cases.posts import Doer
from cases.records import Case, NewCase, case_id_of
from cases.spots import Spot
from cases.states import Action
from cases.store import CaseStore
from detectors.events import Reason
from tests.api.fake_system import FakeSystem, jpeg
from tests.cases.builders import KEY
from tests.cases.city import at_m, city, code, feature, written

PERMITS = """
[[permits]]
number = "夜市-001"
holder = "李"
codes = ["0406"]
grids = ["14080200100000"]
hours = ["00:00-23:59", "23:59-00:00"]

[[controls]]
name = "庙会"
approver = "值班长"
codes = ["0406"]
grids = ["14080200100100"]
last_day = 2099-11-30
"""
TO_DISPATCH = (
    Order(Action.FILE),
    Order(Action.ACCEPT),
    Order(Action.APPROVE, condition=1),
    Order(Action.DISPATCH, unit="盐湖区城管局"),
)


def furnish(system: FakeSystem) -> None:
    """Give a system the town; its clock of limits runs from now on."""
    folder = system.settings.data
    (folder / "permits.toml").write_text(PERMITS, encoding="utf-8")
    (folder / "rules.csv").write_text("unit,district\n盐湖区城管局,140802\n", encoding="utf-8")
    grids = written(folder / "grids.geojson", city())
    areas = [
        feature({"area_code": f"A{x}", "name": f"第{x + 1}责任网格", "unit_grids": [code(x, 0), code(x, 1)]})
        for x in range(2)
    ]
    settings = PlaceSettings(
        grids=grids,
        areas=written(folder / "areas.geojson", areas),
        dispatch=folder / "rules.csv",
        permits=(folder / "permits.toml",),
    )
    system.places = system.places_of(settings)
    system.evidence = EvidenceStore(folder / "evidence", signer=KEY)  # signed packs tell when each picture was taken
    deadlines = system.settings.codes.deadlines(ZoneInfo(system.settings.timezone))
    system.cases = CaseStore(system.cases.database, deadlines=deadlines)


def spotted(system: FakeSystem, name: str, east_m: float = 30.0, age_s: float = 0.0, **changes: Any) -> Case:
    """Open a vending case at a place, with two panoramas ten seconds apart."""
    now = datetime.now(UTC) - timedelta(seconds=age_s)
    case_id = case_id_of(name)
    dwell = (Reason("dwell", 42.0, "s"),)
    facts = PackFacts(
        name, "vending", PackPurpose.OPENING, "gate-1", "人民路东口", "kerb", "北侧路缘", 1,
        now.timestamp(), now, 0.04, None, dwell, (),
    )  # fmt: skip
    parts = [
        Part("panorama-1.jpg", jpeg(1.0), PartRole.PANORAMA, Taking(now - timedelta(seconds=11), 0.04)),
        Part("panorama-2.jpg", jpeg(4.0), PartRole.PANORAMA, Taking(now, 0.04)),
        Part("close-up.jpg", jpeg(4.0, crop=True), PartRole.CLOSE_UP, Taking(now, 0.04)),
        Part("marked.jpg", jpeg(4.0, mark=True), PartRole.MARKED, Taking(now, 0.04)),
    ]
    pack = system.evidence.write_pack(case_id, parts, facts)
    spot = system.places.map.spot(at_m(east_m, 50, 4.0), "人民路") if system.places.map.grids else Spot()
    new = NewCase(
        case_id, name, "vending", "0406", "gate-1", "人民路东口", "kerb", "北侧路缘", 1,
        now - timedelta(seconds=42), now, now, (100.0, 120.0, 220.0, 300.0), "stall", 0.81, dwell,
        spot=spot,
    )  # fmt: skip
    return system.cases.open_case(replace(new, **changes), pack)


def dispatched(system: FakeSystem, case: Case, ago: timedelta) -> Case:
    """Lead a case to its unit, so that its clock runs since some time."""
    at = datetime.now(UTC) - ago
    for order in TO_DISPATCH:
        case = system.cases.decide(case.case_id, order, by=Doer("li"), at=at)
    return case


def closed_with_a_picture(system: FakeSystem, case: Case) -> Case:
    """Add a pack that shows the place after handling."""
    now = datetime.now(UTC)
    facts = PackFacts(
        case.event_id, "vending", PackPurpose.CLOSING, "gate-1", "人民路东口", "kerb", "北侧路缘", 1,
        now.timestamp(), now, 0.04, None, (), (),
    )  # fmt: skip
    part = Part("panorama-after.jpg", jpeg(9.0), PartRole.PANORAMA, Taking(now, 0.04))
    return system.cases.add_pack(case.case_id, system.evidence.write_pack(case.case_id, [part], facts))
