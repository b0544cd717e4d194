"""Recordings become labels of their clip, and labels of a clip become a recording."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from datasets.errors import LabelFileError, SetEmptyError
from datasets.labelled import ClipMoment
from datasets.picture_files import read_bgr
from datasets.reading import SetFacts
from datasets.recordings import observations_of, read_recording, write_recording
from tests.datasets.pictures import SIZE, labelled, noise, put_clip
from tests.vision.streets import observation
from vision.classes import StreetClass
from vision.detections import Detections
from vision.recording import ObservationWriter, read_observations

FACTS = SetFacts("gate")
CAR = int(StreetClass.CAR)
NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def put_recording(path: Path, *moments_s: float, **fields: object) -> Path:
    found = Detections.of([((4.5, 3.25, 20.125, 30.0), 0.8125, CAR)])
    with ObservationWriter(path) as writer:
        for t_s in moments_s:
            writer.write(observation(t_s, **{"detections": found, "size_wh": SIZE, **fields}))
    return path


def test_look_becomes_a_labelled_moment_of_the_clip(tmp_path: Path) -> None:
    clip = put_clip(tmp_path / "film.mp4")
    picture = read_recording(put_recording(tmp_path / "film.obs", 0.3), clip, FACTS).pictures[0]
    assert (picture.name, picture.camera) == ("film-00000.300", "gate/gate")
    assert picture.labels.boxes.tolist() == [[4.5, 3.25, 20.125, 30.0]]
    assert picture.labels.scores.tolist() == [0.8125]
    assert picture.complete == frozenset()
    assert np.abs(read_bgr(picture.source).astype(int) - noise(3)).mean() < 12


def test_moment_without_a_look_is_left_away(tmp_path: Path) -> None:
    clip = put_clip(tmp_path / "film.mp4")
    with pytest.raises(SetEmptyError):
        read_recording(put_recording(tmp_path / "film.obs", 0.3, looked=False), clip, FACTS)


def test_boxes_of_a_smaller_stream_are_enlarged(tmp_path: Path) -> None:
    clip = put_clip(tmp_path / "film.mp4")
    picture = read_recording(put_recording(tmp_path / "film.obs", 0.0, size_wh=(32, 24)), clip, FACTS).pictures[0]
    assert picture.labels.boxes.tolist() == [[9.0, 6.5, 40.25, 60.0]]


def test_stream_time_is_counted_from_the_clips_first_frame(tmp_path: Path) -> None:
    clip = put_clip(tmp_path / "film.mp4")
    path = put_recording(tmp_path / "film.obs", 1000.5)
    picture = read_recording(path, clip, FACTS, clip_begins_t_s=1000.0).pictures[0]
    assert picture.source == ClipMoment(clip, 0.5)


def test_labels_of_a_clip_become_a_recording_and_come_back_bit_for_bit(tmp_path: Path) -> None:
    clip = put_clip(tmp_path / "film.mp4")
    before = read_recording(put_recording(tmp_path / "film.obs", 0.0, 0.1, 0.7), clip, FACTS).pictures
    path = write_recording(tmp_path / "again.obs", before[::-1], begins_at=NOON)
    looks = list(read_observations(path))
    assert [look.t_s for look in looks] == [0.0, 0.1, 0.7]
    assert looks[2].captured_at == NOON.replace(microsecond=700_000)
    after = read_recording(path, clip, FACTS).pictures
    for one, other in zip(before, after, strict=True):
        assert np.array_equal(one.labels.boxes, other.labels.boxes)
        assert np.array_equal(one.labels.scores, other.labels.scores)
        assert np.array_equal(one.labels.class_ids, other.labels.class_ids)


def test_pictures_without_a_time_or_of_two_cameras_make_no_recording() -> None:
    with pytest.raises(ValueError, match="no moment of a clip"):
        list(observations_of([labelled("a")]))
    moment = labelled("a", source=ClipMoment(Path("film.mp4"), 0.0))
    with pytest.raises(ValueError, match="of one camera"):
        list(observations_of([moment, replace(moment, camera="other")]))


def test_damaged_recording_is_told(tmp_path: Path) -> None:
    (tmp_path / "film.obs").write_bytes(b"no recording")
    with pytest.raises(LabelFileError, match=r"film\.obs"):
        read_recording(tmp_path / "film.obs", put_clip(tmp_path / "film.mp4"), FACTS)
