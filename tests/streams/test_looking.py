"""Decoding in gears: what is offered, decoded and counted in each."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from streams import looking
from streams.decoding import PacketDecoder
from streams.gears import Gear
from streams.looking import GearedDecoder
from streams.offers import KeyDecoders
from streams.ring import PacketRing
from tests.rtsp.clips import pattern_frame
from tests.streams.helpers import Collector, fake_packet, luma, read_all


class Looker:
    """A decoder with its ring, fed by hand."""

    def __init__(self) -> None:
        self.seen = Collector()
        self.ring = PacketRing("gate", ring_s=60, ring_bytes=10**8)
        self.geared = GearedDecoder("gate", self.seen, self.ring.newest)

    def feed(self, read: list, gear: Gear) -> None:
        for stream_format, packet in read:
            self.ring.add(stream_format, packet)
            self.geared.look(stream_format, packet, gear)

    def times(self) -> list[float]:
        return [frame.t_s for frame in self.seen.frames]


@pytest.fixture
def looker() -> Looker:
    return Looker()


def is_whole(frame, number: int) -> bool:
    expected = luma(pattern_frame(number, (320, 240))).astype(int)
    return bool(np.abs(frame.planes.y.astype(int) - expected).mean() < 8)


def test_gear_off_decodes_nothing(clip, looker: Looker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PacketDecoder, "decode", lambda *_: pytest.fail("decoded"))
    looker.feed(read_all(clip(seconds=2)), Gear.off())
    assert looker.seen.frames == []


def test_gear_key_offers_key_frames_and_decodes_nothing_itself(
    clip, looker: Looker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PacketDecoder, "decode", lambda *_: pytest.fail("decoded"))
    looker.feed(read_all(clip(seconds=4, b_frames=2)), Gear.key())
    assert np.diff(looker.times()) == pytest.approx([1.0] * 3)


def test_key_frame_that_nobody_takes_is_never_decoded(clip) -> None:
    ring, offers = PacketRing("gate", ring_s=60, ring_bytes=10**8), []
    geared = GearedDecoder("gate", offers.append, ring.newest)
    for stream_format, packet in read_all(clip(seconds=4)):
        ring.add(stream_format, packet)
        geared.look(stream_format, packet, Gear.key())
    assert (len(offers), geared.frames) == (4, 0)


def test_key_frames_that_do_not_stand_alone_are_noticed(clip, looker: Looker) -> None:
    read = read_all(clip(seconds=4))
    lame = [(f, replace(p, is_key=True)) for f, p in read if not p.is_key]
    assert looker.geared.keys_stand_alone
    looker.feed(lame[:30], Gear.key())
    assert not looker.geared.keys_stand_alone


def spoilt_keys(read: list) -> list:
    """The key frames of a stream with most of their bytes lost."""
    return [(f, replace(p, data=p.data[:60])) for f, p in read if p.is_key]


def test_key_frames_that_the_network_spoilt_are_tried_again(
    clip, looker: Looker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "RETRY_S", 3.0)
    looker.feed(spoilt_keys(read_all(clip(seconds=3))), Gear.key())
    assert not looker.geared.keys_stand_alone
    healed = read_all(clip(seconds=6), start_t_s=3.0)
    looker.feed(healed[:60], Gear.rate(1.0))
    assert not looker.geared.keys_stand_alone
    looker.feed(healed[60:], Gear.rate(1.0))
    assert looker.geared.keys_stand_alone


def test_key_frames_that_never_stand_alone_are_tried_in_vain(
    clip, looker: Looker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "RETRY_S", 1.0)
    read = read_all(clip(seconds=6))
    lame = [(f, replace(p, is_key=True)) for f, p in read if not p.is_key]
    looker.feed(lame[:30], Gear.key())
    looker.feed(lame[30:], Gear.rate(1.0))
    assert not looker.geared.keys_stand_alone


@pytest.mark.parametrize("gear", [Gear.rate(1.0), Gear.rate(2.5), Gear.full()])
def test_each_decoded_picture_is_offered_or_counted_as_passed_over(clip, looker: Looker, gear: Gear) -> None:
    read = read_all(clip(seconds=4, gop=50))
    looker.feed(read[:30], Gear.off())
    looker.feed(read[30:], gear)
    looker.geared.reset()
    assert looker.geared.frames == len(looker.seen.frames) > 1
    assert looker.geared.frames + looker.geared.passed_over == len(read)  # those before it was shifted up, too


def test_one_decoder_serves_cameras_of_one_size(clip) -> None:
    decoders = KeyDecoders()
    one, other = read_all(clip(seconds=1))[0], read_all(clip(seconds=1, gop=10))[0]
    pictures = [decoders.decode(*each) for each in (one, other, one)]
    assert all(picture is not None for picture in pictures)


def test_key_frame_is_delivered_with_its_own_packet_and_not_a_group_later(clip, looker: Looker) -> None:
    looker.feed(read_all(clip(seconds=4, b_frames=2))[:1], Gear.key())
    assert is_whole(looker.seen.frames[0], 0)


def test_gear_key_with_a_limit_takes_no_more_than_that(clip, looker: Looker) -> None:
    looker.feed(read_all(clip(seconds=4, gop=5)), Gear("key", 1.0))
    assert looker.times() == pytest.approx([0.0, 1.0, 2.0, 3.0], abs=0.01)


@pytest.mark.parametrize("hz", [1.0, 2.5, 5.0, 10.0])
def test_gear_rate_delivers_that_rate(clip, looker: Looker, hz: float) -> None:
    looker.feed(read_all(clip(seconds=8, gop=200)), Gear.rate(hz))
    times = looker.times()
    assert (len(times) - 1) / (times[-1] - times[0]) == pytest.approx(hz, rel=0.08)


def test_gear_full_delivers_every_picture_in_order(clip, looker: Looker) -> None:
    looker.feed(read_all(clip(seconds=4, b_frames=2)), Gear.full())
    looker.geared.reset()
    assert len(looker.times()) == 100
    assert all(later > earlier for earlier, later in pairwise(looker.times()))
    assert [frame.seq for frame in looker.seen.frames] == list(range(len(looker.times())))


@pytest.mark.parametrize("b_frames", [0, 2])
def test_shifting_up_between_key_frames_starts_at_once_and_whole(clip, looker: Looker, b_frames: int) -> None:
    read = read_all(clip(seconds=4, gop=50, b_frames=b_frames))
    looker.feed(read[:70], Gear.off())
    looker.feed(read[70:75], Gear.full())
    assert looker.times()[0] == pytest.approx(70 / 25, abs=0.2)
    assert is_whole(looker.seen.frames[0], round(looker.times()[0] * 25) - (2 if b_frames else 0))


def test_shifting_from_key_to_full_never_repeats_a_picture(clip, looker: Looker) -> None:
    read = read_all(clip(seconds=4, gop=50))
    looker.feed(read[:60], Gear.key())
    looker.feed(read[60:80], Gear.full())
    looker.feed(read[80:], Gear.key())
    assert all(later > earlier for earlier, later in pairwise(looker.times()))


def test_after_a_corrupt_packet_no_smeared_picture_is_delivered(clip, looker: Looker) -> None:
    read = read_all(clip(seconds=4, gop=25))
    torn = (read[30][0], fake_packet(read[30][1].t_s, size=60))
    looker.feed([*read[:30], torn, *read[31:]], Gear.full())
    whole = [is_whole(frame, round(frame.t_s * 25)) for frame in looker.seen.frames]
    assert all(whole)
    assert looker.geared.corrupt >= 1


def test_picture_with_a_damaged_slice_and_its_heirs_are_not_delivered(clip, looker: Looker) -> None:
    read = read_all(clip(seconds=4, gop=25))
    damaged = replace(read[30][1], data=read[30][1].data[:15] + bytes(40))
    looker.feed([*read[:30], (read[30][0], damaged), *read[31:]], Gear.full())
    numbers = [round(t_s * 25) for t_s in looker.times()]
    assert numbers == [*range(30), *range(50, 100)]


def test_change_of_resolution_is_followed(clip, looker: Looker) -> None:
    looker.feed(read_all(clip(seconds=1)), Gear.full())
    looker.feed(read_all(clip(seconds=1, size_wh=(640, 480)), start_t_s=1.0), Gear.full())
    assert {frame.size_wh for frame in looker.seen.frames} == {(320, 240), (640, 480)}


def test_frames_count_on_over_a_reconnect(clip, looker: Looker) -> None:
    looker.feed(read_all(clip(seconds=1)), Gear.full())
    looker.geared.reset()
    looker.feed(read_all(clip(seconds=1), start_t_s=20.0), Gear.full())
    assert [frame.seq for frame in looker.seen.frames] == list(range(50))


def test_looking_never_converts_to_colour(clip, looker: Looker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "cvtColor", lambda *_a, **_k: pytest.fail("converted"))
    looker.feed(read_all(clip(seconds=1)), Gear.full())
    assert looker.seen.frames


def test_no_module_of_this_package_converts_to_colour() -> None:
    sources = [path.read_text() for path in Path("streams").glob("*.py")]
    assert sources
    assert not any(word in text for text in sources for word in ("bgr24", "rgb24", "cvtColor", ".bgr("))
