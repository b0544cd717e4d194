"""The ways in which seeing can fail.

VisionError
├── PolygonError        a zone has too few corners, leaves the picture or has no area (retryable: no)
└── RecordingError      a file of observations cannot be read (retryable: no)
    └── TruncatedRecordingError     it ends in the middle; what was whole has been handed over
"""


class VisionError(Exception):
    """Base of all errors of this package; `retryable` says whether trying again can help."""

    retryable = False


class PolygonError(VisionError, ValueError):
    """A zone has too few corners, leaves the picture or has no area."""


class RecordingError(VisionError):
    """A file is no recording of observations, or a damaged one; the message names it and the place in it."""


class TruncatedRecordingError(RecordingError):
    """A recording ends in the middle, as after a power cut; everything whole was handed over before."""
