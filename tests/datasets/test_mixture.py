"""A training set from several sources: nothing unmarked is taught as background, and all of it is accounted for."""

import errno
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from datasets.errors import SetEmptyError, SetWriteError
from datasets.findings import FindingKind
from datasets.labelled import TRAINED_CLASSES, ClipMoment, Domain, LabelledPicture, Origin
from datasets.merging import COCO_KINDS
from datasets.mixture import REPORT_NAME, MixtureSettings, write_mixture
from datasets.picture_files import jpeg_of, read_bgr
from datasets.reading import SetFacts
from datasets.yolo import read_yolo
from tests.cases.failing_disk import FailingDisk
from tests.datasets.pictures import labelled, noise, put_clip
from vision.arrays import SizeWH
from vision.classes import StreetClass

CAR, UNKNOWN = int(StreetClass.CAR), int(StreetClass.UNKNOWN)
PLAIN = MixtureSettings(mosaics_per_picture=0)


def usable(name: str, *, size_wh: SizeWH = (64, 48), **fields: object) -> LabelledPicture:
    """Return a picture with a car, complete for what has to be."""
    source = jpeg_of(noise(sum(name.encode()), size_wh))
    rows = [((10.0, 10.0, 40.0, 40.0), CAR)]
    return labelled(name, rows, source=source, size_wh=size_wh, **{"complete": COCO_KINDS, **fields})


def test_picture_without_dead_regions_goes_in_byte_for_byte(tmp_path: Path) -> None:
    picture = usable("a")
    report = write_mixture(tmp_path / "set", {"train": [picture]}, PLAIN)
    assert (tmp_path / "set" / "images" / "train" / "made-a.jpg").read_bytes() == picture.source
    assert report.data_yaml.read_text().startswith("train: images/train\nnames:\n  0: person\n")
    assert report.pictures == {"train": {"made": 1}}
    assert report.boxes == {"train": {"car": 1}}


def test_picture_in_which_something_may_stand_unmarked_is_left_out(tmp_path: Path) -> None:
    half = usable("b", complete=frozenset({StreetClass.CAR}))
    report = write_mixture(tmp_path / "set", {"train": [usable("a"), half]}, PLAIN)
    assert report.pictures == {"train": {"made": 1}}
    assert [(f.kind, f.place) for f in report.findings] == [(FindingKind.OPEN_CLASSES, "made/b")]


def test_set_of_nothing_that_may_be_used_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetEmptyError, match="of 1 pictures for train none is marked completely enough"):
        write_mixture(tmp_path / "set", {"train": [usable("b", complete=frozenset())]}, PLAIN)
    assert not (tmp_path / "set").exists()


def test_dead_regions_and_nameless_things_are_grey(tmp_path: Path) -> None:
    picture = usable("a", ignored=np.array([[44, 0, 64, 20]], np.float32))
    nameless = picture.labels.joined(labelled("x", [((0, 0, 8, 8), UNKNOWN)]).labels)
    report = write_mixture(tmp_path / "set", {"train": [replace(picture, labels=nameless)]}, PLAIN)
    bgr = read_bgr(tmp_path / "set" / "images" / "train" / "made-a.jpg")
    assert np.abs(bgr[4, 54].astype(int) - 114).max() < 12
    assert np.abs(bgr[4, 4].astype(int) - 114).max() < 12
    assert (tmp_path / "set" / "labels" / "train" / "made-a.txt").read_text().count("\n") == 1
    assert [finding.kind for finding in report.findings] == [FindingKind.GREYED] * 2


def test_large_picture_is_also_cut_into_tiles_to_train_on_but_not_to_judge_by(tmp_path: Path) -> None:
    settings = MixtureSettings(tile_wh=(64, 48), mosaics_per_picture=0)
    big = [usable(name, size_wh=(128, 96)) for name in ("a", "b")]
    report = write_mixture(tmp_path / "set", {"train": big[:1], "val": big[1:]}, settings)
    assert report.pictures["train"]["made"] > 4
    assert report.pictures["val"] == {"made": 1}


def test_roadside_views_are_shrunk_into_mosaics_of_the_training_split_alone(tmp_path: Path) -> None:
    roadside = [usable(f"r{i}", origin=Origin("road", "CC BY 4.0", Domain.ROADSIDE)) for i in range(12)]
    settings = MixtureSettings(mosaics_per_picture=0.5, columns=(2,), mosaic_wh=(64, 48))
    report = write_mixture(tmp_path / "set", {"train": roadside[:8], "val": roadside[8:]}, settings)
    assert report.pictures == {"train": {"road": 12}, "val": {"road": 4}}
    again = read_yolo(tmp_path / "set", SetFacts("again"), part="train")
    mosaics = [picture for picture in again.pictures if picture.name.startswith("mosaic")]
    sides = [picture.labels.boxes[:, 2:] - picture.labels.boxes[:, :2] for picture in mosaics]
    assert len(mosaics) == 4
    assert np.allclose(np.concatenate(sides), 15, atol=0.1)


def test_people_of_real_pictures_are_shown_closer_in_the_training_split_alone(tmp_path: Path) -> None:
    person = labelled("x", [((100.0, 80.0, 130.0, 150.0), int(StreetClass.PERSON))]).labels

    def street(name: str, domain: Domain) -> LabelledPicture:
        made = usable(name, size_wh=(320, 240), origin=Origin(f"set-{domain}", "CC BY 4.0", domain))
        return replace(made, labels=person)

    pictures = [street("a", Domain.STREET_CAMERA), street("b", Domain.DRAWN)]
    report = write_mixture(tmp_path / "set", {"train": pictures, "val": [street("c", Domain.STREET_CAMERA)]}, PLAIN)
    assert report.pictures["train"] == {"set-street_camera": 2, "set-drawn": 1}
    assert report.pictures["val"] == {"set-street_camera": 1}
    closer = next((tmp_path / "set" / "labels" / "train").glob("*close00.txt"))
    assert float(closer.read_text().split()[4]) >= 0.4  # of the view's height; 70 of 240 pixels before


def test_same_seed_gives_the_same_set(tmp_path: Path) -> None:
    roadside = [usable(f"r{i}", origin=Origin("road", "", Domain.ROADSIDE)) for i in range(8)]
    for name in ("one", "other"):
        write_mixture(tmp_path / name, {"train": roadside}, MixtureSettings(mosaics_per_picture=1.0))
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert all((tmp_path / "one" / path).read_bytes() == (tmp_path / "other" / path).read_bytes() for path in files)


def test_report_says_what_may_stand_unmarked_and_under_which_licences(tmp_path: Path) -> None:
    whole = usable("w", complete=frozenset(TRAINED_CLASSES), origin=Origin("drawn", "AGPL-3.0", Domain.DRAWN))
    report = write_mixture(tmp_path / "set", {"train": [usable("a"), whole]}, PLAIN)
    assert report.open_classes == {
        "made": dict.fromkeys(("tricycle", "stall", "table", "goods"), 1),
        "drawn": {},
    }
    assert report.licences == ("AGPL-3.0", "CC0")
    told = json.loads((tmp_path / "set" / REPORT_NAME).read_text())
    assert told["open_classes"]["made"]["stall"] == 1


def test_broken_picture_is_left_out_and_told(tmp_path: Path) -> None:
    broken = replace(usable("b", ignored=np.ones((1, 4), np.float32)), source=b"no picture")
    report = write_mixture(tmp_path / "set", {"train": [usable("a"), broken]}, PLAIN)
    assert report.pictures == {"train": {"made": 1}}
    assert report.findings[0].kind is FindingKind.BROKEN_PICTURE


def test_moments_of_a_clip_become_pictures(tmp_path: Path) -> None:
    clip = put_clip(tmp_path / "film.mp4")
    moments = [replace(usable(f"m{i}"), source=ClipMoment(clip, i / 10)) for i in range(3)]
    assert write_mixture(tmp_path / "set", {"train": moments}, PLAIN).pictures == {"train": {"made": 3}}


def test_full_disk_leaves_no_set(tmp_path: Path) -> None:
    with pytest.raises(SetWriteError, match="the disk is full"):
        write_mixture(tmp_path / "set", {"train": [usable("a")]}, PLAIN, disk=FailingDisk(7, errno.ENOSPC))
    assert list(tmp_path.iterdir()) == []
