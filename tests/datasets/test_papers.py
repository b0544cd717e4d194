"""Print, lettering and notices: they are painted, lie on their surfaces, and the truth tells the lawful ones apart."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from datasets.draw_prints import MARKS, PAPER_KINDS, PRINT_KINDS, PRINTS, paint_print, usual_size
from datasets.glyphs import OFFERS, SHOP_NAMES, STROKES, Pen, width_of, write
from datasets.scenario import Actor, Journey, Paper, Script, View
from datasets.scene import StreetScene
from datasets.street import Street
from datasets.street_layouts import layout

VIEW = View(0.0, -2.0, 3.7, 70.0, 17.0, 62.0)
SIZE = (640, 360)


def wall_street(**changes: object) -> Street:
    street = Street(look=5, road_m=3.4, far_pavement_m=2.4, lanes=(), to_x=45.0, clear_x=(-30.0, 100.0))
    return replace(street, **changes)  # type: ignore[arg-type]


def paper(kind: str, *, surface: str = "wall", x: float = 1.5, z: float = 1.1, from_s: float = 10.0) -> Paper:
    width, height = usual_size(kind)
    return Paper(1, 3, x, z, width * 2, height * 2, from_s, 50.0, kind, surface)


def scene_with(*papers: Paper, street: Street | None = None, actors: tuple[Actor, ...] = ()) -> StreetScene:
    return StreetScene(Script("test", street or wall_street(), VIEW, actors, papers, period_s=100.0), SIZE)


@pytest.mark.parametrize("kind", PRINTS)
def test_print_covers_something_and_looks_differ(kind: str) -> None:
    sheets = [paint_print(kind, look, (240, 160)) for look in range(4)]
    for sheet, mask in sheets:
        assert sheet.shape == (160, 240, 3)
        assert mask.shape == (160, 240)
        assert mask.max() == 255
    assert any(not np.array_equal(sheet, sheets[0][0]) for sheet, _ in sheets[1:])


def test_sprayed_lettering_leaves_most_of_the_wall_bare() -> None:
    _, mask = paint_print("lettering", 1, (240, 100))
    assert 0.03 < (mask > 128).mean() < 0.5


@pytest.mark.parametrize("kind", PAPER_KINDS)
def test_print_changes_the_picture_inside_its_box_only_and_while_it_hangs(kind: str) -> None:
    scene = scene_with(paper(kind))
    assert len(scene.truth(9.0).papers) == len(scene.truth(51.0).papers) == 0
    truth = scene.truth(20.0)
    assert truth.paper_kinds == (kind,)
    before, during = scene_with().picture(20.0).astype(int), scene.picture(20.0).astype(int)
    rows, columns = np.nonzero(np.abs(before - during).max(axis=2) > 6)
    x1, y1, x2, y2 = truth.papers[0]
    assert x1 - 1 <= columns.min()
    assert columns.max() <= x2 + 1
    assert y1 - 1 <= rows.min()
    assert rows.max() <= y2 + 1
    assert len(rows) > 10


def test_marks_are_no_print_so_that_streets_of_chance_stay_as_they_are() -> None:
    assert PRINT_KINDS == ("flyer", "sticker", "lettering", "poster", "notice", "enamel")
    assert not set(MARKS) & set(PRINT_KINDS)


@pytest.mark.parametrize("kind", MARKS)
def test_mark_is_lawful_and_has_no_ink(kind: str) -> None:
    sheet, mask = paint_print(kind, 3, (240, 240))
    assert (mask > 128).mean() > 0.1
    assert sheet.reshape(-1, 3).std(axis=0).max() == 0
    assert scene_with(paper(kind)).truth(20.0).paper_is_lawful.tolist() == [True]


@pytest.mark.parametrize(
    ("kind", "lawful"), [("flyer", False), ("lettering", False), ("notice", True), ("enamel", True)]
)
def test_truth_tells_lawful_print_apart(kind: str, lawful: bool) -> None:
    scene = scene_with(paper(kind))
    assert scene.truth(20.0).paper_is_lawful.tolist() == [lawful]
    assert scene.script.papers[0].is_lawful is lawful


def test_sticker_on_a_pole_stays_there_while_somebody_walks_past_behind() -> None:
    street = wall_street(pole_xs=(1.6,))
    sticker = paper("sticker", surface="pole", x=1.45, z=1.2)
    behind = Journey(0, 1.7, street.furniture_y + 0.6).stay(100).path()
    alone = scene_with(sticker, street=street)
    passed = scene_with(sticker, street=street, actors=(Actor(1, "person", 3, behind),))
    x1, y1, x2, y2 = (round(v) for v in alone.truth(20.0).papers[0])
    part = slice(y1 + 2, y2 - 2), slice((x1 + x2) // 2 - 1, (x1 + x2) // 2 + 1)
    np.testing.assert_allclose(passed.picture(20.0)[part].astype(int), alone.picture(20.0)[part], atol=12)


def test_pole_hides_what_is_posted_on_the_wall_behind_it() -> None:
    wide = Paper(1, 3, 0.5, 0.8, 2.4, 1.2, 0.0, 100.0, "poster")
    bare, poled = wall_street(), wall_street(pole_xs=(1.2,))
    empty, pole, both = (
        scene_with(*papers, street=street).picture(10.0).astype(int)
        for papers, street in (((), bare), ((), poled), ((wide,), poled))
    )
    x1, y1, x2, y2 = scene_with(wide, street=poled).truth(10.0).papers[0].astype(int)
    part = slice(y1, y2), slice(x1, x2)
    is_pole = np.abs(pole - empty)[part].max(axis=2) > 25
    is_pole = cv2.erode(is_pole.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert is_pole.sum() > 30
    np.testing.assert_array_equal(both[part][is_pole], pole[part][is_pole])
    assert np.abs(both - pole)[part].max() > 40


def test_print_on_the_pavement_lies_flat() -> None:
    scene = scene_with(paper("sticker", surface="pavement", x=1.5, z=4.4))
    x1, y1, x2, y2 = scene.truth(20.0).papers[0]
    ground = scene.camera.ground_at(np.array([[(x1 + x2) / 2, (y1 + y2) / 2]], float))
    assert ground[0, 0] == pytest.approx(1.66, abs=0.1)
    assert ground[0, 1] == pytest.approx(4.51, abs=0.1)


def test_print_behind_the_camera_is_left_out() -> None:
    assert len(scene_with(paper("poster", x=-60.0)).truth(20.0).papers) == 0


def test_every_character_that_is_written_has_strokes_inside_its_square() -> None:
    for text in (*OFFERS, *SHOP_NAMES, "店公告中山禁止停车0123456789"):
        for sign in text:
            assert STROKES[sign]
            canvas = np.zeros((120, 120), np.uint8)
            write(canvas, sign, (10.0, 10.0, 100.0), Pen((255.0,)))
            rows, columns = np.nonzero(canvas)
            assert rows.min() >= 2
            assert rows.max() <= 112
            assert columns.max() <= 112


def test_line_is_as_wide_as_it_says() -> None:
    canvas = np.zeros((60, 600), np.uint8)
    end = write(canvas, "开锁138", (5.0, 5.0, 40.0), Pen((255.0,)))
    assert end == pytest.approx(5 + width_of("开锁138", 40.0))
    assert np.nonzero(canvas)[1].max() <= end


def test_underpass_wall_takes_flyers_in_its_dim_light() -> None:
    planned = layout("underpass")
    posted = Paper(1, 4, 5.0, 1.3, 0.42, 0.6, 0.0, 100.0)
    script = Script("test", planned.street, planned.view, (), (posted,), period_s=100.0)
    assert len(StreetScene(script, SIZE).truth(1.0).papers) == 1
