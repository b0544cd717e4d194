"""A set appears whole or not at all, whatever the disk does in the middle."""

import errno
from pathlib import Path

import pytest

from cases.disk import Disk
from datasets.coco import write_coco
from datasets.errors import PictureError, SetWriteError
from datasets.labelled import ClipMoment, LabelledPicture
from datasets.mot import write_mot
from datasets.recordings import write_recording
from datasets.set_folder import SetFolder
from datasets.yolo_folder import write_yolo
from tests.cases.failing_disk import FailingDisk
from tests.datasets.pictures import labelled, put_clip
from vision.recording import read_observations

PICTURES = [labelled("a", [((1, 1, 9, 9), 3)]), labelled("b")]


def write(kind: str, out: Path, disk: Disk) -> object:
    if kind == "yolo":
        return write_yolo(out, {"train": PICTURES}, disk=disk)
    if kind == "coco":
        return write_coco(out, PICTURES, disk=disk)
    if kind == "mot":
        return write_mot(out, PICTURES, 25.0, disk=disk)
    moment = labelled("a", source=ClipMoment(Path("film.mp4"), 0.5))
    return write_recording(out, [moment], disk=disk)


def steps_of(kind: str, out: Path) -> int:
    """Return in how many steps (writes, fsyncs, renames) something is written."""
    disk = FailingDisk(10_000, errno.ENOSPC)
    write(kind, out, disk)
    return disk.steps


@pytest.mark.parametrize("kind", ["yolo", "coco", "mot"])
def test_full_disk_at_any_step_leaves_nothing_behind(tmp_path: Path, kind: str) -> None:
    (tmp_path / "out").mkdir()
    for step in range(1, steps_of(kind, tmp_path / "whole") + 1):
        with pytest.raises(SetWriteError, match="the disk is full; make room there"):
            write(kind, tmp_path / "out" / "set", FailingDisk(step, errno.ENOSPC))
        assert list((tmp_path / "out").iterdir()) == []


def test_full_disk_at_any_step_leaves_no_half_recording(tmp_path: Path) -> None:
    out = tmp_path / "gate.obs"
    for step in range(1, steps_of("recording", tmp_path / "whole") + 1):
        with pytest.raises(SetWriteError):
            write("recording", out, FailingDisk(step, errno.ENOSPC))
        assert not list(tmp_path.glob(".*"))
        assert not out.exists() or len(list(read_observations(out))) == 1


def test_what_is_there_already_is_never_written_into(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "mine.txt").write_text("mine")
    with pytest.raises(SetWriteError, match="is there already"):
        write_yolo(tmp_path / "set", {"train": PICTURES})
    assert [path.name for path in (tmp_path / "set").iterdir()] == ["mine.txt"]


def test_empty_folder_and_leftovers_of_a_crash_do_not_stand_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / ".set.writing").mkdir()
    (tmp_path / ".set.writing" / "half.jpg").write_bytes(b"half")
    write_yolo(tmp_path / "set", {"train": PICTURES})
    assert not list(tmp_path.rglob("half.jpg"))


def test_picture_that_cannot_be_read_stops_the_set(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"away\.jpg"):
        write_yolo(tmp_path / "set", {"train": [*PICTURES, labelled("c", source=tmp_path / "away.jpg")]})
    clip = put_clip(tmp_path / "film.mp4")
    with pytest.raises(PictureError, match="no frame at"):
        write_yolo(tmp_path / "set", {"train": [labelled("c", source=ClipMoment(clip, 99.0))]})
    assert not (tmp_path / "set").exists()


def test_two_pictures_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="two pictures are called a"):
        write_yolo(tmp_path / "set", {"train": PICTURES, "val": PICTURES})


def test_error_in_the_middle_keeps_nothing(tmp_path: Path) -> None:
    def half() -> None:
        with SetFolder(tmp_path / "set") as folder:
            folder.write("a/b.txt", b"half")
            raise KeyError

    with pytest.raises(KeyError):
        half()
    assert list(tmp_path.iterdir()) == []


def test_frames_of_a_clip_are_written_as_pictures(tmp_path: Path) -> None:
    clip = put_clip(tmp_path / "film.mp4")
    pictures: list[LabelledPicture] = [labelled(f"m{i}", source=ClipMoment(clip, i / 10)) for i in (3, 1)]
    write_yolo(tmp_path / "set", {"train": pictures})
    assert sorted(path.name for path in (tmp_path / "set" / "images" / "train").iterdir()) == ["m1.jpg", "m3.jpg"]
