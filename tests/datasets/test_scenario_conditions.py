"""Light, weather and camera of a scenario file, and where a URL says otherwise."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datasets.camera_faults import CAMERAS, FAULTLESS, CameraFaults, PtzMove
from datasets.errors import ScenarioFileError
from datasets.lens import bent
from datasets.scenario_conditions import CameraEntry, MoveEntry, WeatherEntry
from datasets.scenario_entries import Entry
from datasets.scenario_file import Scenario, load_scenario
from datasets.scene import StreetScene, script_zones
from datasets.synthetic import open_synthetic, parse_url, scenario_of
from datasets.weather import CLEAR, WEATHERS, Weather

HEAD = 'title = "test"\nlayout = "main_street"\nperiod = 60\n'
MOVE = "[[camera.moves]]\nleaves_s=20\nback_s=30\npan_deg=15\n"


def told(tmp_path: Path, text: str) -> Scenario:
    path = tmp_path / "street.toml"
    path.write_text(HEAD + text, encoding="utf-8")
    return load_scenario(path)


def test_file_that_says_nothing_of_them_plays_on_a_clear_day_before_a_perfect_camera(tmp_path: Path) -> None:
    scenario = told(tmp_path, "")
    assert (scenario.light, scenario.script.weather, scenario.script.faults) == ("day", CLEAR, FAULTLESS)


def test_weather_is_one_with_a_name_but_for_the_figures_that_are_written(tmp_path: Path) -> None:
    script = told(tmp_path, '[weather]\nname="rain"\nvisibility_m=90\nhour=16\n').script
    assert script.weather == replace(WEATHERS["rain"], visibility_m=90, hour=16)


def test_camera_is_one_with_a_name_but_for_the_figures_that_are_written(tmp_path: Path) -> None:
    script = told(tmp_path, f'[camera]\nname="old"\nshake_px=2.0\ndrops=5\n{MOVE}').script
    assert script.faults == replace(CAMERAS["old"], shake_px=2.0, drops=5, moves=(PtzMove(20, 30, 15),))


def test_camera_that_turns_by_its_name_keeps_its_times(tmp_path: Path) -> None:
    assert told(tmp_path, '[camera]\nname="turning"\nnoise_gain=2\n').script.faults.moves == CAMERAS["turning"].moves


ENTRIES = [(WeatherEntry, Weather), (CameraEntry, CameraFaults), (MoveEntry, PtzMove)]


@pytest.mark.parametrize(("entry", "record"), ENTRIES)
def test_every_figure_can_be_written(entry: type[Entry], record: type[Any]) -> None:
    assert set(entry.model_fields) - {"name"} == {field.name for field in fields(record)}


def test_camera_looks_elsewhere_when_the_file_says(tmp_path: Path) -> None:
    scene = StreetScene(told(tmp_path, MOVE).script, (160, 90))
    assert [scene.view_at(t_s).yaw_deg for t_s in (19.9, 25.0, 30.1)] == [40.0, 55.0, 40.0]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('light="noon"\n', ["light: no light is called 'noon'; there are day, overcast"]),
        ('weather="rain"\n', ["weather: this is a table"]),
        ('[weather]\nname="snow"\n', ["weather: name: no weather is called 'snow'; there are clear"]),
        ("[weather]\nwind=1\n", ["weather: wind: there is no such key; there are", "wind_ratio"]),
        ("[weather]\nrain_ratio=2\n", ["weather: rain_ratio: write a number of 1 or less"]),
        ("[weather]\nvisibility_m=inf\n", ["weather: visibility_m: write a number that is not infinite"]),
        ('[camera]\nname="new"\n', ["camera: name: no camera is called 'new'; there are plain"]),
        ("[camera]\nbarrel_ratio=0.5\n", ["camera: barrel_ratio: write a number of 0.1 or less"]),
        (MOVE.replace("pan_deg=15", ""), ["camera: moves number 1: pan_deg: it is missing"]),
        (MOVE + "pan=1\n", ["camera: moves number 1: pan: there is no such key; there are", "pan_deg"]),
        (MOVE + "takes_s=6\n", ["camera: moves number 1: between leaves_s and back_s there is no time"]),
        (MOVE + MOVE, ["camera: move number 2 begins before the one above it has come back"]),
        (MOVE.replace("30", "90"), ["camera: it is back at 90 s, when the period of 60 s is over"]),
        (MOVE.replace("15", "150"), ["camera: moves number 1: yaw_deg would be 190; it stays between 1 and 179"]),
        (MOVE + "tilt_deg=-20\n", ["camera: moves number 1: pitch_deg would be -3"]),
        (MOVE + "zoom=5\n", ["camera: moves number 1: field_of_view_deg would be 12.4"]),
    ],
)
def test_what_is_wrong_is_named_with_its_table(text: str, parts: list[str], tmp_path: Path) -> None:
    with pytest.raises(ScenarioFileError) as caught:
        told(tmp_path, text)
    for part in parts:
        assert part in str(caught.value)


def test_url_is_obeyed_only_where_it_speaks(tmp_path: Path) -> None:
    told(tmp_path, 'light="night"\n[weather]\nname="fog"\n[camera]\nname="dirty"\n')

    def played(settings: str) -> tuple[str, Weather, CameraFaults]:
        scenario = scenario_of(parse_url(f"synthetic://{tmp_path}/street.toml{settings}"))
        return scenario.light, scenario.script.weather, scenario.script.faults

    assert played("") == ("night", WEATHERS["fog"], CAMERAS["dirty"])
    assert played("?weather=rain") == ("night", WEATHERS["rain"], CAMERAS["dirty"])
    assert played("?light=day&weather=clear&camera=plain") == ("day", CLEAR, FAULTLESS)


def test_stream_of_a_file_has_its_light_and_weather(tmp_path: Path) -> None:
    def picture(text: str) -> np.ndarray:
        told(tmp_path, text)
        with open_synthetic(f"synthetic://{tmp_path}/street.toml?size=160x90&fps=10&pace=0") as container:
            return next(container.decode(video=0)).to_ndarray(format="gray")

    plain = picture("")
    assert picture('light="night"\n').mean() < 0.7 * plain.mean()
    assert picture('[weather]\nname="fog"\n').std() < 0.8 * plain.std()


def test_bit_rate_of_a_files_camera_is_kept(tmp_path: Path) -> None:
    def sent(text: str) -> int:
        told(tmp_path, text)
        with open_synthetic(f"synthetic://{tmp_path}/street.toml?size=320x180&pace=0") as container:
            return sum(packet.size for packet, _ in zip(container.demux(video=0), range(24), strict=False))

    assert sent("[camera]\nkbit_s=40\n") < 0.5 * sent("")


def test_zones_of_a_bent_lens_are_bent_as_its_picture_is(tmp_path: Path) -> None:
    zone = '[[zones]]\nkind="parking"\nx=[10,25]\ny=[7,9.4]\n'
    plain = np.array(script_zones(told(tmp_path, zone).script)[0].polygon) * (1280, 720)
    curved = np.array(script_zones(told(tmp_path, f"{zone}[camera]\nbarrel_ratio=0.08\n").script)[0].polygon)
    np.testing.assert_allclose(curved * (1280, 720), bent(plain, (1280, 720), 0.08), atol=0.3)
    assert np.abs(curved * (1280, 720) - plain).max() > 3
