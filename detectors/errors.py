"""The ways in which judging can fail.

DetectorError
└── ZonesFileError      a file of zones cannot be used as it is (retryable: no)
"""


class DetectorError(Exception):
    """Base of all errors of this package; `retryable` says whether trying again can help."""

    retryable = False


class ZonesFileError(DetectorError):
    """A zones file is missing or wrong; the message names the file, the zone and the key, and the way out."""
