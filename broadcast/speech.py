"""Text to speech behind one method. espeak-ng runs as a child process, so that its licence stays outside ours."""

import io
import subprocess
from collections.abc import Mapping
from typing import Protocol

from broadcast.audio import MAX_CLIP_S, AudioClip, decode_audio
from broadcast.errors import AudioError, SpeechFailedError, SpeechUnavailableError

VOICES: Mapping[str, str] = {"zh": "cmn", "en": "en"}
"""Our languages to espeak-ng's voices; cmn is Mandarin."""

WORDS_PER_MINUTE: Mapping[str, int] = {"zh": 220, "en": 150}
"""English slower than espeak-ng's 175, as a horn in the street echoes; Mandarin at 220 is 4 syllables a second."""

MAX_TEXT_CHARS = 500
"""A longer text is no warning; it takes over a minute to say."""

SPEAK_TIMEOUT_S = 20.0
"""espeak-ng renders 500 characters in well under a second; one that takes this long hangs."""

MAX_OUTPUT_BYTES = int(MAX_CLIP_S) * 22_050 * 2 + 4_096
"""The longest clip at espeak-ng's rate, with its header."""


class Speech(Protocol):
    """Says a text."""

    def say(self, text: str, language: str) -> AudioClip:
        """Return the text as sound.

        Args:
            text: what to say, at most `MAX_TEXT_CHARS`.
            language: `zh` or `en`.

        Raises:
            SpeechError: it cannot be said.
        """
        ...


class EspeakSpeech:
    """espeak-ng: robotic, offline, knows Mandarin and English.

    Args:
        program: name or path of the program.
    """

    def __init__(self, program: str = "espeak-ng") -> None:
        self._program = program

    def say(self, text: str, language: str) -> AudioClip:
        """Return the text as sound; see `Speech`."""
        plain = " ".join(text.split())
        if not plain or len(plain) > MAX_TEXT_CHARS:
            raise ValueError(f"a text to say has 1 to {MAX_TEXT_CHARS} characters, not {len(plain)}")
        if language not in VOICES:
            raise ValueError(f"unknown language {language!r}; one of {', '.join(VOICES)}")
        command = [self._program, "--stdout", "-v", VOICES[language], "-s", str(WORDS_PER_MINUTE[language]), "--stdin"]
        try:
            done = subprocess.run(  # noqa: S603 - no shell; the program is the operator's setting, the text goes by stdin
                command, input=plain.encode(), capture_output=True, timeout=SPEAK_TIMEOUT_S, check=False
            )
        except (FileNotFoundError, PermissionError):
            raise SpeechUnavailableError(
                f"{self._program} is not installed (apt install espeak-ng); or use recordings"
            ) from None
        except subprocess.TimeoutExpired:
            raise SpeechFailedError(f"{self._program} did not finish in {SPEAK_TIMEOUT_S:.0f} s") from None
        except OSError as err:
            raise SpeechFailedError(f"{self._program} cannot be started: {err.strerror or 'unknown reason'}") from None
        return self._clip(done)

    def _clip(self, done: "subprocess.CompletedProcess[bytes]") -> AudioClip:
        if done.returncode:
            last_line = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no reason given"]
            raise SpeechFailedError(f"{self._program} failed: {last_line[0][:200]}")
        if len(done.stdout) > MAX_OUTPUT_BYTES:
            raise SpeechFailedError(f"{self._program} gave more than {MAX_OUTPUT_BYTES} bytes of sound")
        try:
            return decode_audio(io.BytesIO(done.stdout), self._program)
        except AudioError as err:
            raise SpeechFailedError(str(err)) from None
