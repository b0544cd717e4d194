"""The horn: anything that plays a clip and says what became of it. Chosen by the scheme of its URL.

    soundcard:                            the default output of this machine
    soundcard:?device=NAME                another one
    file:///folder[?pace=0]               a WAV file per announcement; takes as long as the clip unless pace=0
    auto:///folder                        the sound card where there is one, else WAV files
    onvif://user:pw@host[:port]/path[?transport=udp]   a camera or IP horn with an ONVIF audio backchannel

Opening a horn connects to nothing: a horn that is away is found out by `check` and `play`.
"""

import threading
from collections.abc import Callable
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

from broadcast.audio import AudioClip
from broadcast.errors import HornUrlError
from broadcast.file_horn import FileHorn
from broadcast.onvif_horn import OnvifHorn
from broadcast.receipts import HornCheck, Receipt
from broadcast.soundcard_horn import SoundcardHorn, has_output


class Horn(Protocol):
    """A loudspeaker. One thread at a time may use it; the announcer sees to that."""

    @property
    def horn_id(self) -> str:
        """The name it has in the settings."""
        ...

    def play(self, clip: AudioClip, stop: threading.Event) -> Receipt:
        """Play the clip and return when it has sounded, or as soon as `stop` is set.

        Returns:
            A receipt; with `ok` false and a detail where `stop` cut it short.

        Raises:
            HornError: it could not be played.
        """
        ...

    def check(self) -> HornCheck:
        """Ask whether it would play, without a sound and within seconds; never raises a `HornError`."""
        ...


HornOpener = Callable[[str, SplitResult], Horn]
"""Makes a horn of its name and the parts of its URL."""


def open_horn(horn_id: str, url: str) -> Horn:
    """Return the horn behind a URL; nothing is connected yet.

    Raises:
        HornUrlError: an unknown scheme, or parts that the scheme does not know.
    """
    opener, parts = _choose(horn_id, url)
    return opener(horn_id, parts)


def check_horn_url(horn_id: str, url: str) -> None:
    """Look at a URL without looking at the machine.

    Raises:
        HornUrlError: as `open_horn` would.
    """
    opener, parts = _choose(horn_id, url)
    (FileHorn.from_url if parts.scheme == "auto" else opener)(horn_id, parts)


def _choose(horn_id: str, url: str) -> tuple[HornOpener, SplitResult]:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise HornUrlError(
            horn_id,
            "the URL cannot be read; check its brackets and its port, and write / and @ in a password as %2F and %40",
        ) from None
    openers: dict[str, HornOpener] = {
        "soundcard": SoundcardHorn.from_url,
        "file": FileHorn.from_url,
        "onvif": OnvifHorn.from_url,
        "auto": _open_auto,
    }
    if parts.scheme not in openers:
        raise HornUrlError(horn_id, f"unknown scheme {parts.scheme!r}; a horn begins with one of {', '.join(openers)}")
    return openers[parts.scheme], parts


def _open_auto(horn_id: str, parts: SplitResult) -> Horn:
    if has_output():
        return SoundcardHorn(horn_id)
    return FileHorn.from_url(horn_id, parts)
