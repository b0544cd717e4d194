"""`streetwarden record` and `replay`: a recording gives the same events as its film, and what goes wrong is said."""

import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from api.cli import main
from pipeline.recordings import RecordingFolder
from tests.pipeline.drawn_street import ColourLooker, encode_street
from tests.pipeline.recorded import LEFT, RIGHT, TWO_STOPS, observations, record, zone
from vision.recording import read_observations

pytestmark = pytest.mark.e2e
Typed = Callable[..., tuple[int, str, str]]
FPS = 5


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cars stand for 12 s, then the red one drives off."""
    pictures = [(-max(0.0, (index / FPS - 12) / 3) * 400.0, 0.0) for index in range(25 * FPS)]
    return encode_street(tmp_path_factory.mktemp("street") / "street.mp4", pictures, FPS)


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Run a command in an empty folder with a model that knows cars by their colour."""
    monkeypatch.chdir(tmp_path)
    for module in ("looking", "recording"):
        monkeypatch.setattr(f"api.commands.{module}.open_model", lambda *_: ColourLooker())

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["streetwarden", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def write_zones(path: Path, *zones: object) -> Path:
    sent = [each.model_dump(mode="json") for each in zones]  # type: ignore[attr-defined]
    path.write_text(json.dumps({"zones": sent}), encoding="utf-8")
    return path


def test_recording_of_a_film_gives_the_events_of_the_film(typed: Typed, film: Path, tmp_path: Path) -> None:
    zones = write_zones(tmp_path / "zones.json", zone(limit_s=5))
    status, _, err = typed("record", film, "street.obs.gz", "--zones", zones)
    assert status == 0, err
    assert "observations in street.obs.gz" in err
    of_film = typed("replay", film, "--zones", zones)[1]
    again = typed("replay", "street.obs.gz", "--zones", zones)[1]
    as_recorded = typed("replay", "street.obs.gz")[1]

    assert [json.loads(line)["phase"] for line in of_film.splitlines()].count("raised") == 2
    assert again == as_recorded == of_film


def test_stream_is_recorded_for_so_many_seconds(typed: Typed, film: Path, tmp_path: Path) -> None:
    status, _, err = typed("record", f"{film.as_uri()}?loop=1", "stream.obs.gz", "--seconds", "6")
    assert status == 0, err
    seen = list(read_observations(tmp_path / "stream.obs.gz"))

    assert sum(observation.looked for observation in seen) >= 5
    assert 4 <= seen[-1].t_s - seen[0].t_s <= 60


def test_camera_of_the_settings_is_recorded_with_its_zones(typed: Typed, film: Path, tmp_path: Path) -> None:
    write_zones(tmp_path / "zones.json", zone(limit_s=3))
    entry = f'[[cameras]]\nid = "gate"\nurl = "{film.as_uri()}?loop=1"\nzones = "zones.json"\n'
    (tmp_path / "settings.toml").write_text(f'data = "data"\n{entry}', encoding="utf-8")
    status, _, err = typed("record", "gate", "gate.obs.gz", "--config", "settings.toml", "--seconds", "9")
    assert status == 0, err
    events = [json.loads(line) for line in typed("replay", "gate.obs.gz")[1].splitlines()]

    assert {event["camera_id"] for event in events} == {"gate"}
    assert "raised" in {event["phase"] for event in events}
    status, _, err = typed("record", "gata", "none.obs.gz", "--config", "settings.toml")
    assert (status, "the cameras are: gate" in err) == (1, True)


def test_stream_that_shows_nothing_leaves_no_file(typed: Typed, tmp_path: Path) -> None:
    status, _, err = typed("record", "rtsp://u:sesame@127.0.0.1:9/none", "none.obs.gz", "--seconds", "1")
    assert (status, "showed nothing" in err, "sesame" in err) == (1, True, False)
    assert not (tmp_path / "none.obs.gz").exists()


def test_file_that_is_there_is_not_written_over(typed: Typed, film: Path, tmp_path: Path) -> None:
    (tmp_path / "old.obs.gz").write_bytes(b"mine")
    status, _, err = typed("record", film, "old.obs.gz")
    assert (status, "is there already" in err) == (1, True)
    assert (tmp_path / "old.obs.gz").read_bytes() == b"mine"


def test_folder_of_the_service_is_replayed_over_all_its_files(typed: Typed, tmp_path: Path) -> None:
    live = record(tmp_path / "data", [zone(limit_s=60)], observations(TWO_STOPS, 400), begin_at_s=(50, 200))
    status, out, _ = typed("replay", "data/gate")

    assert status == 0
    assert [json.loads(line)["event_id"] for line in out.splitlines()] == [event.event_id for event in live]


def test_what_a_recording_does_not_hold_is_said(typed: Typed, tmp_path: Path) -> None:
    record(tmp_path / "data", [zone(polygon=LEFT)], observations(TWO_STOPS, 60))
    [file] = RecordingFolder(tmp_path / "data").of_camera("gate")
    flyers = write_zones(tmp_path / "flyers.json", zone("wall", kind="flyers"))
    stalls = write_zones(tmp_path / "stalls.json", zone("bay", RIGHT, kind="vending"))

    status, _, err = typed("replay", file.path, "--zones", flyers)
    assert (status, "zone 'wall': its surface was not watched" in err) == (1, True)
    status, _, err = typed("replay", file.path, "--zones", stalls)
    assert (status, "looked for in 0 % of it" in err, "of it lay in a zone; the rest" in err) == (0, True, True)


def test_film_needs_zones_and_damaged_recordings_are_named(typed: Typed, film: Path, tmp_path: Path) -> None:
    record(tmp_path / "data", [zone(limit_s=60)], observations(TWO_STOPS, 400))
    [file] = RecordingFolder(tmp_path / "data").of_camera("gate")
    whole = file.path.read_bytes()
    (tmp_path / "cut.obs.gz").write_bytes(whole[:-300])
    (tmp_path / "newer.obs.gz").write_bytes(
        gzip.compress(gzip.decompress(whole).replace(b'"version":2', b'"version":7', 1))
    )
    (tmp_path / "empty").mkdir()

    assert "a film holds no zones" in typed("replay", film)[2]
    status, out, err = typed("replay", "cut.obs.gz")
    assert (status, "cut.obs.gz ends in the middle" in err, "raised" in out) == (1, True, True)
    assert "version 7; this program reads up to 2" in typed("replay", "newer.obs.gz")[2]
    assert "holds no recordings" in typed("replay", "empty")[2]
