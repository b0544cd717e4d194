"""Bytes of pictures from anybody: parsers answer or raise their own error, in time that grows with the bytes alone."""

import io
import threading
import time
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from streams.clips import clip_bytes, decode_all, decode_at
from streams.connection import Pace
from streams.errors import StreamError, StreamUndecodableError
from streams.live import LiveFeed
from streams.opening import Openers
from streams.packets import EncodedPacket, Segment, StreamFormat, picture_facts
from streams.parameter_sets import (
    codec_string,
    has_all_sets,
    holds_picture,
    merged_extradata,
    parameter_sets,
    rest_of_picture,
    split_annexb,
    without_emulation,
)
from streams.ring import PacketRing
from streams.settings import StreamSettings
from streams.source import PacketSource
from streams.timeline import Clocks, TimeLine
from streams.undecodable import PictureWatch
from tests.streams.helpers import FORMAT, HandClock, fake_packet

CODECS = st.sampled_from(["h264", "hevc"])
HEADS = st.sampled_from(
    [b"\x67", b"\x68", b"\x65", b"\x41", b"\x06", b"\x40\x01", b"\x42\x01", b"\x44\x01", b"\x26\x01"]
)
SOUP = st.lists(
    st.one_of(
        st.sampled_from([b"\x00\x00\x01", b"\x00\x00\x00\x01", b"\x00", b"\x00\x00\x03"]), HEADS, st.binary(max_size=20)
    ),
    max_size=40,
).map(b"".join)
"""Start codes, headers and anything, in any order."""

BIG_LIMIT_S = 30.0
"""Far more than a pass over a few megabytes takes, far less than one that looks back at each unit."""

KINDS = ["mp4", "ts", "h264", "hevc", "avi", "mkv"]
FEW = max(10, settings().max_examples // 4)
"""A file takes some milliseconds to open."""

EDITS = st.lists(
    st.tuples(
        st.sampled_from(["set", "cut", "drop", "twice", "noise"]),
        st.floats(0, 1, exclude_max=True),
        st.binary(min_size=1, max_size=16),
    ),
    min_size=1,
    max_size=12,
)
MOMENTS = st.one_of(st.none(), st.floats(-1e9, 1e9), st.sampled_from([0.0, 47_721.86, 95_443.7, -1e-9]))


@given(codec=CODECS, data=SOUP, known=SOUP)
def test_fuzz_units_of_any_bytes(codec: str, data: bytes, known: bytes) -> None:
    assert all(unit and not unit.endswith(b"\x00") for unit in split_annexb(data))
    sets = parameter_sets(codec, data)
    assert set(sets) <= {"VPS", "SPS", "PPS"}
    merged = merged_extradata(codec, known, data)
    assert len(merged) <= len(known) + len(data) + 4 * sum(map(len, sets.values())) + 4 * len(known)
    assert merged_extradata(codec, merged, data) == merged
    has_all_sets(codec, data)
    holds_picture(codec, data)
    rest_of_picture(codec, data)
    assert len(without_emulation(data)) <= len(data)


@given(codec=st.sampled_from(["h264", "hevc", "mpeg4", "mjpeg", "vp9", ""]), data=SOUP)
def test_fuzz_codec_string_and_picture_facts(codec: str, data: bytes) -> None:
    for ask in (codec_string, lambda codec, data: picture_facts(codec, data, data)):
        try:
            ask(codec, data)
        except StreamError:
            continue


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("unit", [b"\x67", b"\x42\x01", b"\x06", b"\x41", b"\x02\x01", b""])
def test_megabytes_of_tiny_units_take_no_more_time_than_their_bytes(codec: str, unit: bytes) -> None:
    data = b"".join(b"\x00\x00\x01" + unit + number.to_bytes(3, "big") + b"\x80" for number in range(400_000))
    began_s = time.monotonic()
    merged = merged_extradata(codec, data, data + b"\x00\x00\x01\x65")
    has_all_sets(codec, merged)
    holds_picture(codec, data)
    rest_of_picture(codec, data)
    assert time.monotonic() - began_s < BIG_LIMIT_S


@given(st.lists(st.tuples(SOUP, st.booleans(), st.booleans(), st.floats(0, 60)), max_size=30))
def test_fuzz_watch_for_pictures(packets: list[tuple[bytes, bool, bool, float]]) -> None:
    clock = HandClock()
    watch = PictureWatch("h264", "gate", clock.clocks.monotonic)
    has_begun = False
    for data, is_key, has_sets, step_s in packets:
        clock.advance(step_s)
        has_begun |= is_key and has_sets
        try:
            assert watch.may_pass(data, is_key=is_key, has_sets=has_sets) is has_begun
        except StreamUndecodableError:
            return


@given(st.lists(st.tuples(MOMENTS, MOMENTS, st.floats(0, 1e6), st.floats(0, 100)), min_size=1, max_size=60))
def test_fuzz_time_line_never_runs_back(stamps: list[tuple[float | None, float | None, float, float]]) -> None:
    clock = HandClock()
    line = TimeLine(clocks=clock.clocks)
    last_s = float("-inf")
    for pts_s, dts_s, duration_s, step_s in stamps:
        clock.advance(step_s)
        stamp = line.stamp(pts_s, dts_s, duration_s)
        assert stamp.decode_t_s > last_s
        assert abs(stamp.t_s - stamp.decode_t_s) < 3
        last_s = stamp.decode_t_s


@given(
    st.lists(st.tuples(st.floats(1e-4, 50), st.floats(-2, 2), st.booleans(), st.integers(0, 400_000)), max_size=60),
    st.floats(-10, 500),
    st.floats(-10, 500),
)
def test_fuzz_ring_stays_within_its_bytes(
    packets: list[tuple[float, float, bool, int]], from_s: float, to_s: float
) -> None:
    ring, decode_s = PacketRing("gate", ring_s=20, ring_bytes=1_000_000), 0.0
    for step_s, shift_s, is_key, size in packets:
        decode_s += step_s
        ring.add(FORMAT, fake_packet(decode_s + shift_s, is_key=is_key, size=size))
        kept_s, kept_bytes = ring.kept()
        assert kept_bytes <= 1_000_000
        assert 0 <= kept_s <= 2 * 20 + 50 + 4  # a group may end late
    for ask in (ring.newest, lambda: ring.segment(from_s, to_s)):
        try:
            assert ask().packets[0].is_key
        except (StreamError, ValueError):
            continue


class Files(dict[str, bytes]):
    """Named files, shown by their names."""

    def __repr__(self) -> str:
        return f"Files({', '.join(self)})"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, clip: Callable[..., Path]) -> Files:
    """A second of video in each kind of file."""
    files = {kind: clip(kind, seconds=1, fps=10, gop=5, b_frames=1) for kind in ("mp4", "ts", "avi", "mkv")}
    for codec, name in (("h264", "h264"), ("h265", "hevc")):
        source = clip("mp4", seconds=1, fps=10, gop=5, codec=codec)
        files[name] = tmp_path_factory.mktemp("raw") / f"raw.{name}"
        with av.open(str(source)) as made, av.open(str(files[name]), "w", format=name) as out:
            track = out.add_stream_from_template(made.streams.video[0])
            for packet in made.demux(video=0):
                if packet.size:
                    packet.stream = track
                    out.mux(packet)
    return Files({kind: path.read_bytes() for kind, path in files.items()})


@settings(max_examples=FEW, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(kind=st.sampled_from(KINDS), edits=EDITS)
@example(kind="h264", edits=[("cut", 0.0, b"x")])
def test_fuzz_file_of_any_bytes(whole: Files, tmp_path: Path, kind: str, edits: list[tuple[str, float, bytes]]) -> None:
    path = tmp_path / f"clip.{kind}"
    path.write_bytes(edited(whole[kind], edits))
    packets = read_what_is_there(path)
    times = [packet.dts for _, packet in packets]
    assert times == sorted(set(times))
    if packets:
        use_what_was_read(packets)


def edited(data: bytes, edits: list[tuple[str, float, bytes]]) -> bytes:
    """Return the bytes after some damage; each edit is what, where (a share of the length), and with which bytes."""
    for what, place, piece in edits:
        at = int(place * len(data))
        if what == "set":
            data = data[:at] + piece + data[at + len(piece) :]
        elif what == "cut":
            data = data[: at + 1]
        elif what == "drop":
            data = data[:at] + data[at + len(piece) * 20 :]
        elif what == "twice":
            data = data[:at] + data[at : at + 2000] + data[at:]
        else:
            data = data[:at] + piece * 8 + data[at:]
    return data


def read_what_is_there(path: Path) -> list[tuple[StreamFormat, EncodedPacket]]:
    line = TimeLine(start_t_s=0.0, follows_arrival=False, clocks=Clocks())
    source = PacketSource(str(path), StreamSettings(), Openers(), line, Pace(threading.Event(), is_paced=False))
    packets = []
    try:
        source.open()
        for pair in source.packets():
            packets.append(pair)
    except StreamError:
        pass
    finally:
        source.close()
    return packets


def use_what_was_read(packets: list[tuple[StreamFormat, EncodedPacket]]) -> None:
    """Do with the packets what the program does: cut, mux, decode, show."""
    stream_format = packets[0][0]
    segment = Segment("gate", stream_format, tuple(packet for each, packet in packets if each is stream_format))
    feed = LiveFeed("gate")
    for each, packet in packets[:20]:
        feed.put(each, packet)
    for ask in (
        lambda: io.BytesIO(clip_bytes(segment)),
        lambda: list(decode_all(segment)),
        lambda: decode_at(segment, segment.span()[1]),
        lambda: [feed.next_chunk(0.0) for _ in range(30)],
    ):
        try:
            ask()
        except (StreamError, TimeoutError):
            continue
