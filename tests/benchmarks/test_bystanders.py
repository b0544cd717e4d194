"""The measure of what is hidden: heads of labelled people, found faces, each picture on its own."""

from pathlib import Path

import cv2
import pytest

from benchmarks import bystanders
from benchmarks.bystanders import Half, Seen, half_of, make_report, run, wilson
from benchmarks.errors import NotPossibleError
from benchmarks.report import Beginning
from tests.cases.blurring import finder, noise
from vision.classes import StreetClass

MATERIAL = Path(__file__).resolve().parents[3] / "shared" / "material"
YUNET = Path("weights") / "face_detection_yunet_2026may.onnx"


def test_missing_material_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotPossibleError, match="yunet"):
        list(run(finder(), tmp_path, None))


@pytest.mark.material
@pytest.mark.skipif(not (MATERIAL / YUNET).is_file(), reason="needs the weights beside the checkout")
@pytest.mark.parametrize(("found_at", "hidden"), [(200, 1), (20, 0)])
def test_head_counts_as_hidden_only_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found_at: float, hidden: int
) -> None:
    monkeypatch.setattr(bystanders, "SETS", ("coco128",))
    (tmp_path / "weights").mkdir()
    (tmp_path / YUNET).write_bytes((MATERIAL / YUNET).read_bytes())
    for part in ("images", "labels"):
        (tmp_path / "datasets" / "coco128_train" / part).mkdir(parents=True)
    (tmp_path / "weights" / "coco.names").write_text("person\n")
    cv2.imwrite(str(tmp_path / "datasets" / "coco128_train" / "images" / "1.jpg"), noise())
    person = f"0 {220 / 480} {120 / 320} {40 / 480} {120 / 320}\n"
    (tmp_path / "datasets" / "coco128_train" / "labels" / "1.txt").write_text(person)
    looks = finder([((found_at, 60, found_at + 40, 180), 0.5, StreetClass.PERSON)])

    (seen,) = run(looks, tmp_path, None)

    assert (seen.heads, seen.heads_hidden) == (1, hidden)


def test_report_tells_the_halves_apart_and_goals_are_of_the_one_that_nothing_was_chosen_on() -> None:
    seen = [
        Seen("a", Half.REPORTING, 3, 3, 0, 0, 0.1, 0.2),
        Seen("b", Half.REPORTING, 1, 0, 2, 2, 0.3, 0.4),
        Seen("c", Half.CHOOSING, 5, 5, 1, 0, 0.5, 0.4),
    ]

    summary = make_report(seen, finder(), Beginning()).summary

    assert isinstance(summary, dict)
    chosen, reported = summary["choosing"], summary["reporting"]
    assert isinstance(chosen, dict)
    assert isinstance(reported, dict)
    assert (reported["heads_hidden"], reported["faces_hidden"]) == (0.75, 1.0)
    assert (chosen["heads_hidden"], chosen["faces_hidden"]) == (1.0, 0.0)
    assert reported["hidden_share_mean"] == pytest.approx(0.2)
    assert [goal.met for goal in make_report(seen, finder(), Beginning()).goals] == [False, True]


def test_half_of_a_picture_is_that_of_its_name_and_both_are_about_as_large() -> None:
    names = [f"{number:012d}" for number in range(400)]

    assert half_of("set/1") == half_of("other/1")
    assert 160 < sum(half_of(name) is Half.CHOOSING for name in names) < 240


def test_bounds_of_a_share_are_wilsons() -> None:
    """The figures are those of R's prop.test(9, 10, correct = FALSE)."""
    assert wilson(9, 10) == pytest.approx((0.5958, 0.9821), abs=1e-3)
    assert wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-3)
    assert wilson(0, 0) is None
