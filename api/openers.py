"""Hands drawn streets to the readers as one more kind of camera; the only place where the program meets `datasets`."""

from av.container import InputContainer

from datasets.synthetic import open_synthetic
from streams.errors import NotMediaError
from streams.opening import Openers
from streams.settings import StreamSettings


def openers() -> Openers:
    """Return what opens camera URLs: libav for RTSP and files, drawn streets for `synthetic://`."""
    return Openers({"synthetic": _open_drawn})


def _open_drawn(url: str, settings: StreamSettings) -> InputContainer:
    try:
        return open_synthetic(url, settings)
    except ValueError as err:
        raise NotMediaError(str(err)) from None
