"""What every horn keeps, whatever it is made of."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from broadcast.errors import HornError, HornUnavailableError
from broadcast.file_horn import FileHorn
from broadcast.horns import Horn, open_horn
from broadcast.soundcard_horn import SoundcardHorn
from tests.broadcast.backchannel import BackchannelServer, require_gstreamer
from tests.broadcast.fake_rtsp import FakeRtspServer
from tests.broadcast.fakes import FakeSoundOutput
from tests.broadcast.sounds import tone

KINDS = ["file", "soundcard", "onvif over a fake server", pytest.param("onvif", marks=pytest.mark.e2e)]


@pytest.fixture(scope="module")
def gstreamer_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    require_gstreamer()
    with BackchannelServer(tmp_path_factory.mktemp("heard")) as server:
        yield server.url


@pytest.fixture(params=KINDS)
def horn(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Horn]:
    if request.param == "file":
        yield FileHorn("gate", tmp_path / "new" / "folder")
    elif request.param == "soundcard":
        yield SoundcardHorn("gate", output=FakeSoundOutput())
    elif request.param == "onvif":
        yield open_horn("gate", request.getfixturevalue("gstreamer_url"))
    else:
        with FakeRtspServer() as server:
            yield open_horn("gate", server.url)


def _no_folder(tmp_path: Path) -> Horn:
    (tmp_path / "file").write_text("in the way")
    return FileHorn("gate", tmp_path / "file" / "folder")


def _no_card(_: Path) -> Horn:
    output = FakeSoundOutput()
    output.missing = True
    return SoundcardHorn("gate", output=output)


def _no_device(_: Path) -> Horn:
    return open_horn("gate", "onvif://root:s3cret@127.0.0.1:9/talk")


@pytest.fixture(params=[_no_folder, _no_card, _no_device])
def absent_horn(request: pytest.FixtureRequest, tmp_path: Path) -> Horn:
    make: Callable[[Path], Horn] = request.param
    return make(tmp_path)


def test_whole_clip_gives_a_whole_receipt(horn: Horn) -> None:
    clip = tone(0.3)
    receipt = horn.play(clip, threading.Event())
    assert (receipt.ok, receipt.detail, receipt.horn_id, receipt.audio_sha256) == (True, "", "gate", clip.sha256)
    assert receipt.duration_s == pytest.approx(0.3, abs=0.021)
    assert receipt.bytes_sent > 0
    assert receipt.codec
    assert receipt.started_at.tzinfo is not None


def test_clip_that_is_stopped_before_it_began_does_not_sound(horn: Horn) -> None:
    stop = threading.Event()
    stop.set()
    receipt = horn.play(tone(30.0), stop)
    assert not receipt.ok
    assert receipt.duration_s < 1
    assert "stopped" in receipt.detail


def test_horn_plays_again_after_a_stop(horn: Horn) -> None:
    stop = threading.Event()
    stop.set()
    horn.play(tone(0.3), stop)
    assert horn.play(tone(0.1), threading.Event()).ok


def test_clip_of_nothing_is_played_whole(horn: Horn) -> None:
    assert horn.play(tone(0.0), threading.Event()).ok


def test_check_makes_no_sound_and_says_what_it_is(horn: Horn) -> None:
    check = horn.check()
    assert check.ok
    assert check.detail
    assert check.error is None


def test_absent_horn_says_so_by_its_error(absent_horn: Horn) -> None:
    with pytest.raises(HornUnavailableError, match="horn gate: ") as caught:
        absent_horn.play(tone(0.1), threading.Event())
    assert caught.value.retryable
    assert "s3cret" not in str(caught.value)


def test_check_of_an_absent_horn_tells_the_same(absent_horn: Horn) -> None:
    check = absent_horn.check()
    assert not check.ok
    assert isinstance(check.error, HornError)
    assert "s3cret" not in check.detail
