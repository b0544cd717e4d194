"""Scenario files: what they say happens, when and where, and what is wrong is named."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from datasets.cast import CLASSES, PEOPLE
from datasets.draw_prints import PRINT_KINDS
from datasets.scenario import Actor, Script
from datasets.scenario_file import Scenario, bundled_scenarios, load_scenario, scenario_path, zones_of
from datasets.scenario_story import fitted
from datasets.scene import StreetScene, place_camera, present, script_zones
from datasets.synthetic import parse_url, script_of
from datasets.truth import Truth
from vision.classes import StreetClass

SIZE = (320, 180)
SHORT = """
title = "test"
layout = "main_street"
period = 120
"""
EXPECTED = {
    "evening-grill": ["vending"],
    "flyers-underpass": ["flyers", "flyers"],
    "jam-at-light": ["parking"],
    "lane-of-stickers": ["flyers", "flyers", "parking", "parking", "parking", "parking"],
    "market-permitted": ["vending"],
    "parking-stop": ["parking"],
    "shop-beyond-door": ["spillover"],
    "vendor-comes-and-goes": ["vending"],
}


@pytest.fixture(scope="module")
def scenes() -> dict[str, StreetScene]:
    return {name: StreetScene(load_scenario(scenario_path(name)).script, SIZE) for name in bundled_scenarios()}


def told(tmp_path: Path, text: str) -> Scenario:
    path = tmp_path / "street.toml"
    path.write_text(SHORT + text, encoding="utf-8")
    return load_scenario(path)


def places_of(truth: Truth, script: Script, actor_id: int) -> np.ndarray:
    """(N, 2) ground metres of what an offence names: a vehicle, or every thing of a stall, as far as it is seen."""
    members = [actor.actor_id for actor in script.actors if actor.stall_id == actor_id] or [actor_id]
    return truth.ground[np.isin(truth.object_ids, [10 * member for member in members])]


def test_every_bundled_scenario_has_the_offences_of_its_story(scenes: dict[str, StreetScene]) -> None:
    assert {name: sorted(o.kind for o in scene.script.offences) for name, scene in scenes.items()} == EXPECTED


@pytest.mark.parametrize("name", EXPECTED)
def test_truth_follows_the_story_second_by_second(name: str, scenes: dict[str, StreetScene]) -> None:
    scene = scenes[name]
    script = scene.script
    for t_s in np.arange(0.5, script.period_s).tolist():
        truth = scene.truth(t_s)
        for offence in script.offences:
            lasts = offence.started_s <= t_s < offence.ended_s
            if offence.kind == "flyers":
                assert (offence.actor_id in truth.paper_ids) is lasts, (t_s, offence)
                continue
            away = np.abs(places_of(truth, script, offence.actor_id) - offence.place).max(axis=1, initial=0.0)
            at_place = bool(len(away)) and float(away.min()) < 1e-6
            assert at_place is lasts, (t_s, offence)


@pytest.mark.parametrize("name", EXPECTED)
def test_homography_leads_from_where_people_stand_to_the_bottom_of_their_boxes(
    name: str, scenes: dict[str, StreetScene]
) -> None:
    scene = scenes[name]
    seen = 0
    for t_s in range(0, int(scene.script.period_s), 5):
        truth = scene.truth(float(t_s))
        pixels = truth.plane.pixels(truth.ground)
        whole = (truth.class_ids == StreetClass.PERSON) & (truth.visible_ratios > 0.97)
        whole &= (truth.boxes[:, 3] < SIZE[1] - 1) & (truth.boxes[:, 0] > 1) & (truth.boxes[:, 2] < SIZE[0] - 1)
        riders = np.array([_kind_of(scene.script, int(i)) not in PEOPLE for i in truth.object_ids], bool)
        for box, (x, y) in zip(truth.boxes[whole & ~riders], pixels[whole & ~riders], strict=True):
            tall = box[3] - box[1]
            assert box[0] - 0.1 * tall <= x <= box[2] + 0.1 * tall
            assert abs(y - box[3]) <= 2.5 + 0.13 * tall
            seen += 1
    assert seen > 10


def _kind_of(script: Script, object_id: int) -> str:
    return next((actor.kind for actor in script.actors if actor.actor_id == object_id // 10), "")


@pytest.mark.parametrize("name", EXPECTED)
def test_nothing_jumps_where_a_scenario_begins_again(name: str, scenes: dict[str, StreetScene]) -> None:
    scene = scenes[name]
    period = scene.script.period_s
    before, after = scene.truth(period - 0.001), scene.truth(period + 0.001)
    steady = np.intersect1d(before.object_ids, after.object_ids)
    for object_id in steady:
        a, b = (t.boxes[t.object_ids == object_id][0] for t in (before, after))
        np.testing.assert_allclose(a, b, atol=3.0)
    came_or_went = np.setxor1d(before.object_ids, after.object_ids)
    assert not [i for i in came_or_went if _moves(scene.script, int(i))]


def _moves(script: Script, object_id: int) -> bool:
    actor = next((actor for actor in script.actors if actor.actor_id == object_id // 10), None)
    return actor is not None and any(leg.start != leg.end for leg in actor.path.legs)


@pytest.mark.parametrize("name", EXPECTED)
def test_zones_of_a_scenario_are_good_zones_with_their_limits(name: str) -> None:
    scenario = load_scenario(scenario_path(name))
    for zone in zones_of(scenario):
        assert zone.rule.limit_s == scenario.limits_s[zone.id]
        assert zone.zone()


@pytest.mark.parametrize("name", EXPECTED)
def test_zone_in_the_picture_is_the_zone_in_metres(name: str) -> None:
    script = load_scenario(scenario_path(name)).script
    camera = place_camera(script.view, (1280, 720))
    pixels = np.stack(np.meshgrid(np.arange(8.0, 1280, 16), np.arange(8.0, 720, 16)), axis=-1).reshape(-1, 2)
    pixels = pixels[pixels[:, 1] > camera.horizon_px() + 20]
    ground = camera.ground_at(pixels)
    for zone, (_, _, kind, corners) in zip(script_zones(script), script.zones_m, strict=True):
        if kind == "flyers":
            continue
        low, high = np.array(corners)[:, :2].min(axis=0), np.array(corners)[:, :2].max(axis=0)
        inside = ((ground >= low) & (ground <= high)).all(axis=1)
        outline = (np.array(zone.polygon) * (1280, 720)).astype(np.float32)
        within_px = np.array([cv2.pointPolygonTest(outline, (x, y), measureDist=True) for x, y in pixels.tolist()])
        clear = np.abs(within_px) > 1.5
        np.testing.assert_array_equal(within_px[clear] > 0, inside[clear])


def test_queue_at_the_light_stands_long_in_the_zone_and_is_no_offence(scenes: dict[str, StreetScene]) -> None:
    script = scenes["jam-at-light"].script
    longest = 0.0
    for actor in script.actors:
        for leg in actor.path.legs:
            x, y = leg.start
            if leg.start == leg.end and 10 < x < 38 and 0.2 < y < 10.2:
                longest = max(longest, leg.to_s - leg.from_s)
    assert longest > 20
    assert all(offence.place[1] > 20 for offence in script.offences)


def test_actor_stands_at_its_place_from_the_second_it_arrives(tmp_path: Path) -> None:
    script = told(
        tmp_path,
        '[[actors]]\nkind="van"\nfrom="east"\narrives=30.0\nstops_at=[14, 8.4]\nstay=20\nleaves="west"\n',
    ).script
    path = script.actors[0].path
    assert [(m.x, m.y, m.speed_m_s) for t in (30.0, 49.99) if (m := path.at(t))] == [(14, 8.4, 0)] * 2
    before, after = path.at(29.0), path.at(51.0)
    assert before is not None
    assert after is not None
    assert before.x > 14
    assert after.x < 14


def test_vehicle_that_leaves_the_way_it_came_turns_around(tmp_path: Path) -> None:
    script = told(
        tmp_path,
        '[[actors]]\nkind="van"\nfrom="west"\narrives=12.0\nstops_at=[31.0, 8.9]\nstay=60\nleaves="west"\n',
    ).script
    path = script.actors[0].path
    last = path.legs[-1]
    assert last.end[0] < last.start[0]
    assert last.start[1] == pytest.approx(5.1)
    speeds = [m.speed_m_s for t in np.arange(path.span_s[0], path.span_s[1], 0.2) if (m := path.at(float(t)))]
    assert max(speeds) < 12


def test_story_that_begins_before_the_scene_is_told_at_its_end(tmp_path: Path) -> None:
    script = told(
        tmp_path,
        '[[actors]]\nkind="person"\nfrom="west"\narrives=5.0\nstops_at=[12, 11]\nstay=20\nleaves="east"\n',
    ).script
    begin, end = script.actors[0].path.span_s
    assert 0 <= begin < script.period_s
    assert end > script.period_s
    found = present(script, 6.0)
    assert [round(at_s) for _, at_s in found] == [126]
    assert present(script, begin + 0.1)


def test_parking_within_the_limit_with_a_permit_or_outside_the_zone_is_no_offence(tmp_path: Path) -> None:
    zone = '[[zones]]\nkind="parking"\nx=[8,30]\ny=[6.6,9.8]\nlimit=30\n'
    van = '[[actors]]\nkind="van"\nfrom="east"\narrives=30\nstops_at=[14, 8.4]\nstay={stay}\nleaves="west"\n'
    assert len(told(tmp_path, zone + van.format(stay=31)).script.offences) == 1
    assert not told(tmp_path, zone + van.format(stay=30)).script.offences
    assert not told(tmp_path, zone + van.format(stay=40) + 'lawful="loading permit"\n').script.offences
    assert not told(tmp_path, zone + van.replace("[14,", "[35,").format(stay=40)).script.offences


@pytest.mark.parametrize("comes", ["pushed", "tricycle", "carried", "stands"])
def test_stall_is_there_from_arrival_to_leaving_however_it_comes(comes: str, tmp_path: Path) -> None:
    text = (
        'period=200\n[[zones]]\nkind="vending"\nx=[6,30]\ny=[9.7,14]\nlimit=20\n'
        f'[[stalls]]\nkind="cart"\nat=[12,11.4]\ncomes="{comes}"\nfrom="east"\nleaves="west"\narrives=75.0\nstay=40\ncustomers=2\n'
    )
    path = tmp_path / "street.toml"
    path.write_text(SHORT.replace("period = 120", "") + text)
    script = load_scenario(path).script
    cart = next(actor for actor in script.actors if actor.kind == "cart")
    for t_s in (75.0, 90.0, 114.9):
        motion = cart.path.at(t_s)
        assert motion is not None
        assert (motion.x, motion.y, motion.speed_m_s) == (12, 11.4, 0)
    for t_s in (74.0, 116.5):
        motion = cart.path.at(t_s)
        assert motion is None or motion.speed_m_s > 0
    assert [(o.started_s, o.ended_s, o.place) for o in script.offences] == [(75.0, 115.0, (12, 11.4))]
    vendor = next(a for a in script.actors if a.action == "serve")
    near = [m for t in (85.0, 100.0) if (m := vendor.path.at(t))]
    assert all(np.hypot(m.x - 12, m.y - 11.4) < 2 for m in near)
    assert len(near) == 2


def test_permitted_stall_and_goods_behind_the_door_line_are_lawful(tmp_path: Path) -> None:
    head = SHORT.replace("main_street", "shops") + '[[zones]]\nkind="vending"\nx=[4,30]\ny=[7.5,12]\nlimit=20\n'
    stall = '[[stalls]]\nkind="crates"\nat=[12,{y}]\n'
    (tmp_path / "a.toml").write_text(head + stall.format(y=10.5))
    (tmp_path / "b.toml").write_text(head + stall.format(y=11.6))
    (tmp_path / "c.toml").write_text(head + stall.format(y=10.5) + 'permitted="No. 7"\n')
    counts = [len(load_scenario(tmp_path / f"{name}.toml").script.offences) for name in "abc"]
    assert counts == [1, 0, 0]


def test_goods_beside_the_last_shop_are_behind_no_door_line(tmp_path: Path) -> None:
    zone = '[[zones]]\nkind="vending"\nx=[30,60]\ny=[7.5,12]\nlimit=20\n'
    path = tmp_path / "street.toml"
    path.write_text(SHORT.replace("main_street", "shops") + zone + '[[stalls]]\nkind="crates"\nat=[50,11.6]\n')
    script = load_scenario(path).script
    assert max(shop.right_x for shop in script.street.shops) < 50
    assert [offence.kind for offence in script.offences] == ["vending"]


def test_print_offends_where_its_surface_is(tmp_path: Path) -> None:
    zone = '[[zones]]\nkind="flyers"\nx=[3,16]\nz=[0.2,2.7]\nlimit=20\n'
    sticker = '[[papers]]\nkind="sticker"\nsurface="{}"\nat=[9.42,1.45]\n'
    path = tmp_path / "street.toml"
    path.write_text(SHORT.replace("main_street", "lane") + zone + sticker.format("pole") + sticker.format("wall"))
    script = load_scenario(path).script
    assert [offence.place for offence in script.offences] == [
        (pytest.approx(9.5), script.street.furniture_y),
        (pytest.approx(9.5), script.street.front_y),
    ]


def test_print_on_the_pavement_lies_in_no_zone_for_flyers(tmp_path: Path) -> None:
    text = (
        '[[zones]]\nkind="flyers"\nx=[3,16]\nz=[0.2,2.7]\nlimit=20\n'
        '[[papers]]\nname="card"\nkind="sticker"\nsurface="pavement"\nat=[5.4,1.3]\n'
    )
    assert not told(tmp_path, text).script.offences
    named = told(tmp_path, text + '[[offences]]\nkind="flyers"\nby="card"\n').script.offences
    assert [(offence.kind, offence.place[1]) for offence in named] == [("flyers", 1.3)]


def test_print_of_every_size_that_can_be_told_can_be_drawn(tmp_path: Path) -> None:
    sizes = [(0.03, 0.03), (0.36, 0.03), (0.03, 0.36), (10, 0.9), (0.9, 10), (10, 10)]
    papers = [f'[[papers]]\nkind="{kind}"\nat=[9,1]\nsize=[{w},{h}]\n' for kind in PRINT_KINDS for w, h in sizes]
    scene = StreetScene(told(tmp_path, "".join(papers)).script, SIZE)
    assert set(scene.truth(1.0).paper_kinds) == set(PRINT_KINDS)


def test_offence_can_be_told_that_no_zone_explains(tmp_path: Path) -> None:
    script = told(
        tmp_path,
        '[[actors]]\nname="bikes"\nkind="bicycle"\ncount=2\nstops_at=[14,11]\n'
        '[[offences]]\nkind="parking"\nby="bikes"\nbegins=10\nends=60\n',
    ).script
    assert [(o.kind, o.started_s, o.ended_s) for o in script.offences] == [("parking", 10, 60)] * 2


def test_offence_of_a_vehicle_that_stays_to_the_end_lasts_as_long_as_it_stands(tmp_path: Path) -> None:
    script = told(
        tmp_path,
        '[[zones]]\nkind="parking"\nx=[8,32]\ny=[6.6,9.8]\nlimit=20\n'
        '[[actors]]\nkind="van"\nfrom="east"\narrives=5.0\nstops_at=[14,8.4]\n',
    ).script
    (offence,) = script.offences
    assert (offence.started_s, offence.place) == (5.0, (14, 8.4))
    assert 60 < offence.ended_s < 115
    for t_s in np.arange(0.25, 120, 0.5).tolist():
        stands = any(
            (motion := actor.path.at(at_s)) is not None and (motion.x, motion.y) == offence.place
            for actor, at_s in present(script, t_s)
        )
        assert stands is (offence.started_s <= t_s < offence.ended_s), t_s


def test_group_walks_together(tmp_path: Path) -> None:
    script = told(tmp_path, '[[actors]]\nkind="person"\ncount=4\nfrom="west"\narrives=10\n').script
    motions = [m for actor in script.actors if (m := actor.path.at(20.0))]
    assert len(motions) == 4
    places = np.array([(m.x, m.y) for m in motions])
    assert np.ptp(places, axis=0).max() < 2
    assert min(np.hypot(*(a - b)) for i, a in enumerate(places) for b in places[:i]) > 0.4


def test_view_and_look_can_be_changed(tmp_path: Path) -> None:
    scenario = told(tmp_path, "look = 9\n[view]\nheight_m = 8.0\nyaw_deg = 60\n")
    assert (scenario.script.view.height_m, scenario.script.view.yaw_deg) == (8.0, 60)
    assert scenario.script.street.look != load_scenario(tmp_path / "street.toml", look=10).script.street.look


def test_drawn_camera_plays_a_scenario_file_by_path_or_by_name(tmp_path: Path) -> None:
    path = tmp_path / "my street.toml"
    path.write_text(SHORT)
    quoted = str(path).replace(" ", "%20")
    for url in (f"synthetic://{quoted}", f"synthetic://file?path={quoted}"):
        assert script_of(parse_url(url)).name == "my street"
    bundled = parse_url("synthetic://file?path=parking-stop&light=dusk&seed=5")
    assert (script_of(bundled).name, bundled.light) == ("parking-stop", "dusk")
    assert script_of(bundled).street.look != script_of(parse_url("synthetic://file?path=parking-stop")).street.look


@pytest.mark.parametrize("url", ["synthetic://file", "synthetic://parking?path=x.toml", "synthetic:///x.toml?path="])
def test_scenario_url_without_its_path_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="path"):
        parse_url(url)


def test_path_keeps_its_shape_when_it_is_told_later() -> None:
    actor: Actor = load_scenario(scenario_path("parking-stop")).script.actors[0]
    later = fitted(actor.path, 7.0, 1000.0)
    for t_s in (5.0, 24.0, 60.0):
        a, b = actor.path.at(t_s), later.at(t_s + 7.0)
        assert (a is None) == (b is None)
        if a is not None and b is not None:
            assert (a.x, a.y) == pytest.approx((b.x, b.y))


def test_kinds_of_every_bundled_scenario_are_seen_by_its_camera(scenes: dict[str, StreetScene]) -> None:
    for scene in scenes.values():
        camera = place_camera(scene.script.view, SIZE)
        for offence in scene.script.offences:
            pixels, depths = camera.project(np.array([[*offence.place, 0.5]]))
            assert depths[0] > 0
            assert (pixels > 0).all()
            assert (pixels < SIZE).all()
    assert {CLASSES[a.kind] for s in scenes.values() for a in s.script.actors} >= {
        StreetClass.CAR, StreetClass.BUS, StreetClass.TRUCK, StreetClass.TRICYCLE, StreetClass.BICYCLE,
        StreetClass.MOTORCYCLE, StreetClass.TABLE, StreetClass.GOODS, StreetClass.STALL, StreetClass.UMBRELLA,
    }  # fmt: skip
