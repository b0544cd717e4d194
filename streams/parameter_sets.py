"""Reads the parameter sets of H.264 and H.265: finds them in packets, and names the codec for browsers.

Sources: ITU-T H.264 7.3.2.1 and 7.3.3, H.265 7.3.3 and 7.3.6.1; for the codec strings RFC 6381 and ISO/IEC 14496-15
annex E.
"""

from collections.abc import Iterator
from itertools import islice

from streams.errors import UnsupportedCodecError

START_CODE = b"\x00\x00\x01"
H264_SETS = {7: "SPS", 8: "PPS"}
H264_PICTURES = range(1, 6)
H264_SLICES = (1, 5)
HEVC_SLICES = (0, 1, *range(16, 22))
"""Slices that every stream is mostly made of; the rarer kinds look like what H.264 has in front of its slices."""

HEVC_SETS = {32: "VPS", 33: "SPS", 34: "PPS"}
HEVC_PICTURES = range(32)

MOST_HEAD_UNITS = 1000
"""Units looked at in front of a picture: three times the sets that the standards allow. A megabyte of tiny units, each
compared with all before it, would hold the reader up for minutes."""


def split_annexb(data: bytes) -> Iterator[bytes]:
    """Yield the NAL units between start codes, without trailing zeros; bytes before the first code are left out."""
    start = data.find(START_CODE)
    while start >= 0:
        following = data.find(START_CODE, start + 3)
        unit = data[start + 3 : following if following >= 0 else len(data)].rstrip(b"\x00")
        if unit:
            yield unit
        start = following


def nal_type(codec: str, unit: bytes) -> int:
    """Return the type number of a NAL unit of `h264` or `hevc`."""
    return unit[0] & 0x1F if codec == "h264" else unit[0] >> 1 & 0x3F


def parameter_sets(codec: str, data: bytes) -> dict[str, list[bytes]]:
    """Return the parameter sets in front of the first picture of a packet, by kind (VPS, SPS, PPS).

    Other codecs than `h264` and `hevc` have none. Only the packet's head is searched.
    """
    found: dict[str, list[bytes]] = {}
    if codec not in {"h264", "hevc"}:
        return found
    kinds, pictures = (H264_SETS, H264_PICTURES) if codec == "h264" else (HEVC_SETS, HEVC_PICTURES)
    for unit in islice(_head_units(data, codec, pictures), MOST_HEAD_UNITS):
        kind = kinds.get(nal_type(codec, unit))
        if kind and unit not in found.get(kind, []):
            found.setdefault(kind, []).append(unit)
    return found


def has_all_sets(codec: str, extradata: bytes) -> bool:
    """Return whether every kind of parameter set is there that a decoder of this codec needs."""
    if codec not in {"h264", "hevc"}:
        return True
    kinds = H264_SETS if codec == "h264" else HEVC_SETS
    return set(kinds.values()) <= parameter_sets(codec, extradata).keys()


def holds_picture(codec: str, data: bytes) -> bool:
    """Return whether a packet holds a slice of the common kinds, as far as the headers of its NAL units tell.

    The headers of H.264 and H.265 differ so that neither passes for the other; of other codecs it is always True.
    """
    if codec not in {"h264", "hevc"}:
        return True
    start = data.find(START_CODE)
    for _ in range(MOST_HEAD_UNITS):
        if start < 0:
            break
        head = data[start + 3 : start + 5]
        if len(head) == 2 and _begins_slice(codec, head):
            return True
        start = data.find(START_CODE, start + 3)
    return False


def merged_extradata(codec: str, extradata: bytes, packet_data: bytes) -> bytes:
    """Return the extradata that fits a key packet: unchanged, or with the sets the packet brings in place of ours.

    Args:
        codec: `h264`, `hevc` or another, for which the extradata never changes.
        extradata: Annex B sets known so far.
        packet_data: a key packet that may carry sets of its own.
    """
    inside = parameter_sets(codec, packet_data)
    known = parameter_sets(codec, extradata)
    if all(unit in known.get(kind, []) for kind, units in inside.items() for unit in units):
        return extradata
    sets = known | inside
    order = [kind for kind in ("VPS", "SPS", "PPS") if kind in sets]
    return b"".join(b"\x00" + START_CODE + unit for kind in order for unit in sets[kind])


def rest_of_picture(codec: str, data: bytes) -> bytes:
    """Return the slices of a packet that begins in the middle of a picture; empty where it begins a picture.

    Some senders (GStreamer's payloader among them) put the parameter sets before every slice of a key frame, and libav
    then takes each slice for a picture of its own. A slice says itself whether it begins one: H.264 7.3.3
    (`first_mb_in_slice` is 0), H.265 7.3.6.1 (`first_slice_segment_in_pic_flag`).
    """
    if codec not in {"h264", "hevc"}:
        return b""
    pictures, header = (H264_PICTURES, 1) if codec == "h264" else (HEVC_PICTURES, 2)
    slices = [unit for unit in split_annexb(data) if nal_type(codec, unit) in pictures]
    if not slices or len(slices[0]) <= header or slices[0][header] & 0x80:
        return b""
    return b"".join(b"\x00" + START_CODE + unit for unit in slices)


def codec_string(codec: str, extradata: bytes) -> str:
    """Return the codec as a browser's `MediaSource.isTypeSupported` wants it, e.g. `avc1.64001f`.

    Raises:
        UnsupportedCodecError: the codec has no place in Media Source Extensions, or the parameter sets are broken.
    """
    if codec not in {"h264", "hevc"}:
        raise UnsupportedCodecError(f"browsers do not play {codec}; set the camera to H.264, or watch still pictures")
    sets = parameter_sets(codec, extradata).get("SPS")
    if not sets:
        raise UnsupportedCodecError(f"the camera sent no {codec} parameter sets yet")
    plain = without_emulation(sets[0])
    try:
        return f"avc1.{plain[1:4].hex()}" if codec == "h264" and len(plain) >= 4 else _hevc_string(plain)
    except IndexError:
        raise UnsupportedCodecError(f"the camera's {codec} parameter sets are cut off") from None


def without_emulation(unit: bytes) -> bytes:
    """Return a NAL unit's payload without its emulation prevention bytes (00 00 03 becomes 00 00)."""
    return unit.replace(b"\x00\x00\x03", b"\x00\x00")


def _head_units(data: bytes, codec: str, pictures: range) -> Iterator[bytes]:
    # A picture's slice runs to megabytes; stop before it instead of searching it for start codes.
    start = data.find(START_CODE)
    while 0 <= start < len(data) - 3:
        if nal_type(codec, data[start + 3 : start + 4]) in pictures:
            return
        following = data.find(START_CODE, start + 3)
        unit = data[start + 3 : following if following >= 0 else len(data)].rstrip(b"\x00")
        if unit:
            yield unit
        start = following


def _begins_slice(codec: str, head: bytes) -> bool:
    if head[0] & 0x80:  # the forbidden bit
        return False
    if codec == "h264":
        return head[0] & 0x1F in H264_SLICES
    is_base_layer = not head[0] & 1 and not head[1] >> 3 and head[1] & 7
    return bool(is_base_layer) and head[0] >> 1 in HEVC_SLICES


def _hevc_string(sps: bytes) -> str:
    # After the 2-byte header and 1 byte (VPS id, sub-layers, nesting) lies profile_tier_level: 1 byte space, tier and
    # profile, 4 bytes compatibility, 6 bytes constraints, 1 byte level.
    level = sps[14]
    general, constraints = sps[3], sps[8:14].rstrip(b"\x00")
    space = ("", "A", "B", "C")[general >> 6]
    tier = "H" if general >> 5 & 1 else "L"
    compatibility = int(f"{int.from_bytes(sps[4:8], 'big'):032b}"[::-1], 2)
    tail = "".join(f".{byte:X}" for byte in constraints)
    return f"hvc1.{space}{general & 0x1F}.{compatibility:X}.{tier}{level}{tail}"
