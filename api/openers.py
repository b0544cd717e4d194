"""Hands drawn streets to the readers as one more kind of camera; the only place where the program meets `datasets`."""

from datasets.synthetic import open_synthetic
from streams.opening import Openers


def openers() -> Openers:
    """Return what opens camera URLs: libav for RTSP and files, drawn streets for `synthetic://`."""
    return Openers({"synthetic": open_synthetic})
