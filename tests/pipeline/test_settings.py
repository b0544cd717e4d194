"""The settings file: complete, checked, and with passwords from elsewhere."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from pipeline.camera_settings import CameraEntry
from pipeline.errors import SettingsError
from pipeline.settings import Settings, load_settings
from streams.urls import file_source

EXAMPLE = Path(__file__).resolve().parents[2] / "pipeline" / "example.toml"
CAMERA = '[[cameras]]\nid = "a"\nurl = "rtsp://user:sesame@192.0.2.1/x"\n'


def loaded(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def missing_keys(model: type[BaseModel], text: str) -> set[str]:
    """Names of fields, all the way down, that stand nowhere in the example, not even as a comment."""
    missing = set()
    for name, field in model.model_fields.items():
        nested = [t for t in (field.annotation, *getattr(field.annotation, "__args__", ())) if isinstance(t, type)]
        inner = [t for t in nested if issubclass(t, BaseModel)]
        for t in inner:
            missing |= missing_keys(t, text)
        if f"{name} =" not in text and f"{name}]" not in text:
            missing.add(f"{model.__name__}.{name}")
    return missing


def test_example_file_is_valid_and_holds_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_PASSWORD", "secret")
    settings = load_settings(EXAMPLE)
    assert settings.broadcast.ladder == Settings().broadcast.ladder
    assert settings.evidence == Settings().evidence
    assert settings.codes == Settings().codes
    assert settings.server == Settings().server
    assert settings.privacy == Settings().privacy
    assert settings.retention == Settings().retention
    assert settings.recordings == Settings().recordings
    assert settings.cameras[0].stream == CameraEntry(id="a", url="rtsp://192.0.2.1/x").stream


def test_example_file_misses_no_key() -> None:
    assert missing_keys(Settings, EXAMPLE.read_text(encoding="utf-8")) == set()


def test_password_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_PASSWORD", "secret")
    assert load_settings(EXAMPLE).cameras[0].address == "rtsp://camera:secret@192.0.2.10:554/stream1"


def test_file_camera_of_the_environment_counts_from_the_files_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIPS", "clips")
    [camera] = loaded(tmp_path, '[[cameras]]\nid = "a"\nurl = "${CLIPS}/a.mp4"\n').cameras
    assert file_source(camera.address).path == tmp_path / "clips/a.mp4"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("data = ", "is not TOML"),
        ("dota = 'x'", "dota: there is no such key"),
        ("[server]\nport = 99999", "server.port: "),
        (CAMERA + "horn = 'h'", "names horn 'h'"),
        (CAMERA + CAMERA, "camera id 'a' is used twice"),
        ("[server]\nport = 'many'", "server.port: write a whole number"),
        (
            CAMERA + "[[cameras]]\nid = 'a/b'\nurl = 'rtsp://192.0.2.1/x'",
            "camera 'a/b' (number 2): id: write 1 to 64 of",
        ),
        (
            CAMERA + "[cameras.ground]\ncorners = [[0.2, 0.9], [0.8, 0.4], [0.8, 0.9], [0.2, 0.4]]\n"
            "metres = [[0, 0], [3, 0], [3, 9], [0, 9]]",
            "camera 'a' (number 1): ground: the four corners in the picture must be given in order around",
        ),
        (CAMERA + "[cameras.ground]\ncorners = [[0.2, 0.9]]\nmetres = []", "ground.corners"),
        ("[[cameras]]\nid = 'a'\nurl = 'gopher://192.0.2.1/x'", "camera 'a' (number 1): url: "),
        ("[[cameras]]\nid = 'a'\nurl = 'a:sesame@192.0.2.1/x'", "begin with rtsp://"),
        ("[[cameras]]\nurl = 'rtsp://192.0.2.1/x'", "camera number 1: id: it is missing"),
        ("cameras = 5", "cameras: write a list"),
        ("[[broadcast.horns]]\nid = 'Gate'\nurl = 'soundcard:'", "horn 'Gate' (number 1): id: write 1 to 41 of"),
        ("timezone = 'Mars/Base'", "timezone: unknown time zone 'Mars/Base'"),
        ("timezone = ''", "timezone: unknown time zone ''"),
        ("timezone = '/etc/passwd'", "timezone: unknown time zone '/etc/passwd'"),
        ("[model]\nengine = 'cuda'", "model.engine: write one of 'auto', 'onnxruntime', 'openvino'"),
        ("[[cameras]]\nid = 'a'\nurl = 'rtsp://u:${NO_SUCH_NAME}@h/x'", "NO_SUCH_NAME is not set"),
    ],
)
def test_mistake_is_named_with_its_key(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(tmp_path, text)
    assert expected in str(caught.value)


def test_missing_file_says_what_to_copy(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"example\.toml"):
        load_settings(tmp_path / "none.toml")


def test_no_mistake_shows_a_camera_password(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        loaded(tmp_path, CAMERA + "stream = 5\nnome = 'x'")
    assert "sesame" not in str(caught.value)


def test_printed_settings_show_no_camera_password(tmp_path: Path) -> None:
    assert "sesame" not in repr(loaded(tmp_path, CAMERA))


def test_relative_paths_count_from_the_files_folder(tmp_path: Path) -> None:
    settings = loaded(tmp_path, 'data = "d"\n' + CAMERA + 'zones = "z.json"')
    assert (settings.data, settings.cameras[0].zones) == (tmp_path / "d", tmp_path / "z.json")


def test_labels_lie_in_the_data_folder_unless_another_is_named(tmp_path: Path) -> None:
    assert loaded(tmp_path, 'data = "d"').labels_folder == tmp_path / "d" / "labels"
    assert loaded(tmp_path, 'labels = "l"').labels_folder == tmp_path / "l"
    assert loaded(tmp_path, 'labels = "/srv/labels"').labels_folder == Path("/srv/labels")


def test_recordings_and_file_cameras_count_from_the_files_folder(tmp_path: Path) -> None:
    cameras = "".join(
        f'[[cameras]]\nid = "c{number}"\nurl = "{url}"\n'
        for number, url in enumerate(
            ("clips/a.mp4?loop=1", "file://clips/a%20b.mp4?loop=1", "/clips/a.mp4", "file:///clips/a.mp4", "rtsp://h/x")
        )
    )
    settings = loaded(tmp_path, cameras + '[broadcast]\nrecordings = "voices"\n')
    sources = [file_source(camera.url) for camera in settings.cameras[:4]]
    assert settings.broadcast.recordings == tmp_path / "voices"
    assert [source.path for source in sources[:2]] == [tmp_path / "clips/a.mp4", tmp_path / "clips/a b.mp4"]
    assert [source.path for source in sources[2:]] == [Path("/clips/a.mp4")] * 2
    assert [source.loop for source in sources] == [True, True, False, False]
    assert settings.cameras[4].url == "rtsp://h/x"


def test_example_is_toml_without_duplicate_tables() -> None:
    raw: dict[str, Any] = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    assert set(raw) == {
        "data",
        "database_url",
        "timezone",
        "rings_bytes",
        "server",
        "model",
        "evidence",
        "codes",
        "closing",
        "second_opinion",
        "privacy",
        "retention",
        "recordings",
        "broadcast",
        "places",
        "map",
        "outward",
        "reading",
        "cameras",
    }


@pytest.mark.parametrize("left_out", ["places = ", "[cameras.ground.anchor]"])
def test_ground_and_position_of_the_example_can_be_used(left_out: str, tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    block = text[text.index("# [cameras.ground] ") : text.index("[cameras.stream]")]
    tables = ["\n".join(line.removeprefix("# ") for line in part.splitlines()) for part in block.split("\n\n")]
    kept = "\n".join(table for table in tables if not table.startswith(left_out))
    [camera] = loaded(tmp_path, CAMERA + re.sub(rf"(?m)^{re.escape(left_out)}.*$", "", kept)).cameras
    assert camera.ground is not None
    assert camera.ground.anchored() is not None
    assert camera.position is not None
    assert camera.position.position("kerb").longitude == 111.00703


def test_places_that_do_not_fit_the_metres_are_named(tmp_path: Path) -> None:
    ground = (
        "[cameras.ground]\ncorners = [[0.3, 0.9], [0.7, 0.9], [0.6, 0.4], [0.4, 0.4]]\n"
        "metres = [[0, 0], [7, 0], [7, 40], [0, 40]]\n"
        "places = [[111.0, 35.0], [111.001, 35.0], [111.001, 35.001], [111.0, 35.001]]\n"
    )
    with pytest.raises(SettingsError, match=r"camera 'a' .*ground: metres and places of the corners do not agree"):
        loaded(tmp_path, CAMERA + ground)


def test_files_of_the_city_count_from_the_settings_files_folder(tmp_path: Path) -> None:
    places = loaded(tmp_path, '[places]\ngrids = "g.geojson"\npermits = ["p.toml"]\ncrs = "epsg:4547"\n').places
    assert (places.grids, places.permits, places.crs) == (tmp_path / "g.geojson", (tmp_path / "p.toml",), "EPSG:4547")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[places]\ncrs = "BD-09"', "places.crs: there is no system of coordinates"),
        ('[places]\ngrid_code = "("', "places.grid_code: this is no regular expression"),
        ("[places.same]\ndistance_m = 0", "places.same.distance_m: write a number above 0"),
        ('[places.same.codes]\n"406" = {}', "places.same.codes"),
        (CAMERA + "[cameras.position]\nlongitude = 35\nlatitude = 111", "position: this is no place within WGS-84"),
    ],
)
def test_mistakes_about_places_are_named(text: str, expected: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=expected):
        loaded(tmp_path, text)


@pytest.mark.parametrize("key", ["name", "place"])
def test_name_that_no_case_could_hold_is_refused(key: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"{key}.*at most 200 characters"):
        loaded(tmp_path, f'{CAMERA}{key} = "{"N" * 201}"\n')


def test_paths_of_codes_count_from_the_files_folder_and_names_stay(tmp_path: Path) -> None:
    text = '[codes]\ntable = "own.csv"\ncalendars = ["china_2026", "own/2027.toml"]\n'
    codes = loaded(tmp_path, text).codes

    assert codes.table == str(tmp_path / "own.csv")
    assert codes.calendars == ("china_2026", str(tmp_path / "own/2027.toml"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('work_hours = [["12:00", "08:00"]]', "a begin before each end"),
        ('work_hours = [["8 o\'clock", "12:00"]]', "written as 08:00"),
        ('number_template = "{prefix}{seq}"', "with one date and one seq"),
        ('number_prefix = "a/b"', "prefix of case numbers"),
        ("yellow_ratio = 1.5", "yellow_ratio"),
    ],
)
def test_codes_that_do_not_fit_stop_the_start(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        loaded(tmp_path, f"[codes]\n{line}\n")


def test_device_register_stands_with_its_camera_and_a_wrong_entry_is_named(tmp_path: Path) -> None:
    entry = (
        '[cameras.device]\napproval = "12"\nstandard = "GA/T 832-2014"\npublished_at = "n"\nsign = "s"\n'
        'legal_basis = "l"\nvalid_from = 2026-01-01\nvalid_until = 2026-12-31\n'
    )
    (camera,) = loaded(tmp_path, CAMERA + entry).cameras
    assert camera.device is not None
    assert camera.device.approval == "12"
    with pytest.raises(SettingsError, match=r"camera 'a' \(number 1\): device: .*lies before valid_from"):
        loaded(tmp_path, CAMERA + entry.replace("2026-12-31", "2025-12-31"))


@pytest.mark.parametrize("key", ["unconfirmed_days", "dismissed_days", "resolved_days", "closed_days"])
def test_fewer_days_than_the_law_asks_stop_the_start(tmp_path: Path, key: str) -> None:
    with pytest.raises(SettingsError, match=f"retention.{key}: "):
        loaded(tmp_path, f"[retention]\n{key} = 29\n")
