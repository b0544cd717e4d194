"""A camera's PTZ service is asked with a digest and in a bounded time, whatever it answers; errors hold no password."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from streams.errors import PtzAnswerError, PtzAuthError, PtzAwayError, PtzError, PtzRefusedError
from streams.onvif_ptz import Position, Preset, PtzClient, PtzStatus, check_ptz_url
from tests.streams.ptz_server import PASSWORD, PtzCamera, serving

BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'


@pytest.fixture
def camera() -> Iterator[PtzCamera]:
    with serving() as made:
        yield made


def client(camera: PtzCamera, timeout_s: float = 5.0) -> PtzClient:
    return PtzClient(camera.url, timeout_s=timeout_s)


def test_presets_are_those_that_the_camera_knows(camera: PtzCamera) -> None:
    assert client(camera).presets() == (Preset("1", "View 1"), Preset("2", "View 2"))


def test_media_profile_is_asked_for_once_where_none_is_set(camera: PtzCamera) -> None:
    asking = client(camera)
    asking.status()
    asking.status()
    assert camera.asked.count("GetProfiles") == 1
    PtzClient(camera.url, "Profile_7").status()
    assert camera.asked.count("GetProfiles") == 1


def test_camera_turns_to_a_preset_and_back_to_where_it_pointed(camera: PtzCamera) -> None:
    asking = client(camera)
    before = asking.status()
    assert before == PtzStatus(Position(0.75, 0.0, 0.5), is_moving=False)
    asking.go_to_preset("2")
    assert camera.position == (0.5, -0.25, 0.125)
    assert before.position is not None
    asking.go_to(before.position)
    assert camera.position == (0.75, 0.0, 0.5)


@pytest.mark.parametrize(("said", "is_moving"), [("MOVING", True), ("UNKNOWN", None), ("", None)])
def test_camera_that_does_not_say_whether_it_moves_is_not_taken_to_stand(
    camera: PtzCamera, said: str, is_moving: bool | None
) -> None:
    camera.move_status = said
    assert client(camera).status().is_moving is is_moving


def test_login_counts_although_the_cameras_clock_is_wrong_by_hours(camera: PtzCamera) -> None:
    camera.clock_ahead = timedelta(hours=-7)
    assert len(client(camera).presets()) == 2


def test_login_counts_again_after_the_cameras_clock_was_set_back(camera: PtzCamera) -> None:
    asking = client(camera)
    asking.presets()
    camera.clock_ahead = timedelta(days=-9000)  # a power cut
    assert len(asking.presets()) == 2


def test_clock_of_a_camera_that_was_away_is_asked_for_once_it_is_back(camera: PtzCamera) -> None:
    asking = client(camera, timeout_s=0.3)
    camera.drips_s = 0.1
    with pytest.raises(PtzAwayError):
        asking.presets()
    camera.drips_s, camera.clock_ahead = 0.0, timedelta(hours=-7)
    assert len(asking.presets()) == 2


def test_wrong_password_is_said_to_be_so_and_not_tried_again(camera: PtzCamera) -> None:
    wrong = PtzClient(camera.url.replace("sesame", "rice"), "1")
    with pytest.raises(PtzAuthError, match="user name or password") as refused:
        wrong.presets()
    assert camera.asked.count("GetPresets") == 1
    with pytest.raises(PtzAuthError):
        wrong.presets()
    assert camera.asked.count("GetPresets") == 2
    assert not refused.value.retryable
    assert "rice" not in str(refused.value)


def test_refusal_is_told_in_the_cameras_words(camera: PtzCamera) -> None:
    camera.refuses = "GetPresets"
    with pytest.raises(PtzRefusedError, match="no such thing"):
        client(camera).presets()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>sign in</html>",
        b"\xff\xfe\x00garbage",
        b"<a>",
        BOMB,
        OUTSIDE,
        b'<?xml version="1.0" encoding="x"?><a/>',
    ],
)
def test_garbage_is_no_answer(camera: PtzCamera, content: bytes) -> None:
    camera.answers = (200, content)
    with pytest.raises(PtzAnswerError):
        PtzClient(camera.url, "1").presets()


def test_answer_without_end_is_given_up(camera: PtzCamera) -> None:
    camera.answers = (200, b"<a>" + b"x" * 2**20)
    with pytest.raises(PtzAnswerError, match="more than"):
        PtzClient(camera.url, "1").presets()


def test_camera_that_answers_a_byte_at_a_time_is_given_up_in_time(camera: PtzCamera) -> None:
    camera.answers, camera.drips_s = (200, b"<a>" + b" " * 1000), 0.05
    with pytest.raises(PtzAwayError, match=r"within 0\.5 s"):
        PtzClient(camera.url, "1", 0.5).presets()


def test_redirect_is_not_followed_with_the_login(camera: PtzCamera) -> None:
    camera.answers, camera.headers = (302, b""), {"Location": "http://192.0.2.1/steal"}
    with pytest.raises(PtzAnswerError, match="HTTP 302"):
        PtzClient(camera.url, "1").presets()


def test_camera_that_is_not_there_is_away_and_its_password_in_no_error() -> None:
    with serving() as gone:
        url = gone.url
    with pytest.raises(PtzAwayError) as away:
        PtzClient(url, "1", 0.5).status()
    assert PASSWORD not in str(away.value)
    assert "sesame" not in repr(away.value)


@pytest.mark.parametrize("url", ["rtsp://a/b", "http://", "http://host:99999999/", "host/onvif", "http://[::1/x"])
def test_address_that_is_none_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ValueError, match="PTZ service is http"):
        check_ptz_url(url)


def test_every_error_is_one_of_a_camera_that_could_not_be_turned() -> None:
    assert all(issubclass(kind, PtzError) for kind in (PtzAuthError, PtzAwayError, PtzAnswerError, PtzRefusedError))
