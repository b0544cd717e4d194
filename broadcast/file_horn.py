"""A horn that writes a WAV file per announcement: for machines without a sound card, for tests, for keeping proof.

It takes as long as the clip lasts, so that everything above it behaves as with a loudspeaker.
"""

import re
import threading
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote

from broadcast.audio import AudioClip, write_wav
from broadcast.errors import HornUnavailableError, HornUrlError
from broadcast.receipts import HornCheck, Receipt, WallClock, utc_now


class FileHorn:
    """Writes `<UTC time>-<horn>-<first of the hash>.wav` into a folder.

    Args:
        horn_id: its name in the settings.
        folder: where the files go; made when it is missing.
        paced: take as long as the clip lasts.
        clock: wall clock.
    """

    def __init__(self, horn_id: str, folder: Path, *, paced: bool = True, clock: WallClock = utc_now) -> None:
        self._horn_id = horn_id
        self._folder = folder
        self._paced = paced
        self._clock = clock

    @classmethod
    def from_url(cls, horn_id: str, parts: SplitResult) -> "FileHorn":
        """Read `file:///folder[?pace=0]`."""
        query = parse_qs(parts.query, keep_blank_values=True)
        pace = query.pop("pace", ["1"])[-1]
        if parts.netloc or not parts.path.strip("/"):
            raise HornUrlError(
                horn_id, "a file horn names a whole folder after three slashes, as in file:///var/lib/horn"
            )
        if query or pace not in ("0", "1"):
            raise HornUrlError(horn_id, "a file horn knows one option, ?pace=0 or ?pace=1")
        return cls(horn_id, Path(unquote(parts.path)), paced=pace == "1")

    @property
    def horn_id(self) -> str:
        """The name it has in the settings."""
        return self._horn_id

    def play(self, clip: AudioClip, stop: threading.Event) -> Receipt:
        """Write the clip, wait as long as it lasts; what `stop` cut off is cut off from the file as well."""
        started_at = self._clock()
        stamp = f"{started_at:%Y%m%dT%H%M%S}.{started_at.microsecond // 1000:03d}Z"
        name = f"{stamp}-{_safe(self._horn_id)}-{clip.sha256[:8]}.wav"
        path = self._folder / name
        played = clip if not stop.is_set() else clip.first(0)
        self._write(played, path)
        if self._paced and len(played.samples):
            stop.wait(clip.duration_s)
            if stop.is_set():
                played = clip.first((self._clock() - started_at).total_seconds())
                self._write(played, path)
        whole = len(played.samples) == len(clip.samples)
        return Receipt(
            horn_id=self._horn_id,
            started_at=started_at,
            duration_s=played.duration_s,
            codec="pcm_s16le",
            bytes_sent=2 * len(played.samples),
            ok=whole,
            detail="" if whole else f"stopped after {played.duration_s:.1f} s",
            audio_sha256=clip.sha256,
            file=str(path),
        )

    def check(self) -> HornCheck:
        """Ask whether the folder can be written."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            probe = self._folder / f".{_safe(self._horn_id)}.check"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as err:
            return HornCheck(
                ok=False, detail=self._refusal(err), error=HornUnavailableError(self._horn_id, self._refusal(err))
            )
        return HornCheck(ok=True, detail=f"writes WAV files to {self._folder}")

    def _write(self, clip: AudioClip, path: Path) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_wav(clip, path)
        except OSError as err:
            raise HornUnavailableError(self._horn_id, self._refusal(err)) from None

    def _refusal(self, err: OSError) -> str:
        reason = err.strerror or "unknown reason"
        return f"cannot write to {self._folder}: {reason}; make it writable or name another folder"


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", text)[:64]
