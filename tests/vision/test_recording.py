"""Recordings: what goes in comes out bit for bit, and a damaged file says what is wrong with it."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vision.streets import Street, Thing, box_at, observation
from vision.detections import Detections
from vision.errors import RecordingError, TruncatedRecordingError
from vision.observations import Observation, Proofs, SurfaceChange, SurfaceLook, ViewState
from vision.recording import ObservationWriter, read_observations

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


def written(path: Path, seen: list[Observation]) -> Path:
    with ObservationWriter(path) as writer:
        for one in seen:
            writer.write(one)
    return path


def same(one: Observation, other: Observation) -> bool:
    arrays = [
        (one.detections.boxes, other.detections.boxes),
        (one.detections.scores, other.detections.scores),
        (one.detections.class_ids, other.detections.class_ids),
        (one.proofs.place_ids, other.proofs.place_ids),
        (one.proofs.similarities, other.proofs.similarities),
    ]
    fields = ("camera_id", "t_s", "captured_at", "size_wh", "gap_s", "view", "looked", "surfaces", "unclear")
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in arrays) and all(
        getattr(one, name) == getattr(other, name) for name in fields
    )


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(FLOATS, FLOATS, FLOATS, FLOATS, FLOATS, st.integers(0, 11)), max_size=5),
    st.floats(min_value=0, max_value=4e9),
    st.sampled_from(ViewState),
)
def test_any_observation_comes_back_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, ...]], t_s: float, view: ViewState
) -> None:
    boxes = np.array([row[:4] for row in rows], np.float32).reshape(-1, 4)
    scores, ids = np.array([row[4] for row in rows], np.float32), np.array([row[5] for row in rows], np.int64)
    change = SurfaceChange((0.1, 0.2, 0.3, 0.4), (1.5, 2.5, 3.5, 4.5), 0.1, 0.9, 1 / 3)
    look = SurfaceLook("墙", 0.7, (change,), ((0.0, 0.0, 0.5, 1.0),))
    seen = observation(
        t_s,
        view=view,
        detections=Detections(boxes, scores, ids),
        surfaces=(look,),
        unclear=(0, 17, 575),
        proofs=Proofs(np.array([3]), np.array([1 / 3], np.float32)),
    )
    path = written(tmp_path_factory.mktemp("recording") / "one", [seen])
    assert same(next(read_observations(path)), seen)


def test_recording_of_nothing_is_empty(tmp_path: Path) -> None:
    assert list(read_observations(written(tmp_path / "none", []))) == []


def test_truncated_recording_yields_what_is_whole_and_says_so(tmp_path: Path) -> None:
    seen = list(Street([Thing(lambda _: box_at(600, 500))]).observations(60))
    path = written(tmp_path / "cut", seen)
    path.write_bytes(path.read_bytes()[:-200])
    got: list[Observation] = []
    with pytest.raises(TruncatedRecordingError, match="ends in the middle"):
        got.extend(read_observations(path))
    path_again = read_observations(path)
    assert same(next(path_again), seen[0])


def test_recording_of_a_killed_program_is_readable_up_to_the_last_flush(tmp_path: Path) -> None:
    seen = list(Street([Thing(lambda _: box_at(600, 500))]).observations(15))
    writer = ObservationWriter(tmp_path / "killed")
    for one in seen:
        writer.write(one)
    copy = tmp_path / "copy"
    copy.write_bytes((tmp_path / "killed").read_bytes())
    writer.close()
    got: list[Observation] = []
    with pytest.raises(TruncatedRecordingError):
        got.extend(read_observations(copy))
    assert len(got) >= 64
    assert same(got[63], seen[63])


@pytest.mark.parametrize("content", [b"no gzip at all", b"", gzip.compress(b"{}\n"), gzip.compress(b"\xff\xfe\n")])
def test_foreign_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "foreign"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match="foreign"):
        list(read_observations(path))


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="No such file"):
        list(read_observations(tmp_path / "none"))


def test_damaged_line_is_numbered(tmp_path: Path) -> None:
    path = tmp_path / "damaged"
    path.write_bytes(gzip.compress(b'{"format":"streetwarden-observations","version":1}\n{"t_s":1}\n'))
    with pytest.raises(RecordingError, match="damaged at observation 1"):
        list(read_observations(path))


def test_recording_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "newer"
    path.write_bytes(gzip.compress(b'{"format":"streetwarden-observations","version":3}\n'))
    with pytest.raises(RecordingError, match="version 3"):
        list(read_observations(path))


def test_cell_that_no_view_has_is_damage(tmp_path: Path) -> None:
    path = written(tmp_path / "cells", [observation(1.0, unclear=(576,))])
    with pytest.raises(RecordingError, match="576 cells"):
        list(read_observations(path))
