"""Finds the way back in a session description: the audio track that the horn receives (RFC 4566, ONVIF Streaming 5.3).

The server describes from its own side, yet ONVIF marks the track that the *client* sends with `a=sendonly`.
"""

from dataclasses import dataclass

from broadcast.g711 import G711Codec

MAX_MEDIA = 32
"""Media sections of one description; cameras have four at most."""

STATIC_TYPES = {"0": "PCMU/8000", "8": "PCMA/8000"}
"""Payload types that need no rtpmap (RFC 3551, table 4)."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """One codec that a track takes.

    Attributes:
        payload_type: its number in RTP, 0 to 127.
        name: as the description writes it, in capitals, for example `PCMU` or `MPEG4-GENERIC`.
        rate_hz: its clock.
    """

    payload_type: int
    name: str
    rate_hz: int

    @property
    def g711(self) -> G711Codec | None:
        """The codec if it is one of ours."""
        if self.rate_hz != 8000:
            return None
        return "PCMU" if self.name == "PCMU" else "PCMA" if self.name == "PCMA" else None


@dataclass(frozen=True, slots=True)
class BackTrack:
    """An audio track from us to the horn.

    Attributes:
        control: its URL for SETUP.
        encodings: the codecs it takes, in the server's order.
    """

    control: str
    encodings: tuple[Encoding, ...]

    def g711(self) -> tuple[Encoding, G711Codec] | None:
        """Return the first codec we can send, or None."""
        for encoding in self.encodings:
            if encoding.g711:
                return encoding, encoding.g711
        return None


def parse_back_tracks(sdp: bytes, base_url: str) -> tuple[BackTrack, ...]:
    """Return the audio tracks marked `sendonly`; whatever cannot be understood is passed over.

    Args:
        sdp: the description.
        base_url: what a relative control is appended to.
    """
    tracks: list[BackTrack] = []
    for section in _media_sections(sdp.decode("utf-8", "replace")):
        words = section[0].split()
        if words[0] != "audio" or "a=sendonly" not in section or len(words) < 4:
            continue
        maps = dict(STATIC_TYPES)
        for line in section:
            if line.startswith("a=rtpmap:"):
                number, _, encoding = line.removeprefix("a=rtpmap:").partition(" ")
                maps[number] = encoding.strip()
        encodings = [_encoding(number, maps.get(number, "")) for number in words[3:]]
        control = next((line.removeprefix("a=control:") for line in section if line.startswith("a=control:")), "*")
        tracks.append(BackTrack(_control_url(base_url, control.strip()), tuple(e for e in encodings if e)))
    return tuple(tracks)


def _media_sections(text: str) -> list[list[str]]:
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


def _encoding(number: str, rtpmap: str) -> Encoding | None:
    name, _, rest = rtpmap.partition("/")
    rate = rest.partition("/")[0]
    if not (number.isascii() and number.isdigit() and int(number[:4]) < 128):
        return None
    if not (rate.isascii() and rate.isdigit() and len(rate) <= 6 and name.isascii() and name.isprintable()):
        return None
    return Encoding(int(number[:4]), name.upper()[:32], int(rate))


def _control_url(base_url: str, control: str) -> str:
    """Join as RFC 2326 C.1.1 says, and as servers do: with a query in the base, the track still comes last.

    An absolute control keeps its path but is asked of the host we know, so that a description cannot lead us elsewhere.
    """
    if control == "*" or not all(char.isascii() and char.isprintable() and char != " " for char in control):
        return base_url
    host = base_url.removeprefix("rtsp://").partition("/")[0]
    if control.lower().startswith("rtsp://"):
        return f"rtsp://{host}/{control[len('rtsp://') :].partition('/')[2]}"
    if control.startswith("/"):
        return f"rtsp://{host}{control}"
    return f"{base_url.rstrip('/')}/{control}"
