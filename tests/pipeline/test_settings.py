import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from pipeline.errors import SettingsError
from pipeline.settings import CameraEntry, Settings, load_settings

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
    assert settings.server == Settings().server
    assert settings.cameras[0].stream == CameraEntry(id="a", url="rtsp://192.0.2.1/x").stream


def test_example_file_misses_no_key() -> None:
    assert missing_keys(Settings, EXAMPLE.read_text(encoding="utf-8")) == set()


def test_password_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_PASSWORD", "secret")
    assert load_settings(EXAMPLE).cameras[0].url == "rtsp://camera:secret@192.0.2.10:554/stream1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("data = ", "is not TOML"),
        ("dota = 'x'", "dota: there is no such key"),
        ("[server]\nport = 99999", "server.port: "),
        (CAMERA + "horn = 'h'", "names horn 'h'"),
        (CAMERA + CAMERA, "camera id 'a' is used twice"),
        ("[[cameras]]\nid = 'a/b'\nurl = 'rtsp://192.0.2.1/x'", "cameras.0.id: "),
        ("[[cameras]]\nid = 'a'\nurl = 'gopher://192.0.2.1/x'", "cameras.0.url: "),
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


def test_example_is_toml_without_duplicate_tables() -> None:
    raw: dict[str, Any] = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    assert set(raw) == {"data", "database_url", "timezone", "server", "model", "evidence", "broadcast", "cameras"}


@pytest.mark.parametrize("key", ["name", "place"])
def test_name_that_no_case_could_hold_is_refused(key: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"{key}.*at most 200 characters"):
        loaded(tmp_path, f'{CAMERA}{key} = "{"N" * 201}"\n')
