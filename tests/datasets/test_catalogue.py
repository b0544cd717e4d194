"""The real sets beside the checkout are read whole, and their pictures hang together by camera."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from datasets.camera_keys import by_first_match, by_number_runs, by_pattern, each_its_own
from datasets.catalogue import ATL_CAMERAS, MATERIAL_SETS, material_set, read_material_set, settled_splits
from datasets.errors import LabelFileError
from datasets.findings import FindingKind, LabelledSet
from datasets.likeness import alike_pairs, groups_of
from datasets.splitting import SPLITS, SplitSettings, looked_at, split_by_camera
from vision.classes import StreetClass

COUNTS = {
    "toll_road_cctv": (195, 1, {"car": 2212, "bus": 95, "truck": 1090}),
    "atl_traffic": (130, 6, {"car": 2171, "bus": 39, "truck": 61, "motorcycle": 40}),
    "dhaka_street_view": (13, 13, {"person": 24, "unknown": 401}),
    "nepal_street_vehicles": (
        417,
        251,
        {"car": 476, "bus": 155, "truck": 155, "motorcycle": 633, "tricycle": 269},
    ),
    "dhaka_rickshaw_bike": (80, 80, {"motorcycle": 49, "car": 53, "tricycle": 70}),
    "vehicles_openimages": (420, 321, {"car": 533, "bus": 92, "truck": 99, "motorcycle": 75}),
    "cn_street_garbage": (249, 148, {}),
    "facade_ads": (420, 105, {}),
    "graffiti_cls": (170, 157, {}),
    "coco128": (
        126,
        126,
        {"person": 254, "bicycle": 6, "motorcycle": 5, "car": 46, "bus": 7, "truck": 12, "umbrella": 18, "table": 13},
    ),
    "tiny_coco": (
        50,
        50,
        {"person": 96, "bicycle": 20, "motorcycle": 1, "car": 7, "truck": 2, "umbrella": 6, "table": 8},
    ),
    "jamcam_03601": (49, 1, {"car": 421, "truck": 239, "bus": 19, "motorcycle": 14}),
    "jamcam_06514": (48, 1, {"car": 462, "truck": 79, "bus": 48, "motorcycle": 31}),
}
"""Set → pictures, cameras, boxes of each class; the README of the material says the same of pictures and labels."""


def read(material: Path, *names: str) -> list[LabelledSet]:
    return [read_material_set(material, entry) for entry in MATERIAL_SETS if entry.facts.name in names]


@pytest.mark.material
@pytest.mark.parametrize("name", COUNTS)
def test_every_real_set_is_read_whole(material: Path, name: str) -> None:
    found = read(material, name)
    pictures = [picture for part in found for picture in part.pictures]
    boxes = Counter(StreetClass(i).label for picture in pictures for i in picture.labels.class_ids.tolist())
    assert (len(pictures), len({picture.camera for picture in pictures}), dict(boxes)) == COUNTS[name]
    wrong = {finding.kind for part in found for finding in part.findings}
    assert wrong <= {FindingKind.NO_NEGATIVES, FindingKind.LEFT_OUT_CLASS}


@pytest.mark.material
def test_pictures_of_one_fixed_camera_hang_together_by_their_looks_alone(material: Path) -> None:
    kept, likeness, _ = looked_at(read(material, "toll_road_cctv")[0].pictures)
    groups = groups_of(len(kept), [(pair.one, pair.other) for pair in alike_pairs(likeness)])
    assert max(Counter(groups.tolist()).values()) >= 170


@pytest.mark.material
def test_photographs_of_strangers_do_not_hang_together(material: Path) -> None:
    """Of every thousand photographs fewer than ten have an alike one; the copies of one and the same aside."""
    pictures = [p for part in read(material, "nepal_street_vehicles", "vehicles_openimages") for p in part.pictures]
    kept, likeness, _ = looked_at(pictures)
    strangers = {row for pair in alike_pairs(likeness) if not pair.same for row in (pair.one, pair.other)}
    assert len(strangers) < len(kept) / 100


@pytest.mark.material
def test_copies_are_dropped_and_no_camera_is_torn(material: Path) -> None:
    sets = read(material, "atl_traffic", "vehicles_openimages", "dhaka_rickshaw_bike")
    kept, likeness, _ = looked_at([picture for part in sets for picture in part.pictures])
    split = split_by_camera(kept, likeness, SplitSettings(seed=1))
    assert sum("vehicles_openimages" in dropped for dropped, _ in split.report.dropped) == 99
    cameras = [{picture.camera for picture in split.pictures[name]} for name in SPLITS]
    assert len(set.union(*cameras)) == sum(len(names) for names in cameras)
    assert split.report.groups["atl_traffic"] <= 6


@pytest.mark.material
def test_films_for_tests_only_are_settled_to_be_tested_on(material: Path) -> None:
    entries = [entry for entry in MATERIAL_SETS if entry.only]
    settled = settled_splits((entry, read_material_set(material, entry)) for entry in entries)
    assert settled == {
        "jamcam_03601/jamcam_03601_blackfriars_20190628": "test",
        "jamcam_06514/jamcam_06514_hydepark_20190628": "test",
    }


def test_set_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LabelFileError, match="toll_road_cctv_train is not there"):
        read_material_set(tmp_path, material_set("toll_road_cctv"))
    with pytest.raises(ValueError, match="no set 'visdrone'; there are toll_road_cctv, "):
        material_set("visdrone")


@pytest.mark.parametrize(
    ("names", "cameras"),
    [
        (["a/bus_3.jpg", "a/bus_7.jpg", "a/bus_14.jpg", "a/car_14.jpg"], ["bus_3", "bus_3", "bus_14", "car_14"]),
        (["000017.jpg", "000014.jpg", "000021.jpg"], ["000014", "000014", "000014"]),
        (["left.jpg", "bus_9.jpg", "bus_5.jpg"], ["left", "bus_5", "bus_5"]),
    ],
)
def test_close_numbers_are_one_camera(names: Sequence[str], cameras: Sequence[str]) -> None:
    assert by_number_runs(4)(names) == list(cameras)


def test_pattern_tells_the_camera_from_a_name() -> None:
    rule = by_pattern(r"^(cam\d+)")
    assert rule(["train/images/cam3_0001.jpg", "x/cam12_7.png", "x/other.jpg"]) == ["cam3", "cam12", "other"]
    assert by_pattern(r"^\d+")(["12_a.jpg"]) == ["12"]
    assert each_its_own(["x/other.jpg"]) == ["other"]
    with pytest.raises(ValueError, match="no regular expression"):
        by_pattern("(")


def test_first_pattern_that_fits_tells_the_camera() -> None:
    names = ["55_png.rf.ab.jpg", "1026_png.rf.ab.jpg", "1026001_png.rf.ab.jpg", "10260070012_png.rf.ab.jpg", "x.jpg"]
    assert by_first_match(ATL_CAMERAS)(names) == ["junction", "night-highway", "field-motorway", "curve", "x"]
