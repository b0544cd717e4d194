"""Splits: by camera and never by frame, doubles once, alike pictures together, the same by the same seed."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from datasets.findings import FindingKind
from datasets.labelled import ClipMoment, LabelledPicture, Origin
from datasets.likeness import alike_pairs, groups_of, likeness_of
from datasets.picture_files import jpeg_of
from datasets.splitting import SPLITS, Split, SplitSettings, looked_at, split_by_camera
from tests.datasets.pictures import labelled, noise, put_clip
from vision.arrays import Picture

BIG = (320, 240)


def luma(seed: int) -> Picture:
    return cv2.cvtColor(noise(seed, BIG), cv2.COLOR_BGR2GRAY)


def traffic(seed: int, moment: int) -> Picture:
    """Return a street of its own at a moment: something small is elsewhere, and the light has changed."""
    street = noise(seed, BIG).copy()
    x = 20 + 37 * moment % 260
    cv2.rectangle(street, (x, 150), (x + 24, 165), (10, 10, 200), -1)
    return cv2.convertScaleAbs(street, alpha=1 - 0.03 * (moment % 5), beta=5)


def pictures_of(cameras: Sequence[int], set_name: str = "made") -> list[LabelledPicture]:
    """Return so many pictures of each camera, all of them of unlike streets."""
    return [
        labelled(f"c{camera}-{i}", camera=f"{set_name}/c{camera}", origin=Origin(set_name))
        for camera, count in enumerate(cameras)
        for i in range(count)
    ]


def split(pictures: Sequence[LabelledPicture], **settings: object) -> Split:
    unlike = likeness_of(luma(seed) for seed in range(len(pictures)))
    return split_by_camera(pictures, unlike, SplitSettings(**settings))  # type: ignore[arg-type]


def test_all_pictures_of_a_camera_fall_into_one_split() -> None:
    found = split(pictures_of([9, 4, 4, 3, 8, 7, 1, 1, 2]))
    cameras = [{picture.camera for picture in found.pictures[name]} for name in SPLITS]
    assert sum(len(names) for names in cameras) == len(set.union(*cameras)) == 9
    assert all(cameras)


def test_shares_are_kept_as_well_as_cameras_allow() -> None:
    found = split(pictures_of([2] * 50), val_ratio=0.2, test_ratio=0.1)
    assert [len(found.pictures[name]) for name in SPLITS] == [70, 20, 10]


def test_every_set_is_shared_out_by_itself() -> None:
    found = split([*pictures_of([1] * 40, "one"), *pictures_of([1] * 20, "other")], val_ratio=0.25, test_ratio=0.25)
    assert dict(found.report.counts) == {
        ("one", "train"): 20,
        ("one", "val"): 10,
        ("one", "test"): 10,
        ("other", "train"): 10,
        ("other", "val"): 5,
        ("other", "test"): 5,
    }


def test_set_of_one_camera_is_not_torn() -> None:
    found = split(pictures_of([12]))
    assert [len(found.pictures[name]) for name in SPLITS] == [12, 0, 0]


def test_same_seed_gives_the_same_split_and_another_one_another() -> None:
    pictures = pictures_of([1] * 40)
    names = [[p.name for p in split(pictures, seed=seed).pictures["test"]] for seed in (4, 4, 5)]
    assert names[0] == names[1] != names[2]


def test_settled_camera_falls_where_it_belongs() -> None:
    found = split(pictures_of([30, 1, 1, 1]), pinned={"made/c0": "test"})
    assert {picture.camera for picture in found.pictures["test"]} == {"made/c0"}


def test_frames_of_one_street_hang_together_whatever_they_are_called() -> None:
    pictures = [labelled(f"p{i}", camera=f"made/p{i}") for i in range(12)]
    lumas = [cv2.cvtColor(traffic(i % 3, i), cv2.COLOR_BGR2GRAY) for i in range(12)]
    found = split_by_camera(pictures, likeness_of(lumas), SplitSettings())
    assert found.report.groups == {"made": 3}
    assert found.report.joined[0] == ("made/p0", "made/p3", "made/p6", "made/p9")
    assert found.report.dropped == ()


def test_one_alike_pair_does_not_chain_two_whole_cameras() -> None:
    pictures = [labelled(f"p{i}", camera=f"made/{'ab'[i // 6]}") for i in range(12)]
    lumas = [luma(i if i != 6 else 0) for i in range(12)]
    found = split_by_camera(
        pictures, likeness_of([cv2.add(each, 30) if i == 6 else each for i, each in enumerate(lumas)]), SplitSettings()
    )
    assert found.report.groups == {"made": 2}
    assert found.report.joined == ()


def test_mirrored_picture_hangs_together_with_its_original() -> None:
    found = alike_pairs(likeness_of([luma(1), luma(2), luma(1)[:, ::-1]]))
    assert [(pair.one, pair.other, pair.same) for pair in found] == [(0, 2, True)]


def test_double_is_dropped_and_the_one_with_more_boxes_stays() -> None:
    pictures = [labelled("a"), labelled("b", [((1, 1, 9, 9), 3)]), labelled("c")]
    again = cv2.imdecode(np.frombuffer(jpeg_of(noise(1, BIG)), np.uint8), cv2.IMREAD_GRAYSCALE)
    found = split_by_camera(pictures, likeness_of([luma(1), again, luma(2)]), SplitSettings())
    assert found.report.dropped == (("made/a", "made/b"),)
    assert sorted(p.name for name in SPLITS for p in found.pictures[name]) == ["b", "c"]


def test_pictures_without_contrast_are_not_taken_for_alike() -> None:
    night = [np.random.default_rng(seed).integers(0, 9, (240, 320), dtype=np.uint8) for seed in (1, 2)]
    assert alike_pairs(likeness_of([*night, night[0]])) == []


def test_cameras_that_look_alike_cannot_be_settled_for_two_splits() -> None:
    pictures = [labelled("a", camera="made/a"), labelled("b", camera="made/b")]
    settings = SplitSettings(pinned={"made/a": "train", "made/b": "test"})
    with pytest.raises(ValueError, match="made/a and made/b look alike, but are settled for train and test"):
        split_by_camera(pictures, likeness_of([luma(1), luma(1)]), settings)


def test_links_over_several_steps_make_one_group() -> None:
    assert groups_of(6, [(4, 5), (1, 4), (0, 2)]).tolist() == [0, 1, 0, 3, 1, 1]


def test_shares_that_leave_nothing_to_train_on_are_refused() -> None:
    with pytest.raises(ValueError, match="must leave something"):
        SplitSettings(val_ratio=0.6, test_ratio=0.4)
    with pytest.raises(ValueError, match="no split 'exam'"):
        SplitSettings(pinned={"a": "exam"})


def test_pictures_are_looked_at_in_files_bytes_and_clips_and_broken_ones_are_told(tmp_path: Path) -> None:
    clip = put_clip(tmp_path / "film.mp4")
    pictures = [
        labelled("moment", source=ClipMoment(clip, 0.5)),
        labelled("bytes"),
        labelled("broken", source=b"no picture"),
        labelled("late", source=ClipMoment(clip, 99.0)),
    ]
    told: list[tuple[int, int]] = []
    kept, likeness, findings = looked_at(pictures, lambda done, total: told.append((done, total)))
    assert [picture.name for picture in kept] == ["moment", "bytes"]
    assert len(likeness) == 2
    assert [finding.kind for finding in findings] == [FindingKind.BROKEN_PICTURE] * 2
    assert told == [(4, 4)]
