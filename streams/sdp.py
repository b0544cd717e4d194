"""Reads session descriptions: their tracks, and the video track that we can play ourselves.

Sources: RFC 4566; control URLs RFC 2326 C.1.1; parameters of H.264 RFC 6184 8.1, of H.265 RFC 7798 7.1.
"""

import base64
import binascii
from dataclasses import dataclass

from streams.parameter_sets import START_CODE
from streams.rtsp_messages import RtspMessage

MAX_MEDIA = 32
"""Media sections of one description; cameras have four at most."""

MOST_FPS = 1000.0
"""A declared rate beyond this is none."""

CODECS = {"H264": "h264", "H265": "hevc"}
"""Names in `rtpmap` of what we take out of RTP ourselves, and libav's names."""

_SETS = {"h264": ("sprop-parameter-sets",), "hevc": ("sprop-vps", "sprop-sps", "sprop-pps")}
_INTERLEAVED = ("packetization-mode=2", "sprop-max-don-diff=", "sprop-depack-buf-nalus=")
"""Pictures that come in another order than they are decoded in; no camera is known that does it."""


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """The video of a description.

    Attributes:
        control: its URL for SETUP, without a login.
        codec: libav's name: `h264` or `hevc`.
        payload_type: its number in RTP, 0 to 127.
        clock_hz: ticks a second of its stamps.
        extradata: parameter sets as Annex B; empty where the description holds none.
        fps: pictures a second, as declared; None where nothing is.
    """

    control: str
    codec: str
    payload_type: int
    clock_hz: int
    extradata: bytes
    fps: float | None


def video_track(sdp: bytes, base_url: str) -> VideoTrack | None:
    """Return the first video track, or None where it is none that we play ourselves.

    Args:
        sdp: the description.
        base_url: what a relative control is appended to.
    """
    sections = media_sections(sdp.decode("utf-8", "replace"))
    section = next((each for each in sections if each[0].split()[0] == "video"), None)
    if section is None or "SAVP" in section[0]:
        return None
    number = (section[0].split()[3:] or [""])[0]
    name, _, clock = attribute(section, f"rtpmap:{number} ").partition("/")
    codec = CODECS.get(name.strip().upper())
    parameters = attribute(section, f"fmtp:{number} ")
    is_odd = any(word in parameters.replace(" ", "") for word in _INTERLEAVED)
    if codec is None or is_odd or not (_is_number(number, 127) and _is_number(clock, 1_000_000) and int(clock)):
        return None
    return VideoTrack(
        control=control_url(base_url, attribute(section, "control:") or "*"),
        codec=codec,
        payload_type=int(number),
        clock_hz=int(clock),
        extradata=_sets(codec, parameters),
        fps=_rate(attribute(section, "framerate:")),
    )


def media_sections(text: str) -> list[list[str]]:
    """Return the sections behind `m=`; the first line of each without its `m=`."""
    sections: list[list[str]] = []
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("m=") and line[2:].split():
            if len(sections) == MAX_MEDIA:
                break
            sections.append([line[2:]])
        elif sections:
            sections[-1].append(line)
    return sections


def attribute(section: list[str], name: str) -> str:
    """Return what follows `a=` and the name in a section; empty where it does not stand there."""
    begin = f"a={name}"
    return next((line[len(begin) :].strip() for line in section if line.startswith(begin)), "")


def base_of(reply: RtspMessage, asked_url: str) -> str:
    """Return the URL that a description's relative controls belong to, always of the host that was asked."""
    base = reply.value("content-base") or reply.value("content-location")
    _, has_scheme, rest = base.partition("://")
    return f"{_root(asked_url)}/{rest.partition('/')[2]}" if has_scheme and _is_plain(base) else asked_url


def control_url(base_url: str, control: str) -> str:
    """Join as RFC 2326 C.1.1 says, and as servers do: with a query in the base, the track still comes last.

    An absolute control keeps its path but is asked of the host we know, so that a description cannot lead us elsewhere.
    """
    if control == "*" or not _is_plain(control):
        return base_url
    _, has_scheme, rest = control.partition("://")
    if has_scheme and control.lower().startswith("rtsp"):
        return f"{_root(base_url)}/{rest.partition('/')[2]}"
    if control.startswith("/"):
        return f"{_root(base_url)}{control}"
    return f"{base_url.rstrip('/')}/{control}"


def _root(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def _is_plain(text: str) -> bool:
    return all(char.isascii() and char.isprintable() and char != " " for char in text)


def _is_number(text: str, most: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 8 and int(text) <= most


def _rate(text: str) -> float | None:
    try:
        rate = float(text)
    except ValueError:
        return None
    return rate if 0 < rate <= MOST_FPS else None


def _sets(codec: str, parameters: str) -> bytes:
    values = {name.strip().lower(): value for name, _, value in (each.partition("=") for each in parameters.split(";"))}
    texts = [text for name in _SETS[codec] for text in values.get(name, "").split(",") if text.strip()]
    try:
        units = [base64.b64decode(text.strip()) for text in texts]
    except (binascii.Error, ValueError):
        return b""
    return b"".join(b"\x00" + START_CODE + unit for unit in units if unit)
