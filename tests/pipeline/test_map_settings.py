"""Where map tiles may come from: one plain address, which alone may stand in the page's content policy."""

import pytest
from pydantic import ValidationError

from pipeline.map_settings import MapSettings


def test_no_tiles_are_fetched_unless_an_address_is_named() -> None:
    assert (MapSettings().tiles, MapSettings().origin) == ("", "")


def test_origin_is_scheme_host_and_port() -> None:
    assert MapSettings(tiles="http://10.0.0.7:8080/tiles/{z}/{x}/{y}.png").origin == "http://10.0.0.7:8080"


@pytest.mark.parametrize(
    "address",
    [
        "https://tiles.lan/{z}/{x}.png",
        "ftp://tiles.lan/{z}/{x}/{y}.png",
        "https://user:secret@tiles.lan/{z}/{x}/{y}.png",
        "https://{s}.tiles.lan/{z}/{x}/{y}.png",
        "https://tiles.lan; script-src */{z}/{x}/{y}.png",
        "//tiles.lan/{z}/{x}/{y}.png",
    ],
)
def test_address_that_would_say_more_than_one_source_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="tiles are fetched from"):
        MapSettings(tiles=address)
