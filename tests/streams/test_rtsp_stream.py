"""Our own RTSP sessions: set up, kept alive, disturbed, ended by either side."""

import ssl
import threading
from collections.abc import Callable, Iterator

import pytest

from streams.asking import ask
from streams.connection import Pace
from streams.errors import (
    StreamAuthError,
    StreamBusyError,
    StreamEndedError,
    StreamError,
    StreamNotFoundError,
    StreamReadError,
    StreamStalledError,
    StreamTransportError,
)
from streams.rtsp_client import EARLY_BYTES
from streams.rtsp_stream import MOST_ODD_PER_S, open_stream
from streams.settings import StreamSettings
from streams.timeline import Clocks
from tests.simulator.camera import SimulatedCamera
from tests.simulator.dialogue import Login, Reply
from tests.streams.helpers import LIMIT_S, HandClock
from tests.streams.rtp_packets import IDR, PPS, SPS, Sender, annexb, goodbye, interleaved, sender_report
from tests.streams.scripted_camera import DESCRIPTION, SESSION, STEP, Reading, ScriptedCamera

pytestmark = pytest.mark.e2e

KEY = annexb(SPS, PPS, IDR)
UNIX_S = 1_795_000_000.0
TRANSPORT = "RTP/AVP/TCP;unicast;interleaved=0-1"
SHORT = Reply(headers={"Session": f"{SESSION};timeout=4", "Transport": TRANSPORT})
PATIENT = StreamSettings(read_timeout_s=60.0)


@pytest.fixture
def camera() -> Iterator[ScriptedCamera]:
    with ScriptedCamera() as camera:
        yield camera


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def reading(camera: ScriptedCamera, clock: HandClock) -> Iterator[Callable[[], Reading]]:
    """Return a function that plays the camera in another thread, by the clock turned by hand."""
    begun: list[Reading] = []

    def begin() -> Reading:
        begun.append(Reading(camera.play(PATIENT), Pace(threading.Event(), clock.clocks)))
        return begun[-1].__enter__()

    yield begin
    for each in begun:
        each.__exit__(None, None, None)


def challenge(nonce: str) -> Reply:
    return Reply(401, {"WWW-Authenticate": f'Digest realm="camera", nonce="{nonce}"'})


def methods(camera: ScriptedCamera) -> list[str]:
    return [each.method for each in camera.seen]


def test_session_is_set_up_and_played(camera: ScriptedCamera, reading: Callable[[], Reading]) -> None:
    stream = reading()
    camera.send_picture(1)
    camera.send_picture(2)
    first, second = stream.wait(2)
    assert (first.data, first.pts_s, first.dts_s, first.is_key) == (KEY, pytest.approx(0.04), None, True)
    assert second.pts_s == pytest.approx(0.08)
    assert methods(camera) == ["DESCRIBE", "SETUP", "PLAY"]
    assert camera.wait("SETUP")[0].url.endswith("/live/track")
    assert camera.wait("PLAY")[0].headers["session"] == SESSION


@pytest.mark.parametrize(("timeout", "limit_s"), [(";timeout=4", 4.0), ("", 60.0), (";timeout=soon", 60.0)])
def test_session_is_kept_alive_before_its_time_is_over(
    camera: ScriptedCamera, clock: HandClock, reading: Callable[[], Reading], timeout: str, limit_s: float
) -> None:
    camera.replies["SETUP"] = [Reply(headers={"Session": f"{SESSION}{timeout}", "Transport": TRANSPORT})]
    stream = reading()
    camera.send_picture(1)
    stream.wait(1)
    clock.advance(limit_s * 0.6)
    (request,) = camera.wait("GET_PARAMETER")
    assert request.headers["session"] == SESSION


def test_session_is_not_kept_alive_more_often_than_needed(
    camera: ScriptedCamera, clock: HandClock, reading: Callable[[], Reading]
) -> None:
    camera.replies["SETUP"] = [SHORT]
    stream = reading()
    for number in range(1, 42):
        camera.send_picture(number)
        stream.wait(number)
        clock.advance(0.5)
    camera.wait("GET_PARAMETER", 7)
    assert methods(camera).count("GET_PARAMETER") <= 10


@pytest.mark.parametrize("status", [400, 405, 501, 551])
def test_refused_keepalive_is_followed_by_another_at_once(
    camera: ScriptedCamera, clock: HandClock, reading: Callable[[], Reading], status: int
) -> None:
    camera.replies |= {"SETUP": [SHORT], "GET_PARAMETER": [Reply(status)], "OPTIONS": [Reply(status)]}
    stream = reading()
    clock.advance(2.1)
    camera.wait("OPTIONS")
    clock.advance(2.1)
    camera.wait("OPTIONS", 2)
    camera.send_picture(1)
    stream.wait(1)
    assert methods(camera)[3:] == ["GET_PARAMETER", "OPTIONS", "OPTIONS"]


def test_challenge_in_mid_stream_is_signed(
    camera: ScriptedCamera, clock: HandClock, reading: Callable[[], Reading]
) -> None:
    camera.replies |= {"SETUP": [SHORT], "GET_PARAMETER": [challenge("second"), Reply()]}
    camera.replies["DESCRIBE"].insert(0, challenge("first"))
    reading()
    clock.advance(2.1)
    before, after = camera.wait("GET_PARAMETER", 2)
    assert 'nonce="first"' in before.headers["authorization"]
    assert 'nonce="second"' in after.headers["authorization"]


def test_keepalive_that_is_always_challenged_is_signed_once_each(
    camera: ScriptedCamera, clock: HandClock, reading: Callable[[], Reading]
) -> None:
    camera.replies |= {"SETUP": [SHORT], "GET_PARAMETER": [challenge("new")]}
    stream = reading()
    for number in (1, 2):
        clock.advance(2.1)
        camera.wait("GET_PARAMETER", 2 * number)
        camera.send_picture(number)
        stream.wait(number)
    assert methods(camera).count("GET_PARAMETER") == 4


def test_session_that_the_camera_forgot_ends_the_stream(
    camera: ScriptedCamera, clock: HandClock, reading: Callable[[], Reading]
) -> None:
    camera.replies |= {"SETUP": [SHORT], "GET_PARAMETER": [Reply(454)]}
    stream = reading()
    clock.advance(2.1)
    stream.join()
    assert isinstance(stream.error, StreamReadError)
    assert "forgot our session" in str(stream.error)


@pytest.mark.parametrize(
    ("method", "status"), [("OPTIONS", "200"), ("GET_PARAMETER", "200"), ("SET_PARAMETER", "200"), ("REDIRECT", "405")]
)
def test_requests_of_the_camera_in_mid_stream_are_answered(
    camera: ScriptedCamera, reading: Callable[[], Reading], method: str, status: str
) -> None:
    stream = reading()
    request = f"{method} rtsp://127.0.0.1/live RTSP/1.0\r\nCSeq: 77\r\n\r\n".encode()
    camera.send(camera.picture(1) + request + camera.picture(2))
    stream.wait(2)
    (answer,) = camera.wait("RTSP/1.0")
    assert answer.url.partition(" ")[0] == status
    assert answer.headers["cseq"] == "77"
    assert stream.stream.corrupt == 0


@pytest.mark.parametrize("noise", [b"\x00\x01\x02", b"\x47" * 188, b"abc$\xfaxyz", b"RTSP/1.0 nonsense\r\n\r\n"])
def test_noise_between_packets_is_skipped_and_counted(
    camera: ScriptedCamera, reading: Callable[[], Reading], noise: bytes
) -> None:
    stream = reading()
    camera.send(camera.picture(1) + noise + camera.picture(2))
    assert [unit.data for unit in stream.wait(2)] == [KEY, KEY]
    assert stream.stream.corrupt == 1


@pytest.mark.parametrize("odd", [b"RTSP/1.0 200\r\n\r\n", b"X" + interleaved(0, b"\x80"), b"\n" + interleaved(9, b"x")])
def test_flood_of_messages_or_noise_ends_the_stream(
    camera: ScriptedCamera, reading: Callable[[], Reading], odd: bytes
) -> None:
    stream = reading()
    camera.send(odd * MOST_ODD_PER_S)
    camera.send_picture(1)
    stream.wait(1)
    camera.send(odd * MOST_ODD_PER_S)
    stream.join()
    assert isinstance(stream.error, StreamReadError)
    assert "noise a second" in str(stream.error)
    assert "geheim" not in str(stream.error)


def test_as_much_noise_in_two_seconds_ends_nothing(
    camera: ScriptedCamera, clock: HandClock, reading: Callable[[], Reading]
) -> None:
    stream = reading()
    for number in range(1, 4):
        camera.send((b"X" + interleaved(0, b"\x80")) * (MOST_ODD_PER_S - 1) + camera.picture(number))
        stream.wait(number)
        clock.advance(1.0)
    assert stream.error is None


@pytest.mark.parametrize("blanks", [b"\r\n", b"\n", b"\r\n\r\n"])
def test_blank_lines_between_packets_cost_none(
    camera: ScriptedCamera, reading: Callable[[], Reading], blanks: bytes
) -> None:
    stream = reading()
    packets = [camera.sender.packet(each, STEP, is_last=each is IDR) for each in (SPS, PPS, IDR)]
    camera.send(b"".join(blanks + interleaved(0, packet) for packet in packets))
    assert [unit.data for unit in stream.wait(1)] == [KEY]
    assert stream.stream.corrupt == 0


def test_lost_packets_are_counted(camera: ScriptedCamera, reading: Callable[[], Reading]) -> None:
    stream = reading()
    camera.send_picture(1)
    camera.sender.lose()
    camera.send_picture(2)
    stream.wait(2)
    assert stream.stream.corrupt == 1


def test_packets_in_front_of_the_answer_to_play_are_kept(
    camera: ScriptedCamera, reading: Callable[[], Reading]
) -> None:
    camera.ahead["PLAY"] = camera.picture(1) + camera.picture(2)
    stream = reading()
    camera.send_picture(3)
    assert [unit.pts_s for unit in stream.wait(3)] == pytest.approx([0.04, 0.08, 0.12])
    assert stream.stream.corrupt == 0


@pytest.mark.parametrize(("packets", "size"), [(200, 65_535), (4000, 1400)])
def test_packets_in_front_of_the_answers_are_kept_up_to_six_megabytes(
    camera: ScriptedCamera, packets: int, size: int
) -> None:
    camera.ahead |= dict.fromkeys(("SETUP", "PLAY"), interleaved(0, bytes(size)) * packets)
    camera.ahead["PLAY"] += camera.picture(1)
    stream = camera.play()
    early = stream._client.early()
    stream.close()
    assert 0.9 * EARLY_BYTES < sum(len(data) for _, data in early) <= EARLY_BYTES
    assert early[-1][1].endswith(IDR)


@pytest.mark.parametrize(("told", "video", "control"), [("4-5", 4, 5), ("2", 2, 3), ("7-3", 7, 3)])
def test_channels_that_the_camera_chooses_are_obeyed(
    camera: ScriptedCamera, reading: Callable[[], Reading], told: str, video: int, control: int
) -> None:
    transport = f"RTP/AVP/TCP;unicast;interleaved={told};ssrc=5EED"
    camera.replies["SETUP"] = [Reply(headers={"Session": SESSION, "Transport": transport})]
    stream = reading()
    foreign = Sender(source=99)
    camera.send(interleaved(control, sender_report(UNIX_S, STEP)))
    camera.send(b"".join(interleaved(0, foreign.packet(IDR, is_last=True)) for _ in range(3)))
    camera.send(camera.picture(1, video))
    (unit,) = stream.wait(1)
    assert unit.data == KEY
    assert unit.camera_unix_s == pytest.approx(UNIX_S)


@pytest.mark.parametrize("transport", ["", "RTP/AVP/TCP", "RTP/AVP/TCP;interleaved=x-y", "RTP/AVP/TCP;interleaved=999"])
def test_channels_that_the_camera_does_not_tell_are_those_we_asked_for(
    camera: ScriptedCamera, reading: Callable[[], Reading], transport: str
) -> None:
    camera.replies["SETUP"] = [Reply(headers={"Session": SESSION, "Transport": transport})]
    stream = reading()
    camera.send_picture(1)
    assert stream.wait(1)[0].data == KEY


@pytest.mark.parametrize(
    ("method", "status", "kind"),
    [
        ("SETUP", 461, StreamTransportError),
        ("SETUP", 453, StreamBusyError),
        ("SETUP", 500, StreamBusyError),
        ("SETUP", 401, StreamAuthError),
        ("SETUP", 404, StreamNotFoundError),
        ("PLAY", 454, StreamBusyError),
        ("PLAY", 403, StreamAuthError),
    ],
)
def test_refusals_have_errors_of_their_own(
    camera: ScriptedCamera, method: str, status: int, kind: type[StreamError]
) -> None:
    camera.replies[method] = [Reply(status, {"WWW-Authenticate": 'Digest realm="camera", nonce="n"'})]
    with pytest.raises(kind) as caught:
        camera.play()
    assert "geheim" not in str(caught.value)


def test_camera_that_chooses_udp_is_told(camera: ScriptedCamera) -> None:
    transport = "RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001"
    camera.replies["SETUP"] = [Reply(headers={"Session": SESSION, "Transport": transport})]
    with pytest.raises(StreamTransportError):
        camera.play()


def test_session_is_given_back_where_playing_is_refused(camera: ScriptedCamera) -> None:
    camera.replies["PLAY"] = [Reply(500)]
    with pytest.raises(StreamBusyError):
        camera.play()
    assert camera.wait("TEARDOWN")[0].headers["session"] == SESSION


def test_camera_that_hangs_up_on_a_question_is_told(camera: ScriptedCamera) -> None:
    camera.replies["PLAY"] = [None]
    failed: list[StreamError] = []

    def play() -> None:
        with pytest.raises(StreamReadError) as caught:
            camera.play()
        failed.append(caught.value)

    thread = threading.Thread(target=play)
    thread.start()
    camera.wait("PLAY")
    camera.hang_up()
    thread.join(LIMIT_S)
    assert "hung up on PLAY" in str(failed[0])


def test_description_that_is_not_for_us_opens_no_stream(camera: ScriptedCamera) -> None:
    camera.replies["DESCRIBE"] = [Reply(body=DESCRIPTION.replace(b"H264", b"JPEG"))]
    end_s = Clocks().monotonic() + LIMIT_S
    asked = ask(camera.url, end_s)
    try:
        assert open_stream(asked, StreamSettings(), end_s) is None
    finally:
        asked.client.close()


def test_hang_up_ends_the_stream(camera: ScriptedCamera, reading: Callable[[], Reading]) -> None:
    stream = reading()
    camera.send_picture(1)
    stream.wait(1)
    camera.hang_up()
    stream.join()
    assert stream.error is None
    with pytest.raises(StreamEndedError, match="ended the stream") as caught:
        stream.stream.again()
    assert "geheim" not in str(caught.value)


def test_goodbye_ends_the_stream_behind_its_last_picture(
    camera: ScriptedCamera, reading: Callable[[], Reading]
) -> None:
    stream = reading()
    camera.send(camera.picture(1) + interleaved(1, goodbye()))
    stream.join()
    assert (len(stream.units), stream.error) == (1, None)


def test_goodbye_of_another_source_ends_nothing(camera: ScriptedCamera, reading: Callable[[], Reading]) -> None:
    stream = reading()
    camera.send(camera.picture(1) + interleaved(1, goodbye(99)) + camera.picture(2))
    stream.wait(2)
    assert stream.error is None


def test_silence_is_a_stall(camera: ScriptedCamera, clock: HandClock, reading: Callable[[], Reading]) -> None:
    stream = reading()
    camera.send_picture(1)
    stream.wait(1)
    clock.advance(PATIENT.read_timeout_s + 1)
    stream.join()
    assert isinstance(stream.error, StreamStalledError)


@pytest.mark.parametrize("drop", [b"$", b"R", interleaved(0, b""), interleaved(7, b"x" * 20), b"\x00"])
def test_bytes_that_make_no_picture_are_a_stall(
    camera: ScriptedCamera, clock: HandClock, reading: Callable[[], Reading], drop: bytes
) -> None:
    stream = reading()
    camera.send_picture(1)
    stream.wait(1)
    for _ in range(8):
        clock.advance(PATIENT.read_timeout_s / 7)
        camera.send(drop)
    stream.join()
    assert isinstance(stream.error, StreamStalledError)


def test_camera_behind_tls_is_played(clip, tls: ssl.SSLContext) -> None:
    login = Login("operator", "geheim")
    with SimulatedCamera(clip(seconds=2), login=login, tls=tls) as camera:
        end_s = Clocks().monotonic() + LIMIT_S
        stream = open_stream(ask(camera.url(), end_s), PATIENT, end_s)
        assert stream is not None
        with Reading(stream, Pace(threading.Event())) as played:
            assert len(played.wait(20)) >= 20
        assert camera.count("TEARDOWN") == 1
        assert stream.corrupt == 0
