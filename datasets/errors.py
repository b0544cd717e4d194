"""What can go wrong while drawing a camera.

    DatasetError
    └── CameraClosedError   the drawn camera was closed while somebody waited for its next picture

A wrong URL or scene name is a `ValueError` that names it and the choices.
"""


class DatasetError(Exception):
    """Base of the package's errors."""

    retryable = False


class CameraClosedError(DatasetError):
    """The drawn camera was closed; opening it again works."""

    retryable = True
