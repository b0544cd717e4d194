"""Opening: errors are ours, one sentence each, without the password."""

import av
import pytest

from streams.container import read_error
from streams.errors import (
    BadUrlError,
    NotRtspError,
    StreamAuthError,
    StreamBusyError,
    StreamError,
    StreamNotFoundError,
    StreamOpenError,
    StreamReadError,
    StreamRefusedError,
    StreamStalledError,
    StreamTimeoutError,
    StreamUnreachableError,
)
from streams.opening import Openers, open_camera, open_error, open_file
from streams.settings import StreamSettings
from tests.rtsp.server import free_port

URL = "rtsp://admin:geheim@10.0.0.5/live"


def libav_error(kind: type[av.FFmpegError]) -> av.FFmpegError:
    """Return an error as libav makes it: with the URL, and so the password, in its message."""
    return kind(1, "it failed", URL)


@pytest.mark.parametrize(
    ("kind", "ours", "retryable"),
    [
        (av.HTTPUnauthorizedError, StreamAuthError, False),
        (av.HTTPForbiddenError, StreamAuthError, False),
        (av.HTTPNotFoundError, StreamNotFoundError, True),
        (av.TimeoutError, StreamTimeoutError, True),
        (av.ExitError, StreamTimeoutError, True),
        (av.ConnectionRefusedError, StreamRefusedError, True),
        (av.OSError, StreamUnreachableError, True),
        (av.InvalidDataError, NotRtspError, True),
        (av.HTTPServerError, StreamBusyError, True),
        (av.HTTPOtherClientError, StreamBusyError, True),
        (av.PermissionError, StreamOpenError, True),
    ],
)
def test_each_error_while_opening_becomes_ours_without_the_password(
    kind: type[av.FFmpegError], ours: type[StreamError], retryable: bool
) -> None:
    err = open_error(libav_error(kind), URL)
    assert (type(err), err.retryable) == (ours, retryable)
    assert "rtsp://admin:***@10.0.0.5/live" in str(err)
    assert "geheim" not in str(err)


@pytest.mark.parametrize(
    ("kind", "ours"),
    [
        (av.ExitError, StreamStalledError),
        (av.TimeoutError, StreamStalledError),
        (av.ConnectionResetError, StreamReadError),
    ],
)
def test_each_error_while_reading_becomes_ours_without_the_password(
    kind: type[av.FFmpegError], ours: type[StreamError]
) -> None:
    err = read_error(libav_error(kind), URL)
    assert (type(err), err.retryable) == (ours, True)
    assert "geheim" not in str(err)


def test_libav_itself_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(StreamOpenError):
        open_camera(f"rtsp://admin:geheim@127.0.0.1:{free_port()}/live", StreamSettings())
    assert capfd.readouterr() == ("", "")


def test_error_has_no_cause_that_holds_the_password() -> None:
    with pytest.raises(StreamOpenError) as caught:
        open_camera(f"rtsp://admin:geheim@127.0.0.1:{free_port()}/live", StreamSettings())
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_scheme_that_nothing_opens_is_named() -> None:
    with pytest.raises(StreamOpenError, match="nothing opens synthetic://"):
        Openers().open("synthetic://street", StreamSettings())


def test_play_list_that_names_other_files_is_not_opened(clip, tmp_path) -> None:
    path = tmp_path / "list.mp4"
    path.write_text(f"ffconcat version 1.0\nfile '{clip(seconds=1)}'\n")
    with pytest.raises(StreamOpenError, match="text file"):
        open_file(str(path), StreamSettings())


def test_url_that_its_opener_does_not_understand_is_not_tried_again() -> None:
    def picky(_url: str, _settings: StreamSettings) -> av.container.InputContainer:
        raise ValueError("there is no scene 'nowhere'; known are market, wall")

    with pytest.raises(BadUrlError, match="no scene 'nowhere'") as caught:
        Openers({"synthetic": picky}).open("synthetic://nowhere", StreamSettings())
    assert not caught.value.retryable


@pytest.mark.parametrize("login", ["admin:geheim", "admin：geheim", "admin:geheim＠1"])
def test_opener_that_quotes_the_url_shows_no_password(login: str) -> None:
    def quoting(url: str, _settings: StreamSettings) -> av.container.InputContainer:
        raise ValueError(f"netloc {url.partition('//')[2]!r} contains invalid characters")

    with pytest.raises(BadUrlError, match="contains invalid characters") as caught:
        Openers({"synthetic": quoting}).open(f"synthetic://{login}@street", StreamSettings())
    assert "geheim" not in str(caught.value)
