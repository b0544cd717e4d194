"""RTP to pictures: every way in which cameras pack NAL units, what a loss leaves, and bounds for anybody's bytes."""

from collections.abc import Iterable
from itertools import chain

import pytest

import streams.rtp
from streams.rtp import MOST_APART, Picture, PictureAssembler, holds_recovery_point
from tests.simulator import rtp as cutting
from tests.simulator.units import is_set, load_clip
from tests.streams.rtp_packets import (
    CRA,
    HEVC_PPS,
    HEVC_SPS,
    IDR,
    PAYLOAD_TYPE,
    PPS,
    RECOVERY_SEI,
    SEI,
    SLICE,
    SOURCE,
    SPS,
    TRAIL,
    VPS,
    Sender,
    annexb,
    fragments,
    hevc_fragments,
    joined,
)

STAP, AP = b"\x78", b"\x60\x01"
STEP = 3600


@pytest.fixture
def sender() -> Sender:
    return Sender()


@pytest.fixture
def h264() -> PictureAssembler:
    return PictureAssembler("h264", PAYLOAD_TYPE)


@pytest.fixture
def hevc() -> PictureAssembler:
    return PictureAssembler("hevc", PAYLOAD_TYPE)


def fed(assembler: PictureAssembler, packets: list[bytes]) -> list[Picture]:
    """Return the pictures that the packets end."""
    return list(chain.from_iterable(map(assembler.add, packets)))


def sent(sender: Sender, payloads: list[bytes], stamp: int = 0) -> list[bytes]:
    """Return the packets of one picture, the last with the marker."""
    return [sender.packet(each, stamp, is_last=number == len(payloads)) for number, each in enumerate(payloads, 1)]


def test_single_h264_units_make_a_picture(h264: PictureAssembler, sender: Sender) -> None:
    assert fed(h264, sent(sender, [SPS, PPS, IDR], 5)) == [Picture(annexb(SPS, PPS, IDR), 5, True, True)]


def test_joined_h264_units_are_taken_apart(h264: PictureAssembler, sender: Sender) -> None:
    pictures = fed(h264, sent(sender, [joined(STAP, SPS, PPS, SEI), SLICE]))
    assert pictures == [Picture(annexb(SPS, PPS, SEI, SLICE), 0, False, True)]


@pytest.mark.parametrize("sizes", [(3,), (3, 4), (1, 1, 1, 1, 1)])
def test_h264_fragments_are_put_together(h264: PictureAssembler, sender: Sender, sizes: tuple[int, ...]) -> None:
    unit = b"\x65" + bytes(range(100))
    assert fed(h264, sent(sender, fragments(unit, *sizes))) == [Picture(annexb(unit), 0, True, True)]


def test_single_h265_units_make_a_picture(hevc: PictureAssembler, sender: Sender) -> None:
    assert fed(hevc, sent(sender, [VPS, HEVC_SPS, HEVC_PPS, CRA], 5)) == [
        Picture(annexb(VPS, HEVC_SPS, HEVC_PPS, CRA), 5, True, True)
    ]


def test_joined_h265_units_are_taken_apart(hevc: PictureAssembler, sender: Sender) -> None:
    pictures = fed(hevc, sent(sender, [joined(AP, VPS, HEVC_SPS, HEVC_PPS), TRAIL]))
    assert pictures == [Picture(annexb(VPS, HEVC_SPS, HEVC_PPS, TRAIL), 0, False, True)]


@pytest.mark.parametrize("sizes", [(3,), (3, 4), (1, 1, 1, 1, 1)])
def test_h265_fragments_are_put_together(hevc: PictureAssembler, sender: Sender, sizes: tuple[int, ...]) -> None:
    unit = b"\x26\x01" + bytes(range(100))
    assert fed(hevc, sent(sender, hevc_fragments(unit, *sizes))) == [Picture(annexb(unit), 0, True, True)]


def test_slices_of_a_picture_in_fragments_of_their_own_stay_apart(h264: PictureAssembler, sender: Sender) -> None:
    slices = [b"\x41" + bytes([number]) * 50 for number in range(3)]
    payloads = [each for unit in slices for each in fragments(unit, 20, 20)]
    assert fed(h264, sent(sender, payloads)) == [Picture(annexb(*slices), 0, False, True)]


def test_units_behind_a_fragment_without_end_keep_their_headers(h264: PictureAssembler, sender: Sender) -> None:
    begin, *_ = fragments(IDR * 30, 20)
    units = [b"\x41\x1a" + bytes([number]) for number in range(3)]
    assert fed(h264, sent(sender, [begin, *units]))[0].data == annexb((IDR * 30)[:21], *units)


def test_changed_stamp_ends_a_picture_without_a_marker(h264: PictureAssembler, sender: Sender) -> None:
    assert h264.add(sender.packet(IDR, 0)) == ()
    assert h264.add(sender.packet(SLICE, STEP)) == (Picture(annexb(IDR), 0, True, True),)


def test_packet_may_end_the_picture_before_it_and_its_own(h264: PictureAssembler, sender: Sender) -> None:
    h264.add(sender.packet(IDR, 0))
    both = h264.add(sender.packet(SLICE, STEP, is_last=True))
    assert [(each.data, each.stamp) for each in both] == [(annexb(IDR), 0), (annexb(SLICE), STEP)]


@pytest.mark.parametrize("has_markers", [True, False])
def test_sets_with_stamps_of_their_own_belong_to_the_next_picture(
    h264: PictureAssembler, sender: Sender, has_markers: bool
) -> None:
    packets = [sender.packet(each, stamp, is_last=has_markers) for stamp, each in enumerate([SPS, PPS])]
    packets += [sender.packet(IDR, STEP, is_last=True)]
    assert fed(h264, packets) == [Picture(annexb(SPS, PPS, IDR), STEP, True, True)]


def test_stamps_without_a_slice_do_not_wait_for_ever(h264: PictureAssembler, sender: Sender) -> None:
    packets = [sender.packet(SEI, stamp * STEP, is_last=True) for stamp in range(MOST_APART + 1)]
    pictures = fed(h264, packets)
    assert pictures == [Picture(annexb(*[SEI] * (MOST_APART + 1)), MOST_APART * STEP, False, True)]


def test_loss_within_a_picture_is_told_of_this_picture_only(h264: PictureAssembler, sender: Sender) -> None:
    first = sender.packet(IDR, 0)
    sender.lose()
    rest = [sender.packet(SLICE, 0, is_last=True), sender.packet(SLICE, STEP, is_last=True)]
    assert [each.is_whole for each in fed(h264, [first, *rest])] == [False, True]


def test_loss_between_two_pictures_without_markers_is_told_of_both(h264: PictureAssembler, sender: Sender) -> None:
    first = sender.packet(IDR, 0)
    sender.lose()
    rest = [sender.packet(SLICE, STEP, is_last=True), sender.packet(SLICE, 2 * STEP, is_last=True)]
    assert [each.is_whole for each in fed(h264, [first, *rest])] == [False, False, True]


def test_loss_behind_a_marker_is_not_told_of_the_picture_before(h264: PictureAssembler, sender: Sender) -> None:
    first = sender.packet(IDR, 0, is_last=True)
    sender.lose(3)
    rest = sender.packet(SLICE, STEP, is_last=True)
    assert [each.is_whole for each in fed(h264, [first, rest])] == [True, False]


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_fragments_behind_a_lost_one_are_dropped(h264: PictureAssembler, sender: Sender, lost: int) -> None:
    unit = b"\x65" + bytes(range(50))
    packets = [sender.packet(SPS), *(sender.packet(each) for each in fragments(unit, 10, 10, 10))]
    packets += [sender.packet(SLICE, is_last=True)]
    del packets[lost]
    (picture,) = fed(h264, packets)
    begin = [] if lost == 1 else [unit[: 1 + 10 * (lost - 1)]]
    assert picture == Picture(annexb(SPS, *begin, SLICE), 0, lost > 1, False)


def test_picture_of_which_nothing_is_left_is_counted_with_the_next(h264: PictureAssembler, sender: Sender) -> None:
    begin, *rest = [sender.packet(each) for each in fragments(IDR * 20, 20, 20)]
    h264.add(sender.packet(SLICE, -STEP, is_last=True))
    packets = [*rest, sender.packet(SLICE, STEP, is_last=True), sender.packet(SLICE, 2 * STEP, is_last=True)]
    assert begin
    assert [(each.data, each.is_whole) for each in fed(h264, packets)] == [
        (annexb(SLICE), False),
        (annexb(SLICE), True),
    ]


def test_joined_units_that_are_cut_off_leave_those_before(h264: PictureAssembler, sender: Sender) -> None:
    payload = joined(STAP, SPS, IDR)
    assert fed(h264, sent(sender, [payload[:-1], SLICE])) == [Picture(annexb(SPS, SLICE), 0, False, False)]


def test_empty_unit_among_joined_ones_is_passed_over(h264: PictureAssembler, sender: Sender) -> None:
    assert fed(h264, sent(sender, [joined(STAP, SPS, b"", IDR)])) == [Picture(annexb(SPS, IDR), 0, True, True)]


def test_sequence_numbers_wrap_around_without_a_loss(h264: PictureAssembler) -> None:
    sender = Sender(sequence=0xFFFE)
    packets = sent(sender, fragments(b"\x65" + bytes(60), *[10] * 5))
    assert [each.is_whole for each in fed(h264, packets)] == [True]


def test_stamps_count_on_over_their_wrap_around(h264: PictureAssembler, sender: Sender) -> None:
    begin = 2**32 - STEP
    pictures = fed(h264, [sender.packet(SLICE, begin + number * STEP, is_last=True) for number in range(4)])
    assert [each.stamp for each in pictures] == [begin + number * STEP for number in range(4)]


def test_stamps_run_back_over_their_wrap_around_for_pictures_shown_earlier(
    h264: PictureAssembler, sender: Sender
) -> None:
    pictures = fed(h264, [sender.packet(SLICE, stamp, is_last=True) for stamp in (2 * STEP, -STEP, 3 * STEP)])
    assert [each.stamp for each in pictures] == [2 * STEP, -STEP, 3 * STEP]


@pytest.mark.parametrize(
    ("first", "rest"),
    [
        (0x80 | 2, bytes(8) + SLICE),
        (0x80 | 0x10, b"\xbe\xde\x00\x02" + bytes(8) + SLICE),
        (0x80 | 0x10, b"\xbe\xde\x00\x00" + SLICE),
        (0x80 | 0x20, SLICE + b"\x00\x00\x03"),
        (0x80 | 0x31, bytes(4) + b"\xbe\xde\x00\x01" + bytes(4) + SLICE + b"\x01"),
    ],
    ids=["sources", "extension", "empty extension", "padding", "all of them"],
)
def test_what_surrounds_the_payload_is_left_out(
    h264: PictureAssembler, sender: Sender, first: int, rest: bytes
) -> None:
    pictures = fed(h264, [sender.odd(first, rest, is_last=True)])
    assert pictures == [Picture(annexb(SLICE), 0, False, True)]


@pytest.mark.parametrize("first", [0x80 | 0x20, 0x80 | 0x10, 0x8F], ids=["padding", "extension", "sources"])
def test_header_that_claims_more_than_the_packet_holds_leaves_nothing(
    h264: PictureAssembler, sender: Sender, first: int
) -> None:
    size = 20 if first == 0x8F else 150
    assert fed(h264, [sender.odd(first, SLICE + b"\xff" * size, is_last=True)]) == []


def test_fragments_in_padded_packets_go_on_as_plain_ones_do(h264: PictureAssembler, sender: Sender) -> None:
    begin, middle, end = fragments(b"\x65" + bytes(range(30)), 10, 10)
    packets = [sender.packet(begin), sender.odd(0xA0, middle + b"\x00\x02"), sender.packet(end, is_last=True)]
    assert fed(h264, packets) == [Picture(annexb(b"\x65" + bytes(range(30))), 0, True, True)]


def test_other_payload_types_are_passed_over(h264: PictureAssembler, sender: Sender) -> None:
    other = Sender(sequence=11, payload_type=97)
    packets = [sender.packet(IDR), other.packet(SLICE, is_last=True), sender.packet(SLICE, is_last=True)]
    assert fed(h264, packets) == [Picture(annexb(IDR, SLICE), 0, True, True)]


@pytest.mark.parametrize("packet", [b"", b"\x80", b"\x80\x60" + bytes(9), b"\x00\x60" + bytes(10) + SLICE])
def test_what_is_no_packet_is_passed_over(h264: PictureAssembler, sender: Sender, packet: bytes) -> None:
    assert fed(h264, [packet, *sent(sender, [IDR])]) == [Picture(annexb(IDR), 0, True, True)]


def test_unit_kinds_that_no_camera_sends_are_passed_over(h264: PictureAssembler, sender: Sender) -> None:
    odd = [bytes([kind]) + b"odd" for kind in (25, 26, 27, 29, 30, 31)]
    assert fed(h264, sent(sender, [*odd, SLICE])) == [Picture(annexb(SLICE), 0, False, True)]


def test_single_packets_of_another_source_are_passed_over(h264: PictureAssembler, sender: Sender) -> None:
    other = Sender(sequence=900, source=SOURCE + 1)
    packets = [sender.packet(IDR), other.packet(SLICE, 9), sender.packet(SLICE), other.packet(SLICE, 9)]
    packets += [sender.packet(SLICE, is_last=True)]
    assert fed(h264, packets) == [Picture(annexb(IDR, SLICE, SLICE), 0, True, True)]
    assert h264.source == SOURCE


def test_single_packets_of_another_source_amid_fragments_are_passed_over(
    h264: PictureAssembler, sender: Sender
) -> None:
    other = Sender(sequence=900, source=SOURCE + 1)
    unit = b"\x65" + bytes(range(100))
    ours = sent(sender, fragments(unit, *[10] * 9))
    packets = [each for packet in ours for each in (packet, other.packet(SLICE, 9))]
    assert fed(h264, packets) == [Picture(annexb(unit), 0, True, True)]


def test_two_packets_of_another_source_in_a_row_are_followed(h264: PictureAssembler, sender: Sender) -> None:
    other = Sender(sequence=900, source=SOURCE + 1)
    packets = [sender.packet(IDR, is_last=True)]
    packets += [other.packet(SLICE, number * STEP, is_last=True) for number in range(1, 4)]
    assert [each.stamp for each in fed(h264, packets)] == [0, 2 * STEP, 3 * STEP]
    assert h264.source == SOURCE + 1


def test_change_of_source_in_the_middle_of_a_picture_is_told(h264: PictureAssembler, sender: Sender) -> None:
    other = Sender(sequence=900, source=SOURCE + 1)
    unfinished = [sender.packet(each) for each in fragments(IDR * 30, 20, 20)[:2]]
    packets = [other.packet(SLICE, number * STEP, is_last=True) for number in range(1, 4)]
    assert [each.is_whole for each in fed(h264, unfinished + packets)] == [False, False, True]


def test_source_is_unknown_before_the_first_packet(h264: PictureAssembler) -> None:
    assert h264.source is None


@pytest.mark.parametrize(
    ("units", "is_key"),
    [
        ([IDR], True),
        ([SLICE], False),
        ([SEI, SLICE], False),
        ([RECOVERY_SEI, SLICE], True),
        ([SLICE, IDR], True),
        ([b"\x25idr of low importance"], True),
    ],
)
def test_h264_keys_are_idr_and_recovery_points(
    h264: PictureAssembler, sender: Sender, units: list[bytes], is_key: bool
) -> None:
    assert [each.is_key for each in fed(h264, sent(sender, units))] == [is_key]


@pytest.mark.parametrize("kind", range(32))
def test_h265_keys_are_the_random_access_pictures(hevc: PictureAssembler, sender: Sender, kind: int) -> None:
    unit = bytes([kind << 1, 1]) + b"slice"
    assert [each.is_key for each in fed(hevc, sent(sender, [unit]))] == [16 <= kind <= 23]


def test_key_in_fragments_is_a_key_and_the_next_picture_is_not(h264: PictureAssembler, sender: Sender) -> None:
    packets = sent(sender, fragments(IDR * 30, 20, 20)) + sent(sender, fragments(SLICE * 30, 20, 20), STEP)
    assert [each.is_key for each in fed(h264, packets)] == [True, False]


@pytest.mark.parametrize(
    ("messages", "is_held"),
    [
        (b"\x06\x01\xc0", True),
        (b"\x05\x04user\x06\x01\xc0", True),
        (b"\x05\xff\x03" + bytes(258) + b"\x06\x01\xc0", True),
        (b"\xff\x07\x01x\x06\x01\xc0", True),
        (b"\x05\x04user", False),
        (b"\x06\x00", False),
        (b"\x05\x04\x06\x01\xc0\x80", False),
        (b"\x05\xff\x03" + b"\x06\x01\xc0" * 86, False),
        (b"\xff" * 50, False),
        (b"", False),
    ],
)
def test_recovery_point_is_found_behind_messages_of_any_size(messages: bytes, is_held: bool) -> None:
    assert holds_recovery_point(b"\x06" + messages + b"\x80") is is_held


@pytest.mark.parametrize("part_bytes", [0, 1, 1000])
def test_fragments_without_end_stay_within_the_bounds(
    monkeypatch: pytest.MonkeyPatch, h264: PictureAssembler, sender: Sender, part_bytes: int
) -> None:
    monkeypatch.setattr(streams.rtp, "MOST_PICTURE_BYTES", 50_000)
    monkeypatch.setattr(streams.rtp, "MOST_PARTS", 200)
    begin, middle = b"\x7c\x85" + b"b" * part_bytes, b"\x7c\x05" + b"m" * part_bytes
    packets = [sender.packet(begin), *(sender.packet(middle) for _ in range(1000)), sender.packet(SLICE, is_last=True)]
    (picture,) = fed(h264, packets)
    assert not picture.is_whole
    assert len(picture.data) <= 50_000 + 1000  # the last packet may pass the limit
    assert part_bytes != 1 or len(picture.data) <= 200 + len(annexb(IDR))


@pytest.mark.parametrize("unit", [SLICE, b"\x41" + b"s" * 900])
def test_units_without_end_stay_within_the_bounds(
    monkeypatch: pytest.MonkeyPatch, h264: PictureAssembler, sender: Sender, unit: bytes
) -> None:
    monkeypatch.setattr(streams.rtp, "MOST_PICTURE_BYTES", 50_000)
    monkeypatch.setattr(streams.rtp, "MOST_PARTS", 200)
    (picture,) = fed(h264, sent(sender, [unit] * 1000))
    assert not picture.is_whole
    assert len(picture.data) <= min(50_000, 100 * len(annexb(unit)))


def test_picture_behind_one_that_was_too_big_is_whole(
    monkeypatch: pytest.MonkeyPatch, h264: PictureAssembler, sender: Sender
) -> None:
    monkeypatch.setattr(streams.rtp, "MOST_PICTURE_BYTES", 1000)
    packets = sent(sender, [SLICE * 10] * 50) + sent(sender, [SLICE], STEP)
    assert [each.is_whole for each in fed(h264, packets)] == [False, True]


@pytest.mark.parametrize("most_bytes", [1400, 20])
@pytest.mark.parametrize(("codec", "b_frames"), [("h264", 0), ("h264", 2), ("h265", 0), ("h265", 2)])
def test_encoded_pictures_come_out_as_they_went_in(
    clip, monkeypatch: pytest.MonkeyPatch, codec: str, b_frames: int, most_bytes: int
) -> None:
    monkeypatch.setattr(cutting, "MOST_BYTES", most_bytes)
    played = load_clip(clip(codec=codec, b_frames=b_frames, seconds=2))
    counter = cutting.RtpCounter(sequence=65_500, first_stamp=2**32 - 20_000)
    assembler = PictureAssembler(played.codec, cutting.PAYLOAD_TYPE)
    packets = [packet for unit in played.units for packet in cutting.rtp_packets(unit, counter)]
    pictures = fed(assembler, packets)
    assert len(packets) > len(played.units) * (3 if most_bytes == 20 else 1)
    first = counter.first_stamp
    nals = [sets_first(unit.codec, unit.nals) if most_bytes == 1400 else unit.nals for unit in played.units]
    assert pictures == [
        Picture(annexb(*units), first + unit.pts, unit.is_key, True)
        for unit, units in zip(played.units, nals, strict=True)
    ]


def sets_first(codec: str, nals: Iterable[bytes]) -> list[bytes]:
    """Return NAL units in the order in which the simulator sends them where it joins the sets."""
    return sorted(nals, key=lambda nal: not is_set(codec, nal))
