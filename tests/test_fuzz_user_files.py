"""Files that an operator writes or a disk damages: each reader answers or raises its own error, never another.

The files are the ones that come along, damaged; so what is read is near to what people write.
"""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from broadcast.errors import PhraseError
from broadcast.phrases import PHRASES_FILE, load_phrases
from cases.calendars import load_calendar
from cases.code_files import bundled_table, bundled_tables, load_table, table_text
from cases.dispatch_file import load_rules
from cases.errors import CalendarError, CodeTableError, PlaceFileError
from cases.grids import load_map
from cases.packs import parse_manifest
from cases.permit_file import load_permits
from datasets.synthetic import parse_url
from models.cards import load_card
from models.errors import CardError
from models.shelf import bundled_card
from pipeline.checkpoints import CheckpointFolder
from pipeline.errors import SettingsError
from pipeline.settings import load_settings
from tests.vision.streets import observation
from vision.detections import Detections
from vision.errors import RecordingError
from vision.recording import ObservationWriter, read_observations

ROOT = Path(__file__).resolve().parent.parent
DEEP = "<deep>"
"""Stands for brackets without end: a reader that calls itself for each runs out of stack."""

WORDS = st.sampled_from(
    [
        *"[]{}\"'=,\n.-\x00\ud800密",
        *("1e999", "nan", "inf", "0x", "1979-05-27T07:32:00Z", "true", "null", "../"),
        *("[[cameras]]", "[zones]", "9" * 5000, DEEP),
    ]
)
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["set", "put", "cut", "drop"]), st.floats(0, 1, exclude_max=True), WORDS | st.text(max_size=8)
    ),
    max_size=8,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
SLOW = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def damaged(text: str, edits: list[tuple[str, float, str]]) -> bytes:
    """Return a text after some edits; each is what, where (a share of its length), and with which words."""
    for what, place, words in edits:
        at = int(place * len(text))
        if what == "set":
            text = text[:at] + words + text[at + len(words) :]
        elif what == "put":
            text = text[:at] + words + text[at:]
        elif what == "cut":
            text = text[:at]
        else:
            text = text[:at] + text[at + 30 :]
    return text.replace(DEEP, "[" * 200_000).encode("utf-8", "surrogatepass")


def read(reader: Callable[[Path], object], path: Path, content: bytes, error: type[Exception]) -> None:
    """Read a file; only its reader's own error may come, as a sentence that names the file."""
    path.write_bytes(content)
    try:
        reader(path)
    except error as err:
        if path.name not in str(err):
            raise AssertionError(f"the file is not named: {err}") from err


@SLOW
@given(EDITS)
@example([("put", 0.0, "a = " + DEEP)])
def test_fuzz_settings_file(tmp_path: Path, edits: list[tuple[str, float, str]]) -> None:
    text = (ROOT / "pipeline" / "example.toml").read_text(encoding="utf-8")
    read(load_settings, tmp_path / "settings.toml", damaged(text, edits), SettingsError)


@SLOW
@given(EDITS)
@example([("put", 0.0, "a = " + DEEP)])
def test_fuzz_model_card(tmp_path: Path, edits: list[tuple[str, float, str]]) -> None:
    read(load_card, tmp_path / "card.toml", damaged(bundled_card().read_text(encoding="utf-8"), edits), CardError)


@SLOW
@given(EDITS)
@example([("put", 0.0, DEEP)])
def test_fuzz_model_card_in_json(tmp_path: Path, edits: list[tuple[str, float, str]]) -> None:
    text = json.dumps(
        {"name": "x", "file": "m.onnx", "sha256": "0" * 64, "input_wh": [640, 640], "class_names": ["car"]}
    )
    read(load_card, tmp_path / "card.json", damaged(text, edits), CardError)


@SLOW
@given(EDITS)
@example([("put", 0.0, "a = " + DEEP)])
def test_fuzz_phrases(tmp_path: Path, edits: list[tuple[str, float, str]]) -> None:
    read(load_phrases, tmp_path / "phrases.toml", damaged(PHRASES_FILE.read_text(encoding="utf-8"), edits), PhraseError)


@SLOW
@given(st.sampled_from(bundled_tables()), EDITS)
def test_fuzz_code_table(tmp_path: Path, name: str, edits: list[tuple[str, float, str]]) -> None:
    text = "\n".join(table_text(bundled_table(name)).splitlines()[:40])
    read(load_table, tmp_path / "codes.csv", damaged(text, edits), CodeTableError)


@SLOW
@given(EDITS)
@example([("put", 0.0, "a = " + DEEP)])
def test_fuzz_calendar(tmp_path: Path, edits: list[tuple[str, float, str]]) -> None:
    text = (ROOT / "cases" / "calendar_files" / "china_2026.toml").read_text(encoding="utf-8")
    read(load_calendar, tmp_path / "own.toml", damaged(text, edits), CalendarError)


@pytest.fixture(scope="module")
def workbook_parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files inside a workbook of three rows."""
    path = tmp_path_factory.mktemp("workbook") / "own.xlsx"
    book = openpyxl.Workbook()
    for row in csv.reader(table_text(bundled_table()).splitlines()[:4]):
        book.worksheets[0].append(row)
    book.worksheets[0].merge_cells("B2:B3")
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@SLOW
@given(st.data(), EDITS, st.binary(max_size=3), st.floats(0, 1, exclude_max=True))
def test_fuzz_workbook(
    tmp_path: Path,
    workbook_parts: dict[str, bytes],
    data: st.DataObject,
    edits: list[tuple[str, float, str]],
    noise: bytes,
    place: float,
) -> None:
    """Damage one of the files inside, and then perhaps the ZIP around them."""
    part = data.draw(st.sampled_from(sorted(workbook_parts)))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in workbook_parts.items():
            archive.writestr(name, damaged(content.decode(), edits) if name == part else content)
    content = packed.getvalue()
    at = int(place * len(content))
    read(load_table, tmp_path / "own.xlsx", content[:at] + noise + content[at + len(noise) :], CodeTableError)


@SLOW
@given(st.binary(max_size=300), st.booleans())
@example(DEEP.encode(), True)
def test_fuzz_checkpoint_is_left_aside(tmp_path: Path, content: bytes, is_json: bool) -> None:
    content = content.replace(DEEP.encode(), b"[" * 200_000)
    kept = CheckpointFolder(tmp_path)
    (tmp_path / "gate.json").write_bytes(content if is_json else b'{"format": 1, "arrays": ' + content)
    assert kept.load("gate") is None


GRIDS = """{"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "EPSG:4490"}}, "features": [
{"type": "Feature", "properties": {"grid_code": "14080200100000", "district": "140802", "area_code": "Z"},
 "geometry": {"type": "Polygon", "coordinates": [[[111, 35], [111.001, 35], [111.001, 35.001], [111, 35]]]}}]}"""
RULES = """unit,code,grid,area,district,first_day,last_day,weekdays,hours,note
A,0406,14080200100000,,,2026-01-01,2026-12-31,1 2,08:00-12:00,x
"B, b",04,,Z,,,,,22:00-06:00,
"""
PERMITS = """
[[permits]]
number = "1"
holder = "A"
codes = ["0406"]
polygon = [[111.0, 35.0], [111.1, 35.0], [111.1, 35.1]]
hours = ["18:00-02:00"]
[[controls]]
name = "B"
last_day = 2026-08-09
"""


@SLOW
@given(EDITS)
@example([("put", 0.0, DEEP)])
@example([("put", 0.5, DEEP)])
def test_fuzz_grids_areas_and_permits_in_geojson(tmp_path: Path, edits: list[tuple[str, float, str]]) -> None:
    path, content = tmp_path / "grids.geojson", damaged(GRIDS, edits)
    readers: tuple[Callable[[Path], object], ...] = (
        lambda path: load_map(path, path),
        lambda path: load_permits((path,)),
    )
    for reader in readers:
        read(reader, path, content, PlaceFileError)


@SLOW
@given(EDITS)
@example([("set", 0.0, "unit,unit")])
def test_fuzz_dispatch_rules(tmp_path: Path, edits: list[tuple[str, float, str]]) -> None:
    read(lambda path: load_rules(path, UTC), tmp_path / "rules.csv", damaged(RULES, edits), PlaceFileError)


@SLOW
@given(EDITS)
@example([("put", 0.0, "a = " + DEEP)])
def test_fuzz_permits(tmp_path: Path, edits: list[tuple[str, float, str]]) -> None:
    read(lambda path: load_permits((path,)), tmp_path / "permits.toml", damaged(PERMITS, edits), PlaceFileError)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The lines of a recording of two observations."""
    path = tmp_path_factory.mktemp("recording") / "gate.obs"
    found = Detections(np.ones((2, 4), np.float32), np.ones(2, np.float32), np.ones(2, np.int64))
    with ObservationWriter(path) as writer:
        for t_s in (1.0, 2.0):
            writer.write(observation(t_s, detections=found))
    return gzip.decompress(path.read_bytes()).decode()


@SLOW
@given(EDITS, st.booleans(), st.floats(0, 1))
@example([("put", 0.0, DEEP)], True, 1.0)
def test_fuzz_recording(
    tmp_path: Path, recording: str, edits: list[tuple[str, float, str]], is_packed: bool, share: float
) -> None:
    content = damaged(recording, edits)
    packed = gzip.compress(content) if is_packed else content
    cut = packed[: int(share * len(packed)) + 1]
    read(lambda path: list(read_observations(path)), tmp_path / "gate.obs", cut, RecordingError)


@SLOW
@given(st.sampled_from(["boxes", "scores", "class_ids", "size_wh", "t_s", "place_ids", "captured_at", "view"]), JSON)
@example("class_ids", [1e30, 1e30])
@example("size_wh", [float("inf"), 1])
@example("boxes", 3.4028235677973366e38)
@example("scores", [1e300, 1e300])
def test_fuzz_recorded_values(tmp_path: Path, recording: str, key: str, value: object) -> None:
    header, line, _ = recording.splitlines()
    content = gzip.compress(f"{header}\n{json.dumps(json.loads(line) | {key: value})}\n".encode())
    read(lambda path: list(read_observations(path)), tmp_path / "gate.obs", content, RecordingError)


@given(st.binary(max_size=200) | st.sampled_from([b"{", b"[" * 2000, b'{"format": 1}', b"null"]))
def test_fuzz_manifest(content: bytes) -> None:
    with pytest.raises(ValueError):
        parse_manifest(content)


@given(st.text(max_size=60))
def test_fuzz_drawn_camera(rest: str) -> None:
    for url in (
        rest,
        f"synthetic://{rest}",
        f"synthetic://market?{rest}",
        f"synthetic://market?seed={rest}&fps={rest}",
    ):
        try:
            parse_url(url)
        except ValueError:
            continue
