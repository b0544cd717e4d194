"""How a session of ours is closed: with a leave that the camera hears, and without waiting for it for ever."""

import threading
from collections.abc import Iterator

import pytest

from streams import rtsp_stream
from tests.streams.helpers import LIMIT_S
from tests.streams.rtp_packets import Sender
from tests.streams.scripted_camera import SESSION, ScriptedCamera

pytestmark = pytest.mark.e2e


@pytest.fixture
def camera() -> Iterator[ScriptedCamera]:
    with ScriptedCamera() as camera:
        yield camera


def test_leave_is_taken_and_its_answer_awaited(camera: ScriptedCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtsp_stream, "GOODBYE_S", 10 * LIMIT_S)
    camera.gates["TEARDOWN"] = threading.Event()
    stream = camera.play()
    closing = threading.Thread(target=stream.close)
    closing.start()
    assert camera.wait("TEARDOWN")[0].headers["session"] == SESSION
    camera.send_picture(1)  # pictures are no answer
    assert closing.is_alive()
    camera.gates["TEARDOWN"].set()
    closing.join(LIMIT_S)
    assert not closing.is_alive()


@pytest.mark.parametrize("streams_on", [True, False])
def test_closing_does_not_wait_for_ever_for_an_answer(camera: ScriptedCamera, streams_on: bool) -> None:
    camera.replies["TEARDOWN"] = [None]
    camera.sender = Sender()
    stream = camera.play()
    ended = threading.Event()

    def close() -> None:
        stream.close()
        ended.set()

    closing = threading.Thread(target=close)
    closing.start()
    number = 0
    try:
        while streams_on and not ended.is_set() and number < 10_000_000:
            number += 1
            camera.send_picture(number)
    except OSError:
        pass  # it was closed while we sent
    closing.join(LIMIT_S)
    assert ended.is_set()


def test_closing_twice_takes_leave_once(camera: ScriptedCamera) -> None:
    stream = camera.play()
    stream.close()
    stream.close()
    assert len(camera.wait("TEARDOWN")) == 1


def test_closing_after_a_hang_up_raises_nothing(camera: ScriptedCamera) -> None:
    stream = camera.play()
    camera.hang_up()
    stream.close()
