"""The phrases, and the way from a phrase to sound: own recording, our recording, speech program, in that order.

A phrase is known by its key, `<kind>.<level>`, for example `parking.2`. Words stand in phrases.toml only.
"""

import threading
import tomllib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from broadcast.audio import AudioClip, load_audio, resampled
from broadcast.errors import AudioError, PhraseError
from broadcast.shaping import ANNOUNCEMENT_RATE_HZ, announcement
from broadcast.speech import Speech

HERE = Path(__file__).parent

PHRASES_FILE = HERE / "phrases.toml"
"""The words."""

OWN_RECORDINGS = HERE / "recordings"
"""The standard phrases as sound, so that a machine without a speech program can warn."""

RECORDING_SUFFIXES = (".wav", ".flac", ".mp3", ".ogg")
"""Kinds of recordings, the first one found is played."""

MAX_CACHED_CLIPS = 32
"""Rendered clips kept: the phrases in two languages and the places of a dozen zones; 10 s each at 16 kHz are 20 MB."""

MAX_PLACE_CHARS = 60
"""A longer name of a place is no name."""


class Phrase(BaseModel):
    """One phrase in one language; `place` may hold `{place}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1, max_length=300, description="said as it stands")
    place: str = Field(default="", max_length=300, description="said where a place is named")


PhraseTable = Mapping[str, Mapping[str, Mapping[str, Phrase]]]


def load_phrases(path: Path = PHRASES_FILE) -> PhraseTable:
    """Read the words: kind, level, language.

    Raises:
        PhraseError: the file cannot be read or is not what it should be.
    """
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
        return TypeAdapter(dict[str, dict[str, dict[str, Phrase]]]).validate_python(raw)
    except OSError as err:
        raise PhraseError(f"phrases {path.name}: {err.strerror or 'cannot be read'}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError, RecursionError) as err:
        raise PhraseError(f"phrases {path.name}: {err}") from None


def open_phrasebook(recordings: Path | None = None) -> "Phrasebook":
    """Return the standard phrases; recordings in the given folder go before ours."""
    return Phrasebook(load_phrases(), (recordings, OWN_RECORDINGS) if recordings else (OWN_RECORDINGS,))


def recording_problems(folder: Path) -> list[str]:
    """Return what is wrong with a folder of own recordings, a sentence each: names no phrase, or holds no sound."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix in RECORDING_SUFFIXES)
    except OSError as err:
        return [f"{folder} cannot be read: {err.strerror}; give a folder of recordings, or leave the key out"]
    table = load_phrases()
    problems = []
    for path in paths:
        kind, level, language = (*path.stem.split("."), "", "", "")[:3]
        if language not in table.get(kind, {}).get(level, {}):
            problems.append(f"{path.name} is never played; name it as parking.1.zh{path.suffix}")
            continue
        try:
            load_audio(path)
        except AudioError as err:
            problems.append(str(err))
    return problems


class Phrasebook:
    """Turns phrases into clips and keeps the last ones; may be used from any thread.

    Args:
        phrases: the words.
        recordings: folders looked into for `<kind>.<level>.<language>.wav` (or .flac, .mp3, .ogg), the first first.
    """

    def __init__(self, phrases: PhraseTable, recordings: Sequence[Path] = (OWN_RECORDINGS,)) -> None:
        self._phrases = phrases
        self._recordings = tuple(recordings)
        self._clips: OrderedDict[tuple[str, str, str], AudioClip] = OrderedDict()
        self._lock = threading.Lock()

    def keys(self) -> tuple[str, ...]:
        """Return every phrase's key."""
        return tuple(f"{kind}.{level}" for kind, levels in self._phrases.items() for level in levels)

    def text(self, phrase_key: str, language: str, place: str = "") -> str:
        """Return the words of a phrase.

        Raises:
            PhraseError: no such phrase or language, or a place that is no name.
        """
        kind, _, level = phrase_key.partition(".")
        phrase = self._phrases.get(kind, {}).get(level, {}).get(language)
        if phrase is None:
            raise PhraseError(f"no phrase {phrase_key!r} in {language!r}; there are {', '.join(self.keys())}")
        if len(place) > MAX_PLACE_CHARS or not place.isprintable():
            raise PhraseError(f"a place's name has at most {MAX_PLACE_CHARS} printable characters")
        return phrase.place.replace("{place}", place) if place and phrase.place else phrase.text

    def clip(self, phrase_key: str, language: str, speech: Speech, *, place: str = "") -> AudioClip:
        """Return a phrase as sound, as recorded or spoken: no chime, no level set.

        Args:
            phrase_key: `<kind>.<level>`.
            language: `zh` or `en`.
            speech: asked where there is no recording; only it can say the name of a place.
            place: what to call the place; empty for the standard words.

        Raises:
            PhraseError: see `text`.
            AudioError: a recording is there and cannot be read.
            SpeechError: there is none, and the text cannot be spoken.
        """
        text = self.text(phrase_key, language, place)
        recording = None if text != self.text(phrase_key, language) else self._recording(phrase_key, language)
        return self._cached((phrase_key, language, text), lambda: self._render(recording, text, language, speech))

    def announcement(self, phrase_key: str, languages: Sequence[str], speech: Speech, *, place: str = "") -> AudioClip:
        """Return what a horn is to play: silence, chime, and the phrase in each language, at our loudness.

        See `clip` for the errors.
        """
        return announcement([self.clip(phrase_key, language, speech, place=place) for language in languages])

    def _recording(self, phrase_key: str, language: str) -> Path | None:
        names = [f"{phrase_key}.{language}{suffix}" for suffix in RECORDING_SUFFIXES]
        paths = [folder / name for folder in self._recordings for name in names]
        return next((path for path in paths if path.is_file()), None)

    @staticmethod
    def _render(recording: Path | None, text: str, language: str, speech: Speech) -> AudioClip:
        return resampled(load_audio(recording) if recording else speech.say(text, language), ANNOUNCEMENT_RATE_HZ)

    def _cached(self, key: tuple[str, str, str], render: Callable[[], AudioClip]) -> AudioClip:
        with self._lock:
            if key in self._clips:
                self._clips.move_to_end(key)
                return self._clips[key]
        clip = render()
        with self._lock:
            self._clips[key] = clip
            while len(self._clips) > MAX_CACHED_CLIPS:
                self._clips.popitem(last=False)
        return clip
