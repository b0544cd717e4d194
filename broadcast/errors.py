"""What can go wrong between a phrase and a loudspeaker.

    BroadcastError
    ├── AudioError                 a recording cannot be read, or holds no sound
    ├── PhraseError                no such phrase, language or slot
    ├── SpeechError
    │   ├── SpeechTextError        the text is empty, too long, or in no language we speak
    │   ├── SpeechUnavailableError the speech program is not installed
    │   └── SpeechFailedError      it failed, hung, or said nothing                (retryable)
    ├── UnknownHornError           nobody configured a horn of that name
    └── HornError
        ├── HornUrlError           the horn's URL is wrong
        ├── HornUnavailableError   not reachable, no device, no room on the disk   (retryable)
        ├── HornBusyError          somebody else is speaking through it            (retryable)
        ├── HornAuthError          it refuses our user name or password
        ├── HornRefusedError       it cannot do what we need
        └── HornProtocolError      it answers nonsense                             (retryable)

Messages are sentences that name the horn and the way out; none holds a URL or a password.
"""


class BroadcastError(Exception):
    """Base of everything this package raises on purpose.

    Attributes:
        retryable: whether trying the same again later can help without a person doing something first.
    """

    retryable = False


class AudioError(BroadcastError):
    """A recording cannot be read, or holds no sound."""


class PhraseError(BroadcastError):
    """There is no such phrase, language or slot."""


class SpeechError(BroadcastError):
    """Text could not be turned into sound."""


class SpeechTextError(SpeechError, ValueError):
    """The text is empty, too long, or in no language we speak."""


class SpeechUnavailableError(SpeechError):
    """The speech program is not installed on this machine."""


class SpeechFailedError(SpeechError):
    """The speech program failed, took too long, or gave no sound."""

    retryable = True


class UnknownHornError(BroadcastError):
    """Nobody configured a horn of that name."""


class HornError(BroadcastError):
    """A horn could not speak.

    Attributes:
        horn_id: the horn.
        problem: the sentence without the horn's name.
    """

    def __init__(self, horn_id: str, problem: str) -> None:
        super().__init__(f"horn {horn_id}: {problem}")
        self.horn_id = horn_id
        self.problem = problem


class HornUrlError(HornError, ValueError):
    """The horn's URL is wrong; only the settings can mend it."""


class HornUnavailableError(HornError):
    """The horn is not reachable, has no device, or no room to write."""

    retryable = True


class HornBusyError(HornError):
    """Somebody else is speaking through the horn."""

    retryable = True


class HornAuthError(HornError):
    """The horn refuses our user name or password; asking again can lock the account."""


class HornRefusedError(HornError):
    """The horn answered, and cannot do what we need."""


class HornProtocolError(HornError):
    """The horn answers what no horn should."""

    retryable = True
