"""Live feeds: every picture, the format first, slow viewers, reconnects."""

import threading
from dataclasses import replace
from itertools import pairwise

import pytest

from streams.errors import FeedClosedError, UnsupportedCodecError
from streams.live import QUEUE_PACKETS, LiveChunk, LiveFeed
from streams.packets import EncodedPacket, Segment
from tests.streams.helpers import FORMAT, LIMIT_S, fake_packet, media_times, read_all


def chunks_of(read: list, feed: LiveFeed | None = None) -> list[LiveChunk]:
    """Put packets in one by one and take out what is ready."""
    feed = feed or LiveFeed("gate")
    chunks = []
    for stream_format, packet in read:
        feed.put(stream_format, packet)
        while True:
            try:
                chunks.append(feed.next_chunk(0))
            except TimeoutError:
                break
    return chunks


def boxes(data: bytes) -> list[bytes]:
    found = []
    while data:
        length = int.from_bytes(data[:4], "big")
        found.append(data[4:8])
        data = data[length:]
    return found


def decode_times(chunks: list[LiveChunk]) -> list[int]:
    """Return baseMediaDecodeTime of each media chunk's first fragment."""
    times = []
    for chunk in chunks:
        at = chunk.data.index(b"tfdt") + 4
        version = chunk.data[at]
        times.append(int.from_bytes(chunk.data[at + 4 : at + 4 + (8 if version else 4)], "big"))
    return times


@pytest.mark.parametrize(("codec", "b_frames"), [("h264", 0), ("h264", 2), ("h265", 0), ("h265", 2)])
def test_viewer_sees_every_picture(clip, codec: str, b_frames: int) -> None:
    chunks = chunks_of(read_all(clip(codec=codec, b_frames=b_frames, seconds=3)))
    times = media_times(b"".join(chunk.data for chunk in chunks))
    assert len(times) == 74  # the last picture waits for the one after it
    assert all(later > earlier for earlier, later in pairwise(times))


def test_first_chunk_is_an_init_and_all_others_are_media(clip) -> None:
    chunks = chunks_of(read_all(clip(seconds=1)))
    assert [chunk.kind for chunk in chunks] == ["init"] + ["media"] * (len(chunks) - 1)
    assert boxes(chunks[0].data) == [b"ftyp", b"moov"]
    assert all(boxes(chunk.data)[0] == b"moof" for chunk in chunks[1:])


@pytest.mark.parametrize("b_frames", [0, 2])
def test_media_time_begins_at_zero_and_grows(clip, b_frames: int) -> None:
    times = decode_times(chunks_of(read_all(clip(seconds=2, b_frames=b_frames)))[1:])
    assert times[0] == 0
    assert all(later > earlier for earlier, later in pairwise(times))


def test_chunk_carries_the_stream_time_of_its_first_picture(clip) -> None:
    read = read_all(clip(seconds=2), start_t_s=1000.0)
    chunks = chunks_of(read)
    assert [chunk.t_s for chunk in chunks[1:]] == pytest.approx([packet.t_s for _, packet in read[:-1]])


def test_picture_leaves_one_packet_after_it_came(clip) -> None:
    read = read_all(clip(seconds=2))
    feed = LiveFeed("gate")
    came = [len(chunks_of([pair], feed)) for pair in read]
    assert came[:4] == [1, 1, 1, 1]


def test_mime_names_the_codec(clip) -> None:
    assert chunks_of(read_all(clip(seconds=0.2)))[0].mime.startswith('video/mp4; codecs="avc1.')
    assert chunks_of(read_all(clip(codec="h265", seconds=0.2)))[0].mime.startswith('video/mp4; codecs="hvc1.')


def test_viewer_that_comes_between_key_frames_waits_for_one(clip) -> None:
    read = read_all(clip(seconds=3))
    chunks = chunks_of(read[10:])
    assert chunks[1].t_s == pytest.approx(1.0, abs=0.01)


def test_slow_viewer_loses_packets_up_to_a_key_frame_and_is_told(clip) -> None:
    read = read_all(clip(seconds=30, gop=25))
    feed = LiveFeed("gate")
    for stream_format, packet in read:
        feed.put(stream_format, packet)
    assert feed.dropped >= QUEUE_PACKETS
    chunks = chunks_of([], feed) or [feed.next_chunk(0)]
    while True:
        try:
            chunks.append(feed.next_chunk(0))
        except TimeoutError:
            break
    assert len(media_times(b"".join(chunk.data for chunk in chunks))) == len(read) - feed.dropped - 1


def group_of(packets: int, *, size: int = 100) -> Segment:
    """Return a group of a picture a second that no viewer can play."""
    return Segment("gate", FORMAT, tuple(fake_packet(float(n), is_key=n == 0, size=size) for n in range(packets)))


def left(feed: LiveFeed) -> list[EncodedPacket]:
    """Take out the packets that a feed would put into chunks."""
    packets = []
    while True:
        try:
            packets.append(feed._take(0)[1])
        except TimeoutError:
            return packets


def test_viewer_that_comes_late_in_a_long_group_sees_all_of_it(clip) -> None:
    read = read_all(clip(seconds=20, gop=500))
    first, following = read[: QUEUE_PACKETS + 100], read[QUEUE_PACKETS + 100 :]
    feed = LiveFeed("gate")
    feed.begin(Segment("gate", read[0][0], tuple(packet for _, packet in first)))
    chunks = chunks_of(following, feed)
    assert feed.dropped == 0
    assert [chunk.t_s for chunk in chunks[1:]] == pytest.approx([packet.t_s for _, packet in read[:-1]])


@pytest.mark.parametrize(("lag", "kept"), [(QUEUE_PACKETS, 400 + QUEUE_PACKETS), (QUEUE_PACKETS + 1, 0)])
def test_viewer_may_lag_behind_its_first_group_as_far_as_behind_any(lag: int, kept: int) -> None:
    feed = LiveFeed("gate")
    feed.begin(group_of(400))
    for number in range(lag):
        feed.put(FORMAT, fake_packet(400.0 + number))
    assert len(left(feed)) == kept
    assert feed.dropped == (0 if kept else 400 + lag)


def test_first_group_is_bounded_in_bytes() -> None:
    feed = LiveFeed("gate")
    feed.begin(group_of(17, size=2**20))
    feed.put(FORMAT, fake_packet(17.0))
    feed.put(FORMAT, fake_packet(18.0, is_key=True))
    assert [packet.t_s for packet in left(feed)] == [18.0]
    assert feed.dropped == 18


def test_pictures_lost_in_the_middle_leave_no_hole_in_the_media_time(clip) -> None:
    read = read_all(clip(seconds=4, gop=25))
    chunks = chunks_of(read[:25] + read[75:])
    assert [chunk.kind for chunk in chunks].count("init") == 1
    assert decode_times(chunks[1:])[25] == pytest.approx(75 * 3600, abs=4)


def test_reconnect_begins_a_new_init_with_media_time_zero(clip) -> None:
    first = read_all(clip(seconds=1))
    again = read_all(clip(seconds=1), start_t_s=20.0)
    assert first[0][0] == again[0][0]
    chunks = chunks_of(first + again)
    second = next(number for number, chunk in enumerate(chunks) if chunk.kind == "init" and number)
    assert decode_times(chunks[second + 1 :])[0] == 0


def test_change_of_resolution_begins_a_new_init(clip) -> None:
    other = read_all(clip(seconds=1, size_wh=(640, 480)), start_t_s=1.0)
    kinds = [chunk.kind for chunk in chunks_of(read_all(clip(seconds=1)) + other)]
    assert kinds.count("init") == 2


def test_codec_that_browsers_do_not_play_is_an_error(clip) -> None:
    with pytest.raises(UnsupportedCodecError, match="mpeg4"):
        chunks_of(read_all(clip(codec="mpeg4", seconds=0.2)))


def test_closing_wakes_who_waits(clip) -> None:
    feed = LiveFeed("gate")
    seen: list[LiveChunk] = []
    viewer = threading.Thread(target=lambda: seen.extend(feed))
    viewer.start()
    feed.close()
    viewer.join(LIMIT_S)
    assert not viewer.is_alive()
    assert seen == []


def test_closed_feed_takes_nothing_and_gives_nothing(clip) -> None:
    read = read_all(clip(seconds=0.2))
    with LiveFeed("gate") as feed:
        feed.put(*read[0])
    feed.put(*read[0])
    with pytest.raises(FeedClosedError):
        feed.next_chunk(0)


def test_closing_twice_tells_the_owner_once() -> None:
    closed: list[LiveFeed] = []
    feed = LiveFeed("gate", on_close=closed.append)
    feed.close()
    feed.close()
    assert closed == [feed]


def test_equal_format_of_the_same_connection_needs_no_new_init(clip) -> None:
    read = read_all(clip(seconds=2))
    assert len({id(stream_format) for stream_format, _ in read}) == 1
    renewed = [(replace(read[0][0]), packet) for _, packet in read[25:]]
    assert [chunk.kind for chunk in chunks_of(read[:25] + renewed[:1])].count("init") == 2
