"""What can go wrong while drawing a camera, or reading and writing sets of labelled pictures.

    DatasetError
    ├── CameraClosedError   the drawn camera was closed while somebody waited for its next picture (retryable)
    ├── LabelFileError      a file of labels is not what it should be; the message names file and place
    ├── UnknownClassError   a set speaks of classes that nobody gave a meaning
    ├── PictureError        a picture is missing, empty or broken
    ├── SetEmptyError       what was asked for holds no picture that can be used
    ├── SetWriteError       a set, or a file of one, cannot be written; what was there stays (retryable)
    ├── UnknownLabelsError  there is no such set to correct, or no such picture in it
    ├── BrokenSheetError    a sheet is damaged; nothing is changed in it
    ├── StaleSheetError     somebody else changed a sheet in between
    ├── CorrectionError     a sheet cannot be changed like this
    └── ScenarioFileError   a scenario file is missing or tells what cannot be; also a ValueError, as a wrong URL is

A wrong URL or scene name is a `ValueError` that names it and the choices.
"""

from collections.abc import Sequence


class DatasetError(Exception):
    """Base of the package's errors."""

    retryable = False


class CameraClosedError(DatasetError):
    """The drawn camera was closed; opening it again works."""

    retryable = True


class LabelFileError(DatasetError):
    """A file of labels cannot be read as what it should be; the message names the file and the place in it."""


class UnknownClassError(DatasetError):
    """A set speaks of classes that nobody gave a meaning."""

    def __init__(self, place: str, names: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(
            f"{place} speaks of classes without a meaning here: {', '.join(names)}; "
            "say what each is, as rickshaw=tricycle, or that it is left out on purpose, as window=ignore"
        )


class PictureError(DatasetError):
    """A picture is missing, empty or broken."""


class SetEmptyError(DatasetError):
    """What was asked for holds no picture that can be used."""


class SetWriteError(DatasetError):
    """A set cannot be written: disk full, read-only, no permission, or something of that name is there already."""

    retryable = True


class UnknownLabelsError(DatasetError):
    """There is no set of that name to correct, or no such picture in it."""

    def __init__(self, set_name: str, picture: str = "") -> None:
        self.set_name, self.picture = set_name, picture
        what = f"picture {picture!r} in the labelled set {set_name!r}" if picture else f"labelled set {set_name!r}"
        super().__init__(f"there is no {what}; it may have been moved away")


class BrokenSheetError(DatasetError):
    """A sheet is damaged; it is left as it is, as nobody could say what was decided in it."""

    def __init__(self, set_name: str, picture: str, reason: str) -> None:
        self.set_name, self.picture = set_name, picture
        super().__init__(f"the sheet of {picture} in the set {set_name} is damaged: {reason}; mend or remove it")


class StaleSheetError(DatasetError):
    """A change that was made on an older state of a sheet than the stored one; nothing was written."""

    def __init__(self, set_name: str, picture: str) -> None:
        self.set_name, self.picture = set_name, picture
        super().__init__(f"{picture} in the set {set_name} was changed meanwhile; look at it again")


class CorrectionError(DatasetError):
    """A sheet cannot be changed like this.

    Attributes:
        cause: what is wrong, a value of `datasets.corrections.Cause`; the page words it by this.
    """

    def __init__(self, cause: str, sentence: str) -> None:
        self.cause = cause
        super().__init__(sentence)


class ScenarioFileError(DatasetError, ValueError):
    """A scenario file is missing, is no TOML, or tells what cannot be; the message names file, entry and choices."""
