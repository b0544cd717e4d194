"""Answers from anybody to our first question, and URLs from anybody: no surprise, no hang, no password."""

import socket
import string
import threading
import time
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from broadcast.rtsp_backchannel import probe_backchannel
from streams.asking import _sent_on, ask
from streams.errors import StreamError, StreamRedirectedError
from streams.opening import open_error
from streams.rtsp_messages import MAX_BODY_BYTES, MAX_HEADER_BYTES, MessageBuffer, RtspFormatError
from streams.urls import check_url, redact, split_login
from tests.streams.helpers import LIMIT_S

SECRET = "gEhe1m%21"
SHOWN = "gEhe1m!"
FOLLOWING_S = 0.02
"""A client that asks again asks at once; one that waits for more is hung up on."""


PIECES = [
    b"RTSP/1.0 200 OK\r\n", b"RTSP/1.0 302 Moved\r\n", b"RTSP/1.0 401 No\r\n", b"RTSP/2.0 999 X\r\n",
    b"HTTP/1.1 200 OK\r\n",
    b"CSeq: 1\r\n", b"CSeq: 2\r\n", b"CSeq: 99999999999\r\n", b"\r\n", b"\n\n", b"$\x00\x00\x04abcd", b"$\x00\xff\xff",
    b"Content-Length: 30\r\n", b"Content-Length: 99999999\r\n", b"Content-Length: -1\r\n", b"m=video 0 RTP/AVP 96\r\n",
    b'WWW-Authenticate: Digest realm="a", nonce="b"\r\n', b'WWW-Authenticate: Basic realm="a"\r\n',
    b"Location: rtsp://127.0.0.9/x\r\n", b"Location: rtsp://operator:gEhe1m!@[::1/\r\n", b"Location:\r\n",
    b"DESCRIBE rtsp://x RTSP/1.0\r\n",
]  # fmt: skip
ANSWERS = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=30)), max_size=12).map(b"".join)
HOSTS = st.sampled_from(
    ["10.0.0.8", "10.0.0.8:554", "10.0.0.9", "10.0.0.8.evil.example", "[::1]", "evil\\@10.0.0.8", ""]
)
LOCATIONS = st.one_of(
    st.text(max_size=60),
    st.tuples(
        st.sampled_from(["rtsp://", "RTSP://", "rtsps://", "http://", "rtsp:/", "//", ""]),
        st.sampled_from(
            ["", "u:p@", "@", "10.0.0.8@", "10.0.0.8/@", "10.0.0.8#@", "10.0.0.8?@", "10.0.0.8:554\\@", f"{SHOWN}@"]
        ),
        HOSTS,
        st.text(string.printable, max_size=20),
    ).map("".join),
)
"""Anything, and addresses made to look like the camera's own."""


class AnsweringServer:
    """Answers whatever comes with given bytes, and hangs up."""

    def __init__(self) -> None:
        self.answer = b""
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, name="answering")
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(LIMIT_S)
        self._listener.close()

    def _run(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client:
                client.settimeout(LIMIT_S)
                try:
                    for _ in range(3):
                        if not client.recv(4096):
                            break
                        client.sendall(self.answer)
                        client.settimeout(FOLLOWING_S)
                except OSError:
                    continue

    def __repr__(self) -> str:
        return "AnsweringServer()"


@pytest.fixture(scope="module")
def server() -> Iterator[AnsweringServer]:
    server = AnsweringServer()
    yield server
    server.close()


@given(ANSWERS)
@example(b"RTSP/1.0 302 Moved\r\nCSeq: 1\r\nLocation: rtsp://127.0.0.9/x?key=gEhe1m!\r\n\r\n")
def test_fuzz_first_question_gives_an_address_or_our_error(server: AnsweringServer, answer: bytes) -> None:
    server.answer = answer + b"\r\n\r\n" * 2
    url = f"rtsp://operator:{SECRET}@127.0.0.1:{server.port}/live"
    try:
        asked = ask(url, time.monotonic() + 1.0)
        asked.client.close()
        assert urlsplit(split_login(asked.url)[1]).hostname == "127.0.0.1"
    except StreamError as err:
        shown = str(err)
        if SECRET in shown or SHOWN in shown:
            raise AssertionError(f"the password is shown: {shown}") from None


@given(ANSWERS)
def test_fuzz_backchannel_probe_gives_a_report(server: AnsweringServer, answer: bytes) -> None:
    server.answer = answer + b"\r\n\r\n" * 2
    report = probe_backchannel(f"rtsp://operator:{SECRET}@127.0.0.1:{server.port}/live")
    assert report.usable or report.problem
    assert SECRET not in report.problem
    assert SHOWN not in report.problem


@given(LOCATIONS)
def test_fuzz_redirect_takes_the_login_to_its_own_host_only(location: str) -> None:
    try:
        target = _sent_on(f"rtsp://operator:{SECRET}@10.0.0.8/live", location)
    except StreamRedirectedError as err:
        shown = str(err)
        if SECRET in shown or SHOWN in shown:
            raise AssertionError(f"the password is shown: {shown}") from None
        return
    login, bare = split_login(target)
    assert login == f"operator:{SECRET}"
    assert urlsplit(bare).hostname == "10.0.0.8"
    # What libav takes for the host: what stands behind the last @ in front of the first /, ? or #.
    netloc = target.split("://", 1)[1].split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
    assert netloc.rpartition("@")[2].partition(":")[0] == "10.0.0.8"


@given(LOCATIONS)
def test_fuzz_redirect_without_a_login_takes_none_along(location: str) -> None:
    try:
        target = _sent_on("rtsp://10.0.0.8/live", location)
    except StreamRedirectedError:
        return
    assert split_login(target)[0] == ""
    check_url(target)


@given(
    user=st.text(string.ascii_letters, max_size=8),
    secret=st.text(string.ascii_letters + string.digits + "!$*+,-._~%@:", min_size=6, max_size=20),
    tail=st.text(max_size=30),
)
def test_fuzz_login_is_split_off_whole(user: str, secret: str, tail: str) -> None:
    login, bare = split_login(f"rtsp://{user}:{secret}@10.0.0.8:8554/{tail}")
    assert (login, bare) == (f"{user}:{secret}", f"rtsp://10.0.0.8:8554/{tail}")


@given(url=st.text(max_size=80), secret=st.text(string.ascii_letters + string.digits, min_size=8, max_size=12))
def test_fuzz_no_error_shows_a_quoted_password(url: str, secret: str) -> None:
    quoted = f"rtsp://admin:{quote(secret)}@10.0.0.8/{url}"
    if secret in redact(f"rtsp://admin:x@10.0.0.8/{url}"):
        return  # it stands in the path as well
    try:
        check_url(quoted)
    except ValueError as err:
        shown = str(err)
    else:
        import av

        shown = str(open_error(av.OSError(5, "it failed", quoted), quoted))
    assert secret not in shown


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_long_message_in_small_pieces_takes_bounded_time_and_memory(step: int) -> None:
    buffer = MessageBuffer()
    data = (
        b"RTSP/1.0 200 OK\r\n"
        + b"".join(b"X: %d\r\n" % number for number in range(90))
        + b"X: "
        + b"y" * MAX_HEADER_BYTES
    )
    fed = 0
    with pytest.raises(RtspFormatError):  # noqa: PT012
        for start in range(0, len(data), step):
            buffer.feed(data[start : start + step])
            fed += step
            assert buffer.next() is None
    assert fed <= MAX_HEADER_BYTES + 1000 + step


@pytest.mark.parametrize("step", [64, 1000])
def test_long_body_in_small_pieces_comes_out_whole(step: int) -> None:
    buffer, found = MessageBuffer(), []
    data = b"RTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % MAX_BODY_BYTES + b"b" * MAX_BODY_BYTES
    for start in range(0, len(data), step):
        buffer.feed(data[start : start + step])
        found.append(buffer.next())
    assert next(message for message in found if message is not None).body == b"b" * MAX_BODY_BYTES
