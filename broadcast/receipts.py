"""What a horn did with a clip: the record that stands in the case as proof that, and what, was said."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from broadcast.errors import HornError

WallClock = Callable[[], datetime]
"""Gives the present as an aware UTC `datetime`."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One announcement as the horn took it.

    Attributes:
        horn_id: the horn.
        started_at: when it began to sound, or was refused; aware UTC.
        duration_s: how much of the clip was handed to the horn.
        codec: how it travelled: `pcm_s16le` in a WAV file, `pcm_f32le` to a sound card, `PCMU` or `PCMA` by RTP; empty
            when nothing did.
        bytes_sent: bytes of sound handed to the horn, without headers.
        ok: the whole clip was taken. It does not say that anybody heard it.
        detail: why not, or what is worth knowing besides; an English sentence, or empty.
        audio_sha256: `AudioClip.sha256` of the clip that was to be said.
        file: the file that was written, or empty.
    """

    horn_id: str
    started_at: datetime
    duration_s: float
    codec: str
    bytes_sent: int
    ok: bool
    detail: str
    audio_sha256: str
    file: str


@dataclass(frozen=True, slots=True)
class HornCheck:
    """What a horn says of itself without making a sound.

    Attributes:
        ok: a clip would be taken now.
        detail: what it is, or why it would not; an English sentence.
        error: what stood in the way; says whether asking again makes sense.
    """

    ok: bool
    detail: str
    error: HornError | None = None


def utc_now() -> datetime:
    """Return the present, aware UTC."""
    return datetime.now(UTC)


def not_played(horn_id: str, at: datetime, detail: str, audio_sha256: str = "") -> Receipt:
    """Return the receipt of an announcement that did not sound at all."""
    return Receipt(horn_id, at, 0.0, "", 0, ok=False, detail=detail, audio_sha256=audio_sha256, file="")
