"""Packets that are kept in a file as they come: whole ones come back, half written ones do not."""

from pathlib import Path

import pytest

from streams.errors import ClipError
from streams.packet_log import append_to_log, begin_log, read_log
from streams.packets import Segment
from tests.streams.helpers import FORMAT, fake_packet

FIRST = tuple(fake_packet(at_s / 5, is_key=at_s == 0) for at_s in range(5))
MORE = tuple(fake_packet(1 + at_s / 5, size=50) for at_s in range(5))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    begin_log(tmp_path / "clip.packets", Segment("gate", FORMAT, FIRST), "said of them")
    append_to_log(tmp_path / "clip.packets", MORE)
    return tmp_path / "clip.packets"


def test_packets_come_back_as_they_were(path: Path) -> None:
    assert read_log(path) == (Segment("gate", FORMAT, (*FIRST, *MORE)), "said of them")


def test_file_that_was_cut_anywhere_gives_the_packets_that_are_whole(path: Path) -> None:
    whole, counts = path.read_bytes(), []
    for length in range(whole.index(b"\n") + 1, len(whole)):
        path.write_bytes(whole[:length])
        try:
            packets = read_log(path)[0].packets
        except ClipError:
            packets = ()
        assert packets == (*FIRST, *MORE)[: len(packets)]
        counts.append(len(packets))
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (0, 9)


def test_packets_end_before_one_that_is_damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-120] ^= 1  # in the last but one
    path.write_bytes(content)
    assert len(read_log(path)[0].packets) == 8


@pytest.mark.parametrize("content", [b"", b"\n", b"{}\n", b"no JSON\n", b'{"log": "other/1"}\n', b"\xff" * 100])
def test_what_is_no_such_file_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(ClipError, match=r"clip\.packets"):
        read_log(path)
