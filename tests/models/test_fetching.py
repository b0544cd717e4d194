"""A file of the shelf comes whole and right or not at all, from servers that are slow, broken, wrong or hostile."""

import fcntl
import hashlib
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import fetching
from models.download import Patience
from models.errors import FetchBrokenOffError, FetchError, WrongFileError
from models.fetching import Fetched, Source, fetch
from models.shelf import RemoteFile
from tests.e2e.scarce import scarce_room
from tests.models.file_server import FileServer, Offer, serving, write_certificate

CONTENT = bytes(range(256)) * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
HALF = len(CONTENT) // 2
TARGET = "/small.onnx"


def remote(**changes: object) -> RemoteFile:
    """Return a pinned file of the shelf; `changes` replace its fields, unchecked."""
    fields = {"file": "small.onnx", "url": "https://127.0.0.1:1/small.onnx", "bytes": len(CONTENT), "sha256": DIGEST}
    return RemoteFile.model_construct(**(fields | changes))


UNPINNED = remote(bytes=None, sha256=None)


def quiet(have: int, total: int | None) -> None:
    """Take a report of progress and do nothing."""


def got(server: FileServer, folder: Path, wanted: RemoteFile | None = None, **patience: float) -> Fetched:
    return fetch(wanted or remote(), folder, Source(mirror=server.url), quiet, patience=Patience(**patience))


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving() as files:
        files.offers[TARGET] = Offer(CONTENT)
        yield files


@pytest.fixture
def half(server: FileServer, tmp_path: Path) -> Path:
    """A folder in which a transfer broke off in the middle."""
    server.offers[TARGET] = Offer(CONTENT, cut_after=HALF)
    with pytest.raises(FetchBrokenOffError):
        got(server, tmp_path)
    server.offers[TARGET] = Offer(CONTENT)
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_file_comes_whole_and_alone(server: FileServer, tmp_path: Path) -> None:
    fetched = got(server, tmp_path / "models")
    assert (fetched.path.read_bytes() == CONTENT, fetched.sha256, fetched.is_pinned) == (True, DIGEST, True)
    assert names(tmp_path / "models") == ["small.onnx"]


def test_file_that_is_there_is_not_fetched_again(server: FileServer, tmp_path: Path) -> None:
    got(server, tmp_path)
    assert (got(server, tmp_path).was_here, len(server.asked)) == (True, 1)


def test_file_that_was_damaged_here_is_fetched_again(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "small.onnx").write_bytes(CONTENT[:-1] + b"x")
    assert (got(server, tmp_path).was_here, (tmp_path / "small.onnx").read_bytes() == CONTENT) == (False, True)


def test_service_of_another_account_may_read_what_root_fetched(server: FileServer, tmp_path: Path) -> None:
    older = os.umask(0o077)
    try:
        path = got(server, tmp_path / "data" / "models").path
    finally:
        os.umask(older)
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent)] == [0o644, 0o755]


def test_progress_is_told_up_to_the_whole(server: FileServer, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    fetch(remote(), tmp_path, Source(mirror=server.url), lambda have, total: told.append((have, total)))
    assert told == sorted(told)
    assert told[-1] == (len(CONTENT), len(CONTENT))


def test_broken_transfer_leaves_no_file_of_that_name(half: Path) -> None:
    assert names(half) == ["small.onnx.part", "small.onnx.part.mark"]


def test_broken_transfer_goes_on_where_it_stopped(server: FileServer, half: Path) -> None:
    assert got(server, half).path.read_bytes() == CONTENT
    assert [(asked.range, asked.if_range) for asked in server.asked] == [(None, None), (f"bytes={HALF}-", '"v1"')]
    assert names(half) == ["small.onnx"]


def test_transfer_begins_anew_where_the_server_has_another_version(server: FileServer, half: Path) -> None:
    server.offers[TARGET] = Offer(CONTENT, tag='"v2"')
    assert got(server, half).path.read_bytes() == CONTENT
    assert [asked.range for asked in server.asked] == [None, f"bytes={HALF}-"]


def test_transfer_begins_anew_where_the_server_gives_no_parts(server: FileServer, half: Path) -> None:
    server.offers[TARGET] = Offer(CONTENT, gives_parts=False)
    assert got(server, half).path.read_bytes() == CONTENT


def test_transfer_begins_anew_where_the_server_refuses_the_part(server: FileServer, half: Path) -> None:
    server.offers[TARGET] = Offer(status=416, gives_parts=False)
    with pytest.raises(FetchError, match="416"):
        got(server, half)
    assert [asked.range for asked in server.asked] == [None, f"bytes={HALF}-", None]


def test_weak_mark_of_a_version_is_not_trusted_with_an_unpinned_file(server: FileServer, tmp_path: Path) -> None:
    server.offers[TARGET] = Offer(CONTENT, tag='W/"v1"', cut_after=HALF)
    with pytest.raises(FetchBrokenOffError):
        got(server, tmp_path, UNPINNED)
    server.offers[TARGET] = Offer(CONTENT, tag='W/"v1"')
    got(server, tmp_path, UNPINNED)
    assert [asked.range for asked in server.asked] == [None, None]


def test_part_that_was_damaged_on_the_disk_is_fetched_once_more(server: FileServer, half: Path) -> None:
    (half / "small.onnx.part").write_bytes(b"x" * HALF)
    assert got(server, half).path.read_bytes() == CONTENT
    assert [asked.range for asked in server.asked] == [None, f"bytes={HALF}-", None]


def test_part_that_was_whole_when_the_power_went_is_only_checked(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "small.onnx.part").write_bytes(CONTENT)
    assert (got(server, tmp_path).sha256, server.asked) == (DIGEST, [])


def test_other_content_of_the_right_length_is_refused_and_not_kept(server: FileServer, tmp_path: Path) -> None:
    other = CONTENT[:-1] + b"x"
    server.offers[TARGET] = Offer(other)
    found = hashlib.sha256(other).hexdigest()
    with pytest.raises(WrongFileError, match=rf"not small\.onnx: its sha256 is {found}, but {DIGEST} is pinned"):
        got(server, tmp_path)
    assert names(tmp_path) == []


def test_refused_content_leaves_an_older_file_as_it_was(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "small.onnx").write_bytes(b"older")
    server.offers[TARGET] = Offer(CONTENT[::-1])
    with pytest.raises(WrongFileError):
        got(server, tmp_path)
    assert (tmp_path / "small.onnx").read_bytes() == b"older"


@pytest.mark.parametrize("length", [1, len(CONTENT) + 1])
def test_other_length_is_refused_before_anything_is_read(server: FileServer, tmp_path: Path, length: int) -> None:
    server.offers[TARGET] = Offer(b"x" * length)
    with pytest.raises(WrongFileError, match=rf"small\.onnx is {length} bytes long, but {len(CONTENT)} are wanted"):
        got(server, tmp_path)
    assert names(tmp_path) == []


def test_answer_that_does_not_end_is_cut_off(server: FileServer, tmp_path: Path) -> None:
    server.offers[TARGET] = Offer(CONTENT * 3, tells_length=False)
    with pytest.raises(WrongFileError, match=rf"is longer than {len(CONTENT)} bytes"):
        got(server, tmp_path)
    assert names(tmp_path) == []


def test_answer_without_a_length_that_ends_early_is_no_whole_file(server: FileServer, tmp_path: Path) -> None:
    server.offers[TARGET] = Offer(CONTENT[:HALF], tells_length=False)
    with pytest.raises(FetchBrokenOffError, match=rf"ended after {HALF} of {len(CONTENT)} bytes; run the same command"):
        got(server, tmp_path)


@pytest.mark.parametrize(
    ("content", "kind"), [(b"<p>sign in</p>", "text/html; charset=utf-8"), (b"\n<!DOCTYPE html><p>", "application/x")]
)
def test_web_page_in_place_of_a_file_is_named(server: FileServer, tmp_path: Path, content: bytes, kind: str) -> None:
    server.offers[TARGET] = Offer(content, headers={"Content-Type": kind})
    with pytest.raises(WrongFileError, match="answers with a web page instead of a file; a sign-in page or a proxy"):
        got(server, tmp_path, remote(bytes=None))
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (401, FetchError, r"refuses us \(401 Unauthorized\)"),
        (403, FetchError, r"refuses us \(403 Forbidden\)"),
        (404, FetchError, r"there is no http.*small\.onnx \(404 Not Found\); its publisher may have moved it"),
        (204, FetchError, "answers 204 No Content instead of a file"),
        (429, FetchBrokenOffError, "cannot be had now .429.*try again later"),
        (503, FetchBrokenOffError, "cannot be had now .503 Service Unavailable.*try again later"),
    ],
)
def test_refusal_is_told_with_the_way_out(
    server: FileServer, tmp_path: Path, status: int, error: type[FetchError], expected: str
) -> None:
    server.offers[TARGET] = Offer(status=status)
    with pytest.raises(error, match=expected) as raised:
        got(server, tmp_path)
    assert raised.value.retryable == (error is FetchBrokenOffError)


def test_redirect_is_followed(server: FileServer, tmp_path: Path) -> None:
    server.offers["/moved/small.onnx"] = Offer(CONTENT)
    server.offers[TARGET] = Offer(status=302, headers={"Location": "/moved/small.onnx"})
    assert got(server, tmp_path).sha256 == DIGEST


def test_redirect_in_a_circle_ends(server: FileServer, tmp_path: Path) -> None:
    server.offers[TARGET] = Offer(status=302, headers={"Location": TARGET})
    with pytest.raises(FetchError, match="sends us on in a circle"):
        got(server, tmp_path)
    assert len(server.asked) < 10


def test_redirect_out_of_encryption_is_refused(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = write_certificate(tmp_path / "server.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(certificate) as encrypted:
        encrypted.offers[TARGET] = Offer(status=302, headers={"Location": f"{server.url}{TARGET}?token=sesame"})
        with pytest.raises(FetchError, match=r"sends us on to http://.*small\.onnx, which is not encrypted") as raised:
            got(encrypted, tmp_path / "models")
    assert (server.asked, "sesame" in str(raised.value)) == ([], False)


def test_publisher_behind_encryption_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = write_certificate(tmp_path / "server.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(certificate) as encrypted:
        encrypted.offers["/release/1.0"] = Offer(CONTENT)
        fetched = fetch(remote(url=f"{encrypted.url}/release/1.0"), tmp_path / "models", Source(), quiet)
    assert fetched.path == tmp_path / "models" / "small.onnx"


def test_certificate_that_nobody_vouches_for_is_named(tmp_path: Path) -> None:
    with serving(write_certificate(tmp_path / "server.pem")) as encrypted:
        encrypted.offers[TARGET] = Offer(CONTENT)
        with pytest.raises(FetchError, match=r"certificate of 127\.0\.0\.1 is not trusted here; .*SSL_CERT_FILE"):
            got(encrypted, tmp_path / "models")


def test_server_without_encryption_where_it_is_expected_is_named(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"127\.0\.0\.1 does not speak https; correct the address"):
        fetch(remote(url=f"{server.url.replace('http', 'https')}{TARGET}"), tmp_path, Source(), quiet)


def test_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"127\.0\.0\.1 cannot be reached \(Connection refused\); behind a proxy"):
        fetch(remote(), tmp_path, Source(), quiet)


def test_name_that_nobody_knows_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: object, **options: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(FetchError, match=r"the name of models\.example is not found; .*without a network use --from"):
        fetch(remote(url="https://models.example/small.onnx"), tmp_path, Source(), quiet)


def test_server_that_falls_silent_is_left_after_a_while(server: FileServer, tmp_path: Path) -> None:
    server.offers[TARGET] = Offer(CONTENT, stops_after=HALF)
    with pytest.raises(FetchBrokenOffError, match="sent nothing for 0 s; run the same command again"):
        got(server, tmp_path, read_s=0.2)
    assert (tmp_path / "small.onnx.part").stat().st_size == HALF


def test_server_that_drips_is_left_after_a_while(server: FileServer, tmp_path: Path) -> None:
    little = remote(bytes=100, sha256=hashlib.sha256(CONTENT[:100]).hexdigest())
    server.offers[TARGET] = Offer(CONTENT[:100], drip_s=0.01)
    with pytest.raises(FetchBrokenOffError, match=r"sent only \d+ bytes in 0 s"):
        got(server, tmp_path, little, window_s=0.3, least_bytes=10_000)


def test_account_of_a_mirror_is_used_and_never_shown(
    server: FileServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    mirror = server.url.replace("//", "//us%40er:sesame@")
    server.offers[TARGET] = Offer(status=403)
    with pytest.raises(FetchError) as raised:
        fetch(remote(), tmp_path, Source(mirror=f"{mirror}/"), quiet)
    assert server.asked[0].account == "Basic dXNAZXI6c2VzYW1l"
    assert "sesame" not in str(raised.value) + caplog.text


def test_account_is_not_handed_on_to_another_server(server: FileServer, tmp_path: Path) -> None:
    with serving() as other:
        other.offers[TARGET] = Offer(CONTENT)
        server.offers[TARGET] = Offer(status=302, headers={"Location": f"{other.url}{TARGET}"})
        fetch(remote(), tmp_path, Source(mirror=server.url.replace("//", "//user:sesame@")), quiet)
    assert [asked.account for asked in other.asked] == [None]


@pytest.mark.parametrize(
    "mirror",
    [
        "http://user:sesame/1@host/x",
        "https://user:p@sesame/1@host",
        "http://u:12/sesame@host",
        "https://",
        "http://[::1",
    ],
)
def test_address_that_is_none_is_refused_without_showing_it(tmp_path: Path, mirror: str) -> None:
    with pytest.raises(FetchError, match=r"this is no address as https://.*%40 for an @") as raised:
        fetch(remote(), tmp_path, Source.named(mirror), quiet)
    assert "sesame" not in str(raised.value)


@pytest.mark.parametrize("mirror", ["ftp://host/x", "file:///srv/models"])
def test_other_kinds_of_address_are_refused(tmp_path: Path, mirror: str) -> None:
    with pytest.raises(FetchError, match="by http and https only; write https://host/folder, or a folder's path"):
        fetch(remote(), tmp_path, Source.named(mirror), quiet)


def test_proxy_of_the_environment_is_asked(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url.replace("//", "//user:sesame@"))
    server.offers["http://models.example/small.onnx"] = Offer(CONTENT)
    fetched = fetch(remote(), tmp_path, Source(mirror="http://models.example"), quiet)
    assert (fetched.sha256, server.asked[0].account) == (DIGEST, "Basic dXNlcjpzZXNhbWU=")


def test_proxy_that_refuses_us_is_told(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", server.url)
    with pytest.raises(FetchError, match="the proxy in HTTPS_PROXY refuses us; correct it, or its user name"):
        fetch(remote(url="https://models.example/small.onnx"), tmp_path, Source(), quiet)


def test_proxy_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    with pytest.raises(FetchError, match=r"models\.example or the proxy in HTTPS_PROXY cannot be reached"):
        fetch(remote(url="https://models.example/small.onnx"), tmp_path, Source(), quiet)


@pytest.mark.parametrize("proxy", ["ftp://user:sesame@host:1", "http://user:sesame/1@host:1"])
def test_proxy_that_is_none_is_told_without_showing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    with pytest.raises(FetchError, match="the proxy in HTTPS_PROXY cannot be used; write http://") as raised:
        fetch(remote(), tmp_path, Source(), quiet)
    assert "sesame" not in str(raised.value)


def test_file_of_a_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / "small.onnx").write_bytes(CONTENT)
    fetched = fetch(remote(), tmp_path / "models", Source.named(str(tmp_path / "stick")), quiet)
    assert (fetched.path.read_bytes() == CONTENT, names(tmp_path / "models")) == (True, ["small.onnx"])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, r"there is no file .*stick/small\.onnx; put it there under that name"),
        (CONTENT[:HALF], rf"stick/small\.onnx is {HALF} bytes long, but {len(CONTENT)} are wanted"),
        (CONTENT[::-1], rf"stick/small\.onnx is not small\.onnx: its sha256 is .*, but {DIGEST} is pinned"),
    ],
)
def test_wrong_file_of_a_folder_is_refused(tmp_path: Path, content: bytes | None, expected: str) -> None:
    (tmp_path / "stick").mkdir()
    if content is not None:
        (tmp_path / "stick" / "small.onnx").write_bytes(content)
    with pytest.raises(FetchError, match=expected):
        fetch(remote(), tmp_path / "models", Source(folder=tmp_path / "stick"), quiet)
    assert names(tmp_path / "models") == []


def test_digest_that_nobody_pinned_is_recorded_at_the_first_fetch(server: FileServer, tmp_path: Path) -> None:
    assert got(server, tmp_path, UNPINNED).is_pinned is False
    assert (tmp_path / "small.onnx.sha256").read_text(encoding="utf-8") == f"{DIGEST}  small.onnx\n"


def test_later_fetch_must_bring_what_was_recorded(server: FileServer, tmp_path: Path) -> None:
    got(server, tmp_path, UNPINNED)
    (tmp_path / "small.onnx").unlink()
    server.offers[TARGET] = Offer(CONTENT[::-1], tag='"v2"')
    with pytest.raises(WrongFileError, match=rf"but {DIGEST} is recorded when it was first fetched"):
        got(server, tmp_path, UNPINNED)
    assert names(tmp_path) == ["small.onnx.sha256"]


def test_folder_that_cannot_be_is_named(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FetchError, match=r"small\.onnx cannot be kept in .*file/models: Not a directory; .* --into"):
        got(server, tmp_path / "file" / "models")


def test_little_room_is_told_before_anything_is_fetched(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "SPARE_BYTES", 1 << 60)
    with pytest.raises(FetchError, match=r"MB free, but small\.onnx takes 0 MB and .* are left to others; make room"):
        got(server, tmp_path)
    assert server.asked == []


def test_disk_that_fills_up_on_the_way_keeps_nothing(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "SPARE_BYTES", -(1 << 60))
    folder = tmp_path / "disk"
    with scarce_room(folder) as room:
        room.use_up(os.getpid())
        try:
            with pytest.raises(FetchError, match=r"small\.onnx cannot be kept in .*; make room or give permission"):
                got(server, folder)
        finally:
            room.give_back(os.getpid())
        assert not (folder / "small.onnx").exists()
        assert got(server, folder).sha256 == DIGEST


def test_two_commands_do_not_fill_the_same_file(server: FileServer, tmp_path: Path) -> None:
    other = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(FetchError, match="another command is fetching into"):
            got(server, tmp_path)
    finally:
        os.close(other)
    assert got(server, tmp_path).sha256 == DIGEST
