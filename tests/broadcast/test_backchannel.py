"""The RTSP client against servers that behave, and that do not."""

import itertools
import socket
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from broadcast.errors import (
    HornAuthError,
    HornBusyError,
    HornError,
    HornProtocolError,
    HornRefusedError,
    HornUnavailableError,
    HornUrlError,
)
from broadcast.onvif_horn import OnvifHorn
from broadcast.rtsp_backchannel import parse_place, probe_backchannel
from broadcast.rtsp_connection import BackchannelTimeouts, RtspConnection
from tests.broadcast.fake_rtsp import SDP, FakeRtspServer, answer, well_behaved
from tests.broadcast.sounds import tone

QUICK = BackchannelTimeouts(connect_s=5.0, answer_s=0.3)
PATIENT = BackchannelTimeouts(connect_s=20.0, answer_s=20.0)


def play(url: str, timeouts: BackchannelTimeouts = PATIENT, *, duration_s: float = 0.1) -> None:
    place, transport = parse_place("gate", urlsplit(url))
    OnvifHorn("gate", place, transport, timeouts=timeouts).play(tone(duration_s), threading.Event())


def describe_with(reply: Callable[[str], bytes | None]) -> Callable[[str, str], bytes | None]:
    """Return a script that behaves except for DESCRIBE."""
    return lambda method, cseq: reply(cseq) if method == "DESCRIBE" else well_behaved(method, cseq)


def test_conversation_is_as_onvif_wants_it() -> None:
    with FakeRtspServer() as server:
        play(server.url, duration_s=0.1)
    methods = [request.split()[0] for request in server.requests]
    assert methods == ["DESCRIBE", "SETUP", "PLAY", "TEARDOWN"]
    assert all("Require: www.onvif.org/ver20/backchannel" in request for request in server.requests)
    assert f"SETUP rtsp://127.0.0.1:{server.port}/talk/back RTSP/1.0" in server.requests[1]
    assert all("Session: 42\r" in request + "\r" for request in server.requests[2:])


def test_packets_carry_20_ms_each_on_the_channel_that_the_server_chose() -> None:
    with FakeRtspServer() as server:
        play(server.url, duration_s=0.1)
    packets = [packet for _, packet in server.sound]
    headers = [
        (packet[0], packet[1], int.from_bytes(packet[2:4], "big"), int.from_bytes(packet[4:8], "big"))
        for packet in packets
    ]
    assert {channel for channel, _ in server.sound} == {4}
    assert [len(packet) for packet in packets] == [172] * 5
    assert [header[:2] for header in headers] == [(0x80, 0x80)] + [(0x80, 0x00)] * 4
    assert {(later[2] - before[2]) % 2**16 for before, later in itertools.pairwise(headers)} == {1}
    assert {(later[3] - before[3]) % 2**32 for before, later in itertools.pairwise(headers)} == {160}
    assert len({packet[8:12] for packet in packets}) == 1


def test_sound_is_paced_in_real_time() -> None:
    with FakeRtspServer() as server:
        began_s = time.monotonic()
        play(server.url, duration_s=1.0)
        assert time.monotonic() - began_s >= 1.9  # a second of sound, and one for the horn to play out


def test_servers_own_requests_are_answered_while_it_listens() -> None:
    def script(method: str, cseq: str) -> bytes | None:
        reply = well_behaved(method, cseq)
        asks = b"GET_PARAMETER rtsp://x/ RTSP/1.0\r\nCSeq: 7\r\n\r\nANNOUNCE rtsp://x/ RTSP/1.0\r\nCSeq: 8\r\n\r\n"
        return reply + b"$\x00\x00\x04abcd" + asks if method == "PLAY" and reply else reply

    with FakeRtspServer(script) as server:
        play(server.url)
    answers = [request for request in server.requests if request.startswith("RTSP/")]
    assert ["200" in answers[0] and "CSeq: 7" in answers[0], "405" in answers[1]] == [True, True]


def test_servers_request_before_the_answer_is_answered() -> None:
    def script(method: str, cseq: str) -> bytes | None:
        reply = well_behaved(method, cseq)
        return b"OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n" + reply if method == "SETUP" and reply else reply

    with FakeRtspServer(script) as server:
        play(server.url)
    assert [request[:12] for request in server.requests if request.startswith("RTSP/")] == ["RTSP/1.0 200"]


def test_long_sound_keeps_the_session_alive() -> None:
    def script(method: str, cseq: str) -> bytes | None:
        if method == "SETUP":
            return answer(cseq, "Session: 42;timeout=1", "Transport: RTP/AVP/TCP;interleaved=0-1")
        return well_behaved(method, cseq)

    with FakeRtspServer(script) as server:
        play(server.url, duration_s=1.5)
    assert any(request.startswith("GET_PARAMETER") for request in server.requests)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        ("403 Forbidden", HornAuthError, "audio rights"),
        ("404 Not Found", HornRefusedError, "correct the path"),
        ("453 Not Enough Bandwidth", HornBusyError, "somebody else is speaking"),
        ("461 Unsupported Transport", HornRefusedError, r"\?transport=udp"),
        ("551 Option not supported", HornRefusedError, "no ONVIF audio backchannel"),
        ("302 Moved", HornRefusedError, "name the device itself"),
        ("503 Service Unavailable", HornUnavailableError, "trouble of its own"),
        ("418 Teapot", HornRefusedError, "manual"),
    ],
)
def test_each_refusal_has_its_own_sentence(status: str, kind: type[HornError], words: str) -> None:
    with (
        FakeRtspServer(describe_with(lambda cseq: answer(cseq, status=status))) as server,
        pytest.raises(kind, match=words),
    ):
        play(server.url)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak RTSP"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "does not speak RTSP"),
        (b"RTSP/1.0 abc\r\n\r\n", "status"),
        (b"RTSP/1.0 200 OK\r\nbad line\r\n\r\n", "colon"),
        (b"RTSP/1.0 200 OK\r\nX: \x1b[2J\r\n\r\n", "control characters"),
        (b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "more than 100 lines"),
        (b"RTSP/1.0 200 OK\r\nX: " + b"y" * 20_000, "longer than 16384"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n", "body is longer"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n", "content length"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "content length"),
    ],
)
def test_nonsense_is_refused_by_what_is_wrong_with_it(reply: bytes, words: str) -> None:
    with FakeRtspServer(describe_with(lambda _: reply)) as server, pytest.raises(HornProtocolError, match=words):
        play(server.url)


def test_server_that_hangs_up_is_unavailable() -> None:
    with FakeRtspServer(lambda *_: None) as server, pytest.raises(HornUnavailableError, match="hung up"):
        play(server.url)


def test_server_that_says_nothing_is_left_after_the_time_limit() -> None:
    with (
        FakeRtspServer(lambda *_: b"") as server,
        pytest.raises(HornUnavailableError, match=r"did not answer DESCRIBE in 0\.3 s"),
    ):
        play(server.url, QUICK)


def test_server_that_drips_is_left_after_the_time_limit() -> None:
    dripping = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            client, _ = listener.accept()
            with client:
                try:
                    for byte in b"RTSP/1.0 200 OK\r\n" + b"X" * 100_000:
                        client.sendall(bytes([byte]))
                        dripping.wait(0.02)
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        with pytest.raises(HornUnavailableError, match="did not answer"):
            play(f"onvif://127.0.0.1:{listener.getsockname()[1]}/", QUICK)
        thread.join(30)


def test_packets_in_front_of_an_answer_are_not_kept() -> None:
    with FakeRtspServer(
        describe_with(lambda cseq: b"$\x00\x00\x00$\x01\x00\x04abcd" + answer(cseq, body=SDP))
    ) as server:
        place, _ = parse_place("gate", urlsplit(server.url))
        with RtspConnection("gate", place, PATIENT) as connection:
            assert connection.request("DESCRIBE", place.bare_url, {}).body == SDP.encode()
            assert connection._client.early() == []


def test_answers_to_other_requests_are_no_answers() -> None:
    with (
        FakeRtspServer(describe_with(lambda _: answer("999", body=SDP))) as server,
        pytest.raises(HornUnavailableError),
    ):
        play(server.url, QUICK)


def test_flood_instead_of_an_answer_is_ended() -> None:
    with (
        FakeRtspServer(describe_with(lambda _: b"$\x00\x00\x01x" * 5000)) as server,
        pytest.raises(HornProtocolError, match="other messages"),
    ):
        play(server.url)


@pytest.mark.parametrize(
    "sdp", ["", "\x00\xff garbage", "m=audio\r\na=sendonly\r\n", SDP.replace("sendonly", "recvonly"), "m=" * 10_000]
)
def test_description_without_a_way_back_is_said(sdp: str) -> None:
    with (
        FakeRtspServer(describe_with(lambda cseq: answer(cseq, body=sdp))) as server,
        pytest.raises(HornRefusedError, match="no audio backchannel"),
    ):
        play(server.url)


def test_other_codec_is_refused_by_name() -> None:
    sdp = (
        SDP.replace("PCMU/8000", "MPEG4-GENERIC/16000")
        .replace("RTP/AVP 0", "RTP/AVP 97")
        .replace("rtpmap:0", "rtpmap:97")
    )
    with FakeRtspServer(describe_with(lambda cseq: answer(cseq, body=sdp))) as server:
        report = probe_backchannel(server.url)
    assert (report.has_backchannel, report.usable, report.codecs) == (True, False, ("MPEG4-GENERIC/16000",))
    assert "choose G.711" in report.problem


@pytest.mark.parametrize(
    "headers",
    [
        (),
        ("Session: 42",),
        ("Session: 42", "Transport: RTP/AVP/TCP;interleaved=900-901"),
        ("Session: ;x", "Transport: x"),
    ],
)
def test_setup_without_what_is_needed_is_refused(headers: tuple[str, ...]) -> None:
    def script(method: str, cseq: str) -> bytes | None:
        return answer(cseq, *headers) if method == "SETUP" else well_behaved(method, cseq)

    with FakeRtspServer(script) as server, pytest.raises(HornRefusedError):
        play(server.url)


def test_device_that_hangs_up_while_we_speak_is_unavailable() -> None:
    def script(method: str, cseq: str) -> bytes | None:
        return None if method == "PLAY" else well_behaved(method, cseq)

    with FakeRtspServer(script) as server, pytest.raises(HornUnavailableError):
        play(server.url, duration_s=2.0)


@pytest.mark.parametrize("challenge", ['Digest realm="x", nonce="y"', 'Basic realm="x"'])
def test_wrong_password_is_tried_once(challenge: str) -> None:
    with FakeRtspServer(lambda _, cseq: answer(cseq, f"WWW-Authenticate: {challenge}", status="401 No")) as server:
        url = f"onvif://root:s3cret@127.0.0.1:{server.port}/talk"
        with pytest.raises(HornAuthError) as caught:
            play(url)
    assert sum("Authorization" in request for request in server.requests) == 1
    assert "s3cret" not in str(caught.value)
    assert not caught.value.retryable


def test_stale_nonce_is_renewed_once() -> None:
    def script(method: str, cseq: str) -> bytes | None:
        tries = len(server.requests)
        if tries <= 2:
            stale = ", stale=true" if tries == 2 else ""
            return answer(cseq, f'WWW-Authenticate: Digest realm="x", nonce="n{tries}"{stale}', status="401 No")
        return well_behaved(method, cseq)

    with FakeRtspServer(script) as server:
        play(f"onvif://root:s3cret@127.0.0.1:{server.port}/talk")
    assert 'nonce="n2"' in server.requests[2]


def test_unknown_way_of_signing_in_is_said() -> None:
    with (
        FakeRtspServer(lambda _, cseq: answer(cseq, "WWW-Authenticate: Bearer x", status="401 No")) as server,
        pytest.raises(HornRefusedError, match="way of signing in"),
    ):
        play(f"onvif://root:s3cret@127.0.0.1:{server.port}/talk")


def test_nobody_there_is_unavailable_with_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(HornUnavailableError, match=f"127.0.0.1 port {port}: Connection refused") as caught:
        play(f"onvif://root:s3cret@127.0.0.1:{port}/talk")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "onvif:///path",
        "onvif://host/x?transport=sctp",
        "onvif://host/a b",
        "onvif://host/\x01",
        "onvif://hö.example/x",
        "onvif://admin:p@ss/1@10.0.0.7/x",
        "onvif://admin:p@ss?1@10.0.0.7/x",
    ],
)
def test_url_that_cannot_work_is_refused(url: str) -> None:
    with pytest.raises(HornUrlError):
        parse_place("gate", urlsplit(url))


def test_devices_own_options_stay_in_the_url() -> None:
    url = "onvif://a:b%40c@10.0.0.7/cam/realmonitor?channel=1&subtype=0&transport=udp&unicast=true&proto=Onvif"
    place, transport = parse_place("gate", urlsplit(url))
    assert place.bare_url == "rtsp://10.0.0.7:554/cam/realmonitor?channel=1&subtype=0&unicast=true&proto=Onvif"
    assert transport == "udp"
    assert place.credentials
    assert place.credentials.password == "b@c"
    assert "b@c" not in repr(place)


def test_probe_of_a_broken_url_is_a_report() -> None:
    assert "cannot be read" in probe_backchannel("rtsp://[::1/x").problem
