"""Words become sound through a child process; whatever fails there is said."""

import shutil
from pathlib import Path

import pytest

from broadcast.errors import SpeechFailedError, SpeechTextError, SpeechUnavailableError
from broadcast.loudness import rms_dbfs
from broadcast.speech import EspeakSpeech, guess_language


def program(folder: Path, script: str) -> str:
    """Return the path of a stand-in for espeak-ng."""
    path = folder / "espeak"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng (apt)")
@pytest.mark.parametrize(("text", "language"), [("请尽快驶离", "zh"), ("Please move your car", "en")])
def test_espeak_speaks_both_languages(text: str, language: str) -> None:
    clip = EspeakSpeech().say(text, language)
    assert 0.8 < clip.duration_s < 5.0
    assert rms_dbfs(clip) > -35


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng (apt)")
def test_text_that_looks_like_an_option_is_spoken() -> None:
    assert EspeakSpeech().say("--version", "en").duration_s > 0.3


def test_missing_program_names_the_package() -> None:
    with pytest.raises(SpeechUnavailableError, match="apt install espeak-ng"):
        EspeakSpeech("no-such-program-here").say("x", "en")


def test_failing_program_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(SpeechFailedError, match="no voice cmn"):
        EspeakSpeech(program(tmp_path, "echo no voice cmn >&2; exit 3")).say("x", "zh")


def test_program_that_says_nothing_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(SpeechFailedError):
        EspeakSpeech(program(tmp_path, "exit 0")).say("x", "zh")


def test_program_that_writes_rubbish_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(SpeechFailedError):
        EspeakSpeech(program(tmp_path, "echo this is no sound")).say("x", "zh")


def test_program_that_never_ends_is_killed_with_its_children(tmp_path: Path) -> None:
    with pytest.raises(SpeechFailedError, match="did not finish"):
        EspeakSpeech(program(tmp_path, "sleep 600"), timeout_s=0.2).say("x", "zh")


def test_program_that_writes_without_end_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(SpeechFailedError, match="more than"):
        EspeakSpeech(program(tmp_path, "exec cat /dev/zero")).say("x", "zh")


@pytest.mark.parametrize("text", ["", "   ", "x" * 501])
def test_text_without_words_or_end_is_refused(text: str) -> None:
    with pytest.raises(SpeechTextError, match="1 to 500"):
        EspeakSpeech().say(text, "en")


@pytest.mark.parametrize(("text", "language"), [("请驶离", "zh"), ("Gate 3 请", "zh"), ("move on", "en"), ("", "en")])
def test_language_of_a_text_is_guessed_by_its_characters(text: str, language: str) -> None:
    assert guess_language(text) == language
