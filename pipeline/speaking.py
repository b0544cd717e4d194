"""Speaks for cases and for operators: words become a clip, the clip goes to a horn, its receipt into the case."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from broadcast.announcer import Announcer
from broadcast.audio import AudioClip
from broadcast.errors import BroadcastError
from broadcast.horn_worker import Priority
from broadcast.phrases import open_phrasebook
from broadcast.play_limit import PlayLimit
from broadcast.receipts import Receipt, not_played
from broadcast.settings import BroadcastSettings
from broadcast.shaping import announcement
from broadcast.speech import EspeakSpeech, guess_language
from cases.records import Case, CaseWarning
from cases.states import TRANSITIONS, Action
from cases.store import CaseStore
from pipeline.agenda import Agenda
from pipeline.errors import NoHornError

logger = logging.getLogger(__name__)

SYSTEM = "system"
NO_HORN = "no horn speaks at this camera's place"


@dataclass(frozen=True, slots=True)
class Words:
    """Something to be said.

    Attributes:
        clip: finished for a horn, with chime.
        text: the words.
        phrase: key of the phrase, empty for free words.
    """

    clip: AudioClip
    text: str
    phrase: str


class Voice:
    """Turns phrases and free words into announcements; may be used from any thread."""

    def __init__(self, settings: BroadcastSettings) -> None:
        self._phrasebook = open_phrasebook(settings.recordings)
        self._speech = EspeakSpeech(settings.speech_program)
        self._languages: Sequence[str] = settings.languages

    def words(self, text_or_phrase: str, *, level: int = 1, languages: Sequence[str] = ()) -> Words:
        """Return an announcement.

        Args:
            text_or_phrase: `parking` (with `level`), `parking.2`, or words of any kind.
            level: which warning of a phrase.
            languages: of a phrase; the settings' if empty. Free words are spoken as they are written.

        Raises:
            BroadcastError: it cannot be spoken; the message says why.
        """
        spoken = languages or self._languages
        known = self._phrasebook.keys()
        for key in (text_or_phrase, f"{text_or_phrase}.{level}"):
            if key in known:
                text = " ".join(self._phrasebook.text(key, language) for language in spoken)
                return Words(self._phrasebook.announcement(key, spoken, self._speech), text, key)
        spoken_once = self._speech.say(text_or_phrase, guess_language(text_or_phrase))
        return Words(announcement([spoken_once]), text_or_phrase, "")


class OnChange(Protocol):
    """Told of a case that changed."""

    def __call__(self, case: Case, change: str) -> None:
        """Take the case and what changed of it."""
        ...


@dataclass(frozen=True, slots=True)
class SpeakerParts:
    """What the speaker works with.

    Attributes:
        voice: makes announcements.
        announcer: plays them.
        cases: where receipts are kept.
        agenda: on whose thread they are kept.
        limit: how often a place may be spoken to automatically.
        horn_of: the horn of a camera, None where there is none.
        on_change: told of a case that was warned.
    """

    voice: Voice
    announcer: Announcer
    cases: CaseStore
    agenda: Agenda
    limit: PlayLimit
    horn_of: Callable[[str], str | None]
    on_change: OnChange


class Speaker:
    """Speaks because of cases; `refusal` and `warn_by_ladder` belong to the agenda's thread, the rest to any."""

    def __init__(self, parts: SpeakerParts) -> None:
        self._parts = parts

    def refusal(self, case: Case) -> str:
        """Return why no automatic warning may be spoken for a case now, as a sentence, or an empty text."""
        horn_id = self._parts.horn_of(case.camera_id)
        if horn_id is None:
            return NO_HORN
        return self._parts.announcer.refusal(horn_id) or self._parts.limit.refusal(
            case.camera_id, datetime.now(UTC).timestamp()
        )

    def warn_by_ladder(self, case: Case, level: int, on_receipt: Callable[[Receipt], None]) -> None:
        """Speak the warning of a level; the receipt is kept with the case and then given to `on_receipt`."""
        horn_id = self._parts.horn_of(case.camera_id) or ""
        try:
            words = self._parts.voice.words(case.kind, level=level)
        except BroadcastError as err:
            receipt = not_played(horn_id, datetime.now(UTC), str(err))
            self._keep(case, _warning(receipt, phrase=f"{case.kind}.{level}", level=level, text=""), SYSTEM)
            on_receipt(receipt)
            return

        def heard(receipt: Receipt) -> None:
            if receipt.ok:
                at_s = receipt.started_at.timestamp()
                self._parts.agenda.now("plays", lambda: self._parts.limit.record(case.camera_id, at_s))
            self._keep(case, _warning(receipt, phrase=words.phrase, level=level, text=words.text), SYSTEM)
            on_receipt(receipt)

        self._say(horn_id, words.clip, Priority.AUTO, heard)

    def warn(self, case: Case, *, actor: str, text_or_phrase: str | None = None) -> None:
        """Speak for an operator, before anything automatic; the receipt is kept with the case.

        Raises:
            NoHornError: the camera has no horn.
            BroadcastError: it cannot be spoken, or the horn's queue is full.
        """
        horn_id = self._parts.horn_of(case.camera_id)
        if horn_id is None:
            raise NoHornError(case.camera_id)
        words = self._parts.voice.words(text_or_phrase or case.kind)

        def heard(receipt: Receipt) -> None:
            self._keep(case, _warning(receipt, phrase=words.phrase, level=0, text=words.text), actor)

        self._parts.announcer.say(horn_id, words.clip, Priority.OPERATOR, heard)

    def say(self, horn_id: str, text_or_phrase: str, *, actor: str) -> None:
        """Speak through a horn without a case.

        Raises:
            BroadcastError: it cannot be spoken, the horn does not exist, or its queue is full.
        """
        words = self._parts.voice.words(text_or_phrase)

        def heard(receipt: Receipt) -> None:
            logger.info("horn %s: %s said %r: %s", horn_id, actor, words.text, receipt.detail or "whole")

        self._parts.announcer.say(horn_id, words.clip, Priority.OPERATOR, heard)

    def _say(self, horn_id: str, clip: AudioClip, priority: Priority, heard: Callable[[Receipt], None]) -> None:
        """Speak; a horn that cannot even take the clip gives a receipt like any other failure."""
        try:
            self._parts.announcer.say(horn_id, clip, priority, heard)
        except BroadcastError as err:
            heard(not_played(horn_id, datetime.now(UTC), str(err), clip.sha256))

    def _keep(self, case: Case, warning: CaseWarning, actor: str) -> None:
        """Keep a receipt, then what it makes of the case, as two steps, so that trying one again repeats no other."""

        def keep() -> None:
            kept = self._parts.cases.add_warning(case.case_id, warning, actor=actor)
            if warning.ok and Action.WARN in TRANSITIONS[kept.state]:
                self._parts.agenda.now(f"case {case.case_id}: state after warning", warned)
            self._parts.on_change(kept, "warning")

        def warned() -> None:
            changed = self._parts.cases.apply(
                case.case_id, Action.WARN, actor=actor, reason=f"horn {warning.horn_id}", at=warning.started_at
            )
            self._parts.on_change(changed, "state")

        self._parts.agenda.now(f"case {case.case_id}: receipt", keep)


def _warning(receipt: Receipt, *, phrase: str, level: int, text: str) -> CaseWarning:
    return CaseWarning(
        horn_id=receipt.horn_id,
        phrase=phrase,
        level=level,
        text=text,
        started_at=receipt.started_at,
        duration_s=receipt.duration_s,
        ok=receipt.ok,
        detail=receipt.detail,
        codec=receipt.codec,
        bytes_sent=receipt.bytes_sent,
        audio_sha256=receipt.audio_sha256,
        file=receipt.file,
    )
