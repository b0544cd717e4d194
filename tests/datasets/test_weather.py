"""Weather over drawn streets: the same for the same seed, seen in the pixels, never in the truth."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from datasets.backdrop import Prop
from datasets.demo_scenes import demo_script
from datasets.ground_camera import GroundCamera
from datasets.haze import Haze
from datasets.light import LIGHTS, sun_at
from datasets.scenario import Script
from datasets.scenario_file import load_scenario, scenario_path
from datasets.scene import Drawn, StreetScene, place_camera
from datasets.sightlines import SKY_M, sightlines
from datasets.weather import CLEAR, WEATHERS, Weather, lit_under, random_weather, weather_named
from datasets.wet_ground import MirrorCamera
from tests.datasets.scripts import SIZE, VIEW, empty_street, script_with, standing
from vision.arrays import Picture
from vision.classes import StreetClass

SMALL = (320, 180)


def under(weather: Weather, *, light: str = "day", script: Script | None = None) -> StreetScene:
    return StreetScene(replace(script or demo_script("parking", 2), weather=weather), SMALL, light)


def of_car(scene: StreetScene) -> np.ndarray:
    """Brightness of the pixels of the only thing, a little smoothed: what is left to recognise it by."""
    mask = np.zeros(SIZE[::-1], np.uint8)
    scene._things(5.0)[0].sketch.stamp(mask, 1, (0, 0))
    return cv2.blur(scene.picture(5.0), (5, 5)).mean(axis=2)[cv2.erode(mask, np.ones((5, 5))) > 0]


@pytest.fixture(scope="module")
def plain() -> dict[str, StreetScene]:
    return {light: under(CLEAR, light=light, script=lively()) for light in ("day", "headlights")}


def lively() -> Script:
    """A short street with a tree, a lamp and two cars."""
    script = script_with(standing("sedan", 13.0, 8.0), standing("taxi", 20.0, 5.0, actor_id=2))
    return replace(script, street=replace(script.street, tree_xs=(9.0,), lamp_xs=(15.0,)))


@pytest.mark.parametrize("name", [name for name in WEATHERS if name != "clear"])
@pytest.mark.parametrize("light", ["day", "headlights"])
def test_every_weather_gives_the_same_pixels_again_and_leaves_the_truth_alone(
    name: str, light: str, plain: dict[str, StreetScene]
) -> None:
    first, second = (under(WEATHERS[name], light=light, script=lively()) for _ in range(2))
    second.picture(33.0)
    (bgr, truth), (again, _) = first.render(20.0), second.render(20.0)
    np.testing.assert_array_equal(bgr, again)
    clear_bgr, clear_truth = plain[light].render(20.0)
    np.testing.assert_array_equal(truth.boxes, clear_truth.boxes)
    np.testing.assert_array_equal(truth.visible_ratios, clear_truth.visible_ratios)
    if light == "day" or name not in ("windy", "morning", "afternoon"):
        assert np.abs(bgr.astype(int) - clear_bgr).mean() > 0.5


def test_other_seed_has_other_rain() -> None:
    pictures = []
    for look in (5, 6):
        street = replace(empty_street(), look=5)
        script = replace(script_with(), street=street, weather=Weather(rain_ratio=1.0))
        scene = StreetScene(script, SMALL)
        scene._rain._seed = look  # type: ignore[union-attr]
        pictures.append(scene.picture(3.0))
    assert (pictures[0] != pictures[1]).mean() > 0.05


def test_rain_differs_from_picture_to_picture() -> None:
    scene = StreetScene(replace(script_with(), weather=Weather(rain_ratio=1.0)), SMALL)
    streaks = [scene.picture(t).astype(int) - StreetScene(script_with(), SMALL).picture(t) for t in (1.0, 1.08)]
    assert np.corrcoef(streaks[0].ravel(), streaks[1].ravel())[0, 1] < 0.9


@pytest.mark.parametrize("name", ["drizzle", "rain", "downpour", "fog"])
def test_bad_weather_takes_contrast_and_leaves_things_to_be_found(name: str) -> None:
    script = script_with(standing("sedan", 13.0, 8.0))
    weathers = CLEAR, WEATHERS[name]
    before, after = (of_car(StreetScene(replace(script, weather=w), SIZE, "overcast")) for w in weathers)
    assert after.std() < 0.85 * before.std()
    assert np.corrcoef(before, after)[0, 1] > 0.9


def test_fog_hides_more_of_what_is_farther_away() -> None:
    haze = Haze((200.0, 200.0, 200.0), 50.0)
    near, far = (float(haze.veiled_ratio(metres)) for metres in (10.0, 50.0))
    assert near == pytest.approx(1 - 0.05**0.2, abs=1e-6)
    assert far == pytest.approx(0.95, abs=1e-6)


def test_wet_ground_is_darker_and_mirrors_what_stands_on_it() -> None:
    dry, wet = (under(w, script=script_with()) for w in (Weather(overcast_ratio=0.5), WEATHERS["wet"]))
    assert wet.picture(1.0)[120:].mean() < dry.picture(1.0)[120:].mean()
    bus = under(WEATHERS["wet"], script=script_with(standing("bus", 13.0, 7.0)))
    bgr, truth = bus.render(1.0)
    empty = wet.picture(1.0)
    x1, _, x2, y2 = truth.boxes[0].round().astype(int)
    below = slice(y2 + 4, y2 + 14), slice(x1 + 10, x2 - 10)
    assert np.abs(bgr[below].astype(int) - empty[below]).mean() > 2.0


def test_mirror_camera_sees_a_point_where_the_ground_mirrors_it() -> None:
    camera = GroundCamera((0.0, -4.0, 6.0), 1.0, 0.3, 500.0, (640, 360))
    mirror = MirrorCamera((0.0, -4.0, -6.0), 1.0, 0.3, 500.0, (640, 360))
    points = np.array([[8.0, 9.0, 0.0], [8.0, 9.0, 1.5]])
    below = points * (1, 1, -1)
    np.testing.assert_allclose(mirror.project(points)[0], camera.project(below)[0])


def test_sightlines_tell_where_the_ground_is() -> None:
    camera = place_camera(VIEW, SIZE)
    sight = sightlines(camera, empty_street().front_y)
    row, column = 300, 320
    np.testing.assert_allclose(sight.ground[row, column], camera.ground_at(np.array([[320.5, 300.5]]))[0], rtol=1e-5)
    assert sight.on_ground[row, column]
    assert not sight.on_ground[0, column]
    assert sight.distances.max() <= SKY_M


def test_clear_weather_keeps_the_very_light() -> None:
    for light in LIGHTS.values():
        assert lit_under(light, CLEAR) is light


def test_sun_stands_in_the_south_at_noon_and_lower_in_the_morning() -> None:
    assert sun_at(12.0)[1] < 0
    assert sun_at(8.0)[2] < sun_at(12.0)[2]
    assert sun_at(8.0)[0] > 0 > sun_at(16.0)[0]
    assert math.hypot(*sun_at(7.0)) == pytest.approx(1.0)


def test_shadows_move_with_the_time_of_the_day() -> None:
    script = script_with(standing("sedan", 13.0, 8.0))
    morning, evening = (under(Weather(hour=hour), script=script)._things(1.0)[0] for hour in (8.0, 16.0))
    assert morning.sketch.shadow[:, 0].mean() < evening.sketch.shadow[:, 0].mean() - 3
    later = under(Weather(hour=8.0), script=script)
    first = later._things(1.0)[0].sketch.shadow
    assert np.abs(later._things(2 * 3600.0 + 1)[0].sketch.shadow.mean(axis=0) - first.mean(axis=0)).max() > 1
    np.testing.assert_array_equal(later._things(1.0)[0].sketch.shadow, first)


def test_leaves_and_clouds_move_in_the_wind() -> None:
    scene = StreetScene(replace(demo_script("quiet", 1), weather=WEATHERS["windy"]), (640, 360))
    assert scene._stage_at(0.0).leaves
    ground = [scene._stage_at(0.0).backdrop.bgr.copy() for _ in range(2)]
    for bgr, t_s in zip(ground, (1.0, 2.3), strict=True):
        for leaves in scene._stage_at(0.0).leaves:
            leaves.lay(bgr, t_s)
    assert (ground[0] != ground[1]).any()


def test_headlights_light_the_road_before_a_car() -> None:
    script = script_with(standing("sedan", 16.0, 6.0))
    lit, dark = (StreetScene(s, SIZE, "headlights") for s in (script, script_with()))
    pixels, _ = lit.camera.project(np.array([[10.0, 6.0, 0.0]]))
    x, y = pixels[0].round().astype(int)
    spot = slice(y - 4, y + 4), slice(x - 4, x + 4)
    assert lit.picture(1.0)[spot].mean() > 1.6 * dark.picture(1.0)[spot].mean()


def test_lamp_that_is_hidden_has_no_halo() -> None:
    open_to_see = script_with(standing("sedan", 16.0, 8.0, heading_rad=-2.3))
    bus = standing("bus", 12.5, 4.5, actor_id=2, heading_rad=0.6)
    hidden = replace(open_to_see, actors=(*open_to_see.actors, bus))
    scenes = [StreetScene(script, SIZE, "headlights") for script in (open_to_see, hidden)]
    stages = [scene._stage_at(1.0) for scene in scenes]
    things = [scene._things(1.0) for scene in scenes]
    black = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)

    def shining(number: int, drawn: list[Drawn]) -> Picture:
        bgr = black.copy()
        stages[number].lamps.glare(bgr, drawn, [()] * len(drawn))  # type: ignore[union-attr]
        return bgr

    assert shining(0, things[0]).any()
    assert [thing.class_id for thing in things[1]] == [StreetClass.CAR, StreetClass.BUS]
    np.testing.assert_array_equal(shining(1, things[1]), shining(1, things[1][1:]))


def behind(prop: Prop) -> StreetScene:
    """A car that looks at the camera by night, and a piece of furniture before it."""
    scene = StreetScene(script_with(standing("sedan", 16.0, 8.0, heading_rad=-2.3)), SIZE, "headlights")
    key, stage = next(iter(scene._stages.items()))
    scene._stages[key] = replace(stage, backdrop=replace(stage.backdrop, props=(prop,)))
    return scene


def test_lamp_behind_furniture_has_no_halo_and_one_behind_a_wire_has() -> None:
    wall = np.full((SIZE[1], SIZE[0]), 255, np.uint8)
    wires = np.zeros_like(wall)
    wires[:, ::4] = 255
    empty = StreetScene(script_with(), SIZE, "headlights").picture(1.0)
    hidden, shining = (behind(Prop((1.0, -3.0), (0, 0), mask)).picture(1.0) for mask in (wall, wires))
    np.testing.assert_array_equal(hidden, empty)
    assert (shining.astype(int) - empty).max() > 60


def test_furniture_beyond_a_lamp_hides_nothing() -> None:
    wall = np.full((SIZE[1], SIZE[0]), 255, np.uint8)
    empty = StreetScene(script_with(), SIZE, "headlights").picture(1.0)
    assert (behind(Prop((30.0, 10.0), (0, 0), wall)).picture(1.0).astype(int) - empty).max() > 60


@pytest.mark.parametrize("name", ["downpour", "fog", "morning"])
def test_there_is_no_weather_under_a_deck(name: str) -> None:
    script = load_scenario(scenario_path("flyers-underpass")).script
    scene, dry = under(WEATHERS[name], script=script), under(CLEAR, script=script)
    assert scene.script.weather == CLEAR
    np.testing.assert_array_equal(scene.picture(20.0), dry.picture(20.0))


def test_unknown_weather_is_named_with_the_choices() -> None:
    with pytest.raises(ValueError, match="no weather is called 'snow'; there are clear, windy"):
        weather_named("snow")


@pytest.mark.parametrize("wrong", [{"rain_ratio": 1.5}, {"visibility_m": 3.0}, {"hour": 3.0}])
def test_impossible_weather_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong)).split("_")[0]):
        Weather(**wrong)  # type: ignore[arg-type]


def test_random_weather_is_the_same_for_the_same_seed_and_of_every_kind() -> None:
    many = [random_weather(np.random.default_rng(seed)) for seed in range(80)]
    assert many == [random_weather(np.random.default_rng(seed)) for seed in range(80)]
    assert any(w.rain_ratio for w in many)
    assert any(w.visibility_m < 100 and not w.rain_ratio for w in many)
    assert any(w.hour is not None for w in many)
