"""The errors of evidence files, of their copies and of the key that signs them; `cases.errors` draws the tree."""

from collections.abc import Sequence
from pathlib import Path

from cases.errors import CasesError


class EvidenceError(CasesError):
    """Anything that went wrong with evidence files."""


class EvidenceWriteError(EvidenceError):
    """Evidence could not be written; nothing of the pack was kept, and it may be tried again."""

    retryable = True


class EvidencePartError(EvidenceError):
    """A part that was handed over cannot be read or holds nothing."""


class EvidenceMissingError(EvidenceError):
    """An evidence file that should be there is not."""


class EvidenceAlteredError(EvidenceError):
    """Evidence that should be handed out is not as it was written."""


class CaseExportError(EvidenceError):
    """An export cannot be written where it was asked for; nothing was left there."""


class BlurError(EvidenceError):
    """Bystanders cannot be hidden in a copy; nothing is handed out instead."""


class EvidenceDeletedError(EvidenceError):
    """A file that was deleted by a rule of retention; its row, its hash and the signed record of it stay."""


class NotReleasableError(EvidenceError):
    """A case that cannot be marked fit for penal use; `hindrances` are keys of what is in the way."""

    def __init__(self, sentence: str, hindrances: Sequence[str] = ()) -> None:
        self.hindrances = tuple(hindrances)
        super().__init__(sentence)


class LockError(EvidenceError):
    """A lock that cannot be set or lifted: it is there already, or it is not."""


class SigningKeyError(EvidenceError):
    """The key that signs evidence cannot be used; the message names the file and the way out, never its content."""


class SigningKeyMissingError(SigningKeyError):
    """There is no such key yet, or it was lost."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"there is no signing key {path}; the service makes one when it starts. Run this as the account that runs "
            'the service, or name its folder by keys = "..." under [evidence]'
        )
