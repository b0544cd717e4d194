"""Finds the way back in a session description: the audio track that the horn receives (RFC 4566, ONVIF Streaming 5.3).

The server describes from its own side, yet ONVIF marks the track that the *client* sends with `a=sendonly`.
"""

from dataclasses import dataclass

from broadcast.g711 import G711Codec
from streams.sdp import control_url, media_sections

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
    for section in media_sections(sdp.decode("utf-8", "replace")):
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
        tracks.append(BackTrack(control_url(base_url, control.strip()), tuple(e for e in encodings if e)))
    return tuple(tracks)


def _encoding(number: str, rtpmap: str) -> Encoding | None:
    name, _, rest = rtpmap.partition("/")
    rate = rest.partition("/")[0]
    if not (number.isascii() and number.isdigit() and int(number[:4]) < 128):
        return None
    if not (rate.isascii() and rate.isdigit() and len(rate) <= 6 and name.isascii() and name.isprintable()):
        return None
    return Encoding(int(number[:4]), name.upper()[:32], int(rate))
