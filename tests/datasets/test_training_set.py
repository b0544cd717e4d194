"""Drawn training sets: pictures, labels, names, and going on after an interruption."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from datasets.camera_faults import CameraFaults
from datasets.errors import SetWriteError
from datasets.labelled import TRAINED_CLASSES
from datasets.random_streets import random_script
from datasets.scene import StreetScene
from datasets.training_set import (
    DRAWING_VERSION,
    LEAST_CONTRAST,
    VERSION_FILE,
    TrainingSetSettings,
    _behind_drops,
    _contrast,
    _not_faint,
    _not_veiled,
    weathered_script,
    write_training_set,
    yolo_rows,
)
from datasets.weather import Weather
from tests.datasets.scripts import SIZE, script_with, standing
from vision.classes import StreetClass

SETTINGS = TrainingSetSettings(train_pictures=6, val_pictures=2, size_wh=(320, 180), per_street=2, seed=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("set")
    write_training_set(folder, SETTINGS)
    return folder


def test_every_picture_has_the_size_and_a_label_file(folder: Path) -> None:
    pictures = sorted(folder.glob("images/*/*.jpg"))
    assert len(pictures) == 8
    for picture in pictures:
        assert cv2.imread(str(picture)).shape == (180, 320, 3)
        assert (folder / "labels" / picture.parent.name / f"{picture.stem}.txt").exists()


def test_names_differ_over_the_splits_so_that_they_can_be_mixed_into_one_set(folder: Path) -> None:
    assert len({path.stem for path in folder.glob("images/*/*.jpg")}) == 8


def test_every_label_is_a_class_and_a_box_inside_the_picture(folder: Path) -> None:
    rows = [line.split() for path in folder.glob("labels/*/*.txt") for line in path.read_text().splitlines()]
    assert len(rows) > 20
    for class_id, *numbers in rows:
        x, y, w, h = (float(v) for v in numbers)
        assert 0 <= int(class_id) < len(TRAINED_CLASSES)
        assert x - w / 2 + 1e-5 >= 0
        assert x + w / 2 <= 1 + 1e-5
        assert y - h / 2 + 1e-5 >= 0
        assert y + h / 2 <= 1 + 1e-5


def test_data_yaml_names_the_classes_in_their_order(folder: Path) -> None:
    text = (folder / "data.yaml").read_text()
    names = [line.split(": ")[1] for line in text.splitlines() if line.startswith("  ")]
    expected = "person bicycle motorcycle car bus truck tricycle umbrella stall table goods"
    assert names == expected.split()


def test_interrupted_run_goes_on_and_gives_the_same_files(folder: Path) -> None:
    victim = folder / "images" / "train" / "train_03_000003.jpg"
    kept = folder / "images" / "train" / "train_03_000004.jpg"
    before, kept_time = victim.read_bytes(), kept.stat().st_mtime_ns
    victim.unlink()
    (folder / "labels" / "train" / "train_03_000003.txt").unlink()
    write_training_set(folder, SETTINGS)
    assert victim.read_bytes() == before
    assert kept.stat().st_mtime_ns == kept_time


@pytest.mark.parametrize(("told", "sentence"), [("2", "drawn by version 2 of"), (None, "drawn by an unknown version")])
def test_pictures_of_another_version_of_the_drawing_are_refused_and_kept(
    told: str | None, sentence: str, tmp_path: Path
) -> None:
    old = tmp_path / "images" / "train" / "train_03_000000.jpg"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"old")
    if told is not None:
        (tmp_path / VERSION_FILE).write_text(told)
    with pytest.raises(SetWriteError, match=sentence):
        write_training_set(tmp_path, SETTINGS)
    assert old.read_bytes() == b"old"
    assert not (tmp_path / "data.yaml").exists()


def test_folder_says_by_which_version_of_the_drawing_it_was_written(folder: Path) -> None:
    assert (folder / VERSION_FILE).read_text().strip() == str(DRAWING_VERSION)


def test_progress_counts_up_to_all_pictures(folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    write_training_set(folder, SETTINGS, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (8, 8)


def test_hidden_and_tiny_things_get_no_label() -> None:
    truth = StreetScene(
        script_with(standing("sedan", 13.0, 8.0), standing("person", 12.0, 10.0, actor_id=2)), SIZE
    ).truth(1)
    assert len(yolo_rows(truth, TrainingSetSettings()).splitlines()) == 2
    assert yolo_rows(truth, TrainingSetSettings(least_side_px=500)) == ""
    assert yolo_rows(truth, TrainingSetSettings(least_visible_ratio=1.01)) == ""


def test_what_fog_hides_gets_no_label() -> None:
    script = script_with(standing("sedan", 8.0, 6.0), standing("sedan", 22.0, 7.0, actor_id=2))
    foggy = StreetScene(replace(script, weather=Weather(visibility_m=24.0)), SIZE)
    assert len(foggy.truth(1)) == 2
    assert len(_not_veiled(foggy.truth(1), foggy)) == 1


def test_what_drops_on_the_lens_cover_gets_no_label_and_stays_in_the_truth() -> None:
    script = replace(script_with(standing("sedan", 13.0, 8.0)), faults=CameraFaults(drops=2500))
    scene, plain = StreetScene(script, SIZE), StreetScene(replace(script, faults=CameraFaults()), SIZE)
    assert plain.drops_cover(1.0) is None
    assert len(yolo_rows(_behind_drops(plain.truth(1.0), plain), SETTINGS).splitlines()) == 1
    assert yolo_rows(_behind_drops(scene.truth(1.0), scene), SETTINGS) == ""
    assert scene.truth(1.0).visible_ratios[0] > 0.9


def test_drops_cover_what_they_change() -> None:
    scene = StreetScene(replace(script_with(), faults=CameraFaults(drops=12)), SIZE)
    cover = scene.drops_cover(1.0)
    assert scene._lens is not None
    assert cover is not None
    bgr = np.random.default_rng(1).integers(0, 256, (SIZE[1], SIZE[0], 3)).astype(np.uint8)
    changed = (scene._lens.show(bgr.copy(), 1.0) != bgr).any(axis=2)
    assert changed.any()
    assert (cover[changed] > 0).all()
    assert changed[cover > 0.5].mean() > 0.9


@pytest.mark.parametrize(("levels", "labels"), [(0, 0), (2, 0), (20, 1), (-20, 1)])
def test_what_cannot_be_told_from_its_surroundings_gets_no_label(levels: int, labels: int) -> None:
    truth = StreetScene(script_with(standing("sedan", 13.0, 8.0)), SIZE).truth(1)
    noise = np.random.default_rng(2).normal(0, 5, (SIZE[1], SIZE[0], 3))
    x1, y1, x2, y2 = truth.boxes[0].astype(int)
    bgr = np.full((SIZE[1], SIZE[0], 3), 60.0) + noise
    bgr[y1 + 6 : y2 - 6, x1 + 6 : x2 - 6] += levels
    assert len(_not_faint(truth, bgr.astype(np.uint8))) == labels


def test_car_of_another_colour_as_bright_as_its_road_gets_a_label() -> None:
    truth = StreetScene(script_with(standing("sedan", 13.0, 8.0)), SIZE).truth(1)
    x1, y1, x2, y2 = truth.boxes[0].astype(int)
    bgr = np.full((SIZE[1], SIZE[0], 3), 100, np.uint8)
    bgr[y1:y2, x1:x2] = (60, 100, 115)
    assert len(_not_faint(truth, bgr)) == 1


def test_every_label_of_a_written_set_can_be_told_from_its_surroundings(folder: Path) -> None:
    for path in sorted(folder.glob("labels/*/*.txt")):
        bgr = cv2.imread(str(folder / "images" / path.parent.name / f"{path.stem}.jpg"))
        assert bgr is not None
        smooth = cv2.blur(bgr, (5, 5)).astype(np.float32)
        for line in path.read_text().splitlines():
            x, y, w, h = np.array(line.split()[1:], np.float32) * (320, 180, 320, 180)
            box = np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2], np.float32)
            assert _contrast(smooth, box) > LEAST_CONTRAST - 1.5


def test_random_scripts_differ_in_weather_light_and_camera_and_are_the_same_again() -> None:
    scripts = [weathered_script(seed) for seed in range(30)]
    assert weathered_script(3) == scripts[3]
    assert len({script.weather for script, _ in scripts}) > 10
    assert len({script.faults for script, _ in scripts}) == len(scripts)
    assert {"day", "overcast", "headlights"} <= {light for _, light in scripts}


def test_unknown_things_are_never_trained_on() -> None:
    assert StreetClass.UNKNOWN not in TRAINED_CLASSES
    truth = StreetScene(script_with(standing("pram", 12.0, 8.0)), SIZE).truth(1)
    assert yolo_rows(truth, TrainingSetSettings()) == ""


def test_random_streets_hold_every_class() -> None:
    kinds = {actor.kind for seed in range(40) for actor in random_script(seed)[0].actors}
    wanted = {"person", "bicycle", "scooter", "sedan", "bus", "truck", "tricycle", "umbrella", "table", "goods", "cart"}
    assert wanted <= kinds


def test_same_seed_gives_the_same_street() -> None:
    assert random_script(11) == random_script(11)
