"""A model is judged by pictures of a set, however large it is."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from api.commands import yardsticks
from api.commands.yardsticks import AT_ONCE, judge_by
from tests.datasets.pictures import put_picture
from vision.arrays import Picture
from vision.detections import Detections
from vision.frames import Frame


class Watcher:
    """Counts the frames that it is shown; it sees nothing in them."""

    def __init__(self) -> None:
        self.shown: list[int] = []

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        self.shown.append(len(frames))
        return [Detections.empty() for _ in frames]


def set_of(folder: Path, rows: Sequence[str]) -> Path:
    """Write a set with a picture for each row of labels, in YOLO format."""
    (folder / "labels").mkdir(parents=True)
    for number, row in enumerate(rows):
        put_picture(folder / "images" / f"{number:02}.jpg", number)
        (folder / "labels" / f"{number:02}.txt").write_text(row, encoding="utf-8")
    (folder / "data.yaml").write_text("train: images\nval: images\nnames: [person, unknown]\n", encoding="utf-8")
    return folder


PERSON, UNKNOWN = "0 0.5 0.5 0.25 0.5\n", "1 0.5 0.5 0.25 0.5\n"


def test_pictures_are_decoded_a_few_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decode, decoded, watcher = yardsticks.read_bgr, [], Watcher()

    def count(source: Path) -> Picture:
        decoded.append(len(watcher.shown))
        return decode(source)

    monkeypatch.setattr(yardsticks, "read_bgr", count)
    assert judge_by(str(set_of(tmp_path / "own", [PERSON] * 10)))(watcher) == 0.0
    assert (watcher.shown, decoded.count(0)) == ([AT_ONCE, AT_ONCE, 2], AT_ONCE)


def test_large_set_judges_by_a_part_of_it_in_which_something_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(yardsticks, "MOST_PICTURES", 3)
    own, watcher = set_of(tmp_path / "own", ["", "", "", "", PERSON, "", "", ""]), Watcher()
    judge_by(str(own))(watcher)
    assert watcher.shown == [3]
    assert "judged by 3 of the 8 pictures of" in capsys.readouterr().out


def test_set_in_which_nobody_said_what_is_marked_is_refused_with_a_sentence(tmp_path: Path) -> None:
    own = set_of(tmp_path / "own", [UNKNOWN] * 2)
    with pytest.raises(ValueError, match=r"nothing is marked in .*own whose class is known"):
        judge_by(str(own))
