"""The demo's streets do what their scripts say, and nothing else."""

import numpy as np
import pytest

from datasets.demo_scenes import DEMO_SCENES, demo_script, demo_zones
from datasets.scene import StreetScene, place_camera, present
from vision.classes import StreetClass
from vision.zones import Zone

SIZE = (640, 360)


@pytest.fixture(scope="module")
def scenes() -> dict[str, StreetScene]:
    return {name: StreetScene(demo_script(name, 1), SIZE) for name in DEMO_SCENES}


def _feet_in(scene: StreetScene, zone_index: int, t_s: float, classes: set[StreetClass]) -> list[int]:
    """Ids of visible things of these classes that stand in a zone."""
    wanted = demo_zones(scene.script.name, 1)[zone_index]
    zone = Zone(wanted.zone_id, wanted.name, wanted.polygon)
    truth = scene.truth(t_s)
    inside = zone.contains_feet(truth.boxes, SIZE) & np.isin(truth.class_ids, list(classes))
    return truth.object_ids[inside].tolist()


@pytest.mark.parametrize("seed", [1, 2, 7])
@pytest.mark.parametrize("name", DEMO_SCENES)
def test_zones_are_good_zones_that_lie_in_the_picture(name: str, seed: int) -> None:
    for zone in demo_zones(name, seed):
        corners = np.array(Zone(zone.zone_id, zone.name, zone.polygon).polygon)
        assert corners.min() > 0
        assert corners.max() < 1


def test_illegal_car_stands_in_the_zone_from_16_to_166_seconds(scenes: dict[str, StreetScene]) -> None:
    scene = scenes["parking"]
    car = scene.script.offences[0].actor_id * 10
    vehicles = {StreetClass.CAR}
    assert all(car in _feet_in(scene, 0, t_s, vehicles) for t_s in (17.0, 60.0, 120.0, 165.0))
    places = [scene.truth(t_s).ground[scene.truth(t_s).object_ids == car] for t_s in (17.0, 165.0)]
    np.testing.assert_array_equal(places[0], places[1])
    assert car not in scene.truth(176.0).object_ids


def test_no_other_vehicle_stands_in_the_parking_zone_longer_than_ten_seconds(scenes: dict[str, StreetScene]) -> None:
    for name in ("parking", "quiet"):
        scene = scenes[name]
        illegal = {offence.actor_id for offence in scene.script.offences}
        for actor in scene.script.actors:
            begin, end = actor.path.span_s
            still = [t for t in np.arange(begin, end, 0.5) if (m := actor.path.at(float(t))) and m.speed_m_s == 0]
            on_strip = [t for t in still if 7.0 < (m := actor.path.at(float(t))).x < 30 and 7.0 < m.y < 9.8]  # type: ignore[union-attr]
            assert actor.actor_id in illegal or len(on_strip) * 0.5 <= 10


def test_vehicles_queue_at_the_crossing(scenes: dict[str, StreetScene]) -> None:
    script = scenes["parking"].script
    waiting = [
        sum(1 for a, at in present(script, t) if a.path.at(at).speed_m_s == 0 and a.path.at(at).y < 3)  # type: ignore[union-attr]
        for t in np.arange(0.0, 300.0, 5.0)
    ]
    assert max(waiting) >= 2
    assert min(waiting) == 0


@pytest.mark.parametrize("name", ["parking", "vending", "quiet"])
def test_vehicles_never_stand_inside_one_another(name: str, scenes: dict[str, StreetScene]) -> None:
    for t_s in np.arange(0.0, 300.0, 1.5):
        places = [
            (m.x, m.y)
            for actor, at_s in present(scenes[name].script, float(t_s))
            if actor.kind in ("sedan", "suv", "hatchback", "van", "taxi", "bus", "truck")
            and (m := actor.path.at(at_s)) is not None
        ]
        for i, (x, y) in enumerate(places):
            for other_x, other_y in places[i + 1 :]:
                assert abs(x - other_x) > 3.6 or abs(y - other_y) > 1.5, (t_s, x, y, other_x, other_y)


def test_stall_is_set_up_by_20_seconds_attended_and_gone_by_80(scenes: dict[str, StreetScene]) -> None:
    scene = scenes["vending"]
    stall = {StreetClass.STALL}
    assert not _feet_in(scene, 0, 10.0, stall)
    for t_s in (20.0, 45.0, 74.0):
        assert _feet_in(scene, 0, t_s, stall)
        assert len(_feet_in(scene, 0, t_s, {StreetClass.PERSON})) >= 1
    assert not _feet_in(scene, 0, 80.0, stall)


def test_stall_box_holds_umbrella_table_and_goods(scenes: dict[str, StreetScene]) -> None:
    truth = scenes["vending"].truth(45.0)
    stall = truth.boxes[truth.class_ids == StreetClass.STALL][0]
    for part in (StreetClass.UMBRELLA, StreetClass.TABLE, StreetClass.GOODS):
        box = truth.boxes[truth.class_ids == part][0]
        assert (stall[:2] <= box[:2] + 0.01).all()
        assert (stall[2:] >= box[2:] - 0.01).all()


def test_tricycle_of_the_vendor_keeps_its_id_and_has_left_by_95_seconds(scenes: dict[str, StreetScene]) -> None:
    scene = scenes["vending"]
    ids = [
        set(t.object_ids[t.class_ids == StreetClass.TRICYCLE].tolist()) for t in map(scene.truth, (11.0, 50.0, 83.5))
    ]
    tricycle = (scene.script.offences[0].actor_id + 1) * 10
    assert all(tricycle in found for found in ids)
    assert tricycle not in scene.truth(95.0).object_ids


def test_flyers_appear_on_the_wall_and_are_taken_down(scenes: dict[str, StreetScene]) -> None:
    counts = [len(scenes["flyers"].truth(t_s).papers) for t_s in (10.0, 23.0, 40.0, 249.0, 262.0)]
    assert counts == [0, 1, 2, 2, 0]


def test_a4_flyer_has_at_least_20_by_28_pixels_at_720p() -> None:
    scene = StreetScene(demo_script("flyers", 1))
    boxes = scene.truth(60.0).papers
    assert (boxes[:, 2] - boxes[:, 0]).min() >= 20
    assert (boxes[:, 3] - boxes[:, 1]).min() >= 28


def test_flyers_hang_inside_the_wall_zone(scenes: dict[str, StreetScene]) -> None:
    zone = demo_zones("flyers", 1)[0]
    papers = scenes["flyers"].truth(60.0).papers
    corners = np.concatenate([papers[:, :2], papers[:, 2:]])
    assert Zone(zone.zone_id, zone.name, zone.polygon).contains(corners, SIZE).all()


def test_flyer_changes_the_picture_where_its_box_is(scenes: dict[str, StreetScene]) -> None:
    scene = scenes["flyers"]
    x1, y1, x2, y2 = (int(v) for v in scene.truth(60.0).papers[1])
    before, after = (scene.picture(t_s)[y1:y2, x1:x2].astype(int) for t_s in (10.0, 60.0))
    assert np.abs(before - after).mean() > 15


def test_nothing_stands_for_long_on_the_quiet_pavement_but_a_waiting_person(scenes: dict[str, StreetScene]) -> None:
    scene = scenes["quiet"]
    wares = {StreetClass.STALL, StreetClass.TABLE, StreetClass.GOODS, StreetClass.TRICYCLE}
    assert not any(_feet_in(scene, 1, float(t_s), wares) for t_s in np.arange(0, 300, 10))
    assert not scene.script.offences


def test_unknown_scene_is_named_with_the_choices() -> None:
    with pytest.raises(ValueError, match="'market'; there are parking, vending, flyers, quiet"):
        demo_script("market")


def test_view_is_the_same_at_another_size() -> None:
    script = demo_script("parking", 1)
    point = np.array([[13.5, 8.4, 0.0]])
    small, big = (place_camera(script.view, size).project(point)[0] / size for size in ((640, 360), (1280, 720)))
    np.testing.assert_allclose(small, big)
