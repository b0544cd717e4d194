"""Text to speech behind one method. espeak-ng runs as a child process, so that its licence stays outside ours."""

import contextlib
import io
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from typing import IO, Protocol

from broadcast.audio import MAX_CLIP_S, AudioClip, decode_audio
from broadcast.errors import AudioError, SpeechFailedError, SpeechTextError, SpeechUnavailableError

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


def guess_language(text: str) -> str:
    """Return `zh` for a text with Chinese characters, else `en`."""
    return "zh" if any("\u4e00" <= char <= "\u9fff" for char in text) else "en"


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
        timeout_s: how long it may take.
    """

    def __init__(self, program: str = "espeak-ng", *, timeout_s: float = SPEAK_TIMEOUT_S) -> None:
        self._program = program
        self._timeout_s = timeout_s

    def say(self, text: str, language: str) -> AudioClip:
        """Return the text as sound; see `Speech`."""
        plain = " ".join(text.split())
        if not plain or len(plain) > MAX_TEXT_CHARS:
            raise SpeechTextError(f"a text to say has 1 to {MAX_TEXT_CHARS} characters, not {len(plain)}")
        if language not in VOICES:
            raise SpeechTextError(f"unknown language {language!r}; one of {', '.join(VOICES)}")
        command = [self._program, "--stdout", "-v", VOICES[language], "-s", str(WORDS_PER_MINUTE[language]), "--stdin"]
        return self._clip(self._run(command, plain.encode()))

    def _run(self, command: list[str], text: bytes) -> bytes:
        try:
            with tempfile.TemporaryFile() as words, tempfile.TemporaryFile() as complaints:
                words.write(text)
                words.seek(0)
                sound, status = self._listen(self._start(command, words, complaints))
                complaints.seek(0)
                lines = complaints.read(2_000).decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        except OSError as err:
            raise SpeechFailedError(f"{self._program} cannot be run: {err.strerror or 'unknown reason'}") from None
        if len(sound) > MAX_OUTPUT_BYTES:
            raise SpeechFailedError(f"{self._program} gave more than {MAX_OUTPUT_BYTES} bytes of sound")
        if status:
            raise SpeechFailedError(f"{self._program} failed: {lines[-1][:200]}")
        return sound

    def _start(self, command: list[str], words: IO[bytes], complaints: IO[bytes]) -> "subprocess.Popen[bytes]":
        try:
            return subprocess.Popen(  # noqa: S603 - no shell; the program is the operator's setting, the text is a file
                command, stdin=words, stdout=subprocess.PIPE, stderr=complaints, start_new_session=True
            )
        except (FileNotFoundError, PermissionError):
            problem = f"{self._program} is not installed (apt install espeak-ng); or use recordings"
            raise SpeechUnavailableError(problem) from None

    def _listen(self, child: "subprocess.Popen[bytes]") -> tuple[bytes, int]:
        """Return the child's sound, up to a byte too much, and its exit status; it is dead and gone at the end."""
        late = threading.Event()

        def end() -> None:
            late.set()
            _kill(child)

        limit = threading.Timer(self._timeout_s, end)
        limit.start()
        with child:
            sound = child.stdout.read(MAX_OUTPUT_BYTES + 1) if child.stdout else b""
            if len(sound) > MAX_OUTPUT_BYTES:
                _kill(child)
            status = child.wait()
            limit.cancel()
        if late.is_set():
            raise SpeechFailedError(f"{self._program} did not finish in {self._timeout_s:g} s")
        return sound, status

    def _clip(self, sound: bytes) -> AudioClip:
        try:
            return decode_audio(io.BytesIO(sound), self._program)
        except AudioError as err:
            raise SpeechFailedError(str(err)) from None


def _kill(child: "subprocess.Popen[bytes]") -> None:
    """End the child and what it started, which would hold its output open."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
