"""What is wrong in a scenario file is named, with its place and what is possible."""

import os
from pathlib import Path

import pytest

from datasets.errors import ScenarioFileError
from datasets.scenario_file import load_scenario
from datasets.synthetic import parse_url, script_of

SHORT = """
title = "test"
layout = "main_street"
period = 120
"""


def wrong(tmp_path: Path, text: str, head: str = SHORT) -> str:
    path = tmp_path / "street.toml"
    path.write_text(head + text, encoding="utf-8")
    with pytest.raises(ScenarioFileError) as caught:
        load_scenario(path)
    assert str(caught.value).startswith(f"scenario file {path}")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('[[actors]]\nkind="vann"\nstops_at=[1,2]\n', ["actors number 1 (vann): kind", "there are sedan", "panel_van"]),
        ('[[actors]]\nkind="van"\nstop_at=[1,2]\n', ["actors number 1 (van): stop_at", "no such key", "stops_at"]),
        ('[[actors]]\nkind="van"\n', ["actors number 1 (van)", 'from = "west"']),
        ('[[actors]]\nkind="van"\nfrom="west"\n', ["actors number 1 (van)", "arrives = 12.0"]),
        ('[[actors]]\nkind="bench"\nfrom="west"\narrives=3\nstops_at=[1,2]\n', ["bench does not move"]),
        ('[[actors]]\nkind="van"\nfrom="north"\narrives=3\n', ["actors number 1 (van): from", "'west' or 'east'"]),
        (
            '[[actors]]\nkind="van"\nfrom="west"\narrives=1\nstops_at=[14,8.4]\nstay=119\nleaves="east"\n',
            ["actors number 1 (van)", "longer than the scene's period of 120 s"],
        ),
        (
            '[[stalls]]\nkind="grill"\nat=[1,2]\ncomes="pushed"\narrives=3\nstay=9\n',
            ["stalls number 1 (grill)", "no wheels"],
        ),
        ('[[stalls]]\nkind="disco"\nat=[1,2]\n', ["'disco'", "food_cart"]),
        ('[[papers]]\nkind="letter"\nat=[1,2]\n', ["papers number 1 (letter)", "lettering"]),
        ('[[traffic]]\nflow="lane"\nlane=7\n', ["traffic number 1 (lane)", "no lane 7", "has 2"]),
        (
            '[[traffic]]\nflow="lane"\nlane=2\nstop_line=20\n',
            ["traffic number 1", "comes from the east", "from the west: 1"],
        ),
        ('[[traffic]]\nflow="lane"\nstop_line=20\ncycle=50\n', ["does not go evenly into the period of 120 s"]),
        (
            '[[zones]]\nkind="parking"\nid="a"\nx=[1,9]\ny=[1,9]\n[[zones]]\nkind="vending"\nid="a"\nx=[1,9]\ny=[9,12]\n',
            ["zones number 2 (vending)", "'a' stands for more than one zone"],
        ),
        (
            '[[zones]]\nkind="parking"\nid="parking-2"\nx=[1,9]\ny=[1,9]\n[[zones]]\nkind="parking"\nx=[1,9]\ny=[9,12]\n',
            ["zones number 2 (parking)", "'parking-2' stands for more than one zone"],
        ),
        (
            '[[zones]]\nkind="parkin"\nx=[1,2]\ny=[1,2]\n',
            ["'parkin'", "disorder, flyers, goods, parking, spillover, vending"],
        ),
        ('[[zones]]\nkind="flyers"\nx=[1,2]\ny=[1,2]\n', ["zones number 1 (flyers)", "x and z"]),
        ('[[zones]]\nkind="parking"\nx=[2,1]\ny=[1,2]\n', ["the smaller number comes first"]),
        ('[[offences]]\nkind="parking"\nby="ghost"\n', ["offences number 1 (ghost)", "give entries a name"]),
        ('[[papers]]\nkind="flyer"\nat=[1,2]\nsize=[0,0.3]\n', ["papers number 1 (flyer): size number 1", "0.03 or"]),
        ('[[papers]]\nkind="flyer"\nat=[1,2]\nsize=[0.1,1000]\n', ["papers number 1 (flyer): size number 2", "10 or"]),
        ('[[papers]]\nkind="flyer"\nat=[inf,2]\n', ["papers number 1 (flyer): at number 1", "not infinite"]),
        ('[[actors]]\nkind="van"\nstops_at=[1,nan]\n', ["actors number 1 (van): stops_at number 2", "not infinite"]),
        ('[[actors]]\nkind="van"\nstops_at=[1e9,2]\n', ["actors number 1 (van): stops_at number 1", "200 or less"]),
        ('[[papers]]\nkind="flyer"\nat=[1,2]\nsize=[9,0.1]\n', ["papers number 1 (flyer)", "12 times the other"]),
        (
            '[[actors]]\nkind="van"\nfrom="east"\narrives=300\nstops_at=[14,8.4]\nstay=10\n',
            ["arrives = 300", "of 120 s"],
        ),
        (
            '[[actors]]\nkind="cone"\nstops_at=[14,11]\narrives=60\nstay=61\n',
            ["number 1 (cone)", "until 121 s", "of 120 s"],
        ),
        (
            '[[stalls]]\nkind="grill"\nat=[9,12]\narrives=240\n',
            ["stalls number 1 (grill)", "arrives = 240", "of 120 s"],
        ),
        ('[[stalls]]\nkind="grill"\nat=[9,12]\nstay=500\n', ["stalls number 1 (grill)", "until 500 s", "of 120 s"]),
        ('[[papers]]\nkind="flyer"\nat=[9,1]\nappears=130\n', ["papers number 1 (flyer)", "appears = 130", "of 120 s"]),
        ('[[papers]]\nkind="flyer"\nat=[9,1]\nappears=90\nstay=50\n', ["papers number 1 (flyer)", "until 140 s"]),
        (
            '[[actors]]\nkind="person"\nfrom="west"\narrives=9\nstops_at=[40,12]\nspeed=0.3\n',
            ["actors number 1 (person)", "its way there takes", "period of 120 s"],
        ),
        (
            '[[actors]]\nname="cart"\nkind="cart"\nstops_at=[9,12]\n'
            '[[offences]]\nkind="vending"\nby="cart"\nbegins=60\nends=10\n',
            ["offences number 1 (cart)", "from 60 to 10 s", "begins before it ends"],
        ),
        (
            '[[actors]]\nname="cart"\nkind="cart"\nstops_at=[9,12]\nstay=40\n'
            '[[offences]]\nkind="vending"\nby="cart"\nends=60\n',
            ["offences number 1 (cart)", "'cart' is there from 0 to 40 s"],
        ),
        ("wether = 1\n", ["wether", "no such key", "layout"]),
        ("view = 3\n", ["view"]),
        ("= 3\n", ["is no TOML"]),
    ],
)
def test_what_is_wrong_is_named_with_what_is_possible(text: str, parts: list[str], tmp_path: Path) -> None:
    message = wrong(tmp_path, text)
    for part in parts:
        assert part in message


def test_unknown_layout_is_named_with_the_choices(tmp_path: Path) -> None:
    assert "'beach'; there are main_street" in wrong(tmp_path, "", 'title = "x"\nlayout = "beach"\n')


def test_street_without_a_lane_from_that_side_says_so(tmp_path: Path) -> None:
    van = '[[actors]]\nkind="van"\nfrom="east"\narrives=60\nstops_at=[14,4]\n'
    message = wrong(tmp_path, van, SHORT.replace("main_street", "lane"))
    assert "no lane of this street comes from the east; its lanes come from the west" in message


def test_more_traffic_than_can_be_told_is_refused_before_it_is_made(tmp_path: Path) -> None:
    lines = '[[traffic]]\nflow="cycles"\ngap=2.7\nys=[0.5,0.6,0.7,0.8,0.9,1.0]\n' * 20
    assert "traffic: about 5333 arrivals in 120 s" in wrong(tmp_path, lines)
    queue = '[[traffic]]\nflow="lane"\nstop_line=20\ngap=2.7\n'
    assert "traffic: about 8000 arrivals in 7200 s" in wrong(tmp_path, queue, SHORT.replace("120", "7200"))


def test_missing_file_is_named() -> None:
    with pytest.raises(ScenarioFileError, match=r"nowhere\.toml cannot be read: No such file"):
        load_scenario(Path("/nowhere.toml"))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("x = " + "[" * 100_000, "nested too deeply"),
        ("look = " + "9" * 5_000, "is no TOML"),
        ("# " + "-" * 1_000_000, "larger than 1 MB"),
    ],
    ids=["nested", "digits", "large"],
)
def test_file_that_would_break_its_reader_is_refused(text: str, part: str, tmp_path: Path) -> None:
    assert part in wrong(tmp_path, text)


def test_folder_pipe_or_device_is_no_scenario_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    for path in (tmp_path, tmp_path / "pipe.toml", Path("/dev/zero")):
        with pytest.raises(ScenarioFileError, match="it is a folder, a pipe or a device"):
            load_scenario(path)


def test_name_that_no_file_can_have_is_a_wrong_scenario_url() -> None:
    for url in ("synthetic:///%00", "synthetic://file?path=%00"):
        with pytest.raises(ScenarioFileError, match="no file has such a name"):
            script_of(parse_url(url))
    with pytest.raises(ScenarioFileError, match="cannot be read: File name too long"):
        script_of(parse_url(f"synthetic://file?path={'x' * 5000}"))


def test_zone_that_the_camera_does_not_see_is_named(tmp_path: Path) -> None:
    message = wrong(tmp_path, '[[zones]]\nkind="parking"\nid="behind"\nx=[-100,-50]\ny=[1,2]\n')
    assert "the camera sees nothing of zone 'behind'" in message
