"""Camera URLs: checked, split, and never shown with a password."""

import re
import string
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from streams.urls import check_url, file_source, redact

SECRETS = st.text(string.ascii_letters + string.digits + "@:/?#&;=%+ !$*,é密", min_size=6, max_size=30)


@given(secret=SECRETS)
def test_no_password_in_front_of_the_host_is_ever_shown(secret: str) -> None:
    shown = redact(f"rtsp://admin:{secret}@camera.example:554/live/1")
    assert shown == "rtsp://admin:***@camera.example:554/live/1"


@given(secret=st.text(string.ascii_letters + string.digits + "@:/%+!$*,é密_", min_size=6, max_size=30))
@pytest.mark.parametrize("key", ["password", "pwd", "passwd", "token", "PASSWORD", "auth", "secret_key"[:6]])
def test_no_password_in_the_query_is_ever_shown(key: str, secret: str) -> None:
    url = "rtsp://camera.example/live?user=admin&{}={}&channel=1"
    assume(secret not in url.format(key, "***"))  # a secret that is one of the other words stands there anyway
    assert secret not in redact(url.format(key, secret))


@given(secret=SECRETS)
@pytest.mark.parametrize("before", ["", "rtsp:/", "rtsp//", "rtsp:", "rtsp;//", "//", "rtsp：//"])
def test_no_password_is_shown_where_the_scheme_is_misspelt(before: str, secret: str) -> None:
    assume(secret not in f"{before}admin:***@192.0.2.1/s")
    assert secret not in redact(f"{before}admin:{secret}@192.0.2.1/s")


def test_password_without_a_host_after_it_is_hidden() -> None:
    assert redact("rtsp://admin:geheim/192.0.2.1/s") == "rtsp://admin:***/192.0.2.1/s"


@pytest.mark.parametrize("path", ["/videos/gate.mp4", "videos/me@home.mp4", "rtsp://[fe80::1]:554/live", "C:/gate.mp4"])
def test_nothing_is_hidden_where_there_is_no_secret(path: str) -> None:
    assert redact(path) == path


def test_password_in_the_path_is_hidden() -> None:
    assert "tlJwpbo6" not in redact("rtsp://10.0.0.5:554/user=admin_password=tlJwpbo6_channel=1_stream=0.sdp")


def test_a_lone_user_name_is_hidden_because_it_may_be_a_token() -> None:
    assert redact("rtsp://a8f3e91c@10.0.0.5/live") == "rtsp://***@10.0.0.5/live"


def test_url_without_secrets_is_shown_as_it_is() -> None:
    assert redact("rtsp://10.0.0.5:8554/live/main?channel=2") == "rtsp://10.0.0.5:8554/live/main?channel=2"


def test_line_breaks_cannot_forge_a_log_line() -> None:
    assert "\n" not in redact("rtsp://host/live\nERROR everything is fine")


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://10.0.0.5/live",
        "rtsp://admin:p@ss1@10.0.0.5:554/live",
        "rtsp://admin:p%40ss%2F1@10.0.0.5:554/live",
        "rtsp://10.0.0.5:554/user=admin_password=tlJ@bo6_channel=1",
        "rtsp://admin:pw@10.0.0.5/live?token=a@b",
        "rtsp://[fe80::1]:554/live",
        "rtsps://camera.example/live",
        "file:///videos/gate.mp4?loop=1",
        "/videos/gate.mp4",
        "synthetic://market?seed=3",
    ],
)
def test_good_urls_are_accepted(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "empty"),
        ("rtsp://", "no host"),
        ("rtsp:///live", "no host"),
        ("rtsp://admin:geheim@10.0.0.5:99999/live", "valid host and port"),
        ("rtsp://admin:geheim@10.0.0.5:port/live", "valid host and port"),
        ("rtsp://admin:geheim@10.0.0.5:0/live", "port 0"),
        ("rstp://admin:geheim@10.0.0.5/live", "known are"),
        ("gopher://admin:geheim@10.0.0.5/", "known are"),
        (" rtsp://admin:geheim@10.0.0.5/live", "spaces"),
        ("rtsp://admin:geheim@10.0.0.5/li\nve", "control characters"),
        ("file://", "names no file"),
        ("admin:geheim@192.0.2.1/s", "begin with rtsp://"),
        ("admin：geheim@192.0.2.1/s", "begin with rtsp://"),
        ("rtsp:/admin:geheim@192.0.2.1/s", "begin with rtsp://"),
        ("rtsp//admin:geheim@192.0.2.1/s", "begin with rtsp://"),
        ("rtsp:admin:geheim@192.0.2.1/s", "begin with rtsp://"),
        ("//admin:geheim@192.0.2.1/s", "begin with rtsp://"),
        ("rtsp://admin:geheim＠192.0.2.1/s", "valid host and port"),
        ("rtsp://admin:geheim/192.0.2.1/s", "valid host and port"),
        ("rtsp://admin:ge/heim@192.0.2.1/s", "%2F and %40"),
        ("rtsp://admin:ge@heim/1@192.0.2.1/s", "%2F and %40"),
        ("rtsp://admin:ge@heim?1@192.0.2.1/s", "%2F and %40"),
    ],
)
def test_bad_url_is_named_with_the_way_out_and_without_its_password(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        check_url(url)
    assert not {"geheim", "heim", "ge@", "ge/"} & set(re.findall("geheim|heim|ge@|ge/", str(caught.value)))


@given(st.text(max_size=80))
def test_any_text_is_either_a_camera_or_a_value_error(text: str) -> None:
    redact(text)
    try:
        check_url(text)
    except ValueError:
        return


@pytest.mark.parametrize(
    ("url", "path", "loop"),
    [
        ("file:///videos/gate.mp4", "/videos/gate.mp4", False),
        ("file:///videos/gate.mp4?loop=1", "/videos/gate.mp4", True),
        ("file:///videos/a%20b.mp4?loop=0", "/videos/a b.mp4", False),
        ("/videos/what?.mp4", "/videos/what?.mp4", False),
        ("videos/gate.mp4?loop=1", "videos/gate.mp4", True),
    ],
)
def test_file_urls_name_a_path_and_whether_it_repeats(url: str, path: str, loop: bool) -> None:
    source = file_source(url)
    assert (source.path, source.loop) == (Path(path), loop)
