"""What can go wrong while drawing a camera, or reading and writing sets of labelled pictures.

    DatasetError
    ├── CameraClosedError   the drawn camera was closed while somebody waited for its next picture (retryable)
    ├── LabelFileError      a file of labels is not what it should be; the message names file and place
    ├── UnknownClassError   a set speaks of classes that nobody gave a meaning
    ├── PictureError        a picture is missing, empty or broken
    ├── SetEmptyError       what was asked for holds no picture that can be used
    ├── SetWriteError       a set cannot be written; nothing of it was kept (retryable)
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


class ScenarioFileError(DatasetError, ValueError):
    """A scenario file is missing, is no TOML, or tells what cannot be; the message names file, entry and choices."""
