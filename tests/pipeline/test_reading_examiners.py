"""Plates and posters are read by examiners: what they say, what they keep, and what they hold back."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from cases.examining import EXAMINE, Examination, Verdict
from cases.lawful_notices import LawfulNotices, NoticeEntry
from cases.readings import Reading, ReadingKind, Readings
from cases.records import case_id_of
from cases.stills import encode_jpeg
from detectors.events import Event
from models.errors import EngineUnavailableError
from models.reading import TextLine, TextReader
from pipeline.evidence_keeper import Taken
from pipeline.examiners import ExaminerError, OpeningPicture, Subject
from pipeline.offence_place import Place
from pipeline.plate_examiner import PlateExaminer
from pipeline.poster_examiner import PosterExaminer, PosterParts
from pipeline.reading_settings import ReadingSettings
from pipeline.reading_wiring import open_reading
from tests.models.read_lines import line as line_at_corner
from tests.pipeline.desk import Desk, FakeKeeper, run
from tests.pipeline.fakes import NOON, FakeAgenda, event, part
from vision.arrays import Picture
from vision.surface_scale import SurfaceScale
from vision.zones import Zone

BOX = (100.0, 80.0, 260.0, 200.0)
NONE = LawfulNotices()
CASE_ID = case_id_of("gate-kerb-1")


def line(text: str, score: float, *, at: tuple[float, float] = (110.0, 100.0)) -> TextLine:
    """Return a line, 90 by 20 px, that stands at (x, y) of the part that is read; without `at` on the region itself."""
    told = line_at_corner(text, score)
    a, b, c, d = ((x + at[0], y + at[1]) for x, y in told.corners)
    return TextLine(told.text, told.scores, (a, b, c, d))


class SaysText:
    """A reader that gives, picture by picture, the lines that a test hands it; the last ones again and again."""

    def __init__(self, *pictures: Sequence[TextLine] | Exception) -> None:
        self._pictures = list(pictures)
        self.shapes: list[tuple[int, ...]] = []

    def read(self, bgr: Picture) -> tuple[TextLine, ...]:
        self.shapes.append(bgr.shape)
        lines = self._pictures.pop(0) if len(self._pictures) > 1 else self._pictures[0]
        if isinstance(lines, Exception):
            raise lines
        return tuple(lines)


class Kept:
    """Notes what is kept of which case."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []

    def __call__(self, _case_id: str, readings: Sequence[Reading]) -> None:
        self.readings = list(readings)


def wall() -> Picture:
    """A grey wall with white paper and black bars where the box is."""
    bgr: Picture = np.full((360, 480, 3), 120, np.uint8)
    cv2.rectangle(bgr, (100, 80), (260, 200), (240, 240, 240), -1)
    for y in range(95, 190, 14):
        cv2.rectangle(bgr, (112, y), (245, y + 5), (30, 30, 30), -1)
    return bgr


def blank_wall() -> Picture:
    bgr: Picture = np.full((360, 480, 3), 120, np.uint8)
    cv2.rectangle(bgr, (100, 80), (260, 200), (60, 60, 60), -1)
    return bgr


def subject(tmp_path: Path, *pictures: Picture) -> Subject:
    desk = Desk(tmp_path, FakeAgenda())
    desk.flow.on_event(event())
    run(desk)
    shown = tuple(OpeningPicture(bgr, BOX, NOON) for bgr in pictures or (wall(),))
    return Subject(desk.cases.get(CASE_ID), event(), shown)


def poster(
    reader: SaysText, kept: Kept, notices: LawfulNotices = NONE, size_m: tuple[float, float] | None = None
) -> PosterExaminer:
    zone = Zone("kerb", "kerb", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))

    def scale(_event: Event, frame_wh: tuple[int, int]) -> SurfaceScale | None:
        return SurfaceScale(zone, frame_wh, size_m) if size_m else None

    return PosterExaminer(PosterParts(reader, kept, notices, scale))


def test_a_plate_that_was_read_surely_is_kept_and_stands_nowhere_else(tmp_path: Path) -> None:
    kept = Kept()
    said = PlateExaminer(SaysText([line("晋M·12345", 0.97)]), kept).examine(subject(tmp_path))
    assert (said.verdict, said.reason, said.score) == (Verdict.CONFIRMS, "plate_read", 0.97)
    assert kept.readings == [Reading(ReadingKind.PLATE, "晋M12345", "晋M12345", 0.97)]
    assert "12345" not in str(said.detail())


def test_the_earlier_picture_is_read_where_the_later_one_gives_nothing_sure(tmp_path: Path) -> None:
    kept, reader = Kept(), SaysText([line("晋M12346", 0.6)], [line("晋M12345", 0.97)])
    said = PlateExaminer(reader, kept).examine(subject(tmp_path, wall(), wall()))
    assert (said.reason, kept.readings[0].value, len(reader.shapes)) == ("plate_read", "晋M12345", 2)


def test_a_sure_plate_makes_a_second_picture_needless(tmp_path: Path) -> None:
    reader = SaysText([line("晋M12345", 0.97)])
    PlateExaminer(reader, Kept()).examine(subject(tmp_path, wall(), wall()))
    assert len(reader.shapes) == 1


@pytest.mark.parametrize(("text", "score", "value"), [("晋M12345", 0.5, "晋M12345"), ("M12345", 0.99, "")])
def test_a_plate_that_is_not_sure_is_kept_as_such_and_judges_nothing(
    tmp_path: Path, text: str, score: float, value: str
) -> None:
    kept = Kept()
    said = PlateExaminer(SaysText([line(text, score)]), kept).examine(subject(tmp_path))
    assert (said.verdict, said.reason) == (Verdict.UNSURE, "plate_unsure")
    assert (kept.readings[0].value, kept.readings[0].is_sure) == (value, False)


def test_only_the_vehicle_itself_is_read_not_what_stands_beside_it(tmp_path: Path) -> None:
    reader = SaysText([])
    said = PlateExaminer(reader, Kept()).examine(subject(tmp_path))
    assert said.reason == "no_plate"
    height, width, _ = reader.shapes[0]
    assert BOX[2] - BOX[0] < width < 1.2 * (BOX[2] - BOX[0])
    assert BOX[3] - BOX[1] < height < 1.2 * (BOX[3] - BOX[1])


def test_text_and_numbers_of_a_poster_are_kept_and_it_is_paper(tmp_path: Path) -> None:
    kept = Kept()
    reader = SaysText([line("专业疏通下水道", 0.95), line("13812345678", 0.97), line("ii", 0.3)])
    said = poster(reader, kept).examine(subject(tmp_path))
    assert (said.verdict, said.reason) == (Verdict.CONFIRMS, "print_read")
    assert {fact.key: fact.value for fact in said.facts} == {"print": "paper", "letters": "18"}
    assert [(r.kind.value, r.shown) for r in kept.readings] == [
        ("mobile", "13812345678"),
        ("text", "专业疏通下水道"),
        ("text", "13812345678"),
    ]


def test_size_in_metres_is_told_where_the_surface_has_one(tmp_path: Path) -> None:
    said = poster(SaysText([line("招工", 0.95)]), Kept(), size_m=(0.6, 0.45)).examine(subject(tmp_path))
    facts = {fact.key: fact.value for fact in said.facts}
    assert (facts["print"], facts["size_m"]) == ("sticker", "0.20 x 0.15")


def test_the_rest_of_the_print_beside_the_region_is_read_and_another_poster_further_off_is_not(tmp_path: Path) -> None:
    kept = Kept()
    below, further, other = (
        line(text, 0.97, at=(110.0, y)) for text, y in (("a", 210.0), ("13812345678", 240.0), ("b", 320.0))
    )
    poster(SaysText([other, below, further, line("水电", 0.95)]), kept).examine(subject(tmp_path))
    assert [reading.shown for reading in kept.readings] == ["13812345678", "a", "13812345678", "水电"]


def test_print_that_nobody_can_read_is_not_doubted(tmp_path: Path) -> None:
    kept = Kept()
    said = poster(SaysText([]), kept).examine(subject(tmp_path))
    assert (said.verdict, said.reason, kept.readings) == (Verdict.UNSURE, "print_unread", [])


def test_a_lawful_notice_is_doubted_with_the_entry_that_allows_it(tmp_path: Path) -> None:
    notices = LawfulNotices((NoticeEntry(text="整治公告第三号", note="city office"),))
    said = poster(SaysText([line("整治公告第三号", 0.95)]), Kept(), notices).examine(subject(tmp_path))
    assert (said.verdict, said.reason) == (Verdict.DOUBTS, "lawful_notice")
    assert [fact.value for fact in said.facts if fact.key == "notice"] == ["city office"]


def test_a_spammers_number_under_the_words_of_a_notice_is_not_let_through(tmp_path: Path) -> None:
    notices = LawfulNotices((NoticeEntry(text="整治公告第三号"),))
    lines = [line("整治公告第三号", 0.95), line("13812345678", 0.97)]
    assert poster(SaysText(lines), Kept(), notices).examine(subject(tmp_path)).verdict is Verdict.CONFIRMS


def test_what_bears_no_print_is_doubted(tmp_path: Path) -> None:
    said = poster(SaysText([]), Kept()).examine(subject(tmp_path, blank_wall()))
    assert (said.verdict, said.reason) == (Verdict.DOUBTS, "looks_like_shadow")


def test_a_reader_that_does_not_load_fails_and_doubts_nothing(tmp_path: Path) -> None:
    broken = SaysText(EngineUnavailableError("text cannot be read: a model is missing"))
    about = subject(tmp_path)
    for examiner in (PlateExaminer(broken, Kept()), poster(broken, Kept())):
        with pytest.raises(ExaminerError, match="model is missing") as raised:
            examiner.examine(about)
        assert raised.value.cause == "cannot_read"


def test_each_reads_its_own_kind_of_case_and_settings_turn_them_off(tmp_path: Path) -> None:
    def place(_event: Event) -> Place:
        raise AssertionError("asked before any case")

    database = Desk(tmp_path, FakeAgenda()).cases.database
    kinds = "parking", "vending", "flyers"
    both = open_reading(ReadingSettings(), database, place)
    assert {e.name: [k for k in kinds if e.examines(k)] for e in both} == {"plates": ["parking"], "posters": ["flyers"]}
    assert open_reading(ReadingSettings(plates=False, posters=False), database, place) == ()


class PlateKeeper(FakeKeeper):
    """A keeper whose panorama shows a vehicle with a plate, in the box of `fakes.event`."""

    def opening(self, source: Event, case_label: str, code: str) -> Taken:
        taken = super().opening(source, case_label, code)
        bgr = np.full((720, 1280, 3), 110, np.uint8)
        x1, y1, x2, y2 = map(round, source.box_in((1280, 720)))
        cv2.rectangle(bgr, (x1, y1), (x2, y2), (150, 60, 20), -1)
        face, at = cv2.FontFace("uni"), (x1 + 8, (y1 + y2) // 2)
        cv2.putText(bgr, "晋M8K629", at, (245, 245, 245), face, max(14, (x2 - x1) // 6))
        return replace(taken, parts=(replace(part(), data=encode_jpeg(bgr)),))


def test_a_plate_on_a_picture_of_evidence_is_read_before_the_ladder_begins(tmp_path: Path) -> None:
    desk = Desk(tmp_path, FakeAgenda())
    readings = Readings(desk.cases.database)
    desk.keeper, desk.examiners = PlateKeeper(), (PlateExaminer(TextReader(), readings.note),)
    desk.start(FakeAgenda())
    desk.flow.on_event(replace(event(), box=(400.0, 300.0, 760.0, 560.0)))
    run(desk)
    rows: list[object] = [row.detail["reason"] for row in desk.cases.history(CASE_ID) if row.action == EXAMINE]
    assert (rows, desk.ladders.begun) == (["plate_read"], [CASE_ID])
    assert [reading.value for reading in readings.of(CASE_ID)] == ["晋M8K629"]


def test_an_examination_holds_no_more_than_the_history_takes() -> None:
    said = Examination("plates", Verdict.CONFIRMS, "plate_read", 0.97)
    assert said.detail()["facts"] == []
