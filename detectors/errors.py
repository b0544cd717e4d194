"""The ways in which judging can fail.

DetectorError
├── DayError            hours of a rule on a day that is no date (retryable: no)
├── DoorLineError       a door line that tells no street side (retryable: no)
├── TimeOfDayError      hours of a rule that are no times of day (retryable: no)
└── ZonesFileError      a file of zones cannot be used as it is (retryable: no)
"""


class DetectorError(Exception):
    """Base of all errors of this package; `retryable` says whether trying again can help."""

    retryable = False


class DayError(DetectorError, ValueError):
    """A text that is no date."""


class DoorLineError(DetectorError, ValueError):
    """A door line that is none, or that does not tell on which side of it the street lies."""


class TimeOfDayError(DetectorError, ValueError):
    """A text that is no time of day."""


class ZonesFileError(DetectorError):
    """A zones file is missing or wrong; the message names the file, the zone and the key, and the way out."""
