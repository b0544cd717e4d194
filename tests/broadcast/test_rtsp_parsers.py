"""Parsers that are fed by strangers: whatever comes, they answer with a result or with their own error."""

import hashlib
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcast.errors import HornUrlError
from broadcast.horns import check_horn_url
from broadcast.rtsp_backchannel import parse_place
from broadcast.sdp import parse_back_tracks
from streams.rtsp_auth import STRENGTH, Challenge, Credentials, parse_challenges
from streams.rtsp_messages import (
    MAX_BODY_BYTES,
    MAX_HEADER_BYTES,
    Interleaved,
    MessageBuffer,
    RtspFormatError,
    RtspMessage,
)

BASE = "rtsp://10.0.0.7:554/talk"


def all_messages(data: bytes, step: int) -> list[RtspMessage | Interleaved]:
    """Feed bytes in pieces and return every message."""
    buffer, found = MessageBuffer(), []
    for start in range(0, len(data), step):
        buffer.feed(data[start : start + step])
        while (message := buffer.next()) is not None:
            found.append(message)
    return found


RTSPISH = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [
                b"RTSP/1.0 200 OK\r\n",
                b"CSeq: 1\r\n",
                b"Content-Length: 5\r\n",
                b"\r\n",
                b"\n\n",
                b"$\x00\x00\x02ab",
                b": \r\n",
                b" fold\r\n",
            ]
        ),
    ),
    max_size=12,
).map(b"".join)


@given(RTSPISH, st.integers(1, 50))
def test_any_bytes_give_messages_or_our_error(data: bytes, step: int) -> None:
    try:
        for message in all_messages(data, step):
            if isinstance(message, RtspMessage):
                assert 100 <= message.status <= 599 or message.method
                assert len(message.body) <= MAX_BODY_BYTES
    except RtspFormatError:
        return


@given(st.integers(1, 60))
def test_pieces_of_any_size_give_the_same_messages(step: int) -> None:
    data = (
        b"RTSP/1.0 200 OK\r\nCSeq: 3\r\nContent-Length: 4\r\n\r\nbody$\x01\x00\x03abcRTSP/1.0 401 No\r\nCSeq: 4\r\n\r\n"
    )
    first, sound, second = all_messages(data, step)
    assert isinstance(first, RtspMessage)
    assert isinstance(second, RtspMessage)
    assert (first.body, first.cseq, sound, second.status) == (b"body", 3, Interleaved(1, b"abc"), 401)


def test_header_without_end_is_refused_before_it_fills_the_memory() -> None:
    buffer = MessageBuffer()
    buffer.feed(b"RTSP/1.0 200 OK\r\nX: " + b"y" * MAX_HEADER_BYTES)
    with pytest.raises(RtspFormatError):
        buffer.next()


def test_folded_header_is_one_value() -> None:
    (message,) = all_messages(b"RTSP/1.0 200 OK\r\nX: a\r\n b\r\n\r\n", 100)
    assert isinstance(message, RtspMessage)
    assert message.value("x") == "a b"


SDP_LINES = [
    "m=audio 0 RTP/AVP 0", "m=audio 0 RTP/AVP 8 97 x 999999", "m=", "a=sendonly", "a=rtpmap:97 PCMU/8000", "a=rtpmap:8",
    "a=control:back", "a=control:rtsp://[::1", "a=control:rtsp://evil.example/x", "a=control:/abs", "a=control:*",
    "a=control:\x1b",
]  # fmt: skip
SDPISH = st.lists(st.text(max_size=30) | st.sampled_from(SDP_LINES), max_size=20).map("\r\n".join)


@given(SDPISH)
def test_any_description_gives_tracks_on_our_host_only(sdp: str) -> None:
    for track in parse_back_tracks(sdp.encode("utf-8", "replace"), BASE):
        assert track.control.startswith("rtsp://10.0.0.7:554/")
        assert track.control.isprintable()
        assert " " not in track.control
        assert all(0 <= encoding.payload_type < 128 for encoding in track.encodings)


@pytest.mark.parametrize(
    ("control", "expected"),
    [
        ("back", f"{BASE}/back"),
        ("*", BASE),
        ("/other/back", "rtsp://10.0.0.7:554/other/back"),
        ("rtsp://192.168.1.9/talk/track3", "rtsp://10.0.0.7:554/talk/track3"),
        ("trackID=2?x=1", f"{BASE}/trackID=2?x=1"),
    ],
)
def test_control_becomes_the_url_of_setup(control: str, expected: str) -> None:
    sdp = f"m=audio 0 RTP/AVP 0\r\na=sendonly\r\na=control:{control}\r\n"
    assert parse_back_tracks(sdp.encode(), BASE)[0].control == expected


def test_static_payload_types_need_no_rtpmap() -> None:
    (track,) = parse_back_tracks(b"m=audio 0 RTP/AVP 8 0\r\na=sendonly\r\n", BASE)
    assert [encoding.name for encoding in track.encodings] == ["PCMA", "PCMU"]
    found = track.g711()
    assert found
    assert (found[0].payload_type, found[1]) == (8, "PCMA")


def test_g711_at_another_rate_is_not_ours() -> None:
    (track,) = parse_back_tracks(b"m=audio 0 RTP/AVP 99\r\na=rtpmap:99 PCMU/16000\r\na=sendonly\r\n", BASE)
    assert track.g711() is None


PIECES = [
    "Digest ", 'realm="a"', 'nonce="b"', ", ", "algorithm=SHA-256", 'qop="auth,auth-int"', "stale=TRUE", '"', "=",
    "Basic ",
]  # fmt: skip
CHALLENGEISH = st.text(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=20).map("".join)


@given(st.lists(CHALLENGEISH, max_size=4))
def test_any_challenge_is_answered_without_breaking_out_of_its_line(headers: list[str]) -> None:
    for challenge in parse_challenges(headers):
        assert challenge.method in STRENGTH
        line = Credentials("u", "p").header(challenge, "DESCRIBE", BASE, 1)
        assert "\r" not in line
        assert "\n" not in line


def test_strongest_challenge_goes_first() -> None:
    found = parse_challenges(
        ['Basic realm="a"', 'Digest realm="a", nonce="n"', 'Digest realm="a", nonce="n", algorithm=SHA-256, qop="auth"']
    )
    assert [challenge.method for challenge in found] == ["SHA-256", "MD5", "basic"]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digest_agrees_with_the_example_of_rfc_7616(method: str, expected: str) -> None:
    nonce, opaque = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
    challenge = Challenge(method, "http-auth@example.org", nonce, opaque, with_qop=True)
    credentials = Credentials("Mufasa", "Circle of Life", lambda: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    assert f'response="{expected}"' in credentials.header(challenge, "GET", "/dir/index.html", 1)


def test_old_digest_agrees_with_rfc_2069() -> None:
    secret = hashlib.md5(b"u:r:p").hexdigest()  # noqa: S324 - the formula of the RFC, written out
    request = hashlib.md5(f"DESCRIBE:{BASE}".encode()).hexdigest()  # noqa: S324
    expected = hashlib.md5(f"{secret}:n:{request}".encode()).hexdigest()  # noqa: S324
    header = Credentials("u", "p").header(Challenge("MD5", "r", "n"), "DESCRIBE", BASE, 1)
    assert f'response="{expected}"' in header
    assert "qop" not in header


@pytest.mark.parametrize("method", ["MD5", "SHA-256"])
def test_digest_is_of_the_bytes_that_the_server_sent(method: str) -> None:
    realm, nonce, opaque = "登录".encode("gbk"), "口令".encode("gbk"), "不透明".encode("gbk")
    header = b'Digest realm="%s", nonce="%s", opaque="%s", algorithm=%s' % (realm, nonce, opaque, method.encode())
    (challenge,) = parse_challenges([header.decode("latin-1")])
    line = Credentials("管理员", "密码").header(challenge, "DESCRIBE", f"{BASE}/现场", 1).encode("latin-1")

    def digest(data: bytes) -> bytes:
        return hashlib.new(method.replace("-", ""), data).hexdigest().encode()

    secret = digest("管理员:".encode() + realm + ":密码".encode())
    response = digest(b"%s:%s:%s" % (secret, nonce, digest(f"DESCRIBE:{BASE}/现场".encode())))
    assert b'response="%s"' % response in line
    for sent in (b'realm="%s"' % realm, b'nonce="%s"' % nonce, b'opaque="%s"' % opaque):
        assert sent in line
    assert 'username="管理员", realm="'.encode() in line


@given(st.text(max_size=60))
def test_any_horn_url_is_taken_or_refused_by_our_error(rest: str) -> None:
    for url in (rest, f"onvif://{rest}", f"file://{rest}", f"soundcard:{rest}", f"auto://{rest}"):
        try:
            check_horn_url("gate", url)
        except HornUrlError:
            continue


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_path_and_query_stay_on_one_line(path: str, query: str) -> None:
    try:
        place, _ = parse_place("gate", urlsplit(f"onvif://host/{path}?{query}"))
    except (HornUrlError, ValueError):
        return
    assert place.bare_url.isprintable()
    assert " " not in place.bare_url
