"""What the settings file says about the map of cases; section `[map]`."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:]+\](:[0-9]{1,5})?")
"""A name or address with a port; nothing that would say more than one source in a content policy."""


def _checked_tiles(address: str) -> str:
    if not address:
        return address
    parts = urlsplit(address)
    wanted = all(mark in address for mark in ("{x}", "{y}", "{z}"))
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc) or not wanted:
        raise ValueError(
            "tiles are fetched from http://host/{z}/{x}/{y}.png, with {z}, {x} and {y}, without a password"
        )
    return address


class MapSettings(BaseModel):
    """What the map of cases is drawn on; without tiles nothing is fetched from anywhere."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tiles: Annotated[str, AfterValidator(_checked_tiles)] = Field(
        default="", description="address of map tiles, as http://host/{z}/{x}/{y}.png; a plain ground where empty"
    )
    attribution: str = Field(default="", max_length=200, description="whose tiles they are, shown on the map")
    gcj02: bool = Field(default=False, description="whether the tiles are in GCJ-02, as public maps of China are")

    @property
    def origin(self) -> str:
        """Where tiles come from, as a content policy names it; empty where none are fetched."""
        parts = urlsplit(self.tiles)
        return f"{parts.scheme}://{parts.netloc}" if self.tiles else ""
