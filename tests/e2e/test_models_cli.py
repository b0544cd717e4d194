"""The commands that bring models here and switch to them, as a person types them."""

import errno
import logging
import stat
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from api.commands import fetching
from models.cards import Family, load_card
from models.class_names import own_class_names
from models.families import make_decoder
from models.shelf import RemoteFile, Shelf, ShelfEntry, load_shelf
from pipeline.settings import load_settings
from tests.e2e.test_cli import typed
from tests.models.file_server import FileServer, Offer, serving
from tests.models.tiny import NAMES, ONE_CAR, TinyOnnx, make_card, onnx_bytes, rf_detr_output

ONNX = onnx_bytes(ONE_CAR)
CHECKPOINT = b"a pickle that nobody opens here"
SETTINGS = """\
# our city
data = "kept"                 # everything lies here

[model]
# card = "my-model.toml"      # card of a model
engine = "onnxruntime"        # measured in May

[[cameras]]
id = "gate"                   # north
url = "rtsp://user:${GATE_PASSWORD}@192.0.2.10/s"
"""

Typed = tuple[int, str, str]
Monkey = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[str]


def remote(file: str, content: bytes, **changes: object) -> RemoteFile:
    card = make_card(Path(file), content)
    fields = {"file": file, "url": f"https://models.example/{file}", "bytes": len(content), "sha256": card.sha256}
    return RemoteFile.model_validate(fields | changes)


def entry(name: str, **changes: object) -> ShelfEntry:
    """Return an entry of the shelf with tiny weights; `changes` replace its fields."""
    fields: dict[str, object] = {
        "card": make_card(Path(f"{name}.onnx"), ONNX, name=name, description="sees one car", accuracy=ACCURACY),
        "publisher": "Nobody",
        "weights": remote(f"{name}.onnx", ONNX),
    }
    return ShelfEntry.model_validate(fields | changes)


ACCURACY = ({"metric": "mAP50-95", "value": 0.5, "data": "COCO val2017"},)
CHECKED = remote("rf-detr-nano.pth", CHECKPOINT)
SHELF = Shelf(
    (
        entry("tiny"),
        entry("other", weights=remote("other.onnx", ONNX, sha256=None, bytes=None)),
        entry(
            "foreign",
            card=make_card(Path("foreign.onnx"), ONNX, name="foreign", family=Family.YOLOX, accuracy=ACCURACY),
        ),
        entry(
            "rf-detr-nano",
            weights=None,
            checkpoint=CHECKED,
            exporter="rfdetr",
            card=make_card(
                Path("rf-detr-nano.onnx"),
                ONNX,
                name="rf-detr-nano",
                family=Family.RF_DETR,
                fit="stretch",
                accuracy=ACCURACY,
            ),
        ),
        entry("ready", checkpoint=remote("ready.pt", CHECKPOINT), exporter="ultralytics"),
        entry("loose", checkpoint=remote("loose.pt", CHECKPOINT, sha256=None), exporter="ultralytics"),
    ),
    recommended="tiny",
    reason="it is the only one that is known by heart",
)


@pytest.fixture(autouse=True)
def shelf(monkeypatch: Monkey) -> None:
    monkeypatch.setattr(fetching, "load_shelf", lambda: SHELF)
    monkeypatch.setenv("GATE_PASSWORD", "sesame")
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: Monkey) -> Path:
    """The folder where one stands, with settings that have comments."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving() as files:
        for name in ("tiny", "other", "foreign", "ready"):
            files.offers[f"/{name}.onnx"] = Offer(ONNX)
        for name in ("rf-detr-nano.pth", "ready.pt", "loose.pt"):
            files.offers[f"/{name}"] = Offer(CHECKPOINT)
        yield files


def in_use(folder: Path) -> Path | None:
    return load_settings(folder / "settings.toml").model.card


def rows(out: str) -> dict[str, str]:
    return {line.split()[0]: " ".join(line.split()[1:]) for line in out.splitlines() if line.startswith(" ")}


def test_pulled_model_lies_in_the_data_folder_with_a_card_that_holds(
    folder: Path, server: FileServer, monkeypatch: Monkey, capsys: Capture
) -> None:
    status, out, _err = typed(monkeypatch, capsys, "models", "pull", "tiny", "--from", server.url)
    card = load_card(folder / "kept" / "models" / "tiny.toml")
    assert (status, card.name, card.file.read_bytes() == ONNX) == (0, "tiny", True)
    assert f"its sha256 is the pinned {card.sha256}" in out
    assert "switch to it with: streetwarden models use tiny" in out
    assert typed(monkeypatch, capsys, "models", "card", str(folder / "kept" / "models" / "tiny.toml"))[0] == 0


def test_pull_says_when_a_digest_was_not_pinned(
    folder: Path, server: FileServer, monkeypatch: Monkey, capsys: Capture
) -> None:
    _status, out, _err = typed(monkeypatch, capsys, "models", "pull", "other", "--from", server.url)
    sha256 = load_card(folder / "kept" / "models" / "other.toml").sha256
    assert f"no digest is pinned for it, so its sha256 {sha256} was recorded at the first fetch" in out


def test_pull_into_a_folder_needs_no_settings(
    tmp_path: Path, server: FileServer, monkeypatch: Monkey, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    status, _out, err = typed(monkeypatch, capsys, "models", "pull", "tiny", "--from", server.url)
    assert (status, "no settings file settings.toml" in err, "name a folder by --into" in err) == (1, True, True)
    words = ["models", "pull", "recommended", "--from", server.url, "--into", "stick"]
    assert typed(monkeypatch, capsys, *words)[0] == 0
    assert sorted(path.name for path in (tmp_path / "stick").iterdir()) == ["tiny.onnx", "tiny.toml"]


def test_card_that_somebody_tuned_outlives_another_pull(
    folder: Path, server: FileServer, monkeypatch: Monkey, capsys: Capture
) -> None:
    words = ["models", "pull", "tiny", "--from", server.url]
    typed(monkeypatch, capsys, *words)
    path = folder / "kept" / "models" / "tiny.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("score_threshold = 0.35", "score_threshold = 0.6"))
    assert typed(monkeypatch, capsys, *words)[0] == 0
    assert load_card(path).score_threshold == 0.6


def test_recommended_model_is_fetched_and_switched_to_with_every_comment_kept(
    folder: Path, server: FileServer, monkeypatch: Monkey, capsys: Capture
) -> None:
    status, out, _err = typed(monkeypatch, capsys, "models", "use", "recommended", "--from", server.url)
    assert (status, in_use(folder)) == (0, folder / "kept" / "models" / "tiny.toml")
    assert "settings.toml names tiny now (licence: CC0-1.0); a service that runs takes it at its next start" in out
    text = (folder / "settings.toml").read_text(encoding="utf-8")
    added = [line for line in text.splitlines() if line not in SETTINGS.splitlines()]
    assert added == ['card = "kept/models/tiny.toml"']
    assert [line for line in SETTINGS.splitlines() if line not in text.splitlines()] == []


def test_model_from_a_stick_needs_no_network(
    folder: Path, server: FileServer, monkeypatch: Monkey, capsys: Capture
) -> None:
    (folder / "stick").mkdir()
    (folder / "stick" / "tiny.onnx").write_bytes(ONNX)
    assert typed(monkeypatch, capsys, "models", "use", "tiny", "--from", "stick")[0] == 0
    assert (in_use(folder), server.asked) == (folder / "kept" / "models" / "tiny.toml", [])


def test_model_that_is_here_is_switched_to_without_a_network(
    folder: Path, server: FileServer, monkeypatch: Monkey, capsys: Capture
) -> None:
    typed(monkeypatch, capsys, "models", "pull", "tiny", "--from", server.url)
    assert typed(monkeypatch, capsys, "models", "use", "tiny")[0] == 0
    assert in_use(folder) == folder / "kept" / "models" / "tiny.toml"


def test_bundled_model_is_gone_back_to(folder: Path, server: FileServer, monkeypatch: Monkey, capsys: Capture) -> None:
    typed(monkeypatch, capsys, "models", "use", "tiny", "--from", server.url)
    assert typed(monkeypatch, capsys, "models", "use", "street-nano")[0] == 0
    assert (in_use(folder), (folder / "settings.toml").read_text(encoding="utf-8")) == (None, SETTINGS)


def test_card_of_ones_own_is_switched_to_wherever_it_lies(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: Monkey, capsys: Capture
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "mine.onnx").write_bytes(ONNX)
    (elsewhere / "mine.json").write_text(make_card(Path("mine.onnx"), ONNX).model_dump_json(), encoding="utf-8")
    assert typed(monkeypatch, capsys, "models", "use", str(elsewhere / "mine.json"))[0] == 0
    assert in_use(folder) == elsewhere / "mine.json"


UNFIT = {
    "outputs of another family": (["foreign"], SETTINGS, 'looks like family = "yolov8"'),
    "engine for other files": (["tiny"], SETTINGS.replace("onnxruntime", "torch"), "engine torch runs checkpoints"),
    "unknown name": (["tinny"], SETTINGS, "there is no model 'tinny' on the shelf; did you mean tiny?"),
    "checkpoint only": (
        ["rf-detr-nano"],
        SETTINGS,
        "as a checkpoint only; turn it into weights that run with: streetwarden",
    ),
    "card that is not there": (["none.toml"], SETTINGS, "none.toml cannot be read: No such file"),
    "settings with a mistake": (["tiny"], SETTINGS.replace("engine", "motor"), "model.motor: there is no such key"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_model_that_does_not_fit_leaves_the_settings_as_they_were(
    folder: Path, server: FileServer, monkeypatch: Monkey, capsys: Capture, case: str
) -> None:
    words, settings, expected = UNFIT[case]
    (folder / "settings.toml").write_text(settings, encoding="utf-8")
    status, _out, err = typed(monkeypatch, capsys, "models", "use", *words, "--from", server.url)
    assert (status, expected in err, "Traceback" in err) == (1, True, False), err
    assert (folder / "settings.toml").read_text(encoding="utf-8") == settings


@pytest.mark.parametrize(
    "settings",
    [
        "",
        "model.engine = 'onnxruntime' # dotted\n",
        "model = { engine = 'onnxruntime' } # in a line\n",
        "[model]\r\nengine = 'onnxruntime' # from Windows\r\n",
        "[model]\ncard = 'older.toml' # until May\n[server]\nport = 80\n",
    ],
)
def test_settings_of_any_form_are_switched(
    folder: Path, server: FileServer, monkeypatch: Monkey, capsys: Capture, settings: str
) -> None:
    (folder / "settings.toml").write_bytes(settings.encode())
    assert typed(monkeypatch, capsys, "models", "use", "tiny", "--from", server.url)[0] == 0
    assert in_use(folder) == folder / "data" / "models" / "tiny.toml"
    text = (folder / "settings.toml").read_bytes().decode()
    assert [part for part in settings.split("#")[1:] if part.split("\r")[0].split("\n")[0] not in text] == []


def test_settings_keep_their_permissions_and_a_link_stays_one(
    folder: Path, server: FileServer, monkeypatch: Monkey, capsys: Capture
) -> None:
    (folder / "etc").mkdir()
    real = folder / "etc" / "city.toml"
    (folder / "settings.toml").rename(real)
    real.chmod(0o640)
    (folder / "settings.toml").symlink_to(real)
    assert typed(monkeypatch, capsys, "models", "use", "tiny", "--from", server.url)[0] == 0
    assert ((folder / "settings.toml").is_symlink(), stat.S_IMODE(real.stat().st_mode)) == (True, 0o640)
    assert (in_use(folder), list((folder / "etc").iterdir())) == (folder / "kept" / "models" / "tiny.toml", [real])


def test_list_tells_what_is_here_and_what_is_in_use(
    folder: Path, server: FileServer, monkeypatch: Monkey, capsys: Capture
) -> None:
    typed(monkeypatch, capsys, "models", "pull", "other", "--from", server.url)
    typed(monkeypatch, capsys, "models", "use", "tiny", "--from", server.url)
    (folder / "kept" / "models" / "mine.toml").write_text("nonsense", encoding="utf-8")
    status, out, _err = typed(monkeypatch, capsys, "models", "list")
    shown = rows(out)
    assert (status, shown["tiny"].endswith("recommended, in use"), shown["other"].endswith("here")) == (0, True, True)
    assert shown["street-nano"].endswith("comes along")
    assert shown["rf-detr-nano"].endswith("to export")
    assert shown["mine"].endswith("here, but its card cannot be read")
    assert "tiny is recommended: it is the only one that is known by heart" in out


def test_list_needs_no_settings(tmp_path: Path, monkeypatch: Monkey, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, _err = typed(monkeypatch, capsys, "models", "list")
    assert (status, rows(out)["tiny"].endswith("recommended")) == (0, True)


def test_list_names_the_bundled_model_when_nothing_else_is_in_use(
    folder: Path, monkeypatch: Monkey, capsys: Capture
) -> None:
    assert rows(typed(monkeypatch, capsys, "models", "list")[1])["street-nano"].endswith("in use")


def test_no_secret_of_an_address_is_shown_or_logged(
    folder: Path, server: FileServer, monkeypatch: Monkey, capsys: Capture, caplog: pytest.LogCaptureFixture
) -> None:
    server.offers["/tiny.onnx"] = Offer(status=302, headers={"Location": f"{server.url}/signed?key=sesame"})
    mirror = server.url.replace("//", "//user:sesame@")
    monkeypatch.setattr(logging.getLogger("httpx"), "level", logging.NOTSET)
    status, out, err = typed(monkeypatch, capsys, "models", "pull", "tiny", "--from", mirror)
    assert (status, "there is no " in err, len(server.asked)) == (1, True, 2)
    assert "sesame" not in out + err + caplog.text


def test_pulled_checkpoint_is_told_to_be_exported(
    folder: Path, server: FileServer, monkeypatch: Monkey, capsys: Capture
) -> None:
    status, out, _err = typed(monkeypatch, capsys, "models", "pull", "rf-detr-nano", "--from", server.url)
    assert (status, (folder / "kept" / "models" / "rf-detr-nano.pth").read_bytes()) == (0, CHECKPOINT)
    assert "make weights that run of it with: streetwarden models export rf-detr-nano" in out


def test_model_without_a_checkpoint_is_not_exported(folder: Path, monkeypatch: Monkey, capsys: Capture) -> None:
    status, _out, err = typed(monkeypatch, capsys, "models", "export", "tiny")
    assert (status, "tiny has no checkpoint; it comes ready to run" in err) == (1, True)


@pytest.mark.parametrize("size", ["640", "640x", "640x383", "16x16", "640x384x3"])
def test_input_size_that_no_grid_fits_is_a_wrong_use(
    folder: Path, monkeypatch: Monkey, capsys: Capture, size: str
) -> None:
    status, _out, err = typed(monkeypatch, capsys, "models", "export", "ready", "--input", size)
    assert (status, "write multiples of 32, as 640x384" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["ready"], "exporting a checkpoint needs the training extra, and ultralytics is not installed"),
        (["mine.pt"], "exporting a checkpoint needs the training extra, and ultralytics is not installed"),
        (["rf-detr-nano"], "exporting RF-DETR needs its publisher's library, and rfdetr is not installed"),
    ],
)
def test_export_without_its_library_says_what_to_install_and_fetches_nothing(
    folder: Path, server: FileServer, monkeypatch: Monkey, capsys: Capture, words: list[str], expected: str
) -> None:
    for name in ("ultralytics", "rfdetr"):
        monkeypatch.setitem(sys.modules, name, None)
    (folder / "mine.pt").write_bytes(CHECKPOINT)
    status, _out, err = typed(monkeypatch, capsys, "models", "export", *words, "--from", server.url)
    assert (status, expected in err, server.asked) == (1, True, []), err


class Ultralytics:
    """Stands in for a checkpoint opened by ultralytics: exports a tiny model beside it, as the library does."""

    opened: list[Path]
    class_names: tuple[str, ...]

    def __init__(self, path: str, task: str) -> None:
        self.opened.append(Path(path))
        self._path = Path(path)
        self.names = dict(enumerate(self.class_names))

    def export(self, *, format: str, dynamic: bool, imgsz: list[int], device: str, nms: bool) -> str:
        written = self._path.with_suffix(f".{format}")
        card = make_card(written, b"", input_wh=(imgsz[1], imgsz[0]), class_names=tuple(self.names.values()))
        offset = np.zeros((1, *[side or 300 for side in make_decoder(card).expected()]), np.float32)
        written.write_bytes(onnx_bytes(TinyOnnx(offset, offset, side="side")))
        return str(written)


@pytest.fixture
def ultralytics(monkeypatch: Monkey) -> type[Ultralytics]:
    library = types.ModuleType("ultralytics")
    library.__spec__ = types.SimpleNamespace()  # type: ignore[assignment]
    Ultralytics.opened, Ultralytics.class_names = [], own_class_names()
    library.YOLO = Ultralytics  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ultralytics", library)
    return Ultralytics


def test_checkpoint_of_ones_own_is_exported_with_a_card_of_its_classes(
    folder: Path, ultralytics: type[Ultralytics], monkeypatch: Monkey, capsys: Capture
) -> None:
    (folder / "mine.pt").write_bytes(CHECKPOINT)
    words = ["models", "export", "mine.pt", "--input", "96x64", "--licence", "ours"]
    status, out, err = typed(monkeypatch, capsys, *words)
    card = load_card(folder / "kept" / "models" / "mine-96x64.toml")
    assert (status, card.input_wh, card.class_names, card.licence) == (0, (96, 64), own_class_names(), "ours")
    assert "mine.pt is a pickle, which can run any code when it is opened; it is opened because you named it" in err
    assert "switch to it with: streetwarden models use" in out
    assert sorted(path.name for path in folder.iterdir()) == ["kept", "mine.pt", "settings.toml"]
    assert sorted(path.name for path in card.file.parent.iterdir()) == ["mine-96x64.onnx", "mine-96x64.toml"]
    assert typed(monkeypatch, capsys, "models", "use", "mine-96x64")[0] == 0


def test_checkpoint_of_the_shelf_is_opened_only_when_its_digest_is_the_pinned_one(
    folder: Path, server: FileServer, ultralytics: type[Ultralytics], monkeypatch: Monkey, capsys: Capture
) -> None:
    server.offers["/ready.pt"] = Offer(CHECKPOINT[::-1])
    for words, expected in (
        (["ready"], "is pinned for it"),
        (["loose"], "no digest is pinned for loose.pt, and it could"),
    ):
        status, _out, err = typed(monkeypatch, capsys, "models", "export", *words, "--from", server.url)
        assert (status, expected in err, ultralytics.opened) == (1, True, []), err


def test_export_for_another_size_leaves_the_ready_weights_alone(
    folder: Path, server: FileServer, ultralytics: type[Ultralytics], monkeypatch: Monkey, capsys: Capture
) -> None:
    typed(monkeypatch, capsys, "models", "pull", "ready", "--from", server.url)
    ultralytics.class_names = NAMES
    words = ["models", "export", "ready", "--input", "96x64", "--from", server.url]
    status, _out, err = typed(monkeypatch, capsys, *words)
    models = folder / "kept" / "models"
    assert (status, load_card(models / "ready-96x64.toml").input_wh, (models / "ready.onnx").read_bytes() == ONNX) == (
        0,
        (96, 64),
        True,
    ), err


def test_disk_that_fills_up_while_exporting_leaves_nothing(
    folder: Path, ultralytics: type[Ultralytics], monkeypatch: Monkey, capsys: Capture
) -> None:
    def fill(self: Ultralytics, **_: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ultralytics, "export", fill)
    (folder / "mine.pt").write_bytes(CHECKPOINT)
    status, _out, err = typed(monkeypatch, capsys, "models", "export", "mine.pt")
    assert (status, "cannot take the weights: No space left on device; name another folder by --into" in err) == (
        1,
        True,
    )
    assert list((folder / "kept" / "models").iterdir()) == []


def test_checkpoint_of_rf_detr_is_exported_and_used(
    folder: Path, server: FileServer, monkeypatch: Monkey, capsys: Capture
) -> None:
    class RfDetr:
        def __init__(self, *, pretrain_weights: str, device: str) -> None:
            assert Path(pretrain_weights).read_bytes() == CHECKPOINT

        def export(self, *, output_dir: str, shape: tuple[int, int], verbose: bool) -> None:
            (Path(output_dir) / "inference_model.onnx").write_bytes(onnx_bytes(rf_detr_output([])))

    library = types.ModuleType("rfdetr")
    library.__spec__ = types.SimpleNamespace()  # type: ignore[assignment]
    library.RFDETRNano = library.RFDETRSmall = RfDetr  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rfdetr", library)
    status, _out, err = typed(monkeypatch, capsys, "models", "export", "rf-detr-nano", "--from", server.url)
    assert (status, load_card(folder / "kept" / "models" / "rf-detr-nano.toml").family) == (0, Family.RF_DETR), err
    assert typed(monkeypatch, capsys, "models", "use", "rf-detr-nano")[0] == 0
    assert in_use(folder) == folder / "kept" / "models" / "rf-detr-nano.toml"


def test_checkpoint_that_is_none_is_named(
    folder: Path, ultralytics: type[Ultralytics], monkeypatch: Monkey, capsys: Capture
) -> None:
    status, _out, err = typed(monkeypatch, capsys, "models", "export", "gone.pt")
    assert (status, "there is no checkpoint gone.pt; name a file, or a model of: streetwarden models list" in err) == (
        1,
        True,
    )


def test_card_of_a_model_that_is_not_here_tells_where_it_comes_from(
    folder: Path, monkeypatch: Monkey, capsys: Capture
) -> None:
    status, out, _err = typed(monkeypatch, capsys, "models", "card", "rf-detr-nano")
    offered = load_shelf().entry("rf-detr-nano").checkpoint
    assert offered is not None
    assert (status, f"{offered.url} (sha256 {offered.sha256})" in out, "Apache-2.0" in out) == (0, True, True)


def test_bundled_model_is_not_fetched(folder: Path, monkeypatch: Monkey, capsys: Capture) -> None:
    status, out, _err = typed(monkeypatch, capsys, "models", "pull", "street-nano")
    assert (status, out) == (0, "street-nano comes with the program; there is nothing to fetch\n")
