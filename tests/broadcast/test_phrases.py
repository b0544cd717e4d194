"""The phrases: every kind, level and language is there, recorded, and as long as it should be."""

from pathlib import Path

import pytest

from broadcast.audio import AudioClip, write_wav
from broadcast.errors import PhraseError, SpeechUnavailableError
from broadcast.loudness import loudness_lufs, true_peak_db
from broadcast.phrases import OWN_RECORDINGS, Phrasebook, load_phrases
from broadcast.shaping import CHIME_S, LEAD_IN_S
from tests.broadcast.sounds import tone

LANGUAGES = ("zh", "en")


class NoSpeech:
    """A machine without a speech program."""

    def say(self, text: str, language: str) -> AudioClip:
        raise SpeechUnavailableError("not installed")


class RecordingSpeech:
    """Says a tone, and remembers what it was asked."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def say(self, text: str, language: str) -> AudioClip:
        self.said.append((text, language))
        return tone(0.5)


@pytest.fixture(scope="module")
def book() -> Phrasebook:
    return Phrasebook(load_phrases())


def test_every_kind_has_two_levels_in_both_languages(book: Phrasebook) -> None:
    texts = {
        book.text(f"{kind}.{level}", language)
        for kind in ("parking", "vending", "spillover", "flyers")
        for level in (1, 2)
        for language in LANGUAGES
    }
    assert len(texts) == 16


def test_every_phrase_is_recorded_so_that_no_speech_program_is_needed(book: Phrasebook) -> None:
    for key in book.keys():  # noqa: SIM118 - a method of ours, no dictionary
        for language in LANGUAGES:
            clip = book.clip(key, language, NoSpeech())
            assert clip.duration_s > 1.0, (key, language)


def test_recordings_are_as_long_as_their_text_asks(book: Phrasebook) -> None:
    for key in book.keys():  # noqa: SIM118
        spoken = sum(char.isalnum() for char in book.text(key, "zh"))
        assert 0.15 < book.clip(key, "zh", NoSpeech()).duration_s / spoken < 0.45, key


def test_no_recording_is_left_without_a_phrase(book: Phrasebook) -> None:
    wanted = {f"{key}.{language}.ogg" for key in book.keys() for language in LANGUAGES}  # noqa: SIM118
    assert {path.name for path in OWN_RECORDINGS.glob("*.ogg")} == wanted


def test_announcement_is_loud_enough_and_never_clips(book: Phrasebook) -> None:
    clip = book.announcement("parking.1", LANGUAGES, NoSpeech())
    assert -19.5 < loudness_lufs(clip) < -17.0
    assert true_peak_db(clip) <= -1.4
    assert clip.duration_s > LEAD_IN_S + CHIME_S + 10


def test_own_recording_goes_before_ours(tmp_path: Path) -> None:
    write_wav(tone(0.7), tmp_path / "parking.1.zh.wav")
    book = Phrasebook(load_phrases(), (tmp_path, OWN_RECORDINGS))
    assert book.clip("parking.1", "zh", NoSpeech()).duration_s == pytest.approx(0.7, abs=0.01)


def test_named_place_is_spoken_as_no_recording_can_know_it(book: Phrasebook) -> None:
    speech = RecordingSpeech()
    book.clip("vending.1", "zh", speech, place="东门路口")
    assert "东门路口" in speech.said[0][0]


def test_place_without_speech_program_says_what_is_missing(book: Phrasebook) -> None:
    with pytest.raises(SpeechUnavailableError):
        book.clip("vending.1", "zh", NoSpeech(), place="西门路口")


def test_rendered_phrase_is_kept(book: Phrasebook) -> None:
    speech = RecordingSpeech()
    first = book.clip("flyers.1", "en", speech, place="the north wall")
    assert book.clip("flyers.1", "en", speech, place="the north wall") is first
    assert len(speech.said) == 1


def test_cache_is_bounded(book: Phrasebook) -> None:
    speech = RecordingSpeech()
    for number in range(33):
        book.clip("flyers.1", "en", speech, place=f"wall {number}")
    book.clip("flyers.1", "en", speech, place="wall 0")
    assert len(speech.said) == 34


@pytest.mark.parametrize(
    ("key", "language", "place"),
    [("parking.3", "zh", ""), ("jumping.1", "zh", ""), ("parking.1", "fr", ""), ("parking", "zh", ""),
     ("parking.1", "zh", "x" * 61), ("parking.1", "zh", "a\nb")],
)  # fmt: skip
def test_what_is_no_phrase_is_refused(book: Phrasebook, key: str, language: str, place: str) -> None:
    with pytest.raises(PhraseError):
        book.text(key, language, place)


def test_place_that_holds_a_slot_is_said_as_it_is(book: Phrasebook) -> None:
    assert "{place}{0}" in book.text("parking.1", "zh", "{place}{0}")


def test_broken_phrases_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[parking.1.zh]\nwords = 'x'\n")
    with pytest.raises(PhraseError, match=r"mine\.toml"):
        load_phrases(tmp_path / "mine.toml")
