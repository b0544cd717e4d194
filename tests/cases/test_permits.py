"""Permits and controls: what holds at a place and time, and files that tell their mistakes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cases.errors import PlaceFileError
from cases.permit_file import load_permits, read_permits
from cases.permits import Findings, PermitBook, Scene
from cases.spots import Spot
from tests.cases.city import at_m, feature, ring, written

LOCAL = ZoneInfo("Asia/Shanghai")
EVENING = datetime(2026, 8, 7, 12, 0, tzinfo=UTC)
"""A Friday, 20:00 in Shanghai."""

MARKET = f"""
[[permits]]
number = "夜市-001"
holder = "李"
codes = ["0406", "01"]
polygon = {json.dumps(ring(0, 0)[:-1])}
weekdays = [5, 6]
hours = ["18:00-23:00"]

[[permits]]
number = "早餐-002"
holder = "赵"
codes = ["0491"]
zones = ["gate-1/kerb", "gate-2"]

[[controls]]
name = "庙会"
approver = "值班长"
districts = ["140802"]
first_day = 2026-08-07
last_day = 2026-08-09
"""


def scene(code: str = "0406", at: datetime = EVENING, spot: Spot | None = None, **seen_by: str) -> Scene:
    return Scene(code, at, spot or Spot(at_m(50, 50)), **seen_by)


@pytest.fixture
def book(tmp_path: Path) -> PermitBook:
    (tmp_path / "market.toml").write_text(MARKET, encoding="utf-8")
    read = load_permits((tmp_path / "market.toml",))
    return PermitBook(read.permits, read.controls, LOCAL)


def numbers(found: Findings) -> list[str]:
    return [permit.number for permit in found.permits]


def test_permit_holds_at_its_place_in_its_hours_for_its_codes(book: PermitBook) -> None:
    found = book.look_up(scene())

    assert numbers(found) == ["夜市-001"]
    assert not found.is_free
    assert found.shown == "permit 许可 夜市-001 (李)"
    assert numbers(book.look_up(scene("0129"))) == ["夜市-001"]  # its class


@pytest.mark.parametrize(
    "other",
    [
        scene("0201"),
        scene(at=datetime(2026, 8, 7, 15, 0, tzinfo=UTC)),  # 23:00
        scene(at=datetime(2026, 8, 6, 12, 0, tzinfo=UTC)),  # a Thursday
        scene(spot=Spot(at_m(150, 50))),
        scene(spot=Spot()),
    ],
)
def test_permit_does_not_hold_elsewhere_or_at_other_times(book: PermitBook, other: Scene) -> None:
    assert book.look_up(other).is_free


def test_permit_of_camera_zones_needs_no_position(book: PermitBook) -> None:
    seen = [("gate-1", "kerb"), ("gate-1", "lane"), ("gate-2", "lane")]

    found = [numbers(book.look_up(scene("0491", spot=Spot(), camera_id=c, zone_id=z))) for c, z in seen]

    assert found == [["早餐-002"], [], ["早餐-002"]]


def test_control_of_a_district_holds_for_every_code_on_its_days(book: PermitBook) -> None:
    there = Spot(None, "x", "", "140802")

    assert [c.name for c in book.look_up(scene("0201", spot=there)).controls] == ["庙会"]
    assert book.look_up(scene("0201", at=datetime(2026, 8, 10, 12, 0, tzinfo=UTC), spot=there)).is_free


def test_control_counts_at_the_filing_and_a_permit_at_what_was_seen(book: PermitBook) -> None:
    there = Spot(at_m(50, 50), "x", "", "140802")
    next_week = datetime(2026, 8, 14, 3, 0, tzinfo=UTC)

    found = book.look_up(scene(spot=there), filed_at=next_week)

    assert (numbers(found), found.controls) == (["夜市-001"], ())
    assert len(book.look_up(scene(spot=there, at=next_week), filed_at=EVENING).controls) == 1


def test_permits_are_read_from_geojson(tmp_path: Path) -> None:
    permit = feature({"number": "1", "holder": "李", "codes": ["0406"], "hours": ["18:00-23:00"]}, ring(0, 0))
    control = feature({"name": "庙会", "last_day": "2026-08-09", "note": None}, ring(0, 0))

    read = read_permits(written(tmp_path / "permits.geojson", [permit, control]))

    assert read.slips == ()
    book = PermitBook(read.permits, read.controls, LOCAL)
    assert len(book.look_up(scene()).permits) == len(book.look_up(scene()).controls) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[permits]]\nnumber = "1"\nholder = "李"\n', "entry 1 1: codes: it is missing"),
        ('[[permits]]\nnumber = "1"\nholder = "李"\ncodes = ["0406"]\n', "entry 1 1: the permit does not say where"),
        (
            '[[permits]]\nnumber = "1"\nholder = "李"\ncodes = ["406"]\ngrids = ["a"]',
            "entry 1 1: codes.0: a code has four digits",
        ),
        (
            '[[permits]]\nnumber = "1"\nholder = "李"\ncodes = ["0406"]\npolygon = [[35, 111], [35, 112], [36, 112]]',
            "polygon: longitude and latitude are exchanged",
        ),
        (
            '[[permits]]\nnumber = "1"\nholder = "李"\ncodes = ["0406"]\npolygon = [[111, 35]]',
            "polygon: a ring has 2 different corners",
        ),
        ('[[controls]]\nname = "庙会"\n', "a control must end"),
        ('[[controls]]\nname = "庙会"\nlast_day = 2026-08-09\nplace = "x"', "place: there is no such key"),
        ("[permits]\n", r"write \[\[permits\]\] in two brackets"),
        ("[[permit]]\n", "entries .* only: permit"),
        ("a = ", "it is no TOML"),
        (
            '[[permits]]\nnumber = "1"\nholder = "李"\ncodes = ["0406"]\ngrids = ["a"]\n'
            '[[permits]]\nnumber = "1"\nholder = "李"\ncodes = ["0406"]\ngrids = ["a"]\n',
            "entry 2 1: the code 1 is already that of #1",
        ),
    ],
)
def test_mistakes_are_told_with_their_entry(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "permits.toml").write_text(text, encoding="utf-8")

    with pytest.raises(PlaceFileError, match=words):
        load_permits((tmp_path / "permits.toml",))
