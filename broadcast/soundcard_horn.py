"""A horn on a sound card of this machine, by PortAudio.

PortAudio pulls samples on its own thread; a loudspeaker that stops pulling is noticed by a time limit. The library is
imported when a horn is first used, because importing it without libportaudio2 fails, and a server needs none.
"""

import threading
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import SplitResult, parse_qs

from broadcast.audio import AudioClip, Samples, resampled
from broadcast.errors import HornError, HornUnavailableError, HornUrlError
from broadcast.receipts import HornCheck, Receipt, WallClock, utc_now

STALL_LIMIT_S = 5.0
"""A card that is this much slower than the clip has died: USB cards leave without a word."""

INSTALL_HINT = "install libportaudio2 (apt install libportaudio2) or use file:///folder"
"""The way out where PortAudio is missing."""

Fill = Callable[[Samples], bool]
"""Writes the next samples into the given (N,) array; false when there are none after these."""


class OutputStream(Protocol):
    """One opened output."""

    def start(self) -> None:
        """Begin to pull samples."""
        ...

    def close(self) -> None:
        """Stop at once and free the device."""
        ...


class SoundOutput(Protocol):
    """A sound system; the real one is `PortAudio`, tests hand in their own. Its errors are `HornUnavailableError`s."""

    def rate_hz(self, horn_id: str, device: str | None) -> int:
        """Return the rate that the device prefers."""
        ...

    def open(
        self, horn_id: str, device: str | None, rate_hz: int, pull: tuple[Fill, Callable[[], None]]
    ) -> OutputStream:
        """Open a mono float32 output; `pull` is what fills it, and what to call when it has sounded or died."""
        ...


class SoundcardHorn:
    """Plays through a sound card.

    Args:
        horn_id: its name in the settings.
        device: part of a device's name as PortAudio lists it; None for the default output.
        output: the sound system.
        clock: wall clock.
    """

    def __init__(
        self, horn_id: str, device: str | None = None, *, output: SoundOutput | None = None, clock: WallClock = utc_now
    ) -> None:
        self._horn_id = horn_id
        self._device = device
        self._output = output or PortAudio()
        self._clock = clock

    @classmethod
    def from_url(cls, horn_id: str, parts: SplitResult) -> "SoundcardHorn":
        """Read `soundcard:[?device=NAME]`."""
        query = parse_qs(parts.query, keep_blank_values=True)
        device = query.pop("device", [""])[-1]
        if query or parts.netloc or parts.path:
            raise HornUrlError(horn_id, "a sound card is soundcard: or soundcard:?device=NAME")
        return cls(horn_id, device or None)

    @property
    def horn_id(self) -> str:
        """The name it has in the settings."""
        return self._horn_id

    def play(self, clip: AudioClip, stop: threading.Event) -> Receipt:
        """Play the clip; returns when the card has taken its last sample."""
        started_at = self._clock()
        rate_hz = self._output.rate_hz(self._horn_id, self._device)
        feed = _Feed(resampled(clip, rate_hz).samples, stop)
        stream = self._output.open(self._horn_id, self._device, rate_hz, (feed.fill, feed.finished.set))
        try:
            stream.start()
            if not feed.finished.wait(clip.duration_s + STALL_LIMIT_S):
                raise HornUnavailableError(
                    self._horn_id, "the sound card stopped taking samples; check its cable and driver"
                )
        finally:
            stream.close()
        played_s = feed.taken / rate_hz
        whole = feed.taken == len(feed.samples)
        if not whole and not stop.is_set():
            raise HornUnavailableError(
                self._horn_id, f"the sound card gave up after {played_s:.1f} s; check its cable and driver"
            )
        return Receipt(
            horn_id=self._horn_id,
            started_at=started_at,
            duration_s=min(played_s, clip.duration_s),
            codec="pcm_f32le",
            bytes_sent=4 * feed.taken,
            ok=whole,
            detail="" if whole else f"stopped after {played_s:.1f} s",
            audio_sha256=clip.sha256,
            file="",
        )

    def check(self) -> HornCheck:
        """Ask whether there is such a device."""
        try:
            rate_hz = self._output.rate_hz(self._horn_id, self._device)
        except HornError as err:
            return HornCheck(ok=False, detail=err.problem, error=err)
        return HornCheck(ok=True, detail=f"{self._device or 'default output'}, {rate_hz} Hz")


class _Feed:
    """The samples of one clip, handed out on the sound system's thread."""

    def __init__(self, samples: Samples, stop: threading.Event) -> None:
        self.samples = samples
        self.taken = 0
        self.finished = threading.Event()
        self._stop = stop

    def fill(self, out: Samples) -> bool:
        count = 0 if self._stop.is_set() else min(len(out), len(self.samples) - self.taken)
        out[:count] = self.samples[self.taken : self.taken + count]
        out[count:] = 0
        self.taken += count
        return count > 0 and self.taken < len(self.samples)


class PortAudio:
    """The sound system of this machine, by the sounddevice package."""

    def rate_hz(self, horn_id: str, device: str | None) -> int:
        """Return the rate that the device prefers."""
        library = _sounddevice(horn_id)
        try:
            return int(library.query_devices(device, "output")["default_samplerate"])
        except (library.PortAudioError, ValueError):  # ValueError: no such name, or more than one
            problem = f"no sound output {device!r}" if device else "this machine has no sound output"
            raise HornUnavailableError(
                horn_id, f"{problem}; see python -m sounddevice, or use file:///folder"
            ) from None

    def open(
        self, horn_id: str, device: str | None, rate_hz: int, pull: tuple[Fill, Callable[[], None]]
    ) -> OutputStream:
        """Open a mono float32 output with a large buffer: a warning may come late, but not in pieces."""
        library = _sounddevice(horn_id)
        fill, finished = pull

        def callback(out: Any, _frames: int, _time: Any, _status: Any) -> None:
            if not fill(out[:, 0]):
                raise library.CallbackStop

        try:
            stream = library.OutputStream(
                samplerate=rate_hz,
                device=device,
                channels=1,
                dtype="float32",
                latency="high",
                callback=callback,
                finished_callback=finished,
            )
        except (library.PortAudioError, ValueError) as err:
            raise _not_opened(horn_id, err) from None
        return _PortAudioStream(horn_id, stream, library.PortAudioError)


class _PortAudioStream:
    """PortAudio's stream, with our errors."""

    def __init__(self, horn_id: str, stream: Any, error: type[Exception]) -> None:
        self._horn_id = horn_id
        self._stream = stream
        self._error = error

    def start(self) -> None:
        try:
            self._stream.start()
        except self._error as err:
            raise _not_opened(self._horn_id, err) from None

    def close(self) -> None:
        self._stream.close(ignore_errors=True)  # a card that was pulled out has nothing left to close


def _not_opened(horn_id: str, err: Exception) -> HornUnavailableError:
    reason = err.args[0] if err.args else "no reason given"
    return HornUnavailableError(horn_id, f"the sound output cannot be opened: {reason}")


def has_output(output: SoundOutput | None = None) -> bool:
    """Return whether this machine has a default sound output."""
    return SoundcardHorn("default", output=output).check().ok


def _sounddevice(horn_id: str) -> Any:
    try:
        import sounddevice
    except OSError:
        raise HornUnavailableError(horn_id, f"PortAudio is missing; {INSTALL_HINT}") from None
    return sounddevice
