"""What appeared on a surface, judged on drawn streets: print of all kinds, shadow, dirt, fresh paint."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from datasets.draw_prints import usual_size
from datasets.scenario import Paper, Script
from datasets.scene import StreetScene
from datasets.street_layouts import layout
from detectors.print_kinds import PrintJudgement, PrintKind, judge_print
from vision.arrays import Picture
from vision.print_look import PrintLook, print_look

SIZE_WH = (1280, 720)
LAYOUTS = ("underpass", "lane")
Box = tuple[float, float, float, float]


def drawn(kind: str, street: str, look: int = 2) -> tuple[Picture, Box]:
    """Return a wall with something on it, as a camera's JPEG, and where it is."""
    planned = layout(street)
    view = replace(planned.view, field_of_view_deg=42.0)
    posted = Paper(1, look, 6.0, 1.0, *usual_size(kind), 0.0, 100.0, kind)
    scene = StreetScene(Script("test", planned.street, view, (), (posted,), period_s=100.0), SIZE_WH)
    _, jpeg = cv2.imencode(".jpg", scene.picture(5.0), [cv2.IMWRITE_JPEG_QUALITY, 92])
    x1, y1, x2, y2 = map(float, scene.truth(5.0).papers[0])
    return cv2.imdecode(jpeg, cv2.IMREAD_COLOR), (x1, y1, x2, y2)


def shaded(street: str, share: float) -> tuple[Picture, Box]:
    """Return a bare wall with a shadow where a poster would hang."""
    _, box = drawn("poster", street)
    planned = layout(street)
    view = replace(planned.view, field_of_view_deg=42.0)
    bare = StreetScene(Script("test", planned.street, view, (), (), period_s=100.0), SIZE_WH).picture(5.0).copy()
    x1, y1, x2, y2 = map(round, box)
    bare[y1:y2, x1:x2] = (bare[y1:y2, x1:x2] * share).astype(np.uint8)
    return cv2.GaussianBlur(bare, (0, 0), 1.5), box


@pytest.mark.parametrize("street", LAYOUTS)
@pytest.mark.parametrize("kind", ["flyer", "poster", "notice", "enamel"])
def test_a_sheet_is_paper_even_where_nothing_can_be_read(kind: str, street: str) -> None:
    judged = judge_print(print_look(*drawn(kind, street)), 0, None)
    assert judged == PrintJudgement(PrintKind.PAPER, is_sure=False)


@pytest.mark.parametrize("street", LAYOUTS)
@pytest.mark.parametrize("look", [1, 2, 3])
def test_what_is_sprayed_onto_the_wall_is_lettering(street: str, look: int) -> None:
    judged = judge_print(print_look(*drawn("lettering", street, look)), 12, None)
    assert judged == PrintJudgement(PrintKind.LETTERING, is_sure=True)


@pytest.mark.parametrize("street", LAYOUTS)
@pytest.mark.parametrize("look", [1, 2, 3])
def test_dirt_that_runs_down_a_wall_is_dirt(street: str, look: int) -> None:
    assert judge_print(print_look(*drawn("stain", street, look)), 0, None).kind is PrintKind.DIRT


@pytest.mark.parametrize("street", LAYOUTS)
@pytest.mark.parametrize("share", [0.5, 0.7])
def test_a_shadow_is_a_shadow(street: str, share: float) -> None:
    assert judge_print(print_look(*shaded(street, share)), 0, None).kind is PrintKind.SHADOW


@pytest.mark.parametrize("street", LAYOUTS)
@pytest.mark.parametrize("look", [1, 2, 3])
def test_fresh_paint_bears_no_print(street: str, look: int) -> None:
    assert not judge_print(print_look(*drawn("cover", street, look)), 0, None).kind.bears_print


def seen(**changes: object) -> PrintLook:
    return replace(PrintLook((40.0, 60.0), 15.0, 3.0, 0.05, 0.2), **changes)  # type: ignore[arg-type]


def test_letters_make_print_of_what_looks_like_a_shadow() -> None:
    dark = seen(lightness_step=-20.0, ink_ratio=0.0)
    assert judge_print(dark, 0, None).kind is PrintKind.SHADOW
    assert judge_print(dark, 11, None) == PrintJudgement(PrintKind.PAPER, is_sure=True)


def test_what_is_too_small_to_show_print_is_not_held_to_bear_none() -> None:
    assert judge_print(seen(size_wh_px=(8.0, 12.0), ink_ratio=0.0), 0, None) == PrintJudgement(
        PrintKind.PAPER, is_sure=False
    )


@pytest.mark.parametrize(
    ("size_m", "kind"),
    [
        ((0.21, 0.297), PrintKind.PAPER),
        ((0.16, 0.11), PrintKind.STICKER),
        ((3.0, 0.7), PrintKind.BANNER),
        ((3.0, 2.0), PrintKind.PAPER),
        (None, PrintKind.PAPER),
    ],
)
def test_metres_tell_stickers_and_banners_apart(size_m: tuple[float, float] | None, kind: PrintKind) -> None:
    assert judge_print(seen(), 8, size_m).kind is kind


def test_without_metres_only_what_is_very_wide_is_a_banner() -> None:
    assert judge_print(seen(size_wh_px=(300.0, 60.0)), 8, None).kind is PrintKind.BANNER
    assert judge_print(seen(size_wh_px=(180.0, 60.0)), 8, None).kind is PrintKind.PAPER


def test_a_box_outside_the_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="has no area"):
        print_look(np.zeros((20, 20, 3), np.uint8), (30.0, 30.0, 40.0, 40.0))
