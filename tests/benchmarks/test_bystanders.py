"""The measure of what is hidden: heads of labelled people, found faces, each picture on its own."""

from pathlib import Path

import cv2
import pytest

from benchmarks.bystanders import Seen, make_report, run
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
def test_head_counts_as_hidden_only_where_it_is(tmp_path: Path, found_at: float, hidden: int) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / YUNET).write_bytes((MATERIAL / YUNET).read_bytes())
    for part in ("images", "labels"):
        (tmp_path / "datasets" / "coco128_train" / part).mkdir(parents=True)
    (tmp_path / "datasets" / "dhaka_street_view_train").mkdir()
    (tmp_path / "datasets" / "dhaka_street_view_train" / "classes.txt").write_text("vehicle\nperson\n")
    cv2.imwrite(str(tmp_path / "datasets" / "coco128_train" / "images" / "1.jpg"), noise())
    person = f"0 {220 / 480} {120 / 320} {40 / 480} {120 / 320}\n"
    (tmp_path / "datasets" / "coco128_train" / "labels" / "1.txt").write_text(person)
    looks = finder([((found_at, 60, found_at + 40, 180), 0.5, StreetClass.PERSON)])

    (seen,) = run(looks, tmp_path, None)

    assert (seen.heads, seen.heads_hidden) == (1, hidden)


def test_report_sums_up_and_says_whether_the_goal_is_met() -> None:
    seen = [Seen("a", 3, 3, 0, 0, 0.1, 0.2), Seen("b", 1, 0, 2, 2, 0.3, 0.4)]

    report = make_report(seen, finder(), Beginning())

    assert isinstance(report.summary, dict)
    assert (report.summary["heads_hidden"], report.summary["faces_hidden"]) == (0.75, 1.0)
    assert [goal.met for goal in report.goals] == [False, True]
    assert report.summary["hidden_share"] == pytest.approx(0.2)
